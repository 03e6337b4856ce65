"""The second stage of two: a velocity field learns where an autoencoder's codes really lie.

Sources: Lipman et al. 2023, eq. 23 with σ_min 0 (flow matching on straight lines); Dai & Wipf 2019, §4 (why a second
stage: the codes of an autoencoder do not fill its prior). The autoencoder stays as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn

from packshot.training.objective import Batch, Losses, Phase


class FlowSettings(BaseModel):
    """autoencoder: the file of the first stage."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    autoencoder: str = Field("", description="file of the trained autoencoder that this is the second stage of")
    steps: int = Field(20, ge=1, le=200, description="steps from noise to a code when pictures are drawn")


class Flow:
    """The objective of a `LatentFlow` over the codes of a trained `VAE`, under the same condition."""

    averaged = ("flow",)

    def __init__(self, flow: nn.Module, autoencoder: nn.Module, settings: FlowSettings) -> None:
        self.flow, self.settings = flow, settings
        self.autoencoder: Any = autoencoder.eval().requires_grad_(False)
        self.networks = {"flow": flow}
        self.latent_dim = int(flow.config.latent_dim)  # type: ignore[union-attr, arg-type]

    def phases(self) -> tuple[Phase, ...]:
        """One phase."""
        return (Phase("flow", "flow", tuple(self.flow.parameters()), self.losses),)

    def losses(self, batch: Batch) -> Losses:
        """Squared error of the velocity at a random time on the line from noise to code."""
        noise, time = batch.normal(self.latent_dim), batch.uniform().view(-1)
        with torch.no_grad():
            self.autoencoder.to(batch.image.device)
            mean, log_variance = self.autoencoder.encode(batch.image, batch.condition)
            code = mean + (0.5 * log_variance).exp() * batch.normal(self.latent_dim)
        point = torch.lerp(noise, code, time[:, None])
        return {"velocity": (self.flow(point, time, batch.condition) - (code - noise)).square().mean()}

    def sample(self, networks: Mapping[str, nn.Module], batch: Batch) -> Tensor:
        """Noise carried to codes, decoded."""
        flow: Any = networks["flow"]
        code = flow.transport(batch.normal(self.latent_dim), batch.wish.condition, self.settings.steps)
        out: Tensor = self.autoencoder.decode(code, batch.wish.condition)
        return out
