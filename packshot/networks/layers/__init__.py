"""Blocks and conventions that more than one network uses. Knows no task, file, device or loss."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from packshot.errors import ParameterError

Layer = TypeVar("Layer", bound=nn.Module)
Wrap = Callable[[nn.Module], nn.Module]  # what is put around a layer with weights, such as spectral normalisation


def require(holds: bool, entry: str, expected: str, got: object) -> None:
    """Raise ParameterError naming a config entry or an argument unless its bound `holds`."""
    if not holds:
        raise ParameterError(f"{entry}: expected {expected}, got {got!r}")


def require_at_least(least: int, **entries: int) -> None:
    """Raise ParameterError naming the first whole-number config entry that is below `least`."""
    for entry, value in entries.items():
        require(isinstance(value, int) and value >= least, entry, f"a whole number of at least {least}", value)


def pyramid(size: int) -> tuple[int, ...]:
    """Side lengths in px from the smallest to `size`: `28` → `(7, 14, 28)`, `32` → `(4, 8, 16, 32)`.

    Raises ParameterError unless size is 4·2ⁿ or 7·2ⁿ with n ≥ 1.
    """
    sides = [size]
    while sides[-1] % 2 == 0 and sides[-1] > 7:
        sides.append(sides[-1] // 2)
    require(sides[-1] in (4, 7) and len(sides) > 1, "size", "4·2ⁿ or 7·2ⁿ (8, 14, 16, 28, 32, 64, 128, 256 …)", size)
    return tuple(reversed(sides))


def pyramid_widths(width: int, max_width: int, levels: int) -> tuple[int, ...]:
    """Channels at each side of a pyramid, smallest first: `width` at full size, doubled per halving up to max_width."""
    return tuple(min(width * 2**level, max_width) for level in reversed(range(levels)))


@dataclass(frozen=True)
class GeneratorConfig:
    """What every generator's config has. width: channels at full size, doubled per halving, at most max_width."""

    z_dim: int = 128
    condition_dim: int = 0
    channels: int = 3
    size: int = 64
    width: int = 64
    max_width: int = 512

    def __post_init__(self) -> None:
        require_at_least(1, z_dim=self.z_dim, channels=self.channels, width=self.width, max_width=self.max_width)
        require_at_least(0, condition_dim=self.condition_dim)
        pyramid(self.size)


@dataclass(frozen=True)
class CriticConfig:
    """What every critic's config has. classes: number of values of each attribute it also classifies."""

    condition_dim: int = 0
    channels: int = 3
    size: int = 64
    width: int = 64
    max_width: int = 512
    classes: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        require_at_least(1, channels=self.channels, width=self.width, max_width=self.max_width)
        require_at_least(0, condition_dim=self.condition_dim)
        require(all(k > 0 for k in self.classes), "classes", "numbers of values above 0", self.classes)
        pyramid(self.size)


def check_condition(condition: Tensor | None, condition_dim: int, n: int) -> None:
    """Raise ParameterError unless a condition `(n, condition_dim)` is given exactly when there is a place for it."""
    got = None if condition is None else tuple(condition.shape)
    expected = (n, condition_dim) if condition_dim else None
    if got != expected:
        raise ParameterError(f"condition: expected {expected} (config entry condition_dim), got {got}")


def joined(z: Tensor, condition: Tensor | None, condition_dim: int) -> Tensor:
    """`(n, z_dim)` and, if the network is conditional, `(n, condition_dim)` → side by side."""
    check_condition(condition, condition_dim, len(z))
    return z if condition is None else torch.cat([z, condition.to(z.dtype)], dim=1)


def norm(channels: int, groups: int = 8) -> nn.GroupNorm:
    """Group normalisation (Wu & He 2018) with the largest divisor of `channels` up to `groups` groups."""
    return nn.GroupNorm(next(g for g in range(min(groups, channels), 0, -1) if channels % g == 0), channels)


class ConvBlock(nn.Module):
    """Two 3×3 convolutions with normalisation and activation: `(n, c_in, h, w)` → `(n, c_out, h, w)`."""

    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(channels_in, channels_out, 3, padding=1, bias=False),
            norm(channels_out),
            nn.SiLU(),
            nn.Conv2d(channels_out, channels_out, 3, padding=1, bias=False),
            norm(channels_out),
            nn.SiLU(),
        )

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.body(x)
        return out


