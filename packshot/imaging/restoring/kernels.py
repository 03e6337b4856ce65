"""Blur kernels of a moving camera and of a lens out of focus, and finding which of them blurred a picture.

Motion is a straight line, defocus a disc (geometrical optics, no diffraction). Finding: the power spectrum of a photo
falls off as a power of the frequency, alike in all directions (Field 1987); a blur multiplies it by its own spectrum,
whose dark stripes or rings stay visible (Gennery 1973; Cannon 1976). The candidate whose spectrum explains most of what
the power law leaves is taken, if it explains enough. Departures: a noise floor in the model; spectra averaged over
tiles (Welch 1967); sizes are bounded, for what is larger cannot be mended here.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

Plane = NDArray[Any]  # (h, w)

TILE = 128
MOST_TILES = 64
BAND = (0.03, 0.42)  # cycles a pixel that are looked at
FINE = 8  # subpixels along a pixel of a kernel
LENGTHS = (4.0, 4.6, 5.3, 6.1, 7.0, 8.0, 9.2, 10.5, 12.0)
ANGLES = tuple(range(0, 180, 15))
RADII = (1.2, 1.35, 1.5, 1.7, 1.9, 2.1, 2.35, 2.6, 2.9, 3.2, 3.6, 4.0)
EXPLAINED = (
    0.25  # share of what the power law leaves that a blur must explain; clean photos reach 0.05, blurred ones 0.45
)


@dataclass(frozen=True)
class Blur:
    """kind: motion or defocus. size: length or radius, px. angle: of motion, degrees counter-clockwise from the right.

    explained: share of the spectrum's departure from a power law that it explains.
    """

    kind: str
    size: float
    angle: float = 0.0
    explained: float = 1.0

    def kernel(self) -> Plane:
        """`(k, k)` float32, odd, sum 1."""
        return line(self.size, self.angle) if self.kind == "motion" else disc(self.size)


def line(length: float, angle: float) -> Plane:
    """The kernel of a straight motion over `length` px; 1 = none."""
    side = 2 * math.ceil(length / 2) + 1
    reach = max(length - 1, 0) / 2
    across, down = math.cos(math.radians(angle)) * reach, -math.sin(math.radians(angle)) * reach
    y, x = ((np.mgrid[: side * FINE, : side * FINE] + 0.5) / FINE) - side / 2
    along = np.clip((x * across + y * down) / max(reach**2, 1e-9), -1, 1)
    away = np.maximum(np.abs(x - along * across), np.abs(y - along * down))
    return _binned((away <= 0.5).astype(np.float32), side)


def disc(radius: float) -> Plane:
    """The kernel of a lens out of focus, a disc of `radius` px; far below one it is none."""
    side = 2 * math.ceil(radius) + 1
    y, x = ((np.mgrid[: side * FINE, : side * FINE] + 0.5) / FINE) - side / 2
    return _binned((np.hypot(x, y) <= max(radius, 1 / FINE)).astype(np.float32), side)


def _binned(fine: Plane, side: int) -> Plane:
    kernel = fine.reshape(side, FINE, side, FINE).mean((1, 3))
    return np.asarray(kernel / kernel.sum(), np.float32)


def transfer(kernel: Plane, size: tuple[int, int]) -> Plane:
    """Its Fourier transform on the grid of a picture `(h, w)`, real input: `(h, w // 2 + 1)` complex."""
    padded, around = np.zeros(size, np.float32), np.arange(len(kernel)) - len(kernel) // 2
    np.add.at(padded, np.ix_(around % size[0], around % size[1]), kernel)  # a picture may be smaller than the kernel
    return np.asarray(np.fft.rfft2(padded))


def find(luma: Plane, noise: float) -> Blur | None:
    """The blur of a picture `(h, w)` in `[0, 1]`; None if none stands out. noise: standard deviation, same unit."""
    power = _power(luma)
    if power is None:
        return None
    frequency = np.hypot(np.fft.fftfreq(TILE)[:, None], np.fft.rfftfreq(TILE)[None])
    used = (frequency >= BAND[0]) & (frequency <= BAND[1])
    used[:, 0] = used[0] = False  # the frame of a tile, and straight edges of the scene, lie on the axes
    floor = max(noise, 0.3 / 255) ** 2
    left = _remains(power[used], frequency[used], np.ones(int(used.sum())), floor)

    def best(blurs: Iterable[Blur], found: Blur | None) -> Blur | None:
        for blur in blurs:
            response = _seen(blur.kernel())[used]
            share = 1 - _remains(power[used], frequency[used], response, floor) / max(left, 1e-9)
            if share > (EXPLAINED if found is None else found.explained):
                found = replace(blur, explained=share)
        return found

    coarse = best(candidates(), None)
    return None if coarse is None else best(_near(coarse), coarse)


def candidates() -> Iterator[Blur]:
    """Every blur that is looked for."""
    yield from (Blur("defocus", radius) for radius in RADII)
    yield from (Blur("motion", length, angle) for length in LENGTHS for angle in ANGLES)


def _near(blur: Blur) -> Iterator[Blur]:
    """Blurs between the candidates around one."""
    for size in (0.88, 0.94, 1.0, 1.06, 1.12):
        for turn in (-10, -5, 0, 5, 10) if blur.kind == "motion" else (0,):
            yield replace(blur, size=blur.size * size, angle=(blur.angle + turn) % 180)


def _power(luma: Plane) -> Plane | None:
    """Mean power spectrum of the tiles with the most detail, noise-free units; None if there is too little."""
    h, w = luma.shape
    if min(h, w) < TILE:
        return None
    line = np.hanning(TILE).astype(np.float32)
    window = np.outer(line, line)
    tiles = [luma[y : y + TILE, x : x + TILE] for y in _starts(h) for x in _starts(w)]
    tiles = sorted(tiles, key=lambda tile: -float(tile.std()))[:MOST_TILES]
    tiles = [tile for tile in tiles if tile.std() > 0.02]
    if not tiles:
        return None
    spectra = [np.abs(np.fft.rfft2((tile - tile.mean()) * window)) ** 2 for tile in tiles]
    return np.asarray(np.mean(spectra, 0) / (window**2).sum())


def _seen(kernel: Plane) -> Plane:
    """Its power on the grid of a tile, smeared as the window of a tile smears a spectrum."""
    padded = np.zeros((TILE, TILE), np.float32)
    padded[: len(kernel), : len(kernel)] = kernel
    power = np.abs(np.fft.fft2(padded)) ** 2
    for axis in (0, 1):
        power = (np.roll(power, 1, axis) + 4 * power + np.roll(power, -1, axis)) / 6
    return np.asarray(power[:, : TILE // 2 + 1])


def _starts(length: int) -> list[int]:
    return sorted({*range(0, length - TILE + 1, TILE // 2), length - TILE})


def _remains(power: Plane, frequency: Plane, response: Plane, floor: float) -> float:
    """Mean squared log difference between a spectrum and a power law under a blur and a noise floor, fitted."""
    clean = np.maximum(power - floor, 0.05 * floor)
    weight = response / (response + 0.02)  # where the blur lets nothing through, only the floor is seen
    target = np.log(clean) - np.log(response + 0.003)
    design = np.stack([np.ones_like(frequency), np.log(frequency)], 1)
    root = np.sqrt(weight)[:, None]
    fitted, *_ = np.linalg.lstsq(design * root, target * root[:, 0], rcond=None)
    model = np.exp(design @ fitted) * (response + 1e-4) + floor
    return float(((np.log(power + 1e-12) - np.log(model)) ** 2).mean())
