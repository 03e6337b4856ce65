"""VGG-19 without its classifier, for weights that a person brings; none ship.

Source: Simonyan & Zisserman 2015, "Very Deep Convolutional Networks for Large-Scale Image Recognition", table 1, E.
Departures: average instead of maximum pooling where asked for (Gatys et al. 2016, §2); the input is put to the mean and
spread that the weights were trained with inside the network.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from packshot.networks.layers.configs import require_at_least

BLOCKS = ((64, 2), (128, 2), (256, 4), (512, 4), (512, 4))  # channels and convolutions between two poolings
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of the pictures it was trained on


@dataclass(frozen=True)
class VGGConfig:
    """divide: every width is divided by it (1 = the paper's). blocks: how many of the five are there.

    average: pool by the mean.
    """

    divide: int = 1
    blocks: int = 5
    average: bool = False

    def __post_init__(self) -> None:
        require_at_least(1, divide=self.divide, blocks=self.blocks)


class VGG(nn.Module):
    """`(n, 3, h, w)` in [0, 1] → the first map of each block, after its ReLU: relu1_1, relu2_1 … relu5_1; h, w ≥ 16.

    The last block has its first convolution only.
    """

    def __init__(self, config: VGGConfig) -> None:
        super().__init__()
        self.config = config
        self.blocks = nn.ModuleList()
        channels = 3
        blocks = BLOCKS[: config.blocks]
        for place, (width, count) in enumerate(blocks):
            width = max(1, width // config.divide)
            block = nn.ModuleList()
            for _ in range(count if place < len(blocks) - 1 else 1):
                block.append(nn.Conv2d(channels, width, 3, padding=1))
                channels = width
            self.blocks.append(block)

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        mean, deviation = (torch.tensor(v, dtype=x.dtype, device=x.device).view(1, 3, 1, 1) for v in (MEAN, DEVIATION))
        x, found = (x - mean) / deviation, []
        for place, block in enumerate(self.blocks):
            if place:
                x = F.avg_pool2d(x, 2) if self.config.average else F.max_pool2d(x, 2)
            assert isinstance(block, nn.ModuleList)
            for number, conv in enumerate(block):
                x = F.relu(conv(x))
                if number == 0:
                    found.append(x)
        return tuple(found)
