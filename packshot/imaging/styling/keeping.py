"""The product lock for style: what must stay of a product that is being restyled, and how far it did.

print   what is written or drawn finely on it: found by its sharp strokes, pasted back from the photo
shape   its edges: where they moved further than allowed, the photo's fine luma takes the styled one's place at edges
colour  its colours, seen from a little distance, go no further than a limit of CIEDE2000

Sources: top-hats of the size of a stroke (Serra 1982); the rest is arithmetic, held to what
`compare` measures. Everything is exact where it says so: printed places are the photo's own pixels.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from packshot.imaging import compare
from packshot.imaging.colour import delta_e_2000, lab_to_rgb, rgb_to_lab
from packshot.imaging.styling.regions import of_edges

Field = NDArray[np.float32]

STROKES = (0.012, 0.03, 0.06)  # of the longest side: the thickest stroke that each of three passes finds
CONTRAST = 0.12  # of some channel, by which a stroke stands off what is around it
SHARP, RIMS = 0.22, 0.35  # slope a px, of its contrast, that is sharp; share of a piece's pixels that must be
LEAST_SIDE, MOST_SIDE = 4, 0.3  # px and share of the longest side: extent of a piece
GROWN = 0.003  # of the longest side: what is kept around print
SEEN = 0.012  # of the longest side: the blur under which colour is compared
EDGE_SIGMA = 0.004  # of the longest side: finer luma than this is what an edge is made of
TURNS = 6  # that colours are brought back in, since they are seen blurred
STEPS = (0.0, 0.35, 0.7, 1.0)  # shares of the photo's edges that are tried until they have not moved


@dataclass(frozen=True)
class Kept:
    """The picture after the lock, and what it came to: figures by name, flags where a limit could not be held."""

    rgb: Tensor
    numbers: dict[str, float]
    flags: tuple[str, ...] = ()
    layers: dict[str, Tensor] = field(default_factory=dict)


def keep(
    photo: Tensor, styled: Tensor, matte: Tensor | None, what: frozenset[str], edge_limit: float, colour_limit: float
) -> Kept:
    """All that is asked for, colour first and print last, inside the product (without a matte: everywhere).

    photo, styled: `(1, 3, h, w)`; what: some of print, shape, colour; limits in px and CIEDE2000.
    """
    where = torch.ones_like(photo[:, :1], dtype=torch.bool) if matte is None else matte > 0.5
    if not bool(where.any()) or torch.equal(photo, styled):
        return Kept(styled, {})
    rgb, numbers, flags, layers = styled, dict[str, float](), list[str](), dict[str, Tensor]()
    if "colour" in what:
        held = keep_colour(photo, rgb, where, colour_limit)
        rgb, flags = held.rgb, [*flags, *held.flags]
        numbers |= held.numbers
    if "shape" in what:
        held = keep_shape(photo, rgb, where, edge_limit)
        rgb, flags = held.rgb, [*flags, *held.flags]
        numbers |= held.numbers
    if "print" in what:
        layers["print"] = print_matte(photo, where)
        held = keep_print(photo, rgb, layers["print"])
        rgb = held.rgb
        numbers |= held.numbers
    return Kept(rgb, numbers, tuple(flags), layers)


def print_matte(rgb: Tensor, within: Tensor | None = None) -> Tensor:
    """Where print is, `(1, 1, h, w)`, 1 on it with a soft rim; within: bool, where print may be (a product).

    What counts: pieces lighter or darker than their surroundings in some channel, no thicker than a stroke of one of
    three sizes, with edges as sharp as print has them. Seams and rims of a product may be taken for print: they are
    kept, too, which does no harm; letters thicker than the largest stroke, and print on shaded folds, are missed.
    """
    pixels = np.ascontiguousarray(rgb[0].permute(1, 2, 0).numpy())
    h, w = pixels.shape[:2]
    longest = max(h, w)
    slopes = np.stack([_slope(plane) for plane in cv2.split(pixels)]).max(0)
    allowed = None if within is None else cv2.erode(within[0, 0].numpy().astype(np.uint8), np.ones((5, 5), np.uint8))
    found = np.zeros((h, w), np.uint8)
    for share in STROKES:
        side = max(5, 2 * round(share * longest / 2) + 1)
        kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
        for kind in (cv2.MORPH_TOPHAT, cv2.MORPH_BLACKHAT):
            hat = cv2.morphologyEx(pixels, kind, kernel).max(2)
            found |= _pieces(hat, slopes, longest)
    if allowed is not None:
        found &= allowed
    grown = cv2.dilate(found, np.ones((3, 3), np.uint8), iterations=max(1, round(GROWN * longest)))
    soft = cv2.GaussianBlur(grown.astype(np.float32), (0, 0), max(0.6, GROWN * longest))
    return torch.from_numpy(np.clip(2 * soft - 0.5, 0, 1))[None, None]


def _slope(plane: Field) -> Field:
    across, down = (cv2.Sobel(plane, cv2.CV_32F, *order, scale=1 / 8) for order in ((1, 0), (0, 1)))
    return np.asarray(np.hypot(across, down), np.float32)


def _pieces(hat: Field, slopes: Field, longest: int) -> NDArray[np.uint8]:
    """Pieces that stand off by CONTRAST, are of a letter's size, and whose rims are sharp."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats((hat > CONTRAST).astype(np.uint8), connectivity=8)
    largest = np.maximum(stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT])
    inside = labels > 0
    ids = labels[inside]
    area = np.maximum(np.bincount(ids, minlength=count), 1)
    sharpest = np.bincount(ids, slopes[inside] > SHARP * hat[inside], count) / area
    strong = np.bincount(ids, hat[inside], count) / area
    good = (largest >= LEAST_SIDE) & (largest <= MOST_SIDE * longest) & (sharpest > RIMS) & (strong > CONTRAST)
    good[0] = False
    return np.asarray(good[labels], np.uint8)


