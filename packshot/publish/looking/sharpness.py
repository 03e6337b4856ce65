"""How far a picture seems enlarged: how quickly its sharpest edges rise.

In a picture at its own size the sharpest edges are over within one or two pixels; enlarged n times they take about n
times as many, whatever the filter (bilinear, bicubic, Lanczos). The rise of an edge is its contrast over its steepest
step, along rows and columns; a picture is as sharp as the sharper tenth of its strong edges. Enlarging by repetition
(nearest neighbour) leaves edges steep but pixels in blocks, and is found by these. A soft or defocused photo rises
slowly too: it holds no more detail than a smaller one. Networks that invent detail are not found.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[Any]  # (h, w, 3) uint8
Plane = NDArray[Any]  # (h, w) float32

REACH = 12  # px on either side within which an edge must be over
CONTRAST = 40.0  # 8-bit levels of a strong edge
FEWEST = 200  # edges without which nothing is said
SHARPER = 10  # percentile of the rises
OWN = 1.6  # px that the sharpest edges of a picture at its own size take
BLOCKS = (8, 7, 6, 5, 4, 3, 2)
SAME = 0.5  # 8-bit levels that a step between columns takes at least, mean
ACTIVE = 0.3  # of the strong steps, from which a column counts
LEAST_ACTIVE = 20  # columns
PERIODIC = 0.8  # share of the active columns that fall on the edges of blocks
LEAST_PX = 64  # px: smaller pictures hold too few edges
WINDOW = 1600  # px: longest side of the part looked at, in the middle


def enlargement(rgb: Pixels) -> float | None:
    """How many times the picture seems enlarged, at least 1; None if it has too few edges to tell."""
    if min(rgb.shape[:2]) < LEAST_PX:
        return None
    grey = cv2.cvtColor(_middle(rgb), cv2.COLOR_RGB2GRAY).astype(np.float32)
    block = _blocks(grey)
    if block > 1:
        return float(block)
    rises = np.concatenate([_rises(grey), _rises(np.ascontiguousarray(grey.T))])
    if len(rises) < FEWEST:
        return None
    return max(1.0, float(np.percentile(rises, SHARPER)) / OWN)


def _middle(rgb: Pixels) -> Pixels:
    h, w = rgb.shape[:2]
    top, left = max(0, (h - WINDOW) // 2), max(0, (w - WINDOW) // 2)
    return rgb[top : top + WINDOW, left : left + WINDOW]


def _rises(grey: Plane) -> Plane:
    """Rise, px, of every strong edge along the rows: contrast nearby over the steepest step."""
    step = np.abs(np.diff(grey, axis=1))
    window = np.ones((1, 2 * REACH + 1), np.uint8)
    peak = (step >= cv2.dilate(step, np.ones((1, 5), np.uint8))) & (step > 3)
    high, low = cv2.dilate(grey, window), cv2.erode(grey, window)
    contrast = (high - low)[:, :-1]
    strong = peak & (contrast > CONTRAST)
    return np.asarray(contrast[strong] / step[strong])


def _blocks(grey: Plane) -> int:
    """Side, px, of the blocks of a picture enlarged by repetition, 1 if there are none."""
    change = np.abs(np.diff(grey, axis=1)).mean(0)
    active = np.flatnonzero(change > max(SAME, ACTIVE * float(np.percentile(change, 95))))
    if len(active) < LEAST_ACTIVE:
        return 1
    for side in BLOCKS:
        if np.bincount(active % side, minlength=side).max() >= PERIODIC * len(active):
            return side
    return 1
