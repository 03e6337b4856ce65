"""Filling holes without weights: patches copied from the rest of the picture, and OpenCV's two diffusions.

Patches: Wexler, Shechtman & Irani 2007 (coarse to fine, every pixel a vote of the patches over it) with the search of
Barnes et al. 2009 (PatchMatch: neighbours' offsets and random ones). Departures: all pixels of a pass are searched at
once; votes are weighed by how well a patch fits; what surrounds the hole is a window of the picture, and a hole of many
pixels is searched on a smaller copy, then copied at full size by the offsets found. Diffusion: Telea 2004; Bertalmio et
al. 2001 (Navier–Stokes). The rim is closed in the gradient domain (Pérez, Gangnet & Blake 2003, eq. 4).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Field = NDArray[Any]  # (h, w, 3) float32
Mask = NDArray[Any]  # (h, w) bool
Fill = Literal["patch", "telea", "navier-stokes"]
Filler = Callable[[Field, Mask, Mask], Field]  # picture, hole, what must not be copied from → filled

PATCH = 7  # px
MOST_HOLE = 12_000  # pixels of a hole that are searched one by one
ROOM = 1.2  # context around a hole, in its longer sides, that patches come from
LEAST_ROOM = 48  # px
SMALLEST = 24  # px: shorter side of the coarsest level
PASSES = (6, 4, 2)  # of voting: coarsest level, those between, the finest
SEARCHES = 4  # random offsets a pass
DIFFUSION_PX = 5  # radius of the diffusions
TOGETHER = 0.25  # holes nearer than this, of the picture's longer side, are filled in one window


def fill(rgb: Tensor, hole: Tensor, how: Fill = "patch", keep: Tensor | None = None, seed: int = 0) -> Tensor:
    """`(1, 3, h, w)` with the hole filled; pixels outside it stay bit-exact.

    hole, keep: `(1, 1, h, w)` bool; nothing is copied from `keep`. seed: of the search.
    """
    return filled_by(rgb, hole, ways(seed)[how], keep)


def filled_by(rgb: Tensor, hole: Tensor, filler: Filler, keep: Tensor | None = None) -> Tensor:
    """The same by a filler, which is given one window after the other, each with room around its holes."""
    picture = rgb[0].permute(1, 2, 0).contiguous().numpy().copy()
    holes = hole[0, 0].numpy()
    kept = np.zeros(holes.shape, bool) if keep is None else keep[0, 0].numpy()
    left = holes.copy()
    for window in windows(holes):
        here = left[window].copy()
        if here.all() or not here.any():
            continue
        left[window] = False
        found = closed(picture[window], filler(picture[window], here, kept[window]), here)
        picture[window] = np.where(here[..., None], found, picture[window])
    out = torch.from_numpy(picture).permute(2, 0, 1)[None].contiguous()
    return torch.where(hole, out.clamp(0, 1), rgb)


def windows(holes: Mask) -> Iterator[tuple[slice, slice]]:
    """Windows around holes that lie together, with room to copy from."""
    h, w = holes.shape
    reach = max(LEAST_ROOM // 2, round(TOGETHER * max(h, w) / 8))
    joined = cv2.dilate(holes.astype(np.uint8), np.ones((2 * reach + 1,) * 2, np.uint8))
    count, labels = cv2.connectedComponents(joined)
    for label in range(1, count):
        rows, columns = np.nonzero((labels == label) & holes)
        tall, wide = np.ptp(rows) + 1, np.ptp(columns) + 1
        room = max(LEAST_ROOM, round(ROOM * max(tall, wide)))
        yield (
            slice(max(0, rows.min() - room), min(h, rows.max() + 1 + room)),
            slice(max(0, columns.min() - room), min(w, columns.max() + 1 + room)),
        )


def ways(seed: int) -> dict[str, Filler]:
    """Name → filler without weights. seed: of the search for patches.

    continue: as patch, from what already stands in the hole as a first guess.
    """
    return {
        "patch": lambda picture, hole, kept: patched(picture, hole, kept, seed),
        "continue": lambda picture, hole, kept: patched(picture, hole, kept, seed, start=picture),
        "telea": lambda picture, hole, kept: _diffused(picture, hole, cv2.INPAINT_TELEA),
        "navier-stokes": lambda picture, hole, kept: _diffused(picture, hole, cv2.INPAINT_NS),
    }


def _diffused(picture: Field, hole: Mask, flag: int) -> Field:
    eight = np.round(picture.clip(0, 1) * 255).astype(np.uint8)
    found = cv2.inpaint(eight, hole.astype(np.uint8), DIFFUSION_PX, flag)
    return np.asarray(found, np.float32) / np.float32(255)


# The rim


def closed(picture: Field, found: Field, hole: Mask) -> Field:
    """`found` with what it misses at the hole's rim spread smoothly over the hole (a membrane).

    The difference at the rim is that of the nearest known pixels to the filled ones beside them; inside it is harmonic.
    """
    ring = (cv2.dilate(hole.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0) & ~hole
    if not ring.any() or not hole.any():
        return found
    near = _nearest_inside(found, hole)
    difference = np.where(ring[..., None], picture - near, 0).astype(np.float32)
    difference *= np.clip(0.08 / np.maximum(np.abs(difference), 1e-6), 0, 1)  # steps are the scene's own edges
    return found + _membrane(difference, ring, hole)


def _nearest_inside(found: Field, hole: Mask) -> Field:
    """At pixels just outside, the mean of the filled pixels beside them."""
    weight = cv2.blur(hole.astype(np.float32), (3, 3))
    return np.asarray(cv2.blur(found * hole[..., None], (3, 3)) / np.maximum(weight, 1e-6)[..., None])


def _membrane(values: Field, known: Mask, inside: Mask) -> Field:
    """Values known on a rim, interpolated inside by pyramids of means, then relaxed."""
    share = known.astype(np.float32)[..., None]
    levels = [(values * share, share)]
    while min(levels[-1][1].shape[:2]) > 2:
        size = tuple(max(1, -(-n // 2)) for n in reversed(levels[-1][1].shape[:2]))
        levels.append(
            tuple(cv2.resize(x, size, interpolation=cv2.INTER_AREA).reshape(*reversed(size), -1) for x in levels[-1])
        )
    total, weight = levels[-1]
    smooth = total / np.maximum(weight, 1e-6)
    for total, weight in reversed(levels[:-1]):
        smooth = cv2.resize(smooth, weight.shape[1::-1], interpolation=cv2.INTER_LINEAR).reshape(total.shape)
        mean = total / np.maximum(weight, 1e-6)
        smooth = np.where(weight > 1e-3, mean, smooth)
        for _ in range(8):
            smooth = np.where(weight > 1e-3, mean, cv2.blur(smooth, (3, 3)).reshape(total.shape))
    return np.asarray(np.where(inside[..., None], smooth, 0), np.float32)


# Patches


@dataclass(frozen=True)
class Level:
    """A level of the pyramid. sources: `(k, 2)` centres of patches that may be copied, allowed: the same as a mask."""

    picture: Field
    hole: Mask
    allowed: Mask
    sources: NDArray[Any]


def patched(picture: Field, hole: Mask, kept: Mask, seed: int = 0, start: Field | None = None) -> Field:
    """A window with its hole filled by patches of the rest; diffused where the rest holds no whole patch.

    start: a first guess of the whole window; None = diffused.
    """
    factor = max(1.0, (hole.sum() / MOST_HOLE) ** 0.5)
    work = _level(picture, hole, kept, factor)
    if len(work.sources) < 30:
        return _diffused(picture, hole, cv2.INPAINT_TELEA)
    levels = [work]
    while min(levels[-1].hole.shape) > 2 * SMALLEST and levels[-1].hole.sum() > 60:
        smaller = _level(levels[-1].picture, levels[-1].hole, ~levels[-1].allowed & ~levels[-1].hole, 2.0)
        if len(smaller.sources) < 30:
            break
        levels.append(smaller)
    rng = np.random.default_rng(seed)
    offsets = None
    if start is None:
        found = _diffused(levels[-1].picture, levels[-1].hole, cv2.INPAINT_TELEA)
    else:
        guess = cv2.resize(start, levels[-1].hole.shape[::-1], interpolation=cv2.INTER_AREA)
        found = np.where(levels[-1].hole[..., None], guess, levels[-1].picture).astype(np.float32)
    for index, level in enumerate(reversed(levels)):
        if offsets is not None:
            offsets = _offsets_up(offsets, level, rng)
            found = np.where(level.hole[..., None], _sized(found, level.hole.shape), level.picture)
        else:
            offsets = _random(level, rng)
        passes = PASSES[0] if index == 0 else PASSES[2] if index == len(levels) - 1 else PASSES[1]
        for _ in range(passes):
            offsets = _searched(level, found, offsets, rng)
            found = _voted(level, found, offsets)
    assert offsets is not None
    return found if factor == 1 else _copied(picture, hole, found, work, offsets)


def _level(picture: Field, hole: Mask, kept: Mask, factor: float) -> Level:
    if factor != 1:
        size = tuple(max(PATCH + 2, round(n / factor)) for n in reversed(hole.shape))
        known = (~hole).astype(np.float32)
        share = cv2.resize(known, size, interpolation=cv2.INTER_AREA)
        total = cv2.resize(picture * known[..., None], size, interpolation=cv2.INTER_AREA)
        hole, kept = share < 0.999, cv2.resize(kept.astype(np.float32), size, interpolation=cv2.INTER_AREA) > 0
        picture = total / np.maximum(share, 1e-3)[..., None]
    blocked = cv2.dilate((hole | kept).astype(np.uint8), np.ones((PATCH, PATCH), np.uint8)) > 0
    half = PATCH // 2
    allowed = np.zeros(hole.shape, bool)
    allowed[half:-half, half:-half] = ~blocked[half:-half, half:-half]
    return Level(np.asarray(picture, np.float32), hole, allowed, np.argwhere(allowed))


def _sized(x: Field, shape: tuple[int, ...]) -> Field:
    return np.asarray(cv2.resize(x, (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR))


def _targets(level: Level) -> Mask:
    """Pixels whose patch meets the hole."""
    return np.asarray(cv2.dilate(level.hole.astype(np.uint8), np.ones((PATCH, PATCH), np.uint8)) > 0)


def _random(level: Level, rng: np.random.Generator) -> NDArray[Any]:
    """For every pixel of the window a source, `(h, w, 2)`; only those of targets are used."""
    return np.asarray(level.sources[rng.integers(0, len(level.sources), level.hole.shape)])


def _offsets_up(offsets: NDArray[Any], level: Level, rng: np.random.Generator) -> NDArray[Any]:
    h, w = level.hole.shape
    old = offsets.shape[:2]
    rows, columns = np.mgrid[:h, :w]
    small = np.minimum(rows * old[0] // h, old[0] - 1), np.minimum(columns * old[1] // w, old[1] - 1)
    moved = offsets[small] - np.stack(small, -1)
    moved = np.round(moved * np.array([h / old[0], w / old[1]])).astype(int) + np.stack([rows, columns], -1)
    return np.where(_valid(level, moved)[..., None], moved, _random(level, rng))


def _valid(level: Level, places: NDArray[Any]) -> Mask:
    h, w = level.hole.shape
    inside = ((places >= 0) & (places < (h, w))).all(-1)
    clipped = places.clip(0, (h - 1, w - 1))
    return np.asarray(inside & level.allowed[clipped[..., 0], clipped[..., 1]])


def _patches(x: Field) -> Field:
    """Every pixel's patch, `(h, w, 3 · PATCH²)`, mirrored at the borders."""
    half = PATCH // 2
    padded = cv2.copyMakeBorder(x, half, half, half, half, cv2.BORDER_REFLECT_101)
    view = np.lib.stride_tricks.sliding_window_view(padded, (PATCH, PATCH), (0, 1))
    return np.asarray(view.reshape(*x.shape[:2], -1))


