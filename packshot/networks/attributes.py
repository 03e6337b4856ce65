"""A classifier of products that looks for each attribute where it shows: colour on the hull, not on the sail.

Sources: He, Zhang, Ren, Sun 2016 (blocks, as in `features`); Ilse, Tomczak, Welling, "Attention-based Deep Multiple
Instance Learning" (2018), §2.4 (a picture as a bag of places, pooled by a softmax over them).
Departures: what is pooled are features of an early stage, of about 30 px around each place, and what weighs them sees
the whole picture; so the attribute is named from the look of a place alone and does not follow from what the thing is,
and combinations that training never had stay nameable. The first `whole` attributes (the category) are told from the
last stage's mean.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from packshot.networks.layers.blocks import ResidualBlock
from packshot.networks.layers.configs import require, require_at_least


@dataclass(frozen=True)
class AttributeNetConfig:
    """classes: number of values of each attribute; whole: how many of the first are told from the whole picture.

    width: channels of the first stage; stride: of the first convolution, 1 (3 × 3) or 2 (5 × 5); dropout: of a place's
    features while training.
    """

    channels: int = 3
    classes: tuple[int, ...] = (10, 10)
    whole: int = 1
    width: int = 32
    stride: int = 2
    dropout: float = 0.0

    def __post_init__(self) -> None:
        require_at_least(1, channels=self.channels, width=self.width)
        require(self.stride in (1, 2), "stride", "1 or 2", self.stride)
        require(0 <= self.whole <= len(self.classes), "whole", f"0 to {len(self.classes)}", self.whole)
        require(len(self.classes) > 0, "classes", "at least one number of values", self.classes)
        require(0 <= self.dropout < 1, "dropout", "0 to 1", self.dropout)


class AttributeNet(nn.Module):
    """`(n, channels, h, w)` in [-1, 1], h, w ≥ 16 → one `(n, k)` of logits for each attribute."""

    def __init__(self, config: AttributeNetConfig) -> None:
        super().__init__()
        self.config = config
        w, side = config.width, 2 * config.stride + 1
        self.near = nn.Sequential(
            nn.Conv2d(config.channels, w, side, config.stride, side // 2, bias=False),
            nn.BatchNorm2d(w),
            nn.ReLU(),
            ResidualBlock(w, w, 1),
            ResidualBlock(w, 2 * w, 2),
        )
        self.far, self.last = ResidualBlock(2 * w, 4 * w, 2), ResidualBlock(4 * w, 8 * w, 2)
        local = config.classes[config.whole :]
        self.where = nn.Conv2d(6 * w, max(len(local), 1), 1)
        self.wholes = nn.ModuleList(nn.Linear(8 * w, k) for k in config.classes[: config.whole])
        self.locals = nn.ModuleList(_head(2 * w, 4 * w, k, config.dropout) for k in local)

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        near, weights, last = self._seen(x)
        pooled = torch.einsum("nkhw,nchw->nkc", weights.to(near.dtype), near)
        wholes = [head(last.mean((2, 3))) for head in self.wholes]
        return (*wholes, *(head(pooled[:, i]) for i, head in enumerate(self.locals)))

    def attention(self, x: Tensor) -> Tensor:
        """Where each attribute after the first `whole` is looked for: `(n, attributes, h', w')`, each map sums to 1."""
        return self._seen(x)[1][:, : len(self.locals)]

    def _seen(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        require(min(x.shape[2:]) >= 16, "x", "pictures of at least 16 × 16 px", tuple(x.shape))
        near = self.near(x)
        far = self.far(near)
        around = F.interpolate(far, size=near.shape[2:], mode="nearest")
        scores = self.where(torch.cat([near, around], 1))  # n, attributes, h', w'
        return near, scores.flatten(2).softmax(2).reshape(scores.shape), self.last(far)


def _head(width: int, hidden: int, classes: int, dropout: float) -> nn.Sequential:
    return nn.Sequential(nn.Linear(width, hidden), nn.ReLU(), nn.Dropout(dropout), nn.Linear(hidden, classes))
