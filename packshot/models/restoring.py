"""A restoration network over a picture of any size: tiles, padding, level maps, clipping. Constant memory.

A network takes `(n, 3, h, w)` in `[0, 1]`, or four channels: the last is a level map (denoise, dejpeg) or a mask
(inpaint). It gives `(n, 3, s·h, s·w)`; s is its config's `scale`, 1 where it has none.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.nn import functional

from packshot.errors import ModelError
from packshot.imaging import mapped, tiles

if TYPE_CHECKING:
    from packshot.imaging.restoring.filling import Field, Filler, Mask
    from packshot.models import Model

TILE_PX = 256  # of a tile that is kept, roughly: small enough for the cache, large enough for its overlap
RAMP_PX = 24  # half the width over which tiles are mixed where a network sees the whole picture
WHOLE_PX = 288  # up to this many px a side a picture is one tile


def restored(model: Model, x: Tensor, into: Tensor | None = None) -> Tensor:
    """The network's picture of `(n, c, h, w)`: `(n, 3, s·h, s·w)` in `[0, 1]`, written into `into` if given.

    Equal to that of the whole picture, to about 1e-5 (`reach.FAINT`), where the network looks no further than about
    60 px; where it looks everywhere, tiles are mixed by ramps. Raises ModelError if the network takes other channels.
    """
    if x.shape[1] != model.channels_in:
        raise ModelError(f"{model.name}: takes {model.channels_in} channels, expected a network of {x.shape[1]}")
    reach = reach_of(model)
    overlap = RAMP_PX if reach is None else reach
    tile = TILE_PX + 2 * overlap
    largest = max(WHOLE_PX, tile)
    if max(x.shape[2:]) <= largest:
        tile = -(-largest // model.multiple) * model.multiple
    return tiles.tiled(
        lambda part: model.run(part).clamp(0, 1),
        x,
        tile_px=max(tile, 2 * overlap + 3 * model.multiple),
        overlap_px=overlap,
        multiple=model.multiple,
        scale=model.scale,
        blend=reach is None,
        into=into,
        progress=None if into is None else lambda done, total: mapped.release(into),
    )


def with_level(model: Model, rgb: Tensor, level: float) -> Tensor:
    """`rgb` with a constant fourth channel, if the network takes one. level: in the network's own unit."""
    if model.channels_in == 3:
        return rgb
    return functional.pad(rgb, (0, 0, 0, 0, 0, 1), value=level)


def filler_of(model: Model) -> Filler:
    """Fills a window by a network of a picture and its mask; what must not be copied counts as unknown to it.

    Raises ModelError if the network takes no mask.
    """
    if model.channels_in != 4 or model.scale != 1:
        raise ModelError(f"{model.name}: takes {model.channels_in} channels, expected an inpainting network of 4")

    def filler(picture: Field, hole: Mask, kept: Mask) -> Field:
        unknown = torch.from_numpy(hole | kept)[None, None].float()
        rgb = torch.from_numpy(picture).permute(2, 0, 1)[None] * (1 - unknown)
        found: Field = model.run(torch.cat([rgb, unknown], 1)).clamp(0, 1)[0].permute(1, 2, 0).numpy()
        return found

    return filler


def reach_of(model: Model) -> int | None:
    """`reach.measure` of a model, once per process and digest."""
    return _reach(_ByDigest(model))


@lru_cache(maxsize=32)
def _reach(key: _ByDigest) -> int | None:
    from packshot.models.reach import measure

    model = key.model
    with torch.inference_mode():
        return measure(model.run, model.channels_in, model.scale, model.multiple)


class _ByDigest:
    """A model that is the same key as another one of the same weights."""

    def __init__(self, model: Model) -> None:
        self.model = model

    def __hash__(self) -> int:
        return hash(self.model.digest)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _ByDigest) and self.model.digest == other.model.digest
