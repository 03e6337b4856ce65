"""Conditional GAN: residual generator with conditional batch normalisation, critic with projection or classifiers.

Source: Miyato & Koyama, "cGANs with Projection Discriminator" (2018), §3 (projection), figure 14 and tables
(networks); auxiliary classifiers after Odena, Olah, Shlens, "Conditional Image Synthesis with Auxiliary Classifier
GANs" (2017), §3: `condition_dim` turns the projection on, `classes` the classifiers, both may be on. Spectral
normalisation in the critic (Miyato et al. 2018). Conditioning by mere concatenation (Mirza & Osindero 2014) is what
`dcgan` does.
Departures: any size of `pyramid`, channels doubled per halving up to max_width; the condition is any vector (several
one-hots, a text code), so the paper's table of embeddings is a linear map; one block without halving ends the critic;
features are averaged over pixels, not summed, which keeps their scale when the size changes.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from packshot.networks.layers.blocks import ConditionalNorm, ResidualDown, ResidualUp
from packshot.networks.layers.configs import CriticConfig, GeneratorConfig, check_condition, pyramid, pyramid_widths
from packshot.networks.layers.judging import Critic, Heads
from packshot.networks.layers.weights import spectral


@dataclass(frozen=True)
class CGANGeneratorConfig(GeneratorConfig):
    """As every generator's."""

    max_width: int = 256


@dataclass(frozen=True)
class CGANCriticConfig(CriticConfig):
    """As every critic's."""

    max_width: int = 256


class CGANGenerator(nn.Module):
    """`(n, z_dim)`, condition `(n, condition_dim)` → `(n, channels, size, size)` in [-1, 1]."""

    def __init__(self, config: CGANGeneratorConfig) -> None:
        super().__init__()
        self.config = config
        sides = pyramid(config.size)
        widths = pyramid_widths(config.width, config.max_width, len(sides))
        self.start = nn.Sequential(
            nn.Linear(config.z_dim, widths[0] * sides[0] ** 2), nn.Unflatten(1, (widths[0], sides[0], sides[0]))
        )
        self.blocks = nn.ModuleList(ResidualUp(a, b, config.condition_dim) for a, b in itertools.pairwise(widths))
        self.norm = ConditionalNorm(widths[-1], config.condition_dim)
        self.to_picture = nn.Conv2d(widths[-1], config.channels, 3, padding=1)

    def forward(self, z: Tensor, condition: Tensor | None = None) -> Tensor:
        check_condition(condition, self.config.condition_dim, len(z))
        x = self.start(z)
        for block in self.blocks:
            x = block(x, condition)
        return torch.tanh(self.to_picture(torch.relu(self.norm(x, condition))))


class CGANCritic(Critic):
    """`(n, channels, size, size)`, condition `(n, condition_dim)` → logits `(n,)`."""

    def __init__(self, config: CGANCriticConfig) -> None:
        super().__init__()
        self.config = config
        sides = pyramid(config.size)
        widths = pyramid_widths(config.width, config.max_width, len(sides) - 1)[::-1]
        blocks = [ResidualDown(config.channels, widths[0], spectral, first=True)]
        blocks += [ResidualDown(a, b, spectral) for a, b in itertools.pairwise(widths)]
        self.body = nn.Sequential(*blocks, ResidualDown(widths[-1], widths[-1], spectral, halve=False))
        self.heads = Heads(widths[-1], config.condition_dim, config.classes, spectral)

    def features(self, x: Tensor) -> Tensor:
        return torch.relu(self.body(x)).mean((2, 3))
