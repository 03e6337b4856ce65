"""PNG and TIFF written byte by byte: 8 or 16 bits, alpha, ICC profile and XMP, nothing that varies between runs.

Sources: PNG (W3C, third edition) §5, §9.2-9.4 (filters), §11.3; TIFF 6.0 part 1 §2, §14 (predictor), §18 (alpha);
Adobe's TIFF Technical Note 3 (deflate); XMP part 3 (where the packet goes). Pillow can write neither 16-bit RGB nor
a PNG's XMP. One filter serves every row (Paeth in PNG, the predictor in TIFF).
"""

from __future__ import annotations

import struct
import zlib
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[Any]  # (h, w, 3 or 4), uint8 or uint16
STRIP_ROWS = 64
INCH = 0.0254  # m


def png(pixels: Pixels, *, icc: bytes, xmp: bytes | None, dpi: float | None, level: int = 1) -> bytes:
    """A PNG of `(h, w, 3|4)` RGB(A); `level` is zlib's, 1 (quick) to 9 (small)."""
    height, width, channels = pixels.shape
    depth = 8 * pixels.itemsize
    header = struct.pack(">IIBBBBB", width, height, depth, 6 if channels == 4 else 2, 0, 0, 0)
    parts = [
        b"\x89PNG\r\n\x1a\n",
        _chunk(b"IHDR", header),
        _chunk(b"iCCP", b"sRGB\0\0" + zlib.compress(icc, 9)),
        _chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + xmp) if xmp else b"",
        _chunk(b"pHYs", struct.pack(">IIB", *(round(dpi / INCH),) * 2, 1)) if dpi else b"",
        _chunk(b"IDAT", zlib.compress(_paeth(pixels), level)),
        _chunk(b"IEND", b""),
    ]
    return b"".join(parts)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(body, zlib.crc32(kind)))


def _paeth(pixels: Pixels) -> bytes:
    """Rows under filter 4: each byte less the neighbour (left, up, corner) nearest to left + up - corner."""
    height, width, channels = pixels.shape
    step = channels * pixels.itemsize
    rows = np.ascontiguousarray(pixels.astype(f">u{pixels.itemsize}", copy=False)).view(np.uint8)
    padded = np.zeros((height + 1, width * step + step), np.uint8)
    padded[1:, step:] = rows.reshape(height, -1)
    out = np.empty((height, width * step + 1), np.uint8)
    out[:, 0] = 4
    for top in range(0, height, STRIP_ROWS):
        part = padded[top : top + STRIP_ROWS + 1]
        here, left, up, corner = part[1:, step:], part[1:, :-step], part[:-1, step:], part[:-1, :-step]
        to_left, to_up = cv2.absdiff(up, corner), cv2.absdiff(left, corner)
        to_corner = np.abs(left.astype(np.int16) + up - 2 * corner.astype(np.int16))
        guess = np.where(to_up <= to_corner, up, corner)
        guess = np.where((to_left <= to_up) & (to_left <= to_corner), left, guess)
        out[top : top + STRIP_ROWS, 1:] = here - guess
    return out.tobytes()


def tiff(pixels: Pixels, *, icc: bytes, xmp: bytes | None, dpi: float | None, level: int = 1) -> bytes:
    """A little-endian TIFF of `(h, w, 3|4)` RGB(A), deflated; alpha is straight (unassociated)."""
    height, width, channels = pixels.shape
    strips = [zlib.compress(_differences(pixels[y : y + STRIP_ROWS]), level) for y in range(0, height, STRIP_ROWS)]
    starts = (8 + np.cumsum([0] + [len(s) + len(s) % 2 for s in strips])).tolist()
    resolution = struct.pack("<II", round((dpi or 72) * 100), 100)
    tags: list[tuple[int, str, Any]] = [
        (256, "I", [width]),
        (257, "I", [height]),
        (258, "H", [8 * pixels.itemsize] * channels),
        (259, "H", [8]),  # deflate
        (262, "H", [2]),  # RGB
        (273, "I", starts[:-1]),
        (277, "H", [channels]),
        (278, "I", [STRIP_ROWS]),
        (279, "I", [len(s) for s in strips]),
        (282, "R", resolution),
        (283, "R", resolution),
        (284, "H", [1]),
        (296, "H", [2]),  # inch
        (317, "H", [2]),  # horizontal differences
        *([(338, "H", [2])] if channels == 4 else []),  # straight alpha
        *([(700, "B", xmp)] if xmp else []),
        (34675, "U", icc),
    ]
    body = b"".join(s + b"\0" * (len(s) % 2) for s in strips)
    return b"II*\0" + struct.pack("<I", starts[-1]) + body + _directory(tags, starts[-1])


def _differences(rows: Pixels) -> bytes:
    out = np.ascontiguousarray(rows.astype(f"<u{rows.itemsize}", copy=False)).copy()
    out[:, 1:] -= rows[:, :-1]
    return out.tobytes()


TIFF_TYPES = {"B": (1, 1), "H": (3, 2), "I": (4, 4), "R": (5, 8), "U": (7, 1)}  # struct letter → (type, bytes)


def _directory(tags: list[tuple[int, str, Any]], start: int) -> bytes:
    """An image file directory and the values too long for it."""
    entries, extra = b"", b""
    after = start + 2 + 12 * len(tags) + 4
    for number, letter, values in tags:
        kind, size = TIFF_TYPES[letter]
        raw = values if isinstance(values, bytes) else struct.pack(f"<{len(values)}{letter}", *values)
        place = raw.ljust(4, b"\0")
        if len(raw) > 4:
            place = struct.pack("<I", after + len(extra))
            extra += raw + b"\0" * (len(raw) % 2)
        entries += struct.pack("<HHI", number, kind, len(raw) // size) + place
    return struct.pack("<H", len(tags)) + entries + b"\0\0\0\0" + extra
