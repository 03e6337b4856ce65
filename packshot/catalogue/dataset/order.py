"""The order in which pictures are learned from: a function of the seed and of how many were taken, and nothing else.

Training counts pictures. `take(seen, count)` gives the next ones whatever the batch size was before, so a run resumes
exactly from that one number; `place` and `seen` turn it into (epoch, position) and back. Every epoch is a permutation
of its own: pictures sorted by a hash of seed, epoch and number (splitmix64: Steele, Lea & Flood 2014), so it does not
depend on a library's random generator or its version.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from packshot.errors import ParameterError

Indices = NDArray[np.int64]


class Place(NamedTuple):
    """How far: full passes over the data, and pictures taken of the present one."""

    epoch: int
    position: int


def mixed(x: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """splitmix64's finaliser, element by element."""
    x = x + np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def permutation(count: int, seed: int, *rounds: int) -> Indices:
    """0 … count - 1, shuffled by seed and any further numbers (epoch, class, …)."""
    key = np.uint64(0)
    for number in (seed, *rounds):
        key = mixed(np.array([key ^ np.uint64(number % 2**64)]))[0]
    return np.argsort(mixed(np.arange(count, dtype=np.uint64) ^ key), kind="stable").astype(np.int64)


class Order:
    """An endless order of pictures.

    indices: the pictures to take (numbers in a pack), each once an epoch. shuffle: False = in the order given.
    classes: a class of each of `indices` (-1 = none, left out): then every class gives the same number of pictures an
    epoch, small classes several times, large ones only in part, but over the epochs every picture equally often.
    Raises ParameterError without pictures, or if `classes` does not fit `indices`.
    """

    def __init__(self, indices: Any, seed: int = 0, *, shuffle: bool = True, classes: Any = None) -> None:
        self.indices: Indices = np.asarray(indices, np.int64).reshape(-1)
        self.seed, self.shuffle = seed, shuffle
        self._groups: list[Indices] = []
        if classes is not None:
            self._groups = _grouped(self.indices, np.asarray(classes, np.int64).reshape(-1))
        if not len(self.indices) or (classes is not None and not self._groups):
            raise ParameterError("indices: expected at least one picture to train on, got none")
        self._share = -(-len(self.indices) // len(self._groups)) if self._groups else 0
        self._kept: tuple[int, Indices] | None = None

    def __len__(self) -> int:
        """Pictures an epoch."""
        return self._share * len(self._groups) if self._groups else len(self.indices)

    def place(self, seen: int) -> Place:
        """Epoch and position after `seen` pictures."""
        return Place(*divmod(seen, len(self)))

    def seen(self, place: Place) -> int:
        """Pictures taken up to a place."""
        return place.epoch * len(self) + place.position

    def epoch(self, number: int) -> Indices:
        """The pictures of one epoch, in order."""
        if self._kept is None or self._kept[0] != number:
            pool = self._balanced(number) if self._groups else self.indices
            self._kept = number, pool[permutation(len(pool), self.seed, number)] if self.shuffle else pool
        return self._kept[1]

    def take(self, seen: int, count: int) -> Indices:
        """The `count` pictures that follow after `seen`, across the ends of epochs."""
        pieces, left = [], count
        while left > 0:
            epoch, position = self.place(seen)
            piece = self.epoch(epoch)[position : position + left]
            pieces.append(piece)
            seen, left = seen + len(piece), left - len(piece)
        return np.concatenate(pieces) if pieces else np.empty(0, np.int64)

    def batches(self, size: int, seen: int = 0) -> Iterator[tuple[int, Indices]]:
        """(pictures seen after this batch, the batch), without end; the first starts after `seen` pictures."""
        if size < 1:
            raise ParameterError(f"size: expected a batch of at least 1 picture, got {size}")
        while True:
            batch = self.take(seen, size)
            seen += size
            yield seen, batch

    def _balanced(self, epoch: int) -> Indices:
        """Every class's share: its own permutations, one after another, go on from epoch to epoch."""
        parts = []
        for number, group in enumerate(self._groups):
            start, end = epoch * self._share, (epoch + 1) * self._share
            rounds = range(start // len(group), -(-end // len(group)))
            stream = np.concatenate([group[permutation(len(group), self.seed, number, r)] for r in rounds])
            parts.append(stream[start - rounds[0] * len(group) :][: self._share])
        return np.concatenate(parts)


def _grouped(indices: Indices, classes: Indices) -> list[Indices]:
    if len(classes) != len(indices):
        raise ParameterError(f"classes: expected one for each of {len(indices)} pictures, got {len(classes)}")
    return [indices[classes == c] for c in np.unique(classes) if c >= 0]
