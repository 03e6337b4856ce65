"""Linear light as an OpenEXR file: three channels of 32-bit floats, bit for bit.

Source: "OpenEXR File Layout" and "Technical Introduction to OpenEXR" (openexr.com): single-part scan-line files, and
the ZIP compression's reordering and prediction of bytes. Departures: it writes R, G and B as floats with ZIP, and reads
floats or halves, plain or with ZIP or ZIPS, and nothing else. Values are in linear Rec. 709 primaries, which is what a
file without `chromaticities` means.
"""

from __future__ import annotations

import struct
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from packshot.errors import TooLarge, UnreadableFile

MAGIC, VERSION, ZIP = 20000630, 2, 3
LINES = {0: 1, 2: 1, ZIP: 16}  # compression → lines in a chunk
TYPES: dict[int, np.dtype[Any]] = {1: np.dtype("<f2"), 2: np.dtype("<f4")}
MAX_SIDE = 16384
Pixels = NDArray[Any]


def write(light: Pixels) -> bytes:
    """(h, w, 3) float32, any values, as an EXR file."""
    h, w, _ = light.shape
    planes = np.ascontiguousarray(light[..., ::-1].transpose(0, 2, 1), "<f4")  # line, channel B G R, place
    chunks = []
    for top in range(0, h, LINES[ZIP]):
        raw = planes[top : top + LINES[ZIP]].tobytes()
        small = zlib.compress(_predicted(raw), 6)
        data = small if len(small) < len(raw) else raw
        chunks.append(struct.pack("<ii", top, len(data)) + data)
    head = _header(w, h)
    places = np.cumsum([len(head) + 8 * len(chunks), *map(len, chunks)])[:-1]
    return head + places.astype("<u8").tobytes() + b"".join(chunks)


def read(data: bytes) -> NDArray[np.float32]:
    """(h, w, 3) float32 of an EXR file. Raises UnreadableFile, TooLarge."""
    try:
        return _read(data)
    except (struct.error, zlib.error, KeyError, IndexError, ValueError) as error:
        if isinstance(error, UnreadableFile | TooLarge):
            raise
        raise UnreadableFile(f"exr: damaged, or of a kind that is not read: {error}") from error


def _header(w: int, h: int) -> bytes:
    window = struct.pack("<4i", 0, 0, w - 1, h - 1)
    channels = b"".join(name + b"\0" + struct.pack("<iB3xii", 2, 0, 1, 1) for name in (b"B", b"G", b"R")) + b"\0"
    entries = (
        (b"channels", b"chlist", channels),
        (b"compression", b"compression", bytes([ZIP])),
        (b"dataWindow", b"box2i", window),
        (b"displayWindow", b"box2i", window),
        (b"lineOrder", b"lineOrder", b"\0"),
        (b"pixelAspectRatio", b"float", struct.pack("<f", 1)),
        (b"screenWindowCenter", b"v2f", struct.pack("<ff", 0, 0)),
        (b"screenWindowWidth", b"float", struct.pack("<f", 1)),
    )
    told = b"".join(n + b"\0" + kind + b"\0" + struct.pack("<i", len(value)) + value for n, kind, value in entries)
    return struct.pack("<ii", MAGIC, VERSION) + told + b"\0"


def _read(data: bytes) -> NDArray[np.float32]:
    if struct.unpack_from("<ii", data) != (MAGIC, VERSION):
        raise UnreadableFile("exr: expected a single-part scan-line OpenEXR file")
    entries, place = _entries(data, 8)
    left, top, right, bottom = struct.unpack("<4i", entries["dataWindow"])
    w, h, kinds = right - left + 1, bottom - top + 1, _channels(entries["channels"])
    if not (1 <= w <= MAX_SIDE and 1 <= h <= MAX_SIDE):
        raise TooLarge(f"exr: expected sides of 1 to {MAX_SIDE:,} px, got {w:,} × {h:,}")
    compression, row = entries["compression"][0], sum(kind.itemsize for kind in kinds.values()) * w
    if compression not in LINES:
        raise UnreadableFile(f"exr: expected no compression, ZIPS or ZIP, got number {compression}")
    light = np.zeros((h, w, 3), np.float32)
    for start in struct.unpack_from(f"<{-(-h // LINES[compression])}Q", data, place):
        y, size = struct.unpack_from("<ii", data, start)
        lines = min(LINES[compression], bottom + 1 - y)
        raw = data[start + 8 : start + 8 + size]
        if compression and size < lines * row:
            unpacker = zlib.decompressobj()
            raw = _restored(unpacker.decompress(raw, lines * row))
        _fill(light[y - top : y - top + lines], raw, kinds)
    return light


def _fill(light: NDArray[np.float32], raw: bytes, kinds: dict[str, np.dtype[Any]]) -> None:
    lines, w = light.shape[:2]
    grid = np.frombuffer(raw, np.uint8).reshape(lines, -1)
    first = 0
    for name, kind in kinds.items():
        last = first + kind.itemsize * w
        if name in "RGB":
            light[..., "RGB".index(name)] = np.ascontiguousarray(grid[:, first:last]).view(kind)
        first = last


def _entries(data: bytes, place: int) -> tuple[dict[str, bytes], int]:
    """Header entries by name, and where they end."""
    found = {}
    while data[place]:
        name, _, rest = data[place : place + 512].partition(b"\0")
        kind = rest.partition(b"\0")[0]
        place += len(name) + len(kind) + 2
        (size,) = struct.unpack_from("<i", data, place)
        found[name.decode("ascii", "replace")] = data[place + 4 : place + 4 + size]
        place += 4 + size
    return found, place + 1


def _channels(told: bytes) -> dict[str, np.dtype[Any]]:
    """Channel → kind of its numbers, in the order of the file."""
    found: dict[str, np.dtype[Any]] = {}
    place = 0
    while told[place]:
        end = told.index(b"\0", place)
        kind, across, down = struct.unpack_from("<i4xii", told, end + 1)
        if (across, down) != (1, 1):
            raise UnreadableFile("exr: expected channels of full size")
        found[told[place:end].decode("ascii", "replace")] = TYPES[kind]
        place = end + 17
    if not {"R", "G", "B"} <= set(found):
        raise UnreadableFile(f"exr: expected channels R, G and B, got {', '.join(found)}")
    return found


def _predicted(raw: bytes) -> bytes:
    """Even bytes, then odd ones; each as its difference from the one before, plus 128."""
    grid = np.frombuffer(raw, np.uint8)
    split = np.concatenate([grid[::2], grid[1::2]])
    split[1:] -= split[:-1].copy() + np.uint8(128)
    return split.tobytes()


def _restored(packed: bytes) -> bytes:
    steps = np.frombuffer(packed, np.uint8).copy()
    steps[1:] += np.uint8(128)
    split = np.cumsum(steps, dtype=np.uint8)
    grid, middle = np.empty_like(split), (len(split) + 1) // 2
    grid[::2], grid[1::2] = split[:middle], split[middle:]
    return grid.tobytes()
