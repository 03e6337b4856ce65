"""Are maps true? Take away what they mark, or show nothing else, and watch the score.

Source: Petsiuk, Das, Saenko 2018, "RISE", §4.2 (deletion and insertion, areas under their curves). A small deletion
area and a large insertion area are good.
Departures: what is taken away becomes the picture's own ground (the mean of its border), for a product photo without
the product is ground, and insertion starts there too, where the paper takes grey and a blur; pixels of equal
importance go in random order; the score need not be a probability. Beside the map stand orders that know nothing of
the network: noise of the map's own grain (the fair one: patches disturb a network otherwise than single pixels do),
single pixels, the middle first, edges first.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from packshot.evaluation.explaining.watching import Score

STEPS = 12
DRAWS = 3  # of random patches, averaged picture by picture
CHANCE = "random patches"  # with their number a side


@dataclass(frozen=True)
class Curves:
    """The score along the way, `(n, steps + 1)` each: from the whole picture to its ground, and back."""

    deletion: Tensor
    insertion: Tensor


@dataclass(frozen=True)
class Faithfulness:
    """Areas of one order over n pictures: mean and standard error of the mean.

    gap: this order's deletion area less that of random patches of its own grain, picture by picture (below 0 = better
    than chance); better: share of pictures where it is below. whole, bare: mean score of the pictures and of their bare
    ground; unless bare is lower, deletion takes nothing away and the areas say nothing.
    """

    order: str
    deletion: float
    insertion: float
    deletion_error: float
    insertion_error: float
    gap: float
    gap_error: float
    better: float
    whole: float
    bare: float
    n: int


def curves(score: Score, x: Tensor, importance: Tensor, *, steps: int = STEPS, seed: int = 0) -> Curves:
    """Curves of pictures `(n, c, h, w)` in the order of importance `(n, h, w)`, highest first."""
    n, _, h, w = x.shape
    ground = ground_of(x)
    rank = _ranks(importance, seed).view(n, 1, h, w)
    deletion, insertion = [], []
    with torch.no_grad():
        for step in range(steps + 1):
            first = rank < round(step / steps * h * w)
            deletion.append(score(torch.where(first, ground, x)))
            insertion.append(score(torch.where(first, x, ground)))
    return Curves(torch.stack(deletion, dim=1), torch.stack(insertion, dim=1))


def area(curve: Tensor) -> Tensor:
    """`(n, steps + 1)` → `(n,)`: area under the curve over the share of pixels from 0 to 1 (trapezoids)."""
    return torch.trapezoid(curve, dim=1) / (curve.shape[1] - 1)


def ground_of(x: Tensor) -> Tensor:
    """`(n, c, 1, 1)`: the mean colour of each picture's border of one pixel."""
    border = torch.cat([x[..., 0, :], x[..., -1, :], x[..., 0], x[..., -1]], dim=2)
    return border.mean(2)[:, :, None, None]


def baselines(x: Tensor, sides: Iterable[int], seed: int) -> dict[str, Tensor]:
    """Orders `(n, h, w)` that know nothing of the network. sides: of the maps they are compared with."""
    n, _, h, w = x.shape
    generator = torch.Generator().manual_seed(seed)
    y, x_at = torch.meshgrid(torch.linspace(-1, 1, h), torch.linspace(-1, 1, w), indexing="ij")
    grey = x.mean(1, keepdim=True).cpu()
    across, down = F.pad(grey.diff(dim=3).abs(), (0, 1)), F.pad(grey.diff(dim=2).abs(), (0, 0, 0, 1))
    distinct = sorted(set(sides))
    coarse = {chance(side): torch.randn(n, 1, side, side, generator=generator) for side in distinct}
    coarse["edges"] = F.adaptive_avg_pool2d(across + down, distinct[-1])
    fine = {name: F.interpolate(m, (h, w), mode="bilinear", align_corners=False)[:, 0] for name, m in coarse.items()}
    fine["random pixels"] = torch.rand(n, h, w, generator=generator)
    fine["centre"] = -(y**2 + x_at**2).expand(n, h, w)
    return fine


def chance(side: int) -> str:
    """The name of random patches of a grain."""
    return f"{CHANCE} {side} × {side}"


def compare(
    score: Score, x: Tensor, maps: Mapping[str, tuple[Tensor, int]], *, steps: int = STEPS, seed: int = 0
) -> tuple[list[Faithfulness], dict[str, Curves]]:
    """Maps by name, each `(n, h, w)` with the side it was computed at, beside all baselines; and their mean curves.

    Random patches are drawn DRAWS times and averaged. Orders without a grain are set against the finest patches. All
    from `seed`.
    """
    sides = [side for _, side in maps.values()]
    drawn = [baselines(x, sides, seed + draw) for draw in range(DRAWS)]
    found: dict[str, Curves] = {}
    for name in (*maps, *drawn[0]):
        several = (
            [draw[name] for draw in drawn]
            if name.startswith(CHANCE)
            else [maps[name][0] if name in maps else drawn[0][name]]
        )
        runs = [curves(score, x, order.to(x.device), steps=steps, seed=seed) for order in several]
        found[name] = Curves(
            torch.stack([run.deletion for run in runs]).mean(0), torch.stack([run.insertion for run in runs]).mean(0)
        )
    rows = []
    for name, run in found.items():
        rival = name if name.startswith(CHANCE) else chance(maps[name][1] if name in maps else max(sides))
        rows.append(_row(name, run, area(found[rival].deletion)))
    return rows, {name: _mean(run) for name, run in found.items()}


def _mean(run: Curves) -> Curves:
    return Curves(run.deletion.mean(0, keepdim=True), run.insertion.mean(0, keepdim=True))


def _row(name: str, run: Curves, rival: Tensor) -> Faithfulness:
    deletion, insertion = area(run.deletion), area(run.insertion)
    gap = deletion - rival
    better = 0.5 if name.startswith(CHANCE) else float((gap < 0).float().mean())
    return Faithfulness(
        name,
        float(deletion.mean()),
        float(insertion.mean()),
        _error(deletion),
        _error(insertion),
        float(gap.mean()),
        _error(gap),
        better,
        float(run.deletion[:, 0].mean()),
        float(run.deletion[:, -1].mean()),
        len(deletion),
    )


def _error(values: Tensor) -> float:
    return float(values.std() / math.sqrt(len(values))) if len(values) > 1 else 0.0


def _ranks(importance: Tensor, seed: int) -> Tensor:
    """`(n, h, w)` → `(n, h·w)`: place of each pixel in the order, 0 = most important, ties by lot."""
    flat = importance.flatten(1)
    lot = torch.randperm(flat.shape[1], generator=torch.Generator().manual_seed(seed)).to(flat.device)
    order = lot[flat[:, lot].argsort(dim=1, descending=True, stable=True)]
    return order.argsort(dim=1)
