"""Run a network over a picture of any size, tile by tile, in constant memory.

For a local network the result equals that of the whole picture: tiles overlap by at least the reach of the network
(the radius of its receptive field), begin on multiples of its stride, and only the part of a tile that nothing
artificial can have influenced is kept. A tile at the border of the picture ends there, so that the network's own
padding acts exactly where it would act on the whole. For networks that look further than the overlap, `blend` mixes
neighbouring tiles by linear ramps across the overlap; the result is then close to, not equal to, that of the whole.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from packshot.errors import ParameterError

Function = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Span:
    """One tile along one axis, px: the network sees `start..stop`, the result keeps `first..last`."""

    start: int
    stop: int
    first: int
    last: int


def tiled(
    function: Function,
    x: Tensor,
    *,
    tile_px: int,
    overlap_px: int,
    multiple: int = 1,
    scale: int | Fraction = 1,
    blend: bool = False,
    into: Tensor | np.ndarray[Any, Any] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Tensor:
    """`function(x)` without ever running it on more than `tile_px` × `tile_px`.

    function: `(n, c, h, w)` → `(n, k, scale·h, scale·w)`, called on tiles whose sides are multiples of `multiple`.
    x: `(n, c, h, w)`, may lie in a memory map; padded by repetition to the next multiple, and the result cut back.
    overlap_px: at least the reach of the network, for the result to equal that of the whole; with `blend`, the width
        of the ramps is twice this.
    into: `(n, k, scale·h, scale·w)` to write into, such as a memory map (any float type); made if None.
    progress: called with (tiles done, tiles in all).
    Raises ParameterError if the tile does not hold more than twice the overlap, or for a result of another size.
    """
    n, _, h, w = x.shape
    scale = Fraction(scale)
    if multiple < 1 or multiple % scale.denominator:
        raise ParameterError(f"multiple: expected a multiple of {scale.denominator} for scale {scale}, got {multiple}")
    rows, columns = (spans(length, tile_px, overlap_px, multiple) for length in (h, w))
    ramps = [_ramps(axis, scale, max(2 * overlap_px, 1)) for axis in (rows, columns)] if blend else None
    size = int(h * scale), int(w * scale)
    out = None if into is None else _opened(into, (n, *size), blend)
    for index, (i, j) in enumerate(np.ndindex(len(rows), len(columns))):
        with torch.no_grad():
            y = function(_cut(x, rows[i], columns[j]))
        _check(y, (n, rows[i], columns[j]), scale)
        if out is None:
            out = y.new_zeros((n, y.shape[1], *size), device=x.device)
        if ramps is None:
            _place(out, y, rows[i], columns[j], scale)
        else:
            _mix(out, y * (ramps[0][i][:, None] * ramps[1][j]).to(y), rows[i], columns[j], scale)
        if progress is not None:
            progress(index + 1, len(rows) * len(columns))
    assert out is not None
    return out


def spans(length: int, tile_px: int, overlap_px: int, multiple: int = 1) -> list[Span]:
    """The tiles along one axis of `length` px, all of one size; the axis is taken as padded to the next multiple.

    Raises ParameterError if the tile does not hold more than twice the overlap.
    """
    tile = tile_px // multiple * multiple
    overlap = -(-overlap_px // multiple) * multiple
    stride = tile - 2 * overlap
    padded = -(-length // multiple) * multiple
    if overlap_px < 0:
        raise ParameterError(f"overlap_px: expected at least 0, got {overlap_px}")
    if stride < multiple:
        raise ParameterError(
            f"tile_px: expected at least {2 * overlap + multiple} for an overlap of {overlap_px} px, got {tile_px}"
        )
    if padded <= tile:
        return [Span(0, padded, 0, padded)]
    starts = [*range(0, padded - tile, stride), padded - tile]
    cuts = [0, *(start + overlap for start in starts[1:]), padded]
    return [Span(start, start + tile, *cuts[i : i + 2]) for i, start in enumerate(starts)]


def _cut(x: Tensor, rows: Span, columns: Span) -> Tensor:
    """A tile of the picture, repeated beyond its end where the picture is no multiple."""
    tile = x[:, :, rows.start : rows.stop, columns.start : columns.stop]
    missing = (0, columns.stop - columns.start - tile.shape[3], 0, rows.stop - rows.start - tile.shape[2])
    return functional.pad(tile, missing, mode="replicate") if any(missing) else tile.contiguous()


def _check(y: Tensor, expected: tuple[int, Span, Span], scale: Fraction) -> None:
    n, rows, columns = expected
    size = (n, int((rows.stop - rows.start) * scale), int((columns.stop - columns.start) * scale))
    if (y.shape[0], *y.shape[2:]) != size:
        raise ParameterError(f"function: expected a result of (n, h, w) {size} for scale {scale}, got {tuple(y.shape)}")


def _opened(into: Tensor | np.ndarray[Any, Any], size: tuple[int, int, int], blend: bool) -> Tensor:
    out = into if isinstance(into, Tensor) else torch.from_numpy(into)
    if out.ndim != 4 or (out.shape[0], *out.shape[2:]) != size:
        raise ParameterError(f"into: expected (n, k, h, w) with (n, h, w) {size}, got {tuple(out.shape)}")
    return out.zero_() if blend else out


def _place(out: Tensor, y: Tensor, rows: Span, columns: Span, scale: Fraction) -> None:
    """Write the part of a tile that is kept."""
    y0, y1, dy = _kept(rows, scale, out.shape[2])
    x0, x1, dx = _kept(columns, scale, out.shape[3])
    out[:, :, y0:y1, x0:x1] = y[:, :, dy : dy + y1 - y0, dx : dx + x1 - x0]


def _kept(axis: Span, scale: Fraction, size: int) -> tuple[int, int, int]:
    first, last = int(axis.first * scale), min(int(axis.last * scale), size)
    return first, last, first - int(axis.start * scale)


def _mix(out: Tensor, y: Tensor, rows: Span, columns: Span, scale: Fraction) -> None:
    """Add a whole tile, already weighted."""
    y0, x0 = int(rows.start * scale), int(columns.start * scale)
    room = out[:, :, y0 : y0 + y.shape[2], x0 : x0 + y.shape[3]]
    room += y[:, :, : room.shape[2], : room.shape[3]].to(room)


def _ramps(axis: list[Span], scale: Fraction, width: float) -> list[Tensor]:
    """Weights of the tiles along one axis, `(scale · tile,)` each: linear over `width` px, adding up to 1."""
    end = axis[-1].stop
    places = (torch.arange(int(end * scale), dtype=torch.float64) + 0.5) / float(scale)
    weights = torch.ones(len(axis), len(places), dtype=torch.float64)
    for weight, span in zip(weights, axis, strict=True):
        if span.start > 0:
            weight *= ((places - span.start) / width).clamp(0, 1)
        if span.stop < end:
            weight *= ((span.stop - places) / width).clamp(0, 1)
    weights /= weights.sum(0)
    return [row[int(s.start * scale) : int(s.stop * scale)] for row, s in zip(weights, axis, strict=True)]
