"""Enlarging by the plain filter, and bringing a network's whole factor down to the one asked for, band by band.

Both go through the one filter of packshot (resampling.py), in linear light; results may lie in a memory map.
"""

from __future__ import annotations

import torch
from torch import Tensor

from packshot.imaging import mapped
from packshot.imaging.colour import linear_to_srgb, srgb_to_linear
from packshot.imaging.resampling import Taps, bands, filtered

RELEASE = 8  # bands between two releases of mapped memory


def resample(x: Tensor, into: Tensor) -> Tensor:
    """`into` filled with sRGB `(n, 3, h, w)` at its size, antialiased."""
    return mix(x, into, 0.0)


def mix(x: Tensor, into: Tensor, strength: float) -> Tensor:
    """`into` becomes the mixture of plainly resampled `x` (strength 0) and what it held (strength 1), in place."""
    h, w = into.shape[2:]
    across, down = Taps(x.shape[3] / w, 0, w, x.shape[3]), Taps(x.shape[2] / h, 0, h, x.shape[2])
    for index, rows in enumerate(bands(h)):
        plain = linear_to_srgb(filtered((x,), srgb_to_linear, across, down, rows).clamp_(0, 1))
        here = into[:, :, rows[0] : rows[1]]
        here.copy_(torch.lerp(plain, here, strength) if strength else plain)
        if index % RELEASE == RELEASE - 1:
            mapped.release(into)
            mapped.release(x)
    mapped.release(into)
    return into
