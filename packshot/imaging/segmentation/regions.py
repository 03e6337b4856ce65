"""Masks and maps of small pictures: discs, slopes, what is connected with the border, what faces what."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Mask = NDArray[Any]  # (h, w), bool
Map = NDArray[Any]  # (h, w), float32


def per_pixel(steps_x: Map, steps_y: Map) -> Map:
    """Largest of the four differences to the neighbours: `(h, w - 1)` and `(h - 1, w)` to `(h, w)`."""
    slope = np.zeros((steps_x.shape[0], steps_y.shape[1]), dtype=np.float32)
    slope[:, :-1] = steps_x
    slope[:, 1:] = np.maximum(slope[:, 1:], steps_x)
    slope[:-1] = np.maximum(slope[:-1], steps_y)
    slope[1:] = np.maximum(slope[1:], steps_y)
    return slope


def widened(mask: Mask, px: int) -> Mask:
    """The mask dilated by a disc."""
    return np.asarray(cv2.dilate(mask.astype(np.uint8), _disc(px)) > 0)


def narrowed(mask: Mask, px: int) -> Mask:
    """The mask eroded by a disc; the frame is no edge."""
    return np.asarray(cv2.erode(mask.astype(np.uint8), _disc(px)) > 0)


def _disc(px: int) -> Map:
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * px + 1, 2 * px + 1)))


def reached(allowed: Mask, ring: Mask) -> Mask:
    """The part of the allowed pixels that is connected with the border."""
    count, labels = cv2.connectedComponents(allowed.astype(np.uint8), connectivity=4)
    hit = np.zeros(count, dtype=bool)
    hit[labels[ring & allowed]] = True
    hit[0] = False
    return np.asarray(hit[labels])


def neighbours(labels: Map, mask: Mask, px: int, count: int) -> Map:
    """For each region, the pixels of the mask at a distance of `px`."""
    far, near = (cv2.dilate(labels.astype(np.float32), _disc(r)) if r else labels for r in (px, px - 1))
    rim = mask & (near == 0)
    return np.bincount(far[rim].astype(np.int64), minlength=count)
