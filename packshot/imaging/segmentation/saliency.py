"""What stands out from its surroundings: seeds for cutting a product out of a cluttered photo.

Zhu, Liang, Wei & Sun, "Saliency Optimization from Robust Background Detection", CVPR 2014: a patch that is
connected with much of the border, for its size, is background (eq. 3-5); contrast is measured against what is
background (eq. 8), and both are joined in one least-squares problem (eq. 9). Departures: superpixels by watershed
from a grid; colours must be closer to belong together, as shops photograph on wood, carpet and cardboard; a
prior for the middle of the frame.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from packshot.imaging.segmentation.backdrop import Field

PATCHES = 250
SAME_COLOUR = 5.0  # Lab units within which two patches belong together (sigma_clr)
JUST_NOISE = 3.0  # Lab units between neighbours that count for nothing
NEARBY = 0.25  # of the longest side (sigma_spa)
MIDDLE = (0.35, 0.25)  # sigma of the prior, of height and width
MIDDLE_WEIGHT = 0.8


def saliency(rgb: Field, lab: Field) -> Field:
    """How much each pixel stands out, `(h, w)` in `[0, 1]`. `rgb` in `[0, 1]` and `lab` are `(h, w, 3)`, small."""
    labels = superpixels(rgb)
    count = int(labels.max()) + 1
    area = np.maximum(np.bincount(labels.ravel(), minlength=count), 1)
    colour = _means(labels, lab, area)
    h, w = labels.shape
    ys, xs = np.mgrid[:h, :w].astype(np.float32)
    place = _means(labels, np.dstack([ys, xs]) + 0.5, area)
    border = np.zeros(count, dtype=bool)
    border[np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])] = True
    touching = _touching(labels, count)
    distance, apart = _pairwise(colour), _pairwise(place / max(h, w))
    background = _background(distance, touching, border)
    near = np.exp(-(apart**2) / (2 * NEARBY**2)) * background
    contrast = (distance * near).sum(1)
    off_centre = (place / (h, w) - 0.5) / MIDDLE
    middle = np.exp(-(off_centre**2).sum(1) / 2)
    product = _stretched(contrast) * (1 - MIDDLE_WEIGHT * (1 - middle))
    ties = np.where(touching | (touching.astype(np.float32) @ touching > 0), _alike(distance) + 0.1 * touching, 0)
    system = np.diag(background + product + ties.sum(1) + 1e-6) - ties
    return _stretched(np.linalg.solve(system, product)).astype(np.float32)[labels]


def _stretched(x: Field) -> Field:
    return np.asarray((x - x.min()) / max(1e-6, float(np.ptp(x))))


def superpixels(rgb: Field, count: int = PATCHES) -> NDArray[np.int64]:
    """Labels `(h, w)` from 0: about `count` patches that keep to the edges of the picture."""
    h, w = rgb.shape[:2]
    step = max(2.0, float(np.sqrt(h * w / count)))
    rows, columns = max(1, round(h / step)), max(1, round(w / step))
    seeds = np.zeros((h, w), dtype=np.int32)
    for i in range(rows):
        for j in range(columns):
            y, x = int((i + 0.5) * h / rows), int((j + 0.5) * w / columns)
            seeds[max(0, y - 1) : y + 2, max(0, x - 1) : x + 2] = 1 + i * columns + j
    cv2.watershed(cv2.GaussianBlur((rgb * 255).astype(np.uint8), (0, 0), 1), seeds)
    lines = seeds <= 0
    spread = cv2.dilate(np.where(lines, 0, seeds).astype(np.float32), np.ones((3, 3), np.uint8))
    return np.maximum(np.where(lines, spread, seeds).astype(np.int64) - 1, 0)


def _means(labels: NDArray[np.int64], values: Field, area: NDArray[np.int64]) -> Field:
    sums = [np.bincount(labels.ravel(), values[..., c].ravel(), len(area)) for c in range(values.shape[2])]
    return np.stack(sums, axis=1) / area[:, None]


def _touching(labels: NDArray[np.int64], count: int) -> NDArray[np.bool_]:
    touching = np.zeros((count, count), dtype=bool)
    for a, b in ((labels[:, 1:], labels[:, :-1]), (labels[1:], labels[:-1])):
        touching[a, b] = touching[b, a] = True
    np.fill_diagonal(touching, False)
    return touching


def _pairwise(x: Field) -> Field:
    square = (x * x).sum(1)
    return np.asarray(np.sqrt(np.maximum(square[:, None] + square[None] - 2 * x @ x.T, 0)), dtype=np.float32)


def _alike(distance: Field) -> Field:
    return np.exp(-(distance**2) / (2 * SAME_COLOUR**2))


def _background(distance: Field, touching: NDArray[np.bool_], border: NDArray[np.bool_]) -> Field:
    """Probability of background for each patch, from how much border it is connected with (eq. 3-6)."""
    linked = touching | np.outer(border, border)
    way = np.where(linked, np.maximum(distance - JUST_NOISE, 0), np.float32(np.inf))
    np.fill_diagonal(way, 0)
    for k in range(len(way)):  # Floyd and Warshall's shortest ways
        np.minimum(way, way[:, k : k + 1] + way[k], out=way)
    together = _alike(way)
    connectivity = together[:, border].sum(1) / np.sqrt(together.sum(1))
    return np.asarray(1 - np.exp(-(connectivity**2) / 2))
