"""Colour in: samples with an ICC profile, coded primaries, or none at all → sRGB, relative colorimetric.

Profiles made of a matrix and curves (phones, cameras, screens, greys) are applied here in floating point at the
file's own depth; their black is zero light, so black-point compensation changes nothing. CIELAB is computed here
too (LittleCMS' 8-bit shortcut is up to 40 steps off there). All others (CMYK, tables) go through LittleCMS at 8 bits
with black-point compensation. A profile that moves no colour by more than two 8-bit steps is sRGB, and its pixels
come in untouched.
Sources: ICC.1:2010 §8.3-8.4, §10.6 (curves), §10.18 (parametric curves), annex F.3 (matrix model).
"""

from __future__ import annotations

import io
import struct
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from packshot.imaging.files.icc import D50, D65_XY, SRGB, Matrix, Primaries, colorants, srgb_profile

Floats = NDArray[np.float32]
Plane = NDArray[Any]  # (h, w), uint8, uint16, or float32 in [0, 1]
Curve = Callable[[NDArray[np.float64]], NDArray[np.float64]]

ROWS = 64  # rows worked on at a time, so that intermediate floats stay in the cache
SAME = 2 / 255  # a profile that moves no colour further than this is sRGB
HIGHEST = 1e6  # linear light; curves of real profiles stay below 2
OUTSIDE = 2 / 255  # linear light this far outside [0, 1] counts as a colour sRGB cannot show
XYZ_TO_SRGB = np.linalg.inv(colorants(SRGB)[0])


@dataclass(frozen=True, eq=False)
class Profile:
    """A profile as far as it can be applied here.

    matrix: device RGB, linear → XYZ under D50. curves: device value → linear, one per channel.
    Either is None if the profile works by tables: LittleCMS then applies `data`.
    """

    description: str
    space: str
    matrix: Matrix | None = None
    curves: tuple[Curve, ...] | None = None
    data: bytes = b""

    @property
    def exact(self) -> bool:
        """Whether it can be applied in floating point."""
        return self.curves is not None


@lru_cache(maxsize=16)
def parse(data: bytes) -> Profile:
    """An embedded profile. ValueError if it is damaged."""
    try:
        description = ImageCms.ImageCmsProfile(io.BytesIO(data)).profile.profile_description
        space, connection = data[16:20].decode("ascii").strip(), data[20:24]
        tags = _tags(data)
        matrix, curves = None, None
        if space == "RGB" and "A2B1" not in tags and "A2B0" not in tags:
            matrix = np.array([struct.unpack(">3i", tags[f"{c}XYZ"][8:20]) for c in "rgb"]).T / 65536
            curves = tuple(_curve(tags[f"{c}TRC"]) for c in "rgb")
        elif space == "GRAY" and connection == b"XYZ ":
            curves = (_curve(tags["kTRC"]),)
        for curve in curves or ():
            _check_curve(curve)
    except (OSError, KeyError, IndexError, struct.error, UnicodeDecodeError, TypeError, FloatingPointError) as error:
        raise ValueError(f"damaged ICC profile ({error})") from error
    return Profile((description or "").strip(" \t\r\n\0") or "unnamed profile", space, matrix, curves, data)


def from_primaries(
    description: str, primaries: Primaries, curve: Curve, white: tuple[float, float] = D65_XY
) -> Profile:
    """A profile from the numbers some files carry instead of one (PNG gAMA and cHRM, cICP, nclx, Exif)."""
    return Profile(description, "RGB", colorants(primaries, white)[0], (curve,) * 3)


