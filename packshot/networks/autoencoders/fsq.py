"""FSQ autoencoder: a code of few channels, each rounded to a fixed number of levels.

Source: Mentzer, Minnen, Agustsson, Tschannen, "Finite Scalar Quantization: VQ-VAE Made Simple" (2023), §3.1 and
appendix A (bounding, with a shift that makes an even number of levels symmetric; straight-through rounding; index of
a code). Needs no codebook, no auxiliary loss and no care for dead codes.
Departures: encoder and decoder are those of `vae`. Rounding wants float32 where a channel has many levels.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from packshot.networks.layers.blocks import contracting, expanding
from packshot.networks.layers.codes import Quantised
from packshot.networks.layers.configs import pyramid, require, require_at_least

SLACK = 1e-3  # share by which the bound stays inside the outermost levels, so that rounding never leaves them


@dataclass(frozen=True)
class FSQConfig:
    """levels: of every channel of the code, each at least 2; halvings: how often the side is halved to the map."""

    channels: int = 3
    size: int = 64
    width: int = 32
    max_width: int = 128
    halvings: int = 2
    levels: tuple[int, ...] = (8, 5, 5, 5)

    def __post_init__(self) -> None:
        require_at_least(1, channels=self.channels, width=self.width, halvings=self.halvings, max_width=self.max_width)
        most = len(pyramid(self.size)) - 1
        require(self.halvings <= most, "halvings", f"at most {most} at size {self.size}", self.halvings)
        fits = len(self.levels) > 0 and all(level >= 2 for level in self.levels)
        require(fits, "levels", "at least one number, each at least 2", self.levels)


class FSQ(nn.Module):
    """`(n, channels, size, size)` in [-1, 1] → Quantised; maps have side size / 2^halvings, codes are in [-1, 1]."""

    levels: Tensor

    def __init__(self, config: FSQConfig) -> None:
        super().__init__()
        self.config = config
        widths = tuple(min(config.width * 2**level, config.max_width) for level in range(config.halvings))
        d = len(config.levels)
        self.encoder = nn.Sequential(contracting(config.channels, widths), nn.Conv2d(widths[-1], d, 1))
        self.decoder = nn.Sequential(nn.Conv2d(d, widths[-1], 1), expanding(widths[::-1], config.channels))
        self.register_buffer("levels", torch.tensor(config.levels)[:, None, None], persistent=False)

    @property
    def codes(self) -> int:
        """Number of different codes."""
        return math.prod(self.config.levels)

    def encode(self, x: Tensor) -> Tensor:
        """Continuous codes `(n, d, h, w)`, bounded to what rounds to `levels` whole numbers a channel."""
        half = (self.levels - 1) * (1 - SLACK) / 2
        offset = 0.5 * (self.levels % 2 == 0)
        shift = (offset / half).atanh()
        code: Tensor = (self.encoder(x) + shift).tanh() * half - offset
        return code

    def _half_width(self) -> Tensor:
        return self.levels // 2

    def choose(self, code: Tensor) -> Tensor:
        """Indices `(n, h, w)` of bounded codes: their rounded channels as digits, the first one fastest."""
        digits = code.detach().round().long() + self._half_width()
        return (digits * self._bases()).sum(1)

    def look_up(self, indices: Tensor) -> Tensor:
        """Entries `(n, d, h, w)` in [-1, 1] of indices `(n, h, w)`."""
        digits = indices[:, None] // self._bases() % self.levels
        return (digits - self._half_width()) / self._half_width()

    def snapped(self, entries: Tensor) -> Tensor:
        """The nearest entries that there are, of numbers `(n, d, h, w)` near [-1, 1]."""
        half = self._half_width()
        digits = torch.minimum((entries * half + half).round().clamp(min=0), self.levels - 1)
        return (digits - half) / half

    def _bases(self) -> Tensor:
        ones = self.levels.new_ones(1, 1, 1)
        return torch.cat([ones, self.levels[:-1]]).cumprod(0)

    def decode(self, quantised: Tensor) -> Tensor:
        """Entries `(n, d, h, w)` → pictures in [-1, 1]."""
        out: Tensor = self.decoder(quantised)
        return out

    def forward(self, x: Tensor) -> Quantised:
        code = self.encode(x)
        rounded = code + (code.round() - code).detach()  # straight through
        entries = rounded / self._half_width()
        return Quantised(self.decode(entries), code, entries, self.choose(code))
