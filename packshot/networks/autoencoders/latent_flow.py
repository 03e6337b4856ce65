"""A velocity field over latent codes: the second stage that turns noise into codes an autoencoder really uses.

Source: Lipman, Chen, Ben-Hamu, Nickel, Le, "Flow Matching for Generative Modeling" (2023), §3, §4 (example II with
σ_min = 0: x_t = (1 − t)·x₀ + t·x₁, target velocity x₁ − x₀); two stages after Dai & Wipf, "Diagnosing and Enhancing
VAE Models" (2019), §4, whose second stage is another VAE.
Departures: the field is a residual perceptron with layer normalisation; time enters by sines and cosines, the
condition by a linear map. Codes should have about unit scale.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from packshot.networks.layers.configs import check_condition, require_at_least

FREQUENCIES = 16


@dataclass(frozen=True)
class LatentFlowConfig:
    """latent_dim: length of a code; width: of the hidden layers; blocks: residual blocks."""

    latent_dim: int = 32
    condition_dim: int = 0
    width: int = 256
    blocks: int = 3

    def __post_init__(self) -> None:
        require_at_least(1, latent_dim=self.latent_dim, width=self.width, blocks=self.blocks)
        require_at_least(0, condition_dim=self.condition_dim)


class Block(nn.Module):
    """x + f(x, code) on `(n, width)`; the last layer is zero at the start."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        last = nn.Linear(width, width)
        nn.init.zeros_(last.weight)
        self.body = nn.Sequential(nn.Linear(2 * width, width), nn.SiLU(), last)

    def forward(self, x: Tensor, code: Tensor) -> Tensor:
        out: Tensor = x + self.body(torch.cat([self.norm(x), code], dim=1))
        return out


class LatentFlow(nn.Module):
    """Point `(n, latent_dim)`, time `(n,)` in [0, 1], condition `(n, condition_dim)` → velocity `(n, latent_dim)`."""

    def __init__(self, config: LatentFlowConfig) -> None:
        super().__init__()
        self.config = config
        self.enter = nn.Linear(config.latent_dim, config.width)
        self.code = nn.Sequential(nn.Linear(2 * FREQUENCIES + config.condition_dim, config.width), nn.SiLU())
        self.blocks = nn.ModuleList(Block(config.width) for _ in range(config.blocks))
        self.leave = nn.Sequential(nn.LayerNorm(config.width), nn.Linear(config.width, config.latent_dim))

    def forward(self, point: Tensor, time: Tensor, condition: Tensor | None = None) -> Tensor:
        check_condition(condition, self.config.condition_dim, len(point))
        angles = time[:, None] * math.pi * 2 ** torch.linspace(-1, 6, FREQUENCIES).to(point)
        known = [angles.sin(), angles.cos()] + ([] if condition is None else [condition.to(point.dtype)])
        code = self.code(torch.cat(known, dim=1))
        x = self.enter(point)
        for block in self.blocks:
            x = block(x, code)
        out: Tensor = self.leave(x)
        return out

    def transport(self, noise: Tensor, condition: Tensor | None = None, steps: int = 20) -> Tensor:
        """Carry noise `(n, latent_dim)` from time 0 to time 1 by `steps` of Heun's method (second order)."""
        require_at_least(1, steps=steps)
        x, h = noise, 1 / steps
        for step in range(steps):
            now = x.new_full((len(x),), step * h)
            slope = self(x, now, condition)
            end = self(x + h * slope, now + h, condition)
            x = x + 0.5 * h * (slope + end)
        return x
