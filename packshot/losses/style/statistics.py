"""How far two pictures are apart in style: statistics of their features, blind to where things are.

gram_distance: Gatys, Ecker & Bethge 2016, eqs. 3 to 5: E(G − A)², G = FFᵀ / (h·w).
gaussian_distance: squared 2-Wasserstein distance, ‖μ − ν‖² + tr(A + B − 2(A½BA½)½) (Olkin & Pukelsheim 1982).
moment_distance: Huang & Belongie 2017, eq. 13: means and standard deviations.
sliced_wasserstein: Heitz et al. 2021, eq. 2; Bonneel et al. 2015: mean over directions of sorted projections.
histogram_distance: Risser, Wilmot & Barnes 2017, eq. 7: features and themselves with histograms matched.
constraint: L1 and L2 distance of the vectors of means and deviations of all maps, by which a network may be held.

Departures: sums are means; sets of unequal size are compared at the same ranks, read off by linear interpolation; the
histogram is matched by rank, not by bins, so the loss is the sliced distance along the axes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional as F

Maps = Sequence[Tensor]
EPSILON = 1e-6


def gram(x: Tensor) -> Tensor:
    """`(n, c, h, w)` → `(n, c, c)`: second moments of the features, not centred."""
    flat = x.flatten(2)
    return flat @ flat.transpose(1, 2) / flat.shape[2]


def gram_distance(style: Tensor, found: Tensor) -> Tensor:
    """E(gram(style) − gram(found))²."""
    return (gram(style) - gram(found)).square().mean()


def mean_covariance(x: Tensor) -> tuple[Tensor, Tensor]:
    """Mean `(n, c)` and covariance `(n, c, c)` of features `(n, c, …)` over places."""
    flat = x.flatten(2)
    mean = flat.mean(2)
    centred = flat - mean[:, :, None]
    return mean, centred @ centred.transpose(1, 2) / flat.shape[2]


def gaussian_distance(style: tuple[Tensor, Tensor], found: tuple[Tensor, Tensor]) -> Tensor:
    """Squared 2-Wasserstein distance of Gaussians given as `mean_covariance`, by channel, mean over pictures.

    The root is taken of style's covariance, whose gradient is not needed; found's enters by eigenvalues alone, so the
    gradient stays finite where eigenvalues meet.
    """
    (mean_s, cov_s), (mean_f, cov_f) = style, found
    root = _root(cov_s.detach())
    inner = root @ cov_f @ root
    identity = torch.eye(inner.shape[1], dtype=inner.dtype, device=inner.device)
    inner = ((inner + inner.transpose(1, 2)) / 2 + EPSILON**2 * identity).double()
    together = torch.linalg.eigvalsh(inner).clamp(min=EPSILON**2).to(cov_f.dtype)
    spread = _trace(cov_s) + _trace(cov_f) - 2 * together.sqrt().sum(1)
    distance: Tensor = ((mean_s - mean_f).square().sum(1) + spread.clamp(min=0)).mean()
    return distance / mean_s.shape[1]


def _root(symmetric: Tensor) -> Tensor:
    values, vectors = torch.linalg.eigh(symmetric.double())  # in single precision it fails on flat features
    root: Tensor = (vectors * values.clamp(min=0).sqrt()[:, None]) @ vectors.transpose(1, 2)
    return root.to(symmetric.dtype)


def _trace(x: Tensor) -> Tensor:
    trace: Tensor = x.diagonal(dim1=1, dim2=2).sum(1)
    return trace


def mean_deviation(x: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation `(n, c)` of features `(n, c, …)` over places; the latter has a gradient at 0."""
    flat = x.flatten(2)
    return flat.mean(2), (flat.var(2, correction=0) + EPSILON).sqrt()


def moment_distance(style: Tensor, found: Tensor) -> Tensor:
    """E(μ − ν)² + E(σ − τ)² over channels."""
    pairs = zip(mean_deviation(style), mean_deviation(found), strict=True)
    return torch.stack([(a - b).square().mean() for a, b in pairs]).sum()


def directions(channels: int, count: int, generator: torch.Generator | None = None) -> Tensor:
    """`(channels, count)` unit vectors, uniform on the sphere."""
    drawn = torch.randn(channels, count, generator=generator)
    return F.normalize(drawn, dim=0, eps=EPSILON)


def sliced_wasserstein(style: Tensor, found: Tensor, along: Tensor) -> Tensor:
    """Mean over directions `(c, d)` of the squared 2-Wasserstein distance of projections.

    style, found: features `(n, c, …)`; pictures of a batch are compared one by one, style may have one for all.
    """
    projected = along.to(found).T
    a = (projected @ style.flatten(2)).sort(2).values  # (n, d, k)
    b = (projected @ found.flatten(2)).sort(2).values
    return (ranked(a, b.shape[2]) - b).square().mean()


def ranked(x: Tensor, count: int) -> Tensor:
    """`(…, k)` sorted numbers read off at `count` evenly spread ranks: the mean of k equal steps if count divides."""
    k = x.shape[-1]
    if k == count:
        return x
    flat = x.reshape(1, -1, k)
    return F.interpolate(flat, size=count, mode="linear", align_corners=False).view(*x.shape[:-1], count)


def histogram_distance(style: Tensor, found: Tensor) -> Tensor:
    """E(found − matched(found, style))²: each channel against itself with style's histogram."""
    return (found - matched(found, style).detach()).square().mean()


def matched(x: Tensor, style: Tensor) -> Tensor:
    """Features `(n, c, …)` of x with each channel's values exchanged, rank by rank, for those of style."""
    flat, wanted = x.flatten(2), style.flatten(2).sort(2).values
    ranks = flat.argsort(2).argsort(2)
    wanted = ranked(wanted, flat.shape[2]).expand(flat.shape)
    return wanted.gather(2, ranks).view(x.shape)


def constraint(style: Maps, found: Maps, power: Literal[1, 2] = 2) -> Tensor:
    """Mean |difference|^power of the means and deviations of all maps: an L1 or L2 constraint on style."""
    a, b = (torch.cat([part for x in maps for part in mean_deviation(x)], 1) for maps in (style, found))
    return (a - b).abs().mean() if power == 1 else (a - b).square().mean()
