"""DCGAN: a generator of transposed convolutions and a critic of strided ones, with batch normalisation.

Source: Radford, Metz, Chintala, "Unsupervised Representation Learning with Deep Convolutional Generative Adversarial
Networks" (2016), §3 (guidelines) and §4 (weights from N(0, 0.02²), LeakyReLU slope 0.2). With width 64, z_dim 100, 64
px and 3 channels the layers are those of the recipe in PyTorch's public DCGAN tutorial.
Departures: any size of `pyramid`; the first and last kernel are as large as the smallest side (4 or 7). A condition
is joined to z in the generator and enters the critic by projection (Miyato & Koyama 2018); auxiliary classifiers are
optional. The critic's last convolution is written as the linear layer it is. Batch statistics make the pictures of a
training batch depend on each other; batch normalisation wants float32.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

from torch import Tensor, nn

from packshot.networks.layers.configs import CriticConfig, GeneratorConfig, joined, pyramid, pyramid_widths
from packshot.networks.layers.judging import Critic, Heads


@dataclass(frozen=True)
class DCGANGeneratorConfig(GeneratorConfig):
    """width: channels of the last hidden layer, at half of full size."""

    z_dim: int = 100


@dataclass(frozen=True)
class DCGANCriticConfig(CriticConfig):
    """width: channels after the first convolution, at half of full size."""


def _initialise(module: nn.Module) -> None:
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
        nn.init.normal_(module.weight, 0.0, 0.02)
    elif isinstance(module, nn.BatchNorm2d):
        nn.init.normal_(module.weight, 1.0, 0.02)


class DCGANGenerator(nn.Module):
    """`(n, z_dim)`, condition `(n, condition_dim)` → `(n, channels, size, size)` in [-1, 1]."""

    def __init__(self, config: DCGANGeneratorConfig) -> None:
        super().__init__()
        self.config = config
        sides = pyramid(config.size)
        widths = pyramid_widths(config.width, config.max_width, len(sides) - 1)
        first = nn.ConvTranspose2d(config.z_dim + config.condition_dim, widths[0], sides[0], bias=False)
        layers: list[nn.Module] = [first, nn.BatchNorm2d(widths[0]), nn.ReLU()]
        for a, b in itertools.pairwise(widths):
            layers += [nn.ConvTranspose2d(a, b, 4, 2, 1, bias=False), nn.BatchNorm2d(b), nn.ReLU()]
        layers += [nn.ConvTranspose2d(widths[-1], config.channels, 4, 2, 1, bias=False), nn.Tanh()]
        self.body = nn.Sequential(*layers)
        self.apply(_initialise)

    def forward(self, z: Tensor, condition: Tensor | None = None) -> Tensor:
        out: Tensor = self.body(joined(z, condition, self.config.condition_dim)[:, :, None, None])
        return out


class DCGANCritic(Critic):
    """`(n, channels, size, size)`, condition `(n, condition_dim)` → logits `(n,)`."""

    def __init__(self, config: DCGANCriticConfig) -> None:
        super().__init__()
        self.config = config
        sides = pyramid(config.size)
        widths = pyramid_widths(config.width, config.max_width, len(sides) - 1)[::-1]
        layers: list[nn.Module] = [nn.Conv2d(config.channels, widths[0], 4, 2, 1, bias=False), nn.LeakyReLU(0.2)]
        for a, b in itertools.pairwise(widths):
            layers += [nn.Conv2d(a, b, 4, 2, 1, bias=False), nn.BatchNorm2d(b), nn.LeakyReLU(0.2)]
        self.body = nn.Sequential(*layers, nn.Flatten())
        self.heads = Heads(widths[-1] * sides[0] ** 2, config.condition_dim, config.classes)
        self.apply(_initialise)

    def features(self, x: Tensor) -> Tensor:
        out: Tensor = self.body(x)
        return out
