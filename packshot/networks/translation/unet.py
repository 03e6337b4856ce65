"""A U-Net that translates a map into a picture: a drawing, a layout or a photograph in, a photograph out.

Source: Isola, Zhu, Zhou & Efros, "Image-to-Image Translation with Conditional Adversarial Networks" (2017), §3.2.1 and
appendix 6.1.1. Departures: enlarging by bilinear resize and convolution in place of transposed convolutions, against
checkerboards; skips are added, not concatenated, after a 1 × 1 convolution at the smaller size, which costs half; no
dropout as noise (the paper itself finds that it changes little): what is left open is told by an optional condition
through every normalisation of the expanding path; sigmoid; any height and width. Batch statistics, so that at other
sizes than trained nothing shifts.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn

from packshot.networks.layers.configs import require_at_least
from packshot.networks.layers.translating import Step, conv, enlarged, told


@dataclass(frozen=True)
class UNetTranslatorConfig:
    """width: channels at full size, doubled per halving, at most max_width. convs: at each size below the full one.

    depth: halvings: 5 bring 64 px to 2.
    """

    channels_in: int = 3
    condition_dim: int = 0
    width: int = 16
    max_width: int = 128
    depth: int = 5
    convs: int = 2

    def __post_init__(self) -> None:
        require_at_least(1, channels_in=self.channels_in, width=self.width, max_width=self.max_width)
        require_at_least(1, depth=self.depth, convs=self.convs)
        require_at_least(0, condition_dim=self.condition_dim)


class UNetTranslator(nn.Module):
    """`(n, channels_in, h, w)`, condition `(n, condition_dim)` → `(n, 3, h, w)` in [0, 1]; any h, w ≥ 1."""

    multiple = 1

    def __init__(self, config: UNetTranslatorConfig) -> None:
        super().__init__()
        self.config = config
        widths = [min(config.width * 2**level, config.max_width) for level in range(config.depth + 1)]
        dim = config.condition_dim
        self.stem = Step(config.channels_in, widths[0], 0, "batch")
        self.down = nn.ModuleList(Step(a, b, 0, "batch", 2) for a, b in itertools.pairwise(widths))
        self.middle = Step(widths[-1], widths[-1], dim, "batch")
        self.narrow = nn.ModuleList(nn.Conv2d(b, a, 1, bias=False) for a, b in itertools.pairwise(widths))
        counts = [config.convs if level else 1 for level in range(config.depth)]
        steps = ([Step(a, a, dim, "batch") for _ in range(k)] for a, k in zip(widths, counts, strict=False))
        self.up = nn.ModuleList(nn.ModuleList(each) for each in steps)
        self.last = conv(widths[0], 3, bias=True)

    def forward(self, x: Tensor, condition: Tensor | None = None) -> Tensor:
        condition = told(condition, self.config.condition_dim, len(x))
        skips = [self.stem(x, None)]  # level i: (n, widths[i], ⌈h/2^i⌉, ⌈w/2^i⌉)
        for step in self.down:
            skips.append(step(skips[-1], None))
        x = self.middle(skips.pop(), condition)
        for narrow, steps in zip(reversed(self.narrow), reversed(self.up), strict=True):
            skip = skips.pop()
            x = enlarged(narrow(x), skip) + skip
            for step in cast("nn.ModuleList", steps):
                x = step(x, condition)
        return torch.sigmoid(self.last(x))
