"""Does a generator copy its training pictures? Meehan, Chaudhuri and Dasgupta's three-sample test.

Source: Meehan et al. 2020, "A Non-Parametric Test to Detect Data-Copying in Generative Models", §4: within each cell of
the training set, are generated pictures closer to the training pictures than held-out ones are? A Mann-Whitney U test
a cell, combined by the share of held-out pictures in the cell (eq. 5). C_T far below 0 means copying, far above 0 means
underfitting. Bhattacharjee et al. 2023 show that copying of single pictures can hide from it: the nearest neighbours
belong beside the figure.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from packshot.errors import ParameterError
from packshot.evaluation.manifold import nearest

FEWEST = 20  # held-out pictures that a cell must have to be counted


@dataclass(frozen=True)
class Copying:
    """c_t: the test's figure, about standard normal without copying. cells: how many were counted.

    closest: distance of the generated picture that is nearest to a training picture, relative to the median distance
    of held-out pictures; duplicates: share of generated pictures nearer than the nearest held-out one in a hundred.
    """

    c_t: float
    cells: int
    closest: float
    duplicates: float


def copying_test(training: Tensor, held_out: Tensor, generated: Tensor, *, cells: int = 10, seed: int = 0) -> Copying:
    """The test on `(n, f)` features of the three sets. Raises ParameterError if no cell has enough held-out ones."""
    centres = k_means(training, cells, seed)
    held_distance, held_near = nearest(held_out, training)
    made_distance, made_near = nearest(generated, training)
    cell_of = nearest(training, centres)[1]
    total, weight = 0.0, 0.0
    counted = 0
    for cell in range(len(centres)):
        held, made = held_distance[cell_of[held_near] == cell], made_distance[cell_of[made_near] == cell]
        if len(held) < FEWEST or len(made) < FEWEST:
            continue
        share = len(held) / len(held_out)
        total, weight, counted = total + share * mann_whitney_z(made, held), weight + share, counted + 1
    if not counted:
        raise ParameterError(f"held-out features: {len(held_out)} rows, no cell has {FEWEST}; use more rows")
    limit = held_distance.quantile(0.01)
    closest = float(made_distance.min() / held_distance.median().clamp(min=1e-12))
    return Copying(total / weight, counted, closest, float((made_distance < limit).float().mean()))


def mann_whitney_z(a: Tensor, b: Tensor) -> float:
    """The standardised Mann-Whitney U of two samples, ties counted half; below 0 where `a` tends to be smaller."""
    n, m = len(a), len(b)
    ordered = b.sort().values
    below, upto = torch.searchsorted(ordered, a, right=False), torch.searchsorted(ordered, a, right=True)
    u = float((below + upto).double().sum() / 2)
    return (u - n * m / 2) / math.sqrt(n * m * (n + m + 1) / 12)


def k_means(features: Tensor, cells: int, seed: int = 0, turns: int = 25) -> Tensor:
    """Centres `(cells, f)` of Lloyd's algorithm, started by k-means++ (Arthur & Vassilvitskii 2007)."""
    generator = torch.Generator().manual_seed(seed)
    x = features.float()
    centres = x[torch.randint(len(x), (1,), generator=generator)]
    while len(centres) < min(cells, len(x)):
        weight = nearest(x, centres)[0].square().double() + 1e-12
        centres = torch.cat([centres, x[torch.multinomial(weight, 1, generator=generator)]])
    for _ in range(turns):
        cell = nearest(x, centres)[1]
        sums = torch.zeros_like(centres).index_add_(0, cell, x)
        counts = torch.bincount(cell, minlength=len(centres))[:, None]
        centres = torch.where(counts > 0, sums / counts.clamp(min=1), centres)
    return centres
