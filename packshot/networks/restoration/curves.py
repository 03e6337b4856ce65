"""Light and colour put right by curves: a picture keeps every edge, only its tones move.

Source: Guo et al., "Zero-Reference Deep Curve Estimation for Low-Light Image Enhancement" (2020), eqs. 3 and 4: a level
x becomes x + α·x·(1 − x), several times, α in [−1, 1] for each place, channel and time. Departures: maps of α are
estimated at an eighth of the side, as Li, Guo & Loy, "Learning to Enhance Low-Light Image via Zero-Reference Deep Curve
Estimation" (2021) do with small copies, and enlarged; the mean of the features speaks to every place, so that a cast is
told by the whole picture; it is trained on pairs (`damage: light`), not without reference. Black and white stay.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from packshot.networks.layers.configs import require, require_at_least


@dataclass(frozen=True)
class CurvesConfig:
    """width: channels of the first layer, twice as many further in; steps: times that a curve is applied."""

    width: int = 16
    steps: int = 8
    channels_in: int = 3

    def __post_init__(self) -> None:
        require_at_least(1, width=self.width, steps=self.steps)
        require(self.channels_in == 3, "channels_in", "3", self.channels_in)


class Curves(nn.Module):
    """`(n, 3, h, w)` in [0, 1] → the same size in [0, 1]; untrained it gives the picture back."""

    multiple = 1

    def __init__(self, config: CurvesConfig) -> None:
        super().__init__()
        self.config = config
        w = config.width
        self.body = nn.Sequential(
            *(nn.Conv2d(3, w, 3, 2, 1), nn.SiLU(), nn.Conv2d(w, 2 * w, 3, 2, 1), nn.SiLU()),
            *(nn.Conv2d(2 * w, 2 * w, 3, 2, 1), nn.SiLU(), nn.Conv2d(2 * w, 2 * w, 3, 1, 1), nn.SiLU()),
        )
        self.whole = nn.Sequential(nn.Linear(4 * w, 2 * w), nn.SiLU(), nn.Linear(2 * w, 2 * w))
        self.mixed = nn.Sequential(nn.Conv2d(2 * w, 2 * w, 3, 1, 1), nn.SiLU())
        self.last = nn.Conv2d(2 * w, 3 * config.steps, 1)
        nn.init.zeros_(self.last.weight)
        nn.init.zeros_(self.last.bias)  # type: ignore[arg-type]

    def forward(self, x: Tensor) -> Tensor:
        for alpha in self.maps(x).chunk(self.config.steps, dim=1):
            x = x + alpha * x * (1 - x)
        return x

    def maps(self, x: Tensor) -> Tensor:
        """α of every step side by side, `(n, 3 · steps, h, w)` in [−1, 1]."""
        found = self.body(2 * x - 1)
        mean = found.mean((2, 3))
        spread = (found - mean[:, :, None, None]).square().mean((2, 3)).add(1e-6).sqrt()
        told = self.whole(torch.cat((mean, spread), 1))
        alpha = self.last(self.mixed(found + told[:, :, None, None])).tanh()
        out: Tensor = F.interpolate(alpha, x.shape[2:], mode="bilinear", align_corners=False)
        return out
