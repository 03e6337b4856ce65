"""Changes of light and colour on sRGB-encoded pictures in [0, 1], (n, 3, h, w); results are clamped to [0, 1]."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from packshot.catalogue.augment.draws import uniform

LUMA = (0.299, 0.587, 0.114)  # ITU-R BT.601


def luma(x: Tensor) -> Tensor:
    """(n, 1, h, w) grey of the same brightness."""
    return (x * x.new_tensor(LUMA).reshape(1, 3, 1, 1)).sum(1, keepdim=True)


def brightness(x: Tensor, generator: torch.Generator, most: float = 0.2) -> Tensor:
    """Everything lighter or darker by at most `most`."""
    return (x + uniform(x, -most, most, generator)).clamp(0, 1)


def contrast(x: Tensor, generator: torch.Generator, most: float = 0.2) -> Tensor:
    """Spread around the picture's mean grey, by a factor of 1 - most to 1 + most."""
    mean = luma(x).mean((2, 3), keepdim=True)
    return ((x - mean) * uniform(x, 1 - most, 1 + most, generator) + mean).clamp(0, 1)


def saturation(x: Tensor, generator: torch.Generator, most: float = 0.3) -> Tensor:
    """Spread around each pixel's grey, by a factor of 1 - most to 1 + most."""
    grey = luma(x)
    return ((x - grey) * uniform(x, 1 - most, 1 + most, generator) + grey).clamp(0, 1)


def hue(x: Tensor, generator: torch.Generator, most_degrees: float = 10.0) -> Tensor:
    """Turned about the grey axis of RGB."""
    angle = uniform(x, -most_degrees, most_degrees, generator).reshape(-1) * (math.pi / 180)
    return torch.einsum("nij,njhw->nihw", grey_axis_turn(angle), x).clamp(0, 1)


def grey_axis_turn(angle: Tensor) -> Tensor:
    """(n, 3, 3) rotations of RGB about (1, 1, 1), angle in radians (n,): Rodrigues' formula."""
    third = torch.full((3, 3), 1 / 3, device=angle.device, dtype=angle.dtype)
    cross = angle.new_tensor([[0, -1, 1], [1, 0, -1], [-1, 1, 0]]) / math.sqrt(3)
    c, s = angle.cos()[:, None, None], angle.sin()[:, None, None]
    return c * torch.eye(3, device=angle.device, dtype=angle.dtype) + (1 - c) * third + s * cross


def jitter(x: Tensor, generator: torch.Generator, strength: float = 1.0) -> Tensor:
    """Brightness, contrast, saturation and hue together, at `strength` times their usual reach."""
    x = brightness(x, generator, 0.1 * strength)
    x = contrast(x, generator, 0.15 * strength)
    x = saturation(x, generator, 0.2 * strength)
    return hue(x, generator, 5.0 * strength)
