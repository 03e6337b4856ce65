"""What JPEG did to a picture: its quality read off the pixels, blocking, and repair by coding it again, shifted.

Quality: where a picture was quantised, its DCT coefficients lie near multiples of the step; the largest step around
which the coefficients of a frequency gather is taken (in the manner of Fan & de Queiroz 2003, §III, with the mean
cosine of the phase as the measure), and the quality is the median of those that the steps mean in Annex K's table.
Repair: Nosratinia 2001, "Denoising of JPEG images by re-application of JPEG": the mean of the picture coded and decoded
at shifted block grids. Departures: of luma only, 16 of the 64 shifts, the own grid among them; chroma, mostly
subsampled, passes a bilateral filter (Tomasi & Manduchi 1998).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from packshot.imaging.compare import LUMA

Plane = NDArray[np.float32]

ANNEX_K = np.array(
    [
        [16, 11, 10, 16, 24, 40, 51, 61],
        [12, 12, 14, 19, 26, 58, 60, 55],
        [14, 13, 16, 24, 40, 57, 69, 56],
        [14, 17, 22, 29, 51, 87, 80, 62],
        [18, 22, 37, 56, 68, 109, 103, 77],
        [24, 35, 55, 64, 81, 104, 113, 92],
        [49, 64, 78, 87, 103, 121, 120, 101],
        [72, 92, 95, 98, 112, 100, 103, 99],
    ]
)  # ITU-T T.81, table K.1: luminance
FREQUENCIES = ((0, 1), (1, 0), (1, 1), (0, 2), (2, 0), (1, 2), (2, 1), (0, 3), (3, 0), (2, 2))
STEPS = np.arange(2, 121)
GATHERED = 0.55  # mean cosine from which coefficients count as gathered around multiples
LEAST_COEFFICIENTS = 40  # that are no zeros
FEWEST = 3  # frequencies that must speak
LEAST_PX = 24  # of a side, three blocks
MOST_BLOCKS = 4000  # looked at, those with the most detail
CHROMA = (9, 8.0, 4.0)  # bilateral filter: window px, levels of 255, px
SHIFTS = tuple((y, x) for y in (0, 2, 4, 6) for x in (0, 2, 4, 6))


@dataclass(frozen=True)
class Coding:
    """quality: 1 to 100 as the common coder counts; 100 = no trace of quantising. grid: `(y, x)` of its first block."""

    quality: float
    grid: tuple[int, int]


def coding_of(rgb: Tensor) -> Coding:
    """How `(1, 3, h, w)` was coded, as far as its pixels tell; too small pictures and scaled ones show nothing."""
    luma = _luma(rgb)
    if min(luma.shape) < LEAST_PX:
        return Coding(100.0, (0, 0))
    grid = _grid(luma, 0), _grid(luma, 1)
    return Coding(_quality(luma[grid[0] :, grid[1] :]), grid)


def blocking(rgb: Tensor, grid: tuple[int, int]) -> float:
    """Mean step across block borders over that within blocks; 1 = no blocks to be seen, or too few pixels to tell."""
    luma = _luma(rgb)
    if min(luma.shape) < LEAST_PX:
        return 1.0
    steps = [_steps(luma, axis) for axis in (0, 1)]
    across = sum(float(s[(grid[axis] - 1) % 8 :: 8].mean()) for axis, s in enumerate(steps))
    within = sum(float(s[(grid[axis] + 3) % 8 :: 8].mean()) for axis, s in enumerate(steps))
    return across / max(within, 1e-6)


def _luma(rgb: Tensor) -> Plane:
    weights = torch.tensor(LUMA, dtype=torch.float32)
    plane: Plane = (torch.einsum("c,chw->hw", weights, rgb[0].cpu()) * 255).numpy()
    return plane


def _steps(luma: Plane, axis: int) -> NDArray[np.float32]:
    """Mean size of the bend between neighbouring lines along an axis: entry i lies between lines i and i + 1."""
    d = np.abs(np.diff(luma, axis=axis))
    d = np.moveaxis(d, axis, 0)
    bend = np.zeros(len(d), np.float32)
    bend[1:-1] = np.maximum(d[1:-1] - (d[:-2] + d[2:]) / 2, 0).mean(1)
    return bend


def _grid(luma: Plane, axis: int) -> int:
    """Line on which blocks begin, 0 to 7."""
    bend = _steps(luma, axis)
    means = [float(bend[i::8].mean()) for i in range(8)]
    return (int(np.argmax(means)) + 1) % 8


def _quality(luma: Plane) -> float:
    h, w = (n // 8 * 8 for n in luma.shape)
    blocks = luma[:h, :w].reshape(h // 8, 8, w // 8, 8).transpose(0, 2, 1, 3).reshape(-1, 8, 8) - np.float32(128)
    blocks = blocks[(blocks.min((1, 2)) > -127.5) & (blocks.max((1, 2)) < 126.5)]  # clipping moves coefficients
    blocks = blocks[np.argsort(-blocks.std((1, 2)))[:MOST_BLOCKS]]
    basis = _dct_basis()
    coefficients = basis @ blocks @ basis.T
    said = [_implied(coefficients[:, u, v], int(ANNEX_K[u, v])) for u, v in FREQUENCIES]
    heard = [quality for quality in said if quality is not None]
    return float(np.median(heard)) if len(heard) >= FEWEST else 100.0


def _implied(values: Plane, of_50: int) -> float | None:
    """Quality whose step the values of one frequency show; None if they show none."""
    found = None
    for step in STEPS:
        some = values[np.abs(values) > 0.4 * step]
        if len(some) >= LEAST_COEFFICIENTS and np.cos(2 * math.pi / step * some).mean() > GATHERED:
            found = int(step)
    if found is None:
        return None
    scale = 100 * found / of_50
    return max(1.0, 5000 / scale if scale > 100 else (200 - scale) / 2)


def _dct_basis() -> Plane:
    k, n = np.mgrid[:8, :8]
    basis = np.cos((2 * n + 1) * k * math.pi / 16) / 2
    basis[0] /= math.sqrt(2)
    return np.asarray(basis, np.float32)


def recoded(rgb: Tensor, quality: float) -> Tensor:
    """`(1, 3, h, w)` repaired: luma by coding it again at 16 shifts of the block grid and taking the mean, chroma by an
    edge-preserving blur."""
    luma_chroma = cv2.cvtColor(rgb[0].permute(1, 2, 0).contiguous().numpy(), cv2.COLOR_RGB2YCrCb) * np.float32(255)
    luma_chroma[..., 0] = _shifted_mean(luma_chroma[..., 0], int(np.clip(round(quality), 1, 100)))
    for channel in (1, 2):
        luma_chroma[..., channel] = cv2.bilateralFilter(luma_chroma[..., channel].copy(), *CHROMA)
    mended = cv2.cvtColor(luma_chroma / np.float32(255), cv2.COLOR_YCrCb2RGB)
    return torch.from_numpy(mended).permute(2, 0, 1)[None].clamp(0, 1).contiguous()


def _shifted_mean(plane: Plane, quality: int) -> Plane:
    h, w = plane.shape
    eight = np.clip(np.round(plane), 0, 255).astype(np.uint8)
    padded = cv2.copyMakeBorder(eight, 8, 8, 8, 8, cv2.BORDER_REFLECT)
    total = np.zeros((h, w), np.uint16)
    for y, x in SHIFTS:
        shifted = np.ascontiguousarray(padded[y : y + h + 8, x : x + w + 8])
        coded = cv2.imencode(".jpg", shifted, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
        total += np.asarray(cv2.imdecode(coded, cv2.IMREAD_GRAYSCALE))[8 - y : 8 - y + h, 8 - x : 8 - x + w]
    mean: Plane = total.astype(np.float32) / np.float32(len(SHIFTS))
    return mean
