"""U-Net: contracting and expanding path with skip connections.

Source: Ronneberger, Fischer, Brox, "U-Net: Convolutional Networks for Biomedical Image Segmentation" (2015), §2.
Departures: padded convolutions (output size = input size), group normalisation, SiLU, bilinear upsampling
followed by a convolution instead of transposed convolution (no checkerboard, Odena et al. 2016), any input size.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from packshot.networks.layers import ConvBlock, require_at_least


@dataclass(frozen=True)
class UNetConfig:
    """channels_in/out: of the tensors; width: channels at full resolution, doubled at each of `depth` levels."""

    channels_in: int = 3
    channels_out: int = 1
    width: int = 16
    depth: int = 3

    def __post_init__(self) -> None:
        require_at_least(1, channels_in=self.channels_in, channels_out=self.channels_out, width=self.width)
        require_at_least(0, depth=self.depth)


class UNet(nn.Module):
    """`(n, channels_in, h, w)` → `(n, channels_out, h, w)`, unbounded (logits); any h, w ≥ 1."""

    def __init__(self, config: UNetConfig) -> None:
        super().__init__()
        self.config = config
        widths = [config.width * 2**level for level in range(config.depth + 1)]
        self.stem = ConvBlock(config.channels_in, widths[0])
        self.down = nn.ModuleList(ConvBlock(a, b) for a, b in itertools.pairwise(widths))
        self.up = nn.ModuleList(ConvBlock(a + b, a) for a, b in itertools.pairwise(widths))
        self.head = nn.Conv2d(widths[0], config.channels_out, 1)

    def forward(self, x: Tensor) -> Tensor:
        skips = [self.stem(x)]  # level i: (n, width·2^i, ⌈h/2^i⌉, ⌈w/2^i⌉)
        for block in self.down:
            skips.append(block(F.max_pool2d(skips[-1], 2, ceil_mode=True)))
        x = skips.pop()
        for block in reversed(self.up):
            skip = skips.pop()
            x = F.interpolate(x, size=skip.shape[2:], mode="bilinear", align_corners=False)
            x = block(torch.cat([skip, x], dim=1))
        out: Tensor = self.head(x)
        return out
