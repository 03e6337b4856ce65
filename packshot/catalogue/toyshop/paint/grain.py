"""Growth rings and fibres of solid wood, as noise in space."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from packshot.catalogue.toyshop.geometry.noise import Points, Values, fractal_noise, value_noise


def wood_grain(points: Points, axis: NDArray[np.float64], seed: int) -> tuple[Values, Values]:
    """Growth rings and fibres of solid wood: two darknesses, about [0, 1] and [-1, 1]. points: (n, 3) cm.

    Rings are distances from a pith some centimetres away, wavering along the trunk; each ring darkens slowly towards
    its late wood and ends sharply. Fibres are noise drawn out forty times along the axis.
    """
    rng = np.random.default_rng(seed)
    a = axis / np.linalg.norm(axis)
    side = np.cross(a, [0.31, 0.52, 0.8])
    side /= np.linalg.norm(side)
    along, u, v = points @ a, points @ side, points @ np.cross(a, side)
    pith = rng.uniform(3, 9) * np.array([np.cos(t := rng.uniform(0, 6.28)), np.sin(t)])
    waver = 0.22 * fractal_noise(np.stack([along / 9, u / 2.5, v / 2.5], 1) + 5, seed, 2)
    radius = np.hypot(u - pith[0], v - pith[1]) + waver + 0.02 * along
    ring = radius / rng.uniform(0.28, 0.5)
    phase, number = ring % 1, np.floor(ring)
    late = phase**3 * np.clip((1 - phase) / 0.07, 0, 1)
    strength = 0.65 + 0.35 * np.sin(number * 2.4 + seed % 7)
    thin = np.stack([along / 3.2, u / 0.075, v / 0.075], 1)
    fibre = value_noise(thin, seed + 3) + 0.6 * value_noise(thin * np.array([1.7, 0.45, 0.45]), seed + 4)
    return late * strength, fibre / 1.6
