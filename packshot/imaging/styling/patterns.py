"""Style pictures drawn by code: free of any rights, the same for the same seed, and as many as training wants.

    pattern:NAME or pattern:NAME:SEED    where a style picture is asked for

Sources of the ideas: Haeberli 1990 (strokes that follow a picture's directions), Voronoi cells as tesserae (Hausner
2001), noise that displaces its own coordinates (Perlin 1985), AM halftone screens at the printers' angles.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import torch
from numpy.random import Generator
from numpy.typing import NDArray
from torch import Tensor

from packshot.errors import ParameterError

Field = NDArray[np.float32]
SIDE = 512  # px of a pattern unless told
PREFIX = "pattern:"
INKS = {  # palettes of sRGB levels: ground first
    "sea": ((238, 232, 213), (18, 52, 99), (30, 98, 150), (79, 162, 188), (236, 190, 84), (245, 245, 240)),
    "clay": ((242, 226, 204), (156, 62, 38), (206, 112, 64), (92, 44, 40), (226, 172, 108), (66, 92, 88)),
    "garden": ((244, 240, 222), (38, 84, 62), (112, 148, 76), (214, 92, 106), (248, 196, 92), (34, 46, 66)),
    "night": ((24, 22, 52), (66, 46, 120), (190, 64, 128), (244, 140, 88), (250, 214, 120), (40, 110, 150)),
    "ink": ((240, 238, 232), (28, 30, 38), (74, 78, 92), (128, 132, 142), (182, 72, 58), (208, 206, 200)),
}


def is_pattern(name: str) -> bool:
    """Whether a style's name asks for a drawn pattern."""
    return name.startswith(PREFIX)


def named(name: str, side: int = SIDE) -> Tensor:
    """The `(1, 3, side, side)` sRGB picture of `pattern:NAME` or `pattern:NAME:SEED`. Raises ParameterError."""
    kind, _, seed = name.removeprefix(PREFIX).partition(":")
    if kind not in TABLE:
        raise ParameterError(f"pattern {kind!r}: expected one of {', '.join(TABLE)}")
    if seed and not seed.isdigit():
        raise ParameterError(f"pattern {name!r}: expected a whole number as the seed, got {seed!r}")
    return pattern(kind, side, int(seed or 0))


def pattern(kind: str, side: int = SIDE, seed: int = 0) -> Tensor:
    """`(1, 3, side, side)` sRGB in [0, 1]; the same kind, side and seed give the same."""
    places = list(TABLE).index(kind)
    random = np.random.default_rng([places, seed])
    inks = _inks(random, list(INKS)[(places + seed) % len(INKS)])
    drawn = TABLE[kind](random, side, inks)
    return torch.from_numpy(np.ascontiguousarray(np.clip(drawn, 0, 1).astype(np.float32).transpose(2, 0, 1)))[None]


