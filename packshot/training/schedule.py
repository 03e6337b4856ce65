"""Values that change while training goes on, counted in images."""

from __future__ import annotations

import math
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class Cosine(BaseModel):
    """`start` falls or rises to `end` along half a cosine over `images`, then stays; `warm_up_images` before it ramp
    linearly from 0. Source: Loshchilov & Hutter, "SGDR" (2017), eq. 5, one cycle; R3GAN (Huang et al. 2024) anneals
    learning rate, β2, γ and the EMA's half-life this way.

    >>> round(Cosine(start=1.0, end=0.0, images=100).at(50), 6)
    0.5
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    start: float
    end: float
    images: Annotated[int, Field(ge=1)] = 1
    warm_up_images: Annotated[int, Field(ge=0)] = 0

    def at(self, images: int) -> float:
        """The value after so many images."""
        share = min(images / self.images, 1.0)
        value = self.end + (self.start - self.end) * (1 + math.cos(math.pi * share)) / 2
        return value * min(1.0, (images + 1) / self.warm_up_images) if self.warm_up_images else value


def constant(value: float) -> Cosine:
    """A value that never changes."""
    return Cosine(start=value, end=value)
