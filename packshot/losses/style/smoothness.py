"""What keeps a styled picture, its scales and its frames together.

Sources: Rudin, Osher & Fatemi 1992 (total variation), as Johnson, Alahi & Fei-Fei 2016, §3.2 use it; Ruder, Dosovitskiy
& Brox 2016, eq. 7 (temporal). Agreement across scales: a picture styled at one size, made smaller, is the one styled
at the smaller size, in its colours or in its statistics.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from packshot.losses.style.statistics import mean_deviation


def total_variation(x: Tensor) -> Tensor:
    """E|difference to the next pixel|, down and across, of `(n, c, h, w)`; 0 for a single pixel."""
    down, across = x[:, :, 1:] - x[:, :, :-1], x[..., 1:] - x[..., :-1]
    terms = [part.abs().mean() for part in (down, across) if part.numel()]
    return torch.stack(terms).mean() if terms else x.sum() * 0


def temporal(previous: Tensor, present: Tensor, weight: Tensor) -> Tensor:
    """E(weight·(present − previous)²), previous already moved along the flow; weight `(n, 1, h, w)`: 0 = uncovered."""
    return (weight * (present - previous).square()).mean()


def agreement(pictures: Sequence[Tensor]) -> Tensor:
    """Mean squared difference between each picture and the next larger one averaged down to its size.

    pictures `(n, 3, h, w)`, small to large; 0 for a single one.
    """
    terms = [
        (small - F.interpolate(large, size=small.shape[2:], mode="area")).square().mean()
        for small, large in itertools.pairwise(pictures)
    ]
    return torch.stack(terms).mean() if terms else pictures[0].sum() * 0


def statistics_agreement(scales: Sequence[Tensor]) -> Tensor:
    """Mean squared difference of the means and deviations of neighbouring scales' features `(n, c, h, w)`."""
    told = [torch.cat(mean_deviation(x), 1) for x in scales]
    terms = [(a - b).square().mean() for a, b in itertools.pairwise(told)]
    return torch.stack(terms).mean() if terms else scales[0].sum() * 0
