"""Where pictures come from: any object that gives the pictures at given places of an endless stream.

The order is a function of the seed and the place alone, so a run goes on after a stop with the very pictures it
would have seen.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import torch
from torch import Tensor

from packshot.training.objective import Batch

COLUMNS = ("condition", "label", "tokens", "asked", "asked_label", "truth", "beside", "told", "vector")


class Source(Protocol):
    """`take` gives `image` (n, c, h, w) uint8 and, where known, those of COLUMNS of the same n."""

    def take(self, start: int, count: int) -> Mapping[str, Tensor]:
        """The pictures at places `start … start + count` of the stream."""


class Arrays:
    """Pictures held in memory: `image` (N, c, h, w) uint8 and further columns of the same length.

    Each pass over the pictures is a new permutation drawn from seed and pass.
    """

    def __init__(self, columns: Mapping[str, Tensor], seed: int = 0) -> None:
        self.columns, self.seed = dict(columns), seed
        self.total = len(self.columns["image"])
        self._orders: dict[int, Tensor] = {}

    def take(self, start: int, count: int) -> dict[str, Tensor]:
        """Rows in shuffled order."""
        parts, place = [], start
        while place < start + count:
            turn, first = divmod(place, self.total)
            parts.append(self._order(turn)[first : first + start + count - place])
            place += len(parts[-1])
        rows = torch.cat(parts)
        return {name: column[rows] for name, column in self.columns.items()}

    def _order(self, turn: int) -> Tensor:
        if turn not in self._orders:
            generator = torch.Generator().manual_seed(self.seed * 1_000_003 + turn)
            self._orders = {k: v for k, v in self._orders.items() if k >= turn - 1}
            self._orders[turn] = torch.randperm(self.total, generator=generator)
        return self._orders[turn]


def batch_of(
    taken: Mapping[str, Tensor],
    device: torch.device,
    *,
    images_seen: int,
    whole: int,
    first: int,
    generator: torch.Generator,
    channels_last: bool,
) -> Batch:
    """What an objective sees: pictures as floats in [-1, 1] on the device."""
    image = taken["image"].to(device, non_blocking=True).to(torch.float32).mul_(2 / 255).sub_(1)
    if channels_last:
        image = image.contiguous(memory_format=torch.channels_last)
    rest = {name: taken[name].to(device, non_blocking=True) for name in COLUMNS if name in taken}
    return Batch(image, images_seen=images_seen, whole=whole, first=first, generator=generator, **rest)
