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

from functools import cache

import cv2
import numpy as np
import torch
from torch import Tensor

from packshot.imaging.ciede2000 import delta_e_2000
from packshot.imaging.pixelwise import Plane, flat, in_strips, joined, power, quick

__all__ = [
    "delta_e_2000", "in_gamut", "lab_to_rgb", "linear_to_srgb", "luminance", "oklab_to_oklch", "oklab_to_rgb",
    "oklch_to_oklab", "rgb_to_lab", "rgb_to_oklab", "srgb_to_linear", "to_gamut",
]  # fmt: skip

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
    return in_strips(_decoded, x)


def linear_to_srgb(x: Tensor) -> Tensor:
    """Linear light → sRGB-encoded, any shape. Below zero the straight part continues."""
    return in_strips(_encoded, x)


def luminance(rgb: Tensor) -> Tensor:
    """`(n, 1, h, w)` relative luminance Y of sRGB-encoded rgb, linear, white = 1."""
    return in_strips(_luminance, rgb)


def rgb_to_lab(rgb: Tensor) -> Tensor:
    """sRGB `(n, 3, h, w)` → CIELAB under D65, L in 0..100, a and b about -110..100."""
    return in_strips(_lab, rgb)


def lab_to_rgb(lab: Tensor, clamp: bool = True) -> Tensor:
    """CIELAB (D65) `(n, 3, h, w)` → sRGB; clamped to `[0, 1]` unless told otherwise (see `to_gamut` for better)."""
    return in_strips(lambda strip: _shown(_lab_to_linear(strip), clamp), lab)


def in_gamut(lab: Tensor) -> Tensor:
    """`(n, 1, h, w)` bool: whether sRGB can show this CIELAB colour (to 1e-4 of linear light)."""
    return in_strips(lambda strip: _inside(_lab_to_linear(strip)), lab)


def rgb_to_oklab(rgb: Tensor) -> Tensor:
    """sRGB `(n, 3, h, w)` → OKLab, L in 0..1, a and b about -0.4..0.4."""
    return in_strips(_oklab, rgb)


def oklab_to_rgb(oklab: Tensor, clamp: bool = True) -> Tensor:
    """OKLab `(n, 3, h, w)` → sRGB; clamped to `[0, 1]` unless told otherwise."""
    return in_strips(lambda strip: _shown(_oklab_to_linear(strip), clamp), oklab)


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


# Transfer curves


def _decoded(x: Tensor) -> Tensor:
    if quick(x) and (known := _decoded_bytes(x)) is not None:
        return known
    curve = power(x.clamp(min=0.04045).add_(0.055).div_(1.055), 2.4)
    return joined(x, 0.04045, x * (1 / 12.92), curve)


def _decoded_bytes(x: Tensor) -> Tensor | None:
    """The same by a table of 256, twice as fast, if all values are whole 255ths (a photo as read); else None."""
    values, (levels, linear) = flat(x), _byte_tables()
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
    curve = power(x.clamp(min=0.0031308), 1 / 2.4).sub(1).mul_(1.055).add_(1)  # 1.055 y - 0.055, exact at 1
    return joined(x, 0.0031308, x * 12.92, curve)


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
    root = power(xyz.clamp(min=DELTA**3), 1 / 3)
    x, y, z = joined(xyz, DELTA**3, xyz * (1 / (3 * DELTA**2)) + 4 / 29, root).unbind(1)
    return torch.stack((116 * y - 16, 500 * (x - y), 200 * (y - z)), 1)


def _lab_to_linear(lab: Tensor) -> Tensor:
    L, a, b = lab.unbind(1)
    y = (L + 16) / 116
    f = torch.stack((y + a / 500, y, y - b / 200), 1)
    xyz = joined(f, DELTA, 3 * DELTA**2 * (f - 4 / 29), f * f * f)
    matrix = [[v * w for v, w in zip(row, WHITE, strict=True)] for row in XYZ_TO_RGB]
    return _mix(xyz, matrix)


def _oklab(rgb: Tensor) -> Tensor:
    lms = _mix(_decoded(rgb), RGB_TO_LMS)
    size = lms.abs()
    root = joined(size, ROOT_KNEE, size * ROOT_KNEE ** (-2 / 3), power(size.clamp(min=ROOT_KNEE), 1 / 3))
    return _mix(root.copysign(lms), LMS_TO_OKLAB)


def _oklab_to_linear(oklab: Tensor) -> Tensor:
    root = _mix(oklab, OKLAB_TO_LMS)
    knee = ROOT_KNEE ** (1 / 3)
    return _mix(joined(root.abs(), knee, root * ROOT_KNEE ** (2 / 3), root * root * root), LMS_TO_RGB)


def _shown(linear: Tensor, clamp: bool) -> Tensor:
    return _encoded(linear.clamp(0, 1) if clamp else linear)


def _inside(linear: Tensor) -> Tensor:
    return ((linear >= -IN_GAMUT) & (linear <= 1 + IN_GAMUT)).all(1, keepdim=True)
