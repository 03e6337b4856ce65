"""R3GAN: residual generator and critic without normalisation, grouped bottlenecks, smooth resampling.

Source: Huang, Gokaslan, Kuleshov, Tompkin, "The GAN is dead; long live the GAN! A Modern Baseline GAN" (2024), §4 and
appendix; initialisation after Zhang, Dauphin, Ma, "Fixup Initialization: Residual Learning Without Normalization"
(2019). A stage is a transition and `blocks` blocks y = x + f(x), f = 1×1 (w → 2w) · bias, LeakyReLU · grouped 3×3 ·
bias, LeakyReLU · 1×1 (2w → w), the last one zero at the start; the generator starts from a learned picture of the
smallest side, scaled channel by channel by a linear function of z; the critic ends in one full-size depthwise
convolution.
Departures: channels halve with resolution (`width`, `max_width`) where the paper keeps or tables them; resampling is
[1, 3, 3, 1] (bilinear without a half-pixel shift) instead of [1, 2, 1]; group_size 0 makes the 3×3 dense (over three
times the parameters of groups of 16 for about 1.7 times the time, at width 16 to 64 on one CPU core); output clamped
in evaluation mode only; the condition is projected onto the features themselves; auxiliary classifiers are optional.
Needs no float32 layer by itself; penalties of first and second order want float32 or bfloat16 with float32 sums.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from packshot.networks.layers.blocks import Bounded
from packshot.networks.layers.configs import (
    CriticConfig,
    GeneratorConfig,
    check_condition,
    pyramid,
    pyramid_widths,
    require,
    require_at_least,
)
from packshot.networks.layers.judging import Critic, Heads
from packshot.networks.layers.resizing import double, halve
from packshot.networks.layers.weights import scaled_normal_

SLOPE = 0.2
GAIN = math.sqrt(2 / (1 + SLOPE**2))  # keeps the variance through a LeakyReLU


@dataclass(frozen=True)
class R3GANGeneratorConfig(GeneratorConfig):
    """blocks: per side; group_size: channels of a 3×3's group, 0 = one group; embed_dim: of the condition's code."""

    z_dim: int = 64
    max_width: int = 384
    blocks: int = 2
    group_size: int = 16
    embed_dim: int = 64

    def __post_init__(self) -> None:
        super().__post_init__()
        _check(self)
        require_at_least(1, embed_dim=self.embed_dim)


@dataclass(frozen=True)
class R3GANCriticConfig(CriticConfig):
    """blocks, group_size: as the generator's."""

    max_width: int = 384
    blocks: int = 2
    group_size: int = 16

    def __post_init__(self) -> None:
        super().__post_init__()
        _check(self)


def _check(config: R3GANGeneratorConfig | R3GANCriticConfig) -> None:
    require_at_least(1, blocks=config.blocks)
    require_at_least(0, group_size=config.group_size)
    for w in pyramid_widths(config.width, config.max_width, len(pyramid(config.size))):
        fits = config.group_size == 0 or 2 * w % config.group_size == 0
        require(fits, "group_size", f"0 or a divisor of {2 * w}, twice the channels of every stage", config.group_size)


