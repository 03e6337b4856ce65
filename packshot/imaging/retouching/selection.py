"""Where a material is: a soft selection by colour, its edges shared out between the two sides.

Membership depends on a pixel's colour alone, so it is worked out once for each occupied cell of a 64³ RGB cube and
looked up for the pixels. Mixed pixels along edges are then shared out in linear light, by their place on the line
between the colours of both sides.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from packshot.imaging.colour import rgb_to_lab, srgb_to_linear
from packshot.imaging.mattes import SOLID
from packshot.imaging.retouching.materials import (
    Lab,
    Material,
    Points,
    distance,
    dominant,
    find_all,
    membership,
    nearest,
    rivals,
    same_hue,
)

Plane = NDArray[np.float32]  # (h, w)
Mask = NDArray[np.uint8]  # (h, w), 0..255
Flags = NDArray[np.bool_]  # (h, w)

BITS = 6  # of each channel, for the cube of colours
SAMPLES = 6_000  # pixels from which materials are learned
AKIN = 2.0  # distance, in tolerances, up to which an enclosed patch is taken along; or it has the same hue
ENCLOSED = 0.6  # part of its outline that must touch the material for a patch to be taken along
NEIGHBOUR = 3.0  # distance, in tolerances, up to which a patch that the material flows into without an edge is the same
FLOWING = 0.3  # part of the patch's outline that must do so
EDGE = 0.05  # change of an encoded channel within 3 px that is an edge
GRAIN = 5e-4  # area, relative to the selection, of specks in it that are taken along though less akin
SURE = 230  # of 255, from which a pixel is the material without doubt
SPECK = 0.01  # area of the smallest piece kept, relative to the largest
FAINT = 2e-3  # weight of the sure pixels nearby, below which there are none
PURE = 0.08  # share of one side that passes for shading of the other
ALIKE = 2e-3  # squared distance in linear light at which two sides of an edge cannot be told apart


@dataclass(frozen=True, eq=False)
class Selection:
    """Where a material is.

    weight: `(1, 1, h, w)`, its share of each pixel. others: the plainly different materials of the same region.
    spread: mean distance of its pixels from its curve, in units of the tolerance.
    """

    weight: Tensor
    material: Material
    others: tuple[Material, ...]
    spread: float


def select(
    rgb: Tensor, region: Tensor, source: Lab | None, tolerance: float, alpha: Tensor | None = None
) -> Selection | None:
    """The parts of a region that have one colour; None if nothing there has it.

    rgb: `(1, 3, h, w)`. region: `(1, 1, h, w)` in `[0, 1]`; nothing outside is selected. source: a CIELAB colour,
    None = the dominant one. tolerance: ΔE (CIE94) up to which a pixel surely belongs. alpha: of a transparent
    picture; its colours are the product's own even where alpha is small.
    """
    colours, where = rgb[0].cpu(), region[0, 0].cpu().numpy()
    points = _samples(colours, where)
    materials = find_all(points, tolerance)
    chosen = dominant(materials) if source is None else nearest(points, materials, source, tolerance)
    if chosen is None:
        return None
    others = rivals(chosen, materials, tolerance)
    cells = _Cells(colours, where > 0.02)
    belongs = membership(cells.lab, chosen, tolerance, others)
    opacity = None if alpha is None else alpha[0, 0].cpu().numpy()
    calm = _calmed(cells.spread_out(belongs), cells.region, opacity)
    whole = _completed(colours, cells, calm, chosen, tolerance)
    weight = np.minimum(_shared_out(colours, whole, None if alpha is None else where > 0.5), where)
    if not (weight > 0.5).any():
        return None
    spread = float(np.average(distance(cells.lab, chosen), weights=cells.count * belongs + 1e-9)) / tolerance
    return Selection(torch.from_numpy(weight)[None, None].to(rgb.device), chosen, others, spread)


class _Cells:
    """The occupied cells of the colour cube: their Lab colours `(cells, 3)`, pixel counts, and who is in which."""

    def __init__(self, rgb: Tensor, region: Flags) -> None:
        planes = [cv2.convertScaleAbs(p, alpha=(1 << BITS) - 1e-3, beta=-0.5) for p in rgb.numpy()]
        r, g, b = (p.astype(np.int32) for p in planes)
        self.index = (np.minimum(r, 63) << (2 * BITS)) | (np.minimum(g, 63) << BITS) | np.minimum(b, 63)
        self.region = region
        counts = np.bincount(self.index[region], minlength=1 << (3 * BITS))
        self.occupied = np.flatnonzero(counts)
        self.count = counts[self.occupied]
        split = np.stack([(self.occupied >> s) & 63 for s in (2 * BITS, BITS, 0)], 1)
        self.lab = _lab(torch.from_numpy((split.astype(np.float32) + 0.5) / 64))

    def spread_out(self, values: NDArray[np.float32] | Flags) -> Mask:
        """A value in `[0, 1]` for each cell, brought to the pixels as 0..255; 0 outside the region."""
        table = np.zeros(1 << (3 * BITS), dtype=np.uint8)
        table[self.occupied] = values * np.float32(255)
        spread: Mask = table[self.index] * self.region
        return spread


def _samples(rgb: Tensor, region: Plane) -> Points:
    inside = np.flatnonzero(region.ravel() > 0.9)
    if len(inside) == 0:
        inside = np.flatnonzero(region.ravel() > 0)
    inside = inside[:: max(1, len(inside) // SAMPLES)]
    return _lab(rgb.reshape(3, -1)[:, torch.from_numpy(inside)].T)


def _lab(rgb: Tensor) -> Points:
    """`(count, 3)` sRGB → `(count, 3)` CIELAB."""
    return np.ascontiguousarray(rgb_to_lab(rgb.T[None, :, :, None])[0, :, :, 0].T.numpy())


def _calmed(selected: Mask, region: Flags, opacity: Plane | None) -> Mask:
    """The selection without its noise (median). The edge of a transparent picture goes with what is inside of it."""
    if opacity is not None:
        disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (9, 9))
        edge = opacity < SOLID
        beyond = cv2.dilate(np.where(edge, np.uint8(0), selected), disc)
        selected = np.where(edge, np.maximum(beyond, selected), selected)
    calm = cv2.medianBlur(selected, 3 if min(region.shape) < 600 else 5)
    return _without_specks(calm * region)


def _completed(rgb: Tensor, cells: _Cells, selected: Mask, chosen: Material, tolerance: float) -> Mask:
    """The selection with what belongs to it all the same: it flows on without an edge, is enclosed, or is a speck."""
    far = distance(cells.lab, chosen) / tolerance
    near = cells.spread_out(far < NEIGHBOUR) > 0
    akin = cells.spread_out((far < AKIN) | same_hue(cells.lab, chosen, tolerance)) > 0
    whole = _with_patches(selected, near & _smooth(rgb), FLOWING)
    whole = _with_patches(whole, akin, ENCLOSED)
    return _with_patches(whole, near, ENCLOSED, largest=GRAIN * int((whole > 128).sum()))


def _without_specks(selected: Mask) -> Mask:
    """Drop pieces much smaller than the largest one."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats((selected > 64).astype(np.uint8), connectivity=8)
    if count <= 2:
        return selected
    areas = stats[:, cv2.CC_STAT_AREA].copy()
    areas[0] = 0
    keep = areas >= SPECK * areas.max()
    kept: Mask = selected * keep[labels]
    return kept


