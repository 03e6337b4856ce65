"""A small U-Net that looks at a quarter of the size and draws its edges by the picture at full size.

Residual encoder: He et al., "Deep Residual Learning" (2016), §3.3. Skips that are added: Lin et al., "Feature Pyramid
Networks" (2017), §3. The mean over the whole picture joined to the deepest features: Liu et al., "ParseNet" (2015),
§3.1. Head: logits are linear in maps of the full-size picture, with coefficients found at half size and enlarged
(Wu et al., "Fast End-to-End Trainable Guided Filter", 2018, eqs. 1, 6).
Departures from the last: the coefficients come from the network itself and not from a linear regression, and there are
several guide maps, found by a 3 × 3 convolution. Supervised at every level of the decoder (Lee et al. 2015).
Batch normalisation, which `fused()` folds into the convolutions before it.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from packshot.networks.layers.configs import require, require_at_least


@dataclass(frozen=True)
class GuidedUNetConfig:
    """classes: 1 = product or not. widths: channels at 1/2, 1/4, … of the size; blocks: residual ones at each of them.

    guides: maps of the full-size picture. folded: no normalisation (what ships).
    """

    classes: int = 1
    widths: tuple[int, ...] = (16, 32, 64, 112, 128)
    blocks: tuple[int, ...] = (0, 2, 2, 3, 2)
    guides: int = 8
    folded: bool = False

    def __post_init__(self) -> None:
        require_at_least(1, classes=self.classes, guides=self.guides)
        require(len(self.widths) > 1 and min(self.widths) > 0, "widths", "at least two, above 0", self.widths)
        same = len(self.blocks) == len(self.widths) and min(self.blocks) >= 0
        require(same, "blocks", "a number for each of the widths", self.blocks)


class Conv(nn.Sequential):
    """3 × 3 convolution and normalisation, which may be folded away: `(n, c_in, h, w)` → `(n, c_out, h/s, w/s)`."""

    def __init__(self, channels_in: int, channels_out: int, folded: bool, stride: int = 1) -> None:
        conv = nn.Conv2d(channels_in, channels_out, 3, stride, 1, bias=folded)
        super().__init__(conv, nn.Identity() if folded else nn.BatchNorm2d(channels_out))

    @torch.no_grad()
    def folded(self) -> dict[str, Tensor]:
        """Weight and bias of the one convolution that does the same in evaluation mode."""
        conv, norm = self
        assert isinstance(conv, nn.Conv2d)
        if not isinstance(norm, nn.BatchNorm2d):
            return conv.state_dict(prefix="0.")
        assert norm.running_mean is not None
        assert norm.running_var is not None
        gain = norm.weight * torch.rsqrt(norm.running_var + norm.eps)
        return {"0.weight": conv.weight * gain[:, None, None, None], "0.bias": norm.bias - norm.running_mean * gain}


class Residual(nn.Module):
    """relu(x + f(x)), f two convolutions: `(n, c, h, w)` → the same."""

    def __init__(self, channels: int, folded: bool) -> None:
        super().__init__()
        self.first, self.second = Conv(channels, channels, folded), Conv(channels, channels, folded)

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(x + self.second(torch.relu(self.first(x))))


class GuidedUNet(nn.Module):
    """`(n, 3, h, w)` in [0, 1] → logits `(n, classes, h, w)`; any h, w ≥ 1."""

    def __init__(self, config: GuidedUNetConfig) -> None:
        super().__init__()
        self.config = config
        widths, folded = config.widths, config.folded
        pairs = list(itertools.pairwise((3, *widths)))
        self.multiple = 2 ** len(widths)
        self.down = nn.ModuleList(Conv(a, b, folded, stride=2) for a, b in pairs)
        self.encoder = nn.ModuleList(
            nn.Sequential(*(Residual(c, folded) for _ in range(n))) for c, n in zip(widths, config.blocks, strict=True)
        )
        self.whole = nn.Conv2d(widths[-1], widths[-1], 1)
        self.narrow = nn.ModuleList(nn.Conv2d(b, a, 1) for a, b in itertools.pairwise(widths))
        self.merge = nn.ModuleList(Conv(c, c, folded) for c in widths[:-1])
        self.sides = nn.ModuleList(nn.Conv2d(c, config.classes, 1) for c in widths[1:])
        self.guide = nn.Conv2d(3, config.guides, 3, padding=1)
        self.lines = nn.Conv2d(widths[0], config.classes * (config.guides + 1), 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        h, w = x.shape[2:]
        x = self._padded(x)
        return self._drawn(x, self._decoded(x)[-1])[:, :, :h, :w]

    def everything(self, x: Tensor) -> tuple[Tensor, ...]:
        """Logits at full size, then those of the decoder's levels at 1/4, 1/8, … of the padded size."""
        h, w = x.shape[2:]
        x = self._padded(x)
        *deep, last = self._decoded(x)
        sides = [side(level) for side, level in zip(self.sides, reversed(deep), strict=True)]
        return (self._drawn(x, last)[:, :, :h, :w], *sides)

    def _padded(self, x: Tensor) -> Tensor:
        """Sides up to the next multiple by repeating the border, values about zero."""
        h, w = x.shape[2:]
        return F.pad(x, (0, -w % self.multiple, 0, -h % self.multiple), mode="replicate") * 4 - 2

    def _decoded(self, x: Tensor) -> list[Tensor]:
        """Features of every level, the coarsest first; the last at half size."""
        skips = []
        for down, blocks in zip(self.down, self.encoder, strict=True):
            x = blocks(torch.relu(down(x)))
            skips.append(x)
        levels = [torch.relu(x + self.whole(x.mean((2, 3), keepdim=True)))]
        for narrow, merge, skip in zip(reversed(self.narrow), reversed(self.merge), skips[-2::-1], strict=True):
            x = F.interpolate(narrow(levels[-1]), scale_factor=2.0, mode="bilinear", align_corners=False)
            levels.append(torch.relu(merge(x + skip)))
        return levels

    def _drawn(self, x: Tensor, last: Tensor) -> Tensor:
        """Σ aₖ·guideₖ + b, a and b enlarged."""
        found = F.interpolate(self.lines(last), scale_factor=2.0, mode="bilinear", align_corners=False)
        n, _, h, w = found.shape
        found = found.view(n, self.config.classes, self.config.guides + 1, h, w)
        guides = torch.relu(self.guide(x))[:, None]  # (n, 1, guides, h, w)
        out: Tensor = (found[:, :, :-1] * guides).sum(2) + found[:, :, -1]
        return out

    def fused(self) -> GuidedUNet:
        """The network that ships: normalisation folded into the convolutions."""
        network = GuidedUNet(replace(self.config, folded=True)).to(self.guide.weight)
        state = {name: value for name, value in self.state_dict().items() if name in network.state_dict()}
        for name, module in self.named_modules():
            if isinstance(module, Conv):
                state |= {f"{name}.{key}": value for key, value in module.folded().items()}
        network.load_state_dict(state)
        return network.train(self.training)
