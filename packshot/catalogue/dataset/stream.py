"""A pack as the stream a training loop takes from: pictures, labels and conditions at any place of an endless order."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from packshot.catalogue.augment.draws import generator_at
from packshot.catalogue.dataset.order import Order
from packshot.catalogue.dataset.pictures import Pictures
from packshot.errors import ParameterError

Change = Callable[[dict[str, Tensor], torch.Generator], dict[str, Tensor]]


class Stream:
    """`take(start, count)` gives uint8 layers and columns of the pictures at places start … start + count.

    layers: name in the batch → layer of the pack, `image` is the photo unless said otherwise. columns: name in the
    batch → a tensor with a row for every picture of the pack (label codes, tokens). change: augmentation of a batch,
    with a generator that depends on the seed and the place alone. Raises ParameterError if something does not fit.
    """

    def __init__(
        self,
        pictures: Pictures,
        order: Order,
        *,
        layers: Mapping[str, str] | None = None,
        columns: Mapping[str, Tensor] | None = None,
        change: Change | None = None,
    ) -> None:
        self.pictures, self.order, self.change = pictures, order, change
        self.layers = dict(layers or {"image": "photo"})
        self.columns = dict(columns or {})
        self.total = len(order)
        for name, layer in self.layers.items():
            if layer not in pictures.layers:
                raise ParameterError(f"layers: {name}: expected one of {', '.join(pictures.layers)}; got {layer!r}")
        for name, column in self.columns.items():
            if len(column) != len(pictures):
                raise ParameterError(f"columns: {name}: expected {len(pictures):,} rows, got {len(column):,}")

    def take(self, start: int, count: int) -> dict[str, Tensor]:
        """The pictures at these places of the stream."""
        rows = torch.from_numpy(self.order.take(start, count))
        batch = {name: self.pictures.gather(rows, layer) for name, layer in self.layers.items()}
        batch |= {name: column[rows] for name, column in self.columns.items()}
        return batch if self.change is None else self.change(batch, generator_at(self.order.seed, start))


def mirrored(batch: dict[str, Tensor], generator: torch.Generator) -> dict[str, Tensor]:
    """Half of the pictures mirrored, all their layers alike (CPU tensors, changed in place)."""
    first = next(value for value in batch.values() if value.ndim == 4)
    chosen = torch.rand(len(first), generator=generator) < 0.5
    return {name: _mirror(value, chosen) if value.ndim == 4 else value for name, value in batch.items()}


def _mirror(x: Tensor, chosen: Tensor) -> Tensor:
    pixels, rows = x.numpy(), chosen.numpy()
    pixels[rows] = pixels[rows][..., ::-1]
    return x
