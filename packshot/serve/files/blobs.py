"""Bytes under their SHA-256, apart for every tenant; written whole or not at all, read in pieces.

On a local disk a file is written beside its place, synced and renamed; a file on the same disk can be linked. On any
other fsspec file system it is gathered in a local temporary file while it is hashed and then put under its name (object
stores show an object only when it is whole; elsewhere it is moved into place).
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import re
import secrets
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any, BinaryIO

from packshot.errors import NotKnown, ParameterError, TooLarge, Unavailable
from packshot.serve.files.trouble import kept, reached

PIECE = 1 << 20  # bytes read at once
TENANT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
DIGEST = re.compile(r"[0-9a-f]{64}")
WHOLE_AT_ONCE = frozenset({"s3", "s3a", "gs", "gcs", "abfs", "abfss", "az", "memory"})  # put shows whole objects only


@dataclass(frozen=True)
class Blob:
    """Bytes that are kept: their SHA-256 and how many there are."""

    digest: str
    size: int


class Blobs:
    """The bytes of all tenants. place: a folder, or an fsspec URL such as `s3://bucket/prefix`.

    free_bytes: with less than that left on a local disk nothing is taken in. options: of the fsspec file system.
    """

    def __init__(self, place: str | Path, *, free_bytes: int = 0, options: dict[str, Any] | None = None) -> None:
        self.place, self.free_bytes = str(place), free_bytes
        self.folder: Path | None = None
        self.fs: Any = None
        if "://" in self.place:
            import fsspec

            with reached(self.place):
                self.fs, self.root = fsspec.core.url_to_fs(self.place, **(options or {}))
            self.moved = not set(_protocols(self.fs)) & WHOLE_AT_ONCE
        else:
            self.folder = Path(self.place).absolute()

    def writer(self, tenant: str, limit: int = 0) -> Writer:
        """Takes bytes piece by piece; `with blobs.writer(t) as w: w.write(b"…"); blob = w.finish()`.

        limit: most bytes, 0 = any. Left without `finish`, nothing is kept. Raises Unavailable when the disk is full.
        """
        return Writer(self, tenant, limit)

    def put(self, tenant: str, source: BinaryIO, limit: int = 0) -> Blob:
        """Keep what can be read from `source`."""
        with self.writer(tenant, limit) as writer:
            while piece := source.read(PIECE):
                writer.write(piece)
            return writer.finish()

    def adopt(self, tenant: str, path: Path, *, link: bool = False) -> Blob:
        """Keep a local file. link: it will never be written to again, so on the same disk it need not be copied."""
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            size = file.tell()
            if not link or self.folder is None or not self._linked(path, self.local(tenant, digest)):
                file.seek(0)
                return self.put(tenant, file)
        return Blob(digest, size)

    def open(self, tenant: str, digest: str) -> IO[bytes]:
        """The bytes, to read (and seek). Raises NotKnown, Unavailable."""
        try:
            if self.folder is not None:
                return self.local(tenant, digest).open("rb")
            with reached(self.place):
                file: IO[bytes] = self.fs.open(self._key(tenant, digest), "rb", block_size=4 * PIECE)
                return file
        except FileNotFoundError:
            raise NotKnown(f"file {digest[:12]}…: its bytes are gone from the store") from None

    def pieces(self, tenant: str, digest: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """The bytes from `start` up to (without) `end`, at most 1 MiB at a time."""
        with self.open(tenant, digest) as file:
            file.seek(start)
            left = None if end is None else end - start
            while left is None or left > 0:
                with reached(self.place):
                    piece = file.read(PIECE if left is None else min(PIECE, left))
                if not piece:
                    return
                left = None if left is None else left - len(piece)
                yield piece

    def path(self, tenant: str, digest: str) -> Path | None:
        """Where the bytes lie on this machine, None if they are elsewhere or gone."""
        found = None if self.folder is None else self.local(tenant, digest)
        return found if found is not None and found.is_file() else None

    def fetch(self, tenant: str, digest: str, to: Path) -> None:
        """Put the bytes at a local path, linked where that can be; it must not be written to. Raises NotKnown."""
        to.parent.mkdir(parents=True, exist_ok=True)
        mine = self.path(tenant, digest)
        if mine is not None and self._linked(mine, to):
            return
        with (
            kept(to.name),
            tempfile.NamedTemporaryFile(dir=to.parent, prefix=".", suffix=".part", delete=False) as file,
        ):
            try:
                for piece in self.pieces(tenant, digest):
                    file.write(piece)
            except BaseException:
                os.unlink(file.name)
                raise
        os.replace(file.name, to)

    def delete(self, tenant: str, digest: str) -> None:
        """Forget the bytes; nothing happens if they are gone already."""
        with suppress(FileNotFoundError), reached(self.place):
            if self.folder is not None:
                self.local(tenant, digest).unlink()
            else:
                self.fs.rm_file(self._key(tenant, digest))

    def all(self) -> Iterator[tuple[str, str, float]]:
        """`(tenant, digest, Unix seconds of its last keeping)` of everything that is kept."""
        if self.folder is not None:
            for path in self.folder.glob("*/*/*"):
                if DIGEST.fullmatch(path.name):
                    with suppress(FileNotFoundError):
                        yield path.parts[-3], path.name, path.stat().st_mtime
            return
        with reached(self.place):
            for key, facts in self.fs.find(self.root, detail=True).items():
                parts = key.split("/")
                if len(parts) >= 3 and DIGEST.fullmatch(parts[-1]):
                    yield parts[-3], parts[-1], _when(facts)

    def sweep_parts(self, older_than: float) -> int:
        """Delete what killed writers left unfinished, if older than so many seconds; how many there were."""
        swept = 0
        for path in self.folder.glob("*/parts/*") if self.folder else ():
            with suppress(FileNotFoundError):
                if time.time() - path.stat().st_mtime > older_than:
                    path.unlink()
                    swept += 1
        return swept

    def check(self) -> None:
        """Raise Unavailable if nothing can be taken in: the disk is full, or the store cannot be reached."""
        if self.folder is None:
            with reached(self.place):
                self.fs.exists(self.root)
            return
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            free = shutil.disk_usage(self.folder).free
        except OSError as error:
            raise Unavailable(f"file store {self.folder.name}: {error.strerror}", 30.0) from None
        if free < self.free_bytes:
            raise Unavailable(f"disk: {free >> 20:,} MiB are free, {self.free_bytes >> 20:,} are kept free", 60.0)

    def local(self, tenant: str, digest: str) -> Path:
        """Where the bytes of a digest lie, or would, in a local store."""
        assert self.folder is not None
        return self.folder / _tenant(tenant) / _digest(digest)[:2] / digest

    def _key(self, tenant: str, digest: str) -> str:
        return f"{self.root}/{_tenant(tenant)}/{_digest(digest)[:2]}/{digest}"

    def _linked(self, path: Path, to: Path) -> bool:
        """Whether `to` is now the same file as `path`; False where the file system or the disks do not allow it."""
        try:
            to.parent.mkdir(parents=True, exist_ok=True)
            os.link(path, to)
        except FileExistsError:
            with suppress(OSError):
                os.utime(to)  # it was kept anew: collection of old files begins to count again
            return to.is_file()
        except OSError:
            return False
        return True


class Writer:
    """Bytes on their way in; see `Blobs.writer`."""

    def __init__(self, blobs: Blobs, tenant: str, limit: int) -> None:
        blobs.check()
        self.blobs, self.tenant, self.limit, self.size = blobs, _tenant(tenant), limit, 0
        self.hash = hashlib.sha256()
        if blobs.folder is None:
            self.path = Path(tempfile.gettempdir()) / f"packshot-{secrets.token_hex(8)}.part"
        else:
            self.path = blobs.folder / self.tenant / "parts" / f"{secrets.token_hex(8)}.part"
        with kept(self.path.name):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.file = self.path.open("xb")

    def write(self, piece: bytes) -> None:
        """Take some bytes. Raises TooLarge once there are more than the limit, Unavailable if the disk is full."""
        self.size += len(piece)
        if self.limit and self.size > self.limit:
            raise TooLarge(f"upload: more than {self.limit:,} bytes; send a smaller file")
        self.hash.update(piece)
        with kept("upload"):
            self.file.write(piece)

    def finish(self) -> Blob:
        """Keep them; after that they are on disk, whole. Raises Unavailable."""
        blob = Blob(self.hash.hexdigest(), self.size)
        with kept("upload"):
            self.file.flush()
            os.fsync(self.file.fileno())
            self.file.close()
            if self.blobs.folder is not None:
                self._into_place(self.blobs.local(self.tenant, blob.digest))
            else:
                self._sent(blob.digest)
        return blob

    def _into_place(self, to: Path) -> None:
        to.parent.mkdir(parents=True, exist_ok=True)
        os.replace(self.path, to)
        folder = os.open(to.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _sent(self, digest: str) -> None:
        blobs, key = self.blobs, self.blobs._key(self.tenant, digest)
        with reached(blobs.place):
            if not blobs.moved:
                blobs.fs.put_file(str(self.path), key)
                return
            part = f"{blobs.root}/{self.tenant}/parts/{self.path.name}"
            for folder in (part, key):
                blobs.fs.makedirs(folder.rpartition("/")[0], exist_ok=True)
            blobs.fs.put_file(str(self.path), part)
            blobs.fs.mv(part, key)

    def __enter__(self) -> Writer:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        with suppress(OSError):
            self.file.close()
        with suppress(OSError):
            self.path.unlink()


def _tenant(name: str) -> str:
    if not TENANT.fullmatch(name):
        raise ParameterError(f"tenant {name[:80]!r}: expected 1 to 64 letters, digits, '_', '-' or '.'")
    return name


def _digest(text: str) -> str:
    if not DIGEST.fullmatch(text):
        raise ParameterError(f"digest {text[:80]!r}: expected 64 hexadecimal digits")
    return text


def _protocols(fs: Any) -> tuple[str, ...]:
    return (fs.protocol,) if isinstance(fs.protocol, str) else tuple(fs.protocol)


def _when(facts: dict[str, Any]) -> float:
    """When an object was last written, as file systems variously tell it; now, if they do not."""
    names = ("LastModified", "last_modified", "mtime", "created")
    found = next((facts[name] for name in names if facts.get(name)), None)
    if isinstance(found, dt.datetime):
        return found.timestamp()
    return float(found) if isinstance(found, int | float) else time.time()
