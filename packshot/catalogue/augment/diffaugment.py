"""DiffAugment (Zhao, Liu, Lin, Zhu & Han 2020): what discriminators see, real and generated alike, differentiable.

Section 3 and the paper's released strengths: colour (brightness ±0.5, saturation × 0 to 2, contrast × 0.5 to 1.5),
translation by up to 1/8 of the side with nothing outside, cutout of half the side. Pictures in [-1, 1], where nothing
is 0; nothing is clamped. Departure: a one-channel picture has no saturation to change.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from packshot.catalogue.augment.draws import uniform
from packshot.catalogue.augment.moves import cutout, shift
from packshot.errors import ParameterError


def diffaugment(
    x: Tensor, generator: torch.Generator, policy: Sequence[str] = ("colour", "translation", "cutout")
) -> Tensor:
    """(n, c, h, w) in [-1, 1], augmented; draw anew for every batch that the discriminator sees.

    policy: any of colour, translation, cutout. Raises ParameterError for another name.
    """
    for name in policy:
        if name not in POLICIES:
            raise ParameterError(f"policy: expected some of {', '.join(POLICIES)}; got {name!r}")
        x = POLICIES[name](x, generator)
    return x


def _colour(x: Tensor, generator: torch.Generator) -> Tensor:
    x = x + uniform(x, -0.5, 0.5, generator)
    grey = x.mean(1, keepdim=True)
    x = (x - grey) * uniform(x, 0, 2, generator) + grey
    mean = x.mean((1, 2, 3), keepdim=True)
    return (x - mean) * uniform(x, 0.5, 1.5, generator) + mean


def _translation(x: Tensor, generator: torch.Generator) -> Tensor:
    return shift(x, generator, 1 / 8, border="nothing")


POLICIES: dict[str, Callable[[Tensor, torch.Generator], Tensor]] = {
    "colour": _colour,
    "translation": _translation,
    "cutout": cutout,
}
