"""What training a style-based generator adds: style mixing, and the path-length penalty of the generator.

Sources: Karras et al. 2019 (StyleGAN), §3.1 (mixing: two codes, changed over at a random layer); Karras et al. 2020
(StyleGAN2), §3.2 (path length, eq. 4), §4.2 and appendix B (its laziness; running mean of lengths with decay 0.99;
half of the batch, which halves its cost). Departures: whether and where to mix is decided once a step, not for each
picture; Adam's step size and moments are not corrected for lazy phases.
"""

from __future__ import annotations

from typing import Annotated, Any

import torch
from pydantic import Field
from torch import Tensor, nn

from packshot.losses import penalties
from packshot.training.objective import Batch, Losses, Phase
from packshot.training.objectives.gan import Augment, Gan, GanSettings
from packshot.training.processes import mean_of


class StyleSettings(GanSettings):
    """Rules of a game with a style-based generator."""

    mixing: float = Field(0.9, ge=0, le=1, description="probability that a step mixes two style codes")
    path_length: Annotated[float, Field(ge=0)] = Field(2.0, description="weight of the path-length penalty, 0 = none")
    path_every: int = Field(8, ge=1, le=64, description="steps between two path-length penalties")
    path_decay: float = Field(0.99, ge=0, lt=1, description="decay of the running mean of path lengths")


class PathMean(nn.Module):
    """The running mean of path lengths, as a buffer that is stored with the state."""

    mean: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(()))

    def follow(self, lengths: Tensor, decay: float) -> Tensor:
        """Move towards the mean of `(n,)` lengths over all processes; gives the mean."""
        self.mean.lerp_(mean_of(lengths.detach().mean()).to(self.mean), 1 - decay)
        return self.mean.clone()


class StyleGan(Gan):
    """The objective of a generator with `map`, `mix`, `synthesise`, `layers` and `noise_sides`."""

    settings: StyleSettings

    def __init__(
        self, generator: nn.Module, critic: nn.Module, settings: StyleSettings, augment: Augment | None = None
    ) -> None:
        super().__init__(generator, critic, settings, augment)
        self.path_mean = PathMean()
        self.networks["path_mean"] = self.path_mean

    def phases(self) -> tuple[Phase, ...]:
        """Those of every game, and the generator's lazy penalty."""
        found = super().phases()
        if not self.settings.path_length:
            return found
        every = self.settings.path_every
        parameters = tuple(self.generator.parameters())
        return (*found, Phase("generator", "path", parameters, self.path, every=every, strength=every))

    def fake(self, batch: Batch) -> Tensor:
        """Pictures of one style code each or, by the settings' probability, of two."""
        generator: Any = self.generator
        wanted = batch.wish.condition
        codes = generator.map(batch.normal(self.z_dim), wanted)
        other = batch.normal(self.z_dim)
        if batch.number() < self.settings.mixing:
            crossover = 1 + int(batch.number() * (generator.layers - 1))
            codes = generator.mix(codes, generator.map(other, wanted), crossover)
        out: Tensor = generator.synthesise(codes, self._noises(batch))
        return out

    def path(self, batch: Batch) -> Losses:
        """Squared deviation of the path lengths of half of the batch from their running mean."""
        generator: Any = self.generator
        n = (batch.count + 1) // 2
        wanted = batch.wish.condition
        condition = None if wanted is None else wanted[:n]
        w = generator.map(batch.normal(self.z_dim)[:n], condition)
        pictures = generator.synthesise(w, [noise[:n] for noise in self._noises(batch)])
        lengths = penalties.path_lengths(pictures, w, batch.normal(*pictures.shape[1:])[:n])
        mean = self.path_mean.follow(lengths, self.settings.path_decay)
        return {"path_length": self.settings.path_length * penalties.path_length(lengths, mean)}

    def _noises(self, batch: Batch) -> list[Tensor]:
        sides: tuple[int, ...] = self.generator.noise_sides  # type: ignore[assignment]
        return [batch.normal(1, side, side) for side in sides]
