"""What a network is told of a picture: numbers of values as ones and zeros."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F


def one_hots(codes: Tensor, sizes: Sequence[int], other: bool = False) -> Tensor:
    """`(n, columns)` numbers of values → `(n, sum of sizes)` ones and zeros side by side; -1 gives zeros.

    other: ones for all other values of a column whose value is known.
    """
    parts = []
    for code, size in zip(codes.T, sizes, strict=True):
        part = F.one_hot(code.clamp(min=0), size).float()
        parts.append((1 - part if other else part) * (code >= 0)[:, None])
    return torch.cat(parts, dim=1)