def srgb_curve(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """sRGB-encoded → linear light (IEC 61966-2-1)."""
    return np.where(x <= 0.04045, x / 12.92, ((np.maximum(x, 0) + 0.055) / 1.055) ** 2.4)


def gamma_curve(exponent: float) -> Curve:
    """`x ** exponent`."""
    return lambda x: np.maximum(x, 0) ** exponent


@lru_cache(maxsize=64)
def is_srgb(profile: Profile) -> bool:
    """Whether applying the profile would move no colour by more than two 8-bit steps."""
    if profile.curves is None:
        return False
    probe = np.arange(256, dtype=np.uint8)[None, None]
    if profile.matrix is not None:
        steps = np.arange(0, 256, 15, dtype=np.uint8)
        colours = np.stack(np.meshgrid(steps, steps, steps, indexing="ij")).reshape(3, 1, -1)
        probe = np.concatenate([colours, np.repeat(probe, 3, axis=0)], axis=2)
    return bool(np.abs(apply_exactly(list(probe), profile)[0] - unit(list(probe))).max() <= SAME)


def apply_exactly(planes: list[Plane], profile: Profile) -> tuple[Floats, float]:
    """Matrix-and-curve conversion of planes `(h, w)` → sRGB `(c, h, w)`, and the share of colours clipped."""
    assert profile.curves is not None
    matrix = None if profile.matrix is None else (XYZ_TO_SRGB @ profile.matrix).astype(np.float32)
    tables = [_table(curve, planes[0].dtype) for curve in profile.curves]
    height, width = planes[0].shape
    out = np.empty((len(planes), height, width), np.float32)
    clipped = 0
    for top in range(0, height, ROWS):
        part = (plane[top : top + ROWS] for plane in planes)
        linear = np.stack([_look_up(table, plane) for table, plane in zip(tables, part, strict=True)])
        if matrix is not None:
            linear = np.einsum("ij,jhw->ihw", matrix, linear)  # no BLAS: its threads stall on a busy machine
            clipped += int(np.count_nonzero((linear.min(0) < -OUTSIDE) | (linear.max(0) > 1 + OUTSIDE)))
        out[:, top : top + ROWS] = _encode(linear)
    return out, clipped / (height * width)


def apply_littlecms(image: Image.Image, profile: Profile) -> Image.Image:
    """8-bit conversion by LittleCMS: relative colorimetric, black-point compensation. ValueError if it cannot."""
    try:
        converted = ImageCms.applyTransform(image, _transform(profile, image.mode))
    except (ImageCms.PyCMSError, OSError, ValueError) as error:
        raise ValueError(f"ICC profile that cannot be applied ({error})") from error
    assert converted is not None
    return converted


@lru_cache(maxsize=8)
def _transform(profile: Profile, mode: str) -> ImageCms.ImageCmsTransform:
    """Kept, for building one takes longer than a small picture; without LittleCMS' cache, threads may share it."""
    flags = ImageCms.Flags.BLACKPOINTCOMPENSATION | ImageCms.Flags.HIGHRESPRECALC | ImageCms.Flags.NOCACHE
    source, target = (ImageCms.ImageCmsProfile(io.BytesIO(data)) for data in (profile.data, srgb_profile()))
    return ImageCms.buildTransform(source, target, mode, "RGB", ImageCms.Intent.RELATIVE_COLORIMETRIC, flags)


def lab_to_srgb(image: Image.Image) -> Floats:
    """8-bit CIELAB under D50 (mode LAB: a and b in two's complement) → sRGB `(3, h, w)`, by CIE 15 eq. 8.6."""
    codes = np.asarray(image)
    out = np.empty((3, *codes.shape[:2]), np.float32)
    to_rgb = (XYZ_TO_SRGB * D50).astype(np.float32)
    for top in range(0, codes.shape[0], ROWS):
        part = codes[top : top + ROWS]
        a, b = (part[..., k].view(np.int8).astype(np.float32) for k in (1, 2))
        fy = (part[..., 0] * np.float32(100 / 255) + 16) / 116
        f = np.stack([fy + a / 500, fy, fy - b / 200])
        relative = np.where(f > 6 / 29, f**3, (f - np.float32(4 / 29)) * np.float32(3 * (6 / 29) ** 2))
        out[:, top : top + ROWS] = _encode(np.einsum("ij,jhw->ihw", to_rgb, relative))
    return out


def unit(planes: list[Plane]) -> Floats:
    """Planes `(h, w)` of any depth → `(c, h, w)` float32 in `[0, 1]`, exactly `value / peak`."""
    out = np.empty((len(planes), *planes[0].shape), np.float32)
    for target, plane in zip(out, planes, strict=True):
        peak = 1 if plane.dtype == np.float32 else np.iinfo(plane.dtype).max
        np.divide(plane, np.float32(peak), out=target, dtype=np.float32)
    return out


def _tags(data: bytes) -> dict[str, bytes]:
    count = struct.unpack(">I", data[128:132])[0]
    if count > 200:
        raise ValueError(f"damaged ICC profile ({count} tags)")
    entries = (struct.unpack(">4sII", data[132 + 12 * i : 144 + 12 * i]) for i in range(count))
    return {name.decode("latin-1"): data[at : at + length] for name, at, length in entries}


def _curve(tag: bytes) -> Curve:
    """A `curv` or `para` tag as a function on [0, 1]."""
    kind = tag[:4]
    if kind == b"para":
        return _parametric(struct.unpack(">H", tag[8:10])[0], tag[12:])
    if kind != b"curv":
        raise KeyError(f"curve of type {kind!r}")
    count = struct.unpack(">I", tag[8:12])[0]
    if count == 0:
        return lambda x: x
    values = np.frombuffer(tag, ">u2", count, 12).astype(np.float64)
    if count == 1:
        return gamma_curve(values[0] / 256)
    places = np.linspace(0, 1, count)
    return lambda x: np.interp(x, places, values / 65535)


def _check_curve(curve: Curve) -> None:
    """FloatingPointError for values no picture can have: one changed byte makes an exponent of 20 000."""
    with np.errstate(all="ignore"):
        values = curve(np.linspace(0, 1, 65_536))
    if not np.all(np.abs(values) <= HIGHEST):  # false for what is not a number, too
        raise FloatingPointError("a curve leads to impossible values")


def _parametric(kind: int, body: bytes) -> Curve:
    count = (1, 3, 4, 5, 7)[kind]
    numbers = [v / 65536 for v in struct.unpack(f">{count}i", body[: 4 * count])]
    g, a, b, c, d, e, f = _seven(kind, numbers)

    def curve(x: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.where(x >= d, np.maximum(a * x + b, 0) ** g + e, c * x + f)

    return curve


def _seven(kind: int, v: list[float]) -> list[float]:
    """Types 0-3 as type 4: y = (a x + b)^g + e from d on, c x + f below."""
    if kind == 0:
        return [v[0], 1, 0, 0, 0, 0, 0]
    if kind in (1, 2):
        shift = v[3] if kind == 2 else 0.0
        return [v[0], v[1], v[2], 0, -v[2] / v[1] if v[1] else 0.0, shift, shift]
    return [*v, 0, 0] if kind == 3 else v


def _table(curve: Curve, dtype: np.dtype[np.generic]) -> Floats:
    """The curve at every value an 8- or 16-bit sample can have (floats use the 16-bit one)."""
    count = 256 if dtype == np.uint8 else 65536
    return curve(np.linspace(0, 1, count)).astype(np.float32)


def _look_up(table: Floats, plane: Plane) -> Floats:
    if plane.dtype == np.uint8:
        return np.asarray(cv2.LUT(plane, table))
    if plane.dtype == np.uint16:
        return np.asarray(table[plane])
    return np.interp(plane, np.linspace(0, 1, len(table)), table).astype(np.float32)


def _encode(linear: Floats) -> Floats:
    """Linear light → sRGB-encoded, clipped to [0, 1]; works in place on its own copy."""
    np.clip(linear, 0, 1, out=linear)
    dark = (linear <= 0.0031308).view(np.uint8)
    encoded = np.power(linear, np.float32(1 / 2.4))
    encoded *= np.float32(1.055)
    encoded -= np.float32(0.055)
    linear *= np.float32(12.92)
    flat = (-1, linear.shape[-1])
    cv2.copyTo(linear.reshape(flat), dark.reshape(flat), encoded.reshape(flat))
    return encoded
