"""Remove what is left of the Monte Carlo noise from a render that was made in two halves.

Non-local means on the mean of the halves (F. Rousselle, C. Knaus, M. Zwicker, Adaptive Rendering with Non-Local Means
Filtering, 2012): patches are compared by their difference over the variance that the two halves show. Departures:
the differences of albedo, normal and depth cap the weight of a neighbour, a single pass, and no error estimate; only a
small window, so that texture and reflections stay.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.floating[Any]]


def denoise(
    first: Image, second: Image, guides: list[tuple[Image, float]], radius: int = 4, strength: float = 0.6
) -> Image:
    """Mean of two independent renders of one scene, its noise smoothed away.

    first, second: (h, w, 3) linear. guides: noise-light layers (h, w, c), each with the difference that counts as an
    edge. radius: of the search window, px. strength: 0 keeps everything, 1 smooths down to the estimated noise.
    """
    mean = (first + second) / 2
    tone = np.log1p(mean * np.float32(6 / max(float(np.median(mean)), 1e-6)))
    scale = (tone / np.maximum(mean, 1e-6)).mean(-1, keepdims=True)
    spread = cv2.GaussianBlur(((first - second) / 2 * scale) ** 2, (0, 0), 2.5).mean(-1)
    total, weights = mean.copy(), np.ones(mean.shape[:2], np.float32)
    for dy in range(-radius, radius + 1):
        for dx in range(-radius, radius + 1):
            if (dy, dx) == (0, 0):
                continue
            weight = _likeness(tone, spread, dy, dx, strength)
            for guide, edge in guides:
                gap = ((guide - _shift(guide, dy, dx)) ** 2).sum(-1)
                weight = np.minimum(weight, np.exp(-gap / (2 * edge**2)))
            total += _shift(mean, dy, dx) * weight[..., None]
            weights += weight
    return total / weights[..., None]


def _likeness(tone: Image, spread: Image, dy: int, dx: int, strength: float) -> Image:
    """Weight in [0, 1] of the neighbour at (dy, dx), by 3x3 patches."""
    gap = ((tone - _shift(tone, dy, dx)) ** 2).mean(-1)
    other = _shift(spread, dy, dx)
    excess = (gap - (spread + np.minimum(spread, other))) / (1e-6 + strength**2 * (spread + other))
    return np.asarray(np.exp(-np.maximum(cv2.blur(excess, (3, 3)), 0)))


def _shift(image: Image, dy: int, dx: int) -> Image:
    """The image moved by whole pixels, borders repeated."""
    h, w = image.shape[:2]
    rows, columns = np.clip(np.arange(h) + dy, 0, h - 1), np.clip(np.arange(w) + dx, 0, w - 1)
    return image[rows][:, columns]
