"""SqueezeNet v1.0 without its classifier, for weights that a person brings: a small network to compare others with.

Source: Iandola et al. 2016, "SqueezeNet: AlexNet-level accuracy with 50x fewer parameters", table 1. Departures: the
first convolution and every pooling keep the picture's border, so that maps lie on the picture; the input is turned to
blue, green, red in 0 … 255 less the mean of its training pictures, as the weights of the time want it.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from packshot.networks.layers.configs import require_at_least

SQUEEZE = (16, 16, 32, 32, 48, 48, 64, 64)
EXPAND = (64, 64, 128, 128, 192, 192, 256, 256)  # of each of the two branches
POOLED = (0, 3, 7)  # fire modules before which the maps are pooled
MEAN_BGR = (104.0, 117.0, 123.0)


@dataclass(frozen=True)
class SqueezeNetConfig:
    """divide: every width is divided by it (1 = the paper's)."""

    divide: int = 1

    def __post_init__(self) -> None:
        require_at_least(1, divide=self.divide)


class Fire(nn.Module):
    """Squeeze by 1 × 1, expand by 1 × 1 and 3 × 3 side by side."""

    def __init__(self, channels: int, squeeze: int, expand: int) -> None:
        super().__init__()
        self.squeeze = nn.Conv2d(channels, squeeze, 1)
        self.expand1 = nn.Conv2d(squeeze, expand, 1)
        self.expand3 = nn.Conv2d(squeeze, expand, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.squeeze(x))
        return F.relu(torch.cat([self.expand1(x), self.expand3(x)], 1))


class SqueezeNet(nn.Module):
    """`(n, 3, h, w)` in [0, 1] → the first convolution's map and those of fire modules 2 to 9; h, w ≥ 17."""

    def __init__(self, config: SqueezeNetConfig) -> None:
        super().__init__()
        self.config = config
        narrow = [max(1, width // config.divide) for width in SQUEEZE]
        wide = [max(1, width // config.divide) for width in EXPAND]
        channels = max(1, 96 // config.divide)
        self.first = nn.Conv2d(3, channels, 7, 2, 3)
        self.fires = nn.ModuleList()
        for squeeze, expand in zip(narrow, wide, strict=True):
            self.fires.append(Fire(channels, squeeze, expand))
            channels = 2 * expand

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        x = 255 * x.flip(1) - torch.tensor(MEAN_BGR, dtype=x.dtype, device=x.device).view(1, 3, 1, 1)
        x = F.relu(self.first(x))
        found = [x]
        for place, fire in enumerate(self.fires):
            x = fire(F.max_pool2d(x, 3, 2, 1) if place in POOLED else x)
            found.append(x)
        return tuple(found)