class UNetBody(nn.Module):
    """Contracting and expanding path with skips: `(n, channels_in, h, w)` → `(n, width, h, w)`; any h, w ≥ 1.

    Ronneberger et al. 2015, §2, with padded convolutions, maximum pooling and bilinear upsampling.
    """

    def __init__(self, channels_in: int, width: int, depth: int) -> None:
        super().__init__()
        widths = [width * 2**level for level in range(depth + 1)]
        self.stem = ConvBlock(channels_in, widths[0])
        self.down = nn.ModuleList(ConvBlock(a, b) for a, b in itertools.pairwise(widths))
        self.up = nn.ModuleList(ConvBlock(a + b, a) for a, b in itertools.pairwise(widths))

    def body(self, x: Tensor) -> Tensor:
        skips = [self.stem(x)]  # level i: (n, width·2^i, ⌈h/2^i⌉, ⌈w/2^i⌉)
        for block in self.down:
            skips.append(block(F.max_pool2d(skips[-1], 2, ceil_mode=True)))
        x = skips.pop()
        for block in reversed(self.up):
            skip = skips.pop()
            x = F.interpolate(x, size=skip.shape[2:], mode="bilinear", align_corners=False)
            x = block(torch.cat([skip, x], dim=1))
        out: Tensor = x
        return out


def contracting(channels_in: int, widths: tuple[int, ...]) -> nn.Sequential:
    """Encoder of an autoencoder: a strided convolution and a `ConvBlock` for each width, the last of them smallest."""
    layers: list[nn.Module] = []
    for a, b in itertools.pairwise((channels_in, *widths)):
        layers += [nn.Conv2d(a, b, 4, 2, 1, bias=False), norm(b), nn.SiLU(), ConvBlock(b, b)]
    return nn.Sequential(*layers)


def expanding(widths: tuple[int, ...], channels_out: int) -> nn.Sequential:
    """Decoder of an autoencoder: a `ConvBlock`, nearest-neighbour doubling and a convolution for each width; tanh."""
    layers: list[nn.Module] = []
    for a, b in itertools.pairwise((*widths, widths[-1])):
        layers += [ConvBlock(a, a), nn.Upsample(scale_factor=2), nn.Conv2d(a, b, 3, padding=1, bias=False)]
        layers += [norm(b), nn.SiLU()]
    return nn.Sequential(*layers, nn.Conv2d(widths[-1], channels_out, 3, padding=1), nn.Tanh())


