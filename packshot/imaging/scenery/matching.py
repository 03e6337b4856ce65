"""The light of an element brought towards that of a picture: one gain per channel in linear light, within bounds.

Shades of Grey (Finlayson & Trezzi, "Shades of Gray and Colour Constancy", 2004: Minkowski means of the channels) tells
how strong and of what colour light is, clipped pixels left out; gains are von Kries'. How strong it is on things is
read off things (the element, the product), order 3; its colour off the grounds they stand on, order 6.
Both estimates take the colour of things for light, and photos that are both exposed well differ by no more than things
do. So only what exceeds such a difference (`USUAL_LIGHT`, `USUAL_TINT`) is corrected: a wrong exposure, a lamp's cast.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor

from packshot.imaging.colour import linear_to_srgb, srgb_to_linear

ON_THINGS, ON_GROUNDS = 3, 6  # orders of the means
CLIPPED = 0.995  # sRGB value from which a pixel says nothing
USUAL_LIGHT, USUAL_TINT = 2.2, 1.25  # factors that well taken photos of other things differ by
BRIGHTER, TINTED = 3.0, 1.3  # most that is corrected, as a factor
KNEE = 0.8  # linear light above which what would exceed white is pressed together
WEIGHTS = (0.2126, 0.7152, 0.0722)  # of luminance


class Lights(NamedTuple):
    """What the light of a photo does, linear `(3,)`: on things, on their ground (None where no ground is seen)."""

    things: Tensor
    ground: Tensor | None


class Match(NamedTuple):
    """gains: per channel, linear light, `(3,)`. light: of luminance. tint: largest of a channel besides it."""

    gains: Tensor
    light: float
    tint: float


def lights_of(rgb: Tensor, matte: Tensor, with_ground: bool = True) -> Lights:
    """The light in `(1, 3, h, w)` with a matte `(1, 1, h, w)`."""
    ground = (matte < 0.02).float()
    seen = with_ground and bool(ground.any())
    return Lights(light_of(rgb, (matte > 0.98).float(), ON_THINGS), light_of(rgb, ground, ON_GROUNDS) if seen else None)


def light_of(rgb: Tensor, where: Tensor, order: int) -> Tensor:
    """Minkowski mean of `(1, 3, h, w)` where the weight `(1, 1, h, w)` is, linear `(3,)`."""
    weight = (rgb.amax(1, keepdim=True) < CLIPPED).float() * where
    if float(weight.sum()) < 1:
        weight = where + 1e-6
    mean = (srgb_to_linear(rgb) ** order * weight).sum((0, 2, 3)) / weight.sum()
    return mean.clamp(min=1e-12) ** (1 / order)


def match(element: Lights, picture: Lights, strength: float) -> Match:
    """Gains that take the element's light towards the picture's. strength: 0 = none."""
    luminance = element.things.new_tensor(WEIGHTS)
    ratio = (picture.things @ luminance) / (element.things @ luminance)
    light = float(_excess(ratio, USUAL_LIGHT, BRIGHTER)) ** strength
    tint = torch.ones(3)
    if element.ground is not None and picture.ground is not None:
        share = picture.ground / element.ground
        share = share / ((picture.ground @ luminance) / (element.ground @ luminance))
        tint = _excess(share, USUAL_TINT, TINTED) ** strength
    return Match(tint * light, light, float(torch.maximum(tint, 1 / tint).max()))


def _excess(ratio: Tensor, usual: float, most: float) -> Tensor:
    """What of a ratio goes beyond a usual one, either way."""
    size = (ratio.log().abs() - math.log(usual)).clamp(0, math.log(most))
    return torch.exp(size * ratio.log().sign())


def matched(rgb: Tensor, gains: Tensor) -> Tensor:
    """`(1, 3, h, w)` under the other light; what would exceed white is pressed softly below it."""
    light = srgb_to_linear(rgb) * gains.view(1, 3, 1, 1)
    if float(gains.max()) > 1.001:
        over = (light - KNEE).clamp(min=0) / (1 - KNEE)
        light = torch.where(light > KNEE, KNEE + (1 - KNEE) * (1 - torch.exp(-over)), light)
    return linear_to_srgb(light.clamp(0, 1))
