"""How noisy a picture is, and non-local means.

Estimate: the response to the difference of two Laplacians (Immerkær 1996, eq. 3), whose mean does not see planes and
edges of one slope, taken as a median absolute deviation (Donoho 1994, §3) over the smoothest part of what is not
clipped. Departures: the median in place of the mean, so that texture counts for little; the smoothest pixels are chosen
on a blurred copy, which the noise hardly moves.
Non-local means: Buades, Coll & Morel 2005, as OpenCV has it, in Lab.
"""

from __future__ import annotations

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Plane = NDArray[np.float32]

SMOOTHEST = 0.3  # share of the usable pixels that the estimate is taken from
LEAST_PIXELS = 500  # fewer than these say nothing
CLIPPED = 1.5 / 255  # from black or white: noise is cut off there
MOST_PIXELS = 2_000_000  # looked at; of larger pictures a block from every part
BLOCK = 256
NOISE = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32) / 6  # Immerkær's operator, unit noise gain
MAD = 1.4826


def estimate_noise(rgb: Tensor) -> float:
    """Standard deviation of the noise of `(1, 3, h, w)`, mean of the channels, levels of 255.

    0 for pictures too small or too clipped to tell. What coding has smoothed away is not seen.
    """
    found = [_estimate(plane) for plane in _looked_at(rgb)]
    return float(np.mean(found)) * 255


def _looked_at(rgb: Tensor) -> Tensor:
    """The whole picture, or blocks of a large one beside each other: `(3, h, w)`."""
    h, w = rgb.shape[2:]
    if h * w <= MOST_PIXELS:
        return rgb[0]
    count = int((MOST_PIXELS / BLOCK**2) ** 0.5)
    rows, columns = (np.linspace(0, n - BLOCK, min(count, n // BLOCK)).astype(int) for n in (h, w))
    return torch.cat([torch.cat([rgb[0, :, y : y + BLOCK, x : x + BLOCK] for x in columns], 2) for y in rows], 1)


def _estimate(plane: Tensor) -> float:
    x = plane.contiguous().numpy()
    if min(x.shape) < 8:
        return 0.0
    response = cv2.filter2D(x, -1, NOISE)
    smooth = cv2.GaussianBlur(x, (0, 0), 2.0)
    slope = np.hypot(cv2.Sobel(smooth, -1, 1, 0), cv2.Sobel(smooth, -1, 0, 1))
    low, high = cv2.erode(x, np.ones((3, 3))), cv2.dilate(x, np.ones((3, 3)))
    usable = (low > CLIPPED) & (high < 1 - CLIPPED)
    usable[[0, -1]] = usable[:, [0, -1]] = False
    if usable.sum() < LEAST_PIXELS:
        return 0.0
    limit = np.quantile(slope[usable], SMOOTHEST)
    return float(MAD * np.median(np.abs(response[usable & (slope <= limit)])))


def nl_means(rgb: Tensor, sigma: float) -> Tensor:
    """Non-local means of `(1, 3, h, w)` for noise of a standard deviation, levels of 255; the same where sigma is 0.

    Computed on 8 bits in Lab; what it takes away is subtracted, so that finer steps of the input stay.
    """
    if sigma <= 0:
        return rgb
    eight = (rgb[0].permute(1, 2, 0).clamp(0, 1) * 255).round().to(torch.uint8).numpy()
    bgr = np.ascontiguousarray(eight[..., ::-1])
    clean = cv2.fastNlMeansDenoisingColored(bgr, None, float(sigma), float(sigma), 7, 21)
    change = (clean.astype(np.float32) - bgr)[..., ::-1] / np.float32(255)
    return (rgb + torch.from_numpy(np.ascontiguousarray(change)).permute(2, 0, 1)).clamp(0, 1)
