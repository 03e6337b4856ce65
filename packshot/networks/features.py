"""A small residual classifier of product pictures; its pooled features are the project's own feature space.

Source: He, Zhang, Ren, Sun, "Deep Residual Learning for Image Recognition" (2016), §3.3, §4.2 (the layout of its
CIFAR networks).
Departures: four stages of `blocks` blocks with widths 1, 2, 4, 8 × `width`, a 1×1 convolution where the width
changes, one linear head for each attribute (category, colour, material …), 1 or 3 channels, any size of at least 8
px. With the default entries and heads of 16, 12 and 8 values it has about 0.3 million parameters.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

from torch import Tensor, nn

from packshot.networks.layers.blocks import ResidualBlock
from packshot.networks.layers.configs import require, require_at_least


@dataclass(frozen=True)
class FeatureNetConfig:
    """classes: number of values of each attribute; width: channels of the first stage; blocks: per stage.

    stride: of the first convolution: 1 (3 × 3) or 2 (5 × 5), which costs a quarter.
    """

    channels: int = 3
    classes: tuple[int, ...] = (10,)
    width: int = 16
    blocks: int = 1
    stride: int = 1

    def __post_init__(self) -> None:
        require_at_least(1, channels=self.channels, width=self.width, blocks=self.blocks)
        require(self.stride in (1, 2), "stride", "1 or 2", self.stride)
        require(len(self.classes) > 0, "classes", "at least one number of values", self.classes)


class FeatureNet(nn.Module):
    """`(n, channels, h, w)` in [-1, 1], h, w ≥ 8 → one `(n, k)` of logits for each attribute."""

    def __init__(self, config: FeatureNetConfig) -> None:
        super().__init__()
        self.config = config
        w, side = config.width, 2 * config.stride + 1
        first = nn.Conv2d(config.channels, w, side, config.stride, side // 2, bias=False)
        stem = nn.Sequential(first, nn.BatchNorm2d(w), nn.ReLU())
        stages = [ResidualBlock(w, w, 1) for _ in range(config.blocks)]
        for a, b in itertools.pairwise((w, 2 * w, 4 * w, 8 * w)):
            stages += [ResidualBlock(a, b, 2), *(ResidualBlock(b, b, 1) for _ in range(config.blocks - 1))]
        self.body = nn.Sequential(stem, *stages)
        self.heads = nn.ModuleList(nn.Linear(8 * w, k) for k in config.classes)

    def maps(self, x: Tensor) -> Tensor:
        """The last feature maps, `(n, 8·width, ⌈h/8⌉, ⌈w/8⌉)` (a stride of 2 halves them), non-negative; their mean is
        `features`.
        """
        require(min(x.shape[2:]) >= 8, "x", "pictures of at least 8 × 8 px", tuple(x.shape))
        out: Tensor = self.body(x)
        return out

    def features(self, x: Tensor) -> Tensor:
        """Pooled features `(n, 8·width)`, non-negative: what distances between sets of pictures are measured in."""
        return self.maps(x).mean((2, 3))

    def classify(self, features: Tensor) -> tuple[Tensor, ...]:
        """Features `(n, 8·width)` → one `(n, k)` of logits for each attribute."""
        return tuple(head(features) for head in self.heads)

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        return self.classify(self.features(x))
