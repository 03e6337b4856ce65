"""What translators share: convolutions over repeated borders, and normalisation that is told the condition.

Borders are repeated and enlarging is bilinear followed by a convolution (Odena, Dumoulin & Olah 2016,
"Deconvolution and Checkerboard Artifacts"), so that a constant input gives a constant picture, without a pattern.
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from packshot.networks.layers.configs import check_condition

Norm = Literal["batch", "instance"]
LEAST = 1e-2  # added to the variance of one picture: gradients of blank pictures stay within bounds, layer after layer


def conv(channels_in: int, channels_out: int, stride: int = 1, side: int = 3, bias: bool = False) -> nn.Conv2d:
    """A convolution over repeated borders; `(h, w)` → `(⌈h/stride⌉, ⌈w/stride⌉)`."""
    return nn.Conv2d(channels_in, channels_out, side, stride, side // 2, bias=bias, padding_mode="replicate")


class ToldNorm(nn.Module):
    """Batch or instance normalisation, then gain and bias, linear in the condition where there is one.

    Dumoulin et al. 2017 (conditional instance normalisation), de Vries et al. 2017 (batch). Wants float32.
    """

    def __init__(self, channels: int, condition_dim: int, kind: Norm) -> None:
        super().__init__()
        batch = nn.BatchNorm2d(channels, affine=False)
        self.norm = batch if kind == "batch" else nn.GroupNorm(channels, channels, LEAST, affine=False)
        self.gain, self.bias = nn.Parameter(torch.ones(channels)), nn.Parameter(torch.zeros(channels))
        self.told = nn.Linear(condition_dim, 2 * channels, bias=False) if condition_dim else None
        if self.told is not None:
            nn.init.normal_(self.told.weight, 0.0, 0.1)

    def forward(self, x: Tensor, condition: Tensor | None) -> Tensor:
        gain, bias = self.gain[:, None, None], self.bias[:, None, None]
        if self.told is not None and condition is not None:
            more, further = self.told(condition.to(x.dtype))[:, :, None, None].chunk(2, dim=1)
            gain, bias = gain + more, bias + further
        out: Tensor = self.norm(x) * gain + bias
        return out


class Step(nn.Module):
    """Convolution, normalisation, ReLU: `(n, c_in, h, w)` → `(n, c_out, ⌈h/stride⌉, ⌈w/stride⌉)`."""

    def __init__(self, channels_in: int, channels_out: int, condition_dim: int, kind: Norm, stride: int = 1) -> None:
        super().__init__()
        self.conv = conv(channels_in, channels_out, stride)
        self.norm = ToldNorm(channels_out, condition_dim, kind)

    def forward(self, x: Tensor, condition: Tensor | None) -> Tensor:
        return torch.relu(self.norm(self.conv(x), condition))


class Residual(nn.Module):
    """x + two convolutions, each normalised, one ReLU between them (He et al. 2016; as Johnson et al. 2016 have it)."""

    def __init__(self, channels: int, condition_dim: int, kind: Norm) -> None:
        super().__init__()
        self.first = Step(channels, channels, condition_dim, kind)
        self.second, self.norm = conv(channels, channels), ToldNorm(channels, condition_dim, kind)

    def forward(self, x: Tensor, condition: Tensor | None) -> Tensor:
        out: Tensor = x + self.norm(self.second(self.first(x, condition)), condition)
        return out


def enlarged(x: Tensor, like: Tensor) -> Tensor:
    """Bilinear, to the height and width of another map."""
    return F.interpolate(x, size=like.shape[2:], mode="bilinear", align_corners=False)


def told(condition: Tensor | None, condition_dim: int, n: int) -> Tensor | None:
    """The condition, checked: `(n, condition_dim)`, None only where there is no place for one."""
    check_condition(condition, condition_dim, n)
    return condition
