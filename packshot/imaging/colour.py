"""Colour spaces on tensors `(n, 3, h, w)`: linear light, CIELAB, OKLab and OKLCH, CIEDE2000, the sRGB gamut.

Sources: IEC 61966-2-1 (sRGB transfer curve, primaries), CIE 15 (Lab, white D65), B. Ottosson 2020 (OKLab),
G. Sharma, W. Wu, E. Dalal 2005 (CIEDE2000). `rgb` is always sRGB-encoded. Lab has L in 0..100; OKLab L in 0..1;
OKLCH hue in degrees, 0..360. Everything is differentiable with finite gradients, at black and at grey too.
Departures: the white point is the row sum of the RGB→XYZ matrix (D65 to five digits), so that greys have a = b = 0;
OKLab's cube root is continued as a straight line below 1e-6 (under any 8-bit value), so that its slope stays finite.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

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
IN_GAMUT = 1e-4  # how far outside [0, 1] a linear value may lie and still count as inside


def srgb_to_linear(x: Tensor) -> Tensor:
    """sRGB-encoded → linear light, any shape. Below zero the straight part continues."""
    curve = ((x.clamp(min=0.04045) + 0.055) / 1.055) ** 2.4
    return torch.where(x <= 0.04045, x / 12.92, curve)


def linear_to_srgb(x: Tensor) -> Tensor:
    """Linear light → sRGB-encoded, any shape. Below zero the straight part continues."""
    curve = 1.055 * x.clamp(min=0.0031308) ** (1 / 2.4) - 0.055
    return torch.where(x <= 0.0031308, 12.92 * x, curve)


def luminance(rgb: Tensor) -> Tensor:
    """`(n, 1, h, w)` relative luminance Y of sRGB-encoded rgb, linear, white = 1."""
    r, g, b = srgb_to_linear(rgb).unbind(1)
    return (RGB_TO_XYZ[1][0] * r + RGB_TO_XYZ[1][1] * g + RGB_TO_XYZ[1][2] * b).unsqueeze(1)


def rgb_to_lab(rgb: Tensor) -> Tensor:
    """sRGB `(n, 3, h, w)` → CIELAB under D65, L in 0..100, a and b about -110..100."""
    matrix = [[v / w for v in row] for row, w in zip(RGB_TO_XYZ, WHITE, strict=True)]
    xyz = _mix(srgb_to_linear(rgb), matrix)
    root = xyz.clamp(min=DELTA**3) ** (1 / 3)
    x, y, z = torch.where(xyz > DELTA**3, root, xyz / (3 * DELTA**2) + 4 / 29).unbind(1)
    return torch.stack((116 * y - 16, 500 * (x - y), 200 * (y - z)), 1)


def lab_to_rgb(lab: Tensor, clamp: bool = True) -> Tensor:
    """CIELAB (D65) `(n, 3, h, w)` → sRGB; clamped to `[0, 1]` unless told otherwise (see `to_gamut` for better)."""
    return _encoded(_lab_to_linear(lab), clamp)


def in_gamut(lab: Tensor) -> Tensor:
    """`(n, 1, h, w)` bool: whether sRGB can show this CIELAB colour (to 1e-4 of linear light)."""
    return _inside(_lab_to_linear(lab))


def rgb_to_oklab(rgb: Tensor) -> Tensor:
    """sRGB `(n, 3, h, w)` → OKLab, L in 0..1, a and b about -0.4..0.4."""
    lms = _mix(srgb_to_linear(rgb), RGB_TO_LMS)
    size = lms.abs()
    root = torch.where(size > ROOT_KNEE, size.clamp(min=ROOT_KNEE) ** (1 / 3), size * ROOT_KNEE ** (-2 / 3))
    return _mix(root.copysign(lms), LMS_TO_OKLAB)


def oklab_to_rgb(oklab: Tensor, clamp: bool = True) -> Tensor:
    """OKLab `(n, 3, h, w)` → sRGB; clamped to `[0, 1]` unless told otherwise."""
    return _encoded(_oklab_to_linear(oklab), clamp)


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
    L1, a1, b1 = lab_a.unbind(1)
    L2, a2, b2 = lab_b.unbind(1)
    mean_c = (_root(a1 * a1 + b1 * b1) + _root(a2 * a2 + b2 * b2)) / 2  # eq. 2, 3
    stretch = 1.5 - 0.5 * _seventh(mean_c)  # eq. 4, 5: 1 + G
    a1, a2 = stretch * a1, stretch * a2
    c1, c2 = _root(a1 * a1 + b1 * b1), _root(a2 * a2 + b2 * b2)  # eq. 6
    h1, h2 = _hue(a1, b1), _hue(a2, b2)  # eq. 7, radians
    grey = (c1 == 0) | (c2 == 0)
    gap = h2 - h1
    turn = (gap < -math.pi).to(gap.dtype) - (gap > math.pi).to(gap.dtype)
    gap = torch.where(grey, torch.zeros_like(gap), gap + 2 * math.pi * turn)  # eq. 10
    mean_h = torch.where(grey, h1 + h2, h1 + gap / 2)  # eq. 14, modulo a full turn
    delta_h = 2 * _root(c1 * c2) * torch.sin(gap / 2)  # eq. 11
    return _weighted(L2 - L1, c2 - c1, delta_h, (L1 + L2) / 2, (c1 + c2) / 2, mean_h).unsqueeze(1)


def _weighted(dL: Tensor, dC: Tensor, dH: Tensor, L: Tensor, C: Tensor, h: Tensor) -> Tensor:
    """Eq. 15 to 22: the differences divided by their weights, and the rotation term for blue."""
    t = 1 - 0.17 * torch.cos(h - math.radians(30)) + 0.24 * torch.cos(2 * h)
    t = t + 0.32 * torch.cos(3 * h + math.radians(6)) - 0.20 * torch.cos(4 * h - math.radians(63))
    off_blue = torch.rad2deg(h).remainder(360) - 275
    theta = math.radians(30) * torch.exp(-((off_blue / 25) ** 2))
    middle = (L - 50) ** 2
    l_part = dL / (1 + 0.015 * middle / torch.sqrt(20 + middle))
    c_part = dC / (1 + 0.045 * C)
    h_part = dH / (1 + 0.015 * C * t)
    rotation = -2 * _seventh(C) * torch.sin(2 * theta)
    return _root(l_part**2 + c_part**2 + h_part**2 + rotation * c_part * h_part)


def _seventh(c: Tensor) -> Tensor:
    """`sqrt(c⁷ / (c⁷ + 25⁷))`, in a form that neither overflows nor has an infinite slope at zero."""
    ratio = (c / 25).clamp(min=1e-4)
    power = ratio**3.5
    return power / torch.sqrt(1 + power * power)


def _root(x: Tensor) -> Tensor:
    """Square root whose gradient at zero is zero instead of infinite."""
    positive = x > 1e-14
    return torch.where(positive, x, torch.ones_like(x)).sqrt() * positive


def _hue(a: Tensor, b: Tensor) -> Tensor:
    """Hue angle in radians, 0 to 2π; 0 for grey, with a finite gradient."""
    grey = (a == 0) & (b == 0)
    angle = torch.atan2(b, torch.where(grey, torch.ones_like(a), a))
    return torch.where(angle < 0, angle + 2 * math.pi, angle)


def _mix(x: Tensor, matrix: tuple[tuple[float, ...], ...] | list[list[float]]) -> Tensor:
    """Apply a 3×3 matrix to the channels of `(n, 3, h, w)`."""
    n, _, h, w = x.shape
    return (x.new_tensor(matrix) @ x.reshape(n, 3, h * w)).reshape(n, 3, h, w)


def _lab_to_linear(lab: Tensor) -> Tensor:
    L, a, b = lab.unbind(1)
    y = (L + 16) / 116
    f = torch.stack((y + a / 500, y, y - b / 200), 1)
    xyz = torch.where(f > DELTA, f**3, 3 * DELTA**2 * (f - 4 / 29))
    matrix = [[v * w for v, w in zip(row, WHITE, strict=True)] for row in XYZ_TO_RGB]
    return _mix(xyz, matrix)


def _oklab_to_linear(oklab: Tensor) -> Tensor:
    root = _mix(oklab, OKLAB_TO_LMS)
    knee = ROOT_KNEE ** (1 / 3)
    return _mix(torch.where(root.abs() > knee, root**3, root * ROOT_KNEE ** (2 / 3)), LMS_TO_RGB)


def _inside(linear: Tensor) -> Tensor:
    return ((linear >= -IN_GAMUT) & (linear <= 1 + IN_GAMUT)).all(1, keepdim=True)


def _encoded(linear: Tensor, clamp: bool) -> Tensor:
    return linear_to_srgb(linear.clamp(0, 1) if clamp else linear)
