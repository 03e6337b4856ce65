"""The one filter of packshot: separable, antialiased, band by band as small matrix products.

A sinc under a Hann window of radius 2, stretched by the reduction. Chosen by measurement (benchmarks/resampling.py):
in linear light Lanczos-3 darkens the edge of a dark product on a light ground by up to 51 of 255 levels, Catmull-Rom
by 32, this by 15, Mitchell by 13 but softer; area and triangle do not ring at all, but alias (area) or blur
(triangle). In 0/1 mattes the one negative lobe can be clamped away, so nothing leaks outward.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

Rows = tuple[int, int]  # first row and end

BLOCK = 64  # outputs computed by one matrix product
STRIP = 16  # rows decoded at once, small enough for the cache
RADIUS = 2  # of the filter, in pixels of the coarser grid
FULL = 1 + 5e-7  # sum of a filter's weights: white and full opacity come out as 1 exactly, once clamped


def bands(height: int) -> list[Rows]:
    """The rows of a picture, in bands of BLOCK."""
    return [(y, min(y + BLOCK, height)) for y in range(0, height, BLOCK)]


class Taps:
    """Filter weights of one axis: output `i` reads around the input coordinate `scale · (i + 0.5) + shift`.

    blocks: per BLOCK outputs `(first input, end, weights (outputs, inputs))`, inputs clipped to the picture and
    weights renormalised. cover: share of each output pixel that lies over the picture.
    """

    def __init__(self, scale: float, shift: float, outputs: int, inputs: int) -> None:
        stretch = max(1.0, scale)
        edges = (scale * torch.arange(outputs + 1, dtype=torch.float64) + shift).clamp(0, inputs)
        self.cover = ((edges[1:] - edges[:-1]) / scale).to(torch.float32)
        self.blocks: list[tuple[int, int, Tensor]] = []
        for start, end in bands(outputs):
            centre = (scale * (torch.arange(start, end, dtype=torch.float64) + 0.5) + shift).clamp(0, inputs)
            first = max(0, math.floor(float(centre[0]) - RADIUS * stretch))
            last = min(inputs, math.ceil(float(centre[-1]) + RADIUS * stretch) + 1)
            places = torch.arange(first, last, dtype=torch.float64) + 0.5
            weights = _kernel((places - centre[:, None]) / stretch)
            weights *= FULL / weights.sum(1, keepdim=True)
            self.blocks.append((first, last, weights.to(torch.float32)))


def _kernel(t: Tensor) -> Tensor:
    """A sinc under a Hann window of radius 2."""
    return torch.where(t.abs() < RADIUS, torch.sinc(t) * torch.cos(math.pi / 2 / RADIUS * t) ** 2, torch.zeros_like(t))


def filtered(
    sources: tuple[Tensor, ...], decode: Callable[..., Tensor], across: Taps, down: Taps, rows: Rows
) -> Tensor:
    """One band of the output, `(n, c, rows, w)`; `decode` turns strips of the sources into what is averaged."""
    first, last, weights = down.blocks[rows[0] // BLOCK]
    pieces = zip(*(strips(x[:, :, first:last]) for x in sources), strict=True)
    light = torch.cat([decode(*piece) for piece in pieces], 2)
    band = weights.to(light.device) @ light  # n, c, rows, old w
    return torch.cat([band[..., x0:x1] @ w.T.to(light.device) for x0, x1, w in across.blocks], 3)


def strips(x: Tensor) -> tuple[Tensor, ...]:
    """`(n, c, h, w)` in strips of STRIP rows."""
    return torch.split(x, STRIP, 2)  # type: ignore[no-untyped-call]
