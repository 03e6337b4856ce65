"""The things on a plain ground as connected pieces: the product, and what lies apart from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Mask = NDArray[Any]  # (h, w) bool

PART = 0.04  # of the largest piece: what is larger belongs to the product
CLOSE = 0.012  # of the picture's longer side: what is nearer to the product belongs to it


@dataclass(frozen=True)
class Pieces:
    """Connected pieces. labels: `(h, w)`, 0 = ground. stats: `(n, 5)` left, top, width, height, area, row 0 = ground.

    main: the pieces that make up the product.
    """

    labels: Mask
    stats: Mask
    main: frozenset[int]


def pieces_of(things: Mask) -> Pieces:
    """The pieces of a mask: the largest, those not much smaller, and those close to them are the product."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(things.astype(np.uint8), connectivity=8)
    if count < 2:
        return Pieces(labels, stats, frozenset())
    area = stats[1:, cv2.CC_STAT_AREA]
    main = {1 + int(i) for i in np.flatnonzero(area >= PART * area.max())}
    return Pieces(labels, stats, frozenset(main))


def outline_of(pieces: Pieces) -> Mask:
    """The convex hulls of the product's pieces, filled: folds, gaps and spokes within them are its own."""
    outline = np.zeros(pieces.labels.shape, np.uint8)
    for i in pieces.main:
        x, y, w, h = (int(v) for v in pieces.stats[i][:4])
        mine = (pieces.labels[y : y + h, x : x + w] == i).astype(np.uint8)
        contours, _ = cv2.findContours(mine, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE, offset=(x, y))
        cv2.fillConvexPoly(outline, cv2.convexHull(np.concatenate(contours)), 1)
    return outline > 0


def product_of(pieces: Pieces) -> Mask:
    """Mask of the product."""
    wanted = np.zeros(len(pieces.stats), bool)
    wanted[list(pieces.main)] = True
    return np.asarray(wanted[pieces.labels])
