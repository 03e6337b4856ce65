"""The real shadow of a photo as a multiply layer: what the ground would look like without it, and the ratio of both.

1. Light: the lit ground is a smooth surface, a polynomial of second order in x and y of log luminance (linear light,
   so that falling-off light is a sum), fitted to everything that is not product by reweighted least squares: first
   laid on top of nearly everything, for shadows are darker than their ground and light is not, then settled into
   the middle of what is close to it.
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
from packshot.imaging.scenery.layering import TAPER, taper
from packshot.imaging.scenery.standing import Plane

SAMPLES = 12000  # px that the surface is fitted to
LESS_AND_LESS = (0.3, 0.1, 0.03, 0.01, 0.01, 0.01)  # weight of what is darker than the surface
ROUNDS = 8  # of reweighting around the surface
CLIPPED = -0.01  # log luminance that counts as white
FORGIVEN = 3.0  # noise widths from the surface where a pixel counts half
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
    darker, width = np.minimum(logs - lit, 0), max(0.8, 0.002 * max(matte.shape))
    raw = 1 - np.exp(np.where(closed, darker, _smoothed(darker, ~closed, width)))
    away = cv2.distanceTransform((~product).astype(np.uint8), cv2.DIST_L2, 5) / length
    density = _attached(np.where(closed, 0, _above(raw, max(LEAST_SHADOW, noise))), closed, away)
    density = _above(_continued(density, closed, raw), LEAST_SHADOW / 2)
    fade = np.clip((FAR - away) / (FAR - NEAR), 0, 1)
    density = (density * fade * fade * (3 - 2 * fade)).astype(np.float32)
    solid = float((density[~closed] > SOLID).sum() / max(1, product.sum()))
    return RealShadow(density, noise, plain, solid)


def lit_ground(logs: Plane, ground: NDArray[np.bool_]) -> tuple[Plane, float, float]:
    """Log luminance of the unshadowed ground everywhere, its noise, and the share of the ground that lies on it.

    logs: log luminance `(h, w)`, 0 = white; ground: where it may be looked at.
    """
    h, w = logs.shape
    step = max(1, round((h * w / SAMPLES) ** 0.5))
    ys, xs = np.nonzero(ground[::step, ::step])
    values = logs[::step, ::step][ys, xs].astype(np.float64)
    surface = _Surface(_terms((ys * step + 0.5) / h, (xs * step + 0.5) / w), values)
    for darker in LESS_AND_LESS:  # first a surface that lies on top of nearly everything
        surface.fit(np.where(surface.rest > -2 * surface.noise, 1.0, darker))
    for _ in range(ROUNDS):  # then the middle of what is close to it
        surface.fit(1 / (1 + (surface.rest / (FORGIVEN * surface.noise)) ** 6))
    y, x = (np.arange(n, dtype=np.float64) + 0.5 for n in (h, w))
    c = surface.coefficients
    down, across = y / h, x / w
    lit = (c[0] + c[1] * down + c[3] * down**2)[:, None] + (c[2] * across + c[4] * across**2)[None]
    lit += c[5] * down[:, None] * across[None]
    return np.minimum(lit, 0).astype(np.float32), surface.noise, float((np.abs(surface.rest) < PLAIN).mean())


class _Surface:
    """A polynomial of second order fitted to log luminances by weighted least squares.

    A photo ends at white: where it is white and the surface lies higher, there is nothing to correct.
    """

    def __init__(self, terms: NDArray[np.float64], values: NDArray[np.float64]) -> None:
        self.terms, self.values = terms, values
        self.coefficients = np.zeros(terms.shape[1])
        self.coefficients[0] = np.quantile(values, 0.8)

    @property
    def rest(self) -> NDArray[np.float64]:
        """Value minus surface; 0 where white hides how bright it would be."""
        rest: NDArray[np.float64] = self.values - self.terms @ self.coefficients
        return np.where((self.values > CLIPPED) & (rest < 0), 0.0, rest)

    @property
    def noise(self) -> float:
        """Standard deviation of what lies close: the 40 % quantile of the distances is 0.524 of it."""
        return max(LEAST_NOISE, float(np.quantile(np.abs(self.rest), 0.4)) / 0.524)

    def fit(self, weight: NDArray[np.float64]) -> None:
        """One step of reweighted least squares."""
        scaled = self.terms * weight[:, None]
        matrix = scaled.T @ self.terms + 1e-7 * len(weight) * np.eye(self.terms.shape[1])
        self.coefficients = self.coefficients + np.linalg.solve(matrix, scaled.T @ self.rest)


def _terms(y: NDArray[np.float64], x: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.stack([np.ones_like(x), y, x, y * y, x * x, x * y], axis=1)


def _smoothed(layer: Plane, where: NDArray[np.bool_], width: float) -> Plane:
    """Blurred among the pixels of `where` alone."""
    weight = where.astype(np.float32)
    smooth = blurred(layer * weight, width) / np.maximum(blurred(weight, width), 1e-6)
    return smooth.astype(np.float32)


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
