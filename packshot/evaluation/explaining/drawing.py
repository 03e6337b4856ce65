"""Maps as pictures: `(3, h, w)` or `(n, 3, h, w)` in [0, 1], ready for a file."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F

# Dark to bright with rising lightness, so that it reads in grey too; sRGB.
HEAT = (
    (0.06, 0.06, 0.16),
    (0.28, 0.11, 0.42),
    (0.64, 0.18, 0.38),
    (0.92, 0.42, 0.20),
    (0.99, 0.74, 0.28),
    (1.00, 0.97, 0.82),
)
FOR, AGAINST = (0.93, 0.36, 0.04), (0.06, 0.40, 0.86)  # orange speaks for, blue against
STRONG = 0.85  # opacity of the strongest place


def heat(values: Tensor) -> Tensor:
    """`(n, h, w)` in [0, 1] → `(n, 3, h, w)` in the colours of HEAT."""
    colours = torch.tensor(HEAT, device=values.device)
    at = values.clamp(0, 1) * (len(HEAT) - 1)
    low = at.floor().clamp(max=len(HEAT) - 2).long()
    mixed = torch.lerp(colours[low], colours[low + 1], (at - low)[..., None])
    return mixed.permute(0, 3, 1, 2)


def normalised(maps: Tensor) -> Tensor:
    """`(n, h, w)`: each map from its least value (0) to its largest (1); a flat map is 0."""
    low, high = maps.amin((1, 2), keepdim=True), maps.amax((1, 2), keepdim=True)
    return (maps - low) / (high - low).clamp(min=1e-12)


def overlaid(pictures: Tensor, maps: Tensor) -> Tensor:
    """Pictures `(n, c, h, w)` in [-1, 1], pale, under maps `(n, h, w)`: orange above 0, blue below, by strength."""
    grey = (pictures / 2 + 0.5).clamp(0, 1).mean(1, keepdim=True)
    pale = (0.25 + 0.65 * grey).expand(-1, 3, -1, -1)
    strength = maps / maps.abs().amax((1, 2), keepdim=True).clamp(min=1e-12)
    colour = torch.where(strength[:, None] > 0, _colour(FOR, maps), _colour(AGAINST, maps))
    return torch.lerp(pale, colour.expand_as(pale), STRONG * strength[:, None].abs())


def mosaic(maps: Tensor, side_px: int, count: int = 16) -> Tensor:
    """`(c, h, w)` of one picture → `(3, H, W)`: the maps that vary most, each normalised by itself, in heat.

    side_px: of each map, by repeating or averaging pixels. Rows of ⌈√count⌉ maps.
    """
    order = maps.flatten(1).var(1).argsort(descending=True)[:count].sort().values
    shown = normalised(maps[order].float())[:, None]
    larger = maps.shape[1] <= side_px
    shown = F.interpolate(shown, (side_px, side_px), mode="nearest-exact" if larger else "area")
    return tiled(heat(shown[:, 0]), columns=math.ceil(count**0.5), rows=math.ceil(count / math.ceil(count**0.5)))


def coloured(pictures: Tensor) -> Tensor:
    """`(n, c, h, w)` in [-1, 1] → `(n, 3, h, w)` in [0, 1]."""
    return (pictures.float() / 2 + 0.5).clamp(0, 1).expand(-1, 3, -1, -1)


def enlarged(pictures: Tensor, times: int) -> Tensor:
    """Each pixel repeated so often both ways."""
    return F.interpolate(pictures, scale_factor=times) if times > 1 else pictures


def tiled(pictures: Tensor, columns: int, gap_px: int = 2, rows: int = 0) -> Tensor:
    """`(n, 3, h, w)` → `(3, H, W)` in rows of `columns`, white between; rows: at least so many."""
    n, _, h, w = pictures.shape
    rows = max(rows, math.ceil(n / columns))
    sheet = pictures.new_ones(3, rows * (h + gap_px) - gap_px, columns * (w + gap_px) - gap_px)
    for index, picture in enumerate(pictures):
        top, left = index // columns * (h + gap_px), index % columns * (w + gap_px)
        sheet[:, top : top + h, left : left + w] = picture
    return sheet


def _colour(colour: tuple[float, float, float], like: Tensor) -> Tensor:
    return torch.tensor(colour, device=like.device).view(1, 3, 1, 1)
