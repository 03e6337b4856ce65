"""ICC profiles written from numbers: sRGB for every file that leaves, and a press for CMYK that names none.

Sources: ICC.1:2010 (v4.3) §7-10 for the bytes; IEC 61966-2-1 (sRGB); Lindbloom's Bradford adaptation, as the ICC
profile's `chad` asks for it. The press is Neugebauer's model of coated offset: ISO 12647-2:2004 gives CIELAB of
paper, inks and their overprints, dot gain is 16 % at half tone, `k` darkens an overprint as it darkens paper.
The bytes are the same on every run (no creation time), unlike those of LittleCMS.
"""

from __future__ import annotations

import itertools
import struct
from functools import cache

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
Primaries = tuple[tuple[float, float], tuple[float, float], tuple[float, float]]  # CIE xy of red, green, blue

D50 = np.array([0.9642, 1.0, 0.8249])  # white of the profile connection space
D65_XY = (0.3127, 0.3290)
SRGB: Primaries = ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06))
DISPLAY_P3: Primaries = ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060))
ADOBE_RGB: Primaries = ((0.64, 0.33), (0.21, 0.71), (0.15, 0.06))
REC_2020: Primaries = ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046))
SRGB_CURVE = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)  # parametric type 3: g, a, b, c, d

BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])

VERSION = 0x04300000
DATE = struct.pack(">6H", 2024, 1, 1, 0, 0, 0)  # fixed: equal pictures give equal files

PRESS: dict[tuple[int, ...], tuple[int, int, int]] = {  # CIELAB D50, paper type 1 on white backing
    (0, 0, 0): (95, 0, -2),
    (1, 0, 0): (55, -37, -50),
    (0, 1, 0): (48, 74, -3),
    (0, 0, 1): (89, -5, 93),
    (1, 1, 0): (24, 17, -46),
    (1, 0, 1): (50, -68, 25),
    (0, 1, 1): (47, 68, 48),
    (1, 1, 1): (23, 0, 0),
}
PRESS_BLACK = (16, 0, 0)
DOT_GAIN = 0.16
PRESS_GRID = 9


def colorants(primaries: Primaries, white: tuple[float, float] = D65_XY) -> tuple[Matrix, Matrix]:
    """(linear RGB → XYZ under D50, adaptation white → D50), each 3×3, from CIE xy coordinates."""
    xyz = np.array([[x / y, 1.0, (1 - x - y) / y] for x, y in primaries]).T
    white_xyz = np.array([white[0] / white[1], 1.0, (1 - white[0] - white[1]) / white[1]])
    native = xyz * np.linalg.solve(xyz, white_xyz)
    gains = (BRADFORD @ D50) / (BRADFORD @ white_xyz)
    adaptation = np.linalg.solve(BRADFORD, gains[:, None] * BRADFORD)
    return adaptation @ native, adaptation


def rgb_profile(
    description: str,
    primaries: Primaries,
    curve: tuple[float, ...] = SRGB_CURVE,
    white: tuple[float, float] = D65_XY,
) -> bytes:
    """A display profile of three primaries and one parametric curve (1 number: a gamma; 5 numbers: ICC type 3)."""
    matrix, adaptation = colorants(primaries, white)
    curve_tag = b"para" + struct.pack(">IHH", 0, {1: 0, 5: 3}[len(curve)], 0) + _fixed(*curve)
    tags = {
        "wtpt": _xyz(D50),
        "chad": b"sf32\0\0\0\0" + _fixed(*adaptation.ravel()),
        **{f"{name}XYZ": _xyz(column) for name, column in zip("rgb", matrix.T, strict=True)},
        **{f"{name}TRC": curve_tag for name in "rgb"},
    }
    return _profile(description, b"mntr", b"RGB ", b"XYZ ", tags)


@cache
def srgb_profile() -> bytes:
    """The sRGB profile embedded in every file written."""
    return rgb_profile("sRGB", SRGB)


