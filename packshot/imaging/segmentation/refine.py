"""From a small soft product map to a matte of full size, level by level, working along the edge only.

At every level the picture doubles. Near the edge, a pixel is a mixture of the product's and the background's
colour: both are looked up nearby, and the matte is how far the pixel lies on the way from one to the other, in
linear light. Where the two colours vary more than they differ, the guided filter (mattes.py) is believed instead.
The mixture is Chuang et al., "A Bayesian Approach to Digital Matting", CVPR 2001, eq. 10, with local means; the
weighing against the spread of both colours is ours.
"""

from __future__ import annotations

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from packshot.imaging.colour import srgb_to_linear
from packshot.imaging.mattes import Plane, edge_tiles, guided_filter, resized

BLURS_PX = (1, 3, 10)  # box radii in which the two colours are looked up
NEXT_BLUR = 1e-3  # weight of each wider box: heard only where the narrower one finds nothing
SPREAD, NOISE = 16.0, 0.1  # how strongly spread and noise (linear light) count against the mixture
GUIDED_RADIUS_PX, GUIDED_EPS = 2, 1e-4
CLEAN = 0.04  # matte values this near to 0 or 1 become 0 or 1


def refine(rgb: Tensor, small: Plane) -> Plane:
    """Matte `(h, w)` of `rgb` `(3, h, w)` from a small product map of the same proportions."""
    planes = list(rgb.detach().cpu().numpy())
    matte = small
    for size in _sizes((rgb.shape[1], rgb.shape[2]), small.shape):
        level = [resized(p, size) for p in planes]
        matte = _level(level, resized(matte, size))
    return _cleaned(matte)


def enlarge(small: Plane, size: tuple[int, int]) -> Plane:
    """The map at `size`, its edge neither moved nor sharpened by a picture."""
    return _cleaned(resized(small, size))


def _cleaned(matte: Plane) -> Plane:
    return np.clip((matte - CLEAN) / (1 - 2 * CLEAN), 0, 1)


def _sizes(full: tuple[int, int], small: tuple[int, ...]) -> list[tuple[int, int]]:
    """Halvings of the full size down to at most twice the small one, smallest first."""
    sizes, step = [full], 2
    while max(full) / step > 1.6 * max(small):
        sizes.append((max(1, round(full[0] / step)), max(1, round(full[1] / step))))
        step *= 2
    return sizes[::-1]


def _level(planes: list[Plane], matte: Plane) -> Plane:
    """One level: the matte, found anew within a pixel of its edge and wherever it was fractional."""
    inside = (matte > 0.5).astype(np.uint8)
    cross = np.ones((3, 3), np.uint8)
    product = (cv2.erode(inside, cross) > 0) & (matte > 0.95)
    background = (cv2.dilate(inside, cross) == 0) & (matte < 0.05)
    band = ~(product | background)
    result = product.astype(np.float32)
    for place, outer in edge_tiles(band, max(BLURS_PX)):
        tile = np.stack([p[outer] for p in planes])
        found = _mixture(tile, matte[outer], product[outer], background[outer])
        inner = tuple(slice(p.start - o.start, p.stop - o.start) for p, o in zip(place, outer, strict=True))
        result[place] = np.where(band[place], found[inner], result[place])
    return np.asarray(result)


def _mixture(
    tile: NDArray[np.float32], matte: Plane, product: NDArray[np.bool_], background: NDArray[np.bool_]
) -> Plane:
    """Matte of one tile `(3, h, w)`, sRGB-encoded."""
    colour = srgb_to_linear(torch.from_numpy(tile)).numpy()
    front, front_spread = _nearby(colour, product.astype(np.float32))
    back, back_spread = _nearby(colour, background.astype(np.float32))
    span = front - back
    contrast = (span * span).sum(0)
    mixture = np.clip(((colour - back) * span).sum(0) / np.maximum(contrast, 1e-8), 0, 1)
    trust = (contrast / (contrast + SPREAD * (front_spread + back_spread) + NOISE**2)) ** 2
    guided = guided_filter(
        torch.from_numpy(tile)[None], torch.from_numpy(matte)[None, None], GUIDED_RADIUS_PX, GUIDED_EPS
    )
    guided_matte = np.clip((guided[0, 0].numpy() - 0.05) / 0.9, 0, 1)
    return np.asarray(trust * mixture + (1 - trust) * guided_matte)


def _nearby(colour: NDArray[np.float32], weight: Plane) -> tuple[NDArray[np.float32], Plane]:
    """Mean colour `(3, h, w)` of what has weight nearby, and its variance summed over the channels."""
    values = np.concatenate([colour, (colour * colour).sum(0, keepdims=True)]) * weight
    sums, total = np.zeros_like(values), np.full(weight.shape, 1e-12, np.float32)
    for level, radius in enumerate(BLURS_PX):
        kernel, share = (2 * radius + 1, 2 * radius + 1), NEXT_BLUR**level
        total += share * cv2.blur(weight, kernel, borderType=cv2.BORDER_REFLECT)
        for k in range(4):
            sums[k] += share * cv2.blur(values[k], kernel, borderType=cv2.BORDER_REFLECT)
    sums /= total
    return sums[:3], np.maximum(sums[3] - (sums[:3] ** 2).sum(0), 0)
