"""One style, one pass: a residual network whose normalisation holds what a style is; adapters exchange just that.

Sources: Johnson, Alahi & Fei-Fei 2016, "Perceptual Losses for Real-Time Style Transfer and Super-Resolution",
supplementary §1; Ulyanov et al. 2017 (instance normalisation); Dumoulin, Shlens & Kudlur 2017 (a style is the gains
and biases of a network that is shared). Departures: the picture is worked on in blocks of 2 × 2 px and the deepest
size is a quarter, borders are repeated, enlarging is bilinear, and the photo is added at the end, so that the network
begins with the photo; 0.19 million parameters in place of 1.7.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from packshot.networks.layers.blocks import FullSize, SmoothConv
from packshot.networks.layers.configs import require_at_least
from packshot.networks.layers.resizing import double
from packshot.networks.layers.statistics import standardised


@dataclass(frozen=True)
class FastStyleConfig:
    """width: channels at half size, twice as many at a quarter. residuals: blocks of two convolutions there."""

    width: int = 24
    residuals: int = 4

    def __post_init__(self) -> None:
        require_at_least(1, width=self.width, residuals=self.residuals)

    @property
    def norms(self) -> tuple[int, ...]:
        """Channels of every normalisation, in order."""
        return (self.width, 2 * self.width, *[2 * self.width] * (2 * self.residuals), self.width)


class FastStyle(nn.Module):
    """`(n, 3, h, w)` in [0, 1] → `(n, 3, h, w)`, not clamped; sides multiples of 4.

    style: `(2, Σ channels)` gains and biases in place of its own, as a `StyleAdapter` holds them.
    """

    multiple = 4

    def __init__(self, config: FastStyleConfig) -> None:
        super().__init__()
        self.config = config
        w = config.width
        self.head = SmoothConv(12, w, active=False)
        self.down = SmoothConv(w, 2 * w, 2, active=False)
        self.blocks = nn.ModuleList(SmoothConv(2 * w, 2 * w, active=False) for _ in range(2 * config.residuals))
        self.up = SmoothConv(2 * w, w, active=False)
        self.last = FullSize(w)
        self.style = nn.Parameter(torch.stack([torch.ones(sum(config.norms)), torch.zeros(sum(config.norms))]))

    def forward(self, x: Tensor, style: Tensor | None = None) -> Tensor:
        told = self.style if style is None else style
        norms = iter(torch.split(told, list(self.config.norms), dim=1))

        def normed(y: Tensor) -> Tensor:
            gain, bias = next(norms)[:, None, :, None, None]
            out: Tensor = standardised(y) * gain + bias
            return out

        y = torch.relu(normed(self.head(F.pixel_unshuffle(x, 2))))
        y = torch.relu(normed(self.down(y)))
        for first, second in zip(self.blocks[::2], self.blocks[1::2], strict=True):
            y = y + normed(second(torch.relu(normed(first(y)))))
        y = torch.relu(normed(self.up(double(y))))
        out: Tensor = x + self.last(y)
        return out


@dataclass(frozen=True)
class StyleAdapterConfig:
    """width, residuals: of the network it belongs to."""

    width: int = 24
    residuals: int = 4

    def __post_init__(self) -> None:
        require_at_least(1, width=self.width, residuals=self.residuals)


class StyleAdapter(nn.Module):
    """Gains and biases of one style for a frozen `FastStyle`: `forward()` gives them, `(1, 2, Σ channels)`.

    Some thousand numbers: a few kilobytes in half precision.
    """

    def __init__(self, config: StyleAdapterConfig) -> None:
        super().__init__()
        self.config = config
        count = sum(FastStyleConfig(config.width, config.residuals).norms)
        self.style = nn.Parameter(torch.stack([torch.ones(count), torch.zeros(count)]))

    def forward(self) -> Tensor:
        return self.style[None]
