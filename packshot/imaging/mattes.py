"""Mattes: filter, refine, erode and composite them, and clean the foreground colour along their edge.

Sources. Guided filter: He, Sun & Tang, "Guided Image Filtering", TPAMI 2013, eq. 14-19 (colour guide), and
He & Sun, "Fast Guided Filter", 2015 (coefficients on a smaller copy). Departure: windows that cross the border
see the picture mirrored instead of being cut. Closed form: Levin, Lischinski & Weiss, TPAMI 2008, by PyMatting.
Edge colours: after Forte & Pitié, "Approximate Fast Foreground Colour Estimation", ICIP 2021, eq. 4-7.
Departures: linear light; three blur sizes at once, the nearest that holds sure colour wins; sharper weights
(`matte**4`), so that mixed pixels do not vouch for either side; only tiles that hold an edge are worked on.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from packshot.errors import MissingExtra, ParameterError
from packshot.imaging.blur import blurred
from packshot.imaging.colour import linear_to_srgb, srgb_to_linear

Plane = NDArray[Any]  # (h, w)

SOLID = 0.99  # matte from which a pixel is the product's own and is never changed
BLURS_PX = (2, 8, 32)  # box radii of the edge colour search
NEXT_BLUR = 1e-2  # weight of each wider blur: heard only where the narrower one finds nothing
TILE_PX = 256


def over(foreground: Tensor, alpha: Tensor, background: Tensor) -> Tensor:
    """Composite in linear light: `(n, 3, h, w)` over `(n, 3, h, w)`, or over anything that expands to it.

    Bit-exact foreground where `alpha` is 1, bit-exact background where it is 0; `alpha` is `(n, 1, h, w)`.
    """
    result = torch.where(alpha >= 1, foreground, background)
    mixed = ((alpha > 0) & (alpha < 1))[:, 0]
    if not mixed.any():
        return result
    share = alpha[:, 0][mixed]
    background = background.expand_as(result)
    for channel in range(3):
        front, back = (srgb_to_linear(x[:, channel][mixed]) for x in (foreground, background))
        result[:, channel][mixed] = linear_to_srgb(share * front + (1 - share) * back).clamp(0, 1)
    return result


def inner(matte: Tensor, px: int = 2) -> Tensor:
    """The sure inside of the product, `px` away from its edge: bool `(n, 1, h, w)`. The frame is no edge."""
    return erode((matte >= SOLID).to(torch.float32), px) > 0.5


def erode(layer: Tensor, px: int) -> Tensor:
    """Smallest value within a disc of `px`; outside the frame counts as anything. Any `(n, c, h, w)`."""
    return _morph(cv2.erode, layer, px)


def dilate(layer: Tensor, px: int) -> Tensor:
    """Largest value within a disc of `px`. Any `(n, c, h, w)`."""
    return _morph(cv2.dilate, layer, px)


def feather(matte: Tensor, sigma_px: float) -> Tensor:
    """The matte with a soft edge: Gaussian blur, the picture mirrored beyond its frame."""
    soft = [[blurred(plane, sigma_px, "mirror") for plane in planes] for planes in _planes(matte)]
    return torch.from_numpy(np.array(soft, dtype=np.float32)).to(matte.device).clamp(0, 1)


def holes(matte: Tensor) -> Tensor:
    """Background enclosed by product (handles, rings): bool `(n, 1, h, w)`."""
    found = torch.zeros(matte.shape, dtype=torch.bool)
    for sample, (plane,) in enumerate(_planes(matte)):
        count, labels = cv2.connectedComponents((plane < 0.5).astype(np.uint8), connectivity=4)
        frame = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
        enclosed = np.ones(count, dtype=bool)
        enclosed[frame] = False
        enclosed[0] = False  # label 0 is the product itself
        found[sample, 0] = torch.from_numpy(enclosed[labels])
    return found.to(matte.device)


def trimap(matte: Tensor, px: int) -> Tensor:
    """0 = background, 1 = product, 0.5 = unknown: within `px` of the edge, and wherever the matte is fractional."""
    inside = (matte > 0.5).to(torch.float32)
    sure = (erode(inside, px) + dilate(inside, px)) / 2
    fractional = (matte > 0.05) & (matte < 0.95)
    return torch.where(fractional, torch.full_like(matte, 0.5), sure)


def guided_filter(guide: Tensor, x: Tensor, radius_px: int, eps: float, step: int = 1) -> Tensor:
    """Smooth `x` `(n, c, h, w)` so that its edges follow those of `guide` `(n, 1 or 3, h, w)`, both in `[0, 1]`.

    eps: variance of the guide below which it counts as flat. step: coefficients on a copy smaller by this factor.
    The result may leave the range of `x` slightly.
    """
    if guide.shape[1] not in (1, 3) or guide.shape[2:] != x.shape[2:]:
        raise ParameterError(f"guide: expected 1 or 3 channels of the size of x, got {tuple(guide.shape)}")
    out = np.empty(tuple(x.shape), dtype=np.float32)
    for sample, (guides, planes) in enumerate(zip(_planes(guide), _planes(x), strict=True)):
        small = _Guide(tuple(_shrink(g, step) for g in guides), max(1, round(radius_px / step)), eps)
        for channel, plane in enumerate(planes):
            out[sample, channel] = _apply_lines(small.lines(_shrink(plane, step)), guides)
    return torch.from_numpy(out).to(x.device)


class _Guide:
    """Window statistics of the guide, shared by every plane that is filtered with it."""

    def __init__(self, guides: tuple[Plane, ...], radius_px: int, eps: float) -> None:
        self.guides, self.kernel = guides, (2 * radius_px + 1, 2 * radius_px + 1)
        self.means = [self._box(g) for g in guides]
        size = len(guides)
        covariance = {
            (i, j): self._box(guides[i] * guides[j]) - self.means[i] * self.means[j] + (eps if i == j else 0.0)
            for i in range(size)
            for j in range(i, size)
        }
        self.inverse = _inverse_3x3(covariance) if size == 3 else {(0, 0): 1.0 / covariance[0, 0]}

    def lines(self, plane: Plane) -> list[Plane]:
        """Averaged coefficients of the local lines: slopes a (one a guide channel), then offset b (eq. 14-15)."""
        mean = self._box(plane)
        together = [self._box(g * plane) - m * mean for g, m in zip(self.guides, self.means, strict=True)]
        size = len(self.guides)
        slopes = [sum(self.inverse[min(i, j), max(i, j)] * together[j] for j in range(size)) for i in range(size)]
        offset = mean - sum(a * m for a, m in zip(slopes, self.means, strict=True))
        return [self._box(c) for c in (*slopes, offset)]

    def _box(self, plane: Plane) -> Plane:
        return _box(plane, self.kernel)


def _box(plane: Plane, kernel: tuple[int, int]) -> Plane:
    return np.asarray(cv2.boxFilter(plane, cv2.CV_32F, kernel, borderType=cv2.BORDER_REFLECT))


def _inverse_3x3(m: dict[tuple[int, int], Plane]) -> dict[tuple[int, int], Plane]:
    """Inverse of a symmetric 3x3 matrix at every pixel, upper triangle."""
    a, b, c, d, e, f = m[0, 0], m[0, 1], m[0, 2], m[1, 1], m[1, 2], m[2, 2]
    first = (d * f - e * e, c * e - b * f, b * e - c * d)
    scale = 1.0 / (a * first[0] + b * first[1] + c * first[2])
    rest = (a * f - c * c, b * c - a * e, a * d - b * b)
    keys = ((0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2))
    return {key: value * scale for key, value in zip(keys, (*first, *rest), strict=True)}


def _apply_lines(lines: list[Plane], guides: tuple[Plane, ...]) -> Plane:
    """eq. 16: slopes times guide plus offset, at the guide's size."""
    h, w = guides[0].shape
    *slopes, result = (resized(c, (h, w)) for c in lines)
    for slope, g in zip(slopes, guides, strict=True):
        result = result + slope * g
    return result


