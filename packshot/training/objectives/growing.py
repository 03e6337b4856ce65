"""Progressive growing: generator and critic start at the smallest side and fade in one doubling after the other.

Source: Karras et al. 2018 (ProGAN), §2 and appendix A: every side is held, then the next one faded in, by images seen.
Gradient penalties are taken on pictures of the present side, as the paper's small networks see them: they are averaged
down, and repeated back to the full size that the networks here take. Departures: one batch size and one optimiser
throughout (the paper starts the optimiser's moments anew at every side).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional as F

from packshot.training.objective import Batch, Losses
from packshot.training.objectives.gan import Augment, Gan, GanSettings


class GrowingSettings(GanSettings):
    """Rules of a game whose networks grow."""

    hold_images: int = Field(100_000, ge=1, description="images at each side before the next one fades in")
    fade_images: int = Field(100_000, ge=1, description="images over which a side fades in")


class Growing(Gan):
    """The objective of a generator and a critic with `sides` and `grow(sides grown)`."""

    settings: GrowingSettings

    def __init__(
        self, generator: nn.Module, critic: nn.Module, settings: GrowingSettings, augment: Augment | None = None
    ) -> None:
        super().__init__(generator, critic, settings, augment)
        self.sides: tuple[int, ...] = generator.sides  # type: ignore[assignment]
        self._factor = 1

    def grown(self, images: int) -> float:
        """How far to grow after so many images: 0 = the smallest side alone, 1.25 = a quarter into the third."""
        span = self.settings.hold_images + self.settings.fade_images
        doublings, rest = divmod(images, span)
        faded = max(0.0, (rest - self.settings.hold_images) / self.settings.fade_images)
        return min(doublings + faded, float(len(self.sides) - 1))

    def critic_losses(self, batch: Batch) -> Losses:
        """The critic's side at the present size."""
        return self._at(batch, super().critic_losses)

    def penalty(self, batch: Batch) -> Losses:
        """The penalty at the present size."""
        return self._at(batch, super().penalty)

    def generator_losses(self, batch: Batch) -> Losses:
        """The generator's side at the present size."""
        return self._at(batch, super().generator_losses)

    def reduced(self, x: Tensor) -> Tensor:
        """Averaged down to the present side."""
        return F.avg_pool2d(x, self._factor)

    def enlarged(self, x: Tensor) -> Tensor:
        """Repeated up to full size, which the critic averages down again."""
        return F.interpolate(x, scale_factor=self._factor)

    def _at(self, batch: Batch, losses: Callable[[Batch], Losses]) -> Losses:
        grown = self.grown(batch.images_seen)
        for network in (self.generator, self.critic):
            growing: Any = network
            growing.grow(grown)
        self._factor = self.sides[-1] // self.sides[math.ceil(grown)]
        return losses(batch)
