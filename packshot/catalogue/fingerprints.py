"""Fingerprints of pictures: perceptual hashes of the whole and of 27 windows of it, and a tiny copy to compare.

The hash is the DCT hash of the field (pHash; Zauner, "Implementation and benchmarking of perceptual image hash
functions", 2010, §3.2.1): the 63 lowest frequencies but the mean, of a 32 × 32 luma, above or below their median.
Departure: windows of 93, 86 and 79 % at nine positions are hashed too, so that a cropped copy meets the window it
was cut from. The comparison aligns the two tiny copies (Gauss-Newton over scale and shift, as Lucas & Kanade, 1981)
and looks at what is left; a recoloured product is another picture, a brighter or recompressed copy is not.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

SIDE = 32  # of the hashed luma and of what is compared, px
THUMB = 48  # of the tiny copy, px: a window of it still has as many pixels as are compared
LUMA_SIDE = 64  # of the luma the windows are cut from
Floats = NDArray[np.float32]
Bytes = NDArray[np.uint8]
Hashes = NDArray[np.uint64]
Window = tuple[float, float, float, float]

WINDOWS: tuple[Window, ...] = (
    (0.0, 0.0, 1.0, 1.0),
    *(
        ((1 - s) * x, (1 - s) * y, (1 - s) * x + s, (1 - s) * y + s)
        for s in (0.93, 0.86, 0.79)
        for x in (0.0, 0.5, 1.0)
        for y in (0.0, 0.5, 1.0)
    ),
)
SOFT_BITS = 3  # bits of the whole's hash that lie nearest to flipping
HOPELESS = 0.8  # a correlation below this that does not rise ends the alignment
GAIN = (0.8, 1.25)  # how much brighter a copy may be


class Fingerprint(NamedTuple):
    """hashes `(windows,)` uint64, the whole first; soft `(3,)` bit numbers; thumb `(48, 48, 3)` sRGB bytes."""

    hashes: Hashes
    soft: Bytes
    thumb: Bytes


class Likeness(NamedTuple):
    """How alike a window of one picture and the whole of another are, after alignment.

    correlation of luma, 1 = same; chroma: largest difference of an 8 × 8 grid in Lab's a, b; residual: root mean
    square of what is left in 8-bit steps after a change of brightness is taken out.
    """

    correlation: float
    chroma: float
    residual: float

    @property
    def same(self) -> bool:
        """Whether the two show one photo. The limits were set on real product photos (tests/catalogue)."""
        return self.correlation >= 0.94 and self.chroma <= 8.0 and self.residual <= 6.6


@lru_cache(maxsize=1)
def _dct() -> Floats:
    k, i = np.arange(8)[:, None], np.arange(SIDE)[None, :]
    waves: Floats = np.cos(np.pi * (2 * i + 1) * k / (2 * SIDE)).astype(np.float32)
    return waves


def _cut(image: NDArray[np.generic], window: tuple[float, ...], side: int) -> Floats:
    """The part of a picture under a window (fractions of its sides), as `side` × `side`."""
    h, w = image.shape[:2]
    x0, y0, x1, y1 = window
    sx, sy = (x1 - x0) * w / side, (y1 - y0) * h / side
    matrix = np.array([[sx, 0, x0 * w + sx / 2 - 0.5], [0, sy, y0 * h + sy / 2 - 0.5]], np.float32)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    cut: Floats = cv2.warpAffine(image, matrix, (side, side), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return cut


def fingerprint(rgb: Bytes) -> Fingerprint:
    """The fingerprint of a picture, `(h, w, 3)` sRGB bytes of any size (128 px is enough)."""
    small = cv2.resize(rgb, (LUMA_SIDE, LUMA_SIDE), interpolation=cv2.INTER_AREA)
    luma = cv2.GaussianBlur(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY).astype(np.float32), (0, 0), 0.8)
    cuts = np.stack([_cut(luma, window, SIDE) for window in WINDOWS])  # (windows, 32, 32)
    waves = (_dct() @ cuts @ _dct().T).reshape(len(WINDOWS), 64)[:, 1:]  # (windows, 63)
    above = waves - np.median(waves, axis=1, keepdims=True)
    bits = (above > 0).astype(np.uint64) << np.arange(63, dtype=np.uint64)
    soft = np.argsort(np.abs(above[0]))[1 : 1 + SOFT_BITS]  # the median itself lies at 0
    thumb = cv2.resize(rgb, (THUMB, THUMB), interpolation=cv2.INTER_AREA)
    return Fingerprint(bits.sum(1, dtype=np.uint64), soft.astype(np.uint8), thumb)


def coarse_difference(thumbs: Bytes, windows: NDArray[np.integer], others: Bytes) -> Floats:
    """A quick look at many pairs: mean difference, 8-bit steps, of 8 × 8 colours after a change of brightness.

    thumbs, others: `(n, 48, 48, 3)`; windows: which window of each thumb the other should equal; gives `(n,)`.
    """
    out = np.empty(len(thumbs), np.float32)
    whole = others.reshape(-1, 8, THUMB // 8, 8, THUMB // 8, 3).mean((2, 4), dtype=np.float32)  # (n, 8, 8, 3)
    for window in np.unique(windows):
        chosen = windows == window
        rows, columns = (_averaging(WINDOWS[window], axis) for axis in (1, 0))
        part = np.einsum("ri,nijc,sj->nrsc", rows, thumbs[chosen].astype(np.float32), columns, optimize=True)
        target = whole[chosen]
        gain = (part * target).sum((1, 2, 3)) / np.maximum((part * part).sum((1, 2, 3)), 1)
        out[chosen] = np.abs(part * np.clip(gain, *GAIN)[:, None, None, None] - target).mean((1, 2, 3))
    return out


@lru_cache(maxsize=64)
def _averaging(window: Window, axis: int) -> Floats:
    """`(8, 48)` weights: means over eighths of the window along x (axis 0) or y (axis 1)."""
    edges = np.linspace(window[axis] * THUMB, window[axis + 2] * THUMB, 9)
    cells = np.arange(THUMB)
    cover = np.minimum(edges[1:, None], cells + 1) - np.maximum(edges[:-1, None], cells)
    weights = np.clip(cover, 0, None)
    shares: Floats = (weights / weights.sum(1, keepdims=True)).astype(np.float32)
    return shares


def compare(thumb: Bytes, window: int, other: Bytes, steps: int = 6) -> Likeness:
    """Align a window of one tiny copy with the whole of another and measure what differs."""
    luma, small = _soft_luma(thumb), cv2.resize(other, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    target = _soft_luma(small)
    x0, y0, x1, y1 = WINDOWS[window]
    place = np.array([x1 - x0, y1 - y0, x0 * SIDE, y0 * SIDE])  # scale x, scale y, shift x, shift y in px
    best, at = -1.0, place
    for _ in range(steps):
        cut = _moved(luma, place)
        correlation = _correlation(cut, target)
        if correlation > best:
            best, at = correlation, place
        elif best < HOPELESS:
            break
        place = _stepped(luma, cut, target, place)
        if not (0.5 < place[0] < 1.6 and 0.5 < place[1] < 1.6):
            break
    return Likeness(best, *_left_over(_moved(thumb.astype(np.float32), at), small.astype(np.float32)))


def _soft_luma(thumb: Bytes) -> Floats:
    luma: Floats = cv2.GaussianBlur(cv2.cvtColor(thumb, cv2.COLOR_RGB2GRAY).astype(np.float32), (0, 0), 0.7)
    return luma


def _moved(image: Floats, place: NDArray[np.float64]) -> Floats:
    (sx, sy), (tx, ty) = place[:2], place[2:] / SIDE
    return _cut(image, (tx, ty, tx + sx, ty + sy), SIDE)


def _correlation(one: Floats, other: Floats) -> float:
    a, b = one - one.mean(), other - other.mean()
    norm = float(np.linalg.norm(a) * np.linalg.norm(b))
    if norm < 1.0:  # two flat pictures
        return 1.0
    return float((a * b).sum()) / norm


def _stepped(luma: Floats, cut: Floats, target: Floats, place: NDArray[np.float64]) -> NDArray[np.float64]:
    """One Gauss-Newton step of target ≈ gain · cut(place) + offset."""
    gx, gy = (_moved(cv2.Sobel(luma, cv2.CV_32F, dx, 1 - dx, scale=THUMB / SIDE / 8), place) for dx in (1, 0))
    u = np.arange(SIDE, dtype=np.float32) + 0.5
    columns = (gx * u, gy * u[:, None], gx, gy, cut, np.ones_like(cut))
    j = np.stack([c.ravel() for c in columns], 1).astype(np.float64)  # (1024, 6)
    ridge = 1e-3 * np.diag([SIDE * SIDE, SIDE * SIDE, 1.0, 1.0, 1.0, 1.0])
    solution = np.linalg.solve(j.T @ j + ridge, j.T @ target.ravel().astype(np.float64))
    gain = solution[4] if abs(solution[4]) > 0.1 else 1.0
    return place + solution[:4] / gain


def _left_over(cut: Floats, other: Floats) -> tuple[float, float]:
    """(largest chroma difference, residual) of two aligned copies, `(32, 32, 3)` each, less their rims."""
    gain = float(np.clip((cut * other).sum() / max(float((cut * cut).sum()), 1.0), *GAIN))
    cut = np.minimum(cut * gain, 255)
    soft = cv2.GaussianBlur(cut, (0, 0), 0.7) - cv2.GaussianBlur(other, (0, 0), 0.7)
    one, two = (cv2.cvtColor(cv2.resize(x, (8, 8), interpolation=cv2.INTER_AREA) / 255, cv2.COLOR_RGB2LAB)
                for x in (cut, other))  # fmt: skip
    chroma = np.linalg.norm(one[..., 1:] - two[..., 1:], axis=-1)
    return float(chroma[1:-1, 1:-1].max()), float(np.sqrt(np.square(soft[2:-2, 2:-2]).mean()))
