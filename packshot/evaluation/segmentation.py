"""How well a matte or a map of classes is found, by the measures of the literature.

IoU: Jaccard index of the matte at one half (Everingham et al. 2010, §4.3). Boundary F: Perazzi et al. 2016 (DAVIS),
§4, with a fixed tolerance of 3 px as in F2 of Csurka et al. 2013. MAE: Perazzi et al. 2012, eq. 14. Largest F measure,
β² = 0.3: Achanta et al. 2009, eq. 6, over 255 thresholds, of precision and recall that are means over pictures, as
published tables have it. mIoU: over all pixels of a set, mean over classes that the truth has (Long et al. 2015, §5).
Mattes are numpy `(h, w)` in [0, 1].
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from packshot.errors import ParameterError

Plane = NDArray[Any]  # (h, w)
NEAR_PX = 3.0
BETA2 = 0.3
LEVELS = 255


def iou(found: Plane, truth: Plane) -> float:
    """At one half; 1 where neither has anything."""
    _same(found, truth)
    a, b = found > 0.5, truth > 0.5
    either = int((a | b).sum())
    return float((a & b).sum() / either) if either else 1.0


def boundary_f(found: Plane, truth: Plane, px: float = NEAR_PX) -> float:
    """Harmonic mean of the shares of both outlines that lie within `px` of the other; 1 if both are empty."""
    _same(found, truth)
    lines = [_outline(found > 0.5), _outline(truth > 0.5)]
    if not lines[0].any() or not lines[1].any():
        return float(lines[0].any() == lines[1].any())
    near = [cv2.distanceTransform((~m).astype(np.uint8), cv2.DIST_L2, 5) <= px for m in lines]
    precision, recall = near[1][lines[0]].mean(), near[0][lines[1]].mean()
    return float(2 * precision * recall / max(1e-9, precision + recall))


def mae(found: Plane, truth: Plane) -> float:
    """Mean absolute error of the soft matte."""
    _same(found, truth)
    return float(np.abs(found.astype(np.float64) - truth).mean())


def curves(found: Plane, truth: Plane) -> tuple[Plane, Plane]:
    """Precision and recall at the thresholds 1/255 … 255/255, of one picture whose truth is not empty."""
    _same(found, truth)
    wanted = truth > 0.5
    levels = np.clip(np.rint(found * LEVELS), 0, LEVELS).astype(np.int64)
    right = np.bincount(levels[wanted], minlength=LEVELS + 1)[::-1].cumsum()[::-1][1:]
    taken = np.bincount(levels.reshape(-1), minlength=LEVELS + 1)[::-1].cumsum()[::-1][1:]
    return np.where(taken > 0, right / np.maximum(taken, 1), 1.0), right / max(1, int(wanted.sum()))


def largest_f(of_pictures: Iterable[tuple[Plane, Plane]]) -> float:
    """Largest F measure of the mean precision and recall of pictures (`curves`). Raises ParameterError for none."""
    found = list(of_pictures)
    if not found:
        raise ParameterError("of_pictures: expected at least one picture")
    precision, recall = (np.mean([pair[i] for pair in found], axis=0) for i in (0, 1))
    return float(((1 + BETA2) * precision * recall / np.maximum(BETA2 * precision + recall, 1e-9)).max())


class Confusion:
    """Counts of (true class, class found) over all pixels that were added."""

    def __init__(self, classes: int) -> None:
        self.classes = classes
        self.counts = np.zeros((classes, classes), np.int64)

    def add(self, found: Plane, truth: Plane) -> None:
        """Class numbers `(h, w)`; pixels whose true class is negative do not count."""
        _same(found, truth)
        known = truth >= 0
        pairs = truth[known].astype(np.int64) * self.classes + found[known].astype(np.int64)
        self.counts += np.bincount(pairs, minlength=self.classes**2).reshape(self.classes, self.classes)

    def ious(self) -> Plane:
        """IoU of each class; NaN for a class that the truth does not have."""
        right, there = np.diag(self.counts), self.counts.sum(1)
        either = there + self.counts.sum(0) - right
        return np.where(there > 0, right / np.maximum(either, 1), np.nan)

    @property
    def mean_iou(self) -> float:
        """Over the classes that the truth has; NaN if nothing was added."""
        ious = self.ious()
        return float(np.nanmean(ious)) if np.isfinite(ious).any() else float("nan")

    @property
    def accuracy(self) -> float:
        """Share of pixels that are right."""
        return float(np.diag(self.counts).sum() / max(1, self.counts.sum()))


def _outline(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Pixels of the mask that have a neighbour outside of it; beyond the frame is no outside."""
    inner = np.asarray(cv2.erode(mask.astype(np.uint8), np.ones((3, 3), np.uint8))) > 0
    return np.asarray(mask & ~inner)


def _same(found: Plane, truth: Plane) -> None:
    if found.shape != truth.shape or found.ndim != 2:
        raise ParameterError(f"expected two planes (h, w) of one size, got {found.shape} and {truth.shape}")
