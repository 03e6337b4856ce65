"""Variational autoencoders: fixed, learned or optimal variance of the decoder, β, and an adversarial hybrid.

Sources: Kingma & Welling 2014, eq. 3 (evidence lower bound); Higgins et al. 2017, eq. 4 (β); Rybkin et al. 2021 (σ-VAE:
the optimal shared variance); Larsen et al. 2016 (VAE-GAN: the critic's features as the likelihood, algorithm 1).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn

from packshot.losses import latent
from packshot.training.objective import Batch, Losses, Phase
from packshot.training.schedule import Cosine, constant


class VaeSettings(BaseModel):
    """variance: `optimal` = σ-VAE, `fixed` uses sigma. beta: weight of the divergence, may be warmed up."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    variance: Literal["fixed", "optimal"] = Field("optimal", description="of the decoder's Gaussian")
    sigma: Annotated[float, Field(gt=0)] = Field(1.0, description="standard deviation where the variance is fixed")
    beta: Cosine = Field(constant(1.0), description="weight of the divergence from the prior")


class Vae:
    """The objective of one network with `encode`, `decode` and `forward(x, condition, noise)`."""

    averaged = ("autoencoder",)

    def __init__(self, autoencoder: nn.Module, settings: VaeSettings) -> None:
        self.autoencoder, self.settings = autoencoder, settings
        self.networks = {"autoencoder": autoencoder}
        self.latent_dim = int(autoencoder.config.latent_dim)  # type: ignore[union-attr, arg-type]

    def phases(self) -> tuple[Phase, ...]:
        """One phase."""
        return (Phase("autoencoder", "autoencoder", tuple(self.autoencoder.parameters()), self.losses),)

    def losses(self, batch: Batch) -> Losses:
        """The negative evidence lower bound in nats a picture, divided by its number of values to keep Adam's scale."""
        values = batch.image[0].numel()
        found = self.autoencoder(batch.image, batch.condition, batch.normal(self.latent_dim))
        kl = self.settings.beta.at(batch.images_seen) * latent.kl_to_standard_normal(found.mean, found.log_variance)
        return {"likelihood": self._likelihood(batch.image, found.picture) / values, "divergence": kl / values}

    def sample(self, networks: Mapping[str, nn.Module], batch: Batch) -> Tensor:
        """Decoded draws from the prior."""
        out: Tensor = networks["autoencoder"].decode(batch.normal(self.latent_dim), batch.wish.condition)  # type: ignore[operator]
        return out

    def _likelihood(self, truth: Tensor, guess: Tensor) -> Tensor:
        if self.settings.variance == "optimal":
            return latent.optimal_gaussian_nll(truth, guess)
        return latent.gaussian_nll(truth, guess, math.log(self.settings.sigma))
