"""SegNet: an encoder like VGG's, and a decoder that enlarges by remembering where each maximum lay.

Source: Badrinarayanan, Kendall & Cipolla, "SegNet: A Deep Convolutional Encoder-Decoder Architecture for Image
Segmentation" (2017), §3, figures 2 and 3: max-pooling indices, batch normalisation and ReLU behind every convolution,
no skips of features. Departures: widths and numbers of convolutions are the config's (the paper's are VGG-16's); the
indices are kept as one plane for each place in a window of 2 × 2, so that the network exports; where values of a window
are equal, the first counts; sides that do not divide are padded by repeating the border.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from packshot.networks.layers.configs import require, require_at_least


@dataclass(frozen=True)
class SegNetConfig:
    """classes: 1 = product or not. widths: channels at 1, 1/2, 1/4, … of the size; convs: convolutions at each."""

    classes: int = 1
    widths: tuple[int, ...] = (16, 32, 64, 96, 96)
    convs: tuple[int, ...] = (1, 2, 2, 2, 2)

    def __post_init__(self) -> None:
        require_at_least(1, classes=self.classes)
        require(len(self.widths) > 0 and min(self.widths) > 0, "widths", "at least one, above 0", self.widths)
        same = len(self.convs) == len(self.widths) and min(self.convs) > 0
        require(same, "convs", "a number above 0 for each of the widths", self.convs)


class SegNet(nn.Module):
    """`(n, 3, h, w)` in [0, 1] → logits `(n, classes, h, w)`; any h, w ≥ 1."""

    def __init__(self, config: SegNetConfig) -> None:
        super().__init__()
        self.config = config
        self.multiple = 2 ** len(config.widths)
        levels = list(itertools.pairwise((3, *config.widths)))
        self.encoder = nn.ModuleList(
            _stack([a, *(b for _ in range(n))]) for (a, b), n in zip(levels, config.convs, strict=True)
        )
        levels[0] = (config.widths[0], config.widths[0])
        self.decoder = nn.ModuleList(
            _stack([*(b for _ in range(n)), a]) for (a, b), n in zip(levels, config.convs, strict=True)
        )
        self.head = nn.Conv2d(config.widths[0], config.classes, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        h, w = x.shape[2:]
        x = F.pad(x, (0, -w % self.multiple, 0, -h % self.multiple), mode="replicate") * 4 - 2
        places = []
        for layers in self.encoder:
            x, place = pooled(layers(x))
            places.append(place)
        for layers in reversed(self.decoder):
            x = layers(unpooled(x, places.pop()))
        out: Tensor = self.head(x)[:, :, :h, :w]
        return out

    def everything(self, x: Tensor) -> tuple[Tensor, ...]:
        """Logits at full size; there are no others."""
        return (self(x),)


def pooled(x: Tensor) -> tuple[Tensor, Tensor]:
    """Maxima of windows of 2 × 2, `(n, c, h/2, w/2)`, and where they lay: `(n, c, 4, h/2, w/2)`, one 1 in four."""
    n, c, h, w = x.shape
    windows = F.pixel_unshuffle(x, 2).view(n, c, 4, h // 2, w // 2)
    most, at = windows.max(2)
    slots = torch.arange(4, device=x.device).view(1, 1, 4, 1, 1)
    return most, (at[:, :, None] == slots).to(x.dtype)


def unpooled(x: Tensor, places: Tensor) -> Tensor:
    """`(n, c, h, w)` → `(n, c, 2h, 2w)`: each value where the maximum lay, zeros elsewhere."""
    n, c, h, w = x.shape
    return F.pixel_shuffle((x[:, :, None] * places).view(n, 4 * c, h, w), 2)


def _stack(widths: list[int]) -> nn.Sequential:
    """Convolution, normalisation and ReLU for each step between widths."""
    layers: list[nn.Module] = []
    for a, b in itertools.pairwise(widths):
        layers += [nn.Conv2d(a, b, 3, padding=1, bias=False), nn.BatchNorm2d(b), nn.ReLU()]
    return nn.Sequential(*layers)
