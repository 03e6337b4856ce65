"""SPADE: a layout becomes a photograph, told what each place is at every size; an encoder of a photograph's look.

Source: Park, Liu, T.-C. Wang & Zhu, "Semantic Image Synthesis with Spatially-Adaptive Normalization" (2019), §3 and
appendix A (the generator begins with the shrunken layout, or with a code where there is an encoder). Departures: the
layout's maps are shared by the two normalisations of a block, which halves their cost; the condition (category,
colours) moves gain and bias of every place alike, beside the layout; bilinear enlarging; batch statistics without
synchronisation; no spectral normalisation in the generator, whose weights are averaged; sigmoid; any height and width.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from packshot.networks.layers.configs import require_at_least
from packshot.networks.layers.translating import conv, enlarged, told


@dataclass(frozen=True)
class SpadeConfig:
    """channels_in: planes of the layout, the ground among them. width: channels at full size, doubled per halving.

    hidden: maps that a block makes of the layout. look_dim: length of the code of a look, 0 = none.
    """

    channels_in: int = 8
    condition_dim: int = 0
    look_dim: int = 0
    width: int = 16
    max_width: int = 128
    depth: int = 4
    hidden: int = 16

    def __post_init__(self) -> None:
        require_at_least(1, channels_in=self.channels_in, width=self.width, max_width=self.max_width)
        require_at_least(1, depth=self.depth, hidden=self.hidden)
        require_at_least(0, condition_dim=self.condition_dim, look_dim=self.look_dim)


class PlacedNorm(nn.Module):
    """Batch normalisation, then a gain and a bias for every place from maps of the layout, plus those of the code."""

    def __init__(self, channels: int, hidden: int, code: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(channels, affine=False)
        self.placed = nn.Conv2d(hidden, 2 * channels, 1)
        self.told = nn.Linear(code, 2 * channels, bias=False) if code else None
        if self.told is not None:
            nn.init.normal_(self.told.weight, 0.0, 0.1)

    def forward(self, x: Tensor, maps: Tensor, code: Tensor | None) -> Tensor:
        gain, bias = self.placed(maps).chunk(2, dim=1)
        if self.told is not None and code is not None:
            more, further = self.told(code.to(x.dtype))[:, :, None, None].chunk(2, dim=1)
            gain, bias = gain + more, bias + further
        out: Tensor = self.norm(x) * (1 + gain) + bias
        return out


class SpadeBlock(nn.Module):
    """Two convolutions after normalisation by the layout, and a shortcut: `(n, a, h, w)` → `(n, b, h, w)`."""

    def __init__(self, a: int, b: int, config: SpadeConfig, code: int) -> None:
        super().__init__()
        self.maps = conv(config.channels_in, config.hidden, bias=True)
        self.norm1, self.conv1 = PlacedNorm(a, config.hidden, code), conv(a, b)
        self.norm2, self.conv2 = PlacedNorm(b, config.hidden, code), conv(b, b, bias=True)
        self.shortcut = nn.Conv2d(a, b, 1, bias=False) if a != b else nn.Identity()

    def forward(self, x: Tensor, layout: Tensor, code: Tensor | None) -> Tensor:
        maps = torch.relu(self.maps(layout))
        y = self.conv1(F.leaky_relu(self.norm1(x, maps, code), 0.2))
        out: Tensor = self.shortcut(x) + self.conv2(F.leaky_relu(self.norm2(y, maps, code), 0.2))
        return out


class Spade(nn.Module):
    """Layout `(n, channels_in, h, w)` of ones and zeros, condition `(n, condition_dim)`, z `(n, look_dim)` → `(n, 3, h,
    w)` in [0, 1]; any h, w ≥ 1. Without z where there is a place for it, the look is the mean one, zeros.
    """

    multiple = 1

    def __init__(self, config: SpadeConfig) -> None:
        super().__init__()
        self.config = config
        widths = [min(config.width * 2**level, config.max_width) for level in reversed(range(config.depth + 1))]
        code = config.condition_dim + config.look_dim
        self.first = conv(config.channels_in, widths[0], bias=True)
        self.look = nn.Linear(config.look_dim, widths[0], bias=False) if config.look_dim else None
        pairs = zip(widths[:1] + widths[:-1], widths, strict=True)
        self.blocks = nn.ModuleList(SpadeBlock(a, b, config, code) for a, b in pairs)
        self.last = conv(widths[-1], 3, bias=True)

    def forward(self, layout: Tensor, condition: Tensor | None = None, z: Tensor | None = None) -> Tensor:
        condition = told(condition, self.config.condition_dim, len(layout))
        if self.look is not None and z is None:
            z = layout.new_zeros(len(layout), self.config.look_dim)
        parts = [part for part in (condition, z if self.look is not None else None) if part is not None]
        code = torch.cat([part.to(layout.dtype) for part in parts], 1) if parts else None
        layouts = [layout]  # full size first, each half of the one before
        for _ in range(self.config.depth):
            layouts.append(F.avg_pool2d(layouts[-1], 2, ceil_mode=True))
        x = self.first(layouts[-1])
        if self.look is not None and z is not None:
            x = x + self.look(z.to(x.dtype))[:, :, None, None]
        for number, (block, at) in enumerate(zip(self.blocks, reversed(layouts), strict=True)):
            x = block(enlarged(x, at) if number else x, at, code)
        return torch.sigmoid(self.last(F.leaky_relu(x, 0.2)))


@dataclass(frozen=True)
class SpadeEncoderConfig:
    """look_dim: length of the code. width: channels after the first halving, doubled up to four times."""

    look_dim: int = 16
    width: int = 16
    depth: int = 4

    def __post_init__(self) -> None:
        require_at_least(1, look_dim=self.look_dim, width=self.width, depth=self.depth)


class SpadeEncoder(nn.Module):
    """A photograph `(n, 3, h, w)` in [0, 1] → mean and log variance of its look, each `(n, look_dim)`."""

    def __init__(self, config: SpadeEncoderConfig) -> None:
        super().__init__()
        self.config = config
        widths = [3, *(config.width * min(2**level, 4) for level in range(config.depth))]
        layers: list[nn.Module] = []
        for a, b in itertools.pairwise(widths):
            layers += [conv(a, b, 2), nn.GroupNorm(1, b), nn.LeakyReLU(0.2)]
        self.body = nn.Sequential(*layers)
        self.code = nn.Linear(widths[-1], 2 * config.look_dim)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        mean, log_variance = self.code(self.body(2 * x - 1).mean((2, 3))).chunk(2, dim=1)
        return mean, log_variance.clamp(-10, 10)
