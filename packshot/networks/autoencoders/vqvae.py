"""VQ-VAE: an autoencoder whose code is a map of entries of a learned codebook.

Source: van den Oord, Vinyals, Kavukcuoglu, "Neural Discrete Representation Learning" (2017), §3.1 (eqs. 1, 2), §3.2
(eq. 3: straight-through gradient, codebook and commitment losses, which are `losses.latent.codebook` and
`.commitment`). The codebook learns from its loss, not from moving averages. Dead codes: `usage` is a running share of
every code, updated by training passes; `revive` puts rarely used codes on encoder outputs of the caller's choice
(random restarts, after Dhariwal et al., "Jukebox", 2020). With several processes, revive on one and hand the codebook
to the others.
Departures: encoder and decoder are those of `vae`; the encoder's outputs have unit root mean square, which keeps
encoder and codebook at one scale. Distances want float32.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from packshot.networks.layers.blocks import contracting, expanding
from packshot.networks.layers.codes import Quantised
from packshot.networks.layers.configs import pyramid, require, require_at_least
from packshot.networks.layers.statistics import unit_scale


@dataclass(frozen=True)
class VQVAEConfig:
    """codes: size of the codebook; code_dim: length of a code; halvings: how often the side is halved to the map."""

    channels: int = 3
    size: int = 64
    width: int = 32
    max_width: int = 128
    halvings: int = 2
    codes: int = 256
    code_dim: int = 16

    def __post_init__(self) -> None:
        require_at_least(1, channels=self.channels, width=self.width, halvings=self.halvings, codes=self.codes)
        require_at_least(1, code_dim=self.code_dim, max_width=self.max_width)
        most = len(pyramid(self.size)) - 1
        require(self.halvings <= most, "halvings", f"at most {most} at size {self.size}", self.halvings)


class VQVAE(nn.Module):
    """`(n, channels, size, size)` in [-1, 1] → Quantised; maps have side size / 2^halvings."""

    usage: Tensor

    def __init__(self, config: VQVAEConfig) -> None:
        super().__init__()
        self.config = config
        widths = tuple(min(config.width * 2**level, config.max_width) for level in range(config.halvings))
        self.encoder = nn.Sequential(contracting(config.channels, widths), nn.Conv2d(widths[-1], config.code_dim, 1))
        self.decoder = nn.Sequential(
            nn.Conv2d(config.code_dim, widths[-1], 1), expanding(widths[::-1], config.channels)
        )
        self.codebook = nn.Embedding(config.codes, config.code_dim)
        self.register_buffer("usage", torch.full((config.codes,), 1 / config.codes))

    def encode(self, x: Tensor) -> Tensor:
        """Continuous codes `(n, code_dim, h, w)`, before the choice of entries."""
        return unit_scale(self.encoder(x))

    def choose(self, code: Tensor) -> Tensor:
        """Indices `(n, h, w)` of the nearest entries (eq. 1)."""
        n, d, h, w = code.shape
        flat = code.detach().permute(0, 2, 3, 1).reshape(-1, d)
        return torch.cdist(flat, self.codebook.weight.detach()).argmin(1).view(n, h, w)

    def look_up(self, indices: Tensor) -> Tensor:
        """Entries `(n, code_dim, h, w)` of indices `(n, h, w)` (eq. 2)."""
        entries: Tensor = self.codebook(indices).permute(0, 3, 1, 2)
        return entries

    def decode(self, quantised: Tensor) -> Tensor:
        """Entries `(n, code_dim, h, w)` → pictures in [-1, 1]."""
        out: Tensor = self.decoder(quantised)
        return out

    def forward(self, x: Tensor) -> Quantised:
        code = self.encode(x)
        indices = self.choose(code)
        entries = self.look_up(indices)
        if self.training:
            share = F.one_hot(indices.flatten(), self.config.codes).to(self.usage.dtype).mean(0)
            self.usage.lerp_(share, 0.01)
        picture = self.decode(code + (entries - code).detach())  # straight through
        return Quantised(picture, code, entries, indices)

    def revive(self, candidates: Tensor, least: float = 0.1) -> int:
        """Put codes used less than `least` of an even share on rows of candidates `(m, code_dim)`, in turn.

        Returns how many were moved; candidates are encoder outputs in an order drawn by the caller.
        """
        dead = (self.usage < least / self.config.codes).nonzero().flatten()
        if len(dead) and len(candidates):
            rows = torch.arange(len(dead), device=dead.device) % len(candidates)
            with torch.no_grad():
                self.codebook.weight[dead] = candidates[rows].to(self.codebook.weight)
                self.usage[dead] = 1 / self.config.codes
        return len(dead) if len(candidates) else 0
