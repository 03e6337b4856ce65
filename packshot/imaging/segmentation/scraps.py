"""Scraps: pieces of a studio answer, apart from the main one, that are ground after all.

Grain, seams and the ends of shadows leave thin or faint pieces behind; a second part of the product (a mallet beside
its xylophone, the ball on an antenna) is large, or stands out clearly.
"""

from __future__ import annotations

import cv2
import numpy as np

from packshot.imaging.segmentation.backdrop import Field, ring_of
from packshot.imaging.segmentation.regions import Mask
from packshot.imaging.segmentation.shade import Lit

LARGE = 0.1  # of the main piece, from which a piece is product whatever its colour
LARGE_AT_BORDER = 0.5  # the same, if it touches the border and the main piece does not
VIVID, FAR = 3.0, 40.0  # limits of chromaticity, Lab units off the ground: from either on, even a sliver is product
STOUT = 1 / 64  # half width from which a piece is no sliver, of the longest side
COLOURED, APART = 2.0, 15.0  # the same as VIVID and FAR, for a piece that is no sliver


def without_scraps(matte: Field, scene: Lit) -> Field:
    """The map `(h, w)` without scraps, and without what is soft around them."""
    inside = (matte > 0.5).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(inside, connectivity=8)
    if count < 3:
        return matte
    area = stats[:, cv2.CC_STAT_AREA].astype(np.float64)
    area[0] = 0
    main = int(area.argmax())
    share = area / area[main]
    at_border = np.zeros(count, dtype=bool)
    at_border[labels[ring_of(inside.shape)]] = True
    depth = cv2.distanceTransform(np.pad(inside, 1), cv2.DIST_L2, 5)[1:-1, 1:-1] / (STOUT * max(inside.shape))
    keep = np.zeros(count, dtype=bool)
    for k in range(1, count):
        if at_border[k] and not at_border[main]:
            keep[k] = share[k] >= LARGE_AT_BORDER
        else:
            keep[k] = share[k] >= LARGE or _stands_out(labels == k, depth, scene)
    near = cv2.dilate(keep[labels].astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    return np.where(near, matte, np.float32(0))


def _stands_out(piece: Mask, depth: Field, scene: Lit) -> bool:
    chroma = np.median(scene.rest.chroma[piece] / scene.limit[piece])
    away = np.median(scene.rest.plain[piece])
    stout = depth[piece].max() >= 1
    return bool(chroma > VIVID or away > FAR or (stout and (chroma > COLOURED or away > APART)))
