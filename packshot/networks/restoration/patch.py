"""A discriminator of patches: one verdict for each place of a picture, none for the whole.

Source: Isola, Zhu, Zhou & Efros, "Image-to-Image Translation with Conditional Adversarial Networks" (2017), §3.2.2 and
appendix 6.1.2 (C64-C128-C256-C512 at depth 3: every verdict sees 70 px). Departures: spectral normalisation instead of
batch normalisation (Miyato et al. 2018), so that pictures of a batch do not depend on each other; any depth.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

from torch import Tensor, nn

from packshot.networks.layers.configs import require_at_least
from packshot.networks.layers.weights import spectral


@dataclass(frozen=True)
class PatchConfig:
    """width: channels after the first layer, doubled by each further halving up to eight times; depth: halvings."""

    channels_in: int = 3
    width: int = 32
    depth: int = 3

    def __post_init__(self) -> None:
        require_at_least(1, channels_in=self.channels_in, width=self.width, depth=self.depth)


class PatchDiscriminator(nn.Module):
    """`(n, channels_in, h, w)` → logits `(n, 1, about h / 2^depth, about w / 2^depth)`; h, w ≥ 2^(depth + 2)."""

    def __init__(self, config: PatchConfig) -> None:
        super().__init__()
        self.config = config
        widths = [config.width * min(2**level, 8) for level in range(config.depth + 1)]
        layers: list[nn.Module] = [nn.Conv2d(config.channels_in, widths[0], 4, 2, 1), nn.LeakyReLU(0.2)]
        for level, (a, b) in enumerate(itertools.pairwise(widths), start=1):
            stride = 2 if level < config.depth else 1
            layers += [spectral(nn.Conv2d(a, b, 4, stride, 1)), nn.LeakyReLU(0.2)]
        self.body = nn.Sequential(*layers, nn.Conv2d(widths[-1], 1, 4, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.body(x)
        return out
