"""Losses between pictures, pixel by pixel or window by window; all are means over everything.

Charbonnier: Charbonnier et al. 1994, as used by Lai et al. 2017, §3.2. SSIM: Z. Wang et al. 2004, eqs. 6, 13, on
windows that lie wholly inside the picture (the Gaussian 11 × 11, σ 1.5; at least 11 px a side). Spectrum: Cho et al.
2021 (MIMO-UNet), eq. 4, with an orthonormal transform, so that its scale does not depend on the size of the picture.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

WINDOW, SIGMA = 11, 1.5
K1, K2 = 0.01, 0.03


def l1(truth: Tensor, guess: Tensor) -> Tensor:
    """E|truth − guess|."""
    return F.l1_loss(guess, truth)


def l2(truth: Tensor, guess: Tensor) -> Tensor:
    """E(truth − guess)²."""
    return F.mse_loss(guess, truth)


def charbonnier(truth: Tensor, guess: Tensor, epsilon: float = 1e-3) -> Tensor:
    """E√((truth − guess)² + ε²)."""
    return ((truth - guess).square() + epsilon**2).sqrt().mean()


def spectrum(truth: Tensor, guess: Tensor) -> Tensor:
    """E|F(truth) − F(guess)| over real and imaginary parts of the Fourier coefficients of `(n, c, h, w)`."""
    return torch.view_as_real(torch.fft.rfft2(guess - truth, norm="ortho")).abs().mean()


def slopes(truth: Tensor, guess: Tensor) -> Tensor:
    """E|∇truth − ∇guess| over differences to the next pixel, down and across, of `(n, c, h, w)`; h, w ≥ 2."""
    error = guess - truth
    down, across = error[:, :, 1:] - error[:, :, :-1], error[..., 1:] - error[..., :-1]
    return (down.abs().mean() + across.abs().mean()) / 2


def dissimilarity(truth: Tensor, guess: Tensor, span: float = 2.0) -> Tensor:
    """(1 − SSIM)/2 in [0, 1] of `(n, c, h, w)`, h, w ≥ 11; span: the range of values, 2 for pictures in [-1, 1]."""
    at = torch.arange(WINDOW, dtype=truth.dtype, device=truth.device) - WINDOW // 2
    taps = (-0.5 * (at / SIGMA).square()).softmax(0)
    maps = torch.cat([truth, guess, truth * truth, guess * guess, truth * guess])
    mean_t, mean_g, tt, gg, tg = _blurred(maps, taps).chunk(5)
    c1, c2 = (K1 * span) ** 2, (K2 * span) ** 2
    covariance, variances = tg - mean_t * mean_g, tt + gg - mean_t**2 - mean_g**2
    ssim = (2 * mean_t * mean_g + c1) * (2 * covariance + c2) / ((mean_t**2 + mean_g**2 + c1) * (variances + c2))
    return 0.5 - 0.5 * ssim.mean()


def _blurred(x: Tensor, taps: Tensor) -> Tensor:
    n, c, h, w = x.shape
    x = F.conv2d(x.reshape(n * c, 1, h, w), taps.view(1, 1, -1, 1))
    x = F.conv2d(x, taps.view(1, 1, 1, -1))
    return x.view(n, c, *x.shape[2:])