def _searched(level: Level, found: Field, offsets: NDArray[Any], rng: np.random.Generator) -> NDArray[Any]:
    """Better sources for all targets: from neighbours in growing distance, and at random around the best so far."""
    patches = _patches(found)
    targets = np.argwhere(_targets(level))
    mine = patches[targets[:, 0], targets[:, 1]]
    best = offsets[targets[:, 0], targets[:, 1]]

    def cost(places: NDArray[Any]) -> NDArray[Any]:
        return np.asarray(((patches[places[:, 0], places[:, 1]] - mine) ** 2).sum(1))

    least = np.where(_valid(level, best), cost(best), np.inf)
    h, w = level.hole.shape

    def tried(places: NDArray[Any]) -> None:
        nonlocal best, least
        usable = _valid(level, places)
        price = np.where(usable, cost(places.clip(0, (h - 1, w - 1))), np.inf)
        better = price < least
        best, least = np.where(better[:, None], places, best), np.where(better, price, least)
        offsets[targets[:, 0], targets[:, 1]] = best

    for step in (1, 4, 1):
        for dy, dx in ((0, step), (0, -step), (step, 0), (-step, 0)):
            beside = (targets + np.array((dy, dx))).clip(0, (h - 1, w - 1))
            tried(offsets[beside[:, 0], beside[:, 1]] - (beside - targets))
    radius = max(h, w) / 2
    for _ in range(SEARCHES):
        tried(best + rng.integers(-int(radius) - 1, int(radius) + 2, best.shape))
        radius /= 3
    return offsets


