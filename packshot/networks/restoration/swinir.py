"""SwinIR: restoration by attention within shifted windows.

Source: Liang, Cao, Sun, Zhang, Van Gool & Timofte, "SwinIR: Image Restoration Using Swin Transformer" (2021), §3.1,
figure 2; its lightweight variant (60 channels, four groups of six layers, windows of 8 px, pixel shuffle in one step);
windows, shift and relative position bias of Liu et al. 2021 (Swin), §3.2. Departures: no patch embedding norm and no
stochastic depth; the mask of shifted windows is computed from the size of the picture, so that any size is taken; the
picture, enlarged by repeating pixels, is added at the end. Layer norms and softmax want float32.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from packshot.networks.layers.configs import require, require_at_least


@dataclass(frozen=True)
class SwinIRConfig:
    """groups: layers of each residual group. heads: a divisor of width. window: px. widen: of the two-layer network."""

    scale: int = 2
    width: int = 60
    groups: tuple[int, ...] = (6, 6, 6, 6)
    heads: int = 6
    window: int = 8
    widen: int = 2
    channels_in: int = 3

    def __post_init__(self) -> None:
        require_at_least(1, width=self.width, heads=self.heads, widen=self.widen)
        require_at_least(2, window=self.window)
        require_at_least(3, channels_in=self.channels_in)
        require(self.width % self.heads == 0, "heads", f"a divisor of width {self.width}", self.heads)
        require(bool(self.groups) and min(self.groups) >= 1, "groups", "numbers of at least 1", self.groups)
        require(self.scale in (1, 2, 3, 4), "scale", "1, 2, 3 or 4", self.scale)


class Attention(nn.Module):
    """Within windows of `window` × `window`: `(n, h, w, c)` → the same; shift: px by which windows are moved."""

    def __init__(self, config: SwinIRConfig, shift: int) -> None:
        super().__init__()
        c, side = config.width, config.window
        self.heads, self.window, self.shift = config.heads, side, shift
        self.qkv, self.out = nn.Linear(c, 3 * c), nn.Linear(c, c)
        self.bias = nn.Parameter(0.02 * torch.randn((2 * side - 1) ** 2, config.heads))
        at = torch.stack(torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij")).flatten(1)
        apart = at[:, :, None] - at[:, None, :] + side - 1  # 2, side², side²
        self.register_buffer("places", apart[0] * (2 * side - 1) + apart[1], persistent=False)

    places: Tensor

    def forward(self, x: Tensor) -> Tensor:
        n, h, w, _ = x.shape
        if self.shift:
            x = x.roll((-self.shift, -self.shift), (1, 2))
        q, k, v = self.qkv(_windows(x, self.window)).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        bias = self.bias[self.places].permute(2, 0, 1)  # heads, side², side²
        if self.shift:
            apart = self._apart(h, w, x.device).repeat(n, 1, 1)  # n · windows, side², side²
            bias = bias[None] - 100.0 * apart[:, None].to(bias.dtype)
        found = F.scaled_dot_product_attention(q, k, v, attn_mask=bias.to(q.dtype))
        x = _together(self.out(found.transpose(1, 2).flatten(2)), self.window, h, w)
        return x.roll((self.shift, self.shift), (1, 2)) if self.shift else x

    def _apart(self, h: int, w: int, device: torch.device) -> Tensor:
        """`(windows, side², side²)`: True where two pixels of a window met only because the picture was rolled."""
        rows, columns = (self._strips(side, device) for side in (h, w))
        strip = (3 * rows[:, None] + columns)[None, ..., None]
        of = _windows(strip, self.window)[..., 0]
        return of[:, :, None] != of[:, None, :]

    def _strips(self, side: int, device: torch.device) -> Tensor:
        at = torch.arange(side, device=device)
        return (at >= side - self.window).long() + (at >= side - self.shift).long()


def _windows(x: Tensor, side: int) -> Tensor:
    """`(n, h, w, c)` → `(n · windows, side², c)`."""
    n, h, w, c = x.shape
    x = x.view(n, h // side, side, w // side, side, c).transpose(2, 3)
    return x.reshape(-1, side * side, c)


def _together(x: Tensor, side: int, h: int, w: int) -> Tensor:
    """The inverse of `_windows`."""
    c = x.shape[-1]
    return x.view(-1, h // side, w // side, side, side, c).transpose(2, 3).reshape(-1, h, w, c)


class Layer(nn.Module):
    """Attention and a two-layer network, each normed before and added: `(n, h, w, c)` → the same."""

    def __init__(self, config: SwinIRConfig, shifted: bool) -> None:
        super().__init__()
        c = config.width
        self.norm1, self.norm2 = nn.LayerNorm(c), nn.LayerNorm(c)
        self.attention = Attention(config, config.window // 2 if shifted else 0)
        self.body = nn.Sequential(nn.Linear(c, config.widen * c), nn.GELU(), nn.Linear(config.widen * c, c))

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attention(self.norm1(x))
        out: Tensor = x + self.body(self.norm2(x))
        return out


class Group(nn.Module):
    """Layers, windows straight and shifted in turn, and a convolution; added to what came in."""

    def __init__(self, config: SwinIRConfig, layers: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(*(Layer(config, bool(number % 2)) for number in range(layers)))
        self.conv = nn.Conv2d(config.width, config.width, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        found = self.layers(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
        out: Tensor = x + self.conv(found)
        return out


class SwinIR(nn.Module):
    """`(n, channels_in, h, w)` in [0, 1] → `(n, 3, scale·h, scale·w)`, not clamped; any h, w ≥ 1."""

    def __init__(self, config: SwinIRConfig) -> None:
        super().__init__()
        self.config, self.multiple = config, config.window
        self.head = nn.Conv2d(config.channels_in, config.width, 3, padding=1)
        self.groups = nn.Sequential(*(Group(config, layers) for layers in config.groups))
        self.norm = nn.LayerNorm(config.width)
        self.tail = nn.Conv2d(config.width, config.width, 3, padding=1)
        self.last = nn.Conv2d(config.width, 3 * config.scale**2, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        h, w = x.shape[2:]
        scale, picture = self.config.scale, x[:, :3]
        head = self.head(F.pad(x, (0, -w % self.multiple, 0, -h % self.multiple), mode="replicate"))
        found = self.norm(self.groups(head).permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
        found = self.last(head + self.tail(found))[:, :, :h, :w]
        if scale > 1:
            found, picture = F.pixel_shuffle(found, scale), F.interpolate(picture, scale_factor=scale, mode="nearest")
        out: Tensor = picture + found
        return out
