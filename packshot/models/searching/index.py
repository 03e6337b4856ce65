"""Vectors of a catalogue's pictures, kept beside it: made once for each picture's content and each encoder.

CATALOGUE/.search-DIGEST/vectors.f16     one row a content, half precision, without a header; mapped, never read whole
CATALOGUE/.search-DIGEST/index.sqlite    content (SHA-256) → row; file (path, size, time) → row; the pictures in order

A file is hashed again only where its size or time has changed, and a picture is looked at only where its content is
new: renamed, copied or touched files cost nothing but a hash. What was done is kept every few dozen pictures, so that a
refresh that was stopped goes on; several processes may refresh at once. Nothing here grows with the catalogue in
memory. It is a cache: deleting the folder costs time alone. Where the catalogue's folder cannot be written to, it lies
in packshot's own cache.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from packshot.catalogue.catalogue import Catalogue, Shot
from packshot.catalogue.dataset.cache import cache_folder
from packshot.catalogue.dataset.pack import Fitting, photo_bytes
from packshot.catalogue.problems import Problem
from packshot.errors import CatalogueError, PackshotError
from packshot.imaging.files import MAX_FILE_BYTES
from packshot.models.words import Encoder

Floats = NDArray[np.float32]

FORMAT = 1
BATCH = 64  # pictures between two times that what was done is kept
CHUNK = 8192  # vectors that are in memory at a time
KEPT = 1000  # problems that are told by name
WAIT_SECONDS = 60.0  # for another process that writes
TABLES = (
    "CREATE TABLE IF NOT EXISTS contents (content BLOB PRIMARY KEY, row INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS files (path TEXT PRIMARY KEY, size INTEGER, time INTEGER, row INTEGER, reason TEXT)",
    "CREATE TABLE IF NOT EXISTS pictures "
    "(place INTEGER PRIMARY KEY, line INTEGER, sku TEXT, title TEXT, path TEXT, row INTEGER)",
    "CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID",
)
FRESH = (
    "CREATE TEMP TABLE fresh (place INTEGER PRIMARY KEY, line INTEGER, sku TEXT, title TEXT, path TEXT, row INTEGER)"
)
IN_ORDER = "SELECT sku, title, path, row FROM pictures WHERE row IS NOT NULL ORDER BY place"
HELD = "SELECT f.path, f.size, f.time FROM pictures p LEFT JOIN files f ON f.path = p.path"
UNREAD = "SELECT p.line, p.path, f.reason FROM pictures p JOIN files f ON f.path = p.path WHERE p.row IS NULL"


class Entry(NamedTuple):
    """A picture of the catalogue. path: relative to the folder of its pictures."""

    sku: str
    title: str
    path: str


@dataclass
class Refreshed:
    """What a refresh found: pictures that can be searched, how many of them were new, and which could not be read."""

    pictures: int = 0
    new: int = 0
    unread: int = 0
    problems: list[Problem] = field(default_factory=list)

    def lose(self, problem: Problem) -> None:
        """A picture that could not be read; the first thousand are kept by name."""
        self.unread += 1
        if len(self.problems) < KEPT:
            self.problems.append(problem)


class Index:
    """The vectors of one catalogue by one encoder. Raises CatalogueError where another process holds it for long."""

    def __init__(self, catalogue: Catalogue, encoder: Encoder) -> None:
        self.catalogue, self.encoder = catalogue, encoder
        self.folder = folder_of(catalogue, encoder.digest)
        self.vectors = self.folder / "vectors.f16"
        try:
            self.base = self._opened()
        except sqlite3.DatabaseError:  # a damaged cache
            shutil.rmtree(self.folder, ignore_errors=True)
            self.folder.mkdir(parents=True, exist_ok=True)
            self.base = self._opened()

    def __enter__(self) -> Index:
        return self

    def __exit__(self, *_: object) -> None:
        self.base.close()

    def __len__(self) -> int:
        """Pictures that can be searched."""
        return int(self.base.execute("SELECT count(*) FROM pictures WHERE row IS NOT NULL").fetchone()[0])

    def refresh(self, on_picture: Callable[[int], None] | None = None) -> Refreshed:
        """Bring it up to what the catalogue holds now. on_picture: told how many pictures were looked at."""
        try:
            if self._unchanged():
                return self._told()
            return self._read_all(on_picture or (lambda number: None))
        except sqlite3.OperationalError as error:
            raise CatalogueError(f"{self.folder}: cannot be used now ({error}); try again, or delete it") from None

    def chunks(self) -> Iterator[tuple[list[Entry], Floats]]:
        """All pictures in the catalogue's order: entries, and their vectors `(n, dim)`."""
        count, dim = self._rows(self.base), self.encoder.dim
        if not count:
            return
        mapped = np.memmap(self.vectors, np.float16, "r", shape=(count, dim))
        with closing(self.base.execute(IN_ORDER)) as found:
            while part := found.fetchmany(CHUNK):
                rows = np.fromiter((line[3] for line in part), np.int64, len(part))
                yield [Entry(*line[:3]) for line in part], mapped[rows].astype(np.float32)

    def _opened(self) -> sqlite3.Connection:
        base = sqlite3.connect(self.folder / "index.sqlite", timeout=WAIT_SECONDS, isolation_level=None)
        for table in TABLES:
            base.execute(table)
        base.execute("INSERT OR IGNORE INTO facts VALUES ('format', ?)", (str(FORMAT),))
        size = self.vectors.stat().st_size if self.vectors.is_file() else 0
        if _fact(base, "format") != str(FORMAT) or size < 2 * self.encoder.dim * self._rows(base):
            base.close()
            raise sqlite3.DatabaseError("another format, or vectors are missing")
        return base

    @staticmethod
    def _rows(base: sqlite3.Connection) -> int:
        return int(base.execute("SELECT count(*) FROM contents").fetchone()[0])

    def _stamp(self) -> str:
        facts = self.catalogue.products.stat()
        return f"{facts.st_size} {facts.st_mtime_ns} {self.catalogue.pictures}"

    def _unchanged(self) -> bool:
        """Whether rows and picture files are those of the last refresh, by size and time."""
        if _fact(self.base, "stamp") != self._stamp():
            return False
        root = self.catalogue.pictures
        with closing(self.base.execute(HELD)) as found:
            return all(path is not None and _facts(root / path) == (size, time) for path, size, time in found)

    def _told(self) -> Refreshed:
        """What is known without a look at any picture."""
        done = Refreshed(len(self))
        for line, path, reason in self.base.execute(UNREAD):
            done.lose(Problem(line + 1, "image", reason, path, self.catalogue.products.name))
        return done

    def _read_all(self, on_picture: Callable[[int], None]) -> Refreshed:
        done, stamp, seen = Refreshed(), self._stamp(), 0
        self.base.execute("DROP TABLE IF EXISTS temp.fresh")
        self.base.execute(FRESH)
        shots = enumerate(self.catalogue.images())
        while part := list(islice(shots, BATCH)):
            self._take(part, done)
            seen += len(part)
            on_picture(seen)
        with _step(self.base):
            self.base.execute("DELETE FROM pictures")
            self.base.execute("INSERT INTO pictures SELECT * FROM fresh")
            self.base.execute("INSERT OR REPLACE INTO facts VALUES ('stamp', ?)", (stamp,))
        return done

    def _take(self, part: list[tuple[int, Shot]], done: Refreshed) -> None:
        """Look at some pictures, encode those that are new, and keep all of it in one step."""
        looks = [self._look(shot) for _, shot in part]
        new = {look.content: look.pixels for look in looks if look.pixels is not None}
        pixels = torch.from_numpy(np.stack(list(new.values()))).float() / 255 if new else None
        vectors = None if pixels is None else self.encoder.pictures(pixels).numpy()
        with _step(self.base):
            if vectors is not None:
                done.new += self._keep(list(new), vectors)
            for (number, shot), look in zip(part, looks, strict=True):
                self._note(number, shot, look, done)

    def _note(self, number: int, shot: Shot, look: Look, done: Refreshed) -> None:
        """What is known now of a picture and of its file."""
        product, path = shot.product, shot.image.path
        row = look.row if look.row is not None or not look.content else self._row_of(look.content)
        if look.reason:
            done.lose(Problem(shot.row + 1, "image", look.reason, path, self.catalogue.products.name))
        done.pictures += not look.reason
        if look.facts is not None:
            kept = (path, *look.facts, row, look.reason)
            self.base.execute("INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?)", kept)
        entry = (number, shot.row, product.sku, product.title or product.title_zh or product.name, path, row)
        self.base.execute("INSERT INTO fresh VALUES (?, ?, ?, ?, ?, ?)", entry)

    def _look(self, shot: Shot) -> Look:
        """What is known of a picture, or its pixels where its content is new."""
        facts = _facts(shot.path)
        if facts is None:
            return Look(None, reason="there is no such file")
        wanted = "SELECT size, time, row, reason FROM files WHERE path = ?"
        held = self.base.execute(wanted, (shot.image.path,)).fetchone()
        if held is not None and held[:2] == facts:
            return Look(facts, row=held[2], reason=held[3])
        try:
            data = shot.path.read_bytes() if facts[0] <= MAX_FILE_BYTES else b""
            content = hashlib.sha256(data).digest()
            row = self._row_of(content)
            pixels = None if row is not None else _pixels(data or shot.path, shot.path.name, self.encoder.side)
            return Look(facts, content, row, pixels=pixels)
        except (PackshotError, OSError) as error:
            return Look(facts, reason=str(error) or type(error).__name__)

    def _row_of(self, content: bytes) -> int | None:
        found = self.base.execute("SELECT row FROM contents WHERE content = ?", (content,)).fetchone()
        return None if found is None else int(found[0])

    def _keep(self, contents: list[bytes], vectors: Floats) -> int:
        """Append vectors of contents that no other process has kept meanwhile; gives how many."""
        wanted = [place for place, content in enumerate(contents) if self._row_of(content) is None]
        first, dim = self._rows(self.base), self.encoder.dim
        descriptor = os.open(self.vectors, os.O_CREAT | os.O_RDWR, 0o644)
        with os.fdopen(descriptor, "r+b") as file:
            file.seek(2 * dim * first)
            file.write(vectors[wanted].astype(np.float16).tobytes())
            file.flush()
            os.fsync(file.fileno())
        rows = [(contents[place], first + number) for number, place in enumerate(wanted)]
        self.base.executemany("INSERT INTO contents VALUES (?, ?)", rows)
        return len(wanted)


