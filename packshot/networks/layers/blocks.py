"""Blocks of convolutions that more than one network uses."""

from __future__ import annotations

import itertools

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from packshot.networks.layers.resizing import double
from packshot.networks.layers.weights import Wrap


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


class Bounded(nn.Module):
    """Last step of generators without tanh: linear while training, clamped to [-1, 1] in evaluation mode."""

    def forward(self, x: Tensor) -> Tensor:
        return x if self.training else x.clamp(-1, 1)


class FullSize(nn.Module):
    """What is added to a photograph, from maps at half its size: `(n, c, h, w)` → `(n, 3, 2h, 2w)`, small at first.

    Enlarged bilinearly and brought together by one convolution that all pixels share. Where each pixel of a block of
    2 × 2 has weights of its own (a pixel shuffle), losses of texture find a grid of dots with them (LOG.md).
    """

    def __init__(self, channels: int, width: int = 8) -> None:
        super().__init__()
        self.narrow, self.last = (SmoothConv(a, b, active=False) for a, b in ((channels, width), (width, 3)))
        with torch.no_grad():
            for part in self.last.parameters():
                part.mul_(0.1)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.last(double(self.narrow(x)))
        return out
