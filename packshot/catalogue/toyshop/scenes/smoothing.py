"""Take the noise out of light that was traced with few paths, guided by layers that have none.

Edge-avoiding a-trous wavelets (H. Dammertz, D. Sewtz, J. Hanika, H. Lensch, 2010) with weights of the brightness by its
estimated variance (C. Schied et al., Spatiotemporal Variance-Guided Filtering, 2017). Departures: the variance comes
from two independent halves of one picture; no history; brightness is compared as its logarithm.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.floating[Any]]
SPLINE = (1 / 16, 1 / 4, 3 / 8, 1 / 4, 1 / 16)


def smooth(first: Image, second: Image, guides: list[tuple[Image, float]], levels: int, reach: float = 5.0) -> Image:
    """Mean of two independent estimates (h, w, 3) with little of its noise left.

    guides: noiseless layers (h, w, c), each with the difference that counts as an edge. levels: the last one reaches
    2^(levels + 1) px. reach: standard deviations of the brightness that still count as noise.
    """
    light: Image = (first + second) / 2
    tone = _tone(light)
    noise = cv2.GaussianBlur((_tone(first) - _tone(second)) ** 2 / 4, (0, 0), 2.0)
    stack = np.concatenate([guide / np.float32(edge) for guide, edge in guides], -1)
    for level in range(levels):
        light, noise = _level(light, tone, noise, stack, 2**level, reach)
        tone = _tone(light)
    return light


def _level(light: Image, tone: Image, noise: Image, guides: Image, step: int, reach: float) -> tuple[Image, Image]:
    pad = 2 * step
    wide = [np.pad(a, ((pad, pad), (pad, pad), (0, 0))[: a.ndim], "edge") for a in (light, tone, noise, guides)]
    h, w = tone.shape
    spread = reach * np.sqrt(cv2.GaussianBlur(noise, (0, 0), 1.0)) + np.float32(0.025)
    total, left, weights = np.zeros_like(light), np.zeros_like(noise), np.zeros_like(tone)
    for i, a in enumerate(SPLINE):
        for k, b in enumerate(SPLINE):
            rows, columns = slice(i * step, i * step + h), slice(k * step, k * step + w)
            near, near_tone, near_noise, near_guides = (x[rows, columns] for x in wide)
            gap = ((guides - near_guides) ** 2).sum(-1) / 2 + np.abs(tone - near_tone) / spread
            weight = np.exp(-gap) * np.float32(a * b)
            total += near * weight[..., None]
            left += near_noise * weight**2
            weights += weight
    return total / weights[..., None], left / weights**2


def _tone(light: Image) -> Image:
    calm = cv2.GaussianBlur(light, (0, 0), 0.7)
    brightness = np.maximum(calm, 0) @ np.array([0.2126, 0.7152, 0.0722], np.float32)
    return np.asarray(np.log(brightness + np.float32(0.02)), np.float32)
