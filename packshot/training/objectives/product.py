"""Training of the product-information pair: the critic judges whether picture and product belong together.

Sources: Reed et al. 2016, §4.2, algorithm 1 (matching-aware: a real picture with another product's information counts
as fake, as much as a generated one); Zhang et al. 2021 (XMC-GAN), §4.2, eq. 5 (agreement: picture and text
are told apart from the others of the batch; learned from real pictures, asked of generated ones).
Departures: the whole information is exchanged (text and condition); the other product is the next one in the process'
share of the batch, rows whose neighbour has the same information take no part. The agreement compares the critic's
features with its code of the text by two linear maps; a trained encoder of texts and pictures (`catalogue-clip`) may
be asked instead or as well, whose cosine of picture and text the generator raises (semantic consistency).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional as F

from packshot.errors import ParameterError
from packshot.models import words
from packshot.networks.layers.judging import Judgement
from packshot.training.objective import Batch, Losses, Phase
from packshot.training.objectives.gan import Augment, Gan, GanSettings


class ProductSettings(GanSettings):
    """Rules of a game in which the networks are told of the product."""

    matching: bool = Field(True, description="count real pictures of another product's information as fake")
    agreement: Annotated[float, Field(ge=0)] = Field(0.0, description="weight of telling pictures and texts apart")
    temperature: float = Field(0.1, gt=0, description="of the agreement's softmax")
    encoder: str = Field("", description="encoder of texts and pictures that generated pictures should agree with")
    consistency: Annotated[float, Field(ge=0)] = Field(0.5, description="weight of that encoder's agreement")


class Agreement(nn.Module):
    """Similarity `(n, n)` of pictures and texts: cosines of two linear maps of features `(n, f)` and codes `(n, t)`."""

    def __init__(self, features: int, text_dim: int, dim: int = 64) -> None:
        super().__init__()
        self.picture, self.text = nn.Linear(features, dim), nn.Linear(text_dim, dim)

    def forward(self, features: Tensor, codes: Tensor) -> Tensor:
        return F.normalize(self.picture(features), dim=1) @ F.normalize(self.text(codes), dim=1).T


class ProductGan(Gan):
    """The objective of networks that take `(z or picture, condition, tokens)`; every batch has tokens."""

    settings: ProductSettings

    def __init__(
        self, generator: nn.Module, critic: nn.Module, settings: ProductSettings, augment: Augment | None = None
    ) -> None:
        super().__init__(generator, critic, settings, augment)
        self.agreement: Agreement | None = None
        if settings.agreement:
            whole: Any = critic
            width = whole.heads.score.in_features
            self.agreement = Agreement(width, whole.config.text_dim)
            self.networks["agreement"] = self.agreement
        self.reader: Any = reader_of(settings.encoder) if settings.encoder else None

    def phases(self) -> tuple[Phase, ...]:
        """Those of every game; the agreement's maps learn with the critic."""
        if self.agreement is None:
            return super().phases()
        own = tuple(self.agreement.parameters())
        first, *rest = super().phases()
        return (replace(first, parameters=(*first.parameters, *own)), *rest)

    def told(self, batch: Batch) -> tuple[Tensor | None, ...]:
        """Condition and tokens."""
        return (batch.condition, batch.tokens)

    def further(self, player: str, judged: Judgement, batch: Batch) -> dict[str, Tensor]:
        """For the critic, real pictures of other products; for both, that pictures agree with their texts."""
        found = self._mismatched(judged, batch) if player == "critic" and self.settings.matching else {}
        if self.agreement is None or batch.tokens is None:
            return found
        critic: Any = self.critic
        logits = self.agreement(judged.features, critic.text(batch.tokens)) / self.settings.temperature
        return found | {f"{player}_agreement": self.settings.agreement * contrast(logits, batch.tokens)}

    def generator_losses(self, batch: Batch) -> Losses:
        """As in every game, and what a trained encoder says of pictures and texts."""
        fake = self.made(batch)
        losses = dict(super().generator_losses(batch))
        if self.reader is not None and batch.vector is not None:
            cosine = (self.reader.to(fake.device).pictures(fake) * batch.vector).sum(1)
            losses["consistency"] = self.settings.consistency * (1 - cosine).mean()
        return losses

    def _mismatched(self, real: Judgement, batch: Batch) -> dict[str, Tensor]:
        other, apart = exchanged(batch)
        if not bool(apart.any()):
            return {}
        wrong = self._judge(batch.image, other).score
        return {"mismatched": self.against(real.score[apart], wrong[apart])}


def reader_of(name: str) -> nn.Module:
    """The network of one of our own encoders, by name or file. Raises ParameterError for another library's."""
    network = words.load(name, "cpu").network
    if network is None:
        raise ParameterError(f"encoder: {name} is no `{words.NETWORK}` network of packshot, which lets gradients pass")
    return network


def contrast(logits: Tensor, tokens: Tensor) -> Tensor:
    """Cross entropy of finding the own text `(n, n)` and the own picture; equal texts share the target."""
    same = (tokens[:, None] == tokens[None]).all(2).to(logits)
    target = same / same.sum(1, keepdim=True)
    return 0.5 * (F.cross_entropy(logits, target) + F.cross_entropy(logits.T, target))


def exchanged(batch: Batch) -> tuple[Batch, Tensor]:
    """The batch with every picture told of the next one's product, and `(n,)`: where that is another information."""
    condition = None if batch.condition is None else batch.condition.roll(1, 0)
    tokens = None if batch.tokens is None else batch.tokens.roll(1, 0)
    apart = torch.zeros(batch.count, dtype=torch.bool, device=batch.image.device)
    for before, after in ((batch.condition, condition), (batch.tokens, tokens)):
        if before is not None and after is not None:
            apart |= (before != after).any(1)
    return replace(batch, condition=condition, tokens=tokens), apart
