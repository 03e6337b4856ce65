"""Coloured plates laid on a picture: bars, corner fields and insets of one flat colour, and flat discs in a corner.

A plate is one colour with sharp straight sides, as a drawing programme leaves it; what is written on it stands in
holes of that colour. It is told from a box-shaped product by where it lies: along a whole side of the picture, in a
corner, or apart from everything else, and always beside something that is no plate. If nothing else is left, the
rectangles are the product itself. A rectangle that lies on the product is the product's own label.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from packshot.imaging.writing.strokes import Mark, is_written

Mask = NDArray[Any]  # (h, w) bool
Pixels = NDArray[Any]  # (h, w, 3) uint8
Box = tuple[int, int, int, int]

LEAST = 0.002  # of the picture's area
MOST = 0.4
FLAT = 6  # 8-bit levels within 3 x 3 px of one colour
NEAR = 28  # 8-bit levels from the plate's colour: what coding leaves along its edges
EVEN = (5, 0.95)  # 8-bit levels from the colour, and share of the flat pixels within them
RECTANGLE = 0.985  # share of its box that a plate fills, its writing included
DISC = (0.76, 0.81)  # the same for a disc, around pi / 4
ROUND = 1.06  # longer over shorter side of a disc's box, at most
CORNER = 0.3  # of the sides: where a disc has to lie
DISC_MOST = 0.06  # of the picture's area
WHOLE = 0.98  # of a side: a bar along all of it
THICK = 0.35  # of the other side: how deep such a bar may be
APART = 0.1  # of its rim that may meet something else, for a plate to lie apart
WIDE = 2.0  # width over height of an inset that touches no edge
TALLEST = 0.85  # of a plate's height: letters on it
INK = (0.01, 0.5)  # share of a plate that is written on
RIM = 3  # px around a plate that are its soft edge
SOLID = 0.3  # share of its box that the flat part of a plate fills, at least
ROOM = 12  # px around the flat part that its soft edges take
SEEDS = 12  # flat areas looked at, the largest
LEFT = 0.005  # of the picture: what must be left as the product


@dataclass(frozen=True)
class Plates:
    """mask: `(h, w)`, plates with their soft edges. marks: one each, `text` if letters were found on it."""

    mask: Mask
    marks: tuple[Mark, ...]


def plates_of(rgb: Pixels, things: Mask) -> Plates:
    """The plates among the things of a picture on a plain ground; none if nothing else were left."""
    mask, marks = np.zeros(things.shape, bool), []
    if things.any():
        for region in _regions(rgb, things):
            kind = _kind(rgb, region, things)
            if kind and not mask[region].any():
                marks.append(Mark(kind, _box(region)))
                mask |= cv2.dilate(region.astype(np.uint8), np.ones((2 * RIM + 1,) * 2, np.uint8)) > 0
    left = (things & ~mask).mean()
    if not marks or left < LEFT:
        return Plates(np.zeros(things.shape, bool), ())
    return Plates(mask, tuple(marks))


def _regions(rgb: Pixels, things: Mask) -> Iterator[Mask]:
    """Areas of one flat colour, largest first, with what is enclosed in them."""
    kernel = np.ones((3, 3), np.uint8)
    spread = (cv2.dilate(rgb, kernel) - cv2.erode(rgb, kernel)).max(2)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(((spread <= FLAT) & things).astype(np.uint8))
    order = 1 + np.argsort(-stats[1:, cv2.CC_STAT_AREA])[:SEEDS]
    for i in order.tolist() if count > 1 else ():
        x, y, w, h, area = (int(v) for v in stats[i])
        if area < LEAST * things.size / 3:
            return
        if area < SOLID * w * h or w * h > MOST * things.size:
            continue
        rows, columns = slice(max(0, y - ROOM), y + h + ROOM), slice(max(0, x - ROOM), x + w + ROOM)
        part = _flat(rgb[rows, columns], labels[rows, columns] == i)
        if part is not None:
            region = np.zeros(things.shape, bool)
            region[rows, columns] = part
            yield region


def _flat(rgb: Pixels, seed: Mask) -> Mask | None:
    """The area of one colour around its flat inner part; None if that is not of one colour."""
    colour = np.median(rgb[seed], axis=0)
    away = np.abs(rgb.astype(np.float32) - colour).max(2)
    even = (away[seed] <= EVEN[0]).mean() >= EVEN[1]
    return _enclosed(_holding(away <= NEAR, seed)) if even else None


def _holding(mask: Mask, seed: Mask) -> Mask:
    """The connected piece of a mask in which most of the seed lies."""
    _, labels = cv2.connectedComponents(mask.astype(np.uint8), connectivity=4)
    return np.asarray(labels == np.bincount(labels[seed & mask]).argmax())


def _enclosed(mask: Mask) -> Mask:
    contours, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    filled = np.zeros(mask.shape, np.uint8)
    cv2.drawContours(filled, contours, -1, 1, cv2.FILLED)
    return filled > 0


def _box(mask: Mask) -> Box:
    columns, rows = np.flatnonzero(mask.any(0)), np.flatnonzero(mask.any(1))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def _kind(rgb: Pixels, region: Mask, things: Mask) -> str:
    """`text` or `plate`, nothing for what is none."""
    x0, y0, x1, y1 = box = _box(region)
    rows, columns = region.shape
    w, h = x1 - x0, y1 - y0
    if not LEAST <= w * h / region.size <= MOST or min(w, h) < 8:
        return ""
    filled, apart = float(region.sum()) / (w * h), _apart(region, things)
    inside = rgb[y0:y1, x0:x1], region[y0:y1, x0:x1]
    if DISC[0] <= filled <= DISC[1] and max(w, h) <= ROUND * min(w, h):
        return "plate" if apart and _in_corner(box, rows, columns) and w * h <= DISC_MOST * region.size else ""
    if filled < RECTANGLE:
        return ""
    edges = x0 <= 1, y0 <= 1, x1 >= columns - 1, y1 >= rows - 1
    bar = (w >= WHOLE * columns and h <= THICK * rows) or (h >= WHOLE * rows and w <= THICK * columns)
    corner = (edges[0] or edges[2]) and (edges[1] or edges[3])
    ink = INK[0] <= _ink(*inside) <= INK[1]
    laid = bar and any(edges) if not ink else (bar or corner or (apart and (any(edges) or w >= WIDE * h)))
    return "" if not laid else "text" if is_written(*inside, TALLEST) else "plate"


def _apart(region: Mask, things: Mask) -> bool:
    """Whether hardly anything meets the rim of an area."""
    near, far = (cv2.dilate(region.astype(np.uint8), np.ones((2 * px + 1,) * 2, np.uint8)) > 0 for px in (RIM, RIM + 2))
    rim = far & ~near
    return not rim.any() or float(things[rim].mean()) <= APART


def _in_corner(box: Box, rows: int, columns: int) -> bool:
    x0, y0, x1, y1 = box
    beside = x1 <= CORNER * columns or x0 >= (1 - CORNER) * columns
    return beside and (y1 <= CORNER * rows or y0 >= (1 - CORNER) * rows)


def _ink(rgb: Pixels, mine: Mask) -> float:
    """Share of a plate that is not of its colour."""
    colour = np.median(rgb[mine], axis=0)
    return float((np.abs(rgb.astype(np.float32) - colour).max(2)[mine] > 2 * NEAR).mean())