class BiasedLReLU(nn.Module):
    """LeakyReLU(x + bias), bias `(c,)`."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor) -> Tensor:
        return F.leaky_relu(x + self.bias[:, None, None], SLOPE)


class Block(nn.Module):
    """y = x + f(x) on `(n, w, h, w)`; `total` is the number of blocks of the network (Fixup's L, with m = 3 layers)."""

    def __init__(self, width: int, group_size: int, total: int) -> None:
        super().__init__()
        inner = 2 * width
        groups = inner // group_size if group_size else 1
        widen = nn.Conv2d(width, inner, 1, bias=False)
        mix = nn.Conv2d(inner, inner, 3, padding=1, groups=groups, bias=False)
        narrow = nn.Conv2d(inner, width, 1, bias=False)
        for conv in (widen, mix):
            scaled_normal_(conv.weight, GAIN * total ** (-1 / (2 * 3 - 2)))
        nn.init.zeros_(narrow.weight)
        self.body = nn.Sequential(widen, BiasedLReLU(inner), mix, BiasedLReLU(inner), narrow)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = x + self.body(x)
        return out


def _one_by_one(channels_in: int, channels_out: int) -> nn.Module:
    conv = nn.Conv2d(channels_in, channels_out, 1, bias=False)
    scaled_normal_(conv.weight, 1.0)
    return conv


class Transition(nn.Module):
    """Between stages: 1×1 where the width changes, before doubling or after halving, so always at the smaller size."""

    def __init__(self, channels_in: int, channels_out: int, up: bool) -> None:
        super().__init__()
        self.up = up
        self.mix = nn.Identity() if channels_in == channels_out else _one_by_one(channels_in, channels_out)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = double(self.mix(x)) if self.up else self.mix(halve(x))
        return out


def _stages(config: R3GANGeneratorConfig | R3GANCriticConfig, widths: tuple[int, ...], up: bool) -> nn.Sequential:
    """Blocks at the first width, then transition and blocks for every further one."""
    total = config.blocks * len(widths)
    body: list[nn.Module] = [Block(widths[0], config.group_size, total) for _ in range(config.blocks)]
    for a, b in itertools.pairwise(widths):
        body.append(Transition(a, b, up))
        body += [Block(b, config.group_size, total) for _ in range(config.blocks)]
    return nn.Sequential(*body)


class R3GANGenerator(nn.Module):
    """`(n, z_dim)`, condition `(n, condition_dim)` → `(n, channels, size, size)`, in evaluation mode in [-1, 1]."""

    def __init__(self, config: R3GANGeneratorConfig) -> None:
        super().__init__()
        self.config = config
        sides = pyramid(config.size)
        widths = pyramid_widths(config.width, config.max_width, len(sides))
        z_dim = config.z_dim + (config.embed_dim if config.condition_dim else 0)
        self.embed = nn.Linear(config.condition_dim, config.embed_dim, bias=False) if config.condition_dim else None
        self.basis = nn.Parameter(torch.randn(widths[0], sides[0], sides[0]))
        self.scale = nn.Linear(z_dim, widths[0], bias=False)
        self.body = _stages(config, widths, up=True)
        self.to_picture = _one_by_one(widths[-1], config.channels)
        self.bounded = Bounded()
        for linear in filter(None, (self.embed, self.scale)):
            scaled_normal_(linear.weight, 1.0)

    def forward(self, z: Tensor, condition: Tensor | None = None) -> Tensor:
        check_condition(condition, self.config.condition_dim, len(z))
        if self.embed is not None and condition is not None:
            z = torch.cat([z, self.embed(condition.to(z.dtype))], dim=1)
        x = self.basis * self.scale(z)[:, :, None, None]  # (n, widths[0], 4 or 7, same)
        out: Tensor = self.bounded(self.to_picture(self.body(x)))
        return out


class R3GANCritic(Critic):
    """`(n, channels, size, size)`, condition `(n, condition_dim)` → logits `(n,)`."""

    def __init__(self, config: R3GANCriticConfig) -> None:
        super().__init__()
        self.config = config
        sides = pyramid(config.size)
        widths = pyramid_widths(config.width, config.max_width, len(sides))[::-1]
        self.from_picture = _one_by_one(config.channels, widths[0])
        self.body = _stages(config, widths, up=False)
        self.basis = nn.Conv2d(widths[-1], widths[-1], sides[0], groups=widths[-1], bias=False)
        self.heads = Heads(widths[-1], config.condition_dim, config.classes, gain=widths[-1] ** -0.5)
        scaled_normal_(self.basis.weight, 1.0)
        scaled_normal_(self.heads.score.get_parameter("weight"), 1.0)

    def features(self, x: Tensor) -> Tensor:
        out: Tensor = self.basis(self.body(self.from_picture(x))).flatten(1)
        return out

    def parts(self) -> Iterable[nn.Module]:
        return (self.from_picture, *self.body)
