"""The one door in and the one door out for picture files.

In: any file of a shop's photographer or phone becomes an upright sRGB Picture, or one error that says why not.
Out: encoded bytes with an sRGB profile, written so that a reader sees the old file or the new one, never half.
8-bit sRGB and untagged files come in exactly (`value / 255`) and, unedited, leave exactly (PNG, TIFF, lossless WebP).
"""

from __future__ import annotations

import hashlib
import os
import stat
import uuid
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import torch

from packshot.errors import FileError, PackshotError, ParameterError, TooLarge, UnreadableFile
from packshot.imaging.files.decode import Header, Limits, decode, header_size
from packshot.imaging.files.encode import Encoded, Format, encode
from packshot.imaging.files.incoming import to_srgb
from packshot.imaging.files.profiles import Floats
from packshot.imaging.files.samples import Samples
from packshot.imaging.files.sniff import MAX_PIXELS, MAX_SIDE_PX, has_c2pa
from packshot.imaging.picture import Picture

__all__ = [
    "MAX_PIXELS", "MAX_SIDE_PX", "Encoded", "Loaded", "Source", "SourceInfo", "encode", "open_picture", "picture_size",
    "read", "write", "write_atomic",
]  # fmt: skip

Source = str | Path | bytes | BinaryIO
Packet = bytes

MAX_FILE_BYTES = 1_000_000_000
SUFFIX_FORMATS: dict[str, Format] = {
    ".jpg": "jpeg", ".jpeg": "jpeg", ".png": "png", ".webp": "webp", ".avif": "avif", ".tif": "tiff", ".tiff": "tiff",
}  # fmt: skip


@dataclass(frozen=True)
class SourceInfo:
    """Where a picture came from.

    name: file name without folders. width, height: of the upright picture in the file, px. mode: Pillow's name for
    how the pixels are stored. bits: per channel. frames: 1, or how many the file holds (the first is read).
    profile: description of the ICC profile, "" if none. orientation: Exif's, 1..8, already applied. alpha: whether
    anything is transparent. bytes, sha256: of the file. notes: plain words on what was odd or assumed.
    xmp: the raw packet, untrusted. has_c2pa: whether the file carries a C2PA manifest.
    """

    name: str
    format: str
    width: int
    height: int
    mode: str
    bits: int
    frames: int
    profile: str
    orientation: int
    alpha: bool
    bytes: int
    sha256: str
    notes: tuple[str, ...]
    xmp: Packet | None
    has_c2pa: bool


@dataclass(frozen=True)
class Loaded:
    """A picture and what is known of the file it came from."""

    picture: Picture
    source: SourceInfo


def read(source: Source, *, max_pixels: int = MAX_PIXELS) -> Picture:
    """The picture in a file (see `open_picture`)."""
    return open_picture(source, max_pixels=max_pixels).picture


def open_picture(
    source: Source,
    *,
    name: str = "",
    max_pixels: int = MAX_PIXELS,
    max_side_px: int | None = None,
    longest_side_px: int = MAX_SIDE_PX,
    max_file_bytes: int = MAX_FILE_BYTES,
) -> Loaded:
    """The picture in a file, in bytes, or in an open binary file, and what is known of its source.

    Upright, sRGB, relative colorimetric with black-point compensation; at the file's own depth up to 16 bits. A
    transparent file gives `alpha` and, equal to it, `matte`; the colour of fully transparent pixels is set to 0.
    Of several frames the first is read. A file that is cut off is refused, however much of it could be shown; one
    that is whole by its own account but ends in a JPEG decoder's filler grey is read, with a note.
    name: replaces the file's own in messages and in the result.
    max_side_px: for thumbnails only: shrink while decoding (8 bits, encoded light) to at most this long.
    max_pixels, longest_side_px, max_file_bytes: refused beyond, before decoding.
    Raises UnreadableFile, TooLarge, or MissingExtra (HEIC without pillow-heif).
    """
    if max_side_px is not None and max_side_px < 1:
        raise ParameterError(f"max_side_px: expected at least 1, got {max_side_px}")
    limits = Limits(max_pixels, longest_side_px, max_file_bytes)
    name = name or _name(source)
    try:
        data = _bytes(source, limits)
        notes: list[str] = []
        header, samples = decode(data, name, limits, max_side_px, notes)
        rgb, profile = to_srgb(header, samples, notes)
    except FileError as error:
        raise type(error)(f"{name}: {error}") from error
    picture = _picture(rgb, samples.alpha, header.size)
    return Loaded(picture, _source_info(name, data, header, samples, profile, notes))


