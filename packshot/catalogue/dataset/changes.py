"""Changes of a batch of bytes before a classifier learns from it: what a label survives, and what makes it unknown.

Each takes the layers and columns that a `Stream` gives, like `stream.mirrored`: tensors (n, c, h, w) and
(n, columns) on the CPU. Moves go by whole pixels, so that texture, which tells materials apart, stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from packshot.catalogue.augment.draws import chance, uniform, whole

Change = Callable[[dict[str, Tensor], torch.Generator], dict[str, Tensor]]
SHIFT = 12  # a picture moves by at most a twelfth of its side
ORDERS = torch.tensor([[0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]])  # channels in another order
UNKNOWN = -1


def in_turn(changes: Sequence[Change]) -> Change | None:
    """Several changes as one, None if there are none."""
    if not changes:
        return None

    def change(batch: dict[str, Tensor], generator: torch.Generator) -> dict[str, Tensor]:
        for one in changes:
            batch = one(batch, generator)
        return batch

    return change


def shifted(batch: dict[str, Tensor], generator: torch.Generator) -> dict[str, Tensor]:
    """Every picture moved by whole pixels, all its layers alike; its border is drawn out into what opens."""
    image = batch["image"]
    n, _, h, w = image.shape
    down, right = (whole(image, -(side // SHIFT), side // SHIFT, generator)[:, None] for side in (h, w))
    rows, columns = (torch.arange(h) + down).clamp(0, h - 1), (torch.arange(w) + right).clamp(0, w - 1)
    places = torch.arange(n)[:, None, None], rows[:, :, None], columns[:, None, :]
    return {
        name: value.permute(0, 2, 3, 1)[places].permute(0, 3, 1, 2) if value.ndim == 4 else value
        for name, value in batch.items()
    }


def turned(batch: dict[str, Tensor], generator: torch.Generator, p: float = 0.3) -> dict[str, Tensor]:
    """A share p of square pictures turned by a quarter, a half or three quarters, all their layers alike."""
    image = batch["image"]
    quarters = whole(image, 1, 3, generator) * chance(image, p, generator).flatten()
    return {name: _quarters(value, quarters) if value.ndim == 4 else value for name, value in batch.items()}


def _quarters(x: Tensor, quarters: Tensor) -> Tensor:
    found = x.clone()
    for number in (1, 2, 3):
        found[quarters == number] = torch.rot90(x[quarters == number], number, (2, 3))
    return found


def regrounded(batch: dict[str, Tensor], generator: torch.Generator, p: float = 0.4) -> dict[str, Tensor]:
    """A share p of the pictures with another colour behind the product: channels in another order, lighter or darker.

    Needs the layer `matte`; pictures without one (all zero) stay. Mixed as bytes: no photograph comes of it, but a hint
    what to look away from.
    """
    image, matte = batch["image"].float(), batch["matte"].float() / 255
    ground = _reordered(image, generator) * uniform(image, 0.75, 1.15, generator)
    mixed = matte * image + (1 - matte) * ground
    chosen = chance(image, p, generator) & (matte.amax((1, 2, 3), keepdim=True) > 0)
    return {**batch, "image": torch.where(chosen, mixed, image).round().clamp(0, 255).to(torch.uint8)}


def recoloured(columns: Sequence[int], p: float = 0.25) -> Change:
    """A share p of the pictures with their channels in another order; what `columns` of `label` say is unknown then.

    For attributes that must not be told from the colour: that combinations of both were rare teaches nothing then.
    """

    def change(batch: dict[str, Tensor], generator: torch.Generator) -> dict[str, Tensor]:
        image, label = batch["image"], batch["label"].clone()
        chosen = chance(image, p, generator)
        for column in columns:
            label[chosen.flatten(), column] = UNKNOWN
        return {**batch, "image": torch.where(chosen, _reordered(image, generator), image), "label": label}

    return change


def _reordered(x: Tensor, generator: torch.Generator) -> Tensor:
    order = ORDERS[whole(x, 0, len(ORDERS) - 1, generator)]
    return torch.gather(x, 1, order[:, :, None, None].expand(-1, -1, *x.shape[2:]))
