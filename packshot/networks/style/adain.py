"""Any style in one pass: an encoder, statistics of photo and style mixed at several scales, a decoder.

Source: Huang & Belongie 2017, "Arbitrary Style Transfer in Real-time with Adaptive Instance Normalization", §4, §5.
Departures: the encoder is a small one of our own and learns with the decoder, because none that was trained on millions
of pictures is to be had; mixing at three scales and at the pixels (whose mix of statistics is Reinhard's colour
transfer), not at the deepest alone; skips carry mixed features, never the photo's own; the picture is worked on in
blocks of 2 × 2 px, so that no convolution runs at full size; mixing per pixel and by averages can take AdaIN's place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor, nn
from torch.nn import functional as F

from packshot.networks.layers.blocks import FullSize, SmoothConv, SmoothResidual
from packshot.networks.layers.configs import require, require_at_least
from packshot.networks.layers.mixing import MIXING, mixed
from packshot.networks.layers.resizing import double
from packshot.networks.layers.statistics import moments


@dataclass(frozen=True)
class AdaINConfig:
    """width: channels at half size, doubled by each of two halvings. blocks: residual ones where it is smallest.

    mixing: statistics (AdaIN), pixels or averaged. scales: how many are mixed, from the deepest on; 4 = pixels too.
    """

    width: int = 24
    blocks: int = 2
    mixing: str = "statistics"
    scales: int = 4

    def __post_init__(self) -> None:
        require_at_least(1, width=self.width, blocks=self.blocks, scales=self.scales)
        require(self.scales <= 4, "scales", "1 to 4", self.scales)
        require(self.mixing in MIXING, "mixing", f"one of {', '.join(MIXING)}", self.mixing)


class AdaIN(nn.Module):
    """photo `(n, 3, h, w)` and style `(n, 3, h', w')` in [0, 1] → `(n, 3, h, w)`, not clamped; sides multiples of 8."""

    multiple = 8

    def __init__(self, config: AdaINConfig) -> None:
        super().__init__()
        self.config = config
        w = config.width
        self.encoder = nn.ModuleList(
            [
                SmoothConv(12, w),
                nn.Sequential(SmoothConv(w, 2 * w, 2), SmoothConv(2 * w, 2 * w)),
                nn.Sequential(SmoothConv(2 * w, 4 * w, 2), SmoothConv(4 * w, 4 * w)),
            ]
        )
        self.deep = nn.Sequential(*(SmoothResidual(4 * w) for _ in range(config.blocks)))
        self.up = nn.ModuleList([SmoothConv(4 * w, 2 * w), SmoothConv(2 * w, w)])
        self.join = nn.ModuleList([SmoothResidual(2 * w), SmoothConv(w, w)])
        self.last = FullSize(w)

    def encode(self, x: Tensor) -> list[Tensor]:
        """Blocks of pixels `(n, 12, h/2, w/2)` and the three maps, fine to coarse."""
        found = [F.pixel_unshuffle(x, 2)]
        for layer in self.encoder:
            found.append(layer(found[-1]))
        return found

    def codes(self, style: Tensor) -> tuple[Tensor, ...]:
        """What of a style is mixed in: pixels, then the three maps, fine to coarse; moments of each, or maps."""
        maps = self.encode(style)
        if self.config.mixing == "statistics":
            return tuple(moments(x) for x in maps)
        return (moments(maps[0]), *maps[1:])  # pixels keep their places: only their colours are taken

    def restyled(self, photo: Tensor, codes: Sequence[tuple[Tensor, ...]], shares: Sequence[float]) -> Tensor:
        """A photo in several styles at once, each with its share of 1."""
        maps = self.encode(photo)
        how, scales = self.config.mixing, self.config.scales
        found = []
        for place, x in enumerate(maps):
            far = len(maps) - 1 - place  # from the deepest
            styles = [code[place] for code in codes]
            found.append(mixed(how if place else "statistics", x, styles, shares) if far < scales else x)
        y = self.deep(found[3])
        for place, up, join in zip((2, 1), self.up, self.join, strict=True):
            y = join(up(double(y)) + found[place])
        out: Tensor = F.pixel_shuffle(found[0], 2) + self.last(y)
        return out

    def forward(self, photo: Tensor, style: Tensor) -> Tensor:
        return self.restyled(photo, [self.codes(style)], [1.0])
