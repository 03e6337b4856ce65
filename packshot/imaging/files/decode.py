"""Bytes of a picture file → what its header says, and its samples.

Limits are checked on the header, before any pixel is decoded. Pillow's plugins are called by name, so that no
format outside this list (PostScript, for one, which starts a program) can ever answer.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from PIL import (
    AvifImagePlugin,
    BmpImagePlugin,
    GifImagePlugin,
    Image,
    ImageFile,
    Jpeg2KImagePlugin,
    JpegImagePlugin,
    PngImagePlugin,
    PpmImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

from packshot.errors import MissingExtra, PackshotError, TooLarge, UnreadableFile
from packshot.imaging.files import samples, sniff
from packshot.imaging.files.gif import gif_xmp
from packshot.imaging.files.samples import Samples

PLUGINS: dict[str, type[ImageFile.ImageFile]] = {
    "JPEG": JpegImagePlugin.JpegImageFile,
    "PNG": PngImagePlugin.PngImageFile,
    "WEBP": WebPImagePlugin.WebPImageFile,
    "AVIF": AvifImagePlugin.AvifImageFile,
    "GIF": GifImagePlugin.GifImageFile,
    "TIFF": TiffImagePlugin.TiffImageFile,
    "BMP": BmpImagePlugin.BmpImageFile,
    "PPM": PpmImagePlugin.PpmImageFile,
    "JPEG2000": Jpeg2KImagePlugin.Jpeg2KImageFile,
}
TURN_THEMSELVES = ("TIFF", "HEIF")  # their plugins apply the orientation while loading
ORIENTATION, BITS_PER_SAMPLE, COMPRESSION, PLANAR, DNG_VERSION = 274, 258, 259, 284, 50706
EXIF_IFD, INTEROP_IFD, COLOUR_SPACE = 0x8769, 0xA005, 0xA001
MOST_SCANS = 500  # a progressive JPEG has about ten; thousands are a trap for the decoder
COUNT_FRAMES_BYTES = 16_000_000  # frames of larger files are not counted, for that reads the whole file
XMP_CAP = 1_000_000  # bytes


@dataclass(frozen=True)
class Limits:
    """What a file may be at most, checked on its header: pixels, longest side in px, bytes of the file."""

    pixels: int
    side_px: int
    file_bytes: int


@dataclass(frozen=True)
class Header:
    """What a file says of itself. size is (width, height) of the upright picture, bits are per channel.

    gamma and chromaticity are a PNG's (None if it has none or calls itself sRGB); adobe_rgb: a camera says so in
    Exif without embedding a profile; coded is (primaries, transfer) as H.273 numbers.
    """

    format: str
    mode: str
    size: tuple[int, int]
    bits: int
    frames: int
    orientation: int
    profile: bytes
    adobe_rgb: bool
    gamma: float | None
    chromaticity: tuple[float, ...] | None
    coded: tuple[int, int] | None
    xmp: bytes | None


def decode(data: bytes, name: str, limits: Limits, max_side_px: int | None, notes: list[str]) -> tuple[Header, Samples]:
    """The first picture in a file's bytes, upright; what is odd about it is added to `notes`.

    With `max_side_px` the samples may be fewer (8 bits, shrunk while decoding), for thumbnails.
    Raises UnreadableFile, TooLarge or MissingExtra.
    """
    found = sniff.picture_format(data)
    problem = sniff.name_problem(name, found)
    notes += [problem] if problem else []
    with _damage(found):
        if found == "WEBP":  # Pillow allots the canvas while opening
            _check_size(sniff.webp_size(data), limits)
        image = _plugin(found)(io.BytesIO(data), "")
        _check_size(image.size, limits)
        _check_traps(image, data, found)
        if found == "PNG":
            image.load()  # its Exif and XMP may stand behind the pixels, and asking for them would load in silence
        header = _describe(image, data, found, notes)
        if max_side_px is not None and found == "JPEG":
            image.draft(None, samples.fit(image.size, max_side_px))  # type: ignore[arg-type]
        image.load()
        result = samples.split(image, data, header.bits, notes)
        if max_side_px is not None:
            result = samples.shrunk(result, max_side_px)
        if found not in TURN_THEMSELVES:
            result = samples.turned(result, header.orientation)
    return header, result


def header_size(data: bytes, limits: Limits) -> tuple[int, int]:
    """(width, height) as a file's header has it, within the limits; no pixel is decoded.

    Raises UnreadableFile, TooLarge or MissingExtra.
    """
    found = sniff.picture_format(data)
    with _damage(found):
        if found == "WEBP":  # Pillow allots the canvas while opening
            _check_size(sniff.webp_size(data), limits)
        size: tuple[int, int] = _plugin(found)(io.BytesIO(data), "").size
        _check_size(size, limits)
    return size


@contextmanager
def _damage(found: str) -> Iterator[None]:
    """Whatever a decoder throws at hostile bytes comes out as one error with a reason."""
    try:
        yield
    except PackshotError:
        raise
    except MemoryError as error:
        raise TooLarge(f"the {found} picture needs more memory than there is") from error
    except Exception as error:
        reason = str(error).strip() or type(error).__name__
        raise UnreadableFile(f"the {found} {_verdict(reason.lower())} ({reason})") from error


def _verdict(reason: str) -> str:
    if any(word in reason for word in ("truncat", "end of file", "eof", "not enough")):
        return "data is cut off"
    if any(word in reason for word in ("unknown", "unsupported", "not supported")):
        return "picture is of a kind packshot cannot read"
    return "data is damaged"


def _plugin(found: str) -> type[ImageFile.ImageFile]:
    if found != "HEIF":
        return PLUGINS[found]
    try:
        from pillow_heif import HeifImageFile
    except ImportError as error:
        raise MissingExtra("pillow-heif", "heif", "reading HEIC photos") from error
    return HeifImageFile  # type: ignore[no-any-return]


def _check_size(size: tuple[int, int], limits: Limits) -> None:
    width, height = size
    if width < 1 or height < 1:
        raise UnreadableFile(f"a picture without pixels ({width} x {height})")
    if width * height > limits.pixels:
        raise TooLarge(f"{width} x {height} px: {width * height:,} pixels are over the limit of {limits.pixels:,}")
    if max(size) > limits.side_px:
        raise TooLarge(f"{width} x {height} px: a side is over the limit of {limits.side_px:,} px")


def _check_traps(image: ImageFile.ImageFile, data: bytes, found: str) -> None:
    tags = getattr(image, "tag_v2", {})
    if DNG_VERSION in tags:
        raise UnreadableFile(sniff.RAW)
    if tags.get(PLANAR) == 2 and tags.get(COMPRESSION, 1) == 1 and max(tags.get(BITS_PER_SAMPLE, (1,))) > 8:
        raise UnreadableFile("the TIFF keeps 16-bit channels in separate planes, unpacked: save it interleaved")
    if found == "JPEG" and "progression" in image.info and data.count(b"\xff\xda") > MOST_SCANS:
        raise UnreadableFile(f"the JPEG data is damaged (more than {MOST_SCANS} scans)")


def _describe(image: ImageFile.ImageFile, data: bytes, found: str, notes: list[str]) -> Header:
    info = image.info
    frames = _frames(image, data, notes)
    orientation, adobe_rgb = _exif(image, notes)
    lying = orientation >= 5 and found not in TURN_THEMSELVES
    tagged = "srgb" in info
    return Header(
        format=found,
        mode=image.mode,
        size=image.size[::-1] if lying else image.size,
        bits=_bits(image, data, found),
        frames=frames,
        orientation=orientation,
        profile=info.get("icc_profile") or b"",
        adobe_rgb=adobe_rgb,
        gamma=None if tagged else info.get("gamma"),
        chromaticity=None if tagged else info.get("chromaticity"),
        coded=sniff.coded_space(data, found),
        xmp=_xmp({"xmp": gif_xmp(data)} if found == "GIF" else info, notes),
    )


def _bits(image: Image.Image, data: bytes, found: str) -> int:
    if found == "PNG":
        return data[24]
    if found == "AVIF":
        return sniff.avif_bits(data)
    if found == "TIFF":
        return int(max(image.tag_v2.get(BITS_PER_SAMPLE, (1,))))  # type: ignore[attr-defined]
    return {"1": 1, "I;16": 16, "I": 16, "F": 32}.get(image.mode, int(image.info.get("bit_depth", 8)))


def _frames(image: Image.Image, data: bytes, notes: list[str]) -> int:
    if not getattr(image, "is_animated", False):
        return 1
    frames, count = 2, len(data) <= COUNT_FRAMES_BYTES
    if count:
        try:
            frames = int(image.n_frames)  # type: ignore[attr-defined]
        except Exception:  # a later frame may be anything; only the first is wanted
            notes.append("a later frame is damaged")
    image.seek(0)
    notes.append(f"{frames if count else 'several'} frames: only the first is read")
    return frames


def _exif(image: Image.Image, notes: list[str]) -> tuple[int, bool]:
    """(orientation 1..8, whether the camera says Adobe RGB without embedding it)."""
    try:
        exif = image.getexif()
        orientation = image.info.get("original_orientation") or exif.get(ORIENTATION, 1)
        camera = exif.get_ifd(EXIF_IFD)
        if "exif" in image.info and not len(exif):
            notes.append("damaged Exif data ignored")
        adobe = camera.get(COLOUR_SPACE) == 2 or exif.get_ifd(INTEROP_IFD).get(1) == "R03"
    except Exception:  # Exif is written by ten thousand programs
        notes.append("damaged Exif data ignored")
        return 1, False
    if orientation not in range(1, 9):
        notes.append(f"orientation {orientation} does not exist: ignored")
        return 1, adobe
    return int(orientation), adobe


def _xmp(info: dict[Any, Any], notes: list[str]) -> bytes | None:
    packet = info.get("xmp")
    if isinstance(packet, str):
        packet = packet.encode("utf-8", "surrogateescape")
    if not isinstance(packet, bytes) or not packet:
        return None
    if len(packet) > XMP_CAP:
        notes.append(f"XMP of {len(packet):,} bytes ignored (limit {XMP_CAP:,})")
        return None
    return packet
