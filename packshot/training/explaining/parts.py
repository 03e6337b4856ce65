"""What an explanation is made of: sections with figures, curves and rows of numbers. Texts are keys of `words`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from packshot.evaluation.explaining.drawing import enlarged, tiled

TILE_PX = 84  # small pictures are enlarged to about this side, by whole numbers


@dataclass(frozen=True)
class Figure:
    """A grid of pictures of one size.

    pictures: `(n, 3, h, w)` in [0, 1], row by row. across, down: names of columns and rows, where they
    have any; those that begin with @ are keys of `words`, the others belong to the pictures.
    notes: a few words below each picture. generated: a network made (some of) them, which their file has to say.
    tile_px: side of a picture as shown, about.
    """

    name: str
    pictures: Tensor
    columns: int
    generated: bool
    across: tuple[str, ...] = ()
    down: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    tile_px: int = TILE_PX

    @property
    def times(self) -> int:
        """How often each pixel is repeated when the figure is shown."""
        return max(1, round(self.tile_px / self.pictures.shape[2]))

    def sheet(self) -> Tensor:
        """All of it as one picture `(3, H, W)`, without words."""
        return tiled(enlarged(self.pictures.float().cpu(), self.times), self.columns, gap_px=4)


@dataclass(frozen=True)
class Chart:
    """Curves over the share of pixels: name → values from 0 to 1 of the way. kind: a key of `words`."""

    kind: str
    curves: Mapping[str, Sequence[float]]


@dataclass(frozen=True)
class Section:
    """One thing shown. key: its title and explanation in `words`, filled with `facts`. rows: of a table."""

    key: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    figures: tuple[Figure, ...] = ()
    charts: tuple[Chart, ...] = ()
    rows: tuple[Mapping[str, Any], ...] = ()
    numbers: Mapping[str, Any] = field(default_factory=dict)


def plain(name: str) -> str:
    """A name as a part of a file's name: what is neither letter nor digit is written as its number."""
    return "".join(c if c.isalnum() else f"-{ord(c):x}-" if c not in " -_" else "-" for c in name)


def grid(rows: Sequence[Tensor]) -> Tensor:
    """Rows of pictures `(n, 3, h, w)`, one below the other."""
    return torch.cat([row.float().cpu() for row in rows])
