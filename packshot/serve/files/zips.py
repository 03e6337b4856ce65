"""Many files as one zip, made while it is sent: memory does not grow with the files, only by a line for each.

Pictures are compressed already, so nothing is compressed again.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import IO

PIECE = 1 << 18
OPENED = (1980, 1, 1, 0, 0, 0)  # the earliest time a zip can tell: equal files make equal zips


@dataclass(frozen=True)
class Entry:
    """A file in a zip. open: gives its bytes, called when its turn comes."""

    name: str
    size: int
    open: Callable[[], IO[bytes]]


@dataclass
class _Outlet:
    """A file that cannot be sought in, whose bytes are taken away again and again."""

    waiting: list[bytes] = field(default_factory=list)
    position: int = 0

    def write(self, data: bytes) -> int:
        """Take bytes."""
        self.waiting.append(bytes(data))
        self.position += len(data)
        return len(data)

    def tell(self) -> int:
        """Bytes written so far."""
        return self.position

    def flush(self) -> None:
        """Nothing waits."""

    def taken(self) -> bytes:
        """What was written since the last call."""
        data, self.waiting = b"".join(self.waiting), []
        return data


def zipped(entries: Iterable[Entry]) -> Iterator[bytes]:
    """The bytes of a zip with these files, piece by piece."""
    outlet = _Outlet()
    with zipfile.ZipFile(outlet, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:  # type: ignore[call-overload]
        for entry in entries:
            told = zipfile.ZipInfo(entry.name, OPENED)
            told.external_attr = 0o644 << 16
            with entry.open() as source, archive.open(told, "w", force_zip64=entry.size > 1 << 30) as target:
                while piece := source.read(PIECE):
                    target.write(piece)
                    yield outlet.taken()
            yield outlet.taken()
    yield outlet.taken()
