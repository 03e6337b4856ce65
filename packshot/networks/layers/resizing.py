"""Twice and half the size with smooth filters."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F


def double(x: Tensor) -> Tensor:
    """Bilinear upsampling by 2, which is the filter [1, 3, 3, 1]/4 a side: `(n, c, h, w)` → `(n, c, 2h, 2w)`."""
    return F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)


def halve(x: Tensor) -> Tensor:
    """Downsampling by 2 with the filter [1, 3, 3, 1]/8 a side, edges repeated: `(n, c, 2h, 2w)` → `(n, c, h, w)`."""
    taps = x.new_tensor([1, 3, 3, 1]) / 8
    kernel = torch.outer(taps, taps).expand(x.shape[1], 1, 4, 4)
    return F.conv2d(F.pad(x, (1, 1, 1, 1), mode="replicate"), kernel, stride=2, groups=x.shape[1])
