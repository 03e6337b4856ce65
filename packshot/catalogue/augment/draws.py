"""Random numbers for a batch, drawn on the generator's device: the same on every device that pictures are on."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from packshot.catalogue.dataset.order import mixed
from packshot.errors import ParameterError

MASK = 2**64


def generator_at(seed: int, seen: int) -> torch.Generator:
    """A CPU generator that depends on the seed and on the pictures seen alone: a resumed run draws the same."""
    state = np.uint64(0)
    for number in (seed, seen):
        state = mixed(np.array([state ^ np.uint64(number % MASK)]))[0]
    return torch.Generator().manual_seed(int(state >> np.uint64(1)))


def uniform(x: Tensor, low: float, high: float, generator: torch.Generator) -> Tensor:
    """(n, 1, 1, 1) even numbers from `low` to `high`, one a picture of `x`, on its device."""
    drawn = torch.rand(len(x), 1, 1, 1, generator=generator, device=generator.device)
    return (drawn * (high - low) + low).to(x.device)


def normal(x: Tensor, generator: torch.Generator) -> Tensor:
    """(n, 1, 1, 1) standard normal numbers, one a picture of `x`."""
    return torch.randn(len(x), 1, 1, 1, generator=generator, device=generator.device).to(x.device)


def chance(x: Tensor, p: float, generator: torch.Generator) -> Tensor:
    """(n, 1, 1, 1) True with probability p. Raises ParameterError if p is none."""
    if not 0 <= p <= 1:
        raise ParameterError(f"p: expected a probability from 0 to 1, got {p}")
    return uniform(x, 0, 1, generator) < p


def whole(x: Tensor, low: int, high: int, generator: torch.Generator) -> Tensor:
    """(n,) whole numbers from `low` to `high`, both included."""
    return torch.randint(low, high + 1, (len(x),), generator=generator, device=generator.device).to(x.device)


def one_of(weights: tuple[float, ...], generator: torch.Generator) -> int:
    """The number of one of several possibilities, by weight."""
    drawn = torch.multinomial(
        torch.tensor(weights, dtype=torch.float32, device=generator.device), 1, generator=generator
    )
    return int(drawn)


def between(low: float, high: float, generator: torch.Generator) -> float:
    """One even number from `low` to `high`."""
    return low + (high - low) * float(torch.rand((), generator=generator, device=generator.device))
