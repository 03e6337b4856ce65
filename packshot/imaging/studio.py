"""Cut-out before a smooth backdrop: what is neither the backdrop nor its shadow is product.

The surfaces of `backdrop.py` are settled to the photo, then four kinds of pixels are told apart at small size:
backdrop (reached from the border without crossing an edge), shade (its chromaticity, another lightness, and a
soft way there: a shadow or uneven light), product, and unknown. A random walker with priors (Grady, TPAMI 2006,
and CVPR 2005 for the priors) decides the unknown. Shade is told from a grey product by the sharpness of the way
into it: a step of the product is over within two pixels, a penumbra is not; a region counts as shade only if
most of its frontier with the backdrop is soft. Enclosed regions of exactly the backdrop's colour are holes.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from packshot.imaging.backdrop import Field, Surface, length, ring_of
from packshot.imaging.blur import blurred

Mask = NDArray[np.bool_]  # (h, w)

SETTLE = 1 / 32  # blur of the correction to the fitted surfaces, of the longest side
STEP_SHARE = 0.28  # of the contrast nearby that one pixel must take for an edge to be a step
CHROMA_FLOOR, LIGHT_FLOOR = 2.5, 1.0  # Lab units below which nothing is told from the backdrop
DARKEST_SHADE = -60.0  # Lab lightness a shadow adds at most
ROUNDS = ((12.0, 0.8), (12.0, 0.8), (5.0, 0.45))  # Lab lightness that uneven light adds at most; see `_shade`
BLEED = 0.12  # share of a vivid colour that JPEG carries over the edge
GREY_SHARE = 0.15  # of the product that may pass for shade, for enclosed shade to be a hole
HOLE_SHARE = 0.002  # of the product, for an enclosed piece of backdrop to count as a hole


@dataclass(frozen=True)
class Studio:
    """Soft product map `(h, w)` in `[0, 1]`, the backdrop's Lab colour `(h, w, 3)`, its noise, and the shade found."""

    matte: Field
    colour: Field
    noise: float
    shade: Mask


@dataclass(frozen=True)
class _Residual:
    """How a photo differs from its backdrop: overall, in chromaticity apart from shading, in lightness."""

    plain: Field
    chroma: Field
    light: Field


def studio(lab: Field, backdrop: list[Surface]) -> Studio:
    """Tell product from backdrop. `lab` is `(h, w, 3)`, a small copy; `backdrop` holds at least one surface."""
    ring = ring_of(lab.shape[:2])
    smooth = cv2.GaussianBlur(lab, (0, 0), 0.6)
    steps_x, steps_y = (length(np.diff(smooth, axis=a)) for a in (1, 0))
    slope = per_pixel(steps_x, steps_y)
    colour, noise = _nearest(lab, backdrop), backdrop[0].noise
    rest, rough = _residual(lab, colour), noise
    limit = np.full_like(rest.chroma, max(4 * noise, CHROMA_FLOOR))
    ground = _reached((rest.plain < max(3 * noise, 2.5)) & (slope < max(2.5, 3 * noise)), ring)
    walls, like, shade = slope > max(2.5, 3 * noise), ground, np.zeros_like(ground)
    for brightest, frontier in ROUNDS:
        if ground.sum() < 20:
            break
        colour = _settled(lab, colour, ground | (shade & (rest.light > 0)))
        rest = _residual(lab, colour)
        noise = max(0.25, float(np.median(rest.plain[ground])) / 1.54)
        rough = max(0.2, float(np.median(slope[ground])))
        walls = _walls(smooth[..., 0], rough)
        ground = _reached((rest.plain < max(4 * noise, LIGHT_FLOOR)) & ~walls, ring)
        limit = max(4 * max(0.25, float(np.median(rest.chroma[ground])) / 1.18), CHROMA_FLOOR) + _bleed(rest.chroma)
        like = (rest.chroma < limit) & (rest.light < brightest) & (rest.light > DARKEST_SHADE)
        shade = _shade(like, walls, ground, ring, frontier)
    contrast = max(1.0, 3 * rough)
    prior, weight = _evidence(rest, like, ground, shade, limit, noise)
    links = [np.exp(-((s / contrast) ** 2)) + 1e-4 for s in (steps_x, steps_y)]
    inside = walk(prior, weight, links[0], links[1])
    bare = like & (np.abs(rest.light) < max(4 * noise, 1.2))
    if (like & (inside > 0.5)).sum() < GREY_SHARE * (inside > 0.5).sum():
        gaps = _walled(like & ~ground & ~shade, walls | (rest.chroma > 3 * limit))
        inside, bare = np.where(gaps, np.float32(0), inside), bare | gaps
    inside = _without_pinholes(inside, bare, ring)
    return Studio(_mixed(lab, inside, colour), colour, noise, shade)


