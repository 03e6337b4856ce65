"""Moves of a picture: flip, shift, cut out. Any dtype where nothing is interpolated; gradients pass through."""

from __future__ import annotations

import torch
from torch import Tensor

from packshot.catalogue.augment.draws import chance, whole


def flip(x: Tensor, generator: torch.Generator, p: float = 0.5) -> Tensor:
    """Left and right exchanged, with probability p."""
    return torch.where(chance(x, p, generator), x.flip(3), x)


def turned(x: Tensor, generator: torch.Generator) -> Tensor:
    """By 0, 90, 180 or 270 degrees; square pictures."""
    quarters = whole(x, 0, 3, generator).reshape(-1, 1, 1, 1)
    x = torch.where(quarters >= 2, x.flip(2, 3), x)
    return torch.where(quarters % 2 == 1, x.transpose(2, 3).flip(2), x)


def shift(x: Tensor, generator: torch.Generator, share: float = 0.125, border: str = "edge") -> Tensor:
    """Moved by whole pixels, at most `share` of each side. border: what comes in: edge (repeated) or nothing (0)."""
    h, w = x.shape[2:]
    down = whole(x, -round(h * share), round(h * share), generator)
    right = whole(x, -round(w * share), round(w * share), generator)
    return shifted(x, down, right, border)


def shifted(x: Tensor, down: Tensor, right: Tensor, border: str = "edge") -> Tensor:
    """Moved by (n,) whole pixels each way. Indexing alone, so it may be differentiated any number of times."""
    h, w = x.shape[2:]
    rows = torch.arange(h, device=x.device) - down[:, None]  # n, h
    columns = torch.arange(w, device=x.device) - right[:, None]  # n, w
    number = torch.arange(len(x), device=x.device)[:, None, None]
    moved = x.permute(0, 2, 3, 1)[number, rows.clamp(0, h - 1)[:, :, None], columns.clamp(0, w - 1)[:, None, :]]
    moved = moved.permute(0, 3, 1, 2)
    if border == "edge":
        return moved
    inside = ((rows >= 0) & (rows < h))[:, :, None] & ((columns >= 0) & (columns < w))[:, None, :]
    return moved * inside[:, None].to(x.dtype)


def cutout(x: Tensor, generator: torch.Generator, share: float = 0.5, p: float = 1.0, fill: float = 0.0) -> Tensor:
    """A rectangle of `share` of each side, centred anywhere, is filled (DeVries & Taylor 2017)."""
    h, w = x.shape[2:]
    high, wide = int(h * share + 0.5), int(w * share + 0.5)
    chosen = chance(x, p, generator)
    top = (whole(x, 0, h - (1 - high % 2), generator) - high // 2).reshape(-1, 1, 1, 1)
    left = (whole(x, 0, w - (1 - wide % 2), generator) - wide // 2).reshape(-1, 1, 1, 1)
    y = torch.arange(h, device=x.device).reshape(1, 1, h, 1)
    across = torch.arange(w, device=x.device).reshape(1, 1, 1, w)
    hole = (y >= top) & (y < top + high) & (across >= left) & (across < left + wide)
    return x.masked_fill(hole & chosen, fill)
