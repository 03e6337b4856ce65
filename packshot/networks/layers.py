"""Blocks that more than one network uses. Knows no task, file, device or loss."""

from __future__ import annotations

from torch import Tensor, nn


def norm(channels: int, groups: int = 8) -> nn.GroupNorm:
    """Group normalisation (Wu & He 2018) with the largest divisor of `channels` up to `groups` groups."""
    return nn.GroupNorm(next(g for g in range(min(groups, channels), 0, -1) if channels % g == 0), channels)


class ConvBlock(nn.Module):
    """Two 3×3 convolutions with normalisation and activation: `(n, c_in, h, w)` → `(n, c_out, h, w)`."""

    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(channels_in, channels_out, 3, padding=1, bias=False),
            norm(channels_out),
            nn.SiLU(),
            nn.Conv2d(channels_out, channels_out, 3, padding=1, bias=False),
            norm(channels_out),
            nn.SiLU(),
        )

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.body(x)
        return out
