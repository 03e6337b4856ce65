"""Filling holes: a coarse picture by a small U-Net, details copied from the rest of the photograph.

Source: Barquero et al., "RETHINED: A New Benchmark and Baseline for Real-Time High-Resolution Image Inpainting On Edge
Devices" (2025): coarse inpainting at low resolution, patches of the hole put together from known ones by attention, the
same attention used at full resolution on what low resolution lacks. Gated convolutions: Yu et al. 2019, eq. 4.
Residuals by attention: Yi et al. 2020 (HiFill), §3.3. Departures: the coarse network changes a smooth filling by a
pyramid of means (Burt 1988, "pull-push") instead of beginning with nothing; learned gates say where copied patches are
better than the coarse picture, at low and at full resolution; cosine similarity with a learned sharpness; the blend at
the rim (`imaging.restoring.filling.closed`) is left to who runs the network. Softmax wants float32.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from packshot.networks.layers.configs import require, require_at_least


@dataclass(frozen=True)
class InpainterConfig:
    """width: channels at the coarse picture's resolution; depth: halvings; side: of the coarse picture at most, px.

    patch: side of a patch, coarse px; code: numbers by which patches are compared. channels_in: 4, the picture and its
    mask.
    """

    width: int = 24
    depth: int = 3
    side: int = 64
    patch: int = 4
    code: int = 32
    channels_in: int = 4

    def __post_init__(self) -> None:
        require_at_least(1, width=self.width, depth=self.depth, patch=self.patch, code=self.code)
        require_at_least(8, side=self.side)
        require(self.channels_in == 4, "channels_in", "4, the picture and its mask", self.channels_in)


class Gated(nn.Module):
    """A convolution whose every value is weighed by another's sigmoid."""

    def __init__(self, channels_in: int, channels_out: int, stride: int = 1, dilation: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels_in, 2 * channels_out, 3, stride, dilation, dilation)

    def forward(self, x: Tensor) -> Tensor:
        value, gate = self.conv(x).chunk(2, dim=1)
        return F.silu(value) * torch.sigmoid(gate)


