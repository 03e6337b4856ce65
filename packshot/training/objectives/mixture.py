"""The simplest second stage: a Gaussian mixture over the codes of a trained autoencoder.

Source: Ghosh et al. 2020, §4. Expectation maximisation is no gradient descent: the objective has no phase, and
`training.fitting` takes the loop's place.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn

from packshot.training.objective import Batch, Phase


class MixtureSettings(BaseModel):
    """autoencoder: the file of the first stage; components and turns as in Ghosh et al., §4: 10 Gaussians."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    autoencoder: str = Field("", description="file of the trained autoencoder that this is the second stage of")
    components: int = Field(10, ge=1, le=1000, description="Gaussians")
    turns: int = Field(50, ge=1, le=10_000, description="turns of expectation maximisation over all pictures")


class MixtureFit:
    """What is fitted: a `Mixture` to the codes of a `VAE`."""

    averaged: tuple[str, ...] = ()

    def __init__(self, mixture: nn.Module, autoencoder: nn.Module, settings: MixtureSettings) -> None:
        self.settings = settings
        self.autoencoder: Any = autoencoder.eval().requires_grad_(False)
        self.networks = {"mixture": mixture}
        self.latent_dim = int(mixture.config.latent_dim)  # type: ignore[union-attr, arg-type]

    def phases(self) -> tuple[Phase, ...]:
        """None: nothing is learned by gradient."""
        return ()

    @torch.no_grad()
    def codes(self, batch: Batch) -> Tensor:
        """Codes `(n, latent_dim)`, one drawn for each picture."""
        self.autoencoder.to(batch.image.device)
        mean, log_variance = self.autoencoder.encode(batch.image, batch.condition)
        drawn: Tensor = mean + (0.5 * log_variance).exp() * batch.normal(self.latent_dim)
        return drawn

    def sample(self, networks: Mapping[str, nn.Module], batch: Batch) -> Tensor:
        """Codes drawn from the mixture, decoded."""
        choice = 0.5 * (1 + torch.erf(batch.normal() / math.sqrt(2)))  # from N(0, 1) to U(0, 1)
        code = networks["mixture"](batch.normal(self.latent_dim), choice)
        out: Tensor = self.autoencoder.decode(code, batch.condition)
        return out
