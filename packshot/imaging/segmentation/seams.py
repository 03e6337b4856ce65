"""Seams of a table: thin dark lines that run across the ground and would wall its shadows in.

A line is what a morphological closing fills (bottom hat: Serra, "Image Analysis and Mathematical Morphology", 1982).
Of these, the long ones along a row or a column that reach the border and have ground on both sides are seams: an
outline of a product does not go on to the border, and has the product on one side.
"""

from __future__ import annotations

import cv2
import numpy as np

from packshot.imaging.segmentation.backdrop import Field, ring_of
from packshot.imaging.segmentation.regions import Mask, reached

WIDEST_PX = 7  # a darker band than that is no line
FAINTEST = 1.5  # Lab lightness below both sides
SHORTEST = 0.12  # of the longest side
SLANT_PX = 3  # that a line may wander while it runs that far
ASIDE_PX = 5  # distance at which the ground beside a seam is looked at


def seams(lightness: Field, like: Mask, rough: float) -> Mask:
    """Seams in a small photo and one pixel around them: bool `(h, w)`.

    lightness: Lab, `(h, w)`. like: what might be ground in some light. rough: slope of the ground, Lab units.
    """
    closed = cv2.morphologyEx(lightness, cv2.MORPH_CLOSE, np.ones((WIDEST_PX, WIDEST_PX), np.uint8))
    thin = (closed - lightness > max(FAINTEST, 2 * rough)).astype(np.uint8)
    found = _level(thin, like) | _level(np.ascontiguousarray(thin.T), like.T).T
    return np.asarray(cv2.dilate(found.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0)


def _level(thin: Field, like: Mask) -> Mask:
    """Those lines that run along the rows from the border, where both sides might be ground."""
    length = max(3, round(SHORTEST * max(thin.shape)))
    fat = cv2.dilate(thin, np.ones((SLANT_PX, 1), np.uint8))
    line = cv2.morphologyEx(fat, cv2.MORPH_OPEN, np.ones((1, length), np.uint8)) > 0
    beside = np.pad(like, ((ASIDE_PX, ASIDE_PX), (0, 0)), mode="edge")
    return np.asarray(reached(line, ring_of(thin.shape)) & beside[: -2 * ASIDE_PX] & beside[2 * ASIDE_PX :])
