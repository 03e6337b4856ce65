"""StyleGAN2: a mapping network gives style codes, which modulate the weights of a synthesis network.

Source: Karras, Laine, Aittala, Hellsten, Lehtinen, Aila, "Analyzing and Improving the Image Quality of StyleGAN"
(2020), §2.2 (modulation and demodulation, eqs. 1–3), §4.1 and figure 7 (skip generator, residual critic); mapping,
noise, style mixing and truncation from Karras, Laine, Aila, "A Style-Based Generator Architecture" (2019), §2, §3.1,
appendix B. `map` and `synthesise` are the two halves; codes are `(n, w_dim)`, or `(n, layers, w_dim)` after `mix`,
which is what a path length is taken of (`losses.penalties.path_lengths`). Modulation multiplies activations,
`conv(x·s)·d`, which equals the paper's modulated weights and needs no grouped convolution; `modulated_by_groups` is
the paper's form, kept as the reference (on one CPU core the two differ by a tenth either way, with a path length the
grouped one is up to a quarter faster at 128 px).
Departures: upsampling is bilinear before the convolution (the same [1, 3, 3, 1] filter, which the paper applies after
a transposed convolution), downsampling is that filter before a convolution of stride 1; in evaluation mode the noise
is one fixed map a layer; a condition is embedded, scaled to unit size and joined to z in the mapping (as in
StyleGAN2-ADA), projected in the critic; output clamped in evaluation mode; any size of `pyramid`. Style codes,
demodulation and the minibatch deviation want float32.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
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
from packshot.networks.layers.statistics import unit_scale, with_deviation
from packshot.networks.layers.weights import equalised

GAIN = math.sqrt(2)  # of a LeakyReLU of slope 0.2, as the paper's code has it
MAPPING_RATE = 0.01  # learning rate of the mapping relative to the rest


@dataclass(frozen=True)
class StyleGAN2GeneratorConfig(GeneratorConfig):
    """w_dim: length of a style code; mapping_layers: of the mapping network."""

    width: int = 32
    max_width: int = 256
    w_dim: int = 128
    mapping_layers: int = 4

    def __post_init__(self) -> None:
        super().__post_init__()
        require_at_least(1, w_dim=self.w_dim, mapping_layers=self.mapping_layers)


@dataclass(frozen=True)
class StyleGAN2CriticConfig(CriticConfig):
    """As every critic's."""

    width: int = 32
    max_width: int = 256


