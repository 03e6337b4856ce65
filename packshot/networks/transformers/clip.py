"""Pictures and texts in one space: the cosine of a picture and a text tells how well they fit.

Sources: Radford et al., "Learning Transferable Visual Models From Natural Language Supervision" (CLIP, 2021), §2.3–2.4
(two towers, linear maps into one space, unit length); Zhai, Mustafa, Kolesnikov, Beyer, "Sigmoid Loss for Language
Image Pre-Training" (SigLIP, 2023) for the other way to learn it; Vaswani et al. 2017, §3.2 (attention), with layer
normalisation before each part (Radford et al. 2019, §2.3); He et al. 2016 (residual blocks).
Departures: the picture's tower is small and convolutional, and besides the mean of its last stage it gives features of
an early stage, of about 30 px around each place, pooled by a few maps of attention that see the whole picture (as
`attributes` does): what a thing is made of is then told from the look of a place and not from what the thing is. The
text's tower looks both ways and its tokens are averaged. What turns cosines into logits belongs to the objective.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from packshot.networks.layers.blocks import ResidualBlock
from packshot.networks.layers.configs import require, require_at_least

LEAST_PX = 16


@dataclass(frozen=True)
class ClipConfig:
    """dim: of the common space; width: channels of the picture's first stage; maps: of attention over places.

    vocabulary: number of token ids, 0 being padding; length: most tokens of a text; text_width, heads, blocks: of the
    text's transformer. With the default entries 0.9 million parameters.
    """

    channels: int = 3
    dim: int = 96
    width: int = 24
    maps: int = 4
    vocabulary: int = 1024
    length: int = 64
    text_width: int = 96
    heads: int = 4
    blocks: int = 2

    def __post_init__(self) -> None:
        require_at_least(1, channels=self.channels, dim=self.dim, width=self.width, maps=self.maps)
        require_at_least(1, vocabulary=self.vocabulary, length=self.length, text_width=self.text_width)
        require_at_least(1, heads=self.heads, blocks=self.blocks)
        require(self.text_width % self.heads == 0, "heads", f"a divisor of text_width {self.text_width}", self.heads)


class PictureTower(nn.Module):
    """`(n, channels, h, w)` in [-1, 1], h, w ≥ 16 → `(n, dim)`."""

    def __init__(self, config: ClipConfig) -> None:
        super().__init__()
        w, dim = config.width, config.dim
        stem = (nn.Conv2d(config.channels, w, 5, 2, 2, bias=False), nn.BatchNorm2d(w), nn.ReLU())
        self.near = nn.Sequential(*stem, ResidualBlock(w, w, 1), ResidualBlock(w, 2 * w, 2))
        self.far, self.last = ResidualBlock(2 * w, 4 * w, 2), ResidualBlock(4 * w, 6 * w, 2)
        self.where = nn.Conv2d(6 * w, config.maps, 1)
        self.join = nn.Sequential(nn.Linear((2 * config.maps + 6) * w, 2 * dim), nn.ReLU(), nn.Linear(2 * dim, dim))

    def forward(self, x: Tensor) -> Tensor:
        require(min(x.shape[2:]) >= LEAST_PX, "x", f"pictures of at least {LEAST_PX} × {LEAST_PX} px", tuple(x.shape))
        near = self.near(x)
        far = self.far(near)
        around = F.interpolate(far, size=near.shape[2:], mode="nearest")
        weights = self.where(torch.cat([near, around], 1)).flatten(2).softmax(2)  # n, maps, places
        pooled = weights.to(near.dtype) @ near.flatten(2).transpose(1, 2)  # n, maps, 2w
        out: Tensor = self.join(torch.cat([pooled.flatten(1), self.last(far).mean((2, 3))], dim=1))
        return out


class TextBlock(nn.Module):
    """Attention among all tokens that are there, then two layers at each: `(n, t, width)` → the same."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attend, self.merge = nn.Linear(width, 3 * width, bias=False), nn.Linear(width, width)
        self.body = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))

    def forward(self, x: Tensor, there: Tensor) -> Tensor:
        """there: `(n, 1, 1, t)`, whether a place holds a token."""
        n, t, width = x.shape
        q, k, v = self.attend(self.norm1(x)).view(n, t, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        y = F.scaled_dot_product_attention(q, k, v, attn_mask=there)
        x = x + self.merge(y.transpose(1, 2).reshape(n, t, width))
        out: Tensor = x + self.body(self.norm2(x))
        return out


class TextTower(nn.Module):
    """Tokens `(n, t)`, t ≤ length, 0 = padding → `(n, dim)`; a text of padding alone counts as empty."""

    def __init__(self, config: ClipConfig) -> None:
        super().__init__()
        self.config = config
        self.embed = nn.Embedding(config.vocabulary, config.text_width, padding_idx=0)
        self.place = nn.Parameter(torch.randn(config.length, config.text_width) * 0.02)
        self.blocks = nn.ModuleList(TextBlock(config.text_width, config.heads) for _ in range(config.blocks))
        self.norm = nn.LayerNorm(config.text_width)
        self.leave = nn.Linear(config.text_width, config.dim)
        nn.init.normal_(self.embed.weight[1:], 0.0, 0.05)

    def forward(self, tokens: Tensor) -> Tensor:
        fits = tokens.dim() == 2 and not tokens.is_floating_point() and tokens.shape[1] <= self.config.length
        expected = f"whole numbers (n, t) below {self.config.vocabulary}, t up to {self.config.length}"
        require(fits, "tokens", expected, (tuple(tokens.shape), tokens.dtype))
        there = tokens != 0
        there = there | ~there.any(1, keepdim=True)  # of nothing, padding is looked at: no row without a place
        x = self.embed(tokens) + self.place[: tokens.shape[1]]
        for block in self.blocks:
            x = block(x, there[:, None, None])
        share = there.to(x.dtype) / there.sum(1, keepdim=True)
        out: Tensor = self.leave((self.norm(x) * share[:, :, None]).sum(1))
        return out


class Clip(nn.Module):
    """Pictures `(n, channels, h, w)` in [-1, 1] and tokens `(n, t)` → two `(n, dim)` of unit length."""

    def __init__(self, config: ClipConfig) -> None:
        super().__init__()
        self.config = config
        self.picture, self.text = PictureTower(config), TextTower(config)

    def pictures(self, x: Tensor) -> Tensor:
        """`(n, dim)` of unit length, float32."""
        return F.normalize(self.picture(x).float(), dim=1)

    def texts(self, tokens: Tensor) -> Tensor:
        """`(n, dim)` of unit length, float32."""
        return F.normalize(self.text(tokens).float(), dim=1)

    def forward(self, x: Tensor, tokens: Tensor) -> tuple[Tensor, Tensor]:
        return self.pictures(x), self.texts(tokens)
