"""Dust: small specks that stand out from a smooth surface, found and filled from what is around them.

A speck is a compact piece, no larger than stated, whose lightness leaves the local median (top-hat filtering, Serra
1982, with a median in place of the opening, so that dark and light specks are found alike) by more than the noise does,
with quiet surroundings. Edges, textures and prints fail the last test: their surroundings are not quiet. Filling is a
normalised blur of the clean pixels around a speck (Knutsson & Westin 1993). Pixels outside specks are never touched.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from packshot.imaging.colour import RGB_TO_XYZ, linear_to_srgb, srgb_to_linear

Plane = NDArray[Any]  # (h, w) float32
Flags = NDArray[np.bool_]  # (h, w)

LUMA = RGB_TO_XYZ[1]  # of encoded channels: close to CIELAB lightness, and much quicker
WORK_PX = 1400  # longest side of the copy on which the local median is taken
FAINTEST = 2.5  # least difference of lightness (0 to 100) that counts
NOISE = 6.0  # times the local noise
MOST = 150  # specks on one surface: with more of them, it is a texture
ALONE = 5.0  # radius around a speck in which nothing else may stand out, in largest specks
CROWD = 0.004  # share of that neighbourhood that may
SMOOTH = 0.7  # local noise, in lightness, up to which a surface is smooth enough to tell dust from its grain
ROUGH = 0.05  # share of a surface that may stand out before it counts as no smooth surface


@dataclass(frozen=True, eq=False)
class Dust:
    """rgb: the cleaned picture. map: `(1, 1, h, w)`, 1 where it was changed. spots: how many. rough: not smooth."""

    rgb: Tensor
    map: Tensor
    spots: int
    rough: bool


def remove(rgb: Tensor, surfaces: Sequence[Tensor], size_px: float) -> Dust:
    """Remove the specks of `(1, 3, h, w)` that are at most `size_px` wide, on each of several surfaces by itself.

    A surface is a bool `(1, 1, h, w)`; nothing outside the surfaces is touched.
    """
    L = torch.einsum("c,chw->hw", rgb.new_tensor(LUMA), rgb[0]).cpu().numpy() * np.float32(100)
    changed, spots, rough = np.zeros(L.shape, dtype=bool), 0, False
    for surface in surfaces:
        region = surface[0, 0].cpu().numpy()
        specks, too_rough = _find(L, region, max(2.0, size_px))
        rough |= too_rough
        spots += cv2.connectedComponents(specks.astype(np.uint8), connectivity=8)[0] - 1
        changed |= (cv2.dilate(specks.astype(np.uint8), _disc(2)) > 0) & region
    filled = _filled(rgb, changed, size_px) if spots else rgb
    return Dust(filled, torch.from_numpy(changed.astype(np.float32))[None, None].to(rgb.device), spots, rough)


def _find(L: Plane, region: Flags, size_px: float) -> tuple[Flags, bool]:
    """Where specks are, and whether the surface is too rough to tell."""
    away = np.abs(L - _local_median(L, region, size_px))
    away[~region] = 0
    noise = _noise(away, region, size_px)
    out = (away > np.maximum(FAINTEST, NOISE * noise)) & region
    if not out.any():
        return out, False
    if out.sum() > ROUGH * region.sum() or np.median(noise[region]) > SMOOTH:
        return np.zeros_like(out), True
    core = cv2.morphologyEx(out.astype(np.uint8), cv2.MORPH_CLOSE, _disc(1))
    return _compact(core, out, region, size_px), False


def _local_median(L: Plane, region: Flags, size_px: float) -> Plane:
    """Median lightness around each pixel, over the region only as nearly as can be (elsewhere it is filled in)."""
    h, w = L.shape
    step = max(1.0, max(h, w) / WORK_PX)
    size = (max(1, round(w / step)), max(1, round(h / step)))
    inside = cv2.resize(region.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    small = cv2.resize(np.where(region, L, 0), size, interpolation=cv2.INTER_AREA)
    reach = 2 * int(np.ceil(1.5 * size_px / step)) + 1
    total = cv2.blur(inside, (2 * reach + 1, 2 * reach + 1))
    near = cv2.blur(small, (2 * reach + 1, 2 * reach + 1)) / np.maximum(total, 1e-4)
    small = np.where(inside > 0.5, small / np.maximum(inside, 0.5), near)
    levels = np.clip(small * 2.55, 0, 255).astype(np.uint8)
    median = cv2.medianBlur(levels, max(5, min(reach, 255))).astype(np.float32) / np.float32(2.55)
    median = cv2.blur(median, (3, 3))
    smooth: Plane = cv2.resize(median, (w, h), interpolation=cv2.INTER_LINEAR)
    return smooth


def _noise(away: Plane, region: Flags, size_px: float) -> Plane:
    """Local noise: the mean distance from the median around each pixel, large distances cut off."""
    kernel = (2 * int(4 * size_px) + 1,) * 2
    weight = cv2.blur(region.astype(np.float32), kernel)
    mild = cv2.blur(np.minimum(away, 4).astype(np.float32) * region, kernel)
    noise: Plane = 1.25 * mild / np.maximum(weight, 1e-4)
    return noise


def _compact(core: Plane, out: Flags, region: Flags, size_px: float) -> Flags:
    """Keep pieces that are small, compact and alone on their surface."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(core, connectivity=8)
    kernel = (2 * max(8, round(ALONE * size_px)) + 1,) * 2
    crowd = cv2.blur(out.astype(np.float32), kernel) * np.float32(kernel[0] * kernel[1])  # pixels that stand out
    inside = cv2.erode(region.astype(np.uint8), _disc(max(3, round(size_px))), borderValue=1)
    keep = np.zeros(count, dtype=bool)
    for label in range(1, count):
        x, y, w, h, area = stats[label]
        if max(w, h) <= size_px and area >= 0.3 * w * h:
            middle = (y + h // 2, x + w // 2)
            others = crowd[middle] - out[y : y + h, x : x + w].sum()
            keep[label] = bool(inside[middle]) and others <= CROWD * kernel[0] * kernel[1]
    if keep.sum() > MOST:
        keep[:] = False
    found: Flags = keep[labels]
    return found


def _filled(rgb: Tensor, changed: Flags, size_px: float) -> Tensor:
    """The picture with the changed pixels replaced by a blur, in linear light, of the unchanged ones around them."""
    result = rgb.clone()
    reach = int(np.ceil(size_px)) + 3
    count, _, stats, _ = cv2.connectedComponentsWithStats(changed.astype(np.uint8), connectivity=8)
    for x, y, w, h, _ in stats[1:count]:
        rows, columns = slice(max(0, y - reach), y + h + reach), slice(max(0, x - reach), x + w + reach)
        hole = changed[rows, columns]
        linear = srgb_to_linear(rgb[0, :, rows, columns]).cpu().numpy()
        clean = torch.from_numpy(_blurred(linear, hole)).to(rgb.device)
        mask = torch.from_numpy(hole).to(rgb.device)
        part = result[0, :, rows, columns]
        part.copy_(torch.where(mask, linear_to_srgb(clean).clamp(0, 1), part))
    return result


def _blurred(linear: NDArray[np.float32], hole: Flags) -> NDArray[np.float32]:
    known = (~hole).astype(np.float32)
    weight, total = np.full(hole.shape, 1e-9, np.float32), 1e-9 * linear
    for sigma, share in ((2.0, 1.0), (6.0, 1e-2), (20.0, 1e-4)):  # the nearest pixels that are known count most
        weight += share * cv2.GaussianBlur(known, (0, 0), sigma)
        total += share * np.stack([cv2.GaussianBlur(p * known, (0, 0), sigma) for p in linear])
    filled: NDArray[np.float32] = total / weight
    return filled


def _disc(radius: int) -> Plane:
    disc: Plane = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    return disc
