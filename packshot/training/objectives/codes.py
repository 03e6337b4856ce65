"""The second stage of an autoencoder with discrete codes: a prior over their maps, so that pictures can be drawn.

Sources: van den Oord et al. 2017, §3.3; Esser et al. 2021, §3.2 (cross entropy of each code given those before it,
under a condition). The autoencoder stays as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn
from torch.nn import functional as F

from packshot.training.objective import Batch, Losses, Phase
from packshot.training.objectives.matching import kept_of


class CodesSettings(BaseModel):
    """autoencoder: the file of the first stage. drop, guidance: where conditions may be left open."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    autoencoder: str = Field("", description="file of the trained autoencoder that this is the second stage of")
    drop: float = Field(0.1, ge=0, le=1, description="share of pictures of which nothing is told, where that may be")
    guidance: float = Field(1.5, ge=0, le=20, description="of samples, where conditions may be left open")


class CodePrior:
    """The objective of a `CodeTransformer` over the codes of a trained `VQVAE` or `FSQ`.

    sizes: of the groups of a condition that may be left open; empty = it is always told whole.
    """

    averaged = ("prior",)
    sizes: tuple[int, ...] = ()

    def __init__(self, prior: nn.Module, autoencoder: nn.Module, settings: CodesSettings) -> None:
        self.prior, self.settings = prior, settings
        self.autoencoder: Any = autoencoder.eval().requires_grad_(False)
        self.networks = {"prior": prior}
        self.places = int(prior.config.side) ** 2  # type: ignore[union-attr, arg-type]

    def phases(self) -> tuple[Phase, ...]:
        """One phase."""
        return (Phase("prior", "prior", tuple(self.prior.parameters()), self.losses),)

    def losses(self, batch: Batch) -> Losses:
        """Cross entropy in nats a code, of codes given those before them."""
        with torch.no_grad():
            self.autoencoder.to(batch.image.device)
            indices = self.autoencoder.choose(self.autoencoder.encode(batch.image))
        condition = batch.condition
        if condition is not None and self.sizes:
            condition = condition * kept_of(batch, self.sizes, self.settings.drop)
        return {"code": F.cross_entropy(self.prior(indices, condition), indices)}

    def sample(self, networks: Mapping[str, nn.Module], batch: Batch) -> Tensor:
        """Codes drawn from noise, decoded."""
        prior: Any = networks["prior"]
        guidance = self.settings.guidance if self.sizes else 1.0
        indices = prior.draw(batch.normal(self.places), batch.condition, guidance)
        out: Tensor = self.autoencoder.decode(self.autoencoder.look_up(indices))
        return out
