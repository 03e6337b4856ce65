"""Where each row of a `products.jsonl` begins, and which row holds a sku: 20 bytes a row, on disk.

Built in one pass when random access or unique output names are first needed, kept beside the file as
`.products.index` (in memory where the folder is read-only) and mapped, so that it takes no memory to open.
It is a cache: a change of the file's size or time makes it stale, and it is built again.

Rows are found by a 64-bit hash of the *folded output name* of their sku, so that one lookup answers both
"which row has this sku" and "which rows would write to one file on a disk that ignores capitals".
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import struct
import tempfile
import unicodedata
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from packshot.catalogue.lines import lines_of
from packshot.catalogue.names import file_stem, folded

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray

INDEX = ".products.index"
_MAGIC = b"packshot-index-1"
_HEADER = struct.Struct("<16s4q")  # magic, size and time of the file, rows, rows that clash
_FIRST_SKU = re.compile(rb'\{"sku":"([^"\\]+)"')


def stem_hash(sku: str) -> int:
    """64 bits of the folded output name of a sku."""
    return int.from_bytes(hashlib.blake2b(folded(file_stem(sku)).encode(), digest_size=8).digest(), "little")


def sku_of_line(data: bytes) -> str | None:
    """The sku of a line of `products.jsonl`, read without parsing where it stands first; None if there is none."""
    if found := _FIRST_SKU.match(data):
        with contextlib.suppress(UnicodeDecodeError):
            return unicodedata.normalize("NFC", found[1].decode("utf-8"))
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return None
    sku = value.get("sku") if isinstance(value, dict) else None
    return unicodedata.normalize("NFC", " ".join(sku.split())) if isinstance(sku, str) else None


class Index:
    """offsets of the rows, sorted hashes with their rows, and the rows whose name an earlier row has taken."""

    def __init__(self, offsets: Array, hashes: Array, rows: Array, clashes: Array) -> None:
        self.offsets, self.hashes, self.rows = offsets, hashes, rows
        self.clashes = frozenset(int(row) for row in clashes)

    def __len__(self) -> int:
        return len(self.offsets)

    def candidates(self, sku: str) -> Iterator[int]:
        """Rows that may hold this sku, in file order (the caller compares the sku itself)."""
        import numpy as np

        key = np.uint64(stem_hash(sku))
        low, high = np.searchsorted(self.hashes, key, "left"), np.searchsorted(self.hashes, key, "right")
        yield from sorted(int(row) for row in self.rows[low:high])


def build(path: Path) -> Index:
    """The index of a file, in one pass. Lines without a readable sku get a row, but no name."""
    import numpy as np

    offsets, names = array("q"), array("Q")
    with path.open("rb") as file:
        for line in lines_of(file):
            sku = sku_of_line(line.data) if line.whole else None
            if sku is None and not line.ended:
                break  # a torn last line is no row
            offsets.append(line.offset)
            names.append(stem_hash(sku) if sku is not None else 0)
    hashes = np.frombuffer(names, dtype=np.uint64) if names else np.empty(0, np.uint64)
    rows = np.argsort(hashes, kind="stable").astype(np.uint32)
    ordered = hashes[rows]
    again = np.zeros(len(rows), bool)
    again[1:] = (ordered[1:] == ordered[:-1]) & (ordered[1:] != 0)
    starts = np.frombuffer(offsets, dtype=np.int64) if offsets else np.empty(0, np.int64)
    return Index(starts, ordered, rows, np.sort(rows[again]).astype(np.uint32))


def _stamp(path: Path) -> tuple[int, int]:
    facts = path.stat()
    return facts.st_size, facts.st_mtime_ns


def _load(path: Path, stamp: tuple[int, int]) -> Index | None:
    import numpy as np

    try:
        with path.open("rb") as file:
            magic, size, time, rows, clashes = _HEADER.unpack(file.read(_HEADER.size))
        if magic != _MAGIC or (size, time) != stamp or path.stat().st_size != _HEADER.size + 20 * rows + 4 * clashes:
            return None
        parts, start = [], _HEADER.size
        for kind, count in ((np.int64, rows), (np.uint64, rows), (np.uint32, rows), (np.uint32, clashes)):
            parts.append(np.memmap(path, kind, "r", start, (count,)) if count else np.empty(0, kind))
            start += count * np.dtype(kind).itemsize
    except (OSError, struct.error, ValueError):
        return None
    return Index(*parts)


def _save(index: Index, path: Path, stamp: tuple[int, int]) -> None:
    import numpy as np

    clashes = np.array(sorted(index.clashes), np.uint32)
    handle, temporary = tempfile.mkstemp(prefix=".index-", dir=path.parent)
    with os.fdopen(handle, "wb") as file:
        file.write(_HEADER.pack(_MAGIC, *stamp, len(index), len(clashes)))
        for part in (index.offsets, index.hashes, index.rows, clashes):
            file.write(part.tobytes())
    os.replace(temporary, path)


def index_of(products: Path) -> Index:
    """The index of a `products.jsonl`: the one on disk if it is fresh, otherwise built now and kept."""
    stamp = _stamp(products)
    place = products.with_name(INDEX)
    found = _load(place, stamp)
    if found is not None:
        return found
    index = build(products)
    with contextlib.suppress(OSError):  # a read-only folder: keep it in memory
        _save(index, place, stamp)
        return _load(place, stamp) or index
    return index
