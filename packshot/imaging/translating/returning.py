"""What a network made of a small copy, brought back to the photo's own size with the photo's detail.

Around every pixel of the copy, its picture is written as an affine map of the copy's colour, `after = A · before + b`
(guided filter, He, Sun & Tang 2010, eq. 5, with three outputs; applied at full size as Chen et al. 2016, "Bilateral
Guided Upsampling", apply their maps). Departures: the ridge pulls A towards "each channel times as much as its mean
grew" and not towards 0, so that detail that the copy does not show stays where it is flat; a channel that the photo
hardly has takes its detail from the photo's luminance; what no such map explains (a new grain, a new pattern) is
enlarged and added. It all happens in linear light.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from packshot.imaging.colour import linear_to_srgb, srgb_to_linear

LUMA = (0.2126, 0.7152, 0.0722)  # of linear light
RADIUS = 2  # px of the copy
EPS = 2e-3  # of linear light, squared
DARKEST = 0.01  # linear light, below which lighter and darker are not told as shares
BAND = 128  # rows of the photo worked on at once
MOST = 4.0  # times as light or dark as the photo's detail, at most


def returned(
    photo: Tensor,
    before: Tensor,
    after: Tensor,
    detail: float = 1.0,
    part: Tensor | None = None,
    place: tuple[int, int, int, int] | None = None,
) -> Tensor:
    """`(1, 3, H, W)` sRGB: the photo as the network changed a copy of it.

    photo: `(1, 3, H, W)`; before: the copy that the network saw, `(1, 3, h, w)`; after: what it made of it. detail:
    0 = the network's picture enlarged, 1 = with all of the photo's detail. part: `(1, 1, h, w)`, what maps are fitted
    to (a product), so that its surroundings do not enter. place: (top, left, height, width) px: the photo lies there
    in what the copy shows; left out: it is all of it. Memory beyond the result does not grow with the photo.
    """
    top, left, *size = place or (0, 0, photo.shape[2], photo.shape[3])
    x, y = srgb_to_linear(before), srgb_to_linear(after)
    weight = torch.ones_like(x[:, :1]) if part is None else part.clamp(min=1e-3)
    slopes, offset = _fitted(x, y, weight)
    small = torch.cat([slopes, offset + y - _mapped(x, slopes, offset), y], 1)  # the rest moves the offset
    out, columns = torch.empty_like(photo), slice(left, left + photo.shape[3])
    for first in range(0, photo.shape[2], BAND):
        rows = slice(first, min(photo.shape[2], first + BAND))
        large = enlarged(small, (size[0], size[1]), slice(top + rows.start, top + rows.stop))
        out[:, :, rows] = _band(photo[:, :, rows], large[..., columns], detail)
    return out


def _band(photo: Tensor, large: Tensor, detail: float) -> Tensor:
    made = _mapped(srgb_to_linear(photo), large[:, :9], large[:, 9:12])
    made = made if detail == 1 else torch.lerp(large[:, 12:], made, detail)
    return linear_to_srgb(made.clamp(0, 1)).clamp(0, 1)


def enlarged(small: Tensor, size: tuple[int, int], rows: slice | None = None) -> Tensor:
    """Rows of `(1, c, h, w)` brought to `size` (H, W), bilinear between pixel centres: `(1, c, rows, W)`."""
    rows = rows or slice(0, size[0])
    place = (torch.arange(rows.start, rows.stop) + 0.5) * (small.shape[2] / size[0]) - 0.5
    place = place.clamp(0, small.shape[2] - 1)
    above = place.long()
    share = (place - above).view(-1, 1)
    below = (above + 1).clamp(max=small.shape[2] - 1)
    band = torch.lerp(small[:, :, above], small[:, :, below], share.expand(len(place), small.shape[3]))
    if small.shape[3] == size[1]:
        return band
    return functional.interpolate(band, (len(place), size[1]), mode="bilinear", align_corners=False)


def _fitted(x: Tensor, y: Tensor, weight: Tensor) -> tuple[Tensor, Tensor]:
    """Slopes `(1, 9, h, w)` (output channel by input channel) and offset `(1, 3, h, w)`, each a mean around a pixel."""
    total = _mean(weight)

    def mean(v: Tensor) -> Tensor:
        return _mean(v * weight) / total

    mean_x, mean_y = mean(x), mean(y)
    across = mean(_outer(x, x)) - _outer(mean_x, mean_x)
    between = mean(_outer(y, x)) - _outer(mean_y, mean_x)
    ridge = EPS * torch.eye(3).view(1, 9, 1, 1)
    likely = EPS * _likely(mean_x, mean_y)
    slopes = torch.linalg.solve(_matrices(across + ridge), _matrices(between + likely), left=False)
    slopes = slopes.flatten(3).permute(0, 3, 1, 2)
    offset = mean_y - _mapped(mean_x, slopes, torch.zeros_like(mean_y))
    return mean(slopes), mean(offset)


def _likely(mean_x: Tensor, mean_y: Tensor) -> Tensor:
    """Slopes that make a lighter or darker place of the photo one as much so in the new colour."""
    ratio = mean_y / mean_x.clamp(min=DARKEST)
    own = (2 - 2 * ratio / MOST).clamp(0, 1)  # how far the channel's own detail is believed
    weights = mean_x.new_tensor(LUMA).view(1, 3, 1, 1).expand_as(mean_x)
    by_luma = _outer((1 - own) * (mean_y / _luma(mean_x).clamp(min=DARKEST)).clamp(max=MOST), weights)
    return by_luma + torch.eye(3).view(1, 9, 1, 1) * (own * ratio).repeat_interleave(3, 1)


def _luma(linear: Tensor) -> Tensor:
    """`(n, 1, h, w)` of linear light."""
    return (linear * linear.new_tensor(LUMA).view(1, 3, 1, 1)).sum(1, keepdim=True)


def _outer(a: Tensor, b: Tensor) -> Tensor:
    """`(n, 9, h, w)`: channel 3i + j is a_i · b_j."""
    return (a[:, :, None] * b[:, None]).flatten(1, 2)


def _matrices(nine: Tensor) -> Tensor:
    """`(n, h, w, 3, 3)` of `(n, 9, h, w)`."""
    n, _, h, w = nine.shape
    return nine.view(n, 3, 3, h, w).permute(0, 3, 4, 1, 2)


def _mapped(x: Tensor, slopes: Tensor, offset: Tensor) -> Tensor:
    n, _, h, w = x.shape
    out: Tensor = (slopes.view(n, 3, 3, h, w) * x[:, None]).sum(2) + offset
    return out


def _mean(x: Tensor) -> Tensor:
    """Box mean around each pixel; at the border of what there is."""
    sides = [min(2 * RADIUS + 1, n // 2 * 2 - 1 if n > 1 else 1) for n in x.shape[2:]]
    return functional.avg_pool2d(x, sides, 1, [n // 2 for n in sides], count_include_pad=False)
