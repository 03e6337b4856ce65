"""Files written byte by byte, for what no library writes: odd PNGs, odd TIFFs, ICC profiles of any kind."""

from __future__ import annotations

import struct
import zlib

import numpy as np

PNG_TYPES = {1: 0, 2: 4, 3: 2, 4: 6}  # channels → colour type
SRGB_XY = ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06))
P3_XY = ((0.68, 0.32), (0.265, 0.69), (0.15, 0.06))
ADOBE_XY = ((0.64, 0.33), (0.21, 0.71), (0.15, 0.06))
BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
D50 = np.array([0.9642, 1.0, 0.8249])


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(pixels, *, extra=b"", size=None, idat=None, colour_type=None) -> bytes:
    """A PNG of uint8 or uint16 `(h, w, c)` or `(h, w)`. `extra` chunks go before the data; `size`, `idat` may lie."""
    height, width, channels = np.atleast_3d(pixels).shape
    width, height = size or (width, height)
    kind = PNG_TYPES[channels] if colour_type is None else colour_type
    head = struct.pack(">IIBBBBB", width, height, 8 * pixels.itemsize, kind, 0, 0, 0)
    rows = b"".join(b"\0" + row.astype(f">u{pixels.itemsize}").tobytes() for row in pixels)
    data = zlib.compress(rows) if idat is None else idat
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + extra
        + (chunk(b"IDAT", data) if data else b"")
        + chunk(b"IEND", b"")
    )


def interlaced_png(pixels) -> bytes:
    """Adam7 (PNG §8.2), 8-bit RGB."""
    height, width, _ = pixels.shape
    passes = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
    rows = b""
    for x, y, step_x, step_y in passes:
        rows += b"".join(b"\0" + row.tobytes() for row in pixels[y::step_y, x::step_x])
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 1)
    parts = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


def tiff(pixels, photometric, *, sample_format=1, extra_sample=None, orientation=1, tags=(), planar=1, next_ifd=0):
    """An unpacked little-endian TIFF of `(h, w, c)`, or of `(c, h, w)` if planar is 2. next_ifd: -1 = itself."""
    height, width, channels = pixels.shape if planar == 1 else (*pixels.shape[1:], pixels.shape[0])
    data = pixels.astype(pixels.dtype.newbyteorder("<")).tobytes()
    strips = 1 if planar == 1 else channels
    each = len(data) // strips
    entries = [
        (256, 3, [width]),
        (257, 3, [height]),
        (258, 3, [8 * pixels.itemsize] * channels),
        (259, 3, [1]),
        (262, 3, [photometric]),
        (273, 4, [8 + i * each for i in range(strips)]),
        (274, 3, [orientation]),
        (277, 3, [channels]),
        (278, 3, [height]),
        (279, 4, [each] * strips),
        (284, 3, [planar]),
        *([] if extra_sample is None else [(338, 3, [extra_sample])]),
        (339, 3, [sample_format] * channels),
        *tags,
    ]
    entries.sort()
    start = 8 + len(data)
    index, more = b"", b""
    after = start + 2 + 12 * len(entries) + 4
    for number, kind, values in entries:
        raw = struct.pack(f"<{len(values)}{ {1: 'B', 3: 'H', 4: 'I'}[kind] }", *values)
        if len(raw) > 4:
            place, more = struct.pack("<I", after + len(more)), more + raw
        else:
            place = raw.ljust(4, b"\0")
        index += struct.pack("<HHI", number, kind, len(values)) + place
    following = struct.pack("<I", start if next_ifd == -1 else next_ifd)
    return b"II*\0" + struct.pack("<I", start) + data + struct.pack("<H", len(entries)) + index + following + more


def linear_matrix(xy) -> np.ndarray:
    """Linear RGB → XYZ for primaries under D65 (not adapted)."""
    xyz = np.array([[x / y, 1, (1 - x - y) / y] for x, y in xy]).T
    return xyz * np.linalg.solve(xyz, [0.3127 / 0.3290, 1, (1 - 0.3127 - 0.3290) / 0.3290])


def icc(space: bytes, tags: dict[bytes, bytes], *, connection=b"XYZ ", kind=b"mntr", name="test profile") -> bytes:
    """An ICC v2 profile of any tags."""
    text = name.encode() + b"\0"
    tags = {b"desc": b"desc\0\0\0\0" + struct.pack(">I", len(text)) + text + b"\0" * 78, **tags}
    tags |= {b"cprt": b"text\0\0\0\0none\0", b"wtpt": xyz(D50)}
    body, index, start = b"", b"", 132 + 12 * len(tags)
    for tag, data in tags.items():
        index += struct.pack(">4sII", tag, start + len(body), len(data))
        body += data + b"\0" * (-len(data) % 4)
    head = struct.pack(">I4xI4s4s4s", start + len(body), 0x02400000, kind, space, connection)
    head += struct.pack(">6H", 2020, 1, 1, 0, 0, 0) + b"acsp" + b"\0" * 28 + fixed(*D50) + b"\0" * 48
    return head + struct.pack(">I", len(tags)) + index + body


def fixed(*values) -> bytes:
    return struct.pack(f">{len(values)}i", *(round(float(v) * 65536) for v in values))


def xyz(values) -> bytes:
    return b"XYZ \0\0\0\0" + fixed(*values)


def gamma(exponent: float) -> bytes:
    return b"curv\0\0\0\0" + struct.pack(">IH", 1, round(exponent * 256))


def sampled(values) -> bytes:
    codes = np.rint(np.asarray(values) * 65535).astype(">u2")
    return b"curv\0\0\0\0" + struct.pack(">I", len(codes)) + codes.tobytes()


def srgb_sampled() -> bytes:
    x = np.linspace(0, 1, 1024)
    return sampled(np.where(x <= 0.04045, x / 12.92, ((x + 0.055) / 1.055) ** 2.4))


def rgb_icc(xy, curve: bytes, name: str) -> bytes:
    """A matrix profile: primaries adapted from D65 to D50."""
    native = linear_matrix(xy)
    gains = (BRADFORD @ D50) / (BRADFORD @ native.sum(1))
    columns = (np.linalg.inv(BRADFORD) @ (gains[:, None] * (BRADFORD @ native))).T
    tags = {c + b"XYZ": xyz(column) for c, column in zip((b"r", b"g", b"b"), columns, strict=True)}
    return icc(b"RGB ", {**tags, **{c + b"TRC": curve for c in (b"r", b"g", b"b")}}, name=name)


def table_icc(space: bytes, channels: int, lab_of, *, grid=9, name="table profile") -> bytes:
    """A profile by table (lut16): `lab_of` takes device values `(n, channels)` to CIELAB D50 `(n, 3)`."""
    axes = np.meshgrid(*[np.linspace(0, 1, grid)] * channels, indexing="ij")
    lab = lab_of(np.stack(axes, -1).reshape(-1, channels))
    code = np.stack([lab[:, 0] * 652.8, (lab[:, 1] + 128) * 256, (lab[:, 2] + 128) * 256], -1)
    line = np.array([0, 65535], ">u2").tobytes()
    lut = b"mft2\0\0\0\0" + bytes([channels, 3, grid, 0]) + fixed(1, 0, 0, 0, 1, 0, 0, 0, 1) + struct.pack(">HH", 2, 2)
    lut += line * channels + np.clip(np.rint(code), 0, 65535).astype(">u2").tobytes() + line * 3
    kind = b"prtr" if channels == 4 else b"scnr"
    return icc(space, {b"A2B0": lut}, connection=b"Lab ", kind=kind, name=name)