def _voted(level: Level, found: Field, offsets: NDArray[Any]) -> Field:
    """Every pixel of the hole the mean of what the patches over it say, the better ones with more weight."""
    patches = _patches(found)
    where = _targets(level)
    targets = np.argwhere(where)
    sources = offsets[targets[:, 0], targets[:, 1]]
    cost = ((patches[sources[:, 0], sources[:, 1]] - patches[targets[:, 0], targets[:, 1]]) ** 2).mean(1)
    weight = np.exp(-cost / max(float(np.quantile(cost, 0.75)), 1e-6)).astype(np.float32) + np.float32(1e-6)
    h, w = level.hole.shape
    half = PATCH // 2
    total, sums = (
        np.zeros((h + 2 * half, w + 2 * half, 3), np.float32),
        np.zeros((h + 2 * half, w + 2 * half), np.float32),
    )
    for dy in range(-half, half + 1):
        for dx in range(-half, half + 1):
            at = targets[:, 0] + dy + half, targets[:, 1] + dx + half
            total[at] += weight[:, None] * level.picture[sources[:, 0] + dy, sources[:, 1] + dx]
            sums[at] += weight
    mean = (total / np.maximum(sums, 1e-9)[..., None])[half : half + h, half : half + w]
    return np.where(level.hole[..., None], mean, level.picture)


