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


def product_of(pieces: Pieces) -> Mask:
    """Mask of the product."""
    wanted = np.zeros(len(pieces.stats), bool)
    wanted[list(pieces.main)] = True
    return np.asarray(wanted[pieces.labels])
