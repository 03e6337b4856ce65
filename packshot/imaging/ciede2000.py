"""CIEDE2000, the colour difference of CIE 142-2001, as G. Sharma, W. Wu and E. Dalal give it (2005, with test data).

Differentiable, with finite gradients for equal colours and for greys. Departure in form only: hues are unit vectors
instead of angles, which needs one arc tangent instead of five and loses nothing.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from packshot.imaging.pixelwise import in_strips, quick

TINY = 1e-7  # a chroma or difference taken for zero


def delta_e_2000(lab_a: Tensor, lab_b: Tensor) -> Tensor:
    """CIEDE2000 colour difference of two CIELAB pictures `(n, 3, h, w)` → `(n, 1, h, w)`, kL = kC = kH = 1.

    Equation numbers are those of Sharma, Wu and Dalal 2005, whose treatment of hue averages is followed.
    """
    return in_strips(_delta_e, lab_a, lab_b)


def _delta_e(lab_a: Tensor, lab_b: Tensor) -> Tensor:
    """Hues are unit vectors here: the mean hue is the direction of their sum, and |Δh| comes from their difference."""
    L1, a1, b1 = lab_a.unbind(1)
    L2, a2, b2 = lab_b.unbind(1)
    mean_c = (_root(a1 * a1 + b1 * b1) + _root(a2 * a2 + b2 * b2)) / 2  # eq. 2, 3
    stretch = 1.5 - 0.5 * _seventh(mean_c)  # eq. 4, 5: 1 + G
    a1, a2 = stretch * a1, stretch * a2
    c1, c2 = _root(a1 * a1 + b1 * b1), _root(a2 * a2 + b2 * b2)  # eq. 6
    (x1, y1), (x2, y2) = ((a / c.clamp(min=TINY), b / c.clamp(min=TINY)) for a, b, c in ((a1, b1, c1), (a2, b2, c2)))
    cos, sin, side = _mean_hue(x1, y1, x2, y2)
    delta_h = side * _root(c1 * c2) * _root((x1 - x2) ** 2 + (y1 - y2) ** 2)  # eq. 11; 0 if one is grey
    return _weighted((L2 - L1, c2 - c1, delta_h), (L1 + L2) / 2, (c1 + c2) / 2, cos, sin).unsqueeze(1)


def _mean_hue(x1: Tensor, y1: Tensor, x2: Tensor, y2: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Eq. 14 as (cos, sin), and the sign of Δh. Opposite hues: a quarter turn after the one in 0..180°.

    Hues more than a right angle apart have a short sum; there the normal of their difference is more exact.
    """
    x, y, across, up = x1 + x2, y1 + y2, y2 - y1, x1 - x2
    opposite = x * x + y * y < 1e-12
    upper = torch.where((y1 > 0) | ((y1 == 0) & (x1 > 0)), 1.0, -1.0)
    side = torch.where(opposite, upper, torch.where(x1 * y2 < x2 * y1, -1.0, 1.0))
    ahead = torch.where(opposite, upper, torch.where(across * x + up * y < 0, -1.0, 1.0))
    apart = x1 * x2 + y1 * y2 < 0
    x, y = torch.where(apart, ahead * across, x), torch.where(apart, ahead * up, y)
    length = _root(x * x + y * y)
    length = torch.where(length == 0, torch.ones_like(length), length)
    return x / length, y / length, side


def _weighted(deltas: tuple[Tensor, Tensor, Tensor], L: Tensor, C: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Eq. 15 to 22: the differences divided by their weights, and the rotation term for blue."""
    cos2, sin2 = cos * cos - sin * sin, 2 * sin * cos
    cos3, sin3 = cos2 * cos - sin2 * sin, sin2 * cos + cos2 * sin
    cos4, sin4 = cos2 * cos2 - sin2 * sin2, 2 * sin2 * cos2
    t = 1 - 0.17 * _ahead(cos, sin, -30) + 0.24 * cos2 + 0.32 * _ahead(cos3, sin3, 6) - 0.20 * _ahead(cos4, sin4, -63)
    off_blue = torch.rad2deg(torch.atan2(_ahead(sin, -cos, -275), _ahead(cos, sin, -275)))
    off_blue = torch.where(off_blue > 85, off_blue - 360, off_blue)  # h - 275 for h in 0..360, as published
    theta = math.radians(30) * torch.exp(-((off_blue / 25) ** 2))
    middle = (L - 50) ** 2
    l_part = deltas[0] / (1 + 0.015 * middle / torch.sqrt(20 + middle))
    c_part = deltas[1] / (1 + 0.045 * C)
    h_part = deltas[2] / (1 + 0.015 * C * t)
    rotation = -2 * _seventh(C) * torch.sin(2 * theta)
    return _root(l_part**2 + c_part**2 + h_part**2 + rotation * c_part * h_part)


def _ahead(cos: Tensor, sin: Tensor, degrees: float) -> Tensor:
    """The cosine of an angle given as (cos, sin), increased by `degrees`."""
    return cos * math.cos(math.radians(degrees)) - sin * math.sin(math.radians(degrees))


def _seventh(c: Tensor) -> Tensor:
    """`sqrt(c⁷ / (c⁷ + 25⁷))`, in a form that neither overflows nor has an infinite slope at zero."""
    ratio = (c / 25).clamp(min=1e-4)
    power = ratio * ratio * ratio * torch.sqrt(ratio)
    return power / torch.sqrt(1 + power * power)


def _root(x: Tensor) -> Tensor:
    """Square root whose gradient at zero is zero instead of infinite."""
    if quick(x):
        return x.clamp(min=0).sqrt_()
    positive = x > TINY**2
    return torch.where(positive, x, torch.ones_like(x)).sqrt() * positive
