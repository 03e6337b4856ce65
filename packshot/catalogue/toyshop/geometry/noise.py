"""Solid noise: a smooth random value at every point of space, the same for the same seed on every machine.

Value noise on a lattice of hashed integers with quintic interpolation (K. Perlin, Improving Noise, 2002, for the
interpolant). Departure: a multiplicative integer hash instead of a permutation table, so that any seed is a new noise.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
Values = NDArray[np.float64]

CORNERS = [(i, j, k) for i in (0, 1) for j in (0, 1) for k in (0, 1)]


def value_noise(points: Points, seed: int) -> Values:
    """Noise in [-1, 1] with a wavelength of about 2 units. points: (n, 3) -> (n,)."""
    base = np.floor(points)
    part = points - base
    ease = part**3 * (part * (part * 6 - 15) + 10)
    cell = base.astype(np.int64)
    total = np.zeros(len(points))
    for corner in CORNERS:
        weight = np.ones(len(points))
        for axis, bit in enumerate(corner):
            weight *= ease[:, axis] if bit else 1 - ease[:, axis]
        total += weight * _hash(cell + corner, seed)
    return total


def fractal_noise(points: Points, seed: int, octaves: int = 3) -> Values:
    """Octaves of `value_noise`, each half as long and half as strong; in [-1, 1]. points: (n, 3) -> (n,)."""
    total, strength = np.zeros(len(points)), 0.0
    for octave in range(octaves):
        total += value_noise(points * 2.0**octave + 17.3 * octave, seed + octave) / 2**octave
        strength += 1 / 2**octave
    return total / strength


def vector_noise(points: Points, seed: int) -> NDArray[np.float64]:
    """Three independent noises. points: (n, 3) -> (n, 3) in [-1, 1]."""
    return np.stack([value_noise(points, seed + 101 * axis) for axis in range(3)], axis=1)


def _hash(cell: NDArray[np.int64], seed: int) -> Values:
    """One value in [-1, 1] for each lattice point. cell: (n, 3)."""
    mixed = cell.astype(np.uint64)
    x = mixed[:, 0] * np.uint64(0x9E3779B97F4A7C15) ^ mixed[:, 1] * np.uint64(0xC2B2AE3D27D4EB4F)
    x ^= mixed[:, 2] * np.uint64(0x165667B19E3779F9) ^ np.uint64(seed * 0x27D4EB2F165667C5 % 2**64)
    x ^= x >> np.uint64(31)
    x *= np.uint64(0xBF58476D1CE4E5B9)
    x ^= x >> np.uint64(29)
    return (x >> np.uint64(40)).astype(np.float64) / 2**23 - 1
