"""SAGAN: spectral normalisation in generator and critic, self-attention at one side of the pyramid.

Source: Zhang, Goodfellow, Metaxas, Odena, "Self-Attention Generative Adversarial Networks" (2019), §3 (attention,
eqs. 1–3), §4 (spectral normalisation in both players), §5 (conditional batch normalisation, projection). Attention is
softmax(f(x)ᵀg(x)) without scaling, of C/8 channels, and enters as y = γ·o + x with γ = 0 at the start.
Departures: any size of `pyramid`; query, key and value are one convolution with one spectral norm; attention sits at
the largest side that is at most 32 px and below full size; the condition is any vector. The critic's attention runs
the plain (mathematical) form of scaled_dot_product_attention, since the fused ones have no second derivative.
Attention's softmax wants float32.
"""

from __future__ import annotations

import itertools
from contextlib import nullcontext
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.attention import SDPBackend, sdpa_kernel

from packshot.networks.layers.blocks import ConditionalNorm, ResidualDown, ResidualUp
from packshot.networks.layers.configs import CriticConfig, GeneratorConfig, check_condition, pyramid, pyramid_widths
from packshot.networks.layers.judging import Critic, Heads
from packshot.networks.layers.weights import spectral

ATTENTION_SIDE = 32  # px, at most: beyond it attention over all pixels costs more than the convolutions


@dataclass(frozen=True)
class SAGANGeneratorConfig(GeneratorConfig):
    """As every generator's."""


@dataclass(frozen=True)
class SAGANCriticConfig(CriticConfig):
    """As every critic's."""


class SelfAttention(nn.Module):
    """y = γ·v(attention of all pixels) + x on `(n, c, h, w)`; twice: the second derivative is wanted."""

    def __init__(self, channels: int, twice: bool) -> None:
        super().__init__()
        self.inner, self.twice = max(1, channels // 8), twice
        self.query_key_value = spectral(nn.Conv2d(channels, 3 * self.inner, 1, bias=False))
        self.out = spectral(nn.Conv2d(self.inner, channels, 1, bias=False))
        self.gamma = nn.Parameter(torch.zeros(()))

    def forward(self, x: Tensor) -> Tensor:
        n, _, h, w = x.shape
        # (3, n, 1 head, h·w pixels, inner)
        query, key, value = self.query_key_value(x).view(n, 3, 1, self.inner, h * w).permute(1, 0, 2, 4, 3)
        with sdpa_kernel(SDPBackend.MATH) if self.twice else nullcontext():
            seen = F.scaled_dot_product_attention(query, key, value, scale=1.0)
        out: Tensor = x + self.gamma * self.out(seen.transpose(2, 3).reshape(n, self.inner, h, w))
        return out


def _attention_side(sides: tuple[int, ...]) -> int:
    return max(side for side in sides[:-1] if side <= ATTENTION_SIDE)


class SAGANGenerator(nn.Module):
    """`(n, z_dim)`, condition `(n, condition_dim)` → `(n, channels, size, size)` in [-1, 1]."""

    def __init__(self, config: SAGANGeneratorConfig) -> None:
        super().__init__()
        self.config = config
        sides = pyramid(config.size)
        widths = pyramid_widths(config.width, config.max_width, len(sides))
        self.at = sides.index(_attention_side(sides))  # blocks before it end at that side
        self.start = nn.Sequential(
            spectral(nn.Linear(config.z_dim, widths[0] * sides[0] ** 2)),
            nn.Unflatten(1, (widths[0], sides[0], sides[0])),
        )
        blocks = [ResidualUp(a, b, config.condition_dim, spectral) for a, b in itertools.pairwise(widths)]
        self.blocks = nn.ModuleList(blocks)
        self.attention = SelfAttention(widths[self.at], twice=False)
        self.norm = ConditionalNorm(widths[-1], config.condition_dim)
        self.to_picture = spectral(nn.Conv2d(widths[-1], config.channels, 3, padding=1))

    def forward(self, z: Tensor, condition: Tensor | None = None) -> Tensor:
        check_condition(condition, self.config.condition_dim, len(z))
        x = self.start(z)
        for level, block in enumerate(self.blocks):
            x = block(self.attention(x) if level == self.at else x, condition)
        return torch.tanh(self.to_picture(torch.relu(self.norm(x, condition))))


class SAGANCritic(Critic):
    """`(n, channels, size, size)`, condition `(n, condition_dim)` → logits `(n,)`."""

    def __init__(self, config: SAGANCriticConfig) -> None:
        super().__init__()
        self.config = config
        sides = pyramid(config.size)
        widths = pyramid_widths(config.width, config.max_width, len(sides) - 1)[::-1]
        layers: list[nn.Module] = []
        for level, (a, b) in enumerate(itertools.pairwise((config.channels, *widths))):
            layers.append(ResidualDown(a, b, spectral, first=level == 0))
            if sides[-2 - level] == _attention_side(sides):
                layers.append(SelfAttention(b, twice=True))
        self.body = nn.Sequential(*layers, ResidualDown(widths[-1], widths[-1], spectral, halve=False))
        self.heads = Heads(widths[-1], config.condition_dim, config.classes, spectral)

    def features(self, x: Tensor) -> Tensor:
        return torch.relu(self.body(x)).mean((2, 3))
