"""JPEG compression of a batch in tensors, a quality for each picture; gradients pass as if nothing were rounded.

ITU-T T.81: 8 × 8 DCT (A.3.3), the example quantisation tables of Annex K scaled by quality as the IJG library does,
Y'CbCr of JFIF, colour at half resolution (4:2:0: averaged 2 × 2, read back triangle-filtered as libjpeg does).
Departure: coefficients are rounded but not coded, which changes nothing in the pixels.
"""

from __future__ import annotations

import math
from functools import lru_cache

import torch
from torch import Tensor
from torch.nn import functional

from packshot.errors import ParameterError

# fmt: off
LUMINANCE = (
    16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56,
    14, 17, 22, 29, 51, 87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92,
    49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
)
CHROMINANCE = (
    17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99, 24, 26, 56, 99, 99, 99, 99, 99,
    47, 66, 99, 99, 99, 99, 99, 99, *(99,) * 32,
)
TO_YCC = ((0.299, 0.587, 0.114), (-0.168735892, -0.331264108, 0.5), (0.5, -0.418687589, -0.081312411))
# fmt: on


def jpeg(x: Tensor, quality: Tensor) -> Tensor:
    """Pictures (n, 3, h, w) in [0, 1] as they come back from JPEG. quality: (n,), 1 to 100.

    Raises ParameterError for another number of channels.
    """
    if x.ndim != 4 or x.shape[1] != 3:
        raise ParameterError(f"x: expected (n, 3, h, w), got {tuple(x.shape)}")
    h, w = x.shape[2:]
    padded = functional.pad(x.clamp(0, 1) * 255, (0, -w % 16, 0, -h % 16), mode="replicate")
    matrix = x.new_tensor(TO_YCC)
    ycc = _rounded(torch.einsum("ij,njhw->nihw", matrix, _rounded(padded)))
    scale = _scale(quality.to(x))
    light = _rounded(_coded(ycc[:, :1] - 128, LUMINANCE, scale)).clamp(-128, 127) + 128
    chroma = _rounded(_coded(_halved(ycc[:, 1:]), CHROMINANCE, scale)).clamp(-128, 127)
    chroma = _rounded(_doubled(chroma))
    rgb = torch.einsum("ij,njhw->nihw", torch.linalg.inv(matrix), torch.cat([light, chroma], 1))
    return (_rounded(rgb) / 255).clamp(0, 1)[:, :, :h, :w]


def _scale(quality: Tensor) -> Tensor:
    """(n,) percent by which the tables are multiplied (the IJG's rule)."""
    quality = quality.clamp(1, 100).round()
    return torch.where(quality < 50, torch.floor(5000 / quality), 200 - 2 * quality)


def _coded(plane: Tensor, table: tuple[int, ...], scale: Tensor) -> Tensor:
    """(n, c, h, w), h and w multiples of 8: to coefficients, quantised, and back."""
    n, c, h, w = plane.shape
    basis = _basis().to(plane)
    steps = plane.new_tensor(table).reshape(1, 64) * scale[:, None]
    steps = torch.floor((steps + 50) / 100).clamp(1, 255).reshape(n, 1, 1, 1, 8, 8)
    blocks = plane.reshape(n, c, h // 8, 8, w // 8, 8).transpose(3, 4)  # n, c, rows, columns, 8, 8
    coefficients = _rounded(basis @ blocks @ basis.T / steps) * steps
    return (basis.T @ coefficients @ basis).transpose(3, 4).reshape(n, c, h, w)


def _rounded(x: Tensor) -> Tensor:
    return x + (x.round() - x).detach()


@lru_cache(maxsize=1)
def _basis() -> Tensor:
    """(8, 8) orthonormal DCT-II, one frequency a row."""
    k, i = torch.arange(8.0, dtype=torch.float64)[:, None], torch.arange(8.0, dtype=torch.float64)
    basis = torch.cos((2 * i + 1) * k * math.pi / 16) / 2
    basis[0] /= math.sqrt(2)
    return basis


def _halved(x: Tensor) -> Tensor:
    """Half as large: means of 2 × 2, quarters rounded down and up in turn along a row, as libjpeg does."""
    mean = functional.avg_pool2d(x, 2)
    lift = torch.tensor((0.25, 0.5), device=x.device, dtype=x.dtype).repeat(mean.shape[3] // 2)
    return mean + (torch.floor(mean + lift) - mean).detach()


def _doubled(x: Tensor) -> Tensor:
    """Twice as large by the triangle filter (weights 3/4 and 1/4), as libjpeg's fancy upsampling."""
    return functional.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