def foreground(rgb: Tensor, matte: Tensor) -> Tensor:
    """The product's own colour along its edge, so that no old background shows on a new one.

    Identical to `rgb` where the matte is >= 0.99 or exactly 0. Shapes `(n, 3, h, w)` and `(n, 1, h, w)`.
    """
    result = rgb.clone()
    for sample in range(rgb.shape[0]):
        alpha = matte[sample, 0].detach().cpu().numpy()
        band = (alpha > 0) & (alpha < SOLID)
        for place, outer in edge_tiles(band, max(BLURS_PX)):
            front = _blur_fusion(srgb_to_linear(rgb[sample][:, outer[0], outer[1]]).cpu().numpy(), alpha[outer])
            clean = linear_to_srgb(torch.from_numpy(front)).clamp(0, 1).to(rgb.device)
            inside = tuple(slice(p.start - o.start, p.stop - o.start) for p, o in zip(place, outer, strict=True))
            keep = torch.from_numpy(band[place]).to(rgb.device)
            target = result[sample][:, place[0], place[1]]
            target.copy_(torch.where(keep, clean[:, inside[0], inside[1]], target))
    return result


Slices = tuple[slice, slice]


def edge_tiles(band: NDArray[np.bool_], halo_px: int) -> Iterator[tuple[Slices, Slices]]:
    """Tiles that hold a pixel of the band: the box of the band inside the tile, and that box with its surroundings."""
    h, w = band.shape
    for top in range(0, h, TILE_PX):
        for left in range(0, w, TILE_PX):
            x0, y0, wide, high = cv2.boundingRect(band[top : top + TILE_PX, left : left + TILE_PX].astype(np.uint8))
            if wide:
                y0, x0 = y0 + top, x0 + left
                y1, x1 = y0 + high, x0 + wide
                ys, xs = (max(0, y0 - halo_px), y1 + halo_px), (max(0, x0 - halo_px), x1 + halo_px)
                yield (slice(y0, y1), slice(x0, x1)), (slice(ys[0], min(h, ys[1])), slice(xs[0], min(w, xs[1])))