class ConditionalNorm(nn.Module):
    """Batch normalisation whose gain and bias are linear in the condition (Dumoulin et al. 2017, de Vries et al. 2017).

    Without a condition (condition_dim 0) it is plain batch normalisation. Wants float32.
    """

    def __init__(self, channels: int, condition_dim: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(channels, affine=not condition_dim)
        self.affine = nn.Linear(condition_dim, 2 * channels, bias=False) if condition_dim else None
        if self.affine is not None:
            nn.init.normal_(self.affine.weight, 0.0, 0.1)

    def forward(self, x: Tensor, condition: Tensor | None) -> Tensor:
        out: Tensor = self.norm(x)
        if self.affine is not None and condition is not None:
            gain, bias = self.affine(condition.to(out.dtype))[:, :, None, None].chunk(2, dim=1)
            out = out * (1 + gain) + bias
        return out


class ResidualUp(nn.Module):
    """Generator block with conditional norms: `(n, c_in, h, w)` → `(n, c_out, 2h, 2w)`.

    Miyato & Koyama 2018, figure 14a, nearest-neighbour doubling. `wrap` goes around convolutions.
    """

    def __init__(self, channels_in: int, channels_out: int, condition_dim: int, wrap: Wrap | None = None) -> None:
        super().__init__()
        wrap = wrap or nn.Identity()
        self.norm1 = ConditionalNorm(channels_in, condition_dim)
        self.conv1 = wrap(nn.Conv2d(channels_in, channels_out, 3, padding=1, bias=False))
        self.norm2 = ConditionalNorm(channels_out, condition_dim)
        self.conv2 = wrap(nn.Conv2d(channels_out, channels_out, 3, padding=1))
        self.shortcut = wrap(nn.Conv2d(channels_in, channels_out, 1))

    def forward(self, x: Tensor, condition: Tensor | None) -> Tensor:
        y = F.interpolate(torch.relu(self.norm1(x, condition)), scale_factor=2)
        y = self.conv2(torch.relu(self.norm2(self.conv1(y), condition)))
        out: Tensor = y + F.interpolate(self.shortcut(x), scale_factor=2)
        return out


class ResidualDown(nn.Module):
    """Critic block: `(n, c_in, h, w)` → `(n, c_out, h/2, w/2)`, or the same size with `halve` off.

    Miyato & Koyama 2018, figure 14b; `first`: the input is a picture and passes no ReLU.
    """

    def __init__(
        self, channels_in: int, channels_out: int, wrap: Wrap, first: bool = False, halve: bool = True
    ) -> None:
        super().__init__()
        self.first, self.halve = first, halve
        self.conv1 = wrap(nn.Conv2d(channels_in, channels_out, 3, padding=1))
        self.conv2 = wrap(nn.Conv2d(channels_out, channels_out, 3, padding=1))
        self.shortcut = wrap(nn.Conv2d(channels_in, channels_out, 1))

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv2(torch.relu(self.conv1(x if self.first else torch.relu(x))))
        if self.halve:
            x, y = F.avg_pool2d(x, 2), F.avg_pool2d(y, 2)
        out: Tensor = y + self.shortcut(x)
        return out


def spectral(layer: nn.Module) -> nn.Module:
    """Spectral normalisation by one power iteration a training pass (Miyato et al. 2018, algorithm 1)."""
    return nn.utils.parametrizations.spectral_norm(layer)


class _Scaled(nn.Module):
    def __init__(self, scale: float) -> None:
        super().__init__()
        self.scale = scale

    def forward(self, x: Tensor) -> Tensor:
        return x * self.scale


def equalised(layer: Layer, gain: float = 1.0, rate: float = 1.0) -> Layer:
    """Equalised learning rate (Karras et al. 2018, §4.1): weights from N(0, 1), scaled by gain/√fan_in as they are
    used.

    rate multiplies the effective learning rate of weight and bias and leaves the start unchanged.
    """
    assert isinstance(layer, nn.Linear | nn.Conv2d)
    nn.init.normal_(layer.weight, 0.0, 1 / rate)
    scale = gain * rate / math.sqrt(layer.weight[0].numel())
    nn.utils.parametrize.register_parametrization(layer, "weight", _Scaled(scale))
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
        if rate != 1:
            nn.utils.parametrize.register_parametrization(layer, "bias", _Scaled(rate))
    return layer


def unit_scale(x: Tensor) -> Tensor:
    """x over the root mean square of its channels (dimension 1): pixelwise feature vector normalisation.

    Karras et al. 2018, §4.2. Wants float32.
    """
    return x * (x.square().mean(1, keepdim=True) + 1e-8).rsqrt()


def with_deviation(x: Tensor, group: int = 4) -> Tensor:
    """`(n, c, h, w)` → `(n, c + 1, h, w)`: one more channel, the standard deviation over pictures of a group.

    Minibatch standard deviation (Karras et al. 2018, §3): deviation of every value over the group, mean over values.
    A batch is cut into groups of at most `group` pictures that divide it. Wants float32.
    """
    n, _, h, w = x.shape
    group = next(g for g in range(min(group, n), 0, -1) if n % g == 0)
    groups = x.reshape(group, n // group, -1)
    deviation = (groups.var(0, correction=0) + 1e-8).sqrt().mean(1)  # (n / group,)
    return torch.cat([x, deviation.repeat(group).view(n, 1, 1, 1).expand(n, 1, h, w)], dim=1)


def double(x: Tensor) -> Tensor:
    """Bilinear upsampling by 2, which is the filter [1, 3, 3, 1]/4 a side: `(n, c, h, w)` → `(n, c, 2h, 2w)`."""
    return F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)


def halve(x: Tensor) -> Tensor:
    """Downsampling by 2 with the filter [1, 3, 3, 1]/8 a side, edges repeated: `(n, c, 2h, 2w)` → `(n, c, h, w)`."""
    taps = x.new_tensor([1, 3, 3, 1]) / 8
    kernel = torch.outer(taps, taps).expand(x.shape[1], 1, 4, 4)
    return F.conv2d(F.pad(x, (1, 1, 1, 1), mode="replicate"), kernel, stride=2, groups=x.shape[1])


class Bounded(nn.Module):
    """Last step of generators without tanh: linear while training, clamped to [-1, 1] in evaluation mode."""

    def forward(self, x: Tensor) -> Tensor:
        return x if self.training else x.clamp(-1, 1)


@dataclass(frozen=True)
class Quantised:
    """What an autoencoder with discrete codes gives for n pictures.

    picture: `(n, channels, size, size)` in [-1, 1]; code: `(n, d, h, w)` before, entries: after quantisation (both
    carry gradients of their own); indices: `(n, h, w)` whole numbers.
    """

    picture: Tensor
    code: Tensor
    entries: Tensor
    indices: Tensor


@dataclass(frozen=True)
class Judgement:
    """What a critic says of n pictures in one pass.

    score: `(n,)` logits, high = real; features: `(n, f)`, what the score is a function of;
    classes: one `(n, k)` of logits per auxiliary classifier.
    """

    score: Tensor
    features: Tensor
    classes: tuple[Tensor, ...]


class Heads(nn.Module):
    """Score and classes from features `(n, f)`.

    Score: ψ·f + ⟨V·condition, f⟩ (Miyato & Koyama 2018, "cGANs with Projection Discriminator", eq. 3), the second term
    times `gain`; classes: one linear layer each (Odena et al. 2017, "Conditional Image Synthesis with Auxiliary
    Classifier GANs", §3). `wrap` goes around every layer.
    """

    def __init__(
        self, features: int, condition_dim: int, classes: tuple[int, ...], wrap: Wrap | None = None, gain: float = 1.0
    ) -> None:
        super().__init__()
        wrap = wrap or nn.Identity()
        self.condition_dim, self.gain = condition_dim, gain
        self.score = wrap(nn.Linear(features, 1))
        self.embed = wrap(nn.Linear(condition_dim, features, bias=False)) if condition_dim else None
        self.classifiers = nn.ModuleList(wrap(nn.Linear(features, k)) for k in classes)

    def forward(self, features: Tensor, condition: Tensor | None) -> Tensor:
        check_condition(condition, self.condition_dim, len(features))
        score: Tensor = self.score(features).squeeze(1)  # (n,)
        if self.embed is None or condition is None:
            return score
        match: Tensor = (self.embed(condition.to(features.dtype)) * features).sum(1)
        return score + self.gain * match

    def classify(self, features: Tensor) -> tuple[Tensor, ...]:
        return tuple(classifier(features) for classifier in self.classifiers)


class Critic(nn.Module):
    """What critics have in common. A member sets `heads` and defines `features(x)`: `(n, c, h, w)` → `(n, f)`.

    All other methods go through one pass of `features`; `judge` returns everything of that pass.
    """

    heads: Heads

    def features(self, x: Tensor) -> Tensor:
        raise NotImplementedError

    def judge(self, x: Tensor, condition: Tensor | None = None) -> Judgement:
        features = self.features(x)
        return Judgement(self.heads(features, condition), features, self.heads.classify(features))

    def forward(self, x: Tensor, condition: Tensor | None = None) -> Tensor:
        score: Tensor = self.heads(self.features(x), condition)
        return score

    def classify(self, x: Tensor) -> tuple[Tensor, ...]:
        return self.heads.classify(self.features(x))

    def layers(self) -> list[tuple[nn.Module, ...]]:
        """What pictures pass before the heads, from the picture on; normalisation belongs to the layer before it."""
        found: list[tuple[nn.Module, ...]] = []
        for module in self.parts():
            weights = [p.dim() for p in module.parameters()]
            if found and max(weights, default=0) < 2:
                found[-1] += (module,)
            elif weights:
                found.append((module,))
        return found

    def parts(self) -> Iterable[nn.Module]:
        """The modules of `features` in order."""
        return self.body.children()  # type: ignore[union-attr]


def scaled_normal_(weight: Tensor, gain: float) -> None:
    """Fill in place with N(0, gain²/fan_in) (He et al. 2015, "Delving Deep into Rectifiers", eq. 10)."""
    fan_in = weight[0].numel()
    nn.init.normal_(weight, 0.0, gain / math.sqrt(fan_in))


class ResidualBlock(nn.Module):
    """y = relu(shortcut(x) + f(x)): `(n, c_in, h, w)` → `(n, c_out, ⌈h/stride⌉, ⌈w/stride⌉)`; He et al. 2016, §3.3."""

    def __init__(self, channels_in: int, channels_out: int, stride: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(channels_in, channels_out, 3, stride, 1, bias=False),
            nn.BatchNorm2d(channels_out),
            nn.ReLU(),
            nn.Conv2d(channels_out, channels_out, 3, 1, 1, bias=False),
            nn.BatchNorm2d(channels_out),
        )
        same = channels_in == channels_out and stride == 1
        self.shortcut = nn.Identity() if same else nn.Conv2d(channels_in, channels_out, 1, stride, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(self.shortcut(x) + self.body(x))


def moments(x: Tensor) -> Tensor:
    """`(n, c, h, w)` → `(n, 2, c)`: mean and standard deviation of each channel over places. Wants float32."""
    flat = x.float().flatten(2)
    return torch.stack([flat.mean(2), (flat.var(2, correction=0) + 1e-5).sqrt()], 1)


def standardised(x: Tensor) -> Tensor:
    """Every channel of every picture with mean 0 and deviation 1 over places (instance normalisation)."""
    mean, deviation = moments(x)[..., None, None].unbind(1)
    return (x - mean) / deviation


def mix_statistics(content: Tensor, style: Tensor) -> Tensor:
    """AdaIN (Huang & Belongie 2017, eq. 8): content `(n, c, h, w)` with the `moments` `(n, 2, c)` of a style."""
    mean, deviation = style[..., None, None].unbind(1)
    return standardised(content) * deviation + mean


def mix_pixels(content: Tensor, style: Tensor) -> Tensor:
    """Per pixel: the mean of content and of style `(n, c, h', w')` brought to its size."""
    return (content + F.interpolate(style, size=content.shape[2:], mode="bilinear", align_corners=False)) / 2


def mix_averaged(content: Tensor, style: Tensor) -> Tensor:
    """Features averaged with weights from style: at each place those of style `(n, c, h', w')`, by likeness.

    Weights are a softmax over the style's places of the cosine of standardised features, times √c: an attention without
    parameters (as AdaAttN, Liu et al. 2021, eq. 5, without its projections).
    """
    n, c, h, w = content.shape
    query = F.normalize(standardised(content).flatten(2), dim=1).transpose(1, 2)  # n, h·w, c
    key = F.normalize(standardised(style).flatten(2), dim=1).transpose(1, 2)
    value = style.flatten(2).transpose(1, 2)
    found = F.scaled_dot_product_attention(query, key, value.to(query.dtype), scale=float(c) ** 0.5)
    return found.transpose(1, 2).reshape(n, c, h, w)


MIXING: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "statistics": mix_statistics,
    "pixels": mix_pixels,
    "averaged": mix_averaged,
}


def mixed(how: str, content: Tensor, styles: Sequence[Tensor], shares: Sequence[float]) -> Tensor:
    """Content mixed with several styles, each with its share; a style's batch may be 1."""
    told = [style.expand(len(content), *style.shape[1:]) for style in styles]
    return torch.stack([share * MIXING[how](content, s) for s, share in zip(told, shares, strict=True)]).sum(0)


class SmoothConv(nn.Module):
    """A 3 × 3 convolution over repeated borders, as pictures without frames want it, and a ReLU unless it is off."""

    def __init__(self, channels_in: int, channels_out: int, stride: int = 1, active: bool = True) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels_in, channels_out, 3, stride)
        self.active = active

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(F.pad(x, (1, 1, 1, 1), mode="replicate"))
        return torch.relu(x) if self.active else x


class SmoothResidual(nn.Module):
    """x + two convolutions over repeated borders."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.body = nn.Sequential(SmoothConv(channels, channels), SmoothConv(channels, channels, active=False))

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = x + self.body(x)
        return out
