"""A person's box around the product: what lies in it alone is looked at, from near."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from torch import Tensor

from packshot.imaging.mattes import resized
from packshot.imaging.segmentation import trust
from packshot.imaging.segmentation.answers import LEAST_PX, SMALL_PX, Answer, judged
from packshot.imaging.segmentation.backdrop import Field
from packshot.imaging.segmentation.clutter import cut
from packshot.imaging.segmentation.regions import Mask
from packshot.imaging.segmentation.small import shrunk

ROOM = 0.15  # of the box's longer side: what is looked at around it
EMPTY = -9.0  # rating of a map that holds nothing


def in_box(rgb: Tensor, box: tuple[int, int, int, int], look: Callable[[Field], Answer]) -> Answer:
    """The product of `(1, 3, h, w)` inside a box `(x0, y0, x1, y1)` px.

    Three answers compete: that of the box and its surroundings, that of the whole picture, and GrabCut of the box.
    """
    small = shrunk(rgb, SMALL_PX)
    size = (small.shape[0], small.shape[1])
    inside = _box_mask(box, (rgb.shape[2], rgb.shape[3]), size)
    whole = look(small)
    near, beside = _near(rgb, box, size, look)
    lab = cv2.cvtColor(small, cv2.COLOR_RGB2Lab)
    candidates = [np.where(inside, x, np.float32(0)) for x in (near, whole.matte, cut(small, inside))]
    chosen = max(candidates, key=lambda found: _rating(lab, found, inside))
    return judged(lab, chosen, np.where(inside, beside, np.float32(0)), whole.parts["plain"], whole.method, whole.way)


def _box_mask(box: tuple[int, int, int, int], full: tuple[int, int], size: tuple[int, int]) -> Mask:
    inside = np.zeros(size, bool)
    x0, x1 = (round(x * size[1] / full[1]) for x in box[::2])
    y0, y1 = (round(y * size[0] / full[0]) for y in box[1::2])
    inside[min(y0, size[0] - 1) : max(y1, y0 + 1), min(x0, size[1] - 1) : max(x1, x0 + 1)] = True
    return inside


def _near(
    rgb: Tensor, box: tuple[int, int, int, int], size: tuple[int, int], look: Callable[[Field], Answer]
) -> tuple[Field, Field]:
    """The answer for the box and its surroundings, and its second opinion, in maps of the whole picture."""
    h, w = rgb.shape[2:]
    around = max(4, round(ROOM * max(box[2] - box[0], box[3] - box[1])))
    x0, y0, x1, y1 = max(0, box[0] - around), max(0, box[1] - around), min(w, box[2] + around), min(h, box[3] + around)
    part = shrunk(rgb[:, :, y0:y1, x0:x1], SMALL_PX)
    maps = np.zeros((2, *size), np.float32)
    if min(part.shape[:2]) < LEAST_PX:
        return maps[0], maps[1]
    answer = look(part)
    rows, columns = (
        (round(a * n / m), round(b * n / m)) for a, b, n, m in ((y0, y1, size[0], h), (x0, x1, size[1], w))
    )
    high, wide = max(1, rows[1] - rows[0]), max(1, columns[1] - columns[0])
    top, left = min(rows[0], size[0] - high), min(columns[0], size[1] - wide)
    maps[:, top : top + high, left : left + wide] = [resized(x, (high, wide)) for x in (answer.matte, answer.other)]
    return maps[0], maps[1]


def _rating(lab: Field, found: Field, inside: Mask) -> float:
    """How well a map answers a box: as any answer is scored, and that it reaches the box's sides, as people draw it."""
    mask = found > 0.5
    if not mask.any():
        return EMPTY
    filled, drawn = (cv2.boundingRect(x.astype(np.uint8)) for x in (mask, inside))
    reached = filled[2] * filled[3] / max(1, drawn[2] * drawn[3])
    return float(trust.score(trust.measure(lab, found)) + min(1.0, reached))
