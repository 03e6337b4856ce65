"""Tone: gains of the linear channels, contrast and saturation, and a limit to how far they may carry a product.

Contrast is a curve through black, mid-grey (0.18) and white, applied to the linear channels; saturation scales the
distance from grey in linear light and stops at the edge of the gamut, so that hues stay. Gains come from
`white_balance.py`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from packshot.imaging.colour import RGB_TO_XYZ, delta_e_2000, linear_to_srgb, rgb_to_lab, srgb_to_linear

Triple = tuple[float, float, float]

LUMA = RGB_TO_XYZ[1]
MID_GREY = 0.18
SAMPLES = 100_000  # pixels, evenly spread, that changes are measured on


@dataclass(frozen=True)
class Tone:
    """What is done to the colours. gains: of the linear channels, exposure included.

    contrast: exponent of the curve, 1 = none. saturation: factor of the distance from grey, 1 = none.
    """

    gains: Triple = (1.0, 1.0, 1.0)
    contrast: float = 1.0
    saturation: float = 1.0

    @property
    def neutral(self) -> bool:
        """Whether it changes nothing."""
        return self == Tone()

    def weakened(self, t: float) -> Tone:
        """The same tone at a strength from 0 (nothing) to 1 (all of it), in stops."""
        r, g, b = (v**t for v in self.gains)
        return replace(self, gains=(r, g, b), contrast=self.contrast**t, saturation=1 + t * (self.saturation - 1))


def apply(rgb: Tensor, tone: Tone) -> Tensor:
    """The picture `(n, 3, h, w)` in another tone; the very same tensor if the tone is neutral."""
    if tone.neutral:
        return rgb
    linear = srgb_to_linear(rgb) * rgb.new_tensor(tone.gains).reshape(1, 3, 1, 1)
    linear.clamp_(0, 1)
    if tone.contrast != 1:
        linear = _curved(linear, tone.contrast)
    if tone.saturation != 1:
        linear = _saturated(linear, tone.saturation)
    return linear_to_srgb(linear).clamp_(0, 1)


def _curved(linear: Tensor, exponent: float) -> Tensor:
    """A curve that fixes 0, mid-grey and 1, with the slope `exponent` at mid-grey (in its own scale)."""
    power = math.log(0.5) / math.log(MID_GREY)  # brings mid-grey to 0.5
    x = linear**power
    up, down = x**exponent, (1 - x) ** exponent
    return (up / (up + down)) ** (1 / power)


def _saturated(linear: Tensor, factor: float) -> Tensor:
    Y = (linear * linear.new_tensor(LUMA).reshape(1, 3, 1, 1)).sum(1, keepdim=True)
    away = linear - Y
    if factor > 1:
        up, down = away.amax(1, keepdim=True).clamp(min=1e-6), (-away.amin(1, keepdim=True)).clamp(min=1e-6)
        most = torch.minimum((1 - Y) / up, Y / down).clamp(min=1)
        return (Y + away * most.clamp(max=factor)).clamp(0, 1)
    return (Y + away * factor).clamp(0, 1)


def held(rgb: Tensor, matte: Tensor | None, tone: Tone, limit: float) -> tuple[Tone, float]:
    """The tone, weakened until the product's mean colour moves by no more than `limit` (CIEDE2000), and its strength.

    Without a matte the mean of the whole picture counts.
    """
    colours = _product(rgb, matte)
    if tone.neutral or colours.shape[2] == 0 or _moved(colours, tone) <= limit:
        return tone, 1.0
    low, high = 0.0, 1.0
    for _ in range(20):
        middle = (low + high) / 2
        low, high = (middle, high) if _moved(colours, tone.weakened(middle)) <= limit else (low, middle)
    return tone.weakened(low), low


def _moved(colours: Tensor, tone: Tone) -> float:
    """CIEDE2000 between the mean colours of `(1, 3, count, 1)` before and after."""
    before, after = (rgb_to_lab(x).mean(2, keepdim=True) for x in (colours, apply(colours, tone)))
    return float(delta_e_2000(before, after))


def changes(before: Tensor, after: Tensor, matte: Tensor | None) -> tuple[float, float]:
    """Mean and largest CIEDE2000 inside the product (matte > 0.5; the whole picture without one), `(1, 3, h, w)`.

    Of large products at most `SAMPLES` pixels, evenly spread, are measured.
    """
    if before is after:
        return 0.0, 0.0
    a, b = (rgb_to_lab(_product(x, matte)) for x in (before, after))
    change = delta_e_2000(a, b)
    return (float(change.mean()), float(change.max())) if change.numel() else (0.0, 0.0)


def _product(rgb: Tensor, matte: Tensor | None) -> Tensor:
    """Colours `(1, 3, count, 1)` of the product, evenly thinned out."""
    flat = rgb[0].cpu().flatten(1)
    if matte is not None:
        flat = flat[:, matte[0, 0].cpu().flatten() > 0.5]
    return flat[:, :: max(1, flat.shape[1] // SAMPLES)][None, :, :, None]
