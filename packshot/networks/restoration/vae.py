"""Repair by a variational autoencoder: what is damaged is coded as the undamaged picture it most likely comes from.

Source: Kingma & Welling 2014, eqs. 3, 9, 10, with the damaged picture as what is given: a conditional VAE (Sohn, Lee &
Yan 2015, §4.1) whose prior is standard normal; trained to give the undamaged one back, as a denoising VAE does (Im et
al. 2017). Departures: the code is a map, so that any size is taken; the decoder also sees the damaged picture at full
resolution, because a narrow code alone loses every detail. The code is drawn in training, its mean taken afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from packshot.networks.layers.blocks import contracting
from packshot.networks.layers.configs import require_at_least


@dataclass(frozen=True)
class RestoreVAEConfig:
    """channels_in: picture and mask. width: channels at half the size; halvings: of the map of codes; code: its
    channels."""

    channels_in: int = 4
    width: int = 24
    max_width: int = 96
    halvings: int = 3
    code: int = 16

    def __post_init__(self) -> None:
        require_at_least(3, channels_in=self.channels_in)
        require_at_least(1, width=self.width, max_width=self.max_width, halvings=self.halvings, code=self.code)


@dataclass(frozen=True)
class Restored:
    """picture: `(n, 3, h, w)`; mean, log_variance: of the codes, `(n, code·…)`, flat."""

    picture: Tensor
    mean: Tensor
    log_variance: Tensor


class RestoreVAE(nn.Module):
    """`(n, channels_in, h, w)`, the picture in [0, 1] first → `(n, 3, h, w)`, not clamped; any h, w ≥ 1."""

    def __init__(self, config: RestoreVAEConfig) -> None:
        super().__init__()
        self.config, self.multiple = config, 2**config.halvings
        widths = tuple(min(config.width * 2**level, config.max_width) for level in range(config.halvings))
        self.encoder = contracting(config.channels_in, widths)
        self.codes = nn.Conv2d(widths[-1], 2 * config.code, 1)
        layers: list[nn.Module] = [nn.Conv2d(config.code, widths[-1], 3, padding=1), nn.SiLU()]
        for a, b in zip(reversed(widths), (*reversed(widths[:-1]), widths[0]), strict=True):
            layers += [nn.Conv2d(a, 4 * b, 3, padding=1), nn.PixelShuffle(2), nn.SiLU()]
        self.decoder = nn.Sequential(*layers)
        self.merge = nn.Conv2d(widths[0] + config.channels_in, widths[0], 3, padding=1)
        self.last = nn.Conv2d(widths[0], 3, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        h, w = x.shape[2:]
        x = self._padded(x)
        return self._decoded(x, self.codes(self.encoder(x)).chunk(2, dim=1)[0])[:, :, :h, :w]

    def reconstruct(self, x: Tensor, noise: Tensor) -> Restored:
        """With a code drawn by noise `(n, code, h / 2^halvings, w / 2^halvings)`, sides rounded up."""
        h, w = x.shape[2:]
        x = self._padded(x)
        mean, log_variance = self.codes(self.encoder(x)).chunk(2, dim=1)
        code = mean + (0.5 * log_variance).exp() * noise
        return Restored(self._decoded(x, code)[:, :, :h, :w], mean.flatten(1), log_variance.flatten(1))

    def _padded(self, x: Tensor) -> Tensor:
        return F.pad(x, (0, -x.shape[3] % self.multiple, 0, -x.shape[2] % self.multiple), mode="replicate")

    def _decoded(self, x: Tensor, code: Tensor) -> Tensor:
        found = F.silu(self.merge(torch.cat([self.decoder(code), x], 1)))
        out: Tensor = x[:, :3] + self.last(found)
        return out