def _copied(picture: Field, hole: Mask, found: Field, work: Level, offsets: Mask) -> Field:
    """The hole at full size: the smaller fill, and the fine detail of the places its pixels were copied from."""
    h, w = hole.shape
    base = _sized(found, (h, w))
    known = (~hole).astype(np.float32)
    fine = np.where(hole[..., None], 0, picture - _sized(work.picture, (h, w))).astype(np.float32)
    rows, columns = np.mgrid[:h, :w].astype(np.float32)
    own = np.stack(list(np.mgrid[: offsets.shape[0], : offsets.shape[1]]), -1)
    shift = (offsets - own).astype(np.float32)
    shift = cv2.resize(shift, (w, h), interpolation=cv2.INTER_NEAREST)
    at_y = np.round(rows + shift[..., 0] * h / offsets.shape[0])
    at_x = np.round(columns + shift[..., 1] * w / offsets.shape[1])
    detail = cv2.remap(fine, at_x, at_y, cv2.INTER_NEAREST, borderMode=cv2.BORDER_REFLECT)
    valid = cv2.remap(known, at_x, at_y, cv2.INTER_NEAREST, borderMode=cv2.BORDER_CONSTANT, borderValue=0.0)
    return np.asarray(base + detail * valid[..., None], np.float32)
