"""A Picture → the bytes of a JPEG, PNG, WebP, AVIF or TIFF file: sRGB profile and XMP inside, budget met.

Values are rounded to the nearest step. Equal pictures and options give equal bytes. No Exif is written: no camera
position or serial number leaves by accident.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Literal, get_args

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from packshot.errors import FileError, ParameterError, TooLarge
from packshot.imaging.files import containers
from packshot.imaging.files.icc import srgb_profile
from packshot.imaging.mattes import over
from packshot.imaging.picture import Picture

Format = Literal["jpeg", "png", "webp", "avif", "tiff"]
Subsampling = Literal["4:4:4", "4:2:2", "4:2:0"]
Pixels = NDArray[Any]

LONGEST_SIDE_PX = {"jpeg": 65_500, "webp": 16_383, "avif": 65_536}
JPEG_XMP_BYTES = 65_502  # one APP1 segment less its name
XMP_BYTES = 16_000_000
SPREAD_PX = 8
AVIF_SPEED, AVIF_THREADS = 8, 2  # threads fixed: they decide the tiling and so the bytes


@dataclass(frozen=True)
class Encoded:
    """An encoded picture. quality is None where nothing is lost."""

    data: bytes
    format: Format
    quality: int | None
    width: int
    height: int
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Options:
    quality: int
    subsampling: Subsampling
    lossless: bool
    xmp: bytes | None
    dpi: float | None
    small: bool  # take time to make the file small


def encode(
    picture: Picture,
    format: Format = "jpeg",
    *,
    quality: int = 95,
    subsampling: Subsampling = "4:4:4",
    max_bytes: int | None = None,
    min_quality: int = 50,
    xmp: bytes | None = None,
    lossless: bool = False,
    background: tuple[float, float, float] = (1.0, 1.0, 1.0),
    bits: Literal[8, 16] = 8,
    dpi: float | None = None,
) -> Encoded:
    """Encode one picture (`n = 1`).

    quality: 1..100 for JPEG, WebP and AVIF. subsampling: of colour, JPEG and AVIF (lossy WebP has only 4:2:0).
    max_bytes: the highest quality that fits is searched down to `min_quality`, then with coarser colour.
    xmp: a packet to embed. lossless: WebP only (PNG and TIFF always are). bits: 16 for PNG and TIFF.
    background: sRGB colour under transparent parts in a JPEG, mixed in linear light; the other formats keep alpha.
    What colour a fully transparent pixel had is never written: 0 instead, or nearby colours where a lossy codec would
    smear it into the edge. dpi: JPEG, PNG and TIFF.
    Raises ParameterError, or TooLarge if the budget cannot be met.
    """
    options = _Options(quality, subsampling, lossless, xmp, dpi, small=max_bytes is not None)
    _check(picture, format, options, min_quality, max_bytes, bits)
    if len(background) != 3 or not all(0 <= value <= 1 for value in background):
        raise ParameterError(f"background: expected three numbers in [0, 1], got {background}")
    if format == "jpeg" and picture.alpha is not None:
        colour = torch.tensor(background, dtype=torch.float32, device=picture.rgb.device).view(1, 3, 1, 1)
        picture = picture.replace(rgb=over(picture.rgb, picture.alpha, colour), alpha=None)
    pixels = quantise(picture, bits)
    lossy = format in ("jpeg", "avif") or (format == "webp" and not lossless)
    if lossy and pixels.shape[2] == 4:
        pixels = _spread(pixels)
    result = Encoded(b"", format, quality if lossy else None, picture.width, picture.height)
    if lossy and max_bytes is not None:
        return _search(lambda o: WRITERS[format](pixels, o), options, result, max_bytes, min_quality)
    data = WRITERS[format](pixels, options)
    if max_bytes is not None and len(data) > max_bytes:
        raise TooLarge(f"max_bytes: {max_bytes:,} cannot be met, {format} without loss takes {len(data):,} bytes")
    return replace(result, data=data)


def quantise(picture: Picture, bits: int = 8) -> Pixels:
    """`(h, w, 3)` RGB, or `(h, w, 4)` RGBA if anything is transparent, uint8 or uint16, rounded to the nearest step.

    Where alpha comes out 0, so does the colour.
    """
    layers = [*picture.rgb[0]] + ([] if picture.alpha is None else [picture.alpha[0, 0]])
    planes = [_steps(np.ascontiguousarray(layer.detach().cpu().numpy()), bits) for layer in layers]
    if len(planes) == 4 and planes[3].min() == (1 << bits) - 1:
        planes.pop()
    if len(planes) == 4:
        hidden = planes[3] == 0
        if hidden.any():
            planes[:3] = [np.where(hidden, np.zeros_like(plane), plane) for plane in planes[:3]]
    merged: Pixels = cv2.merge(planes)
    return merged


def _steps(plane: NDArray[np.float32], bits: int) -> Pixels:
    if bits == 8:
        steps: Pixels = cv2.convertScaleAbs(plane, alpha=255)
        return steps
    return np.asarray(np.rint(np.clip(plane, 0, 1) * np.float32(65535)), np.uint16)


def _spread(pixels: Pixels) -> Pixels:
    """RGBA with the colour of clear pixels taken from the visible ones nearby, else from the mean of all.

    A lossy codec smears what lies under clear pixels into the edge: with black there, edges came out up to 54/255
    too dark at quality 80, with this 8/255, in no more bytes. What was hidden there before stays lost.
    """
    seen = (pixels[..., 3] > 0).astype(np.float32)
    if seen.all() or not seen.any():
        return pixels
    colours = pixels[..., :3] * seen[..., None]
    window = (2 * SPREAD_PX + 1,) * 2
    share, near = cv2.blur(seen, window), cv2.blur(colours, window)
    mean = colours.reshape(-1, 3).sum(0, dtype=np.float64) / seen.sum(dtype=np.float64)
    spread = np.where((share > 1e-4)[..., None], near / np.maximum(share, 1e-4)[..., None], mean)
    return np.where((seen > 0)[..., None], pixels, np.dstack([np.rint(spread).clip(0, 255), seen]).astype(np.uint8))


def _check(
    picture: Picture, format: str, options: _Options, min_quality: int, max_bytes: int | None, bits: int
) -> None:
    if format not in get_args(Format):
        raise ParameterError(f"format: expected one of {', '.join(get_args(Format))}, got {format!r}")
    if options.subsampling not in get_args(Subsampling):
        raise ParameterError(f"subsampling: expected {', '.join(get_args(Subsampling))}, got {options.subsampling!r}")
    if not 1 <= options.quality <= 100 or not 1 <= min_quality <= 100:
        raise ParameterError(f"quality: expected 1..100, got {options.quality} (min_quality {min_quality})")
    if max_bytes is not None and max_bytes < 1:
        raise ParameterError(f"max_bytes: expected at least 1, got {max_bytes}")
    if bits not in (8, 16) or (bits == 16 and format not in ("png", "tiff")):
        raise ParameterError(f"bits: expected 8, or 16 for png and tiff, got {bits} for {format}")
    if options.lossless and format in ("jpeg", "avif"):
        raise ParameterError(f"lossless: {format} is written with loss; choose png, webp or tiff")
    if picture.rgb.shape[0] != 1:
        raise ParameterError(f"picture: expected one picture, got a batch of {picture.rgb.shape[0]}")
    longest = LONGEST_SIDE_PX.get(format, 2**31 - 1)
    if max(picture.size) > longest:
        raise ParameterError(f"picture: {format} holds at most {longest:,} px a side, got {max(picture.size):,}")
    room = JPEG_XMP_BYTES if format == "jpeg" else XMP_BYTES
    if options.xmp is not None and len(options.xmp) > room:
        raise ParameterError(f"xmp: at most {room:,} bytes fit into {format}, got {len(options.xmp):,}")
    if options.dpi is not None and not 1 <= options.dpi <= 65_535:
        raise ParameterError(f"dpi: expected 1..65535, got {options.dpi}")


def _search(
    write: Callable[[_Options], bytes], options: _Options, result: Encoded, max_bytes: int, min_quality: int
) -> Encoded:
    """The highest quality that fits; if none does, the same with coarser colour."""
    coarser = get_args(Subsampling)[get_args(Subsampling).index(options.subsampling) :]
    low = min(min_quality, options.quality)
    for subsampling in coarser[:1] if result.format == "webp" else coarser:
        chosen = replace(options, subsampling=subsampling)
        quality, data = _highest(write, chosen, low, max_bytes)
        if len(data) <= max_bytes:
            return replace(result, data=data, quality=quality, notes=_budget_notes(options, chosen, quality, max_bytes))
    raise TooLarge(
        f"max_bytes: {max_bytes:,} cannot be met; {result.width} x {result.height} px as {result.format} "
        f"takes {len(data):,} bytes at quality {quality}: allow more bytes, a lower min_quality or fewer pixels"
    )


def _highest(write: Callable[[_Options], bytes], options: _Options, low: int, budget: int) -> tuple[int, bytes]:
    """(quality, data) of the highest quality from `low` up that fits the budget; of `low` if none does.

    The bytes grow about exponentially with quality: guesses by that rule and halvings take turns.
    """
    high, data = options.quality, write(options)
    if len(data) <= budget or high == low:
        return high, data
    too_much, best = len(data), write(replace(options, quality=low))
    if len(best) > budget:
        return low, best
    halve = False
    while high - low > 1:
        share = 0.5 if halve else math.log(budget / len(best)) / math.log(too_much / len(best))
        guess = min(max(low + int(share * (high - low)), low + 1), high - 1)
        data = write(replace(options, quality=guess))
        if len(data) <= budget:
            low, best = guess, data
        else:
            high, too_much = guess, len(data)
        halve = not halve
    return low, best


def _budget_notes(asked: _Options, chosen: _Options, quality: int, max_bytes: int) -> tuple[str, ...]:
    notes = []
    if quality < asked.quality:
        notes.append(f"quality lowered from {asked.quality} to {quality} to fit {max_bytes:,} bytes")
    if chosen.subsampling != asked.subsampling:
        notes.append(f"colour subsampled {chosen.subsampling} to fit {max_bytes:,} bytes")
    return tuple(notes)


def _jpeg(pixels: Pixels, options: _Options) -> bytes:
    dpi = None if options.dpi is None else (round(options.dpi),) * 2
    extra: dict[str, Any] = {} if dpi is None else {"dpi": dpi}
    write = partial(_pillow, pixels, "JPEG", options, subsampling=options.subsampling, **extra)
    try:
        return write(optimize=options.small)
    except FileError:  # libjpeg optimises in one buffer of fixed size, which near-noise can overflow
        return write(optimize=False)


def _webp(pixels: Pixels, options: _Options) -> bytes:
    return _pillow(pixels, "WEBP", options, lossless=options.lossless, exact=options.lossless, alpha_quality=100)


def _avif(pixels: Pixels, options: _Options) -> bytes:
    tuned: dict[str, Any] = {"speed": AVIF_SPEED, "max_threads": AVIF_THREADS}
    if pixels.shape[2] == 4:
        tuned |= {"codec": "aom", "advanced": {"alpha:cq-level": "0"}}  # alpha without loss
    return _pillow(pixels, "AVIF", options, subsampling=options.subsampling, **tuned)


def _png(pixels: Pixels, options: _Options) -> bytes:
    level = 9 if options.small else 1
    return containers.png(pixels, icc=srgb_profile(), xmp=options.xmp, dpi=options.dpi, level=level)


def _tiff(pixels: Pixels, options: _Options) -> bytes:
    level = 9 if options.small else 1
    return containers.tiff(pixels, icc=srgb_profile(), xmp=options.xmp, dpi=options.dpi, level=level)


def _pillow(pixels: Pixels, format: str, options: _Options, **extra: Any) -> bytes:
    buffer = io.BytesIO()
    if options.xmp is not None:
        extra["xmp"] = options.xmp
    image = Image.fromarray(pixels)
    try:
        image.save(buffer, format, quality=options.quality, icc_profile=srgb_profile(), **extra)
    except (KeyError, OSError, ValueError) as error:
        raise FileError(f"{format} cannot be written by this build of Pillow ({error})") from error
    return buffer.getvalue()


WRITERS: dict[str, Callable[[Pixels, _Options], bytes]] = {
    "jpeg": _jpeg, "png": _png, "webp": _webp, "avif": _avif, "tiff": _tiff,
}  # fmt: skip
