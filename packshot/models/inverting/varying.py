"""Variations of an inverted picture: its code on the way to a drawn one."""

from __future__ import annotations

import torch
from torch import Tensor

from packshot.models.inverting.framing import rgb_of
from packshot.models.inverting.invert import Inversion

FADING = 4  # power of (1 - strength) by which what the code does not hold is added back


def varied(found: Inversion, pixels: Tensor, strength: float, seed: int) -> Tensor:
    """`(1, 3, size, size)` in [0, 1]: the picture `(1, channels, size, size)` in [-1, 1] varied by a strength.

    0 gives the picture, 1 a draw of the seed under the same condition.
    """
    space = found.space
    direct = space.varied(pixels, found.condition, strength, seed)
    if direct is not None:
        return rgb_of(direct)
    with torch.no_grad():
        other = space.draw(space.sampler.noises([seed]), found.condition)
        code = space.between(found.code, other, strength)
        made = space.pictures(code, found.condition)
    missing = (1 - strength) ** FADING * (pixels - found.rebuilt)
    return rgb_of(made + missing)
