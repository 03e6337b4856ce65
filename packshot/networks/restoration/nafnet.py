"""NAFNet: a U-Net of blocks without activation functions, told how noisy its picture is.

Source: Chen, Chu, Zhang & Sun, "Simple Baselines for Image Restoration" (2022), §4 and figures 3, 4: layer norm, simple
gate (eq. 4), simplified channel attention (eq. 6). The level of noise as a map beside the picture: Zhang, Zuo & Zhang
2018 (FFDNet), §3.1. Departures: the norm may be a root mean square (Zhang & Sennrich 2019) or batch normalisation,
which `fused()` folds into the convolution behind it; sides that do not divide are padded by repeating the border. Layer
norm and root mean square want float32.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from packshot.networks.layers.configs import require, require_at_least

NORMS = ("layer", "rms", "batch", "folded")


@dataclass(frozen=True)
class NAFNetConfig:
    """channels_in: 3, or 4 with a map of the noise's standard deviation in [0, 1]. width: channels at full resolution,
    doubled per level. encoder, decoder: blocks at each level, finest first; middle: blocks at the coarsest.

    norm: layer, rms, batch, or folded (batch folded away: what ships of batch).
    """

    channels_in: int = 3
    width: int = 16
    encoder: tuple[int, ...] = (1, 1, 2, 2)
    middle: int = 2
    decoder: tuple[int, ...] = (1, 1, 1, 1)
    norm: str = "layer"

    def __post_init__(self) -> None:
        require_at_least(3, channels_in=self.channels_in)
        require_at_least(1, width=self.width, middle=self.middle)
        same = len(self.encoder) == len(self.decoder) > 0
        require(same and min(self.encoder) >= 0, "encoder", "a number of blocks for each level", self.encoder)
        require(min(self.decoder) >= 0, "decoder", "a number of blocks for each level", self.decoder)
        require(self.norm in NORMS, "norm", f"one of {', '.join(NORMS)}", self.norm)


class LayerNorm(nn.Module):
    """Over the channels of each pixel; no copy is made where channels are innermost."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.ones(channels)), nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor) -> Tensor:
        found = F.layer_norm(x.permute(0, 2, 3, 1), self.weight.shape, self.weight, self.bias, 1e-6)
        return found.permute(0, 3, 1, 2)


class RMSNorm(nn.Module):
    """Divided by the root mean square over the channels of each pixel."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))

    def forward(self, x: Tensor) -> Tensor:
        return x * torch.rsqrt(x.square().mean(1, keepdim=True) + 1e-6) * self.weight[:, None, None]


NORM: dict[str, Callable[[int], nn.Module]] = {
    "layer": LayerNorm,
    "rms": RMSNorm,
    "batch": nn.BatchNorm2d,
    "folded": lambda channels: nn.Identity(),
}


class Block(nn.Module):
    """`(n, c, h, w)` → the same: a spatial half and a channel half, each gated and added with a learned weight."""

    def __init__(self, channels: int, norm: str) -> None:
        super().__init__()
        c = channels
        self.norm1, self.norm2 = NORM[norm](c), NORM[norm](c)
        self.widen, self.spread = nn.Conv2d(c, 2 * c, 1), nn.Conv2d(2 * c, 2 * c, 3, padding=1, groups=2 * c)
        self.attention, self.narrow = nn.Conv2d(c, c, 1), nn.Conv2d(c, c, 1)
        self.expand, self.reduce = nn.Conv2d(c, 2 * c, 1), nn.Conv2d(c, c, 1)
        self.beta, self.gamma = nn.Parameter(torch.zeros(c, 1, 1)), nn.Parameter(torch.zeros(c, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        y = _gated(self.spread(self.widen(self.norm1(x))))
        y = self.narrow(y * self.attention(y.mean((2, 3), keepdim=True)))
        x = x + y * self.beta
        y = self.reduce(_gated(self.expand(self.norm2(x))))
        out: Tensor = x + y * self.gamma
        return out

    @torch.no_grad()
    def fold(self) -> None:
        """Batch normalisation into the 1 × 1 convolutions behind it."""
        for name, conv in (("norm1", self.widen), ("norm2", self.expand)):
            norm = getattr(self, name)
            if isinstance(norm, nn.BatchNorm2d):
                assert norm.running_var is not None
                assert norm.running_mean is not None
                assert conv.bias is not None
                gain = norm.weight * torch.rsqrt(norm.running_var + norm.eps)
                conv.bias += conv.weight[:, :, 0, 0] @ (norm.bias - norm.running_mean * gain)
                conv.weight *= gain[None, :, None, None]
                setattr(self, name, nn.Identity())


def _gated(x: Tensor) -> Tensor:
    a, b = x.chunk(2, dim=1)
    return a * b


class NAFNet(nn.Module):
    """`(n, channels_in, h, w)`, the picture in [0, 1] first → `(n, 3, h, w)`, not clamped; any h, w ≥ 1."""

    def __init__(self, config: NAFNetConfig) -> None:
        super().__init__()
        self.config = config
        widths = [config.width * 2**level for level in range(len(config.encoder) + 1)]
        self.multiple = 2 ** len(config.encoder)
        self.head = nn.Conv2d(config.channels_in, widths[0], 3, padding=1)
        self.tail = nn.Conv2d(widths[0], 3, 3, padding=1)
        self.down = nn.ModuleList(nn.Conv2d(a, b, 2, 2) for a, b in itertools.pairwise(widths))
        self.up = nn.ModuleList(nn.Conv2d(b, 4 * a, 1, bias=False) for a, b in itertools.pairwise(widths))
        self.encoder = nn.ModuleList(_blocks(c, n, config.norm) for c, n in zip(widths, config.encoder, strict=False))
        self.decoder = nn.ModuleList(_blocks(c, n, config.norm) for c, n in zip(widths, config.decoder, strict=False))
        self.middle = _blocks(widths[-1], config.middle, config.norm)

    def forward(self, x: Tensor) -> Tensor:
        h, w = x.shape[2:]
        picture = x[:, :3]
        x = self.head(F.pad(x, (0, -w % self.multiple, 0, -h % self.multiple), mode="replicate"))
        skips = []
        for encode, down in zip(self.encoder, self.down, strict=True):
            skips.append(encode(x))
            x = down(skips[-1])
        x = self.middle(x)
        for decode, up in zip(reversed(self.decoder), reversed(self.up), strict=True):
            x = decode(F.pixel_shuffle(up(x), 2) + skips.pop())
        out: Tensor = picture + self.tail(x)[:, :, :h, :w]
        return out

    def fused(self) -> NAFNet:
        """The network that ships: batch normalisation folded away; with another norm, a copy."""
        folded = self.config.norm == "batch"
        network = NAFNet(self.config).to(self.tail.weight)
        network.load_state_dict(self.state_dict())
        if folded:
            network.config = replace(self.config, norm="folded")
            for module in network.modules():
                if isinstance(module, Block):
                    module.fold()
        return network.train(self.training)


def _blocks(channels: int, count: int, norm: str) -> nn.Sequential:
    return nn.Sequential(*(Block(channels, norm) for _ in range(count)))