class Look(NamedTuple):
    """facts: size and time of the file, None if there is none; pixels: `(3, side, side)` bytes of a new content."""

    facts: tuple[int, int] | None
    content: bytes = b""
    row: int | None = None
    reason: str = ""
    pixels: NDArray[np.uint8] | None = None


def folder_of(catalogue: Catalogue, digest: str) -> Path:
    """Where the vectors of a catalogue lie; made if it is not there."""
    name = f".search-{digest[:12]}"
    beside = catalogue.folder / name
    with suppress(OSError):
        beside.mkdir(exist_ok=True)
        if os.access(beside, os.W_OK):
            return beside
    known = hashlib.sha256(str(catalogue.folder.resolve()).encode()).hexdigest()[:12]
    own = cache_folder() / "search" / f"{known}{name}"
    own.mkdir(parents=True, exist_ok=True)
    return own


def _fact(base: sqlite3.Connection, name: str) -> str:
    found = base.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
    return "" if found is None else str(found[0])


@contextmanager
def _step(base: sqlite3.Connection) -> Iterator[None]:
    """All of it or nothing; other processes wait."""
    base.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        base.execute("ROLLBACK")
        raise
    base.execute("COMMIT")


def _facts(path: Path) -> tuple[int, int] | None:
    try:
        facts = os.stat(path)
    except OSError:
        return None
    return facts.st_size, facts.st_mtime_ns


def _pixels(data: bytes | Path, name: str, side: int) -> NDArray[np.uint8]:
    """`(3, side, side)` bytes of a picture, as networks are trained on them."""
    from packshot.imaging.files import open_picture

    picture = open_picture(data, name=name, max_side_px=max(4 * side, 512)).picture
    return photo_bytes(picture.rgb, picture.alpha, Fitting(side))