def _blur_fusion(colour: NDArray[np.float32], alpha: Plane) -> NDArray[np.float32]:
    """Foreground `(3, h, w)` of one linear-light tile: local means of both sides, then the residual shared out."""
    front, back = nearby_colour(colour, alpha**4), nearby_colour(colour, (1 - alpha) ** 4)
    residual = colour - (alpha * front + (1 - alpha) * back)
    return np.clip(front + alpha * residual, 0, 1)


def nearby_colour(colour: NDArray[np.float32], weight: Plane) -> NDArray[np.float32]:
    """Weighted mean of the colours nearby, `(3, h, w)`, of the smallest neighbourhood that has any weight `(h, w)`."""
    total = np.full(weight.shape, 1e-12, dtype=np.float32)
    mean = 1e-12 * colour
    for level, radius in enumerate(BLURS_PX):
        kernel, share = (2 * radius + 1, 2 * radius + 1), NEXT_BLUR**level
        total += share * _box(weight, kernel)
        for channel in range(3):
            mean[channel] += share * _box(weight * colour[channel], kernel)
    return mean / total


def closed_form(rgb: Tensor, trimap: Tensor, max_side_px: int = 512) -> Tensor:
    """Closed-form matte `(n, 1, h, w)` of a trimap (0 background, 1 product, anything between unknown).

    Solved on a copy of at most `max_side_px`, brought to full size by the guided filter. Known pixels stay known.
    Raises MissingExtra without PyMatting.
    """
    try:
        from pymatting import estimate_alpha_cf
    except ImportError as error:
        raise MissingExtra("pymatting", "matting", "the closed-form matte") from error
    h, w = rgb.shape[2:]
    step = max(1.0, max(h, w) / max_side_px)
    size = (max(1, round(h / step)), max(1, round(w / step)))
    alpha = np.empty(tuple(trimap.shape), dtype=np.float32)
    for sample, (planes, (known,)) in enumerate(zip(_planes(rgb), _planes(trimap), strict=True)):
        small = np.dstack([resized(p, size) for p in planes]).astype(np.float64)
        small_known = resized(known, size)
        small_known = np.where(small_known > 0.999, 1.0, np.where(small_known < 0.001, 0.0, 0.5))
        both = (small_known == 0).any() and (small_known == 1).any()
        solved = estimate_alpha_cf(small, small_known) if both else small_known
        alpha[sample, 0] = resized(solved.astype(np.float32), (h, w))
    result = torch.from_numpy(alpha).to(rgb.device)
    if step > 1:
        result = guided_filter(rgb, result, radius_px=round(2 * step), eps=1e-5, step=max(1, round(step / 2)))
    result = torch.where(trimap >= 1, trimap, torch.where(trimap <= 0, trimap, result))
    return result.clamp(0, 1)


def _morph(what: object, layer: Tensor, px: int) -> Tensor:
    if px <= 0:
        return layer
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * px + 1, 2 * px + 1))
    out = [[what(plane, kernel) for plane in planes] for planes in _planes(layer)]  # type: ignore[operator]
    return torch.from_numpy(np.array(out, dtype=np.float32)).to(layer.device)


def _planes(x: Tensor) -> list[tuple[Plane, ...]]:
    """Samples of planes `(h, w)`, without a copy on the CPU."""
    return [tuple(sample) for sample in x.detach().cpu().to(torch.float32).numpy()]


def _shrink(plane: Plane, step: int) -> Plane:
    h, w = plane.shape
    return plane if step <= 1 else resized(plane, (max(1, round(h / step)), max(1, round(w / step))))


def resized(plane: Plane, size: tuple[int, int]) -> Plane:
    """One plane at `(h, w)`: area average when smaller, bilinear when larger."""
    if plane.shape == size:
        return plane
    smaller = size[0] <= plane.shape[0] and size[1] <= plane.shape[1]
    return np.asarray(cv2.resize(plane, size[::-1], interpolation=cv2.INTER_AREA if smaller else cv2.INTER_LINEAR))
