"""ProGAN: generator and critic that grow, one side of the pyramid after the other, fading in what is new.

Source: Karras, Aila, Laine, Lehtinen, "Progressive Growing of GANs for Improved Quality, Stability, and Variation"
(2018), §2 and figure 2 (growing, fading), §3 (minibatch standard deviation), §4.1 (equalised learning rate), §4.2
(pixelwise normalisation), table 2 (layers). How far a network has grown is its buffer `grown`, from 0 (smallest side)
to the number of doublings (all of it): 1.25 means that the third side counts for a quarter. It is set with `grow`,
travels with the weights, and leaves forward as it is: the generator always gives full-size pictures (its present side
enlarged by repetition), the critic averages what it is given down to its present side. At side s of full size S a
squared gradient with respect to the full-size picture is that of the small picture times (s/S)². Parameters of sides
not yet reached get no gradient.
Departures: real pictures are not blended with their own halves while a side fades in (the critic's fade weighs both
alike); a condition is joined to z, and projected in the critic, which may also have classifiers; output clamped in
evaluation mode; any size of `pyramid`; the last critic layers have the smallest side's width. Pixelwise normalisation
and the deviation want float32.
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
from packshot.networks.layers.configs import CriticConfig, GeneratorConfig, joined, pyramid, pyramid_widths, require
from packshot.networks.layers.judging import Critic, Heads
from packshot.networks.layers.statistics import unit_scale, with_deviation
from packshot.networks.layers.weights import equalised

GAIN = math.sqrt(2)


@dataclass(frozen=True)
class ProGANGeneratorConfig(GeneratorConfig):
    """As every generator's."""

    width: int = 32
    max_width: int = 256


@dataclass(frozen=True)
class ProGANCriticConfig(CriticConfig):
    """As every critic's."""

    width: int = 32
    max_width: int = 256


