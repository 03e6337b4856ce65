"""Fidelity and variety apart: precision and recall, density and coverage, from nearest neighbours of features.

Sources: Kynkäänniemi et al. 2019 (improved precision and recall), eq. 2-3; Naeem et al. 2020 (density and coverage),
eq. 3-4, who show that density and coverage are the steadier pair.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from packshot.errors import ParameterError

ROWS = 1024  # of a distance matrix held at a time


@dataclass(frozen=True)
class Manifold:
    """precision, recall, coverage in [0, 1]; density ≥ 0, 1 for equal sets on average."""

    precision: float
    recall: float
    density: float
    coverage: float


def compare(real: Tensor, generated: Tensor, neighbours: int = 5) -> Manifold:
    """The four figures of `(n, f)` features. Raises ParameterError if a set has no more than `neighbours` rows."""
    for name, features in (("real", real), ("generated", generated)):
        if len(features) <= neighbours:
            raise ParameterError(f"{name} features: {len(features)} rows, at least {neighbours + 1} are needed")
    real_radius, generated_radius = radii(real, neighbours), radii(generated, neighbours)
    inside = covered = recalled = within = 0.0
    nearest = torch.full((len(real),), float("inf"))
    for rows in torch.split(generated, ROWS):
        distance = torch.cdist(rows.float(), real.float())
        hits = distance <= real_radius
        inside += float(hits.any(1).sum())
        within += float(hits.sum())
        nearest = torch.minimum(nearest, distance.min(0).values)
    covered = float((nearest <= real_radius).sum())
    for rows in torch.split(real, ROWS):
        recalled += float((torch.cdist(rows.float(), generated.float()) <= generated_radius).any(1).sum())
    n, m = len(real), len(generated)
    return Manifold(inside / m, recalled / n, within / (neighbours * m), covered / n)


def radii(features: Tensor, neighbours: int) -> Tensor:
    """`(n,)`: distance of each row to its `neighbours`-th nearest other row."""
    found = [
        torch.cdist(rows.float(), features.float()).topk(neighbours + 1, largest=False).values[:, -1]
        for rows in torch.split(features, ROWS)
    ]
    return torch.cat(found)


def nearest(queries: Tensor, features: Tensor) -> tuple[Tensor, Tensor]:
    """(distances `(q,)`, row numbers `(q,)`) of the nearest feature of every query."""
    found = [torch.cdist(rows.float(), features.float()).min(1) for rows in torch.split(queries, ROWS)]
    return torch.cat([f.values for f in found]), torch.cat([f.indices for f in found])
