"""What light does to a smooth backdrop: its unevenness, its shadows, and where neither explains a pixel.

The surfaces of `backdrop.py` are settled to the photo in rounds. Ground is what has the settled colour and is reached
from the border without crossing a step. Shade has the ground's chromaticity in another lightness and a soft way
there. It is told from a grey product by that way: a step of the product is over within two pixels, a penumbra is not;
a region counts as shade only if most of its frontier with the ground is soft.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from packshot.imaging.blur import blurred
from packshot.imaging.segmentation.backdrop import Field, Surface, length, ring_of
from packshot.imaging.segmentation.regions import Mask, neighbours, per_pixel, reached, widened
from packshot.imaging.segmentation.seams import seams

SETTLE = 1 / 32  # blur of the correction to the fitted surfaces, of the longest side
STEP_SHARES = ((4, 0.22), (2, 0.35))  # of the contrast within so many px that one must take, to be a step
CHROMA_FLOOR, LIGHT_FLOOR = 2.5, 1.0  # Lab units below which nothing is told from the backdrop
DARKEST = 0.6  # of the ground's Lab lightness that a shadow takes at most
ROUNDS = ((12.0, 0.8), (12.0, 0.8), (5.0, 0.45))  # Lab lightness that uneven light adds at most; see `_shade`
WARMTH = 0.4  # of its depth, that a shadow may take more from red than from green, or from blue
MARGINS = (2, 1)  # px kept from the steps while looking for shade: wide first
BLEED = 0.08  # share of a vivid colour that JPEG carries over the edge
BOUNCED = 4.0  # Lab chroma that a shadow takes on from its surroundings at most
ENOUGH = 20  # ground pixels without which nothing can be settled


@dataclass(frozen=True)
class Leeway:
    """How much may pass for shade: little where shadows are looked for, more where a product is to be told from them.

    bounce: Lab chroma that a shadow takes on from its surroundings, per unit of darkening. across_seams: seams of a
    table are no frontier; letters can look like them.
    """

    bounce: float = 0.1
    across_seams: bool = False


@dataclass(frozen=True)
class Residual:
    """How a photo differs from its backdrop: overall, in chromaticity apart from shading, in lightness."""

    plain: Field
    chroma: Field
    light: Field


@dataclass(frozen=True)
class Lit:
    """The backdrop as it is lit in a photo; Lab units.

    colour: of the ground, `(h, w, 3)`. rest: the photo beside it. noise, rough: spread and slope of the ground.
    limit: chromaticity that noise, JPEG and bounced light explain. ground, shade, like (might be shade), walls: masks.
    """

    colour: Field
    rest: Residual
    noise: float
    rough: float
    limit: Field
    ground: Mask
    shade: Mask
    like: Mask
    walls: Mask


def lit(lab: Field, backdrop: list[Surface], leeway: Leeway = Leeway()) -> Lit:
    """Settle the surfaces of a backdrop (at least one) to a small photo `(h, w, 3)` in Lab."""
    smooth = cv2.GaussianBlur(lab, (0, 0), 0.6)
    slope = per_pixel(*(length(np.diff(smooth, axis=a)) for a in (1, 0)))
    photo = cv2.cvtColor(lab, cv2.COLOR_Lab2LRGB)
    noise = backdrop[0].noise
    colour = _nearest(lab, backdrop)
    rest = _residual(lab, photo, colour)
    walls = slope > max(2.5, 3 * noise)
    ground = reached((rest.plain < max(3 * noise, 2.5)) & ~walls, ring_of(lab.shape[:2]))
    limit = np.full_like(rest.chroma, max(4 * noise, CHROMA_FLOOR))
    known = Lit(colour, rest, noise, noise, limit, ground, np.zeros_like(ground), ground, walls)
    for brightest, frontier in ROUNDS:
        if known.ground.sum() >= ENOUGH:
            known = _round(known, lab, photo, smooth[..., 0], slope, brightest, frontier, leeway)
    return known


def _round(
    known: Lit, lab: Field, photo: Field, lightness: Field, slope: Field, brightest: float, frontier: float,
    leeway: Leeway,
) -> Lit:  # fmt: skip
    """One round of settling on the ground and the brighter shade known so far, and of looking for both again."""
    ring = ring_of(lab.shape[:2])
    colour = _settled(lab, known.colour, known.ground | (known.shade & (known.rest.light > 0)))
    rest = _residual(lab, photo, colour)
    noise, rough = max(0.25, _spread(rest.plain, known.ground, 3)), max(0.2, float(np.median(slope[known.ground])))
    walls = _walls(lightness, rough)
    ground = reached((rest.plain < max(4 * noise, LIGHT_FLOOR)) & ~walls, ring)
    floor = max(1.0, 4 * _spread(rest.chroma, ground, 2), CHROMA_FLOOR)
    limit = floor + _bleed(rest.chroma) + np.clip(-leeway.bounce * rest.light, 0, BOUNCED)
    darkest = np.maximum(DARKEST * colour[..., 0], 6)
    like = (rest.chroma < limit) & (rest.light < brightest) & (-rest.light < darkest)
    if leeway.across_seams:
        walls &= ~seams(lightness, like, rough)
    shade = _shade(like, walls, ground, ring, frontier)
    return Lit(colour, rest, noise, rough, limit, ground, shade, like, walls)


def _spread(values: Field, where: Mask, dimensions: int) -> float:
    """Standard deviation per dimension, from the median length of normal noise in so many dimensions."""
    return float(np.median(values[where])) / {2: 1.18, 3: 1.54}[dimensions] if where.any() else 0.0


def _nearest(lab: Field, backdrop: list[Surface]) -> Field:
    """Colour of the surface that explains each pixel best."""
    distance = np.stack([length(lab - s.colour) / max(1.0, s.noise) for s in backdrop])
    colours = np.stack([s.colour for s in backdrop])
    return np.asarray(np.take_along_axis(colours, distance.argmin(0)[None, ..., None], axis=0)[0])


def _residual(lab: Field, photo: Field, colour: Field) -> Residual:
    """A shadow takes light from its ground, up to `WARMTH` more of the red or of the blue; the rest is chromaticity.

    Blocked lamps and remaining skylight differ along the line of daylight, hardly in green against magenta.
    """
    ground = cv2.cvtColor(colour, cv2.COLOR_Lab2LRGB)
    lack = 1 - photo / np.maximum(ground, 1e-3)
    depth = np.clip(lack.mean(-1), 0, 1)
    warmth = np.clip((lack[..., 0] - lack[..., 2]) / 2, -WARMTH * depth, WARMTH * depth)
    left = 1 - depth[..., None] - np.dstack([warmth, np.zeros_like(warmth), -warmth])
    shaded = cv2.cvtColor(np.maximum(ground * left, 0), cv2.COLOR_LRGB2Lab)
    chroma = np.hypot(lab[..., 1] - shaded[..., 1], lab[..., 2] - shaded[..., 2])
    return Residual(length(lab - colour), chroma, lab[..., 0] - colour[..., 0])


def _settled(lab: Field, colour: Field, ground: Mask) -> Field:
    """The surfaces, corrected by what they miss on the ground nearby."""
    sigma = max(1.0, SETTLE * max(ground.shape))
    weight = ground.astype(np.float32)
    missed = blurred((lab - colour) * weight[..., None], sigma, "mirror")
    return colour + missed / (blurred(weight, sigma, "mirror") + 0.02)[..., None]


def _bleed(chroma: Field) -> Field:
    """How much colour a vivid product lends its surroundings: JPEG keeps colour in blocks of 16 pixels."""
    return np.asarray(BLEED * cv2.blur(cv2.dilate(chroma, np.ones((9, 9), np.uint8)), (3, 3)))


def _walls(lightness: Field, rough: float) -> Mask:
    """Steps in lightness: one pixel takes a good part of the contrast nearby, far above the ground's own roughness."""
    step = per_pixel(*(np.abs(np.diff(lightness, axis=a)) for a in (1, 0)))
    steep = np.zeros(step.shape, dtype=bool)
    for px, share in STEP_SHARES:
        window = np.ones((2 * px + 1, 2 * px + 1), np.uint8)
        steep |= step > share * (cv2.dilate(lightness, window) - cv2.erode(lightness, window) + 2 * rough)
    return steep & (step > max(0.7, 3.5 * rough))


def _shade(like: Mask, walls: Mask, ground: Mask, ring: Mask, frontier: float) -> Mask:
    """Shadow and uneven light: regions of the ground's chromaticity, this share of whose frontier with it is soft.

    A wide margin around the steps comes first, so that a narrow gap in a product's outline lets nothing in.
    """
    shade = np.zeros_like(ground)
    for margin in MARGINS:
        known = ground | shade
        region = reached((like & ~widened(walls, margin)) | known, ring) & ~known
        count, labels, stats, _ = cv2.connectedComponentsWithStats(region.astype(np.uint8), connectivity=4)
        touching, facing = (neighbours(labels, known, px, count) for px in (1, 4))
        soft = (touching > frontier * facing) | (stats[:, cv2.CC_STAT_AREA] < 4)
        soft[0] = False
        shade |= soft[labels]
        for _ in range(margin + 1):  # back over the margin that was kept from the steps
            shade |= widened(shade, 1) & like & ~walls & ~ground
    return shade
