"""Products on white paper: cut out by their mattes, in front of a light ground with a soft contact shadow.

The ground and its shadow are functions of the matte alone, so that a network which makes the product can make them too.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

TOP, BOTTOM = 0.965, 0.915  # brightness of the paper at the top and at the bottom of the picture
SHADOW = 0.3  # how much darker the paper is where the product stands
SURE = 0.95  # opacity from which a pixel's colour is the product's own


def on_white(photo: Tensor, matte: Tensor) -> Tensor:
    """`(n, 3, h, w)` in [0, 1]: the product of photographs in [0, 1] with mattes `(n, 1, h, w)` in front of paper."""
    h = photo.shape[2]
    fall = torch.linspace(TOP, BOTTOM, h, device=photo.device).view(1, 1, h, 1)
    paper = fall * (1 - SHADOW * _shadow(matte))
    return matte * _own_colours(photo, matte) + (1 - matte) * paper


def _own_colours(photo: Tensor, matte: Tensor) -> Tensor:
    """Colours of the product at its edge too, where the old ground shines through: those of its inside nearby."""
    sure = (matte > SURE).to(photo)
    weight = F.avg_pool2d(sure, 5, 1, 2)
    near = F.avg_pool2d(photo * sure, 5, 1, 2) / weight.clamp(min=1e-3)
    return torch.where((sure > 0) | (weight <= 0), photo, near)


def _shadow(matte: Tensor) -> Tensor:
    """`(n, 1, h, w)` in [0, 1]: an ellipse under the product, as wide as its lower quarter."""
    h, w = matte.shape[2:]
    y = torch.arange(h, device=matte.device, dtype=torch.float32).view(1, 1, h, 1)
    x = torch.arange(w, device=matte.device, dtype=torch.float32).view(1, 1, 1, w)
    solid = (matte > 0.5).to(torch.float32)
    rows = solid.amax(3, keepdim=True)  # (n, 1, h, 1)
    bottom = (rows * y).amax(2, keepdim=True)
    top = h - (rows * (h - y)).amax(2, keepdim=True)
    low = solid * (y > bottom - 0.25 * (bottom - top))
    total = low.sum((2, 3), keepdim=True).clamp(min=1)
    middle = (low * x).sum((2, 3), keepdim=True) / total
    spread = ((low * (x - middle).square()).sum((2, 3), keepdim=True) / total).sqrt().clamp(min=1)
    there = (solid.sum((2, 3), keepdim=True) > 0).to(torch.float32)
    away = ((x - middle) / (2.2 * spread)).square() + ((y - bottom + 0.01 * h) / (0.055 * h)).square()
    return there * torch.exp(-away)
