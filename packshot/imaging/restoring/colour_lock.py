"""The colour lock: what a network makes of a picture keeps the picture's own colours on average.

The low frequencies of the result are replaced by those of the input: the means over cells of 8 px are compared, the
difference is smoothed, enlarged and added, and what is then left of the difference of the two means is added
everywhere. The same idea as the wavelet colour fix of StableSR (Wang et al. 2023, §3.3), at one scale and with the mean
exact.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

from packshot.errors import ParameterError
from packshot.imaging import mapped

CELL_PX = 8  # side of a cell of the input
SMOOTH = 1.5  # standard deviation of the smoothing, cells: details of less than about 40 px are left to the network
BAND = 64  # rows of cells corrected at once
ROUNDS = 2  # clipping at 0 and 1 takes a little of a correction away; a second round brings it
MORE_ROUNDS = (
    4  # at most, while the mean is off: cells cut at the border weigh otherwise in the map than in the picture
)
CLOSE = 2e-5  # of the mean, in [0, 1]


def lock_colour(before: Tensor, after: Tensor, weight: Tensor | None = None) -> float:
    """Give `after` the low frequencies of `before`, in place; returns how far its mean had moved, levels of 255.

    before: `(n, 3, h, w)` in `[0, 1]`. after: `(n, 3, s·h, s·w)`, s a whole number ≥ 1, may be memory-mapped.
    weight: `(n, 1, h, w)`, how much a pixel counts (opacity); None = all alike. Raises ParameterError for other sizes.
    """
    scale = _scale(before, after)
    wanted, weights = cells(before, CELL_PX, weight), None if weight is None else _pooled(weight, CELL_PX)
    moved = 0.0
    for attempt in range(ROUNDS + MORE_ROUNDS):
        difference = wanted - cells(after, CELL_PX * scale, weight, scale)
        off = float(_mean(difference, before, weights).abs().max())
        if attempt == 0:
            moved = off * 255
        if moved == 0 or (attempt >= ROUNDS and off < CLOSE):
            break
        smooth = _smoothed(difference, weights)
        smooth += _mean(difference - smooth, before, weights)
        _add(after, smooth, CELL_PX * scale)
    return moved


def locked_mix(before: Tensor, after: Tensor, weight: Tensor | None, strength: float) -> tuple[Tensor, float]:
    """`after`, locked in place to the colours of `before` of the same size, then mixed with it; and what `lock_colour`
    gives. strength: share of `after`, 0 to 1.
    """
    moved = lock_colour(before, after, weight)
    return (after if strength == 1 else before.lerp(after, strength)), moved


def cells(x: Tensor, px: int, weight: Tensor | None = None, scale: int = 1) -> Tensor:
    """Means over cells of `px` × `px`, the last ones of what there is: `(n, c, ceil(h / px), ceil(w / px))`.

    weight: at `1 / scale` of the size of `x`.
    """
    if weight is None:
        return _pooled(x, px)
    parts, share = [], []
    for y in range(0, x.shape[2], px * BAND):
        part = x[:, :, y : y + px * BAND]
        weights = weight[:, :, y // scale : -(-(y + part.shape[2]) // scale)]
        weights = weights.repeat_interleave(scale, 2).repeat_interleave(scale, 3) if scale > 1 else weights
        parts.append(_pooled(part * weights, px))
        share.append(_pooled(weights, px))
    return torch.cat(parts, 2) / torch.cat(share, 2).clamp(min=1e-4)


def _scale(before: Tensor, after: Tensor) -> int:
    scale = after.shape[2] // before.shape[2]
    if scale < 1 or tuple(after.shape) != (*before.shape[:2], before.shape[2] * scale, before.shape[3] * scale):
        raise ParameterError(
            f"after: expected a whole multiple of the size {tuple(before.shape[2:])}, got {tuple(after.shape)}"
        )
    return scale


def _pooled(x: Tensor, px: int) -> Tensor:
    """Means over cells, band by band; a cell at the border is the mean of its own pixels."""
    parts = []
    for y in range(0, x.shape[2], px * BAND):
        part = x[:, :, y : y + px * BAND]
        parts.append(functional.avg_pool2d(part, px, ceil_mode=True, count_include_pad=False))
        mapped.release(x)
    return torch.cat(parts, 2)


def _mean(difference: Tensor, like: Tensor, weights: Tensor | None) -> Tensor:
    """Mean over the picture of a map of cells, `(n, 3, 1, 1)`; the cells at the border count by their size."""
    rows, columns = (_sizes(n, like) for n in like.shape[2:])
    share = rows[:, None] * columns if weights is None else rows[:, None] * columns * weights
    return (difference * share).sum((2, 3), keepdim=True) / share.sum((-2, -1), keepdim=True).clamp(min=1e-6)


def _sizes(length: int, like: Tensor) -> Tensor:
    count = math.ceil(length / CELL_PX)
    sizes = like.new_full((count,), float(CELL_PX))
    sizes[-1] = length - CELL_PX * (count - 1)
    return sizes


def _smoothed(x: Tensor, weights: Tensor | None) -> Tensor:
    """Gaussian blur of a map of cells, normalised at the borders and by the weights."""
    share = torch.ones_like(x[:, :1]) if weights is None else weights + 1e-4
    return _blurred(x * share) / _blurred(share)


def _blurred(x: Tensor) -> Tensor:
    reach = math.ceil(3 * SMOOTH)
    line = torch.exp(-0.5 * (torch.arange(-reach, reach + 1, dtype=x.dtype, device=x.device) / SMOOTH) ** 2)
    c = x.shape[1]
    kernel = (line / line.sum()).expand(c, 1, -1)
    x = functional.conv2d(x, kernel[..., None], padding=(reach, 0), groups=c)
    return functional.conv2d(x, kernel[:, :, None], padding=(0, reach), groups=c)


def _add(after: Tensor, correction: Tensor, px: int) -> None:
    """Add a map of cells of `px`, linearly interpolated, and clip; band by band."""
    h, w = after.shape[2:]
    columns = _between(w, px, correction.shape[3], after)
    for y in range(0, h, 2 * px):
        rows = _between(h, px, correction.shape[2], after, (y, min(y + 2 * px, h)))
        band = after[:, :, y : y + 2 * px]
        band += _lerp(_lerp(correction, rows, 2), columns, 3)
        band.clamp_(0, 1)
        if y // (2 * px) % 16 == 15:
            mapped.release(after)
    mapped.release(after)


def _between(
    length: int, px: int, count: int, like: Tensor, span: tuple[int, int] | None = None
) -> tuple[Tensor, Tensor, Tensor]:
    """For each pixel of a span of an axis: the cell before it, the one after it, and the share of the latter."""
    first, last = span or (0, length)
    places = (torch.arange(first, last, device=like.device, dtype=like.dtype) + 0.5) / px - 0.5
    low = places.floor().clamp(0, count - 1)
    high = (low + 1).clamp(max=count - 1)
    return low.long(), high.long(), (places - low).clamp(0, 1)


def _lerp(x: Tensor, where: tuple[Tensor, Tensor, Tensor], axis: int) -> Tensor:
    low, high, share = where
    share = share[:, None] if axis == 2 else share
    return torch.lerp(x.index_select(axis, low), x.index_select(axis, high), share)