def modulated(x: Tensor, weight: Tensor, style: Tensor, demodulate: bool = True) -> Tensor:
    """Convolution of `(n, i, h, w)` with weight `(o, i, k, k)` modulated by style `(n, i)`, as scaled activations."""
    y = F.conv2d(x * style[:, :, None, None], weight, padding=weight.shape[2] // 2)
    if not demodulate:
        return y
    power = style.square() @ weight.square().sum((2, 3)).T  # (n, o), eq. 3
    return y * (power + 1e-8).rsqrt()[:, :, None, None]


def modulated_by_groups(x: Tensor, weight: Tensor, style: Tensor, demodulate: bool = True) -> Tensor:
    """The same with weights of its own for every picture (eqs. 1, 3) and one grouped convolution."""
    n, i, h, w = x.shape
    own = weight[None] * style[:, None, :, None, None]  # (n, o, i, k, k), eq. 1
    if demodulate:
        own = own * (own.square().sum((2, 3, 4), keepdim=True) + 1e-8).rsqrt()  # eq. 3
    y = F.conv2d(x.reshape(1, n * i, h, w), own.flatten(0, 1), padding=weight.shape[2] // 2, groups=n)
    return y.view(n, -1, h, w)


class Mapping(nn.Module):
    """z `(n, z_dim)`, condition → w `(n, w_dim)`."""

    def __init__(self, config: StyleGAN2GeneratorConfig) -> None:
        super().__init__()
        self.condition_dim = config.condition_dim
        self.embed = equalised(nn.Linear(config.condition_dim, config.w_dim)) if config.condition_dim else None
        first = config.z_dim + (config.w_dim if config.condition_dim else 0)
        sizes = [first] + [config.w_dim] * config.mapping_layers
        layers: list[nn.Module] = []
        for a, b in itertools.pairwise(sizes):
            layers += [equalised(nn.Linear(a, b), GAIN, MAPPING_RATE), nn.LeakyReLU(0.2)]
        self.body = nn.Sequential(*layers)

    def forward(self, z: Tensor, condition: Tensor | None) -> Tensor:
        check_condition(condition, self.condition_dim, len(z))
        code = unit_scale(z)
        if self.embed is not None and condition is not None:
            code = torch.cat([code, unit_scale(self.embed(condition.to(z.dtype)))], dim=1)
        w: Tensor = self.body(code)
        return w


class StyledConv(nn.Module):
    """Modulated 3×3, noise, bias, LeakyReLU: `(n, c_in, h, w)` → `(n, c_out, side, side)`, doubled first if `up`."""

    fixed_noise: Tensor

    def __init__(self, channels_in: int, channels_out: int, w_dim: int, side: int, up: bool) -> None:
        super().__init__()
        self.up = up
        self.style = equalised(nn.Linear(w_dim, channels_in))
        nn.init.ones_(self.style.bias)
        self.weight = equalised(nn.Conv2d(channels_in, channels_out, 3, bias=False))
        self.bias = nn.Parameter(torch.zeros(channels_out))
        self.noise_strength = nn.Parameter(torch.zeros(()))
        fixed = torch.randn(1, 1, side, side, generator=torch.Generator().manual_seed(side))
        self.register_buffer("fixed_noise", fixed, persistent=False)

    def forward(self, x: Tensor, w: Tensor, noise: Tensor | None) -> Tensor:
        x = modulated(double(x) if self.up else x, self.weight.weight, self.style(w))
        if noise is None:
            noise = torch.randn_like(x[:, :1]) if self.training else self.fixed_noise.to(x.dtype)
        return GAIN * F.leaky_relu(x + self.noise_strength * noise + self.bias[:, None, None], 0.2)


class ToPicture(nn.Module):
    """Modulated 1×1 without demodulation."""

    def __init__(self, width: int, channels: int, w_dim: int) -> None:
        super().__init__()
        self.style = equalised(nn.Linear(w_dim, width))
        nn.init.ones_(self.style.bias)
        self.weight = equalised(nn.Conv2d(width, channels, 1, bias=False))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        return modulated(x, self.weight.weight, self.style(w), demodulate=False) + self.bias[:, None, None]


class StyleGAN2Generator(nn.Module):
    """`(n, z_dim)`, condition `(n, condition_dim)` → `(n, channels, size, size)`, in evaluation mode in [-1, 1].

    layers: how many style codes the synthesis takes, two a side, less one; noise_sides: the side of each layer's noise.
    """

    def __init__(self, config: StyleGAN2GeneratorConfig) -> None:
        super().__init__()
        self.config = config
        sides = pyramid(config.size)
        widths = pyramid_widths(config.width, config.max_width, len(sides))
        self.mapping = Mapping(config)
        self.constant = nn.Parameter(torch.randn(widths[0], sides[0], sides[0]))
        convs = [StyledConv(widths[0], widths[0], config.w_dim, sides[0], up=False)]
        for (a, b), side in zip(itertools.pairwise(widths), sides[1:], strict=True):
            convs += [StyledConv(a, b, config.w_dim, side, up=True), StyledConv(b, b, config.w_dim, side, up=False)]
        self.convs = nn.ModuleList(convs)
        self.to_picture = nn.ModuleList(ToPicture(w, config.channels, config.w_dim) for w in widths)
        self.bounded = Bounded()
        self.layers = len(convs)
        self.noise_sides = tuple(sides[(layer + 1) // 2] for layer in range(self.layers))

    def map(self, z: Tensor, condition: Tensor | None = None) -> Tensor:
        """`(n, z_dim)` → style codes `(n, w_dim)`."""
        w: Tensor = self.mapping(z, condition)
        return w

    def mix(self, coarse: Tensor, fine: Tensor, crossover: int) -> Tensor:
        """Codes `(n, layers, w_dim)`: `coarse` in the layers before `crossover`, `fine` from there on (style mixing).

        crossover from 0 (all fine) to layers (all coarse). Raises ParameterError outside.
        """
        require(0 <= crossover <= self.layers, "crossover", f"a layer from 0 to {self.layers}", crossover)
        at = torch.arange(self.layers, device=coarse.device)[None, :, None]
        return torch.where(at < crossover, coarse[:, None], fine[:, None])

    def synthesise(self, w: Tensor, noises: Sequence[Tensor] | None = None) -> Tensor:
        """Codes `(n, w_dim)` or `(n, layers, w_dim)` → pictures.

        noises: one `(n or 1, 1, side, side)` a layer, sides as in `noise_sides`; None draws them while training.
        """
        codes = w[:, None].expand(-1, self.layers, -1) if w.dim() == 2 else w
        x, picture = self.constant.expand(len(w), -1, -1, -1), None
        for layer, conv in enumerate(self.convs):
            x = conv(x, codes[:, layer], noises[layer] if noises is not None else None)
            if layer % 2 == 0:  # the last layer of its side
                part = self.to_picture[layer // 2](x, codes[:, layer])
                picture = part if picture is None else double(picture) + part
        out: Tensor = self.bounded(picture)
        return out

    def forward(self, z: Tensor, condition: Tensor | None = None, noises: Sequence[Tensor] | None = None) -> Tensor:
        return self.synthesise(self.map(z, condition), noises)


def truncated(w: Tensor, mean: Tensor, psi: float) -> Tensor:
    """mean + psi·(w − mean) (StyleGAN, appendix B): psi 1 changes nothing, psi 0 gives the mean code `(w_dim,)`."""
    return torch.lerp(mean, w, psi)


class ResidualBlock(nn.Module):
    """`(n, c_in, h, w)` → `(n, c_out, h/2, w/2)`, sum of both ways over √2."""

    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__()
        self.conv1 = equalised(nn.Conv2d(channels_in, channels_in, 3, padding=1))
        self.conv2 = equalised(nn.Conv2d(channels_in, channels_out, 3, padding=1))
        self.shortcut = equalised(nn.Conv2d(channels_in, channels_out, 1, bias=False))

    def forward(self, x: Tensor) -> Tensor:
        y = GAIN * F.leaky_relu(self.conv1(x), 0.2)
        y = GAIN * F.leaky_relu(self.conv2(halve(y)), 0.2)
        out: Tensor = (y + self.shortcut(halve(x))) / math.sqrt(2)
        return out


class StyleGAN2Critic(Critic):
    """`(n, channels, size, size)`, condition `(n, condition_dim)` → logits `(n,)`. Looks at the batch as a whole."""

    def __init__(self, config: StyleGAN2CriticConfig) -> None:
        super().__init__()
        self.config = config
        sides = pyramid(config.size)
        widths = pyramid_widths(config.width, config.max_width, len(sides))[::-1]
        w = widths[-1]
        blocks = [ResidualBlock(a, b) for a, b in itertools.pairwise(widths)]
        self.body = nn.Sequential(equalised(nn.Conv2d(config.channels, widths[0], 1), GAIN), nn.LeakyReLU(0.2), *blocks)
        self.last = nn.Sequential(
            equalised(nn.Conv2d(w + 1, w, 3, padding=1), GAIN),
            nn.LeakyReLU(0.2),
            nn.Flatten(),
            equalised(nn.Linear(w * sides[0] ** 2, w), GAIN),
            nn.LeakyReLU(0.2),
        )
        self.heads = Heads(w, config.condition_dim, config.classes, equalised, gain=w**-0.5)

    def features(self, x: Tensor) -> Tensor:
        out: Tensor = self.last(with_deviation(self.body(x)))
        return out
