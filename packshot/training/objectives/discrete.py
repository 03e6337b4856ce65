"""Autoencoders with discrete codes: VQ-VAE with its codebook, FSQ without one.

Sources: van den Oord et al. 2017, eq. 3 (reconstruction, codebook, β · commitment; β 0.25 in §3.2); Mentzer et al. 2023
(FSQ: reconstruction alone). Codes that are hardly used are put on encoder outputs every so many images (random
restarts, Dhariwal et al. 2020), by the first process for all.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn

from packshot.losses import latent, pixel
from packshot.training.objective import Batch, Losses, Phase
from packshot.training.processes import from_first


class DiscreteSettings(BaseModel):
    """Weights beside the reconstruction's 1."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    commitment: Annotated[float, Field(ge=0)] = Field(0.25, description="weight β of the commitment")
    revive_images: int = Field(10_000, ge=1, description="images between two restarts of unused codes")


class Discrete:
    """The objective of a network whose forward gives `layers.Quantised`; one with a `codebook` has more losses."""

    averaged = ("autoencoder",)

    def __init__(self, autoencoder: nn.Module, settings: DiscreteSettings) -> None:
        self.autoencoder, self.settings = autoencoder, settings
        self.networks = {"autoencoder": autoencoder}
        self.has_codebook = hasattr(autoencoder, "codebook")
        self._candidates: Tensor | None = None

    def phases(self) -> tuple[Phase, ...]:
        """One phase."""
        parameters = tuple(self.autoencoder.parameters())
        after = self._revive if self.has_codebook else None
        return (Phase("autoencoder", "autoencoder", parameters, self.losses, after=after),)

    def losses(self, batch: Batch) -> Losses:
        """Reconstruction and, with a codebook, how codes and entries keep together."""
        found = self.autoencoder(batch.image)
        losses = {"reconstruction": pixel.l2(batch.image, found.picture)}
        if not self.has_codebook:
            return losses
        self._candidates = self._drawn(found.code, batch) if self._due(batch) else None
        losses["codebook"] = latent.codebook(found.code, found.entries)
        losses["commitment"] = self.settings.commitment * latent.commitment(found.code, found.entries)
        return losses

    def sample(self, networks: Mapping[str, nn.Module], batch: Batch) -> Tensor:
        """The batch's pictures, coded and decoded: there is no prior to draw from."""
        out: Tensor = networks["autoencoder"](batch.image).picture
        return out

    def _due(self, batch: Batch) -> bool:
        every, seen = self.settings.revive_images, batch.images_seen
        return (seen + (batch.whole or batch.count)) // every > seen // every

    def _drawn(self, code: Tensor, batch: Batch) -> Tensor:
        """Encoder outputs `(m, d)` in a random order."""
        rows = code.detach().permute(0, 2, 3, 1).flatten(0, 2)
        return rows[torch.randperm(len(rows), generator=batch.generator, device=rows.device)]

    def _revive(self) -> None:
        if self._candidates is None:
            return
        network: Any = self.autoencoder
        network.revive(self._candidates)
        from_first(network.codebook.weight.data, network.usage)
        self._candidates = None
