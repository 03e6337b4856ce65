"""Cut-out before a smooth backdrop: what is neither the backdrop nor its shadow is product.

`shade.py` tells ground, shade and the rest apart at small size; a random walker with priors (Grady, "Multilabel
Random Walker Image Segmentation Using Prior Models", CVPR 2005) decides where they leave doubt. Enclosed regions of
the ground's own colour are holes; the edge is then placed by mixture.
"""

from __future__ import annotations

import cv2
import numpy as np

from packshot.imaging.blur import blurred
from packshot.imaging.segmentation.backdrop import Field, length, ring_of
from packshot.imaging.segmentation.regions import Mask, narrowed, neighbours, widened
from packshot.imaging.segmentation.shade import LIGHT_FLOOR, Lit

GREY_SHARE = 0.15  # of the product that may pass for shade, for enclosed shade to be a hole
HOLE_LIGHT = 10.0  # Lab lightness that enclosed shade may differ by from the ground, to be a hole
BARE_SHARE = 0.7  # of an enclosed region that must have the ground's own colour, to be a hole
HOLE_SHARE = 0.002  # of the product, for an enclosed piece of backdrop to count as a hole


def studio(lab: Field, scene: Lit) -> Field:
    """Product map `(h, w)` in `[0, 1]`. `lab` is `(h, w, 3)`, a small copy; `scene` is what `shade.lit` makes of it."""
    prior, weight = _evidence(scene)
    smooth = cv2.GaussianBlur(lab, (0, 0), 0.6)
    contrast = max(1.0, 3 * scene.rough)
    links = [np.exp(-((length(np.diff(smooth, axis=a)) / contrast) ** 2)) + 1e-4 for a in (1, 0)]
    inside = walk(prior, weight, links[0], links[1])
    inside = _with_holes(inside, scene, ring_of(inside.shape))
    return _mixed(lab, inside, scene.colour)


def walk(prior: Field, weight: Field, link_x: Field, link_y: Field, steps: int = 30) -> Field:
    """Random walker with priors: minimise sum of weight (x - prior)² and of link (x_i - x_j)².

    Conjugate gradients with Jacobi preconditioning, started at the prior.
    """
    diagonal = weight.copy()
    diagonal[:, :-1] += link_x
    diagonal[:, 1:] += link_x
    diagonal[:-1] += link_y
    diagonal[1:] += link_y

    def apply(x: Field) -> Field:
        y = weight * x
        flow = link_x * (x[:, 1:] - x[:, :-1])
        y[:, 1:] += flow
        y[:, :-1] -= flow
        flow = link_y * (x[1:] - x[:-1])
        y[1:] += flow
        y[:-1] -= flow
        return y

    x = prior.copy()
    residual = weight * prior - apply(x)
    direction = residual / diagonal
    size = float((residual * direction).sum())
    for _ in range(steps):
        if size < 1e-9:
            break
        image = apply(direction)
        step = size / float((direction * image).sum())
        x += step * direction
        residual -= step * image
        scaled = residual / diagonal
        size, before = float((residual * scaled).sum()), size
        direction = scaled + (size / before) * direction
    return np.clip(x, 0, 1)


def _evidence(scene: Lit) -> tuple[Field, Field]:
    """What each pixel says of itself (1 = product) and how loudly."""
    rest, like = scene.rest, scene.like
    prior, weight = np.full(like.shape, 0.5, np.float32), np.full(like.shape, 1e-4, np.float32)
    off_light = np.maximum(rest.light / max(6 * scene.noise, 3.0), -(rest.light + 60) / 20)
    loud = np.clip(0.3 * np.maximum(rest.chroma / scene.limit - 1, off_light), 0.01, 1)
    grey = np.clip(np.abs(rest.light) / 100, 0.005, 0.1)
    enclosed = (rest.plain < max(4 * scene.noise, LIGHT_FLOOR)) & ~scene.ground
    for where, says, how in (
        (like & ~scene.shade, 1, grey),
        (enclosed, 0, np.full_like(grey, 0.01)),
        (~like, 1, loud),
        (scene.shade, 0, np.full_like(grey, 0.1)),
        (scene.ground, 0, np.full_like(grey, 1.0)),
    ):
        prior[where], weight[where] = says, how[where]
    return prior, weight


def _with_holes(inside: Field, scene: Lit, ring: Mask) -> Field:
    """Enclosed background is a hole if it is of some size and mostly of the ground's own colour, else it is product.

    Where hardly any product could pass for shade, shaded ground within steps on all sides is a hole too.
    """
    light = np.abs(scene.rest.light)
    bare = scene.like & (light < max(4 * scene.noise, 1.2))
    if (scene.like & (inside > 0.5)).sum() < GREY_SHARE * (inside > 0.5).sum():
        shaded = scene.like & ~scene.ground & ~scene.shade & (light < HOLE_LIGHT)
        gaps = _walled(shaded, scene.walls | (scene.rest.chroma > 3 * scene.limit))
        inside, bare = np.where(gaps, np.float32(0), inside), bare | gaps
    free = inside <= 0.5
    count, labels = cv2.connectedComponents(free.astype(np.uint8), connectivity=4)
    size, own = (np.bincount(labels[m].ravel(), minlength=count) for m in (free, free & bare))
    closed = (size <= max(12.0, HOLE_SHARE * (~free).sum())) | (own <= BARE_SHARE * size)
    closed[labels[ring & free]] = False
    closed[0] = False
    return np.where(closed[labels], np.float32(0.8), inside)


def _walled(region: Mask, walls: Mask) -> Mask:
    """Those pieces of a region that steps surround on all sides."""
    margin = widened(walls, 1)
    count, labels = cv2.connectedComponents((region & ~margin).astype(np.uint8), connectivity=4)
    walled, around = (neighbours(labels, where, 1, count) for where in (margin, np.ones_like(margin)))
    whole = walled > 0.9 * around
    whole[0] = False
    return widened(whole[labels], 2) & region


def _mixed(lab: Field, inside: Field, colour: Field) -> Field:
    """The edge placed by mixture: how far each pixel near it is on the way from backdrop to product."""
    product = inside > 0.5
    sure, outside = narrowed(product, 2), ~widened(product, 2)
    weight, total = sure.astype(np.float32), np.full(inside.shape, 1e-9, np.float32)
    front = np.zeros_like(lab)
    for level, sigma in enumerate((2.0, 6.0, 20.0)):
        share = 10.0 ** (-3 * level)
        front += share * blurred(lab * weight[..., None], sigma, "mirror")
        total += share * blurred(weight, sigma, "mirror")
    span = front / total[..., None] - colour
    contrast = length(span)
    along = np.einsum("hwc,hwc->hw", lab - colour, span)
    mixture = np.clip(along / np.maximum(contrast**2, 1e-6), 0, 1)
    trust = np.clip((contrast - 3) / 6, 0, 1)
    matte = np.where(sure, 1.0, np.where(outside, 0.0, trust * mixture + (1 - trust) * inside))
    return matte.astype(np.float32)