@cache
def press_profile() -> bytes:
    """Coated offset (see the module's head), relative to paper, darkest overprint scaled to black."""
    steps = np.linspace(0, 1, PRESS_GRID)
    cmyk = np.stack(np.meshgrid(steps, steps, steps, steps, indexing="ij"), -1).reshape(-1, 4)
    lab = _xyz_to_lab(_neugebauer(cmyk + 4 * DOT_GAIN * cmyk * (1 - cmyk)))
    code = np.stack([lab[:, 0] * 652.8, (lab[:, 1] + 128) * 256, (lab[:, 2] + 128) * 256], -1)  # ICC.1 table 42
    identity = np.array([0, 65535], ">u2").tobytes()
    table = b"mft2\0\0\0\0" + bytes([4, 3, PRESS_GRID, 0]) + _fixed(1, 0, 0, 0, 1, 0, 0, 0, 1)
    table += struct.pack(">HH", 2, 2) + identity * 4
    table += np.clip(np.rint(code), 0, 65535).astype(">u2").tobytes() + identity * 3
    return _profile("coated offset (ISO 12647-2)", b"prtr", b"CMYK", b"Lab ", {"wtpt": _xyz(D50), "A2B0": table})


def _neugebauer(area: Matrix) -> Matrix:
    """XYZ `(n, 3)` of ink areas `(n, 4)`: the mean of the 16 overprints, weighted by the paper each covers."""
    paper = _lab_to_xyz(np.array(PRESS[0, 0, 0], np.float64))
    black = _lab_to_xyz(np.array(PRESS_BLACK, np.float64)) / paper
    xyz: Matrix = np.zeros((len(area), 3))
    for inks in itertools.product((0, 1), repeat=4):
        colour = _lab_to_xyz(np.array(PRESS[inks[:3]], np.float64)) / paper * (black if inks[3] else 1)
        share = np.prod(np.where(inks, area, 1 - area), axis=1)
        xyz += share[:, None] * colour * D50
    darkest = xyz[:, 1].min()
    return np.asarray(D50 + (xyz - D50) / (1 - darkest))  # black-point compensation, straight in XYZ


def _lab_to_xyz(lab: Matrix) -> Matrix:
    fy = (lab[..., 0] + 16) / 116
    f = np.stack([fy + lab[..., 1] / 500, fy, fy - lab[..., 2] / 200], -1)
    xyz: Matrix = np.where(f > 6 / 29, f**3, 3 * (6 / 29) ** 2 * (f - 4 / 29)) * D50
    return xyz


def _xyz_to_lab(xyz: Matrix) -> Matrix:
    t = np.maximum(xyz / D50, 0)
    fx, fy, fz = np.moveaxis(np.where(t > (6 / 29) ** 3, np.cbrt(t), t / (3 * (6 / 29) ** 2) + 4 / 29), -1, 0)
    return np.stack([116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)], -1)


def _fixed(*values: float) -> bytes:
    """s15Fixed16 numbers."""
    return struct.pack(f">{len(values)}i", *(round(v * 65536) for v in values))


def _xyz(values: Matrix) -> bytes:
    return b"XYZ \0\0\0\0" + _fixed(*values)


def _text(text: str) -> bytes:
    """A multiLocalizedUnicode tag with one English entry."""
    body = text.encode("utf-16-be")
    return b"mluc\0\0\0\0" + struct.pack(">II2s2sII", 1, 12, b"en", b"US", len(body), 28) + body


def _profile(description: str, kind: bytes, space: bytes, connection: bytes, tags: dict[str, bytes]) -> bytes:
    tags = {"desc": _text(description), "cprt": _text("CC0 1.0"), **tags}
    start = 128 + 4 + 12 * len(tags)
    body, places, index = b"", dict[bytes, int](), b""
    for name, data in tags.items():
        if data not in places:
            places[data] = start + len(body)
            body += data + b"\0" * (-len(data) % 4)
        index += struct.pack(">4sII", name.encode(), places[data], len(data))
    head = struct.pack(">I4xI4s4s4s", start + len(body), VERSION, kind, space, connection) + DATE + b"acsp"
    head += b"\0" * 24 + struct.pack(">I", 1) + _fixed(*D50) + b"\0" * 48
    return head[:128] + struct.pack(">I", len(tags)) + index + body
