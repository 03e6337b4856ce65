"""A U-Net as a generator: a map of noise and a map of attributes in, a picture out.

Source: the network is Ronneberger, Fischer, Brox, "U-Net" (2015), §2, as `unet` has it; the condition is joined to
the input as in Mirza & Osindero, "Conditional Generative Adversarial Nets" (2014), §3.2, here repeated at every
pixel.
Departures: those of `unet`; z is the noise map laid out as one vector, so z_dim is a multiple of size²; tanh at the
end. Any critic fits. Since its noise has full size, all that the picture as a whole decides must be read from local
noise by the deepest level: `depth` should reach a few pixels a side.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from packshot.networks.layers.blocks import UNetBody
from packshot.networks.layers.configs import GeneratorConfig, check_condition, require, require_at_least


@dataclass(frozen=True)
class UNetGeneratorConfig(GeneratorConfig):
    """z_dim: size² times the number of noise maps; width: channels at full size; depth: halvings.

    max_width is not used: channels double at every level.
    """

    z_dim: int = 64 * 64
    width: int = 16
    depth: int = 4

    def __post_init__(self) -> None:
        super().__post_init__()
        require_at_least(0, depth=self.depth)
        pixels = self.size**2
        require(self.z_dim % pixels == 0, "z_dim", f"a multiple of size² = {pixels}", self.z_dim)


class UNetGenerator(UNetBody):
    """`(n, z_dim)`, condition `(n, condition_dim)` → `(n, channels, size, size)` in [-1, 1]."""

    def __init__(self, config: UNetGeneratorConfig) -> None:
        maps = config.z_dim // config.size**2
        super().__init__(maps + config.condition_dim, config.width, config.depth)
        self.config, self.maps = config, maps
        self.head = nn.Conv2d(config.width, config.channels, 1)

    def forward(self, z: Tensor, condition: Tensor | None = None) -> Tensor:
        check_condition(condition, self.config.condition_dim, len(z))
        size = self.config.size
        x = z.view(-1, self.maps, size, size)
        if condition is not None:
            attributes = condition.to(z.dtype)[:, :, None, None].expand(-1, -1, size, size)
            x = torch.cat([x, attributes], dim=1)
        return torch.tanh(self.head(self.body(x)))
