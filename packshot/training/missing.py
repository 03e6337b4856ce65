"""Attributes that are not known: what is asked for in their place when pictures are generated."""

from __future__ import annotations

import torch
from torch import Tensor


def filled(codes: Tensor, seed: int = 0) -> Tensor:
    """`(n, columns)` class numbers with every -1 drawn from those of its column that are known, as often as they occur.

    A column without any known value stays as it is.
    """
    generator, found = torch.Generator().manual_seed(seed), codes.clone()
    for column in range(codes.shape[1]):
        missing = codes[:, column] < 0
        known = codes[~missing, column]
        if len(known):
            drawn = torch.randint(len(known), (int(missing.sum()),), generator=generator)
            found[missing, column] = known[drawn]
    return found
