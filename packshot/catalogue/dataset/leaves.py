"""Dead leaves: pictures of overlapping shapes, sharp to the pixel, that have the statistics of photographs.

Source: Lee, Mumford & Huang, "Occlusion Models for Natural Images" (2001): disks whose radii follow r^-3 hide each
other, which gives the scaling laws of natural pictures; Achddou, Gousseau & Ladjal 2021 and 2023 train restoration on
them alone. Departures: colours follow a walk through colour space instead of a photograph's; leaves are ellipses,
polygons, bars, rings and stripes besides disks, some with a gradient or a fine texture, because products have straight
edges, print and weaves; drawn at twice the size and averaged, so that edges are as a lens makes them.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]

FINER = 2  # pixels drawn for one kept, a side
RADII = (7.0, 300.0)  # px of what is drawn
LEAVES = 2200
LETTERS = "ABCDEFGHKLMNPRSTUVXYZabcdefghkmnorstuvxyz0123456789&%+"


def dead_leaves(side: int, seed: int) -> Bytes:
    """One picture, `(side, side, 3)` sRGB bytes; the same seed gives the same."""
    random = np.random.default_rng(seed)
    wide = FINER * side
    canvas = np.zeros((wide, wide, 3), np.float32)
    palette = _palette(random)
    radii = np.sort(_radii(random, LEAVES))[::-1] if seed % 3 == 0 else _radii(random, LEAVES)
    canvas[:] = palette[0]
    for radius in radii:
        _leaf(canvas, radius, palette[random.integers(len(palette))], random)
    small = cv2.resize(canvas, (side, side), interpolation=cv2.INTER_AREA)
    drawn: Bytes = np.clip(np.rint(small), 0, 255).astype(np.uint8)
    return drawn


def _palette(random: np.random.Generator) -> Floats:
    """`(24, 3)` colours around a few: pictures have themes."""
    themes = random.uniform(0, 255, (random.integers(2, 6), 3))
    colours = themes[random.integers(0, len(themes), 24)] + random.normal(0, 30, (24, 3))
    grey = colours.mean(1, keepdims=True)
    found: Floats = np.clip(grey + (colours - grey) * random.uniform(0.1, 1.2), 0, 255).astype(np.float32)
    return found


def _radii(random: np.random.Generator, count: int) -> NDArray[np.float64]:
    """Drawn from a density that falls as r^-3 between the two of RADII."""
    low, high = RADII[0] ** -2, RADII[1] ** -2
    found: NDArray[np.float64] = (low + random.random(count) * (high - low)) ** -0.5
    return found


def _leaf(canvas: Floats, radius: float, colour: Floats, random: np.random.Generator) -> None:
    wide = canvas.shape[0]
    centre = random.uniform(-radius / 2, wide + radius / 2, 2)
    reach = int(2 * radius) + 2
    x0, y0 = (int(max(0, c - reach)) for c in centre)
    x1, y1 = (int(min(wide, c + reach + 1)) for c in centre)
    if x1 <= x0 or y1 <= y0:
        return
    shape = np.zeros((y1 - y0, x1 - x0), np.uint8)
    _outline(shape, centre - (x0, y0), radius, random)
    inside = canvas[y0:y1, x0:x1]
    paint = _paint(shape.shape, colour, radius, random)
    share = (shape.astype(np.float32) / 255)[..., None]
    inside += share * (paint - inside)


def _outline(shape: Bytes, centre: NDArray[np.float64], radius: float, random: np.random.Generator) -> None:
    """Draw a leaf into a mask."""
    at = (round(float(centre[0])), round(float(centre[1])))
    kind, turn = random.integers(7), float(random.uniform(0, 360))
    flat = max(1, round(radius * float(random.uniform(0.15, 1))))
    size = (max(1, round(radius)), flat)
    if kind <= 1:
        cv2.ellipse(shape, at, size, turn, 0, 360, 255, -1, cv2.LINE_AA)
    elif kind == 2:
        cv2.ellipse(shape, at, size, turn, 0, 360, 255, max(1, round(radius / 6)), cv2.LINE_AA)
    elif kind == 3:
        box = cv2.boxPoints(((float(at[0]), float(at[1])), (2.0 * size[0], 2.0 * flat), turn))
        cv2.fillPoly(shape, [box.astype(np.int32)], 255, cv2.LINE_AA)
    elif kind == 4:
        angles = np.sort(random.uniform(0, 2 * np.pi, random.integers(3, 8)))
        corners = centre + radius * np.stack([np.cos(angles), np.sin(angles)], 1)
        cv2.fillPoly(shape, [np.rint(corners).astype(np.int32)], 255, cv2.LINE_AA)
    elif kind == 5:
        for step in range(-2, 3):
            offset = radius * 0.7 * step * np.array([np.sin(np.radians(turn)), -np.cos(np.radians(turn))])
            ends = radius * 1.4 * np.array([np.cos(np.radians(turn)), np.sin(np.radians(turn))])
            a, b = np.rint(centre + offset - ends).astype(int), np.rint(centre + offset + ends).astype(int)
            cv2.line(shape, a.tolist(), b.tolist(), 255, max(1, round(radius / 5)), cv2.LINE_AA)
    else:
        letter = LETTERS[int(random.integers(len(LETTERS)))]
        thick = max(1, round(radius / 8))
        cv2.putText(shape, letter, at, int(random.integers(0, 8)), radius / 16, 255, thick, cv2.LINE_AA)


def _paint(size: tuple[int, ...], colour: Floats, radius: float, random: np.random.Generator) -> Floats:
    """`(h, w, 3)`: plain, shaded, woven or grained."""
    h, w = size
    y, x = np.mgrid[0:h, 0:w].astype(np.float32)
    kind, turn = random.integers(5), random.uniform(0, np.pi)
    if kind == 0 or radius < 8:
        return np.broadcast_to(colour, (h, w, 3)).astype(np.float32)
    along = x * np.float32(np.cos(turn)) + y * np.float32(np.sin(turn))
    if kind <= 2:
        change = (along / (4 * radius) - 0.5) * np.float32(random.uniform(20, 120))
    elif kind == 3:
        across = y * np.float32(np.cos(turn)) - x * np.float32(np.sin(turn))
        period, depth = random.uniform(5, 24), np.float32(random.uniform(5, 50))
        change = depth * np.sin(2 * np.pi / period * along)
        change = change * (np.sin(2 * np.pi / period * across) if random.random() < 0.5 else 1)
    else:
        grain = random.normal(0, random.uniform(5, 45), (h, w)).astype(np.float32)
        change = cv2.GaussianBlur(grain, (0, 0), float(random.uniform(0.8, 3))) * np.float32(2)
    found: Floats = (colour + change[..., None]).astype(np.float32)
    return found
