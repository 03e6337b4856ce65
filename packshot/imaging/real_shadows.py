"""The real shadow of a photo as a multiply layer: what the ground would look like without it, and the ratio of both.

1. Light: the lit ground is a smooth surface, a polynomial of second order in x and y of log luminance (linear light,
   so that falling-off light is a sum), fitted to everything that is not product by reweighted least squares whose
   weights only forgive what is *darker* than the surface: shadows are, light is not.
2. Ratio: luminance over surface, at most 1; density = 1 - ratio. What the photo's noise explains is taken off.
3. Believable: only what is connected to the product and near it stays; it fades to exactly 0 further away.
4. Under the product and along its edge, where product and ground mix, the density around is continued inwards.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from packshot.imaging.blur import blurred
from packshot.imaging.colour import luminance
from packshot.imaging.geometry import resize_layer, scale_shift
from packshot.imaging.picture import Picture
from packshot.imaging.shadows import TAPER, taper
from packshot.imaging.standing import Plane

ROUNDS = 12  # of reweighting
FORGIVEN = 2.5  # noise widths below the surface from which a pixel counts less
LEAST_NOISE = 0.004  # of log luminance
GAP = 0.012  # of the product's length: mixed pixels along its edge, where the photo cannot be trusted
NEAR, FAR = 0.6, 1.2  # distance from the product where the shadow begins to fade, and where it has, in its lengths
PLAIN = 0.1  # difference in log luminance up to which a pixel lies on the lit surface
VISIBLE = 0.02  # density from which a shadow shows
ENOUGH_PLAIN = 0.35  # share of the surroundings that has to lie on the lit surface
LEAST_SHADOW = 0.008  # density below which nothing is believed
SOLID = 0.85  # density of a black product rather than of a shadow
FEWEST = 32  # px of surroundings needed
DARKEST = 1e-3


@dataclass(frozen=True)
class RealShadow:
    """What was found in the photo. density: `(h, w)`, 0 where the photo's ground is lit.

    noise: of the lit ground's log luminance. plain: share of the surroundings that lies on the lit surface.
    solid: area as dark as a product, in areas of the product. there: the picture's ground shows this shadow already.
    """

    density: Plane
    noise: float = 0.0
    plain: float = 0.0
    solid: float = 0.0
    there: bool = False

    @property
    def darkest(self) -> float:
        """Largest density."""
        return float(self.density.max())


def kept(picture: Picture, matte: Tensor, photo: Picture, work_px: int = 640) -> tuple[Tensor, RealShadow]:
    """The density of the photo's shadow in the pixels of `picture`, `(1, 1, h, w)`, and how it was found.

    matte: of the picture, `(1, 1, h, w)`. photo: what `picture.to_source` leads into. work_px: longest side of the
    copy of the photo that is looked at.
    """
    scale = min(1.0, work_px / max(photo.size))
    size = max(1, round(photo.height * scale)), max(1, round(photo.width * scale))
    to_small = (scale_shift(size[1] / photo.width, size[0] / photo.height, 0, 0) @ picture.to_source).numpy()
    light = luminance(resize_layer(photo.rgb, size))[0, 0].numpy()
    found = real_shadow(light, _projected(matte[0, 0].numpy(), to_small, size))
    found = replace(found, density=_tapered(found.density))
    density = _tapered(_projected(found.density, np.linalg.inv(to_small), picture.size))
    if picture.alpha is None and found.darkest > VISIBLE:
        now = _projected(luminance(picture.rgb)[0, 0].numpy(), to_small, size)
        dark = found.density > 0.5 * found.darkest
        found = replace(found, there=bool(np.median(np.abs(now - light)[dark] / light[dark]) < 0.5 * found.darkest))
    return torch.from_numpy(density)[None, None], found


def _tapered(density: Plane) -> Plane:
    """Fading out towards the border, so that no shadow ends in a straight line."""
    for axis, n in enumerate(density.shape):
        density = density * taper(n, TAPER * max(density.shape)).reshape((-1, 1) if axis == 0 else (1, -1))
    return density


def _projected(layer: Plane, matrix: NDArray[np.float64], size: tuple[int, int]) -> Plane:
    """A layer `(h, w)` through a transform of continuous coordinates, antialiased by shrinking it first; 0 outside."""
    h, w = layer.shape
    gain = float(np.sqrt(abs(np.linalg.det(matrix[:2, :2] / matrix[2, 2]))))
    if gain < 0.75:
        shrunk = max(1, round(w * gain)), max(1, round(h * gain))
        matrix = matrix @ np.diag([w / shrunk[0], h / shrunk[1], 1.0])
        layer = cv2.resize(layer, shrunk, interpolation=cv2.INTER_AREA)
    half = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1.0]])
    moved: Plane = cv2.warpPerspective(layer, np.linalg.inv(half) @ matrix @ half, size[::-1], flags=cv2.INTER_LINEAR)
    return moved


def real_shadow(light: Plane, matte: Plane) -> RealShadow:
    """Find the product's shadow in a photo: linear luminance and matte `(h, w)`, at a size that is quick to work on.

    A photo whose surroundings are not one smooth lit surface has no shadow that could be told from its pattern.
    """
    product = matte > 0.5
    length = float(max(product.any(axis=0).sum(), product.any(axis=1).sum(), 1))
    gap = max(2, round(GAP * length))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * gap + 1, 2 * gap + 1))
    closed = cv2.dilate((matte > 0.02).astype(np.uint8), kernel).astype(bool)
    if (~closed).sum() < FEWEST or not closed.any():
        return RealShadow(np.zeros_like(light))
    logs = np.log(np.maximum(light, DARKEST)).astype(np.float32)
    lit, noise, plain = lit_ground(logs, ~closed)
    if plain < ENOUGH_PLAIN:
        return RealShadow(np.zeros_like(light), noise, plain)
    raw = 1 - np.exp(cv2.GaussianBlur(np.minimum(logs - lit, 0), (0, 0), max(0.8, 0.002 * max(matte.shape))))
    away = cv2.distanceTransform((~product).astype(np.uint8), cv2.DIST_L2, 5) / length
    density = _attached(np.where(closed, 0, _above(raw, max(LEAST_SHADOW, noise))), closed, away)
    density = _above(_continued(density, closed, raw), LEAST_SHADOW / 2)
    fade = np.clip((FAR - away) / (FAR - NEAR), 0, 1)
    density = (density * fade * fade * (3 - 2 * fade)).astype(np.float32)
    solid = float((density[~closed] > SOLID).sum() / max(1, product.sum()))
    return RealShadow(density, noise, plain, solid)


def lit_ground(logs: Plane, ground: NDArray[np.bool_]) -> tuple[Plane, float, float]:
    """Log luminance of the unshadowed ground everywhere, its noise, and the share of the ground that lies on it.

    logs: log luminance `(h, w)`; ground: where it may be looked at.
    """
    h, w = logs.shape
    step = max(1, round((h * w / 20000) ** 0.5))
    ys, xs = np.nonzero(ground[::step, ::step])
    values = logs[::step, ::step][ys, xs].astype(np.float64)
    terms = _terms((ys * step + 0.5) / h, (xs * step + 0.5) / w)
    level = float(np.quantile(values, 0.7))
    coefficients = np.array([level, 0, 0, 0, 0, 0])
    noise = max(LEAST_NOISE, 1.48 * float(np.median(np.abs(values - level))))
    for _ in range(ROUNDS):
        rest = values - terms @ coefficients
        limit = FORGIVEN * noise
        weight = np.where(rest > -limit, 1.0, (limit / np.maximum(-rest, limit)) ** 3)
        scaled = terms * weight[:, None]
        coefficients = np.linalg.solve(scaled.T @ terms + 1e-6 * len(values) * np.eye(6), scaled.T @ values)
        rest = values - terms @ coefficients
        upper = rest[rest > 0]
        noise = max(LEAST_NOISE, 1.48 * float(np.median(upper))) if len(upper) else LEAST_NOISE
    y, x = ((np.arange(n) + 0.5) / n for n in (h, w))
    c = coefficients
    surface = (c[0] + c[1] * y + c[3] * y * y)[:, None] + (c[2] * x + c[4] * x * x)[None] + c[5] * y[:, None] * x[None]
    plain = float((np.abs(rest) < PLAIN).mean())
    return surface.astype(np.float32), noise, plain


def _terms(y: NDArray[np.float64], x: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.stack([np.ones_like(x), y, x, y * y, x * x, x * y], axis=1)


def _above(density: Plane, low: float) -> Plane:
    """Nothing up to `low`, all of it from three times that on, smooth between."""
    kept: Plane = (density * np.clip((density - low) / (2 * low), 0, 1)).astype(np.float32)
    return kept


def _attached(density: Plane, closed: NDArray[np.bool_], away: Plane) -> Plane:
    """Only the shadow that touches the product, with soft ends; what is not connected is dust or another product."""
    seen = ((density > VISIBLE) & (away < FAR)) | closed
    count, labels = cv2.connectedComponents(seen.astype(np.uint8), connectivity=8)
    mine = np.zeros(count, dtype=bool)
    mine[np.unique(labels[closed])] = True
    mine[0] = False
    size = max(1, round(0.01 * max(density.shape)))
    kept = cv2.dilate(mine[labels].astype(np.float32), np.ones((2 * size + 1, 2 * size + 1), np.uint8))
    soft: Plane = density * cv2.GaussianBlur(kept, (0, 0), 0.5 * size)
    return soft


def _continued(density: Plane, closed: NDArray[np.bool_], raw: Plane) -> Plane:
    """The density under the product and along its edge, from what lies around.

    Along the edge the photo may be darker than that, up to twice, where there is a shadow at all: that is the contact.
    """
    known = (~closed).astype(np.float32)
    total, found = np.zeros_like(density), np.zeros_like(density)
    share = 1.0
    sigma = max(1.0, 0.004 * max(density.shape))
    while share > 1e-7:
        total += share * blurred(known, sigma)
        found += share * blurred(density * known, sigma)
        share, sigma = share * 0.01, sigma * 3
    inward = found / np.maximum(total, 1e-9)
    inward = np.clip(raw, inward, np.minimum(2 * inward, 1))
    filled: Plane = np.where(closed, inward, density)
    return filled