def per_pixel(steps_x: Field, steps_y: Field) -> Field:
    """Largest of the four differences to the neighbours: `(h, w - 1)` and `(h - 1, w)` to `(h, w)`."""
    slope = np.zeros((steps_x.shape[0], steps_y.shape[1]), dtype=np.float32)
    slope[:, :-1] = steps_x
    slope[:, 1:] = np.maximum(slope[:, 1:], steps_x)
    slope[:-1] = np.maximum(slope[:-1], steps_y)
    slope[1:] = np.maximum(slope[1:], steps_y)
    return slope


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


def widened(mask: Mask, px: int) -> Mask:
    """The mask dilated by a disc."""
    return cv2.dilate(mask.astype(np.uint8), _disc(px)) > 0


def narrowed(mask: Mask, px: int) -> Mask:
    """The mask eroded by a disc; the frame is no edge."""
    return cv2.erode(mask.astype(np.uint8), _disc(px)) > 0


def _disc(px: int) -> NDArray[np.uint8]:
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * px + 1, 2 * px + 1))


def _nearest(lab: Field, backdrop: list[Surface]) -> Field:
    """Colour of the surface that explains each pixel best."""
    distance = np.stack([length(lab - s.colour) / max(1.0, s.noise) for s in backdrop])
    colours = np.stack([s.colour for s in backdrop])
    return np.take_along_axis(colours, distance.argmin(0)[None, ..., None], axis=0)[0]


def _residual(lab: Field, colour: Field) -> _Residual:
    """Shading by a factor scales L + 16, a and b alike: the chromaticity is compared after that is undone."""
    shading = np.clip((lab[..., 0] + 16) / (colour[..., 0] + 16), 0, 1)
    chroma = np.hypot(lab[..., 1] - shading * colour[..., 1], lab[..., 2] - shading * colour[..., 2])
    return _Residual(length(lab - colour), chroma, lab[..., 0] - colour[..., 0])


def _reached(allowed: Mask, ring: Mask) -> Mask:
    """The part of the allowed pixels that is connected with the border."""
    count, labels = cv2.connectedComponents(allowed.astype(np.uint8), connectivity=4)
    hit = np.zeros(count, dtype=bool)
    hit[labels[ring & allowed]] = True
    hit[0] = False
    return hit[labels]


def _settled(lab: Field, colour: Field, ground: Mask) -> Field:
    """The surfaces, corrected by what they miss on the ground nearby."""
    sigma = max(1.0, SETTLE * max(ground.shape))
    weight = ground.astype(np.float32)
    missed = blurred((lab - colour) * weight[..., None], sigma, "mirror")
    return colour + missed / (blurred(weight, sigma, "mirror") + 0.02)[..., None]


def _bleed(chroma: Field) -> Field:
    """How much colour a vivid product lends its surroundings: JPEG keeps colour in blocks of 16 pixels."""
    return BLEED * cv2.blur(cv2.dilate(chroma, np.ones((9, 9), np.uint8)), (3, 3))


