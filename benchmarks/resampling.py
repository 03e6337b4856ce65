"""Why packshot filters as it does: ringing, aliasing and sharpness of nine kernels in linear light, and the timings.

usage: python benchmarks/resampling.py [THREADS]        (default 1)

dark    by how many of 255 levels a mid-grey product beside white, or a dark grey one beside a light ground, gets too
        dark along its edge, worst of 9 offsets
bright  the same upward, on the light ground beside the dark product
alias   r.m.s. response to frequencies that the new grid cannot hold (from 0.55 cycles a new pixel, to 1.5 or what
        the old grid holds); less is better
pass    response at 0.25 and 0.40 cycles a new pixel; 1 is sharp
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable

import cv2
import numpy as np
import torch
from torch import Tensor

from packshot.imaging import colour, compare, geometry
from packshot.imaging.picture import Picture

N = 600


def cubic(b: float, c: float) -> Callable[[Tensor], Tensor]:
    """Mitchell and Netravali 1988, eq. 8."""

    def kernel(t: Tensor) -> Tensor:
        t = t.abs()
        near = (12 - 9 * b - 6 * c) * t**3 + (-18 + 12 * b + 6 * c) * t**2 + 6 - 2 * b
        far = (-b - 6 * c) * t**3 + (6 * b + 30 * c) * t**2 + (-12 * b - 48 * c) * t + 8 * b + 24 * c
        return torch.where(t < 1, near, torch.where(t < 2, far, torch.zeros_like(t))) / 6

    return kernel


def windowed(radius: int, window: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
    return lambda t: torch.where(t.abs() < radius, torch.sinc(t) * window(t / radius), torch.zeros_like(t))


def hann(t: Tensor) -> Tensor:
    return torch.cos(math.pi / 2 * t) ** 2


KERNELS = {
    "area": lambda t: ((t > -0.5) & (t <= 0.5)).double(),
    "triangle": lambda t: (1 - t.abs()).clamp(min=0),
    "Hermite": cubic(0, 0),
    "Mitchell": cubic(1 / 3, 1 / 3),
    "Catmull-Rom": cubic(0, 0.5),
    "Lanczos-2": windowed(2, torch.sinc),
    "Lanczos-3": windowed(3, torch.sinc),
    "Hann-3": windowed(3, hann),
    "Hann-2 (used)": windowed(2, hann),
}


def matrix(kernel: Callable[[Tensor], Tensor], reduction: float) -> Tensor:
    outputs = int(N / reduction)
    centres = reduction * (torch.arange(outputs, dtype=torch.float64) + 0.5)
    weights = kernel((torch.arange(N, dtype=torch.float64) + 0.5 - centres[:, None]) / max(1.0, reduction))
    return weights / weights.sum(1, keepdim=True)


def ring(weights: Tensor, reduction: float, left: float, right: float) -> tuple[float, float]:
    """Levels of 255 by which the filtered edge leaves the range between its two sides, below and above."""
    below = above = 0.0
    for offset in np.linspace(0, reduction, 9):
        edge = torch.full((N,), left, dtype=torch.float64)
        edge[300 + int(offset) :] = right
        row = colour.linear_to_srgb((weights @ colour.srgb_to_linear(edge)).clamp(0, 1))
        row = row[int(len(row) * 0.3) : int(len(row) * 0.8)]
        below = max(below, float(min(left, right) - row.min()) * 255)
        above = max(above, float(row.max() - max(left, right)) * 255)
    return below, above


def response(weights: Tensor, reduction: float, frequency: float) -> float:
    wave = torch.cos(2 * math.pi * frequency / reduction * torch.arange(N, dtype=torch.float64))
    return float((weights @ wave)[20:-20].std() / 0.7071)


def kernels() -> None:
    for name, kernel in KERNELS.items():
        for reduction in (3.0, 2.37, 1.3):
            w = matrix(kernel, reduction)
            dark = max(ring(w, reduction, 1.0, 0.5)[0], ring(w, reduction, 0.2, 0.75)[0])
            bright = ring(w, reduction, 0.2, 0.75)[1]
            alias = np.sqrt(
                np.mean([response(w, reduction, f) ** 2 for f in np.linspace(0.55, min(1.5, reduction / 2), 20)])
            )
            sharp = [response(w, reduction, f) for f in (0.25, 0.4)]
            print(
                f"{name:14s} ÷{reduction:<4g} dark {dark:5.1f}  bright {bright:4.1f}  alias {alias:.2f}  "
                f"pass {sharp[0]:.2f} {sharp[1]:.2f}"
            )


def timed(label: str, function: Callable[[], object], repeats: int = 3) -> None:
    best = [math.inf, math.inf]
    for _ in range(repeats):
        start = time.perf_counter(), time.process_time()
        function()
        best = [min(best[0], time.perf_counter() - start[0]), min(best[1], time.process_time() - start[1])]
    print(f"{label:44s} {best[0] * 1e3:7.0f} ms  ({best[1] * 1e3:.0f} ms of processor)")


def timings() -> None:
    def photo(h: int, w: int) -> Tensor:
        g = torch.Generator().manual_seed(0)
        return torch.randint(0, 256, (1, 3, h, w), dtype=torch.uint8, generator=g).float().div_(255)

    large, small = Picture(photo(4000, 6000)), Picture(photo(512, 512))
    timed("resize 24 MP to 2000 px", lambda: geometry.resize(large, (1333, 2000)))
    timed("resize 512 to 1600 px", lambda: geometry.resize(small, (1600, 1600)))
    timed("resize 512 to 256 px", lambda: geometry.resize(small, (256, 256)))
    a = photo(1000, 1000)
    lab = colour.rgb_to_lab(a)
    for function, x in ((colour.srgb_to_linear, a), (colour.linear_to_srgb, a), (colour.rgb_to_lab, a)):
        timed(f"{function.__name__}, 1 MP", lambda f=function, x=x: f(x))
    timed("delta_e_2000, 1 MP", lambda: colour.delta_e_2000(lab, lab.flip(3)))
    inside = torch.zeros(1, 1, 1000, 1000, dtype=torch.bool)
    inside[..., 100:-100, 150:-150] = True
    timed("fidelity, 1 MP, product untouched", lambda: compare.fidelity(a, a.where(inside, a * 0.5), inside))
    timed("fidelity, 1 MP, every pixel changed", lambda: compare.fidelity(a, a * 0.995, inside))


def main(arguments: list[str] | None = None) -> None:
    threads = int(arguments[0]) if arguments else 1
    torch.set_num_threads(threads)
    cv2.setNumThreads(threads)
    kernels()
    timings()


if __name__ == "__main__":
    main(sys.argv[1:])
