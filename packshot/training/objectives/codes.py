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


class CodesSettings(BaseModel):
    """autoencoder: the file of the first stage."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    autoencoder: str = Field("", description="file of the trained autoencoder that this is the second stage of")


class CodePrior:
    """The objective of a `CodeTransformer` over the codes of a trained `VQVAE` or `FSQ`."""

    averaged = ("prior",)

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
        return {"code": F.cross_entropy(self.prior(indices, batch.condition), indices)}

    def sample(self, networks: Mapping[str, nn.Module], batch: Batch) -> Tensor:
        """Codes drawn from noise, decoded."""
        prior: Any = networks["prior"]
        indices = prior.draw(batch.normal(self.places), batch.condition)
        out: Tensor = self.autoencoder.decode(self.autoencoder.look_up(indices))
        return out
