"""The ground behind the product: white, transparent, plain or a scene; and no shadow where none is wanted.

White is judged by where the file stands. A lossless file (a master): every pixel of the ground is 255. A lossy one:
the outer 8 px are exactly 255 (but for the blocks that the product reaches into), and at least 99 % of the ground is
250 or more, for JPEG rings around the product.
A soft shadow counts as ground only where it reaches the outer 8 px; slots without shadow have a rule of their own.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from packshot.imaging.segmentation.regions import widened
from packshot.publish.channel import Background, Channel
from packshot.publish.findings import Finding, Judge
from packshot.publish.looking.photo import Photo
from packshot.publish.mending import mend

Mask = NDArray[Any]

FRAME_PX = 8
BLOCK_PX = 16  # a block of subsampled colour
NEARLY = 250  # 8-bit level that still counts as white in a lossy file
SHARE = 0.99  # of a lossy file's ground that is at least nearly white
HAZE = 0.03  # of the longer side: how far a soft edge may reach in a lossless file
CLEAR = 0  # alpha of transparent ground
CLEAR_SHARE = 0.995
SHADOW_AREA = 0.002  # share of the picture
SHADOW_DEPTH = 3.0  # Lab lightness below the ground, for a pixel to count


def check(photo: Photo, channel: Channel, judge: Judge) -> Iterator[Finding]:
    """Findings `background`, `shadow`."""
    rule = channel.background
    if rule is not None:
        yield _ground(rule, photo, channel, judge)
    if channel.shadow is not None:
        yield _shadow(photo, channel, judge)


def _ground(rule: Background, photo: Photo, channel: Channel, judge: Judge) -> Finding:
    if rule.kind == "white":
        ok, measured, expected, numbers = white(photo)
    elif rule.kind == "transparent":
        ok, measured, expected, numbers = transparent(photo)
    elif rule.kind == "white_or_transparent":
        clear = transparent(photo)
        ok, measured, expected, numbers = clear if clear[0] else white(photo)
        expected = "white or transparent"
    else:
        ok = photo.scene.plain == (rule.kind == "plain")
        measured = "a plain ground" if photo.scene.plain else "no plain ground"
        expected, numbers = ("a plain ground", {}) if rule.kind == "plain" else ("a scene", {})
    return judge.say("background", rule, ok, measured, expected, mend("background", channel), numbers=numbers)


Answer = tuple[bool, str, str, dict[str, float]]


def white(photo: Photo) -> Answer:
    """Whether the ground is white, what was measured, what was expected."""
    expected = "every pixel of the ground 255" if photo.facts.lossless else "outer 8 px 255, 99 % of the ground ≥ 250"
    if photo.alpha is not None and (photo.alpha < 255).mean() > 1e-4:
        return False, f"{(photo.alpha < 255).mean():.1%} of the picture is transparent", expected, {}
    red, green, blue = cv2.split(photo.rgb)
    least: Mask = cv2.min(cv2.min(red, green), blue)
    frame = _outer(least.shape) & ~_enlarged(widened(photo.scene.things, _blocks(photo)), least.shape)
    frame_white = _share(least == 255, frame)
    frame_low = int(least[frame].min()) if frame.any() else 255
    ground = _inner_ground(photo)
    if not ground.any():
        ok = frame_white >= 1
        return ok, f"outer 8 px: {frame_white:.1%} white; no plain ground found", expected, {"frame_white": frame_white}
    level = 255 if photo.facts.lossless else NEARLY
    share = _share(least >= level, ground)
    ok = frame_white >= 1 and share >= (1 if photo.facts.lossless else SHARE)
    mean = ",".join(map(str, photo.scene.colour))
    measured = f"outer 8 px: {frame_white:.2%} are 255 (lowest {frame_low}); ground: {share:.2%} ≥ {level}"
    measured += "" if ok else f", mean {mean}"
    return ok, measured, expected, {"frame_white": frame_white, "ground_white": share}


def _blocks(photo: Photo) -> int:
    """Px of the work copy around the product that its edge may colour: in lossy files, one coded block."""
    return 2 if photo.facts.lossless else max(2, round(BLOCK_PX * photo.work.shape[1] / photo.rgb.shape[1]))


def _inner_ground(photo: Photo) -> Mask:
    """The ground at full size, clear of the product's edge and of its shadow; in a master, also of its haze."""
    scene = photo.scene
    ground = scene.ground & ~widened(scene.shade, 3)
    if photo.facts.lossless and scene.things.any():
        away = cv2.distanceTransform((~scene.things).astype(np.uint8), cv2.DIST_L2, 3)
        ground &= away > HAZE * max(ground.shape)
    return _enlarged(ground, photo.rgb.shape[:2])


def _outer(size: tuple[int, ...]) -> Mask:
    px = min(FRAME_PX, max(1, min(size[:2]) // 4))
    frame = np.ones(size[:2], bool)
    frame[px:-px, px:-px] = False
    return frame


def _share(what: Mask, where: Mask) -> float:
    return float(what[where].mean()) if where.any() else 1.0


def _enlarged(mask: Mask, size: tuple[int, ...]) -> Mask:
    if mask.shape == size[:2]:
        return mask
    return np.asarray(cv2.resize(mask.astype(np.uint8), (size[1], size[0]), interpolation=cv2.INTER_NEAREST) > 0)


def transparent(photo: Photo) -> Answer:
    """Whether all of the outer frame but the product is transparent."""
    expected = "a transparent ground"
    if photo.alpha is None:
        return False, "no transparency", expected, {}
    ground = _enlarged(photo.scene.ground, photo.rgb.shape[:2])
    share = _share(photo.alpha <= CLEAR, ground)
    clear = float((photo.alpha <= CLEAR).mean())
    ok = clear > 0.02 and share >= CLEAR_SHARE
    return ok, f"{clear:.1%} of the picture is transparent", expected, {"transparent": clear, "ground": share}


def _shadow(photo: Photo, channel: Channel, judge: Judge) -> Finding:
    rule = channel.shadow
    assert rule is not None
    if not photo.scene.plain:
        return judge.skip("shadow", rule, "no plain ground: a shadow cannot be told from the scene", "no shadow")
    dark = photo.scene.shade & (photo.scene.depth > SHADOW_DEPTH)
    area = float(dark.mean())
    deepest = float(photo.scene.depth[dark].max()) if dark.any() else 0.0
    ok = area <= SHADOW_AREA
    measured = "no shadow" if ok else f"shadow on {area:.1%} of the picture, up to {deepest:.0f} Lab lightness deep"
    numbers = {"shadow_area": area, "shadow_depth": deepest}
    return judge.say("shadow", rule, ok, measured, "no shadow", mend("shadow", channel), numbers=numbers)