def _with_patches(selected: Mask, akin: Flags, share: float, largest: float = np.inf) -> Mask:
    """Take along the patches of akin pixels, up to an area, that touch the selection along a share of their outline."""
    weak = (akin & (selected < SURE)).astype(np.uint8)
    count, labels = cv2.connectedComponents(weak, connectivity=4)
    if count <= 1:
        return selected
    cross = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
    outline = (weak > 0) & (cv2.erode(weak, cross) == 0)
    touching = outline & (cv2.dilate(np.where(weak > 0, np.uint8(0), selected), cross) > 128)
    sizes = np.bincount(labels[outline], minlength=count)
    take = np.bincount(labels[touching], minlength=count) > share * np.maximum(sizes, 1)
    take &= np.bincount(labels.ravel(), minlength=count) <= largest
    take[0] = False
    return np.where(take[labels], np.uint8(255), selected)


def _smooth(rgb: Tensor) -> Flags:
    """Where the picture has no edge: its 3×3 range stays small in every channel."""
    planes = [cv2.blur(p, (3, 3)) for p in rgb.numpy()]
    kernel = np.ones((3, 3), dtype=np.uint8)
    ranges = [cv2.morphologyEx(p, cv2.MORPH_GRADIENT, kernel) for p in planes]
    smooth: Flags = np.maximum.reduce(ranges) < EDGE
    return smooth


def _shared_out(rgb: Tensor, selected: Mask, own: Flags | None) -> Plane:
    """The selection in `[0, 1]`, mixed pixels along its edges replaced by the material's share in them.

    own: where the colours of pixels beyond the edge mean anything; None = everywhere.
    """
    weight: Plane = np.minimum(selected.astype(np.float32) / np.float32(SURE), 1)
    x0, y0, w, h = cv2.boundingRect(selected)
    if w == 0:
        return weight
    radius = max(6, round(min(selected.shape) / 150))
    box = (slice(max(0, y0 - radius), y0 + h + radius), slice(max(0, x0 - radius), x0 + w + radius))
    part = selected[box]
    beyond = part < 8 if own is None else (part < 8) & own[box]
    band, share = _unmixed(srgb_to_linear(rgb[:, box[0], box[1]]).numpy(), part, beyond, radius)
    weight[box] = np.where(band, share, weight[box])
    return weight


def _unmixed(linear: NDArray[np.float32], selected: Mask, beyond: Flags, radius: int) -> tuple[Flags, Plane]:
    """Which pixels are a mixture, and the share of the material in them.

    In linear light a mixed pixel lies on the line between the colours of the two sides, taken from the sure pixels
    within the radius. Pixels without both sides nearby, or whose sides look alike, are left out of the band.
    """
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5))
    inside = cv2.erode((selected >= SURE).astype(np.uint8), disc)
    outside = cv2.erode(beyond.astype(np.uint8), disc)
    front, front_weight = _local_mean(linear, inside, radius)
    back, back_weight = _local_mean(linear, outside, radius)
    gap = front - back
    size = (gap * gap).sum(0)
    share = ((linear - back) * gap).sum(0) / np.maximum(size, 1e-5)
    band = ((inside | outside) == 0) & (front_weight > FAINT) & (back_weight > FAINT) & (size > ALIKE)
    return band, np.clip((share - PURE) / (1 - 2 * PURE), 0, 1)


def _local_mean(linear: NDArray[np.float32], weight: Mask, radius: int) -> tuple[NDArray[np.float32], Plane]:
    kernel = (2 * radius + 1, 2 * radius + 1)
    weights = weight.astype(np.float32)
    total = cv2.GaussianBlur(weights, kernel, radius / 2.5)
    means = [cv2.GaussianBlur(p * weights, kernel, radius / 2.5) for p in linear]
    return np.stack(means) / np.maximum(total, 1e-6), total
