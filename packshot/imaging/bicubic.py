"""Bicubic resizing exactly as MATLAB's `imresize` does it: the degradation that super-resolution is measured on.

Source: Keys, "Cubic Convolution Interpolation for Digital Image Processing" (1981), eq. 15 with a = -1/2; when a
picture shrinks, the kernel is stretched by the factor (antialiasing), its weights are made to sum to 1, and pixels
beyond the border are mirrored with the border pixel repeated. On values as they are, encoded: photographs for people
are resized by `geometry.resize`, in linear light.
"""

from __future__ import annotations

import math
from functools import lru_cache

import torch
from torch import Tensor

from packshot.errors import ParameterError

RADIUS = 2.0  # of the cubic, in pixels of the coarser picture


def bicubic(x: Tensor, size: tuple[int, int]) -> Tensor:
    """`(n, c, h, w)` at another size `(h, w)` px; may leave the range of its values by a little, as MATLAB's does
    before it rounds. Raises ParameterError for an empty size.
    """
    if min(size) < 1 or x.ndim != 4 or min(x.shape[2:]) < 1:
        raise ParameterError(f"size: expected (h, w) of at least 1 px of (n, c, h, w), got {size}, {tuple(x.shape)}")
    down, across = (matrix(old, new).to(x) for old, new in zip(x.shape[2:], size, strict=True))
    return down @ x @ across.T


def shrunk(x: Tensor, scale: int) -> Tensor:
    """`(n, c, h, w)` in [0, 1], sides multiples of scale → `(n, c, h / scale, w / scale)`, rounded to 8 bits.

    Rounded once more between rows and columns, as MATLAB does with 8-bit pictures. Raises ParameterError for a scale
    that is no divisor of both sides.
    """
    h, w = x.shape[2:]
    if scale < 1 or h % scale or w % scale:
        raise ParameterError(f"scale: expected a divisor of both sides {(h, w)}, got {scale}")
    if scale == 1:
        return x
    rows = matrix(h, h // scale).to(x) @ (x * 255)
    return _bytes(_bytes(rows) @ matrix(w, w // scale).to(x).T) / 255


@lru_cache(maxsize=32)
def matrix(old: int, new: int) -> Tensor:
    """`(new, old)` weights of one axis, float32; each row sums to 1."""
    scale = new / old
    stretch = max(1.0, 1 / scale)
    reach = math.ceil(2 * RADIUS * stretch) + 2
    centre = (torch.arange(new, dtype=torch.float64) + 0.5) / scale - 0.5
    first = torch.floor(centre - RADIUS * stretch)
    places = first[:, None] + torch.arange(reach, dtype=torch.float64)  # new, reach
    weights = _cubic((centre[:, None] - places) / stretch)
    weights /= weights.sum(1, keepdim=True)
    turn = places.long().remainder(2 * old)
    mirrored = torch.where(turn < old, turn, 2 * old - 1 - turn)
    return torch.zeros(new, old, dtype=torch.float64).scatter_add_(1, mirrored, weights).to(torch.float32)


def _bytes(x: Tensor) -> Tensor:
    """To the nearest of 0 … 255; halves, up to a rounding error of float32, go up."""
    return torch.floor(x.clamp(0, 255) + (0.5 + 2e-5))


def _cubic(t: Tensor) -> Tensor:
    t = t.abs()
    near, far = 1.5 * t**3 - 2.5 * t**2 + 1, -0.5 * t**3 + 2.5 * t**2 - 4 * t + 2
    return torch.where(t <= 1, near, torch.where(t <= 2, far, torch.zeros_like(t)))
