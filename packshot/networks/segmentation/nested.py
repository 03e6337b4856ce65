"""A nested U-Net: U-Nets of residual U-blocks, supervised at every level.

Source: Qin et al., "U²-Net: Going Deeper with Nested U-Structure for Salient Object Detection" (2020), §3.1 (residual
U-blocks, figure 2e; RSU-4F with dilations instead of pooling), §3.2 (six encoder and five decoder stages, side outputs
joined by a 1 × 1 convolution) and §3.3 (deep supervision). A strided convolution before all else: Qin et al.,
"Highly Accurate Dichotomous Image Segmentation" (2022), IS-Net, §4.1. Departures: widths of the config, smaller than
U²-Net†'s; any input size; the joined output is enlarged bilinearly from half size.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from packshot.networks.layers.configs import require_at_least

HEIGHTS = (7, 6, 5, 4)  # of the U-blocks in the first stages; those after them are RSU-4F
FLAT = 2  # stages of RSU-4F at the end of the encoder


@dataclass(frozen=True)
class NestedUNetConfig:
    """classes: 1 = product or not. width: channels between blocks; middle: inside them."""

    classes: int = 1
    width: int = 48
    middle: int = 12

    def __post_init__(self) -> None:
        require_at_least(1, classes=self.classes, width=self.width, middle=self.middle)


class Conv(nn.Sequential):
    """3 × 3 convolution, normalisation, ReLU: `(n, c_in, h, w)` → `(n, c_out, h, w)`."""

    def __init__(self, channels_in: int, channels_out: int, dilation: int = 1) -> None:
        conv = nn.Conv2d(channels_in, channels_out, 3, padding=dilation, dilation=dilation, bias=False)
        super().__init__(conv, nn.BatchNorm2d(channels_out), nn.ReLU())


class UBlock(nn.Module):
    """RSU: x' + U(x'), x' = conv(x), U a small U-Net of `height` levels: `(n, c_in, h, w)` → `(n, c_out, h, w)`.

    flat: dilations 1, 2, 4, … instead of halvings.
    """

    def __init__(self, height: int, channels_in: int, middle: int, channels_out: int, flat: bool = False) -> None:
        super().__init__()
        self.flat = flat
        steps = [2**level if flat else 1 for level in range(height)]
        self.first = Conv(channels_in, channels_out)
        self.down = nn.ModuleList(
            Conv(middle if level else channels_out, middle, steps[level]) for level in range(height - 1)
        )
        self.bottom = Conv(middle, middle, steps[-1] if flat else 2)
        self.up = nn.ModuleList(
            Conv(2 * middle, middle if level else channels_out, steps[level]) for level in range(height - 1)
        )

    def forward(self, x: Tensor) -> Tensor:
        first = y = self.first(x)
        skips: list[Tensor] = []
        for level, down in enumerate(self.down):
            y = down(y if self.flat or level == 0 else halved(y))
            skips.append(y)
        y = self.bottom(y)
        for up in reversed(self.up):
            skip = skips.pop()
            y = up(torch.cat([y if self.flat else enlarged(y, skip), skip], 1))
        out: Tensor = first + y
        return out


class NestedUNet(nn.Module):
    """`(n, 3, h, w)` in [0, 1] → logits `(n, classes, h, w)`; any h, w ≥ 1."""

    def __init__(self, config: NestedUNetConfig) -> None:
        super().__init__()
        self.config = config
        c, m = config.width, config.middle
        self.stem = nn.Conv2d(3, c, 3, 2, 1)
        kinds = [(height, False) for height in HEIGHTS] + [(4, True)] * FLAT
        self.encoder = nn.ModuleList(UBlock(height, c, m, c, flat) for height, flat in kinds)
        self.decoder = nn.ModuleList(UBlock(height, 2 * c, m, c, flat) for height, flat in kinds[:-1])
        self.sides = nn.ModuleList(nn.Conv2d(c, config.classes, 3, padding=1) for _ in kinds)
        self.join = nn.Conv2d(len(kinds) * config.classes, config.classes, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.everything(x)[0]

    def everything(self, x: Tensor) -> tuple[Tensor, ...]:
        """Logits at full size, then the side outputs at 1/2, 1/4, … of it."""
        size, x = x, self.stem(x * 4 - 2)
        skips: list[Tensor] = []
        for level, block in enumerate(self.encoder):
            x = block(x if level == 0 else halved(x))
            skips.append(x)
        levels = [skips.pop()]
        for block in reversed(self.decoder):
            skip = skips.pop()
            levels.append(block(torch.cat([enlarged(levels[-1], skip), skip], 1)))
        sides = [side(level) for side, level in zip(self.sides, reversed(levels), strict=True)]
        joined = self.join(torch.cat([sides[0], *(enlarged(side, sides[0]) for side in sides[1:])], 1))
        return (enlarged(joined, size), *sides)


def halved(x: Tensor) -> Tensor:
    """Maxima of windows of 2 × 2, the last row and column too where sides are odd."""
    return F.max_pool2d(x, 2, ceil_mode=True)


def enlarged(x: Tensor, like: Tensor) -> Tensor:
    """Bilinear, to the size of another."""
    return F.interpolate(x, size=like.shape[2:], mode="bilinear", align_corners=False)
