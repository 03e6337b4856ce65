"""Drawings as people make them, from photographs and their layouts: lines that are thick or thin, waver and break off.

A drawing made from a layout is exact; one made by hand is not. Each picture gets a hand of its own: how thick its
lines are, how much they waver (a smooth displacement), how often they break, which inner lines and which marks of the
surface were left out. The outline is never left out. Ink is 1 where there is a line.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from packshot.catalogue.augment.draws import uniform
from packshot.catalogue.pairs import gradient

FINER = 2  # a drawing is made at so many times the side, then averaged
WAVER = 1.3  # px of displacement at most, one standard deviation
WAVES = 7  # a displacement changes over a seventh of the side
BREAKS = 14  # places a side where a line may break off
LEFT_OUT = 0.12  # of the parts, whose inner borders are left out
BARE = 0.35  # of the drawings without any mark of the surface
PARTS = 16


def drawn(photo: Tensor, layout: Tensor, generator: torch.Generator) -> Tensor:
    """Ink `(n, 1, h, w)` in [0, 1] of photographs `(n, 3, h, w)` in [0, 1] and layouts `(n, 1, h, w)` of numbers."""
    lines = torch.maximum(_borders(layout, generator), _marks(photo, layout, generator))
    wavering = F.grid_sample(lines, _hand(photo, generator), mode="bilinear", padding_mode="zeros", align_corners=False)
    threshold = uniform(photo, 0.2, 0.5, generator)
    ink = ((wavering - threshold) / 0.25).clamp(0, 1)
    thick = uniform(photo, 0, 1, generator) < 0.3
    ink = torch.where(thick, F.max_pool2d(ink, 3, 1, 1), ink)
    ink = ink * _unbroken(ink, generator)
    return F.avg_pool2d(ink, FINER)


def exact(photo: Tensor, layout: Tensor) -> Tensor:
    """The same without a hand: every border one pixel wide, marks of the surface where they are strong."""
    inside = F.max_pool2d((layout > 0).to(torch.float32), 3, 1, 1)
    marks = _thin(gradient(photo)) * (gradient(photo) > 0.25) * _open(layout)
    return torch.maximum(_lines(layout), marks) * inside


def _lines(layout: Tensor) -> Tensor:
    """1 on one side of every border, so that a line is one pixel wide."""
    edge = torch.zeros_like(layout, dtype=torch.float32)
    edge[:, :, 1:] = (layout[:, :, 1:] != layout[:, :, :-1]).float()
    edge[..., 1:] = torch.maximum(edge[..., 1:], (layout[..., 1:] != layout[..., :-1]).float())
    return edge


def _borders(layout: Tensor, generator: torch.Generator) -> Tensor:
    """Borders of parts, those inside the product left out for some of its parts."""
    n = len(layout)
    out = torch.rand(n, PARTS, generator=generator) < LEFT_OUT
    number = layout.long().clamp(max=PARTS - 1)
    gone = torch.gather(out, 1, number.flatten(1)).view_as(layout).to(torch.float32)
    outline = _lines((layout > 0).to(torch.uint8))
    inner = _lines(layout) * (1 - F.max_pool2d(gone, 3, 1, 1))
    return torch.maximum(outline, inner)


def _marks(photo: Tensor, layout: Tensor, generator: torch.Generator) -> Tensor:
    """Strong edges of the surface, away from borders; none in some drawings."""
    slope = gradient(photo)
    least = uniform(photo, 0.14, 0.45, generator)
    least = torch.where(uniform(photo, 0, 1, generator) < BARE, torch.full_like(least, 9.0), least)
    return _thin(slope) * (slope > least) * _open(layout)


def _thin(slope: Tensor) -> Tensor:
    """1 where a slope is the largest of its row's or column's neighbours."""
    across = F.max_pool2d(slope, (1, 3), 1, (0, 1)) == slope
    down = F.max_pool2d(slope, (3, 1), 1, (1, 0)) == slope
    return (across | down).to(torch.float32)


def _open(layout: Tensor) -> Tensor:
    """1 inside the product, two pixels from its outline and one from its inner borders on."""
    deep = 1 - F.max_pool2d((layout == 0).to(torch.float32), 5, 1, 2)
    return deep * (1 - F.max_pool2d(_lines(layout), 3, 1, 1))


def _hand(photo: Tensor, generator: torch.Generator) -> Tensor:
    """Where each place of the finer drawing is taken from: `(n, FINER·h, FINER·w, 2)` for `grid_sample`."""
    n, _, h, w = photo.shape
    noise = torch.randn(n, 2, WAVES, WAVES, generator=generator)
    size = (FINER * h, FINER * w)
    wave = F.interpolate(noise, size=size, mode="bicubic", align_corners=True).permute(0, 2, 3, 1)
    strength = uniform(photo, 0, WAVER, generator).view(n, 1, 1, 1) * 2 / h
    plain = F.affine_grid(torch.eye(2, 3).expand(n, 2, 3), [n, 1, *size], align_corners=False)
    return plain + strength * wave


def _unbroken(ink: Tensor, generator: torch.Generator) -> Tensor:
    """1 where the pen touches the paper."""
    n, _, h, w = ink.shape
    noise = F.interpolate(torch.rand(n, 1, BREAKS, BREAKS, generator=generator), size=(h, w), mode="bilinear")
    return ((noise - uniform(ink, 0.0, 0.22, generator)) / 0.03).clamp(0, 1)
