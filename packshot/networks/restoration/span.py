"""SPAN: super-resolution by plain convolutions with an attention that has no parameters.

Source: Wan, Yu, Wu & Dai, "Swift Parameter-free Attention Network for Efficient Super-Resolution" (2023): the block
(eqs. 3 to 6), the features that are joined (§3.1, figure 2), and convolutions that are trained wide and run narrow
(§3.3, after ECBSR, Zhang et al. 2021). Departures: the branches of a convolution are summed as kernels before it is
applied, so that a training step costs what the narrow network costs (as in online re-parameterisation, Hu et al. 2022),
which is exact because nothing lies between the branches; no bias inside a branch; the picture, enlarged by repeating
pixels, is added at the end (as SRVGGNetCompact does) and the last convolution starts small; scale 1 for repair without
enlarging.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from packshot.networks.layers.configs import require, require_at_least


@dataclass(frozen=True)
class SPANConfig:
    """scale: 1 to 4. width: channels; blocks: of three convolutions each. gain: how much wider branches are in
    training.

    fused: every convolution is one 3 × 3 (what ships). channels_in: 3, more for maps beside the picture.
    """

    scale: int = 2
    width: int = 32
    blocks: int = 5
    gain: int = 2
    channels_in: int = 3
    fused: bool = False

    def __post_init__(self) -> None:
        require_at_least(1, width=self.width, gain=self.gain)
        require_at_least(2, blocks=self.blocks)
        require_at_least(3, channels_in=self.channels_in)
        require(self.scale in (1, 2, 3, 4), "scale", "1, 2, 3 or 4", self.scale)


class WideConv(nn.Module):
    """A 3 × 3 convolution as a sum of branches: 3 × 3, 1 × 1 → 3 × 3 → 1 × 1, and 1 × 1, all linear.

    The first bears the names of a plain convolution, and what the second is at first is taken off (`origin`), so that
    training can go on from what shipped, yet every branch has a gradient from the beginning.
    """

    def __init__(self, channels_in: int, channels_out: int, gain: int) -> None:
        super().__init__()
        wide_in, wide_out = gain * channels_in, gain * channels_out
        plain = nn.Conv2d(channels_in, channels_out, 3, padding=1)
        assert plain.bias is not None
        self.weight, self.bias = nn.Parameter(plain.weight.detach()), nn.Parameter(plain.bias.detach())
        self.point = nn.Parameter(torch.zeros(channels_out, channels_in))
        self.before = nn.Parameter(torch.randn(wide_in, channels_in) / channels_in**0.5)
        self.middle = nn.Parameter(torch.randn(wide_out, wide_in, 3, 3) / (9 * wide_in) ** 0.5)
        self.after = nn.Parameter(0.3 * torch.randn(channels_out, wide_out) / wide_out**0.5)
        self.register_buffer("origin", self._joined().detach())

    origin: Tensor

    def _joined(self) -> Tensor:
        wide_out, wide_in = self.middle.shape[:2]
        inner = self.middle.permute(0, 2, 3, 1).reshape(-1, wide_in) @ self.before  # wide_out·9, c_in
        return (self.after @ inner.view(wide_out, -1)).view(len(self.after), 3, 3, -1).permute(0, 3, 1, 2)

    def kernel(self) -> Tensor:
        """`(c_out, c_in, 3, 3)`: all branches in one."""
        return self.weight + self._joined() - self.origin + F.pad(self.point[:, :, None, None], (1, 1, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        return F.conv2d(x, self.kernel().contiguous(memory_format=torch.channels_last), self.bias, padding=1)

    @torch.no_grad()
    def fused(self) -> nn.Conv2d:
        """The same as one convolution."""
        c_out, c_in = self.weight.shape[:2]
        conv = nn.Conv2d(c_in, c_out, 3, padding=1)
        conv.weight.copy_(self.kernel())
        assert conv.bias is not None
        conv.bias.copy_(self.bias)
        return conv


class SPAB(nn.Module):
    """Three convolutions and the block's attention: `(n, c, h, w)` → the same, and the map after the first of them."""

    def __init__(self, config: SPANConfig) -> None:
        super().__init__()
        self.convs = nn.ModuleList(_conv(config, config.width, config.width) for _ in range(3))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        first = self.convs[0](x)
        found = self.convs[2](F.silu(self.convs[1](F.silu(first))))
        return (found + x) * (torch.sigmoid(found) - 0.5), first


class SPAN(nn.Module):
    """`(n, channels_in, h, w)` in [0, 1] → `(n, 3, scale·h, scale·w)`, not clamped; any h, w ≥ 1."""

    def __init__(self, config: SPANConfig) -> None:
        super().__init__()
        self.config = config
        c = config.width
        self.head = _conv(config, config.channels_in, c)
        self.blocks = nn.ModuleList(SPAB(config) for _ in range(config.blocks))
        self.tail = _conv(config, c, c)
        self.join = nn.Conv2d(4 * c, c, 1)
        self.last = nn.Conv2d(c, 3 * config.scale**2, 3, padding=1)
        with torch.no_grad():
            self.last.weight.mul_(0.1)
            self.last.bias.zero_()  # type: ignore[union-attr]

    def forward(self, x: Tensor) -> Tensor:
        found = head = self.head(x)
        early = inner = head
        for number, block in enumerate(self.blocks):
            found, inner = block(found)
            early = found if number == 0 else early
        found = self.last(self.join(torch.cat([head, self.tail(found), early, inner], dim=1)))
        scale, picture = self.config.scale, x[:, :3]
        if scale > 1:
            found, picture = F.pixel_shuffle(found, scale), F.interpolate(picture, scale_factor=scale, mode="nearest")
        out: Tensor = picture + found
        return out

    def fused(self) -> SPAN:
        """The network that ships: the same output from one convolution where training had branches."""
        network = SPAN(replace(self.config, fused=True)).to(self.last.weight)
        state = {name: value for name, value in self.state_dict().items() if name in network.state_dict()}
        for name, module in self.named_modules():
            if isinstance(module, WideConv):
                state |= {f"{name}.{k}": v for k, v in module.fused().state_dict().items()}
        network.load_state_dict(state)
        return network.train(self.training)


def _conv(config: SPANConfig, channels_in: int, channels_out: int) -> nn.Module:
    if config.fused:
        return nn.Conv2d(channels_in, channels_out, 3, padding=1)
    return WideConv(channels_in, channels_out, config.gain)