def _conv(channels_in: int, channels_out: int, kernel: int = 3, gain: float = GAIN) -> nn.Module:
    return equalised(nn.Conv2d(channels_in, channels_out, kernel, padding=kernel // 2), gain)


def _grow(network: ProGANGenerator | ProGANCritic, grown: float) -> None:
    most = len(network.sides) - 1
    require(0 <= grown <= most, "grown", f"a number between 0 and {most}", grown)
    network.grown.fill_(grown)


def _present(grown: Tensor) -> tuple[int, float]:
    """The level of the largest side in use, and what share of it counts (1 unless it is fading in)."""
    level = math.ceil(float(grown))
    return level, 1 - (level - float(grown))


class GeneratorStage(nn.Module):
    """Two convolutions at one side, the first after doubling (none at the smallest side)."""

    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__()
        self.conv1, self.conv2 = _conv(channels_in, channels_out), _conv(channels_out, channels_out)

    def forward(self, x: Tensor) -> Tensor:
        x = unit_scale(F.leaky_relu(self.conv1(F.interpolate(x, scale_factor=2)), 0.2))
        return unit_scale(F.leaky_relu(self.conv2(x), 0.2))


class GeneratorStart(nn.Module):
    """`(n, z)` → `(n, width, side, side)`."""

    def __init__(self, z_dim: int, width: int, side: int) -> None:
        super().__init__()
        self.shape = (width, side, side)
        self.dense = equalised(nn.Linear(z_dim, width * side**2), GAIN / 4)
        self.conv = _conv(width, width)

    def forward(self, z: Tensor) -> Tensor:
        x = unit_scale(F.leaky_relu(self.dense(unit_scale(z)).view(-1, *self.shape), 0.2))
        return unit_scale(F.leaky_relu(self.conv(x), 0.2))


class ProGANGenerator(nn.Module):
    """`(n, z_dim)`, condition `(n, condition_dim)` → `(n, channels, size, size)`, in evaluation mode in [-1, 1]."""

    grown: Tensor

    def __init__(self, config: ProGANGeneratorConfig) -> None:
        super().__init__()
        self.config, self.sides = config, pyramid(config.size)
        widths = pyramid_widths(config.width, config.max_width, len(self.sides))
        start = GeneratorStart(config.z_dim + config.condition_dim, widths[0], self.sides[0])
        stages = [GeneratorStage(a, b) for a, b in itertools.pairwise(widths)]
        self.stages = nn.ModuleList([start, *stages])
        self.to_picture = nn.ModuleList(_conv(w, config.channels, 1, gain=1.0) for w in widths)
        self.bounded = Bounded()
        self.register_buffer("grown", torch.tensor(float(len(self.sides) - 1)))

    def grow(self, grown: float) -> None:
        """Set how far the generator has grown. Raises ParameterError outside of 0 … number of doublings."""
        _grow(self, grown)

    def forward(self, z: Tensor, condition: Tensor | None = None) -> Tensor:
        level, share = _present(self.grown)
        x, before = joined(z, condition, self.config.condition_dim), None
        for stage in self.stages[: level + 1]:
            x, before = stage(x), x
        picture = self.to_picture[level](x)
        if share < 1 and before is not None:
            coarse = F.interpolate(self.to_picture[level - 1](before), scale_factor=2)
            picture = torch.lerp(coarse, picture, share)
        out: Tensor = self.bounded(F.interpolate(picture, scale_factor=self.sides[-1] // self.sides[level]))
        return out


class CriticStage(nn.Module):
    """Two convolutions at one side, then averaged down to the next."""

    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__()
        self.conv1, self.conv2 = _conv(channels_in, channels_in), _conv(channels_in, channels_out)

    def forward(self, x: Tensor) -> Tensor:
        x = F.leaky_relu(self.conv2(F.leaky_relu(self.conv1(x), 0.2)), 0.2)
        return F.avg_pool2d(x, 2)


class ProGANCritic(Critic):
    """`(n, channels, size, size)`, condition `(n, condition_dim)` → logits `(n,)`. Looks at the batch as a whole."""

    grown: Tensor

    def __init__(self, config: ProGANCriticConfig) -> None:
        super().__init__()
        self.config, self.sides = config, pyramid(config.size)
        widths = pyramid_widths(config.width, config.max_width, len(self.sides))
        self.from_picture = nn.ModuleList(_conv(config.channels, w, 1) for w in widths)
        self.stages = nn.ModuleList(CriticStage(b, a) for a, b in itertools.pairwise(widths))
        self.last = nn.Sequential(
            _conv(widths[0] + 1, widths[0]),
            nn.LeakyReLU(0.2),
            equalised(nn.Conv2d(widths[0], widths[0], self.sides[0]), GAIN),
            nn.LeakyReLU(0.2),
            nn.Flatten(),
        )
        self.heads = Heads(widths[0], config.condition_dim, config.classes, equalised, gain=widths[0] ** -0.5)
        self.register_buffer("grown", torch.tensor(float(len(self.sides) - 1)))

    def grow(self, grown: float) -> None:
        """Set how far the critic has grown. Raises ParameterError outside of 0 … number of doublings."""
        _grow(self, grown)

    def _enter(self, picture: Tensor, level: int) -> Tensor:
        return F.leaky_relu(self.from_picture[level](picture), 0.2)

    def features(self, x: Tensor) -> Tensor:
        level, share = _present(self.grown)
        picture = F.avg_pool2d(x, self.sides[-1] // self.sides[level])
        x = self._enter(picture, level)
        for below in reversed(range(level)):
            x = self.stages[below](x)
            if share < 1 and below == level - 1:
                x = torch.lerp(self._enter(F.avg_pool2d(picture, 2), below), x, share)
        out: Tensor = self.last(with_deviation(x))
        return out

    def parts(self) -> Iterable[nn.Module]:
        """Of the full-grown critic; the entries at smaller sides go with the one at full size."""
        return (self.from_picture, *reversed(self.stages))
