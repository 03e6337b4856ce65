"""Halo: how much of the old background a cut-out's edge carries onto a new one.

A cut-out is a colour C and an opacity a. With F the product's own colour and B the old background, both continued
across the edge, the share of the old background in C is the position of C on the way from F to B, in linear light:
s = <C - F, B - F> / |B - F|². The halo is what it shows: the composite of C over a new ground less that of F + (C - F
without its part along B - F), in 8-bit steps, over the pixels within `BAND_PX` of the edge and over three grounds.
Too wide a matte shows as halo (C is B there), too narrow a one does not: `edge_error` has both.

With truth, F is the true colour and the band lies around the true edge. Without, F and B are looked up well inside and
well outside of the matte found, and only places where they are calm and differ are looked at.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from packshot.errors import PictureError
from packshot.imaging.colour import linear_to_srgb, srgb_to_linear
from packshot.imaging.mattes import BLURS_PX, Plane, edge_tiles, foreground, nearby_colour

Colour = NDArray[Any]  # (3, h, w), linear light

GROUNDS = ((1.0, 1.0, 1.0), (0.0, 0.0, 0.0), (0.1, 0.7, 0.2))  # white, black, green: sRGB-encoded
BAND_PX = 3
SURE_PX = 4  # without truth: distance from the edge at which a colour is the product's or the ground's own
MOST_TILES = 16  # that are looked at without truth
LEAST_CONTRAST = 0.03  # |B - F| in linear light below which nothing can be told
CALM = 0.35  # spread of a colour, in parts of the contrast, up to which a place is looked at without truth


class Halo(NamedTuple):
    """What was measured; NaN where nothing could be.

    halo: visible old background, 8-bit steps. share: of the old background in the edge's colour, weighted by opacity,
    0 to 1. edge_error: error of colour and matte together, 8-bit steps; NaN without truth. seen: share of the band
    that could be judged.
    """

    halo: float
    share: float
    edge_error: float
    seen: float


def halo(photo: Tensor, matte: Tensor, colour: Tensor, truth: Tensor, true_colour: Tensor | None = None) -> Halo:
    """The halo of a cut-out whose truth is known.

    photo: `(1, 3, h, w)` as taken. matte, colour: as found, `(1, 1, h, w)` and `(1, 3, h, w)`, the colour after any
    decontamination. truth: true matte. true_colour: of the product; None = the photo's own, cleaned by the true matte.
    Raises PictureError if sizes differ.
    """
    _same_size(photo, matte, colour, truth)
    true_colour = foreground(photo, truth) if true_colour is None else true_colour
    edge = _band(_plane(truth) > 0.5)
    parts = []
    for place, outer in edge_tiles(edge, max(BLURS_PX)):
        inner = _within(place, outer)
        true = _plane(truth)[outer]
        own, before = _linear(true_colour, outer), _linear(photo, outer)
        front = np.where(true > 0.5, own, nearby_colour(own, true**4))
        back = nearby_colour(before, (1 - true) ** 8)
        found = _Edge(_linear(colour, place), _plane(matte)[place], front[inner], back[inner])
        exact = _mixed_error(found, own[inner], _plane(truth)[place])
        parts.append(np.stack([*_leaks(found), exact])[:, edge[place] & (_contrast(found) > LEAST_CONTRAST)])
    return _summary(parts, int(edge.sum()))


def suspected_halo(photo: Tensor, matte: Tensor, colour: Tensor) -> Halo:
    """The halo of a cut-out as far as it can be seen without truth, on parts of a long edge; shapes as in `halo`.

    Raises PictureError if sizes differ.
    """
    _same_size(photo, matte, colour)
    alpha = _plane(matte)
    edge = _band(alpha > 0.5) & (alpha > 0.05)
    inside, outside = _sure(alpha > 0.95), _sure(alpha < 0.05)
    parts, edge_px = [], 0
    tiles = list(edge_tiles(edge, max(BLURS_PX)))
    for place, outer in tiles[:: -(-len(tiles) // MOST_TILES) or 1]:
        edge_px += int(edge[place].sum())
        inner = _within(place, outer)
        before = _linear(photo, outer)
        front, front_spread = _nearby(before, inside[outer])
        back, back_spread = _nearby(before, outside[outer])
        found = _Edge(_linear(colour, place), alpha[place], front[inner], back[inner])
        contrast = _contrast(found)
        calm = np.sqrt(np.maximum(front_spread, back_spread))[inner[1:]] < CALM * contrast
        leaks = np.stack([*_leaks(found), np.full_like(contrast, np.nan)])
        parts.append(leaks[:, edge[place] & calm & (contrast > LEAST_CONTRAST)])
    return _summary(parts, edge_px)


class _Edge(NamedTuple):
    """One tile: colour found, its opacity, the product's and the old background's own colour. Linear light."""

    colour: Colour
    alpha: Plane
    front: Colour
    back: Colour


def _leaks(edge: _Edge) -> tuple[Plane, Plane]:
    """Visible old background in 8-bit steps, mean over the grounds; and its share times opacity."""
    span = edge.back - edge.front
    share = np.clip(((edge.colour - edge.front) * span).sum(0) / np.maximum((span * span).sum(0), 1e-8), 0, 1)
    clean = np.clip(edge.colour - share * span, 0, 1)
    shown = [
        np.abs(_over(edge.colour, edge.alpha, ground) - _over(clean, edge.alpha, ground)).mean(0) for ground in GROUNDS
    ]
    return np.asarray(255 * np.mean(shown, axis=0)), share * edge.alpha


def _mixed_error(edge: _Edge, own: Colour, true: Plane) -> Plane:
    """Difference to the true composite in 8-bit steps, mean over the grounds."""
    errors = [np.abs(_over(edge.colour, edge.alpha, g) - _over(own, true, g)).mean(0) for g in GROUNDS]
    return np.asarray(255 * np.mean(errors, axis=0))


def _over(colour: Colour, alpha: Plane, ground: tuple[float, float, float]) -> Colour:
    """Composite in linear light, sRGB-encoded."""
    back = srgb_to_linear(torch.tensor(ground)).numpy()[:, None, None]
    return linear_to_srgb(torch.from_numpy(alpha * colour + (1 - alpha) * back)).numpy()


def _contrast(edge: _Edge) -> Plane:
    return np.asarray(np.sqrt(((edge.back - edge.front) ** 2).sum(0)))


def _nearby(colour: Colour, weight: Plane) -> tuple[Colour, Plane]:
    """Mean colour nearby, and its variance summed over the channels."""
    mean = nearby_colour(colour, weight)
    square = nearby_colour(colour * colour, weight)
    return mean, np.maximum((square - mean * mean).sum(0), 0)


def _summary(parts: list[NDArray[Any]], edge_px: int) -> Halo:
    values = np.concatenate(parts, axis=1) if parts else np.zeros((3, 0))
    if values.shape[1] == 0:
        return Halo(float("nan"), float("nan"), float("nan"), 0.0)
    shown, share, error = (float(v) for v in values.mean(1))
    return Halo(shown, share, error, values.shape[1] / max(1, edge_px))


def _band(solid: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Within `BAND_PX` of the outline on both sides."""
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * BAND_PX + 1, 2 * BAND_PX + 1))
    inside = solid.astype(np.uint8)
    return np.asarray(cv2.dilate(inside, kernel) != cv2.erode(inside, kernel))


def _sure(mask: NDArray[np.bool_]) -> Plane:
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * SURE_PX + 1, 2 * SURE_PX + 1))
    return np.asarray(cv2.erode(mask.astype(np.uint8), kernel), dtype=np.float32)


def _within(place: tuple[slice, slice], outer: tuple[slice, slice]) -> tuple[slice, slice, slice]:
    """The tile without its surroundings, in a stack of planes."""
    rows, columns = (slice(p.start - o.start, p.stop - o.start) for p, o in zip(place, outer, strict=True))
    return slice(None), rows, columns


def _plane(layer: Tensor) -> Plane:
    return layer[0, 0].detach().cpu().numpy()


def _linear(rgb: Tensor, place: tuple[slice, slice]) -> Colour:
    return srgb_to_linear(rgb[0][:, place[0], place[1]].detach().cpu()).numpy()


def _same_size(photo: Tensor, *others: Tensor) -> None:
    if photo.shape[0] != 1 or any(o.shape[0] != 1 or o.shape[2:] != photo.shape[2:] for o in others):
        got = ", ".join(str(tuple(x.shape)) for x in (photo, *others))
        raise PictureError(f"halo: expected one picture (1, c, h, w) and layers of its size, got {got}")
