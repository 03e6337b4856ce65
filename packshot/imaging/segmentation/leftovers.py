"""Ground that a studio answer left in the product: shadows that took on colour, and ground inside loops.

A shadow beside a vivid product takes on its colour, and then has not the ground's chromaticity. It still has no edge
of its own: the way of the textbooks (`edges.py`) grows right over it. Such a piece, not brighter than the ground, of a
colour not far from it and without steps on its frontier, is ground.
A string or a strap laid in a loop shuts shadowed ground in. Such a piece has the ground's chromaticity, and across a
thin barrier lies ground of nearly the same light.
"""

from __future__ import annotations

import cv2
import numpy as np

from packshot.imaging.segmentation.backdrop import Field, ring_of
from packshot.imaging.segmentation.regions import Mask, narrowed, reached, widened
from packshot.imaging.segmentation.shade import Lit

LEAST, MOST = 0.001, 0.13  # of the product: size of a piece of shadow
BRIGHTER = 2.0  # Lab lightness that a shadow may lie above the surface fitted to its ground
TINGED = 4.0  # limits of chromaticity that a shadow may take on
STEPPED = 0.1  # of a piece's frontier that may lie on steps
LOOP = 0.01  # of the product: smallest ground shut in by a loop
STRAP = 0.025  # of the longest side: how thin a loop has to be
THIN_ROUND = 0.4  # of its rim that has to be so thin
SHUT = 0.85  # of its rim that has to be something else than ground
SAME_LIGHT = 6.0  # Lab lightness between the ground inside and outside of a loop


def without_shadows(matte: Field, lines: Field, scene: Lit) -> Field:
    """The map `(h, w)` without tinged shadows. lines: what `by_edges` finds of the same picture."""
    inside = matte > 0.5
    size = int(inside.sum())
    count, labels = cv2.connectedComponents((inside & ~widened(lines > 0.5, 1)).astype(np.uint8), connectivity=4)
    ground = reached(~inside, ring_of(inside.shape))
    drop = np.zeros(count, bool)
    for k in range(1, count):
        piece = labels == k
        area = int(piece.sum())
        drop[k] = LEAST * size <= area <= MOST * size and _is_shadow(piece, ground, scene)
    gone = widened(drop[labels], 1) & ~widened(lines > 0.5, 1)
    return np.where(gone, np.float32(0), matte) if drop.any() else matte


def _is_shadow(piece: Mask, ground: Mask, scene: Lit) -> bool:
    if (
        np.median(scene.rest.light[piece]) > BRIGHTER
        or np.median(scene.rest.chroma[piece] / scene.limit[piece]) > TINGED
    ):
        return False
    frontier = widened(piece, 1) & widened(ground, 1)
    return bool(frontier.any() and scene.walls[frontier].mean() <= STEPPED)


def with_loops_open(matte: Field, scene: Lit) -> Field:
    """The map `(h, w)` without ground that a loop shuts in."""
    inside = matte > 0.5
    size, longest = int(inside.sum()), max(inside.shape)
    ground = reached(~inside, ring_of(inside.shape))
    if not ground.any() or not size:
        return matte
    away = cv2.distanceTransform((~ground).astype(np.uint8), cv2.DIST_L2, 5)
    shut_in = narrowed(inside, 1) & scene.like
    count, labels, stats, _ = cv2.connectedComponentsWithStats(shut_in.astype(np.uint8), connectivity=4)
    opened = np.zeros(count, bool)
    for k in range(1, count):
        if stats[k, cv2.CC_STAT_AREA] >= LOOP * size:
            opened[k] = _is_loop(labels == k, away, scene, max(3.0, STRAP * longest))
    return np.where(opened[labels], np.float32(0), matte) if opened.any() else matte


def _is_loop(piece: Mask, away: Field, scene: Lit, strap_px: float) -> bool:
    rim = widened(piece, 2) & ~widened(piece, 1)
    if not rim.any() or scene.like[rim].mean() > 1 - SHUT:
        return False
    if (away[rim] <= strap_px).mean() < THIN_ROUND:
        return False
    near = widened(piece, round(2 * strap_px)) & (away == 0)
    if not near.any():
        return False
    return bool(abs(np.median(scene.rest.light[piece]) - np.median(scene.rest.light[near])) < SAME_LIGHT)
