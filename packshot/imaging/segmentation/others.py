"""Things that are not the product: what lies in a box, and clutter beside the product on a plain ground."""

from __future__ import annotations

import cv2
import numpy as np
import torch
from torch import Tensor

from packshot.imaging.mattes import resized
from packshot.imaging.segmentation.pieces import pieces_of, product_of
from packshot.imaging.segmentation.prompts import pointed
from packshot.imaging.segmentation.regions import Mask, widened
from packshot.imaging.segmentation.scene import Scene, scene_of
from packshot.imaging.segmentation.segment import segment

LOOK_PX = 768  # longest side of the copy that is looked at
FRINGE = 0.006  # of the longest side: soft rim and contact shadow that go with a thing
LEAST = 0.02  # of a box that a thing has to fill; else the whole box is meant
MOSTLY = 0.7  # of a piece that has to lie in a box
APART = 0.01  # of the longest side: what is nearer to the product belongs to it
LARGE = 0.5  # of the product: a larger piece is no clutter


def thing_in(rgb: Tensor, boxes: list[tuple[float, float, float, float]]) -> Tensor:
    """The thing in each box (shares of width and height), bool `(1, 1, h, w)`; the whole box where none is found."""
    h, w = rgb.shape[2:]
    found = np.zeros((h, w), bool)
    whole = segment(rgb, "none").matte[0, 0].numpy() > 0.2
    for box in boxes:
        prompts = pointed((h, w), [box], [])
        inside = prompts.box
        assert inside is not None
        mask = _within(whole, inside)
        if not mask.any():
            mask = segment(rgb, "none", "classical", prompts).matte[0, 0].numpy() > 0.2
        mask = widened(mask, max(1, round(FRINGE * max(h, w)))) if mask.sum() >= LEAST * inside.sum() else inside
        found |= mask
    return torch.from_numpy(found)[None, None]


def _within(things: Mask, inside: Mask) -> Mask:
    """Pieces that lie mostly inside a box: what only reaches into it is not meant."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(things.astype(np.uint8), connectivity=8)
    here = np.bincount(labels[inside], minlength=count)
    meant = (here >= MOSTLY * stats[:, cv2.CC_STAT_AREA]) & (here >= LEAST * inside.sum())
    meant[0] = False
    return np.asarray(meant[labels])


def clutter_beside(rgb: Tensor, matte: Tensor | None) -> Tensor:
    """Pieces on a plain ground that are apart from the product, with their shadows: bool `(1, 1, h, w)`.

    matte: the product `(1, 1, h, w)`; None = the largest piece and those not much smaller or close to it. Empty where
    the ground is not plain, for nothing can be told from it there.
    """
    h, w = rgb.shape[2:]
    step = max(1.0, max(h, w) / LOOK_PX)
    size = max(1, round(h / step)), max(1, round(w / step))
    small = np.dstack([resized(p, size) for p in rgb[0].numpy()])
    scene = scene_of(np.round(small * 255).astype(np.uint8), None)
    if not scene.plain:
        return torch.zeros(1, 1, h, w, dtype=torch.bool)
    product = product_of(pieces_of(scene.things)) if matte is None else resized(matte[0, 0].numpy(), size) > 0.1
    loose = _with_shade(_apart(scene.things, product), scene, product)
    large = cv2.resize(loose.astype(np.uint8), (w, h), interpolation=cv2.INTER_LINEAR) > 0
    return torch.from_numpy(widened(large, max(1, round(FRINGE * max(h, w)))) & large.any())[None, None]


def _apart(things: Mask, product: Mask) -> Mask:
    """Pieces that do not come near the product, and are smaller than it."""
    near = widened(product, max(1, round(APART * max(product.shape))))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(things.astype(np.uint8), connectivity=8)
    loose = stats[:, cv2.CC_STAT_AREA] < LARGE * max(1, int(product.sum()))
    loose[np.unique(labels[near])] = False
    loose[0] = False
    return np.asarray(loose[labels]) if count > 1 else np.zeros_like(product)


def _with_shade(loose: Mask, scene: Scene, product: Mask) -> Mask:
    """With the shadows that touch these pieces and not the product."""
    count, labels = cv2.connectedComponents(scene.shade.astype(np.uint8), connectivity=8)
    if count < 2 or not loose.any():
        return loose
    reach = max(2, round(APART * max(product.shape)))
    theirs, own = (np.zeros(count, bool) for _ in range(2))
    theirs[labels[widened(loose, reach)]], own[labels[widened(product, reach)]] = True, True
    theirs[0] = False
    return np.asarray(loose | (theirs & ~own)[labels])
