"""Photo and style as tokens that attend to each other.

Source: Deng, Tang, Dong, Ma, Pan, Wang & Xu 2022, "StyTr²: Image Style Transfer with Transformers", §3: patches as
tokens, content-aware positional encoding (eq. 5: pooled to a fixed grid, 1 × 1 convolution, enlarged), encoders of
photo and style, a decoder whose keys and values are the style's, three convolutions up. Departures: one encoder layer
each and two of the decoder, 96 channels (3 and 512 there), normalisation before attention (Xiong et al. 2020), no
positions on style's keys, and the decoder's picture is added to the photo with the style's colours (moments of pixels
mixed), so that what tokens of 8 × 8 px cannot draw is there from the beginning.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor, nn
from torch.nn import functional as F

from packshot.networks.layers.blocks import FullSize, SmoothConv
from packshot.networks.layers.configs import require, require_at_least
from packshot.networks.layers.mixing import mixed
from packshot.networks.layers.resizing import double
from packshot.networks.layers.statistics import moments

GRID = 18  # of the content-aware positions, as in the paper


@dataclass(frozen=True)
class StyleTransformerConfig:
    """width: of tokens; heads: of attention, a divisor of width; decoders: layers in which photo asks style."""

    width: int = 96
    heads: int = 4
    decoders: int = 2

    def __post_init__(self) -> None:
        require_at_least(1, width=self.width, heads=self.heads, decoders=self.decoders)
        require(self.width % self.heads == 0, "heads", f"a divisor of width {self.width}", self.heads)


class Attention(nn.Module):
    """Queries `(n, k, d)` over keys and values `(n, m, d)`, several heads (Vaswani et al. 2017, §3.2.2)."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query, self.key, self.value, self.out = (nn.Linear(width, width) for _ in range(4))

    def forward(self, x: Tensor, keys: Tensor, values: Tensor) -> Tensor:
        n, k, d = x.shape
        q, key, v = (
            layer(t).view(n, t.shape[1], self.heads, d // self.heads).transpose(1, 2)
            for layer, t in ((self.query, x), (self.key, keys), (self.value, values))
        )
        found = F.scaled_dot_product_attention(q, key, v).transpose(1, 2).reshape(n, k, d)
        out: Tensor = self.out(found)
        return out


class Layer(nn.Module):
    """Attention and two linear layers, each added to what goes in; `asks`: attention to another set in between."""

    def __init__(self, width: int, heads: int, asks: bool = False) -> None:
        super().__init__()
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(3 if asks else 2))
        self.own = Attention(width, heads)
        self.other = Attention(width, heads) if asks else None
        self.mlp = nn.Sequential(nn.Linear(width, 2 * width), nn.ReLU(), nn.Linear(2 * width, width))

    def forward(self, x: Tensor, place: Tensor | None = None, style: Tensor | None = None) -> Tensor:
        y = self.norms[0](x)
        told = y if place is None else y + place
        x = x + self.own(told, told, y)
        if self.other is not None and style is not None:
            y = self.norms[1](x)
            x = x + self.other(y if place is None else y + place, style, style)
        out: Tensor = x + self.mlp(self.norms[-1](x))
        return out


class StyleTransformer(nn.Module):
    """photo `(n, 3, h, w)` and style `(n, 3, h', w')` in [0, 1] → `(n, 3, h, w)`, not clamped; sides multiples of 8."""

    multiple = 8

    def __init__(self, config: StyleTransformerConfig) -> None:
        super().__init__()
        self.config = config
        d = config.width
        self.patches = nn.ModuleList(nn.Conv2d(3, d, 8, 8) for _ in range(2))  # of the photo, of the style
        self.place = nn.Conv2d(d, d, 1)
        self.encoders = nn.ModuleList(Layer(d, config.heads) for _ in range(2))
        self.decoders = nn.ModuleList(Layer(d, config.heads, asks=True) for _ in range(config.decoders))
        self.up = nn.Sequential(SmoothConv(d, d // 2 + 1), SmoothConv(d // 2 + 1, d // 4 + 1))
        self.last = FullSize(d // 4 + 1)

    def codes(self, style: Tensor) -> tuple[Tensor, ...]:
        """Moments of the style's pixels, and its tokens `(n, m, width)`."""
        tokens = self.encoders[1](_tokens(self.patches[1](style)))
        return moments(F.pixel_unshuffle(style, 2)), tokens

    def restyled(self, photo: Tensor, codes: Sequence[tuple[Tensor, ...]], shares: Sequence[float]) -> Tensor:
        """A photo in several styles at once: what the decoder gives for each, by its share."""
        map_ = self.patches[0](photo)
        n, d, h, w = map_.shape
        place = self.place(F.adaptive_avg_pool2d(map_, GRID))
        place = _tokens(F.interpolate(place, size=(h, w), mode="bilinear", align_corners=False))
        x = self.encoders[0](_tokens(map_), place)
        total = x.new_zeros(())
        for code, share in zip(codes, shares, strict=True):
            y, style = x, code[1].expand(n, -1, -1)
            for layer in self.decoders:
                y = layer(y, place, style)
            total = total + share * y
        y = total.transpose(1, 2).reshape(n, d, h, w)
        for layer in self.up:
            y = layer(double(y))
        base = mixed("statistics", F.pixel_unshuffle(photo, 2), [code[0] for code in codes], shares)
        out: Tensor = F.pixel_shuffle(base, 2) + self.last(y)
        return out

    def forward(self, photo: Tensor, style: Tensor) -> Tensor:
        return self.restyled(photo, [self.codes(style)], [1.0])


def _tokens(x: Tensor) -> Tensor:
    return x.flatten(2).transpose(1, 2)
