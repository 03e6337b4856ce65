"""Discriminators of translations: one verdict for each place, at one or several sizes, with their features.

Sources: Isola et al. 2017, §3.2.2 (patches); T.-C. Wang et al., "High-Resolution Image Synthesis and Semantic
Manipulation with Conditional GANs" (2018), §3.2 (several sizes, features for matching); Miyato et al. 2018 (spectral
normalisation, an option); Miyato & Koyama 2018, eq. 3 (the condition by projection, here at every place). `star` is the
discriminator of Choi et al. 2018, appendix 7.1: verdicts and classes from one trunk. Departures: no batch
normalisation, so that pictures of a batch do not depend on each other; averages over all places where StarGAN has a
convolution of the size of the picture, so that it takes any.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

from torch import Tensor, nn
from torch.nn import functional as F

from packshot.networks.layers.configs import require, require_at_least
from packshot.networks.layers.judging import Judgement
from packshot.networks.layers.translating import told
from packshot.networks.layers.weights import spectral

Maps = list[Tensor]


@dataclass(frozen=True)
class ScalesConfig:
    """width: channels after the first halving, doubled by each further one up to eight times. scales: sizes seen.

    channels_in: of all that is judged, the picture and what it was made from. spectral: normalisation on or off.
    normed: every layer but the first gives maps with mean 0 and deviation 1, picture by picture; for clipped weights,
    whose signal would vanish. branches: verdicts of each place, one a value (Choi et al. 2020).
    """

    channels_in: int = 3
    condition_dim: int = 0
    width: int = 32
    depth: int = 3
    scales: int = 1
    spectral: bool = True
    normed: bool = False
    branches: int = 1

    def __post_init__(self) -> None:
        require_at_least(
            1,
            branches=self.branches,
            channels_in=self.channels_in,
            width=self.width,
            depth=self.depth,
            scales=self.scales,
        )
        require_at_least(0, condition_dim=self.condition_dim)


class Patches(nn.Module):
    """One size: `(n, channels_in, h, w)` → maps, the last of them logits `(n, branches, about h/2^depth, …)`."""

    def __init__(self, config: ScalesConfig) -> None:
        super().__init__()
        wrap = spectral if config.spectral else nn.Identity()
        widths = [config.channels_in, *(config.width * min(2**level, 8) for level in range(config.depth))]
        layers = [wrap(nn.Conv2d(a, b, 4, 2, 1)) for a, b in itertools.pairwise(widths)]
        self.layers = nn.ModuleList([*layers, wrap(nn.Conv2d(widths[-1], widths[-1], 3, 1, 1))])
        self.verdict = wrap(nn.Conv2d(widths[-1], config.branches, 3, 1, 1))
        self.normed, dim = config.normed, config.condition_dim
        self.match = wrap(nn.Linear(dim, widths[-1], bias=False)) if dim else None

    def forward(self, x: Tensor, condition: Tensor | None) -> Maps:
        found = []
        for number, layer in enumerate(self.layers):
            x = layer(x)
            x = F.leaky_relu(F.group_norm(x, 1) if self.normed and number else x, 0.2)
            found.append(x)
        logits = self.verdict(x)
        if self.match is not None and condition is not None:
            logits = logits + (self.match(condition.to(x.dtype))[:, :, None, None] * x).mean(1, keepdim=True)
        return [*found, logits]


class ScaleDiscriminator(nn.Module):
    """`(n, channels_in, h, w)` in [0, 1], condition `(n, condition_dim)` → the maps of each size, full first."""

    def __init__(self, config: ScalesConfig) -> None:
        super().__init__()
        self.config = config
        self.sizes = nn.ModuleList(Patches(config) for _ in range(config.scales))

    def forward(self, x: Tensor, condition: Tensor | None = None) -> list[Maps]:
        condition = told(condition, self.config.condition_dim, len(x))
        x, found = 2 * x - 1, []
        for number, patches in enumerate(self.sizes):
            x = F.avg_pool2d(x, 2) if number else x
            found.append(patches(x, condition))
        return found


@dataclass(frozen=True)
class StarConfig:
    """width: channels after the first halving, doubled by each further one up to eight times. classes: values of each
    attribute.
    """

    classes: tuple[int, ...] = (2,)
    width: int = 32
    depth: int = 4

    def __post_init__(self) -> None:
        require_at_least(1, width=self.width, depth=self.depth)
        require(len(self.classes) > 0 and all(k > 0 for k in self.classes), "classes", "numbers above 0", self.classes)


class StarDiscriminator(nn.Module):
    """`(n, 3, h, w)` in [0, 1] → the mean verdict of all places, `(n,)`."""

    def __init__(self, config: StarConfig) -> None:
        super().__init__()
        self.config = config
        widths = [3, *(config.width * min(2**level, 8) for level in range(config.depth))]
        self.layers = nn.ModuleList(nn.Conv2d(a, b, 4, 2, 1) for a, b in itertools.pairwise(widths))
        self.verdict = nn.Conv2d(widths[-1], 1, 3, 1, 1)
        self.heads = nn.ModuleList(nn.Linear(widths[-1], k) for k in config.classes)

    def forward(self, x: Tensor) -> Tensor:
        return self.judge(x).score

    def judge(self, x: Tensor) -> Judgement:
        """Verdict, averaged features, classes."""
        x = 2 * x - 1
        for layer in self.layers:
            x = F.leaky_relu(layer(x), 0.01)
        features = x.mean((2, 3))
        return Judgement(self.verdict(x).mean((1, 2, 3)), features, tuple(head(features) for head in self.heads))
