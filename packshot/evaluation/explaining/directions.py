"""Directions that stand for something: what the first layers stretch most, and what parts codes with and without.

Sources: Shen & Zhou, "Closed-Form Factorization of Latent Semantics in GANs" (SeFa, 2021), eqs. 5–8 (eigenvectors of
AᵀA, A the first layers' weights); Shen, Gu, Tang, Zhou, "Interpreting the Latent Space of GANs" (InterFaceGAN, 2020),
§2.2 (the normal of a linear classifier of codes); Chapelle, "Training a Support Vector Machine in the Primal" (2007),
§2.2 (Newton steps on the squared hinge).
"""

from __future__ import annotations

import torch
from torch import Tensor

from packshot.errors import ParameterError
from packshot.evaluation.explaining.walking import Axes

ROUNDS = 30
RIDGE = 1e-2


def sefa_axes(weights: Tensor, count: int) -> Axes:
    """The directions of codes that weights `(rows, d)` stretch most, strongest first; deviations are 1."""
    gram = weights.double().T @ weights.double()
    values, vectors = torch.linalg.eigh(gram)
    found = vectors.flip(1)[:, :count].T
    largest = found.gather(1, found.abs().argmax(1, keepdim=True))
    found = found * torch.where(largest < 0, -1.0, 1.0)
    shares = values.flip(0)[:count] / values.sum().clamp(min=1e-12)
    return Axes(
        torch.zeros(weights.shape[1]), found.float(), torch.ones(len(found)), tuple(float(share) for share in shares)
    )


def separating(codes: Tensor, has: Tensor) -> Axes:
    """The one direction across the plane that best parts codes `(n, d)` with an attribute from those without.

    has: `(n,)` truths. deviations: of the codes along it; explained: the share of codes on their right side (the mean
    of the two kinds'). Raises ParameterError unless both kinds are there.
    """
    if bool(has.all()) or not bool(has.any()):
        raise ParameterError(
            f"has: expected codes with and without the attribute, got {int(has.sum())} of {len(has)} with it"
        )
    x = codes.double()
    mean, spread = x.mean(0), x.std(0).clamp(min=1e-6)
    rows = torch.cat([(x - mean) / spread, torch.ones(len(x), 1, dtype=x.dtype)], 1)
    sign = torch.where(has, 1.0, -1.0).double()
    weight = torch.where(has, 0.5 / has.sum(), 0.5 / (~has).sum()).double()  # both kinds count alike
    plane = _primal(rows, sign, weight)
    normal = plane[:-1] / spread
    normal = normal / normal.norm().clamp(min=1e-12)
    right = (rows @ plane * sign) > 0
    share = (right[has].double().mean() + right[~has].double().mean()) / 2
    return Axes(mean.float(), normal[None].float(), (x @ normal).std()[None].float(), (float(share),))


def _primal(rows: Tensor, sign: Tensor, weight: Tensor) -> Tensor:
    """Newton steps on the mean squared hinge with a ridge, until the support stays; `(d + 1,)`, the last the offset."""
    ridge = RIDGE * torch.eye(rows.shape[1], dtype=rows.dtype)
    ridge[-1, -1] = 1e-9
    plane, support = torch.zeros(rows.shape[1], dtype=rows.dtype), torch.ones(len(rows), dtype=torch.bool)
    for _ in range(ROUNDS):
        some, w = rows[support], weight[support, None]
        plane = torch.linalg.solve(some.T @ (w * some) + ridge, some.T @ (weight[support] * sign[support]))
        now = rows @ plane * sign < 1
        if not bool(now.any()) or torch.equal(now, support):
            break
        support = now
    return plane
