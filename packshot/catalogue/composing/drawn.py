"""Products drawn by code, with exact opacity: an outline, a paint, a print, and the light of a rounded body.

They look like nothing that is sold, and need not: with them a network meets holes, straps, thin legs and any stuff on
any body, which keeps it from taking one way of rendering for what a product is (as Tremblay et al. 2018 do for
detection). Drawn at twice the size and averaged.
"""

from __future__ import annotations

import cv2
import numpy as np

from packshot.catalogue.composing.light import Bytes, Floats, Random, blurred
from packshot.catalogue.composing.outlines import OUTLINES
from packshot.catalogue.dataset.leaves import dead_leaves

FINER = 2  # pixels drawn for one kept, a side
LETTERS = "ABCDEFGHKLMNPRSTUVXYZabcdefghkmnorstuvxyz0123456789&%+"


def drawn_product(side: int, seed: int) -> Bytes:
    """One product, `(h, w, 4)`: sRGB and opacity, sides at most `side` px; the same seed gives the same."""
    random = np.random.default_rng([7, seed])
    wide = FINER * side
    names = list(OUTLINES)
    mask = OUTLINES[names[seed % len(names)]](wide, random)
    if random.random() < 0.2:
        small = OUTLINES[names[int(random.integers(len(names)))]](wide // 2, random)
        top, left = random.integers(0, wide - wide // 2 + 1, 2)
        part = mask[top : top + wide // 2, left : left + wide // 2]
        np.maximum(part, small, out=part)
    alpha = mask.astype(np.float32) / 255
    colour = _printed(_paint(wide, random, seed), random) * _shading(mask, random)[..., None]
    if random.random() < 0.4:
        colour = colour + _gloss(mask, random)[..., None]
    full = np.concatenate([np.clip(colour, 0, 255) * alpha[..., None], 255 * alpha[..., None]], 2)
    small4 = cv2.resize(full, (side, side), interpolation=cv2.INTER_AREA)
    opacity = small4[..., 3:]
    rgb = np.where(opacity > 0.5, small4[..., :3] / np.maximum(opacity, 0.5) * 255, 0)
    found = np.clip(np.rint(np.concatenate([rgb, opacity], 2)), 0, 255).astype(np.uint8)
    return cropped(found)


def cropped(rgba: Bytes, margin: int = 1) -> Bytes:
    """The part that is not empty, with a margin; all of it where nothing is seen."""
    x, y, w, h = cv2.boundingRect((rgba[..., 3] > 2).astype(np.uint8))
    if not w:
        return rgba
    top, left = max(0, y - margin), max(0, x - margin)
    return np.ascontiguousarray(rgba[top : y + h + margin, left : x + w + margin])


def _colour(random: Random) -> Floats:
    """sRGB, 0 to 255: a third nearly grey, from black to white."""
    hue = np.array([[[random.uniform(0, 360), random.uniform(0, 1) ** 0.7, random.uniform(0.05, 1)]]], np.float32)
    if random.random() < 0.35:
        hue[..., 1] *= 0.12
        hue[..., 2] = random.choice([random.uniform(0, 0.15), random.uniform(0.9, 1), random.uniform(0, 1)])
    found: Floats = cv2.cvtColor(hue, cv2.COLOR_HSV2RGB)[0, 0] * 255
    return found


def _paint(side: int, random: Random, seed: int) -> Floats:
    """`(s, s, 3)`: plain, two-toned, striped, dotted, woven, grained, or a picture of leaves."""
    base, other = _colour(random), _colour(random)
    y, x = np.mgrid[:side, :side].astype(np.float32)
    turn = random.uniform(0, np.pi)
    along, across = x * np.cos(turn) + y * np.sin(turn), y * np.cos(turn) - x * np.sin(turn)
    kind = int(random.integers(9))
    if kind <= 1:
        share = np.zeros((side, side), np.float32)
    elif kind == 2:
        share = (along > random.uniform(0.3, 0.7) * side).astype(np.float32)
    elif kind == 3:
        share = (np.sin(along * random.uniform(6, 60) / side * 2) > random.uniform(-0.5, 0.8)).astype(np.float32)
    elif kind == 4:
        k = random.uniform(20, 90) / side
        share = (np.sin(along * k) * np.sin(across * k) > random.uniform(0.2, 0.8)).astype(np.float32)
    elif kind == 5:
        k = random.uniform(60, 250) / side
        share = 0.25 * (1 + np.sin(along * k) * np.sin(across * k))
    elif kind == 6:
        share = np.clip(along / side, 0, 1)
    elif kind == 7:
        rough = blurred(random.standard_normal((side, side), np.float32), float(np.exp(random.uniform(0, 3.5))))
        share = np.clip(0.5 + 0.4 * rough / max(float(rough.std()), 1e-6), 0, 1)
    else:
        leaves = dead_leaves(side // 4, 100_000 + seed)
        return np.asarray(cv2.resize(leaves, (side, side), interpolation=cv2.INTER_LINEAR), np.float32)
    grain = random.normal(0, random.uniform(0, 10), (side, side)).astype(np.float32)
    return base + share[..., None] * (other - base) + grain[..., None]


def _printed(plain: Floats, random: Random) -> Floats:
    """With letters or a label on it, by chance."""
    if random.random() < 0.6:
        return plain
    side = len(plain)
    paint = np.clip(plain, 0, 255).astype(np.uint8)
    for _ in range(int(random.integers(1, 4))):
        colour = _colour(random).tolist()
        text = "".join(random.choice(list(LETTERS), int(random.integers(1, 9))))
        at = random.uniform(0.15, 0.7, 2) * side
        if random.random() < 0.4:
            end = at + random.uniform(0.1, 0.4, 2) * side
            corners = (tuple(np.rint(at).astype(int).tolist()), tuple(np.rint(end).astype(int).tolist()))
            cv2.rectangle(paint, *corners, _colour(random).tolist(), -1)
            at = (at + end) / 2
        size = float(np.exp(random.uniform(-0.7, 1.0))) * side / 300
        place = tuple(np.rint(at).astype(int).tolist())
        cv2.putText(paint, text, place, int(random.integers(8)), size, colour, max(1, round(2 * size)), cv2.LINE_AA)
    return paint.astype(np.float32)


def _normals(mask: Bytes, random: Random) -> tuple[Floats, Floats]:
    """Slopes of a body that is as thick as its outline is wide, with wrinkles by chance."""
    depth = cv2.distanceTransform((mask > 127).astype(np.uint8), cv2.DIST_L2, 5)
    most = max(float(depth.max()), 1.0)
    round_share = random.uniform(0.15, 1.0) * most
    height = np.sqrt(np.clip(1 - (1 - np.clip(depth / round_share, 0, 1)) ** 2, 0, 1)) * round_share
    height = blurred(height.astype(np.float32), 0.02 * len(mask))
    if random.random() < 0.4:
        rough = blurred(random.standard_normal(mask.shape, np.float32), random.uniform(0.01, 0.05) * len(mask))
        height += rough / max(float(rough.std()), 1e-6) * random.uniform(0.005, 0.025) * len(mask)
    return (
        cv2.Sobel(height, cv2.CV_32F, 1, 0, ksize=3, scale=0.125),
        cv2.Sobel(height, cv2.CV_32F, 0, 1, ksize=3, scale=0.125),
    )


def _shading(mask: Bytes, random: Random) -> Floats:
    """Lambert's law with a lamp above, and light from everywhere."""
    dx, dy = _normals(mask, random)
    light = np.array([random.normal(0, 0.5), -abs(random.normal(0.4, 0.4)), 1.0])
    light /= np.linalg.norm(light)
    facing = (-dx * light[0] - dy * light[1] + light[2]) / np.sqrt(1 + dx * dx + dy * dy)
    ambient = random.uniform(0.3, 0.8)
    found: Floats = (ambient + (1 - ambient) * np.clip(facing, 0, 1)).astype(np.float32)
    return found


def _gloss(mask: Bytes, random: Random) -> Floats:
    """Highlights, 0 to 255 (Blinn 1977)."""
    dx, dy = _normals(mask, random)
    half = np.array([random.normal(0, 0.4), -abs(random.normal(0.3, 0.3)), 1.2])
    half /= np.linalg.norm(half)
    facing = (-dx * half[0] - dy * half[1] + half[2]) / np.sqrt(1 + dx * dx + dy * dy)
    found: Floats = (random.uniform(40, 220) * np.clip(facing, 0, 1) ** random.choice([8.0, 30.0, 120.0])).astype(
        np.float32
    )
    return found
