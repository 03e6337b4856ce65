"""What a network changed of light and colour, without its detail: applied at full size through a bilateral grid's idea.

The network sees a small copy; the change it makes is taken as a local affine map of colour (guided filter, He, Sun &
Tang 2010, as Gharbi et al. 2017 (HDRNet) apply theirs), smoothed, enlarged and applied to the full picture, bounded.
"""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor
from torch.nn import functional

from packshot.imaging import geometry

COPY_PX = 256  # longest side of what the network sees
RADIUS = 16  # px of the copy, over which a map is fitted
EPS = 1e-3
GAIN = (0.4, 2.5)  # of the map, per channel
MOST = 0.35  # levels (0 to 1) that a pixel may move


def transferred(rgb: Tensor, function: Callable[[Tensor], Tensor]) -> Tensor:
    """`(1, 3, h, w)` with the light and colour that `function` gives a small copy of it."""
    h, w = rgb.shape[2:]
    step = max(1.0, max(h, w) / COPY_PX)
    small = geometry.resize_layer(rgb, (max(1, round(h / step)), max(1, round(w / step))), linear=True)
    gain, offset = _fitted(small, function(small))
    gain, offset = (functional.interpolate(x, (h, w), mode="bilinear", align_corners=False) for x in (gain, offset))
    return (rgb + (gain * rgb + offset - rgb).clamp(-MOST, MOST)).clamp(0, 1)


def _fitted(before: Tensor, after: Tensor) -> tuple[Tensor, Tensor]:
    """Per channel and place the line `after = gain · before + offset`, fitted around it."""
    mean_x, mean_y = _mean(before), _mean(after)
    cov = _mean(before * after) - mean_x * mean_y
    var = _mean(before * before) - mean_x**2
    ratio = (mean_y / mean_x.clamp(min=0.02)).clamp(*GAIN)
    gain = ((cov + EPS * ratio) / (var + EPS)).clamp(*GAIN)  # a flat place is scaled, not shifted
    return _mean(gain), _mean(mean_y - gain * mean_x)


def _mean(x: Tensor) -> Tensor:
    size = [min(2 * RADIUS + 1, n // 2 * 2 - 1 if n > 1 else 1) for n in x.shape[2:]]
    pads = [n // 2 for n in size]
    return functional.avg_pool2d(x, size, 1, pads, count_include_pad=False)
