"""Blocks and conventions that more than one network uses. Knows no task, file, device or loss."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from packshot.errors import ParameterError

Wrap = Callable[[nn.Module], nn.Module]  # what is put around a layer with weights, such as spectral normalisation


def require(holds: bool, entry: str, expected: str, got: object) -> None:
    """Raise ParameterError naming a config entry unless its bound `holds`."""
    if not holds:
        raise ParameterError(f"config entry {entry!r}: expected {expected}, got {got!r}")


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


def check_condition(condition: Tensor | None, condition_dim: int, n: int) -> None:
    """Raise ParameterError unless a condition `(n, condition_dim)` is given exactly when there is a place for it."""
    got = None if condition is None else tuple(condition.shape)
    expected = (n, condition_dim) if condition_dim else None
    if got != expected:
        raise ParameterError(f"condition: expected {expected} (config entry 'condition_dim'), got {got}")


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


def scaled_normal_(weight: Tensor, gain: float) -> None:
    """Fill in place with N(0, gain²/fan_in) (He et al. 2015, "Delving Deep into Rectifiers", eq. 10)."""
    fan_in = weight[0].numel()
    nn.init.normal_(weight, 0.0, gain / math.sqrt(fan_in))
