"""Blur kernels as lenses, motion and resampling make them, a different one for every picture.

Kernels as in Real-ESRGAN (Wang et al. 2021, section 3.2): Gaussian, generalised Gaussian and plateau-shaped (Liu et al.
2020), round or elongated; and the sinc filter, eq. 5, an ideal low-pass cut off at the kernel's border, which rings as
sharpening and JPEG do. Kernels are (n, k, k), k odd, and sum to 1.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

from packshot.errors import ParameterError


def offsets(size: int, like: Tensor) -> tuple[Tensor, Tensor]:
    """(k, k) distances from the centre, px, across and down."""
    if size < 1 or size % 2 == 0:
        raise ParameterError(f"size: expected an odd kernel size, got {size}")
    line = torch.arange(size, device=like.device, dtype=like.dtype) - size // 2
    return line.repeat(size, 1), line[:, None].repeat(1, size)


def bell(size: int, wide: Tensor, narrow: Tensor, angle: Tensor, beta: Tensor, plateau: bool = False) -> Tensor:
    """Elliptic kernels. wide, narrow: standard deviations along the axes, px, (n,). angle: radians, (n,).

    beta: shape, (n,): exp(-½ d^β) with d the squared elliptic distance, 1 = Gaussian; plateau: 1 / (1 + d^β).
    """
    across, down = offsets(size, wide)
    c, s = angle.cos()[:, None, None], angle.sin()[:, None, None]
    along, beside = across * c + down * s, down * c - across * s
    distance = (along / wide[:, None, None]) ** 2 + (beside / narrow[:, None, None]) ** 2
    power = distance.clamp(min=1e-12) ** beta[:, None, None]
    shape = 1 / (1 + power) if plateau else torch.exp(-0.5 * power)
    return shape / shape.sum((1, 2), keepdim=True)


def gaussian(size: int, sigma: Tensor) -> Tensor:
    """Round Gaussian kernels. sigma: (n,) px."""
    return bell(size, sigma, sigma, torch.zeros_like(sigma), torch.ones_like(sigma))


def sinc(size: int, cutoff: Tensor) -> Tensor:
    """Circular low-pass kernels. cutoff: (n,) radians a pixel, π = nothing cut off."""
    across, down = offsets(size, cutoff)
    r = torch.hypot(across, down).clamp(min=1e-6)
    w = cutoff[:, None, None]
    kernel = w * torch.special.bessel_j1(w * r) / (2 * math.pi * r)
    kernel[:, size // 2, size // 2] = cutoff**2 / (4 * math.pi)
    normal: Tensor = kernel / kernel.sum((1, 2), keepdim=True)
    return normal


def blurred(x: Tensor, kernels: Tensor) -> Tensor:
    """Every picture with its own kernel; mirrored at the borders. x: (n, c, h, w), kernels: (n, k, k)."""
    n, c, h, w = x.shape
    half = kernels.shape[-1] // 2
    padded = padded_mirror(x, half).reshape(1, n * c, h + 2 * half, w + 2 * half)
    weights = kernels.to(x.dtype).repeat_interleave(c, 0)[:, None]
    return functional.conv2d(padded, weights, groups=n * c).reshape(n, c, h, w)


def padded_mirror(x: Tensor, margin: int) -> Tensor:
    """Mirrored beyond the borders, also where the margin is wider than the picture."""
    while margin > 0:
        step = min(margin, min(x.shape[2:]) - 1)
        if step < 1:
            return functional.pad(x, (margin,) * 4, mode="replicate")
        x, margin = functional.pad(x, (step,) * 4, mode="reflect"), margin - step
    return x


def sharpened(x: Tensor, amount: float = 0.5, sigma: float = 8.0, threshold: float = 10 / 255) -> Tensor:
    """Unsharp masking as Real-ESRGAN sharpens its targets: only where a picture differs from its blur."""
    size = 2 * round(3 * sigma) + 3
    kernels = gaussian(size, torch.full((len(x),), sigma, device=x.device, dtype=x.dtype))
    blur = blurred(x, kernels)
    chosen = blurred(((x - blur).abs() > threshold).to(x.dtype), kernels)
    sharp = (x + amount * (x - blur)).clamp(0, 1)
    return chosen * sharp + (1 - chosen) * x
