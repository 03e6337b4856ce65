"""Losses of autoencoders: likelihoods of pictures and divergences of codes, in nats.

Sums run over what belongs to one picture, means over pictures, so that the sum of a likelihood and a divergence is the
negative evidence lower bound of one picture (Kingma & Welling 2014, eq. 3).
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

LEAST_VARIANCE = math.exp(-12)  # of pictures in [-1, 1]: σ = 0.0025, a third of an 8-bit step


def kl_to_standard_normal(mean: Tensor, log_variance: Tensor) -> Tensor:
    """KL(N(mean, σ²) ‖ N(0, 1)) of codes `(n, d)`, scalar (Kingma & Welling 2014, appendix B)."""
    return 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).sum(1).mean()


def gaussian_nll(truth: Tensor, guess: Tensor, log_sigma: Tensor | float) -> Tensor:
    """−log N(truth; guess, σ²), summed over a picture, mean over pictures; log_sigma a scalar, fixed or learned."""
    log_sigma = torch.as_tensor(log_sigma, dtype=guess.dtype, device=guess.device)
    squares = (truth - guess).square().flatten(1)
    terms = 0.5 * squares * (-2 * log_sigma).exp() + log_sigma + 0.5 * math.log(2 * math.pi)
    return terms.sum(1).mean()


def optimal_gaussian_nll(truth: Tensor, guess: Tensor) -> Tensor:
    """`gaussian_nll` at its best σ, shared by all pixels of the batch: σ² = the mean squared error.

    σ-VAE: Rybkin, Daniilidis, Levine 2021, the optimal variance. At that σ the likelihood is d/2·(log 2πσ² + 1) with
    d pixels times channels; its gradient with respect to guess is that of `gaussian_nll` with σ held still. σ² is kept
    above e⁻¹².
    """
    variance = (truth - guess).square().mean().clamp(min=LEAST_VARIANCE)
    return 0.5 * truth[0].numel() * ((2 * math.pi * variance).log() + 1)


def commitment(code: Tensor, quantised: Tensor) -> Tensor:
    """E(z − sg[e])²: keeps the encoder near its codes (van den Oord et al. 2017, eq. 3, third term, without β)."""
    return (code - quantised.detach()).square().mean()


def codebook(code: Tensor, quantised: Tensor) -> Tensor:
    """E(sg[z] − e)²: moves codes to what the encoder gives (van den Oord et al. 2017, eq. 3, second term)."""
    return (code.detach() - quantised).square().mean()
