"""Flow matching of pictures, or of the codes of an autoencoder, under conditions of which any may be left open.

Sources: Lipman et al. 2023, eq. 23 with σ_min 0 (straight lines); Esser et al. 2024, §3.1 (times from a logit-normal);
Ho & Salimans 2022, algorithm 1 (conditions are dropped so that one network knows both); Li & He 2025, §4.1 (the
network foretells the picture, the loss is that of the velocity); Saharia et al. 2022, "Palette", §3 (filling in as a
condition: known pixels and where they are).
Departure: groups of a condition are dropped one by one as well, so that any part of it may be left open.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn
from torch.nn import functional as F

from packshot.models.flowing import How, Solver, foreseeing, transport
from packshot.networks.transformers.dit import LEAST, spread
from packshot.training.objective import Batch, Losses, Phase

CELLS = 8  # a drawn region is made of cells, so many a side
REGION = (0.15, 0.85)  # share of the cells that are to be filled in


class MatchingSettings(BaseModel):
    """Times, what is left out, and how samples are drawn. autoencoder, words: files of trained networks, or none."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    middle: float = Field(-0.4, description="mean of the logit of time; below 0 = nearer to noise")
    spread: float = Field(1.0, gt=0, description="standard deviation of the logit of time")
    drop: float = Field(0.1, ge=0, le=1, description="share of pictures of which nothing is told")
    alone: float = Field(0.25, ge=0, le=1, description="share of pictures told by text or likeness alone")
    masks: float = Field(0.0, ge=0, le=1, description="share of pictures of which some pixels are known")
    steps: int = Field(12, ge=1, le=200, description="steps from noise to a sample")
    guidance: float = Field(2.0, ge=0, le=20, description="of samples")
    solver: Solver = Field("heun", description="of samples")
    autoencoder: str = Field("", description="file of a trained FSQ, for a flow of its codes; empty = pixels")
    words: str = Field(
        "", description="file of a trained catalogue-clip, to be told texts and pictures; empty = neither"
    )


class Matching:
    """The objective of a `DiT`. sizes: of the groups of its condition, the last `vectors` of them of texts and
    likenesses. autoencoder: whose maps of codes it draws.
    """

    averaged = ("flow",)

    def __init__(
        self,
        flow: nn.Module,
        settings: MatchingSettings,
        sizes: tuple[int, ...] = (),
        vectors: int = 0,
        autoencoder: nn.Module | None = None,
    ) -> None:
        self.flow, self.settings, self.sizes, self.vectors = flow, settings, sizes, vectors
        self.autoencoder: Any = None if autoencoder is None else autoencoder.eval().requires_grad_(False)
        self.networks = {"flow": flow}
        config: Any = flow.config
        self.shape = (config.channels, config.size, config.size)
        self.knows, self.predicts = bool(config.known), str(config.predicts)

    def phases(self) -> tuple[Phase, ...]:
        """One phase."""
        return (Phase("flow", "flow", tuple(self.flow.parameters()), self.losses),)

    def losses(self, batch: Batch) -> Losses:
        """Squared error of the velocity at a random time on the line from noise to picture."""
        noise = batch.normal(*self.shape)
        time = torch.sigmoid(self.settings.middle + self.settings.spread * batch.normal(1)[:, 0])
        condition, known = self._told(batch), self._known(batch)
        truth = self._code(batch.image)
        point = torch.lerp(noise, truth, spread(time))
        found = self.flow(point, time, condition, known)
        if self.predicts == "velocity":
            return {"velocity": (found - (truth - noise)).square().mean()}
        return {"velocity": ((found - truth) / (1 - spread(time)).clamp(min=LEAST)).square().mean()}

    def sample(self, networks: Mapping[str, nn.Module], batch: Batch) -> Tensor:
        """Noise carried to pictures, told all that is known of those of the batch."""
        own = self.settings
        how = How(own.steps, own.guidance, own.solver)
        code = transport(foreseeing(networks["flow"], batch.condition, how), batch.normal(*self.shape), how)
        return code if self.autoencoder is None else self.autoencoder.decode(self.autoencoder.snapped(code))

    def _code(self, image: Tensor) -> Tensor:
        if self.autoencoder is None:
            return image
        with torch.no_grad():
            self.autoencoder.to(image.device)
            entries: Tensor = self.autoencoder.look_up(self.autoencoder.choose(self.autoencoder.encode(image)))
            return entries

    def _told(self, batch: Batch) -> Tensor | None:
        """The condition with groups left out at random."""
        if batch.condition is None:
            return None
        own = self.settings
        return batch.condition * kept_of(batch, self.sizes, own.drop, self.vectors, own.alone)

    def _known(self, batch: Batch) -> Tensor | None:
        """Known pixels `(n, channels + 1, h, w)` of some pictures, nothing of the others."""
        if not self.knows:
            return None
        chosen = batch.uniform(1)[:, 0] < self.settings.masks
        given = spread(chosen) * regions(batch, self.shape[1])
        return torch.cat([self._code(batch.image) * given, given], dim=1)


def kept_of(batch: Batch, sizes: tuple[int, ...], drop: float, vectors: int = 0, alone: float = 0.0) -> Tensor:
    """`(n, sum of sizes)` of true where a condition is told: each group is left out with a probability of the picture's
    own, u² of an even u; of a share `drop` all are; of a share `alone`, all but the last `vectors` are.
    """
    drawn, rest = batch.uniform(3, 1), batch.uniform(len(sizes))
    kept = (rest >= drawn[:, 0].square()) & (drawn[:, 1] >= drop)
    if vectors:
        kept[:, : len(sizes) - vectors] &= drawn[:, 2] >= alone
    return kept.repeat_interleave(torch.tensor(sizes, device=kept.device), dim=1)


def regions(batch: Batch, side: int) -> Tensor:
    """`(n, 1, side, side)` of 0 and 1, 1 = known: a third of the pictures each outside a box, outside a blob of cells,
    and the product itself, where its opacity is known (else a box again).
    """
    kind = batch.uniform(1)[:, 0] * 3
    place = (torch.arange(side, device=batch.image.device) + 0.5) / side
    middle, reach = batch.uniform(2), 0.1 + 0.35 * batch.uniform(2)
    low, high = middle - reach, middle + reach
    inside = (place > low[:, :, None]) & (place < high[:, :, None])  # (n, 2, side)
    box = (inside[:, 0, :, None] & inside[:, 1, None, :]).float()[:, None]
    rough = F.interpolate(batch.uniform(1, CELLS // 2, CELLS // 2), size=(CELLS, CELLS), mode="bilinear")
    share = REGION[0] + (REGION[1] - REGION[0]) * batch.uniform(1)
    level = torch.quantile(rough.flatten(1), share[:, 0], dim=1).diagonal()
    blob = F.interpolate((rough < spread(level)).float(), size=(side, side))
    hidden = torch.where(spread(kind < 1), box, blob)
    if batch.truth is None:
        return 1 - hidden
    product = F.interpolate(batch.truth.float() / 255, size=(side, side), mode="area")
    seen = product.amax((1, 2, 3), keepdim=True) > 0
    return torch.where(spread(kind > 2) & seen, (product > 0.98).float(), 1 - hidden)