class Inpainter(nn.Module):
    """`(n, 4, h, w)`: the picture in [0, 1] and the mask, 1 = hole → `(n, 3, h, w)`, known pixels untouched; h, w ≥
    8."""

    def __init__(self, config: InpainterConfig) -> None:
        super().__init__()
        self.config = config
        widths = [min(config.width * 2**level, 4 * config.width) for level in range(config.depth + 1)]
        self.stem = nn.Sequential(Gated(config.channels_in, widths[0]), Gated(widths[0], widths[0]))
        self.down = nn.ModuleList(nn.Sequential(Gated(a, b, 2), Gated(b, b)) for a, b in itertools.pairwise(widths))
        self.middle = nn.Sequential(*(Gated(widths[-1], widths[-1], 1, dilation) for dilation in (2, 4, 1)))
        self.up = nn.ModuleList(Gated(a + b, a) for a, b in itertools.pairwise(widths))
        self.coarse = nn.Conv2d(widths[0], 3, 3, padding=1)
        self.gates = nn.Conv2d(widths[0], 2, 3, padding=1)
        self.codes = nn.Conv2d(widths[0] + 3, 2 * config.code, config.patch, config.patch)
        self.sharpness = nn.Parameter(torch.tensor([math.log(10.0)]))
        with torch.no_grad():  # begin with the smooth filling, little changed
            self.coarse.weight.mul_(0.1)
            self.gates.bias.fill_(-2.0)  # type: ignore[union-attr]

    def forward(self, x: Tensor) -> Tensor:
        return self.stages(x)[1]

    def stages(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """The coarse picture enlarged, and the finished one, each `(n, 3, h, w)`; known pixels only in the latter."""
        h, w = x.shape[2:]
        factor = max(1, -(-max(h, w) // self.config.side))
        step = factor * self.config.patch
        x = F.pad(x, (0, -w % step, 0, -h % step), mode="replicate")
        picture, mask = x[:, :3] * (1 - x[:, 3:4]), x[:, 3:4]
        coarse, better, gate, attention = self._coarse(picture, mask, factor)
        residual = (picture - _grown(coarse, factor)) * (1 - mask)
        details = _placed(attention @ _patches(residual, step), step, picture.shape)
        finished = picture + mask * (_grown(better, factor) + _grown(gate, factor) * details)
        return _grown(coarse, factor)[:, :, :h, :w], finished[:, :, :h, :w]

    def _coarse(self, picture: Tensor, mask: Tensor, factor: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """The coarse picture; the same bettered by known patches; where details are wanted; the attention."""
        small, share = _shrunk(picture, mask, factor)  # n, 3 or 1, h / factor, w / factor
        smooth = _pulled(small, share, (self.config.side - 1).bit_length())
        found = self._body(torch.cat([smooth, share], 1))
        coarse = smooth + share * self.coarse(found)
        better_gate, details_gate = torch.sigmoid(self.gates(found)).chunk(2, dim=1)
        attention = self._attention(found, coarse, share)
        copied = _placed(attention @ _patches(coarse, self.config.patch), self.config.patch, coarse.shape)
        return coarse, coarse + share * better_gate * (copied - coarse), details_gate, attention

    def _body(self, x: Tensor) -> Tensor:
        skips = [self.stem(x)]
        for down in self.down:
            skips.append(down(skips[-1]))
        x = self.middle(skips.pop())
        for up in reversed(self.up):
            skip = skips.pop()
            x = up(torch.cat([skip, F.interpolate(x, size=skip.shape[2:], mode="bilinear", align_corners=False)], 1))
        return x

    def _attention(self, found: Tensor, coarse: Tensor, share: Tensor) -> Tensor:
        """`(n, patches, patches)`: of what known patches each patch is made; zeros where nothing is known."""
        q, k = self.codes(torch.cat([found, coarse], 1)).flatten(2).float().chunk(2, dim=1)
        hole = F.max_pool2d(share, self.config.patch).flatten(2) > 0  # n, 1, patches
        alike = F.normalize(q, dim=1).transpose(1, 2) @ F.normalize(k, dim=1) * self.sharpness.exp()
        weights = alike.masked_fill(hole, -1e4).softmax(2)
        return weights * (~hole).any(2, keepdim=True)


def _shrunk(picture: Tensor, mask: Tensor, factor: int) -> tuple[Tensor, Tensor]:
    """Means of the known pixels of each block times their share, and the share of the hole; the sum is a picture."""
    if factor == 1:
        return picture, mask
    return F.avg_pool2d(picture, factor), F.avg_pool2d(mask, factor)


def _pulled(small: Tensor, share: Tensor, levels: int) -> Tensor:
    """A picture whose holes are filled smoothly: means of what is known in ever larger blocks, enlarged again."""
    pyramid = [(small, 1 - share)]
    for _ in range(levels):
        pyramid.append(tuple(F.avg_pool2d(x, 2, ceil_mode=True) for x in pyramid[-1]))  # type: ignore[arg-type]
    total, weight = pyramid.pop()
    smooth = total / weight.clamp(min=1e-6)
    for total, weight in reversed(pyramid):
        smooth = F.interpolate(smooth, size=total.shape[2:], mode="bilinear", align_corners=False)
        smooth = total + (1 - weight) * smooth
    return smooth


def _grown(x: Tensor, factor: int) -> Tensor:
    if factor == 1:
        return x
    return F.interpolate(x, scale_factor=factor, mode="bilinear", align_corners=False)


def _patches(x: Tensor, side: int) -> Tensor:
    """`(n, c, h, w)` → `(n, patches, c·side²)`."""
    return F.unfold(x, side, stride=side).transpose(1, 2)


def _placed(x: Tensor, side: int, shape: torch.Size) -> Tensor:
    """The inverse of `_patches`."""
    return F.fold(x.transpose(1, 2), shape[2:], side, stride=side)