def any_pattern(side: int, seed: int) -> Tensor:
    """One of all kinds: what a stream of training styles takes."""
    return pattern(list(TABLE)[seed % len(TABLE)], side, seed // len(TABLE))


def _inks(random: Generator, name: str) -> Field:
    """A palette, its colours moved a little."""
    colours = np.array(INKS[name], np.float32) / 255
    return np.clip(colours + random.normal(0, 0.015, colours.shape), 0, 1).astype(np.float32)


def _noise(random: Generator, side: int, cells: float) -> Field:
    """Smooth noise in about [-1, 1]."""
    count = int(cells) + 3
    grid = random.uniform(-1, 1, (count, count)).astype(np.float32)
    return np.asarray(cv2.resize(grid, (side, side), interpolation=cv2.INTER_CUBIC), np.float32)


def _clouds(random: Generator, side: int, cells: float) -> Field:
    total = sum(0.5**i * _noise(random, side, cells * 2**i) for i in range(4))
    return np.asarray(total, np.float32)


def _read(field: Field, x: Field, y: Field) -> Field:
    return np.asarray(cv2.remap(field, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT), np.float32)


def _grid(side: int) -> tuple[Field, Field]:
    y, x = np.mgrid[0:side, 0:side].astype(np.float32)
    return x, y


def _mapped(value: Field, inks: Field) -> Field:
    """Values in [0, 1] along the palette."""
    place = np.clip(value, 0, 1) * (len(inks) - 1)
    low = np.minimum(place.astype(int), len(inks) - 2)
    share = (place - low)[..., None]
    return np.asarray(inks[low] * (1 - share) + inks[low + 1] * share, np.float32)


def strokes(random: Generator, side: int, inks: Field) -> Field:
    """Oil: short brush strokes along a swirling field, each of one colour with light and dark bristles."""
    angle = 3.5 * _noise(random, side, 3)
    tone = 0.5 + 0.5 * _clouds(random, side, 3)
    canvas = np.ascontiguousarray(np.broadcast_to(inks[1], (side, side, 3)).astype(np.float32))
    length, thick = side / 22, max(1, round(side / 130))
    for _ in range(9000):
        x, y = random.uniform(0, side, 2)
        turn = angle[int(y), int(x)] + random.normal(0, 0.1)
        colour = _mapped(np.array([[tone[int(y), int(x)] + random.normal(0, 0.09)]], np.float32), inks)[0, 0]
        along, across = np.array([np.cos(turn), np.sin(turn)]), np.array([-np.sin(turn), np.cos(turn)])
        for bristle in (-1, 0, 1):
            shade = np.clip(colour * (1 + 0.10 * bristle) + random.normal(0, 0.02), 0, 1)
            middle = np.array([x, y]) + across * bristle * thick * 0.9
            a, b = middle - along * length / 2, middle + along * length / 2
            cv2.line(canvas, np.rint(a).astype(int).tolist(), np.rint(b).astype(int).tolist(), shade.tolist(), thick,
                     cv2.LINE_AA)  # fmt: skip
    return canvas


def mosaic(random: Generator, side: int, inks: Field) -> Field:
    """Tesserae: cells of a shaken grid in the palette's colours, with joints and a little relief."""
    count = 26
    step = side / count
    centres = (np.stack(np.meshgrid(np.arange(-1, count + 1), np.arange(-1, count + 1)), -1) + 0.5).reshape(-1, 2)
    centres = (centres + random.uniform(-0.32, 0.32, centres.shape)) * step
    tone = 0.5 + 0.5 * _clouds(random, side, 2.5)
    x, y = _grid(side)
    nearest, second, cell = np.full((side, side), 1e9), np.full((side, side), 1e9), np.zeros((side, side), int)
    for number, (cx, cy) in enumerate(centres):
        x0, x1 = int(max(0, cx - 3 * step)), int(min(side, cx + 3 * step))
        y0, y1 = int(max(0, cy - 3 * step)), int(min(side, cy + 3 * step))
        if x1 <= x0 or y1 <= y0:
            continue
        part = (slice(y0, y1), slice(x0, x1))
        distance = np.hypot(x[part] - cx, y[part] - cy)
        closer = distance < nearest[part]
        second[part] = np.where(closer, nearest[part], np.minimum(second[part], distance))
        cell[part] = np.where(closer, number, cell[part])
        nearest[part] = np.minimum(nearest[part], distance)
    places = np.clip(centres, 0, side - 1).astype(int)
    own = tone[places[:, 1], places[:, 0]] + random.normal(0, 0.16, len(centres))
    colours = _mapped(own.astype(np.float32), inks[1:]) * random.uniform(0.88, 1.08, (len(centres), 1))
    joint = np.clip((second - nearest) / (0.2 * step), 0, 1)[..., None]
    relief = 1 + 0.10 * ((x + y) / step % 1 - 0.5)[..., None]
    return np.asarray(joint * colours[cell] * relief + (1 - joint) * 0.55 * inks[0], np.float32)


def marble(random: Generator, side: int, inks: Field) -> Field:
    """Marbled paper: inks drawn through each other by displaced noise."""
    x, y = _grid(side)
    for strength in (0.16, 0.09):
        dx, dy = _clouds(random, side, 3), _clouds(random, side, 3)
        x, y = x + strength * side * dx, y + strength * side * dy
    bands = _read(_clouds(random, side, 4), x, y)
    combed = 0.5 + 0.5 * np.sin(9 * bands + 2 * np.sin(2 * np.pi * x / side * 3))
    vein = np.exp(-((np.sin(14 * bands) / 0.12) ** 2))[..., None]
    return np.asarray(_mapped(combed, inks) * (1 - 0.7 * vein) + 0.7 * vein * inks[0], np.float32)


def weave(random: Generator, side: int, inks: Field) -> Field:
    """Cloth: a check of dyed threads, over and under, each thread rounded by light."""
    thread = side / 64
    x, y = _grid(side)
    stripes = random.integers(1, len(inks), 16)
    warp, weft = (inks[stripes[(v / thread / 4).astype(int) % 16]] for v in (x, y))
    column, row = (x / thread).astype(int), (y / thread).astype(int)
    over = ((column + row) % 4 < 2)[..., None]
    round_x, round_y = (0.62 + 0.38 * np.sin(np.pi * (v / thread % 1)) for v in (x, y))
    grain = 1 + 0.08 * random.normal(size=(side, side, 1))
    lit = np.where(over, warp * round_x[..., None], weft * round_y[..., None])
    return np.asarray(lit * grain + 0.04, np.float32)


def halftone(random: Generator, side: int, inks: Field) -> Field:
    """Two-ink print: dots at 15 and 75 degrees that overprint on paper."""
    x, y = _grid(side)
    paper = inks[0] * (1 + 0.02 * random.normal(size=(side, side, 1)))
    result = paper
    for ink, degrees in ((inks[2], 15), (inks[4], 75)):
        turn, period = np.radians(degrees), side / 52
        u, v = x * np.cos(turn) + y * np.sin(turn), y * np.cos(turn) - x * np.sin(turn)
        screen = (np.cos(2 * np.pi * u / period) + np.cos(2 * np.pi * v / period)) / 4 + 0.5
        tone = np.clip(0.42 + 0.38 * _clouds(random, side, 2), 0.06, 0.9)
        dots = 1 / (1 + np.exp(-(screen - 1 + tone) * 22))
        result = result * (1 - dots[..., None] * (1 - ink))
    return np.asarray(result, np.float32)


def crayon(random: Generator, side: int, inks: Field) -> Field:
    """Crayon on rough paper: layers of hatching in several directions, caught by the paper's grain."""
    grain = _noise(random, side, side / 2.2) + 0.6 * _noise(random, side, side / 5)
    result = np.broadcast_to(inks[0], (side, side, 3)).astype(np.float32)
    x, y = _grid(side)
    for number, ink in enumerate(inks[1:6]):
        turn = np.radians(25 + 35 * number + random.uniform(-8, 8))
        wobble = 0.012 * side * _noise(random, side, 6)
        v = y * np.cos(turn) - x * np.sin(turn) + wobble
        line = 0.5 + 0.5 * np.sin(2 * np.pi * v / (side / 62))
        where = np.clip(2.2 * _clouds(random, side, 3) + 0.35, 0, 1)
        cover = np.clip(line * 1.3 + 0.5 * grain - 0.35, 0, 1) * where
        result = result * (1 - 0.85 * cover[..., None]) + 0.85 * cover[..., None] * ink
    return np.asarray(result, np.float32)


def terrazzo(random: Generator, side: int, inks: Field) -> Field:
    """Terrazzo: chips of several sizes in a pale ground, polished."""
    canvas = np.ascontiguousarray(np.broadcast_to(inks[0], (side, side, 3)).astype(np.float32))
    for radius in np.sort(random.pareto(1.6, 1100) + 1)[::-1] * side / 190:
        centre, count = random.uniform(0, side, 2), random.integers(4, 8)
        turns = np.sort(random.uniform(0, 2 * np.pi, count))
        reach = min(radius, side / 14) * random.uniform(0.6, 1.3, (count, 1))
        corners = centre + reach * np.stack([np.cos(turns), np.sin(turns)], 1)
        ink = np.clip(inks[random.integers(1, len(inks))] * random.uniform(0.8, 1.15), 0, 1)
        cv2.fillPoly(canvas, [np.rint(corners).astype(np.int32)], ink.tolist(), cv2.LINE_AA)
    return np.asarray(canvas * (1 + 0.03 * _noise(random, side, side / 3)[..., None]), np.float32)


TABLE: dict[str, Callable[[Generator, int, Field], Field]] = {
    "strokes": strokes,
    "mosaic": mosaic,
    "marble": marble,
    "weave": weave,
    "halftone": halftone,
    "crayon": crayon,
    "terrazzo": terrazzo,
}
