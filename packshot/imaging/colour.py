"""Colour spaces on tensors `(n, 3, h, w)`: linear light, CIELAB, OKLab and OKLCH, CIEDE2000, the sRGB gamut.

Sources: IEC 61966-2-1 (sRGB transfer curve, primaries), CIE 15 (Lab, white D65), B. Ottosson 2020 (OKLab),
G. Sharma, W. Wu, E. Dalal 2005 (CIEDE2000). `rgb` is always sRGB-encoded. Lab has L in 0..100; OKLab L in 0..1;
OKLCH hue in degrees, 0..360. Everything is differentiable with finite gradients, at black and at grey too.
Departures: the white point is the row sum of the RGB→XYZ matrix (D65 to five digits), so that greys have a = b = 0;
OKLab's cube root is continued as a straight line below 1e-6 (under any 8-bit value), so that its slope stays finite.
Speed: where no gradient flows, CPU pictures are worked on in strips that fit the cache, and powers and the joints of
piecewise curves are OpenCV's (3 times faster, 3e-7 from PyTorch's, which stays as the reference). Exact at 0 and 1.
cv2.cvtColor was measured and not used: its Lab is off by up to 0.6.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import Any

import cv2
import numpy as np
import torch
from torch import Tensor

Plane = np.ndarray[Any, Any]

RGB_TO_XYZ = (
    (0.4124564, 0.3575761, 0.1804375),
    (0.2126729, 0.7151522, 0.0721750),
    (0.0193339, 0.1191920, 0.9503041),
)
XYZ_TO_RGB = (
    (3.2404542, -1.5371385, -0.4985314),
    (-0.9692660, 1.8760108, 0.0415560),
    (0.0556434, -0.2040259, 1.0572252),
)
WHITE = (0.9504700, 1.0000001, 1.0888300)  # row sums of RGB_TO_XYZ

RGB_TO_LMS = (
    (0.4122214708, 0.5363325363, 0.0514459929),
    (0.2119034982, 0.6806995451, 0.1073969566),
    (0.0883024619, 0.2817188376, 0.6299787005),
)
LMS_TO_OKLAB = (
    (0.2104542553, 0.7936177850, -0.0040720468),
    (1.9779984951, -2.4285922050, 0.4505937099),
    (0.0259040371, 0.7827717662, -0.8086757660),
)
OKLAB_TO_LMS = (
    (1.0, 0.3963377774, 0.2158037573),
    (1.0, -0.1055613458, -0.0638541728),
    (1.0, -0.0894841775, -1.2914855480),
)
LMS_TO_RGB = (
    (4.0767416621, -3.3077115913, 0.2309699292),
    (-1.2684380046, 2.6097574011, -0.3413193965),
    (-0.0041960863, -0.7034186147, 1.7076147010),
)

DELTA = 6 / 29  # where Lab's cube root meets its straight part (CIE 15 eq. 8.6)
ROOT_KNEE = 1e-6  # where OKLab's cube root is continued as a straight line
STRIP = 1 << 17  # values worked on at once; 0.5 MB
TINY = 1e-7  # a chroma or difference taken for zero
IN_GAMUT = 1e-4  # how far outside [0, 1] a linear value may lie and still count as inside


def srgb_to_linear(x: Tensor) -> Tensor:
    """sRGB-encoded → linear light, any shape. Below zero the straight part continues."""
    return _in_strips(_decoded, x)


def linear_to_srgb(x: Tensor) -> Tensor:
    """Linear light → sRGB-encoded, any shape. Below zero the straight part continues."""
    return _in_strips(_encoded, x)


def luminance(rgb: Tensor) -> Tensor:
    """`(n, 1, h, w)` relative luminance Y of sRGB-encoded rgb, linear, white = 1."""
    return _in_strips(_luminance, rgb)


def rgb_to_lab(rgb: Tensor) -> Tensor:
    """sRGB `(n, 3, h, w)` → CIELAB under D65, L in 0..100, a and b about -110..100."""
    return _in_strips(_lab, rgb)


def lab_to_rgb(lab: Tensor, clamp: bool = True) -> Tensor:
    """CIELAB (D65) `(n, 3, h, w)` → sRGB; clamped to `[0, 1]` unless told otherwise (see `to_gamut` for better)."""
    return _in_strips(lambda strip: _shown(_lab_to_linear(strip), clamp), lab)


def in_gamut(lab: Tensor) -> Tensor:
    """`(n, 1, h, w)` bool: whether sRGB can show this CIELAB colour (to 1e-4 of linear light)."""
    return _in_strips(lambda strip: _inside(_lab_to_linear(strip)), lab)


def rgb_to_oklab(rgb: Tensor) -> Tensor:
    """sRGB `(n, 3, h, w)` → OKLab, L in 0..1, a and b about -0.4..0.4."""
    return _in_strips(_oklab, rgb)


def oklab_to_rgb(oklab: Tensor, clamp: bool = True) -> Tensor:
    """OKLab `(n, 3, h, w)` → sRGB; clamped to `[0, 1]` unless told otherwise."""
    return _in_strips(lambda strip: _shown(_oklab_to_linear(strip), clamp), oklab)


def oklab_to_oklch(oklab: Tensor) -> Tensor:
    """OKLab → (lightness 0..1, chroma ≥ 0, hue in degrees 0..360), `(n, 3, h, w)`. The hue of grey is 0."""
    L, a, b = oklab.unbind(1)
    grey = a * a + b * b < 1e-14
    a_safe = torch.where(grey, torch.ones_like(a), a)
    b_safe = torch.where(grey, torch.zeros_like(b), b)
    chroma = torch.where(grey, torch.zeros_like(a), torch.hypot(a_safe, b_safe))
    hue = torch.rad2deg(torch.atan2(b_safe, a_safe)).remainder(360)
    return torch.stack((L, chroma, hue), 1)


def oklch_to_oklab(oklch: Tensor) -> Tensor:
    """(lightness, chroma, hue in degrees) → OKLab, `(n, 3, h, w)`."""
    L, chroma, hue = oklch.unbind(1)
    angle = torch.deg2rad(hue)
    return torch.stack((L, chroma * torch.cos(angle), chroma * torch.sin(angle)), 1)


def to_gamut(oklch: Tensor) -> Tensor:
    """The same colours with chroma reduced, lightness and hue kept, until sRGB can show them, `(n, 3, h, w)`.

    Colours already inside are unchanged; lightness outside `[0, 1]` is clamped first. By bisection to 1e-5 of chroma.
    """
    L, chroma, hue = oklch.unbind(1)
    L = L.clamp(0, 1)
    outside = ~_inside(_oklab_to_linear(oklch_to_oklab(torch.stack((L, chroma, hue), 1)))).squeeze(1)
    low, high = torch.zeros_like(L[outside]), chroma[outside]
    for _ in range(17):
        middle = (low + high) / 2
        trial = torch.stack((L[outside], middle, hue[outside]))[None, :, :, None]  # 1, 3, pixels, 1
        fits = _inside(_oklab_to_linear(oklch_to_oklab(trial))).flatten()
        low, high = torch.where(fits, middle, low), torch.where(fits, high, middle)
    return torch.stack((L, chroma.masked_scatter(outside, low), hue), 1)


def delta_e_2000(lab_a: Tensor, lab_b: Tensor) -> Tensor:
    """CIEDE2000 colour difference of two CIELAB pictures `(n, 3, h, w)` → `(n, 1, h, w)`, kL = kC = kH = 1.

    Equation numbers are those of Sharma, Wu and Dalal 2005, whose treatment of hue averages is followed.
    """
    return _in_strips(_delta_e, lab_a, lab_b)


# Transfer curves and the two ways of computing them


def _decoded(x: Tensor) -> Tensor:
    if _quick(x) and (known := _decoded_bytes(x)) is not None:
        return known
    curve = _power(x.clamp(min=0.04045).add_(0.055).div_(1.055), 2.4)
    return _joined(x, 0.04045, x * (1 / 12.92), curve)


def _decoded_bytes(x: Tensor) -> Tensor | None:
    """The same by a table of 256, twice as fast, if all values are whole 255ths (a photo as read); else None."""
    values, (levels, linear) = _flat(x), _byte_tables()
    some = values[0, ::61] * np.float32(255)
    if not np.abs(some - np.rint(some)).max() < 1e-4:
        return None
    codes = cv2.convertScaleAbs(values, alpha=255.0)
    if not cv2.norm(cv2.LUT(codes, levels), values, cv2.NORM_INF) < 2e-7:
        return None
    return torch.from_numpy(cv2.LUT(codes, linear)).view(x.shape)


@cache
def _byte_tables() -> tuple[Plane, Plane]:
    """The 256 levels of a byte, sRGB-encoded and linear, float32."""
    levels = torch.arange(256, dtype=torch.float64) / 255
    return levels.float().numpy(), _decoded(levels).float().numpy()


def _encoded(x: Tensor) -> Tensor:
    curve = _power(x.clamp(min=0.0031308), 1 / 2.4).sub(1).mul_(1.055).add_(1)  # 1.055 y - 0.055, exact at 1
    return _joined(x, 0.0031308, x * 12.92, curve)


def _quick(x: Tensor) -> bool:
    """Whether OpenCV may work on it: CPU floats, no gradient, more than one (which it takes for a scalar)."""
    graph = x.requires_grad and torch.is_grad_enabled()
    return x.device.type == "cpu" and x.dtype == torch.float32 and x.numel() > 1 and not graph


def _power(x: Tensor, exponent: float) -> Tensor:
    """`x ** exponent` of values ≥ 0."""
    if not _quick(x):
        return x**exponent
    return torch.from_numpy(cv2.pow(_flat(x), exponent)).view(x.shape)


def _joined(x: Tensor, knee: float, below: Tensor, above: Tensor) -> Tensor:
    """`below` where `x ≤ knee`, else `above`; may write into `above`."""
    if not _quick(x):
        return torch.where(x <= knee, below, above)
    joined = cv2.copyTo(_flat(below), cv2.compare(_flat(x), knee, cv2.CMP_LE), _flat(above))
    return torch.from_numpy(joined).view(x.shape)


def _flat(x: Tensor) -> Plane:
    return x.detach().reshape(1, -1).numpy()


def _in_strips(function: Callable[..., Tensor], *pictures: Tensor) -> Tensor:
    """A pixelwise function, strip by strip of rows; all at once if small, on another device, or for gradients."""
    first = pictures[0]
    if first.numel() <= STRIP or not all(_quick(x) for x in pictures):
        return function(*pictures)
    shaped = [x if x.ndim == 4 else x.reshape(1, 1, -1, 1) for x in pictures]
    n, c, h, w = shaped[0].shape
    rows, out = max(1, STRIP // (n * c * w)), None
    for y in range(0, h, rows):
        strip = function(*(x[:, :, y : y + rows] for x in shaped))
        out = strip.new_empty((n, strip.shape[1], h, w)) if out is None else out
        out[:, :, y : y + rows] = strip
    assert out is not None
    return out if first.ndim == 4 else out.view(first.shape)


# Spaces


def _mix(x: Tensor, matrix: tuple[tuple[float, ...], ...] | list[list[float]]) -> Tensor:
    """Apply a 3×3 matrix to the channels of `(n, 3, h, w)`."""
    n, _, h, w = x.shape
    return (x.new_tensor(matrix) @ x.reshape(n, 3, h * w)).reshape(n, 3, h, w)


def _luminance(rgb: Tensor) -> Tensor:
    r, g, b = _decoded(rgb).unbind(1)
    return (RGB_TO_XYZ[1][0] * r + RGB_TO_XYZ[1][1] * g + RGB_TO_XYZ[1][2] * b).unsqueeze(1)


def _lab(rgb: Tensor) -> Tensor:
    matrix = [[v / w for v in row] for row, w in zip(RGB_TO_XYZ, WHITE, strict=True)]
    xyz = _mix(_decoded(rgb), matrix)
    root = _power(xyz.clamp(min=DELTA**3), 1 / 3)
    x, y, z = _joined(xyz, DELTA**3, xyz * (1 / (3 * DELTA**2)) + 4 / 29, root).unbind(1)
    return torch.stack((116 * y - 16, 500 * (x - y), 200 * (y - z)), 1)


def _lab_to_linear(lab: Tensor) -> Tensor:
    L, a, b = lab.unbind(1)
    y = (L + 16) / 116
    f = torch.stack((y + a / 500, y, y - b / 200), 1)
    xyz = _joined(f, DELTA, 3 * DELTA**2 * (f - 4 / 29), f * f * f)
    matrix = [[v * w for v, w in zip(row, WHITE, strict=True)] for row in XYZ_TO_RGB]
    return _mix(xyz, matrix)


def _oklab(rgb: Tensor) -> Tensor:
    lms = _mix(_decoded(rgb), RGB_TO_LMS)
    size = lms.abs()
    root = _joined(size, ROOT_KNEE, size * ROOT_KNEE ** (-2 / 3), _power(size.clamp(min=ROOT_KNEE), 1 / 3))
    return _mix(root.copysign(lms), LMS_TO_OKLAB)


def _oklab_to_linear(oklab: Tensor) -> Tensor:
    root = _mix(oklab, OKLAB_TO_LMS)
    knee = ROOT_KNEE ** (1 / 3)
    return _mix(_joined(root.abs(), knee, root * ROOT_KNEE ** (2 / 3), root * root * root), LMS_TO_RGB)


def _shown(linear: Tensor, clamp: bool) -> Tensor:
    return _encoded(linear.clamp(0, 1) if clamp else linear)


def _inside(linear: Tensor) -> Tensor:
    return ((linear >= -IN_GAMUT) & (linear <= 1 + IN_GAMUT)).all(1, keepdim=True)


# CIEDE2000


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
    if _quick(x):
        return x.clamp(min=0).sqrt_()
    positive = x > TINY**2
    return torch.where(positive, x, torch.ones_like(x)).sqrt() * positive