def _walls(lightness: Field, rough: float) -> Mask:
    """Steps in lightness: one pixel takes a good part of the contrast within four."""
    step = per_pixel(*(np.abs(np.diff(lightness, axis=a)) for a in (1, 0)))
    window = np.ones((9, 9), np.uint8)
    contrast = cv2.dilate(lightness, window) - cv2.erode(lightness, window) + 2 * rough
    return (step > STEP_SHARE * contrast) & (step > max(0.7, 3.5 * rough))


def _shade(like: Mask, walls: Mask, ground: Mask, ring: Mask, frontier: float) -> Mask:
    """Shadow and uneven light: regions of the ground's chromaticity, this share of whose frontier with it is soft.

    A wide margin around the steps comes first, so that a narrow gap in a product's outline lets nothing in.
    """
    shade = np.zeros_like(ground)
    for margin in (2, 1):
        known = ground | shade
        region = _reached((like & ~widened(walls, margin)) | known, ring) & ~known
        count, labels, stats, _ = cv2.connectedComponentsWithStats(region.astype(np.uint8), connectivity=4)
        touching, facing = (_neighbours(labels, known, px, count) for px in (1, 4))
        soft = (touching > frontier * facing) | (stats[:, cv2.CC_STAT_AREA] < 4)
        soft[0] = False
        shade |= soft[labels]
        for _ in range(margin + 1):  # back over the margin that was kept from the steps
            shade |= widened(shade, 1) & like & ~walls & ~ground
    return shade


def _walled(region: Mask, walls: Mask) -> Mask:
    """Those pieces of a region that steps surround on all sides."""
    margin = widened(walls, 1)
    count, labels = cv2.connectedComponents((region & ~margin).astype(np.uint8), connectivity=4)
    walled, around = (_neighbours(labels, where, 1, count) for where in (margin, np.ones_like(margin)))
    whole = walled > 0.9 * around
    whole[0] = False
    return widened(whole[labels], 2) & region


def _neighbours(labels: NDArray[np.int32], ground: Mask, px: int, count: int) -> NDArray[np.int64]:
    """For each region, the ground pixels at a distance of `px`."""
    far, near = (cv2.dilate(labels.astype(np.float32), _disc(r)) if r else labels for r in (px, px - 1))
    rim = ground & (near == 0)
    return np.bincount(far[rim].astype(np.int64), minlength=count)


def _evidence(
    rest: _Residual, like: Mask, ground: Mask, shade: Mask, limit: Field, noise: float
) -> tuple[Field, Field]:
    """What each pixel says of itself (1 = product) and how loudly."""
    prior, weight = np.full(like.shape, 0.5, np.float32), np.full(like.shape, 1e-4, np.float32)
    off_light = np.maximum(rest.light / max(6 * noise, 3.0), (DARKEST_SHADE - rest.light) / 20)
    loud = np.clip(0.3 * np.maximum(rest.chroma / limit - 1, off_light), 0.01, 1)
    rules = (
        (like & ~shade, 1.0, np.clip(np.abs(rest.light) / 100, 0.005, 0.1)),
        ((rest.plain < max(4 * noise, LIGHT_FLOOR)) & ~ground, 0.0, np.float32(0.01)),
        (~like, 1.0, loud),
        (shade, 0.0, np.float32(0.1)),
        (ground, 0.0, np.float32(1.0)),
    )
    for where, says, how in rules:
        prior[where] = says
        weight[where] = how[where] if how.ndim else how
    return prior, weight


def _without_pinholes(inside: Field, plain: Mask, ring: Mask) -> Field:
    """Enclosed background stays a hole only if it is of some size and mostly of the backdrop's own colour."""
    open_ = inside <= 0.5
    count, labels = cv2.connectedComponents(open_.astype(np.uint8), connectivity=4)
    size, bare = (np.bincount(labels[m].ravel(), minlength=count) for m in (open_, open_ & plain))
    closed = (size <= max(12.0, HOLE_SHARE * (~open_).sum())) | (bare <= 0.5 * size)
    closed[labels[ring & open_]] = False
    closed[0] = False
    return np.where(closed[labels], np.float32(0.8), inside)


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
