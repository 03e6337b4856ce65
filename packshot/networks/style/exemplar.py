"""Style from an exemplar by a game: two encoders, a generator that mixes their codes.

Source: the scheme this project was founded on: encoders E_x of photo and E_s of exemplar give codes h_x and h_s; a
generator makes a picture of both; critics of photographs and of exemplars judge it. h_x is a map and h_s a vector,
which enters by the gains and biases of normalisation (Huang et al. 2018, MUNIT, §5.1). Critics are
`patch-discriminator`s. Departures: the generator's picture is added to the photo with the exemplar's colours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from packshot.networks.layers.blocks import FullSize, SmoothConv
from packshot.networks.layers.configs import require_at_least
from packshot.networks.layers.mixing import mixed
from packshot.networks.layers.resizing import double
from packshot.networks.layers.statistics import moments, standardised


@dataclass(frozen=True)
class ExemplarConfig:
    """width: channels at half size, twice as many at a quarter. blocks: of the generator. code: length of h_s."""

    width: int = 24
    blocks: int = 4
    code: int = 64

    def __post_init__(self) -> None:
        require_at_least(1, width=self.width, blocks=self.blocks, code=self.code)


class Exemplar(nn.Module):
    """photo `(n, 3, h, w)` and style `(n, 3, h', w')` in [0, 1] → `(n, 3, h, w)`, not clamped; sides multiples of 4."""

    multiple = 4

    def __init__(self, config: ExemplarConfig) -> None:
        super().__init__()
        self.config = config
        w = config.width
        self.content = nn.Sequential(SmoothConv(12, w), SmoothConv(w, 2 * w, 2), SmoothConv(2 * w, 2 * w))
        self.style = nn.Sequential(SmoothConv(12, w), SmoothConv(w, 2 * w, 2), SmoothConv(2 * w, 4 * w, 2))
        self.to_code = nn.Linear(8 * w, config.code)
        self.blocks = nn.ModuleList(SmoothConv(2 * w, 2 * w, active=False) for _ in range(config.blocks))
        self.told = nn.ModuleList(nn.Linear(config.code, 4 * w) for _ in range(config.blocks))
        self.up = SmoothConv(2 * w, w)
        self.last = FullSize(w)

    def content_code(self, photo: Tensor) -> Tensor:
        """h_x `(n, 2·width, h/4, w/4)`: layout without colour, as every channel is standardised."""
        return standardised(self.content(F.pixel_unshuffle(photo, 2)))

    def style_code(self, style: Tensor) -> Tensor:
        """h_s `(n, code)`: of means and deviations, so that places are forgotten."""
        told = moments(self.style(F.pixel_unshuffle(style, 2))).flatten(1)
        code: Tensor = self.to_code(told)
        return code

    def codes(self, style: Tensor) -> tuple[Tensor, ...]:
        """Moments of the style's pixels, and h_s."""
        return moments(F.pixel_unshuffle(style, 2)), self.style_code(style)

    def restyled(self, photo: Tensor, codes: Sequence[tuple[Tensor, ...]], shares: Sequence[float]) -> Tensor:
        """A photo in several styles at once: codes are mixed by their shares."""
        y = self.content_code(photo)
        code = torch.stack([share * each[1] for each, share in zip(codes, shares, strict=True)]).sum(0)
        for block, told in zip(self.blocks, self.told, strict=True):
            gain, bias = told(code)[..., None, None].chunk(2, 1)
            y = y + torch.relu(standardised(block(y)) * (1 + gain) + bias)
        y = self.up(double(y))
        base = mixed("statistics", F.pixel_unshuffle(photo, 2), [each[0] for each in codes], shares)
        out: Tensor = F.pixel_shuffle(base, 2) + self.last(y)
        return out

    def forward(self, photo: Tensor, style: Tensor) -> Tensor:
        return self.restyled(photo, [self.codes(style)], [1.0])
