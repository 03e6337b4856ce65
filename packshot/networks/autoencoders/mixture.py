"""A Gaussian mixture over latent codes, fitted by expectation maximisation: the simplest second stage.

Source: Dempster, Laird, Rubin, "Maximum Likelihood from Incomplete Data via the EM Algorithm" (1977), §4.3; sampling
an autoencoder by a mixture fitted to its codes as in Ghosh et al., "From Variational to Deterministic Autoencoders"
(2020), §4. Covariances are full; `floor` is added to their diagonals. There is nothing to learn by gradient: the
state is three buffers. Wants float32; many codes a component.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from packshot.networks.layers.configs import require, require_at_least


@dataclass(frozen=True)
class MixtureConfig:
    """components: number of Gaussians; floor: least variance, added to every covariance's diagonal."""

    latent_dim: int = 32
    components: int = 10
    floor: float = 1e-3

    def __post_init__(self) -> None:
        require_at_least(1, latent_dim=self.latent_dim, components=self.components)
        require(self.floor > 0, "floor", "a variance above 0", self.floor)


class Mixture(nn.Module):
    """Noise `(n, latent_dim)` from N(0, 1) and choice `(n,)` from U(0, 1) → codes `(n, latent_dim)`."""

    shares: Tensor
    means: Tensor
    factors: Tensor

    def __init__(self, config: MixtureConfig) -> None:
        super().__init__()
        self.config = config
        k, d = config.components, config.latent_dim
        self.register_buffer("shares", torch.full((k,), 1 / k))
        self.register_buffer("means", torch.zeros(k, d))
        self.register_buffer("factors", torch.eye(d).repeat(k, 1, 1))  # Cholesky factors of the covariances

    def forward(self, noise: Tensor, choice: Tensor) -> Tensor:
        component = torch.searchsorted(self.shares.cumsum(0), choice.to(self.shares)).clamp(max=len(self.shares) - 1)
        codes: Tensor = self.means[component] + (self.factors[component] @ noise[:, :, None]).squeeze(2)
        return codes

    def log_densities(self, codes: Tensor) -> Tensor:
        """log(share · density) of every component at codes `(n, latent_dim)`: `(n, components)`."""
        away = (codes[:, None] - self.means).transpose(0, 1)  # (k, n, d)
        white = torch.linalg.solve_triangular(self.factors, away.transpose(1, 2), upper=False)  # (k, d, n)
        log_determinant = self.factors.diagonal(dim1=1, dim2=2).log().sum(1)
        constant = 0.5 * self.config.latent_dim * math.log(2 * math.pi)
        logs: Tensor = self.shares.log() - log_determinant - constant - 0.5 * white.square().sum(1).T
        return logs

    @torch.no_grad()
    def start(self, codes: Tensor, order: Tensor) -> None:
        """Begin at the codes `order[0], order[1], …` as means, with the covariance of all codes; order is a
        permutation.

        Raises ParameterError if there are fewer codes than components.
        """
        k = self.config.components
        require(len(codes) >= k, "codes", f"at least {k}, one a component", len(codes))
        self.means.copy_(codes[order[:k]])
        self.shares.fill_(1 / k)
        self.factors.copy_(self._factor(torch.cov(codes.T).view(1, *self.factors.shape[1:])).expand_as(self.factors))

    @torch.no_grad()
    def refine(self, codes: Tensor) -> float:
        """One step of expectation maximisation; returns the mean log-likelihood before it, in nats a code."""
        logs = self.log_densities(codes)
        responsibility = logs.softmax(1)  # (n, k)
        counts = responsibility.sum(0).clamp(min=1e-6)
        self.shares.copy_(counts / counts.sum())
        self.means.copy_(responsibility.T @ codes / counts[:, None])
        away = codes[:, None] - self.means  # (n, k, d)
        covariance = torch.einsum("nk,nki,nkj->kij", responsibility, away, away) / counts[:, None, None]
        self.factors.copy_(self._factor(covariance))
        return float(logs.logsumexp(1).mean())

    def _factor(self, covariance: Tensor) -> Tensor:
        floor = self.config.floor * torch.eye(self.config.latent_dim, dtype=covariance.dtype, device=covariance.device)
        factor: Tensor = torch.linalg.cholesky(covariance + floor)
        return factor
