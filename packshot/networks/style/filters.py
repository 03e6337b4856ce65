"""Random filters of several sizes: a feature space that needs no weights.

Source: Ustyuzhaninov, Brendel, Gatys & Bethge 2016, "Texture Synthesis Using Shallow Convolutional Networks with Random
Filters", §2: one layer, rectified, of random filters of several sizes. Departures: filters have mean 0 and norm 1 over
their taps, so that none is a blur of another; their largest sizes are reached by halving the picture smoothly, not
by large kernels, so a map is given for each size at each halving; the picture itself is the first map of each
halving and stands for colour; borders are repeated.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from packshot.networks.layers.configs import require, require_at_least
from packshot.networks.layers.resizing import halve


@dataclass(frozen=True)
class RandomFiltersConfig:
    """filters: of each size. sizes: sides of the kernels, odd. halvings: of the picture, 0 = full size only."""

    filters: int = 24
    sizes: tuple[int, ...] = (3, 7)
    halvings: int = 4

    def __post_init__(self) -> None:
        require_at_least(1, filters=self.filters)
        require_at_least(0, halvings=self.halvings)
        odd = len(self.sizes) > 0 and all(size % 2 == 1 for size in self.sizes)
        require(odd, "sizes", "odd sides of kernels", self.sizes)


class RandomFilters(nn.Module):
    """`(n, 3, h, w)` in [0, 1] → for each halving the picture and one map of each size, any h, w ≥ 1.

    A map is `(n, filters, ⌊h/2ⁱ⌋, ⌊w/2ⁱ⌋)`, non-negative. Halving stops where a side would fall under 8 px.
    """

    def __init__(self, config: RandomFiltersConfig) -> None:
        super().__init__()
        self.config = config
        for size in config.sizes:
            taps = torch.randn(config.filters, 3, size, size)
            taps = taps - taps.mean((2, 3), keepdim=True)  # of each colour: flat ground gives nothing
            self.register_buffer(f"taps{size}", F.normalize(taps.flatten(1), dim=1).view_as(taps))

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        found: list[Tensor] = []
        for halving in range(self.config.halvings + 1):
            if halving and min(x.shape[2:]) < 16:
                break
            x = halve(x) if halving else x
            found.append(x)
            for size in self.config.sizes:
                taps: Tensor = getattr(self, f"taps{size}")
                around = F.pad(x, (size // 2,) * 4, mode="replicate")
                found.append(F.relu(F.conv2d(around, taps)))
        return tuple(found)
