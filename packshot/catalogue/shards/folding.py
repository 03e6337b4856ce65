"""Small shards: what is exact and tiny is stacked, so that a shard of thousands of small pictures is packed as one.

Instead of a matte, a layout and a JSON for every picture, a packed shard holds `stack.matte.png`, `stack.layout.png`
(all pictures of the shard below each other, unfiltered and stored, since the shard is compressed as a whole) and
`stack.jsonl`, a line for each. Photos stay files of their own.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Mapping

import numpy as np

from packshot.catalogue.shards.layers import ENDINGS, Pixels, decoded, encoded
from packshot.errors import UnreadableFile

STACK = "stack"
STACKED = ("matte", "layout")
ROWS = "jsonl"


def folded(samples: Iterable[tuple[str, Mapping[str, bytes]]]) -> list[tuple[str, bytes]]:
    """(name, bytes) of every member of the packed shard. samples: (key, members), all of one size."""
    members: list[tuple[str, bytes]] = []
    stacks: dict[str, list[Pixels]] = {name: [] for name in STACKED}
    rows = []
    for key, found in samples:
        for ending, content in found.items():
            layer = next((name for name in STACKED if ENDINGS[name] == ending), "")
            if layer:
                stacks[layer].append(decoded(layer, content))
            elif ending == "json":
                rows.append(content)
            else:
                members.append((f"{key}.{ending}", content))
    for name, stack in stacks.items():
        if stack:
            assert len(stack) == len(rows), f"{name}: not in every sample"
            members.append((f"{STACK}.{ENDINGS[name]}", plain_png(np.concatenate(stack))))
    members.append((f"{STACK}.{ROWS}", b"".join(row + b"\n" for row in rows)))
    return members


def unfolded(keys: list[str], stack: Mapping[str, bytes]) -> list[dict[str, bytes]]:
    """The stacked members of every sample, in the order of `keys`. Raises UnreadableFile if they do not fit."""
    rows = stack.get(ROWS, b"").splitlines()
    if len(rows) != len(keys):
        raise UnreadableFile(f"expected {len(keys):,} rows in its stack, got {len(rows):,}")
    found: list[dict[str, bytes]] = [{} for _ in keys]
    for name in STACKED:
        if ENDINGS[name] not in stack:
            continue
        pixels = decoded(name, stack[ENDINGS[name]])
        if pixels.ndim != 2 or len(pixels) % len(keys):
            raise UnreadableFile(f"{name}: a stack of {pixels.shape} does not fit {len(keys):,} pictures")
        for members, part in zip(found, np.split(pixels, len(keys)), strict=True):
            members[ENDINGS[name]] = encoded(name, part, effort=0)
    for members, row in zip(found, rows, strict=True):
        members["json"] = row
    return found


def plain_png(pixels: Pixels) -> bytes:
    """(h, w) bytes as a grey PNG without filters and stored (PNG specification, 2nd edition, sections 5 and 9)."""
    h, w = pixels.shape
    lines = np.zeros((h, w + 1), np.uint8)  # a filter type before every line: 0, none
    lines[:, 1:] = pixels
    head = struct.pack(">IIBBBBB", w, h, 8, 0, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(lines.tobytes(), 0)), (b"IEND", b""))
    chunks = (
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in parts
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)
