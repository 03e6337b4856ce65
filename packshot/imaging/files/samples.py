"""A loaded Pillow image of any mode → its samples: colours, what is finer than 8 bits, alpha.

Depth beyond 8 bits. 16-bit greys are taken as they are. 16-bit RGB, which Pillow cuts to 8 bits, is decoded again
by OpenCV and taken only if it agrees with Pillow. Modes without a stated range are scaled like this: `I`: 65535 is
white, unless values go above, then the largest is; `F`: 1 is white, unless values go above, then 255, 65535 or the
largest value is, whichever is first to hold them. Negative values and not-a-number become black.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from packshot.imaging.files.profiles import Floats

Array = NDArray[Any]

# orientation → (on a Pillow image, on an array (h, w, ...))
TURNS: dict[int, tuple[Image.Transpose, Callable[[Array], Array]]] = {
    2: (Image.Transpose.FLIP_LEFT_RIGHT, lambda x: x[:, ::-1]),
    3: (Image.Transpose.ROTATE_180, lambda x: x[::-1, ::-1]),
    4: (Image.Transpose.FLIP_TOP_BOTTOM, lambda x: x[::-1]),
    5: (Image.Transpose.TRANSPOSE, lambda x: x.swapaxes(0, 1)),
    6: (Image.Transpose.ROTATE_270, lambda x: x[::-1].swapaxes(0, 1)),
    7: (Image.Transpose.TRANSVERSE, lambda x: x[::-1, ::-1].swapaxes(0, 1)),
    8: (Image.Transpose.ROTATE_90, lambda x: x.swapaxes(0, 1)[::-1]),
}  # fmt: skip
PLAIN = ("L", "RGB", "CMYK", "LAB")
GREY_16 = ("I;16", "I;16B", "I;16L", "I;16N")
PHOTOMETRIC, WHITE_IS_ZERO = 262, 0
SAMPLE_FORMAT, UNSIGNED = 339, 1
MISSING_GREY, MISSING_ROWS = 128, 8  # libjpeg fills in this grey where data is missing


@dataclass(frozen=True)
class Samples:
    """Colours of one picture.

    image: 8 bits, mode L, RGB, CMYK or LAB. fine: `(h, w, 1 or 3)`, uint16, or float32 in [0, 1], if the file has
    more than 8 bits, else None. alpha: `(h, w)` float32 in [0, 1], None if opaque everywhere.
    """

    image: Image.Image
    fine: Array | None = None
    alpha: Floats | None = None

    def planes(self) -> list[Array]:
        """The finest samples there are, channel by channel, each `(h, w)`."""
        if self.fine is not None:
            return [np.ascontiguousarray(self.fine[..., k]) for k in range(self.fine.shape[2])]
        return [np.asarray(band) for band in self.image.split()]


def split(image: Image.Image, data: bytes, bits: int, notes: list[str]) -> Samples:
    """Samples of a loaded image (`data` are the bytes it came from); what is odd is added to `notes`."""
    if image.mode in GREY_16:
        return _grey_16(image, bits)
    if image.mode in ("I", "F"):
        return _unscaled(image, notes)
    if image.mode == "CMYK" and image.format == "JPEG" and "adobe" not in image.info:
        image = Image.eval(image, lambda v: 255 - v)  # only Adobe writes ink upside down, Pillow thinks all do
    fine, alpha = None, None
    if bits > 8 and image.format in ("PNG", "TIFF") and image.mode in ("RGB", "RGBA"):
        fine, alpha = _decode_again(image, data)
        image.info.pop("transparency", None)  # meant for 16 bits: OpenCV's alpha knows it
    colours, eight_bit_alpha = _without_alpha(image)
    if bits > 8 and fine is None:
        notes.append(f"{bits} bits a channel, read at 8")
    if image.format == "JPEG":
        _check_bottom(colours, notes)
    return Samples(colours, fine, _useful(alpha if fine is not None else eight_bit_alpha))


def turned(samples: Samples, orientation: int) -> Samples:
    """The samples with an Exif orientation (1..8) applied."""
    if orientation == 1:
        return samples
    method, turn = TURNS[orientation]
    fine, alpha = (None if x is None else np.ascontiguousarray(turn(x)) for x in (samples.fine, samples.alpha))
    return Samples(samples.image.transpose(method), fine, alpha)


def shrunk(samples: Samples, max_side_px: int) -> Samples:
    """At most `max_side_px` long, 8 bits, averaged in encoded light: for thumbnails, not for edits."""
    size = fit(samples.image.size, max_side_px)
    if samples.image.size == size:
        return samples
    image = samples.image
    if samples.alpha is None:
        return Samples(image.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0))
    image = image.convert("RGBA")
    image.putalpha(Image.fromarray(cv2.convertScaleAbs(samples.alpha, alpha=255)))
    image = image.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)  # Pillow multiplies by alpha first
    colours, alpha = _without_alpha(image)
    return Samples(colours, None, _useful(alpha))


def fit(size: tuple[int, int], max_side_px: int) -> tuple[int, int]:
    """(width, height) of the same shape, no side over `max_side_px` and none under 1."""
    scale = min(1.0, max_side_px / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _grey_16(image: Image.Image, bits: int) -> Samples:
    values = np.asarray(image).astype(np.uint16)
    key = image.info.get("transparency")
    alpha = None if key is None else (values != key).astype(np.float32)
    if bits not in (12, 16):
        bits = 16
    peak = (1 << bits) - 1
    values = np.minimum(values, peak)
    if getattr(image, "tag_v2", {}).get(PHOTOMETRIC) == WHITE_IS_ZERO:
        values = peak - values
    fine = values if bits == 16 else (values / np.float32(peak)).astype(np.float32)
    return Samples(_eight(fine), fine[..., None], _useful(alpha))


def _unscaled(image: Image.Image, notes: list[str]) -> Samples:
    raw = np.asarray(image)
    if image.mode == "I" and getattr(image, "tag_v2", {0: 0}).get(SAMPLE_FORMAT, (1,))[0] == UNSIGNED:
        raw = raw.view(np.uint32)  # which Pillow holds as signed
    values = np.nan_to_num(raw.astype(np.float64), nan=0.0, posinf=np.inf, neginf=0.0)
    if not np.isfinite(values).all():
        values[np.isinf(values)] = values[np.isfinite(values)].max(initial=1.0)
        notes.append("infinite values read as the largest finite one")
    top = float(values.max())
    scales = (65535.0,) if image.mode == "I" else (1.0, 255.0, 65535.0)
    white = next((scale for scale in scales if top <= scale), top)
    notes.append(f"samples without a stated range: {white:g} read as white")
    fine = np.clip(values / white, 0, 1).astype(np.float32)
    return Samples(_eight(fine), fine[..., None])


def _eight(values: Array) -> Image.Image:
    peak = 65535 if values.dtype == np.uint16 else 1
    return Image.fromarray(np.rint(values * (255 / peak)).astype(np.uint8))


def _decode_again(image: Image.Image, data: bytes) -> tuple[Array | None, Floats | None]:
    """16-bit (rgb `(h, w, 3)`, alpha) by OpenCV; (None, None) if it fails or disagrees with Pillow's 8 bits."""
    try:
        found = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error:
        return None, None
    if found is None or found.dtype != np.uint16 or found.ndim != 3 or found.shape[2] not in (3, 4):
        return None, None
    rgb = found[..., 2::-1]
    if not np.array_equal(rgb >> 8, np.asarray(image)[..., :3]):
        return None, None
    alpha = found[..., 3] / np.float32(65535) if found.shape[2] == 4 else None
    return rgb, alpha


