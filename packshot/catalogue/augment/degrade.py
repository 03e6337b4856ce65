"""What happens to photos on their way through phones and shops: blur, resizing, noise and JPEG, twice over.

Real-ESRGAN (Wang, Xie, Dong & Shan 2021), section 3 and its published training options: the two stages and all their
numbers, and the closing sinc filter and JPEG in either order. Departures: one kernel size a batch; Poisson noise counts
256 levels whatever the picture; resizing is PyTorch's (antialiased when it shrinks).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import torch
from torch import Tensor
from torch.nn import functional

from packshot.catalogue.augment import blurs
from packshot.catalogue.augment.draws import between, chance, one_of, uniform, whole
from packshot.catalogue.augment.jpeg import jpeg
from packshot.catalogue.augment.noises import gaussian_noise, grey_chance, poisson_noise
from packshot.errors import ParameterError

MODES = ("area", "bilinear", "bicubic")
SHAPES = (0.45, 0.25, 0.12, 0.03, 0.12, 0.03)  # round, long; the same generalised; the same as plateaus


@dataclass(frozen=True)
class Stage:
    """One round of damage. Ranges are (lowest, highest), drawn evenly.

    blur: probability. sinc: share of blurs that are a sinc filter. sigma: px. resize: probabilities of larger,
    smaller, same. scales: of the resizing. gaussian: share of noises that are Gaussian; sigma in 1/255. poisson:
    strength. grey: share of grey noise. quality: of the JPEG.
    """

    blur: float = 1.0
    sinc: float = 0.1
    sigma: tuple[float, float] = (0.2, 3.0)
    resize: tuple[float, float, float] = (0.2, 0.7, 0.1)
    scales: tuple[float, float] = (0.15, 1.5)
    gaussian: float = 0.5
    noise: tuple[float, float] = (1.0, 30.0)
    poisson: tuple[float, float] = (0.05, 3.0)
    grey: float = 0.4
    quality: tuple[int, int] = (30, 95)


@dataclass(frozen=True)
class Degradation:
    """Both stages. closing_sinc: probability of the last sinc filter. kernels: largest kernel size, px, odd."""

    first: Stage = field(default_factory=Stage)
    second: Stage = field(
        default_factory=lambda: Stage(
            0.8, 0.1, (0.2, 1.5), (0.3, 0.4, 0.3), (0.3, 1.2), 0.5, (1.0, 25.0), (0.05, 2.5), 0.4, (30, 95)
        )
    )
    closing_sinc: float = 0.8
    kernels: int = 21


def degrade(clean: Tensor, generator: torch.Generator, scale: int = 4, recipe: Degradation | None = None) -> Tensor:
    """Damaged small copies, (n, 3, h / scale, w / scale), rounded to 8 bits, of clean ones (n, 3, h, w) in [0, 1].

    Blur, noise and quality are drawn for each picture, resizing for the batch. Raises ParameterError if the size is
    no multiple of scale.
    """
    recipe = recipe or Degradation()
    h, w = clean.shape[2:]
    if clean.shape[1] != 3 or scale < 1 or h % scale or w % scale:
        raise ParameterError(f"clean: expected (n, 3, h, w) with sides a multiple of {scale}, got {tuple(clean.shape)}")
    target = h // scale, w // scale
    x = _stage(clean, recipe.first, (h, w), recipe.kernels, generator)
    x = _coded(x, recipe.first, generator)
    x = _stage(x, recipe.second, target, recipe.kernels, generator)
    if between(0, 1, generator) < 0.5:
        x = _coded(_closed(resized(x, target, _mode(generator)), recipe, generator), recipe.second, generator)
    else:
        x = _coded(x, recipe.second, generator)
        x = _closed(resized(x, target, _mode(generator)), recipe, generator)
    return (x.clamp(0, 1) * 255).round() / 255


def _stage(x: Tensor, stage: Stage, target: tuple[int, int], largest: int, generator: torch.Generator) -> Tensor:
    kernels = _kernels(x, stage, largest, generator)
    x = torch.where(chance(x, stage.blur, generator), blurs.blurred(x, kernels), x)
    kind = one_of(stage.resize, generator)
    factor = (between(1, stage.scales[1], generator), between(stage.scales[0], 1, generator), 1.0)[kind]
    size = max(4, round(target[0] * factor)), max(4, round(target[1] * factor))
    return _noisy(resized(x, size, _mode(generator)), stage, generator).clamp(0, 1)


def _kernels(x: Tensor, stage: Stage, largest: int, generator: torch.Generator) -> Tensor:
    size = 2 * int(whole(x, 3, largest // 2, generator)[0]) + 1
    wide, other = (uniform(x, *stage.sigma, generator).flatten() for _ in range(2))
    angle = uniform(x, -math.pi, math.pi, generator).flatten()
    shape = torch.tensor([one_of(SHAPES, generator) for _ in range(len(x))], device=x.device)
    narrow = torch.where(shape % 2 == 0, wide, other)
    general, flat = uniform(x, 0.5, 4, generator).flatten(), uniform(x, 1, 2, generator).flatten()
    ones = torch.ones_like(wide)
    bells = blurs.bell(size, wide, narrow, angle, torch.where((shape == 2) | (shape == 3), general, ones))
    plateaus = blurs.bell(size, wide, narrow, angle, flat, plateau=True)
    found = torch.where((shape >= 4)[:, None, None], plateaus, bells)
    low = math.pi / 3 if size < 13 else math.pi / 5
    ringing = blurs.sinc(size, uniform(x, low, math.pi, generator).flatten())
    return torch.where(chance(x, stage.sinc, generator)[:, 0], ringing, found)


def _noisy(x: Tensor, stage: Stage, generator: torch.Generator) -> Tensor:
    grey = grey_chance(x, stage.grey, generator)
    sigma = uniform(x, stage.noise[0] / 255, stage.noise[1] / 255, generator)
    strength = uniform(x, *stage.poisson, generator)
    bell = gaussian_noise(x, sigma, grey, generator)
    shot = poisson_noise(x, strength, grey, generator)
    return torch.where(chance(x, stage.gaussian, generator), bell, shot)


def _coded(x: Tensor, stage: Stage, generator: torch.Generator) -> Tensor:
    return jpeg(x.clamp(0, 1), uniform(x, *stage.quality, generator).flatten())


def _closed(x: Tensor, recipe: Degradation, generator: torch.Generator) -> Tensor:
    size = 2 * int(whole(x, 3, recipe.kernels // 2, generator)[0]) + 1
    ringing = blurs.blurred(x, blurs.sinc(size, uniform(x, math.pi / 3, math.pi, generator).flatten()))
    return torch.where(chance(x, recipe.closing_sinc, generator), ringing, x)


def _mode(generator: torch.Generator) -> str:
    return MODES[one_of((1.0, 1.0, 1.0), generator)]


def resized(x: Tensor, size: tuple[int, int], mode: str) -> Tensor:
    """At another size `(h, w)` px. mode: area, bilinear or bicubic (the last two antialiased when shrinking)."""
    if size == tuple(x.shape[2:]):
        return x
    if mode == "area":
        return functional.interpolate(x, size, mode="area")
    return functional.interpolate(x, size, mode=mode, align_corners=False, antialias=True)