def picture_size(
    data: bytes, *, name: str = "picture", max_pixels: int = MAX_PIXELS, longest_side_px: int = MAX_SIDE_PX
) -> tuple[int, int]:
    """(width, height) in px as the header of a file's bytes has it; nothing is decoded. Raises as `open_picture`."""
    try:
        return header_size(data, Limits(max_pixels, longest_side_px, MAX_FILE_BYTES))
    except FileError as error:
        raise type(error)(f"{name}: {error}") from error


def write(picture: Picture, path: str | Path, **options: Any) -> Encoded:
    """Encode by the ending of `path` (.jpg, .png, .webp, .avif, .tif) and write atomically. Options: see `encode`."""
    suffix = Path(path).suffix.lower()
    if suffix not in SUFFIX_FORMATS:
        raise ParameterError(f"path: expected an ending of {', '.join(SUFFIX_FORMATS)}, got {str(path)!r}")
    encoded = encode(picture, SUFFIX_FORMATS[suffix], **options)
    write_atomic(path, encoded.data)
    return encoded


def write_atomic(path: str | Path, data: bytes) -> None:
    """Write a file so that at every moment `path` holds the old bytes or the new ones, whole.

    A temporary file in the same folder is written, flushed to disk and renamed. Missing folders are made. A file
    that is replaced keeps its permission bits, a new one gets the usual ones; a symbolic link is replaced itself.
    Raises FileError; the temporary file is then gone and the old one untouched.
    """
    path = Path(path)
    partial = path.parent / f".packshot-{uuid.uuid4().hex}.part"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(partial, "xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            partial.chmod(stat.S_IMODE(path.stat().st_mode))
        os.replace(partial, path)
    except OSError as error:
        raise FileError(f"{path}: cannot be written ({error.strerror or error})") from error
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)


def _name(source: Source) -> str:
    if isinstance(source, bytes):
        return "picture"
    if isinstance(source, (str, Path)):
        return Path(source).name or str(source)
    inner = getattr(source, "name", "")
    return Path(inner).name if isinstance(inner, str) and inner else "picture"


def _bytes(source: Source, limits: Limits) -> bytes:
    """The whole file, at most one byte more than the limit of it."""
    if isinstance(source, bytes):
        data = source
    elif isinstance(source, (str, Path)):
        data = _bytes_of_path(Path(source), limits)
    else:
        data = source.read(limits.file_bytes + 1)
    if len(data) > limits.file_bytes:
        raise TooLarge(f"more than {limits.file_bytes:,} bytes, which is the limit")
    return data


def _bytes_of_path(path: Path, limits: Limits) -> bytes:
    try:
        if path.is_dir():
            raise UnreadableFile("a folder, not a picture file")
        if path.exists() and not path.is_file():
            raise UnreadableFile("a device or a pipe, not a picture file")
        with open(path, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size > limits.file_bytes:
                raise TooLarge(f"{size:,} bytes, over the limit of {limits.file_bytes:,}")
            return file.read(limits.file_bytes + 1)
    except (OSError, ValueError) as error:
        if isinstance(error, PackshotError):
            raise
        raise UnreadableFile(f"cannot be opened ({getattr(error, 'strerror', None) or error})") from error


def _picture(rgb: Floats, alpha: Floats | None, size: tuple[int, int]) -> Picture:
    """The Picture of `(3, h, w)` sRGB and `(h, w)` alpha, with the way back to the file's pixels."""
    to_source = torch.diag(torch.tensor([size[0] / rgb.shape[2], size[1] / rgb.shape[1], 1.0], dtype=torch.float64))
    if alpha is None:
        return Picture(torch.from_numpy(rgb)[None], to_source=to_source)
    hidden = alpha == 0
    if hidden.any():
        for plane in rgb:
            plane[hidden] = 0
    layer = torch.from_numpy(np.ascontiguousarray(alpha))[None, None]
    return Picture(torch.from_numpy(rgb)[None], matte=layer.clone(), alpha=layer, to_source=to_source)


def _source_info(
    name: str, data: bytes, header: Header, samples: Samples, profile: str, notes: list[str]
) -> SourceInfo:
    return SourceInfo(
        name=name,
        format=header.format,
        width=header.size[0],
        height=header.size[1],
        mode=header.mode,
        bits=header.bits,
        frames=header.frames,
        profile=profile,
        orientation=header.orientation,
        alpha=samples.alpha is not None,
        bytes=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        notes=tuple(notes),
        xmp=header.xmp,
        has_c2pa=has_c2pa(data),
    )
