"""How far two sets of features lie apart: Fréchet and kernel distances.

Features come from a network that the caller names; distances in features of our own are called FD and KD followed by
that name, never FID or KID, and never set beside published figures.
Sources: Heusel et al. 2017 (FID), eq. 6; Bińkowski et al. 2018 (KID), eq. 4 with the cubic kernel of §4.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from packshot.errors import ParameterError


@dataclass(frozen=True)
class Moments:
    """Mean `(f,)` and covariance `(f, f)` of `count` feature vectors, float64: all that the Fréchet distance needs."""

    mean: Tensor
    covariance: Tensor
    count: int


def moments(features: Tensor) -> Moments:
    """The moments of `(n, f)` features. Raises ParameterError for fewer than two."""
    if features.ndim != 2 or len(features) < 2:
        raise ParameterError(f"features: expected (n, f) with n ≥ 2, got {tuple(features.shape)}")
    x = features.double()
    return Moments(x.mean(0), torch.cov(x.T).reshape(x.shape[1], x.shape[1]), len(x))


def frechet_distance(a: Moments, b: Moments) -> float:
    """|μa - μb|² + tr(Σa + Σb - 2(Σa Σb)^½); 0 for equal moments. Biased upwards for small sets: state the counts.

    The trace of the root is the sum of the roots of the eigenvalues of Σa^½ Σb Σa^½, which is symmetric: no general
    matrix root is needed, and singular covariances (fewer pictures than features) do no harm.
    """
    if a.mean.shape != b.mean.shape:
        raise ParameterError(f"features: {a.mean.numel()} and {b.mean.numel()}; both sets need the same network")
    root = _root(a.covariance)
    values = torch.linalg.eigvalsh(root @ b.covariance @ root).clamp(min=0)
    gap = (a.mean - b.mean).square().sum() + a.covariance.trace() + b.covariance.trace() - 2 * values.sqrt().sum()
    return max(float(gap), 0.0)


def _root(symmetric: Tensor) -> Tensor:
    values, vectors = torch.linalg.eigh(symmetric)
    root: Tensor = (vectors * values.clamp(min=0).sqrt()) @ vectors.T
    return root


def kernel_distance(
    real: Tensor, generated: Tensor, *, block: int = 1000, blocks: int = 10, seed: int = 0
) -> tuple[float, float]:
    """(mean, standard deviation over blocks) of the unbiased squared maximum mean discrepancy of `(n, f)` features.

    Kernel ((x·y)/f + 1)³. Blocks of at most `block` rows are drawn from both sets without replacement.
    """
    size = min(block, len(real), len(generated))
    if size < 2:
        raise ParameterError(f"features: expected at least 2 rows in both sets, got {len(real)} and {len(generated)}")
    generator = torch.Generator().manual_seed(seed)
    found = []
    for _ in range(blocks):
        x = real[torch.randperm(len(real), generator=generator)[:size]].double()
        y = generated[torch.randperm(len(generated), generator=generator)[:size]].double()
        found.append(_unbiased_mmd(x, y))
    values = torch.tensor(found, dtype=torch.float64)
    return float(values.mean()), float(values.std(unbiased=False))


def _unbiased_mmd(x: Tensor, y: Tensor) -> float:
    n, f = x.shape
    xx, yy, xy = ((a @ b.T / f + 1) ** 3 for a, b in ((x, x), (y, y), (x, y)))
    within = (xx.sum() - xx.trace() + yy.sum() - yy.trace()) / (n * (n - 1))
    return float(within - 2 * xy.mean())
