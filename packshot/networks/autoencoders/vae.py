"""Variational autoencoder with convolutions, unconditional or conditional.

Source: Kingma & Welling, "Auto-Encoding Variational Bayes" (2014), §2.4 (reparameterisation) and appendix C.2
(Gaussian encoder); the condition enters encoder and decoder as in Sohn, Lee, Yan, "Learning Structured Output
Representation using Deep Conditional Generative Models" (2015), §4. What makes it a β-VAE, a σ-VAE or a VAE-GAN is
the objective, not the network: the decoder gives the mean of the picture alone.
Departures: the paper's perceptrons are convolutional pyramids here (strided convolutions down, nearest-neighbour
doubling up, a `ConvBlock` at each side); the prior stays N(0, 1) whatever the condition; the mean is bounded by tanh.
`log_variance` wants float32 (it is exponentiated).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from packshot.networks.layers.blocks import contracting, expanding
from packshot.networks.layers.configs import check_condition, joined, pyramid, pyramid_widths, require_at_least


@dataclass(frozen=True)
class VAEConfig:
    """latent_dim: length of z; width: channels at half of full size, doubled per halving, at most max_width."""

    latent_dim: int = 32
    condition_dim: int = 0
    channels: int = 3
    size: int = 64
    width: int = 32
    max_width: int = 128

    def __post_init__(self) -> None:
        require_at_least(1, latent_dim=self.latent_dim, channels=self.channels, width=self.width)
        require_at_least(self.width, max_width=self.max_width)
        require_at_least(0, condition_dim=self.condition_dim)
        pyramid(self.size)


@dataclass(frozen=True)
class Reconstruction:
    """picture: `(n, channels, size, size)` in [-1, 1]; mean, log_variance and the drawn z: `(n, latent_dim)`."""

    picture: Tensor
    mean: Tensor
    log_variance: Tensor
    z: Tensor


class VAE(nn.Module):
    """`(n, channels, size, size)` in [-1, 1], condition `(n, condition_dim)` → Reconstruction."""

    def __init__(self, config: VAEConfig) -> None:
        super().__init__()
        self.config = config
        sides = pyramid(config.size)
        widths = pyramid_widths(config.width, config.max_width, len(sides) - 1)
        flat = widths[0] * sides[0] ** 2
        self.encoder = nn.Sequential(contracting(config.channels, widths[::-1]), nn.Flatten())
        self.to_code = nn.Linear(flat + config.condition_dim, 2 * config.latent_dim)
        self.from_code = nn.Sequential(
            nn.Linear(config.latent_dim + config.condition_dim, flat),
            nn.Unflatten(1, (widths[0], sides[0], sides[0])),
        )
        self.decoder = expanding(widths, config.channels)

    def encode(self, x: Tensor, condition: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Mean and log-variance of q(z|x, condition), each `(n, latent_dim)`."""
        code = joined(self.encoder(x), condition, self.config.condition_dim)
        mean, log_variance = self.to_code(code).chunk(2, dim=1)
        return mean, log_variance

    def decode(self, z: Tensor, condition: Tensor | None = None) -> Tensor:
        """`(n, latent_dim)` → mean picture `(n, channels, size, size)` in [-1, 1]."""
        out: Tensor = self.decoder(self.from_code(joined(z, condition, self.config.condition_dim)))
        return out

    def forward(self, x: Tensor, condition: Tensor | None = None, noise: Tensor | None = None) -> Reconstruction:
        """Encode, draw z = mean + σ·noise (noise from N(0, 1) unless given, zeros for the mean alone), decode."""
        check_condition(condition, self.config.condition_dim, len(x))
        mean, log_variance = self.encode(x, condition)
        z = mean + (0.5 * log_variance).exp() * (torch.randn_like(mean) if noise is None else noise)
        return Reconstruction(self.decode(z, condition), mean, log_variance, z)
