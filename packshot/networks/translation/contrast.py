"""What compares patches of two pictures: the small networks that CUT puts behind a translator's maps.

Source: Park, Efros, Zhang & Zhu, "Contrastive Learning for Unpaired Image-to-Image Translation" (2020), §3 and appendix
C.1 (a multilayer perceptron of two layers for each map, vectors of unit length). Departure: 64 numbers in place of 256.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from packshot.networks.layers.configs import require, require_at_least


@dataclass(frozen=True)
class ProjectorConfig:
    """channels: of each map. code: numbers of a vector."""

    channels: tuple[int, ...] = (24, 48, 48, 48)
    code: int = 64

    def __post_init__(self) -> None:
        require_at_least(1, code=self.code)
        require(len(self.channels) > 0 and min(self.channels) > 0, "channels", "numbers above 0", self.channels)


class Projector(nn.Module):
    """Points `(n, k, c)` of each map → vectors `(n, k, code)` of unit length."""

    def __init__(self, config: ProjectorConfig) -> None:
        super().__init__()
        self.config = config
        self.heads = nn.ModuleList(
            nn.Sequential(nn.Linear(c, config.code), nn.ReLU(), nn.Linear(config.code, config.code))
            for c in config.channels
        )

    def forward(self, points: list[Tensor]) -> tuple[Tensor, ...]:
        return tuple(F.normalize(head(x), dim=-1) for head, x in zip(self.heads, points, strict=True))


def points_of(x: Tensor, places: Tensor) -> Tensor:
    """`(n, c, h, w)` → `(n, k, c)` at places `(k, 2)` in [0, 1), the same for every picture."""
    h, w = x.shape[2:]
    at = (places[:, 0] * h).long() * w + (places[:, 1] * w).long()
    return torch.transpose(x.flatten(2).index_select(2, at), 1, 2)
