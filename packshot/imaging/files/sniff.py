"""What a file is by its first bytes, before anything decodes it: a picture packshot reads, or a refusal by name.

Sources: the signatures of PNG (W3C), JPEG (T.81), GIF89a, RIFF/WebP (RFC 9649), TIFF 6, ISO BMFF brands
(ISO 14496-12; AVIF 1.1, HEIF 23008-12), JPEG 2000 Annex I, Netpbm; JUMBF in C2PA 2.1 §11.
"""

from __future__ import annotations

import struct
from pathlib import PurePath

from packshot.errors import UnreadableFile

MAX_PIXELS = 100_000_000  # of a picture that is read
MAX_SIDE_PX = 50_000
SUFFIXES = {
    "JPEG": (".jpg", ".jpeg", ".jpe", ".jfif", ".mpo"),
    "PNG": (".png", ".apng"),
    "WEBP": (".webp",),
    "AVIF": (".avif", ".avifs"),
    "GIF": (".gif",),
    "TIFF": (".tif", ".tiff"),
    "BMP": (".bmp", ".dib"),
    "PPM": (".ppm", ".pgm", ".pbm", ".pnm", ".pfm"),
    "JPEG2000": (".jp2", ".j2k", ".jpf", ".jpx", ".j2c", ".jpc"),
    "HEIF": (".heic", ".heif", ".hif"),
}
RAW_MARKS = (b"II*\0\x10\0\0\0CR", b"IIRO", b"IIU\0", b"FUJIFILM")
RAW_SUFFIXES = (".dng", ".nef", ".nrw", ".arw", ".sr2", ".pef", ".cr2", ".rw2", ".orf", ".raf", ".3fr", ".iiq", ".srw")

RAW = "not a picture packshot reads, but a camera raw file: develop it to TIFF or JPEG"

PICTURES = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"BM", "BMP"),
    (b"\x00\x00\x00\x0cjP  \r\n\x87\n", "JPEG2000"),
    (b"\xff\x4f\xff\x51", "JPEG2000"),
    *((b"P" + bytes([digit, space]), "PPM") for digit in b"123456f" for space in b" \t\r\n"),
    *((mark, "TIFF") for mark in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")),
)
REFUSED = (
    (b"%PDF", "a PDF document: export its pages as PNG"),
    (b"8BPS", "a Photoshop document: export it as TIFF or PNG"),
    (b"%!PS", "a PostScript drawing: export it as PNG"),
    (b"\xc5\xd0\xd3\xc6", "a PostScript drawing: export it as PNG"),
    (b"\xff\x0a", "a JPEG XL picture: convert it to PNG or JPEG"),
    (b"\x00\x00\x00\x0cJXL ", "a JPEG XL picture: convert it to PNG or JPEG"),
    (b"PK\x03\x04", "a zip archive: unpack it"),
    (b"Rar!", "an archive: unpack it"),
    (b"7z\xbc\xaf", "an archive: unpack it"),
    (b"\x1f\x8b", "an archive: unpack it"),
    (b"\x00\x00\x01\x00", "an icon"),
    (b"\x1a\x45\xdf\xa3", "a video"),
    (b"version https://git-lfs", "a Git LFS pointer: run git lfs pull"),
)
MARKUP = (
    (b"<svg", "an SVG drawing: export it as PNG"),
    (b"<!doctype html", "a web page, saved in place of a picture"),
    (b"<html", "a web page, saved in place of a picture"),
    (b"<?xml", "an XML document"),
)
HEIF_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1", b"miaf"}
C2PA_BOX = b"jumdc2pa"  # a JUMBF description box whose UUID begins with the four letters


def picture_format(data: bytes) -> str:
    """The format (a key of SUFFIXES) of a file's bytes. UnreadableFile if it is none, saying what it is instead."""
    if data.startswith(RAW_MARKS):
        raise UnreadableFile(RAW)
    for signature, what in REFUSED:
        if data.startswith(signature):
            raise UnreadableFile(f"not a picture packshot reads, but {what}")
    for signature, name in PICTURES:
        if data.startswith(signature):
            return name
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    if data[4:8] == b"ftyp":
        return _brand(data)
    raise UnreadableFile(_not_a_picture(data))


def _brand(data: bytes) -> str:
    length = min(struct.unpack(">I", data[:4])[0], 512)
    brands = {data[8:12], *(data[i : i + 4] for i in range(16, length, 4))}
    if brands & {b"avif", b"avis"}:
        return "AVIF"
    if data[8:12] == b"crx ":
        raise UnreadableFile(RAW)
    if brands & HEIF_BRANDS:
        return "HEIF"
    raise UnreadableFile("not a picture packshot reads, but a video")


def _not_a_picture(data: bytes) -> str:
    if not data:
        return "empty file (0 bytes)"
    head = data[:4096].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head.startswith(b"<"):
        for mark, what in MARKUP:
            if mark in head:
                return f"not a picture packshot reads, but {what}"
    if not data.strip(b"\0"):
        return "not a picture: nothing but zero bytes (a download that never finished?)"
    if all(byte >= 32 or byte in b"\t\r\n" for byte in head):
        return "not a picture packshot reads, but a text"
    return "not a picture: its first bytes belong to no format packshot reads"


def name_problem(name: str, found: str) -> str | None:
    """What is wrong with the ending of a file name, given the format found inside; None if nothing."""
    suffix = PurePath(name).suffix.lower()
    if not suffix or suffix in SUFFIXES[found]:
        return None
    if suffix in RAW_SUFFIXES and found == "TIFF":
        raise UnreadableFile(RAW)
    return f"wrong file ending: named {suffix}, but the file is {found}"


def webp_size(data: bytes) -> tuple[int, int]:
    """(width, height) of a WebP's canvas from its first chunk, since Pillow allots the canvas while opening."""
    chunk, body = data[12:16], data[20:30]
    if len(body) < 10:
        raise UnreadableFile("the WEBP data is cut off inside its header")
    if chunk == b"VP8X":
        return 1 + int.from_bytes(body[4:7], "little"), 1 + int.from_bytes(body[7:10], "little")
    if chunk == b"VP8L":
        bits = int.from_bytes(body[1:5], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    width, height = struct.unpack("<HH", body[6:10])
    return width & 0x3FFF, height & 0x3FFF


def avif_bits(data: bytes) -> int:
    """Bits per channel an AVIF was coded with (AV1 codec configuration box, AV1-ISOBMFF §2.3.3)."""
    at = data.find(b"av1C")
    flags = data[at + 6] if 0 <= at < len(data) - 7 else 0
    return 12 if flags & 0x20 else 10 if flags & 0x40 else 8


def coded_space(data: bytes, found: str) -> tuple[int, int] | None:
    """(primaries, transfer) as H.273 numbers from a PNG's cICP chunk or an AVIF's or HEIF's nclx box."""
    if found == "PNG":
        at = data.find(b"cICP", 0, 4096)
        return (data[at + 4], data[at + 5]) if 0 <= at < len(data) - 6 else None
    at = data.find(b"colrnclx", 0, 65536)
    if found not in ("AVIF", "HEIF") or not 0 <= at < len(data) - 12:
        return None
    primaries, transfer = struct.unpack(">HH", data[at + 8 : at + 12])
    return primaries, transfer


def has_c2pa(data: bytes) -> bool:
    """Whether the bytes hold a C2PA manifest store (any container: its JUMBF description box is searched for)."""
    return C2PA_BOX in data