def keep_print(photo: Tensor, styled: Tensor, matte: Tensor) -> Kept:
    """The photo's own pixels where print is, exactly; matte: of `print_matte`."""
    rgb = torch.where(matte >= 1, photo, styled + matte * (photo - styled))
    return Kept(rgb, {"print_share": float((matte > 0.5).float().mean())})


def keep_shape(photo: Tensor, styled: Tensor, where: Tensor, limit_px: float) -> Kept:
    """Edges of the photo that moved less than `limit_px` in the result, inside `where` (bool)."""
    if torch.equal(photo, styled):
        return Kept(styled, {"edge_shift_px": 0.0, "edges_given_back": 0.0})
    sigma = max(0.8, EDGE_SIGMA * max(photo.shape[2:]))
    fine = _fine_luma(photo, sigma) - _fine_luma(styled, sigma)
    near = _near_edges(photo, sigma) * where
    for share in STEPS:
        rgb = (styled + share * near * fine).clamp(0, 1) if share else styled
        shift = compare.edge_shift_px(photo, rgb, where)
        if shift <= limit_px:
            break
    flags = () if shift <= limit_px else (f"edges moved {shift:.2f} px, over the limit of {limit_px:g}",)
    return Kept(rgb, {"edge_shift_px": shift, "edges_given_back": share}, flags)


def _fine_luma(rgb: Tensor, sigma: float) -> Tensor:
    luma = cv2.cvtColor(np.ascontiguousarray(rgb[0].permute(1, 2, 0).numpy()), cv2.COLOR_RGB2GRAY)
    return torch.from_numpy(luma - cv2.GaussianBlur(luma, (0, 0), 2 * sigma))[None, None]


def _near_edges(rgb: Tensor, sigma: float) -> Tensor:
    """1 at edges, falling to 0 over a few pixels."""
    sure = of_edges(rgb)["edges"]
    return (2 * sure).clamp(0, 1)


def keep_colour(photo: Tensor, styled: Tensor, where: Tensor, limit: float) -> Kept:
    """Colours seen from a little distance within `limit` ΔE2000 of the photo's, inside `where` (bool).

    The smooth part of the change is scaled down pixel by pixel; what the style drew finely stays.
    """
    sigma = max(1.0, SEEN * max(photo.shape[2:]))
    weight = where.float()
    wanted, rgb, worst = _seen(rgb_to_lab(photo), weight, sigma), styled, 0.0
    for turn in range(TURNS):
        lab = rgb_to_lab(rgb)
        got = _seen(lab, weight, sigma)
        moved = delta_e_2000(wanted, got)
        worst = _worst(moved[where])
        if worst <= limit or turn == TURNS - 1:
            break
        share = (0.97 * limit / moved.clamp(min=1e-6)).clamp(max=1)
        held = lab_to_rgb(lab + (share - 1) * (got - wanted))
        rgb = torch.where(where & (share < 1), held, rgb)
    if worst > limit:  # the gamut stands in the way: some of the photo is mixed in
        rgb = torch.where(where, photo + limit / worst * (rgb - photo), rgb)
        worst = _worst(delta_e_2000(wanted, _seen(rgb_to_lab(rgb), weight, sigma))[where])
    flags = () if worst <= 1.1 * limit else (f"colour moved {worst:.1f} ΔE2000, over the limit of {limit:g}",)
    return Kept(rgb, {"colour_delta_e": worst}, flags)


def _worst(values: Tensor) -> float:
    return float(np.percentile(values.numpy(), 99)) if values.numel() else 0.0


def _seen(lab: Tensor, weight: Tensor, sigma: float) -> Tensor:
    """Lab blurred within the region; what lies outside does not enter."""
    total = _blurred(weight, sigma).clamp(min=1e-4)
    return _blurred(lab * weight, sigma) / total


def _blurred(x: Tensor, sigma: float) -> Tensor:
    planes = [cv2.GaussianBlur(np.ascontiguousarray(plane), (0, 0), sigma) for plane in x[0].numpy()]
    return torch.from_numpy(np.stack(planes))[None]
