"""U-Net: contracting and expanding path with skip connections.

Source: Ronneberger, Fischer, Brox, "U-Net: Convolutional Networks for Biomedical Image Segmentation" (2015), §2.
Departures: padded convolutions (output size = input size), group normalisation, SiLU, bilinear upsampling
followed by a convolution instead of transposed convolution (no checkerboard, Odena et al. 2016), any input size.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

from packshot.networks.layers.blocks import UNetBody
from packshot.networks.layers.configs import require_at_least


@dataclass(frozen=True)
class UNetConfig:
    """channels_in: of the picture; classes: 1 = product or not; width: channels at full resolution, doubled at each of
    `depth` levels.
    """

    channels_in: int = 3
    classes: int = 1
    width: int = 16
    depth: int = 3

    def __post_init__(self) -> None:
        require_at_least(1, channels_in=self.channels_in, classes=self.classes, width=self.width)
        require_at_least(0, depth=self.depth)


class UNet(UNetBody):
    """`(n, channels_in, h, w)` in [0, 1] → logits `(n, classes, h, w)`; any h, w ≥ 1."""

    def __init__(self, config: UNetConfig) -> None:
        super().__init__(config.channels_in, config.width, config.depth)
        self.config = config
        self.head = nn.Conv2d(config.width, config.classes, 1)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.head(self.body(x))
        return out

    def everything(self, x: Tensor) -> tuple[Tensor, ...]:
        """Logits at full size; there are no others."""
        return (self(x),)
