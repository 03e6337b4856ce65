"""What is to be learned: a short list of phases, each a set of parameters and the losses that move them.

A VAE has one phase; a GAN has two or three. The loop sums a phase's losses, differentiates, averages over
processes, clips and steps; an objective knows nothing of devices, files, schedules or optimisers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class Batch:
    """One process' share of a step's pictures, and its share of the step's random numbers.

    image: `(n, c, h, w)` in [-1, 1]. condition: `(n, k)` concatenated one-hots, or None. label: `(n, heads)` class
    numbers, -1 = not known, or None. tokens: `(n, t)` token numbers (of several texts each: `(n, k, t)`), or None.
    told: `(n, k, facts)`, what these texts say, in the numbers of `label`, -1 = nothing, or None. asked, asked_label:
    condition and label with something drawn for what is not known, None where all is known (see `wish`). truth:
    `(n, 1, h, w)` bytes, what each pixel belongs to: 255 times the opacity of the product, or the number of a class,
    255 = not known; or None. beside: `(n, k, h, w)` bytes, further planes that a translation knows by their number:
    what is given, or a picture of another domain; or None. vector: `(n, d)` of unit length, the text as an encoder has
    it, or None.
    images_seen: pictures of all processes before this step; first: place of this share in the whole step's batch.
    """

    image: Tensor
    condition: Tensor | None = None
    label: Tensor | None = None
    tokens: Tensor | None = None
    asked: Tensor | None = None
    asked_label: Tensor | None = None
    truth: Tensor | None = None
    beside: Tensor | None = None
    told: Tensor | None = None
    vector: Tensor | None = None
    images_seen: int = 0
    whole: int = 0
    first: int = 0
    generator: torch.Generator | None = None

    @property
    def count(self) -> int:
        """Pictures in this share."""
        return len(self.image)

    @property
    def wish(self) -> Batch:
        """The batch as pictures are generated under: an attribute is drawn where the real picture's is not known."""
        if self.asked is None:
            return self
        return replace(self, condition=self.asked, label=self.asked_label, asked=None, asked_label=None)

    def normal(self, *shape: int) -> Tensor:
        """`(n, *shape)` standard normal numbers. Drawn for the whole step: the split over processes is no matter."""
        drawn = torch.randn((self.whole or self.count, *shape), generator=self.generator, device=self.image.device)
        return drawn[self.first : self.first + self.count]

    def uniform(self, *shape: int) -> Tensor:
        """`(n, *shape)` numbers in [0, 1), drawn like `normal`."""
        drawn = torch.rand((self.whole or self.count, *shape), generator=self.generator, device=self.image.device)
        return drawn[self.first : self.first + self.count]

    def number(self) -> float:
        """One number in [0, 1), the same in every process: what is decided once for the whole step."""
        return float(torch.rand((), generator=self.generator, device=self.image.device))


Losses = Mapping[str, Tensor]


@dataclass(frozen=True)
class Phase:
    """Parameters of one player and the losses that move them.

    player: phases with the same player share one optimiser; those due in a step are summed before it moves.
    losses: batch → named scalar losses, already weighted. every: run in each `every`-th step only. strength: factor of
    the phase's sum; a lazy penalty takes `every`, so that its pull does not depend on it (Karras et al. 2020, app. B).
    after: called when the player has moved (clipping weights as WGAN does). joined: differentiated together with the
    player's phase before it, whose graph it builds on and among whose parameters are its own.
    """

    player: str
    name: str
    parameters: tuple[nn.Parameter, ...]
    losses: Callable[[Batch], Losses]
    every: int = 1
    strength: float = 1.0
    after: Callable[[], None] | None = None
    joined: bool = False


class Objective(Protocol):
    """What the loop asks of an objective."""

    @property
    def networks(self) -> Mapping[str, nn.Module]:
        """Every network with weights to be stored, by role (`generator`, `critic`)."""

    @property
    def averaged(self) -> tuple[str, ...]:
        """Roles whose exponential moving average is kept and shipped."""

    def phases(self) -> tuple[Phase, ...]:
        """In the order in which they run in a step."""

    def sample(self, networks: Mapping[str, nn.Module], batch: Batch) -> Tensor:
        """Pictures `(n, c, h, w)` in [-1, 1] to look at, made with the averaged networks given."""
