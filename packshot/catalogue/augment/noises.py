"""Noise of sensors on pictures in [0, 1]: Gaussian, and Poisson, which grows with the light; in colour or grey."""

from __future__ import annotations

import torch
from torch import Tensor

from packshot.catalogue.augment.colours import luma
from packshot.catalogue.augment.draws import chance

LEVELS = 256.0  # of light that Poisson noise of strength 1 counts


def gaussian_noise(x: Tensor, sigma: Tensor, grey: Tensor, generator: torch.Generator) -> Tensor:
    """Added noise of standard deviation sigma (n, 1, 1, 1), in [0, 1]; where `grey` is True, alike in all channels."""
    grain = torch.randn(x.shape, generator=generator, device=generator.device).to(x.device)
    return x + sigma * torch.where(grey, grain[:, :1].expand_as(grain), grain)


def poisson_noise(x: Tensor, strength: Tensor, grey: Tensor, generator: torch.Generator) -> Tensor:
    """Shot noise, times strength (n, 1, 1, 1): at 1, white is 256 counts. No gradient passes through the draw."""
    light = x.detach().clamp(0, 1)
    colour = _counted(light, generator) - light
    single = luma(light) if x.shape[1] == 3 else light
    return x + strength * torch.where(grey, (_counted(single, generator) - single).expand_as(x), colour)


def _counted(light: Tensor, generator: torch.Generator) -> Tensor:
    return torch.poisson((light * LEVELS).to(generator.device), generator=generator).to(light.device) / LEVELS


def grey_chance(x: Tensor, p: float, generator: torch.Generator) -> Tensor:
    """(n, 1, 1, 1): which pictures get grey noise."""
    return chance(x, p, generator)
