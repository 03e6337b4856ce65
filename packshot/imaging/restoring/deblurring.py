"""Taking a known blur out of a picture, and unsharp masking.

Deconvolution with sparse gradients by half-quadratic splitting (Krishnan & Fergus 2009, §3, with the ℓ1 norm, whose
step is a soft threshold, in place of the 2/3 power; Y. Wang et al. 2008). On encoded values. Work goes tile by tile,
mirrored at the borders. What it does is bounded: the result stays within the neighbourhood's own values and a margin,
so that ringing is cut off.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from packshot.imaging import tiles
from packshot.imaging.restoring.kernels import transfer

Plane = NDArray[Any]

ROUNDS = 5
SPARSE = 2e-4  # weight of the gradients at noise of one level of 255; grows with the noise
COUPLING = 100.0  # times that weight: how closely the first round follows the thresholded gradients
TILE_PX = 512
OVERSHOOT = 0.06  # beyond the brightest and darkest value nearby that a result may go


def deblur(rgb: Tensor, kernel: Plane, noise: float) -> Tensor:
    """`(1, 3, h, w)` without the blur of a kernel `(k, k)`, odd. noise: its standard deviation, levels of 255."""
    margin = 3 * len(kernel)

    def work(part: Tensor) -> Tensor:
        planes = [_sharp(np.ascontiguousarray(plane), kernel, noise) for plane in part[0].numpy()]
        return torch.from_numpy(np.stack(planes))[None]

    size = max(TILE_PX, 4 * margin)
    return tiles.tiled(work, rgb, tile_px=size, overlap_px=margin)


def unsharp(rgb: Tensor, amount: float, sigma: float, noise: float) -> Tensor:
    """Unsharp masking of the lightness of `(1, 3, h, w)`: details above the noise are strengthened by `amount`.

    sigma: of the blur, px. noise: standard deviation, levels of 255; differences of about its size are left alone.
    """
    luma = rgb.mean(1)[0].numpy()
    detail = luma - cv2.GaussianBlur(luma, (0, 0), sigma)
    threshold = 1.5 * noise / 255
    detail *= detail**2 / (detail**2 + threshold**2 + 1e-12)
    added = amount * torch.from_numpy(detail)[None, None]
    return _bounded(rgb, rgb + added, round(3 * sigma))


def _sharp(plane: Plane, kernel: Plane, noise: float) -> Plane:
    margin = 2 * len(kernel)
    margin = min(margin, *(n - 1 for n in plane.shape)) if min(plane.shape) > 1 else 0
    padded = cv2.copyMakeBorder(plane, margin, margin, margin, margin, cv2.BORDER_REFLECT)
    found = _deconvolved(padded, transfer(kernel, padded.shape), SPARSE * max(noise, 0.5))
    h, w = plane.shape
    sharp = found[margin : margin + h, margin : margin + w].astype(np.float32)
    low, high = _range(plane, len(kernel) // 2 + 1)
    return np.asarray(np.clip(sharp, np.maximum(low - OVERSHOOT, 0), np.minimum(high + OVERSHOOT, 1)))


def _deconvolved(y: Plane, h: Plane, weight: float) -> Plane:
    size = y.shape
    across = (1 - np.exp(-2j * np.pi * np.fft.rfftfreq(size[1])))[None].astype(np.complex64)
    down = (1 - np.exp(-2j * np.pi * np.fft.fftfreq(size[0])))[:, None].astype(np.complex64)
    slope = np.abs(across) ** 2 + np.abs(down) ** 2
    spectrum = np.fft.rfft2(y)
    data, gain = np.conj(h) * spectrum, np.abs(h) ** 2
    coupling = COUPLING * weight
    for _ in range(ROUNDS):
        gx, gy = np.fft.irfft2(across * spectrum, size), np.fft.irfft2(down * spectrum, size)
        keep = np.maximum(1 - weight / coupling / np.maximum(np.hypot(gx, gy), 1e-9), 0)
        edges = np.conj(across) * np.fft.rfft2(gx * keep) + np.conj(down) * np.fft.rfft2(gy * keep)
        spectrum = (data + coupling * edges) / (gain + coupling * slope + 1e-8)
        coupling *= 2
    return np.asarray(np.fft.irfft2(spectrum, size))


def _bounded(before: Tensor, after: Tensor, reach: int) -> Tensor:
    bounds = [_range(np.ascontiguousarray(plane), reach) for plane in before[0].numpy()]
    low = torch.from_numpy(np.stack([b[0] for b in bounds]))[None] - OVERSHOOT
    high = torch.from_numpy(np.stack([b[1] for b in bounds]))[None] + OVERSHOOT
    return torch.minimum(torch.maximum(after, low), high).clamp(0, 1)


def _range(plane: Plane, reach: int) -> tuple[Plane, Plane]:
    """Smallest and largest value within `reach` px."""
    window = np.ones((2 * reach + 1,) * 2, np.uint8)
    return cv2.erode(plane, window), cv2.dilate(plane, window)
