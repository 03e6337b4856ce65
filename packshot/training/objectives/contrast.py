"""Learning one space for pictures and texts: a picture and its texts come near, those that do not fit come apart.

Sources: Radford et al. 2021 (CLIP), §2.3 (symmetric cross entropy over the batch, learned temperature, at most 100);
Zhai et al. 2023 (SigLIP), §3.2 (each pair judged for itself by a sigmoid, learned temperature and bias).
Departures: a picture has several texts (one a language), each a batch of its own; a text that is true of another
picture of the batch as well, by the attributes that it names, is no wrong answer for it: such pairs count neither way.
Several processes compare within their own share of a batch.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, Literal

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn
from torch.nn import functional as F

from packshot.training.objective import Batch, Losses, Phase

MOST_SCALE = 100.0
PARTS = 6  # of a batch of texts, by length


class ContrastSettings(BaseModel):
    """Rules of learning from pairs."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    loss: Literal["softmax", "sigmoid"] = Field("softmax", description="cross entropy over the batch, or pair by pair")
    scale: float = Field(14.0, gt=0, le=MOST_SCALE, description="what cosines are multiplied by at the beginning")
    bias: float = Field(-8.0, description="what is added to them at the beginning (sigmoid)")


class Scale(nn.Module):
    """Cosines → logits: a factor, at most 100, and for the sigmoid a bias; both learned."""

    def __init__(self, scale: float, bias: float | None) -> None:
        super().__init__()
        self.log_scale = nn.Parameter(torch.tensor(math.log(scale)))
        self.bias = None if bias is None else nn.Parameter(torch.tensor(bias))

    def forward(self, cosines: Tensor) -> Tensor:
        scaled = cosines * self.log_scale.clamp(max=math.log(MOST_SCALE)).exp()
        return scaled if self.bias is None else scaled + self.bias


class Contrast:
    """The objective of an encoder with `pictures(x)` and `texts(tokens)`; batches come with tokens `(n, k, t)`."""

    averaged = ("encoder",)

    def __init__(self, encoder: nn.Module, settings: ContrastSettings) -> None:
        self.encoder, self.settings = encoder, settings
        self.scale = Scale(settings.scale, settings.bias if settings.loss == "sigmoid" else None)
        self.networks = {"encoder": encoder, "scale": self.scale}

    def phases(self) -> tuple[Phase, ...]:
        """One phase."""
        own = (*self.encoder.parameters(), *self.scale.parameters())
        return (Phase("encoder", "encoder", own, self.losses),)

    def losses(self, batch: Batch) -> Losses:
        """The mean over the texts of each picture."""
        assert batch.tokens is not None, "texts are needed to compare pictures with"
        encoder: Any = self.encoder
        n, k, t = batch.tokens.shape
        pictures = encoder.pictures(batch.image)
        texts = by_length(encoder.texts, batch.tokens.view(n * k, t)).view(n, k, -1)
        match = sigmoid_match if self.settings.loss == "sigmoid" else softmax_match
        each = [
            match(self.scale(pictures @ texts[:, i].T), also_true(batch.label, batch.told, batch.tokens, i))
            for i in range(k)
        ]
        return {self.settings.loss: torch.stack(each).mean()}

    def sample(self, networks: Mapping[str, nn.Module], batch: Batch) -> Tensor:
        """The pictures as the network sees them."""
        return batch.image


def by_length(encode: Callable[[Tensor], Tensor], tokens: Tensor) -> Tensor:
    """What `encode` gives of tokens `(n, t)`, in a few parts of like length, so that little padding is worked on."""
    lengths = (tokens != 0).sum(1).clamp(min=1)
    order = lengths.argsort(stable=True)
    parts = [encode(tokens[rows, : int(lengths[rows].max())]) for rows in order.chunk(PARTS)]
    return torch.cat(parts)[order.argsort()]


def also_true(label: Tensor | None, told: Tensor | None, tokens: Tensor, number: int) -> Tensor:
    """`(n, n)`: whether text i may be true of another picture j, or be that picture's own text word for word.

    label: `(n, facts)`, what is known of pictures; told: `(n, k, facts)`, what their texts say; -1 = nothing. number:
    which of the k texts.
    """
    mine = tokens[:, number]
    found = (mine[:, None] == mine[None]).all(2).T  # j, i
    if label is not None and told is not None:
        said = told[None, :, number]  # 1, i, facts
        known = label[:, None]  # j, 1, facts
        found = found | ((said < 0) | (known < 0) | (said == known)).all(2)
    return found & ~torch.eye(len(mine), dtype=torch.bool, device=mine.device)


def softmax_match(logits: Tensor, aside: Tensor) -> Tensor:
    """Cross entropy of each picture's text and each text's picture among those not `aside`. `(pictures, texts)`."""
    logits = logits.masked_fill(aside, -torch.inf)
    own = torch.arange(len(logits), device=logits.device)
    return 0.5 * (F.cross_entropy(logits, own) + F.cross_entropy(logits.T, own))


def sigmoid_match(logits: Tensor, aside: Tensor) -> Tensor:
    """Each pair not `aside` judged by itself: own or not. `(pictures, texts)`; summed over texts, mean of pictures."""
    sign = 2 * torch.eye(len(logits), device=logits.device) - 1
    return (F.softplus(-sign * logits) * ~aside).sum() / len(logits)