def _without_alpha(image: Image.Image) -> tuple[Image.Image, Floats | None]:
    """(an image of a PLAIN mode, alpha or None), from an image of any 8-bit mode."""
    clear = image.has_transparency_data
    image = image if image.mode in PLAIN and not clear else image.convert(_simpler(image.mode, clear))
    if image.mode not in ("LA", "RGBA"):
        return image, None
    *bands, last = image.split()
    alpha: Floats = np.divide(np.asarray(last), np.float32(255), dtype=np.float32)
    return Image.merge("RGB" if len(bands) == 3 else "L", bands), alpha


def _simpler(mode: str, clear: bool) -> str:
    if mode in ("1", "L", "LA", "La"):
        return "LA" if clear else "L"
    return "RGBA" if clear else "RGB"


def _useful(alpha: Floats | None) -> Floats | None:
    return None if alpha is None or alpha.min() >= 1 else alpha


def _check_bottom(image: Image.Image, notes: list[str]) -> None:
    """Damage inside a JPEG goes unreported by its decoder, but leaves one flat grey from there to the bottom."""
    width, height = image.size
    flat = ((MISSING_GREY, MISSING_GREY),) * len(image.getbands())
    strip = image.crop((0, max(0, height - MISSING_ROWS), width, height))
    if image.mode == "CMYK" or height <= MISSING_ROWS or strip.getextrema() not in (flat, flat[0]):
        return
    pixels = np.asarray(image).reshape(height, -1)
    rows = int(np.argmax((pixels != MISSING_GREY).any(1)[::-1])) or height
    notes.append(f"the lowest {rows} rows are one flat grey: the file may be damaged")
