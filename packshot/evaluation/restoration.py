"""How near a restored picture comes to its truth, by the protocols of the literature.

Super-resolution: the result rounded to 8 bits, luma by ITU-R BT.601 in its studio range (16 to 235), `scale` pixels
left out along every border, PSNR against 255 (Timofte et al. 2013 and all since); SSIM of the same luma (Z. Wang et al.
2004: Gaussian window 11 × 11, σ 1.5, K1 0.01, K2 0.03, windows that lie wholly inside). Denoising and JPEG repair: PSNR
of all three channels, no border left out. Pictures are (n, 3, h, w) in [0, 1].
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

from packshot.errors import PictureError

LUMA = (65.481, 128.553, 24.966)  # of 8-bit values divided by 255; BT.601, offset 16
WINDOW, SIGMA = 11, 1.5
C1, C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2


def rounded(x: Tensor) -> Tensor:
    """To the 8-bit values that a file holds, still in [0, 1]."""
    return (x.clamp(0, 1) * 255).round() / 255


def luma(x: Tensor) -> Tensor:
    """`(n, 3, h, w)` in [0, 1] → `(n, 1, h, w)` from 16 to 235, float64."""
    weights = torch.tensor(LUMA, dtype=torch.float64, device=x.device)
    return 16 + torch.einsum("c,nchw->nhw", weights, x.double())[:, None]


def psnr_y(truth: Tensor, guess: Tensor, border: int) -> float:
    """dB, of luma, without `border` px on every side. Raises PictureError for sizes that differ or leave nothing."""
    a, b = _inner(truth, guess, border)
    return _decibel((a - b).square().mean())


def ssim_y(truth: Tensor, guess: Tensor, border: int) -> float:
    """Of luma, without `border` px on every side. Raises PictureError for sizes that differ or leave nothing."""
    a, b = _inner(truth, guess, border)
    at = torch.arange(WINDOW, dtype=torch.float64, device=a.device) - WINDOW // 2
    taps = torch.exp(-at.square() / (2 * SIGMA**2))
    taps = taps / taps.sum()
    maps = torch.cat([a, b, a * a, b * b, a * b])
    maps = functional.conv2d(functional.conv2d(maps, taps.view(1, 1, -1, 1)), taps.view(1, 1, 1, -1))
    ma, mb, aa, bb, ab = maps.chunk(5)
    va, vb, vab = aa - ma**2, bb - mb**2, ab - ma * mb
    ratio = (2 * ma * mb + C1) * (2 * vab + C2) / ((ma**2 + mb**2 + C1) * (va + vb + C2))
    return float(ratio.mean())


def psnr(truth: Tensor, guess: Tensor, where: Tensor | None = None) -> float:
    """dB, of all channels of pictures rounded to 8 bits. where: `(n, 1, h, w)` bool, what counts; None = everything.

    Raises PictureError for sizes that differ or a region that is empty.
    """
    _same(truth, guess)
    squares = (255 * (rounded(truth).double() - rounded(guess).double())).square()
    if where is None:
        return _decibel(squares.mean())
    if not bool(where.any()):
        raise PictureError("where: expected at least one pixel that counts")
    return _decibel(squares.mean(1, keepdim=True)[where].mean())


def _decibel(error: Tensor) -> float:
    value = float(error)
    return math.inf if value == 0 else 10 * math.log10(255**2 / value)


def _inner(truth: Tensor, guess: Tensor, border: int) -> tuple[Tensor, Tensor]:
    _same(truth, guess)
    h, w = truth.shape[2:]
    if border < 0 or min(h, w) <= 2 * border:
        raise PictureError(f"border: expected less than half of {(h, w)}, got {border}")
    a, b = (luma(rounded(x))[:, :, border : h - border, border : w - border] for x in (truth, guess))
    return a, b


def _same(truth: Tensor, guess: Tensor) -> None:
    if truth.shape != guess.shape or truth.ndim != 4 or truth.shape[1] != 3:
        raise PictureError(f"expected two pictures (n, 3, h, w), got {tuple(truth.shape)} and {tuple(guess.shape)}")
