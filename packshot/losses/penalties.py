"""Penalties on gradients: of a critic with respect to its pictures, of a generator with respect to its style codes.

Normalisation, the same everywhere: the squared norm is a sum over channels and pixels of one picture, the penalty a
mean over pictures, and zero-centred penalties carry the factor ½ of their papers, so the weight is the papers' γ (and
λ for WGAN-GP). A penalty applied every k-th step takes the weight k·γ. Score and pictures must come from one graph:

    x.requires_grad_()
    penalty = zero_centred(critic(x), x)

Backward through a penalty is a second-order gradient; in float16 it overflows: keep it in float32 or bfloat16. Where a
critic uses batch statistics, ∂score_i/∂x_j is not zero, and the norms are those of the summed scores.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor


def _gradient(score: Tensor, x: Tensor) -> Tensor:
    (gradient,) = torch.autograd.grad(score.sum(), x, create_graph=True)
    return gradient.flatten(1)  # (n, everything else)


def zero_centred(score: Tensor, x: Tensor) -> Tensor:
    """½E‖∇ₓ score‖², scalar.

    With real x this is R1, with generated x R2 (Mescheder et al. 2018, eqs. 9, 10), with points between both the
    zero-centred penalty of Thanh-Tung et al. 2019 (there without ½).
    """
    return 0.5 * _gradient(score, x).square().sum(1).mean()


def one_centred(score: Tensor, x: Tensor) -> Tensor:
    """E(‖∇ₓ score‖ − 1)², scalar, with x from `between` (WGAN-GP: Gulrajani et al. 2017, eq. 3)."""
    norms = (_gradient(score, x).square().sum(1) + 1e-12).sqrt()  # the root has no gradient at 0
    return (norms - 1).square().mean()


def between(real: Tensor, fake: Tensor, share: Tensor) -> Tensor:
    """Points on the lines from fake to real `(n, c, h, w)`, ready for a penalty; share `(n,)` from U(0, 1)."""
    share = share.to(real.dtype).view(-1, *[1] * (real.dim() - 1))
    return (share * real.detach() + (1 - share) * fake.detach()).requires_grad_()


def path_lengths(pictures: Tensor, w: Tensor, noise: Tensor) -> Tensor:
    """‖Jᵀy‖ of every picture, `(n,)` (StyleGAN2: Karras et al. 2020, §3.2).

    pictures `(n, c, h, w)` as a function of the style codes w, `(n, d)` or `(n, layers, d)`; noise as the pictures,
    from N(0, 1), divided here by √(h·w). For codes of several layers the squared norm is a mean over layers.
    """
    y = noise / math.sqrt(pictures.shape[2] * pictures.shape[3])
    (gradient,) = torch.autograd.grad((pictures * y).sum(), w, create_graph=True)
    squares = gradient.square().sum(-1)  # (n,) or (n, layers)
    return (squares if squares.dim() == 1 else squares.mean(1)).sqrt()


def path_length(lengths: Tensor, mean_length: Tensor) -> Tensor:
    """E(length − a)², scalar (Karras et al. 2020, eq. 4); a is a running mean of lengths, kept by the caller."""
    return (lengths - mean_length).square().mean()
