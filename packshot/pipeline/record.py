"""`edits.jsonl`: one line per result, append-only, and an index of it that does not grow in memory.

A torn last line (power cut, kill -9) is ignored; the last line of a key wins. Torch-free.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

Status = Literal["done", "flagged", "failed"]
Key = tuple[str, str, str]


@dataclass(frozen=True)
class Record:
    """What became of one picture (of one variant of it).

    sku, image, variant: the key; `image` is the catalogue's own path of it, `variant` is empty without `each`.
    source, source_sha256: the file that was read. settings: digest of everything that decides the pixels.
    weights: name → digest. output, output_sha256: relative to the output folder; empty if failed.
    reason: why it is flagged or failed, parts joined by "; ". notes: what was odd, but no reason to worry.
    steps, fidelity, marks: as DESIGN.md §4; fidelity holds the worst step's figures and the encoded file's.
    checks: what a channel's rules said of the file, where it was made for one.
    size, to_source: the output's `(height, width)` in px and the transform from its pixels into the photo's.
    seconds: wall-clock time.
    """

    sku: str
    image: str
    variant: str
    source: str
    source_sha256: str
    settings: str
    status: Status
    output: str = ""
    output_sha256: str = ""
    reason: str = ""
    notes: tuple[str, ...] = ()
    weights: Mapping[str, str] = field(default_factory=dict)
    steps: tuple[Mapping[str, Any], ...] = ()
    fidelity: Mapping[str, float] = field(default_factory=dict)
    marks: Mapping[str, str] = field(default_factory=dict)
    checks: tuple[Mapping[str, Any], ...] = ()
    size: tuple[int, ...] = ()
    to_source: tuple[tuple[float, ...], ...] = ()
    seconds: float = 0.0

    @property
    def key(self) -> Key:
        """What makes it unique within one output folder."""
        return self.sku, self.image, self.variant

    def line(self) -> str:
        """As one line of JSON, without the newline."""
        return json.dumps(asdict(self), ensure_ascii=False, sort_keys=True)


NAMES = frozenset(f.name for f in fields(Record))


def read_records(path: Path) -> Iterator[Record]:
    """Every whole line of a record file in order, earlier versions included; broken lines are skipped."""
    if not path.exists():
        return
    with path.open("rb") as file:
        for line in file:
            record = _parsed(line)
            if record is not None:
                yield record


def _parsed(line: bytes) -> Record | None:
    try:
        entry = json.loads(line)
        return Record(**{k: v for k, v in entry.items() if k in NAMES})
    except (ValueError, TypeError, AttributeError):
        return None


class Log:
    """Appends records, each line whole and on disk before `add` returns."""

    def __init__(self, path: Path) -> None:
        self.file = path.open("ab")
        if self.file.tell() and not _ends_with_newline(path):
            self.file.write(b"\n")  # a torn line becomes a broken one, which readers skip

    def add(self, record: Record) -> None:
        """Append one record."""
        self.file.write(record.line().encode() + b"\n")
        self.file.flush()
        os.fsync(self.file.fileno())

    def __enter__(self) -> Log:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.file.close()


def _ends_with_newline(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1) == b"\n"


class Index:
    """The last record of every key and every output name given out, in a temporary database on disk.

    Constant memory however large the catalogue; the record file stays the only truth.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.base = sqlite3.connect("", isolation_level=None)  # "" = a temporary file that is spilled when large
        self.base.execute("PRAGMA cache_size = -4000")
        self.base.execute(
            "CREATE TABLE records (sku, image, variant, start, length, PRIMARY KEY (sku, image, variant))"
        )
        self.base.execute("CREATE TABLE names (name PRIMARY KEY)")
        self.base.execute("BEGIN")
        for key, start, length in _spans(path):
            self.base.execute("INSERT OR REPLACE INTO records VALUES (?, ?, ?, ?, ?)", (*key, start, length))

    def last(self, key: Key) -> Record | None:
        """The newest record of a key that was in the file when the index was made."""
        query = "SELECT start, length FROM records WHERE sku = ? AND image = ? AND variant = ?"
        row = self.base.execute(query, key).fetchone()
        return None if row is None else _at(self.path, *row)

    def newest(self) -> Iterator[Record]:
        """The newest record of every key, in the order in which those lines stand in the file."""
        for start, length in self.base.execute("SELECT start, length FROM records ORDER BY start"):
            record = _at(self.path, start, length)
            if record is not None:
                yield record

    def claim(self, name: str) -> bool:
        """Reserve an output name; False if it was given out before (upper and lower case are the same)."""
        query = "INSERT OR IGNORE INTO names VALUES (?)"
        return self.base.execute(query, (name.casefold(),)).rowcount == 1

    def close(self) -> None:
        """Drop the temporary database."""
        self.base.close()


def _spans(path: Path) -> Iterator[tuple[Key, int, int]]:
    if not path.exists():
        return
    start = 0
    with path.open("rb") as file:
        for line in file:
            record = _parsed(line)
            if record is not None:
                yield record.key, start, len(line)
            start += len(line)


def _at(path: Path, start: int, length: int) -> Record | None:
    with path.open("rb") as file:
        file.seek(start)
        return _parsed(file.read(length))
