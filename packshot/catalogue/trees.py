"""A tree of files to read a catalogue from: a local folder, or any other place through fsspec.

Pictures behind `http://` and `https://` are never fetched here, and a source may not be one either: a server that
redirects to a private address could otherwise be reached through a table that a stranger wrote.
"""

from __future__ import annotations

import fnmatch
import os
import posixpath
import re
import stat
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO, Protocol, cast

from packshot.catalogue.names import is_url
from packshot.catalogue.problems import Problem, shortened
from packshot.errors import CatalogueError, UnsafePath

_IGNORED = (".*", "thumbs.db", "desktop.ini", "ehthumbs.db", "__macosx", "@eadir", "*.part", "~$*", "$recycle.bin")
_NOT_FETCHED = frozenset(("http", "https", "ftp", "webhdfs", "jupyter", "webdav"))
_DIGITS = re.compile(r"(\d+)")


class Tree(Protocol):
    """Files by relative path with forward slashes.

    label: what to call it before a person. refused: what is in it and must not be read (links out, zip-slip).
    """

    label: str
    refused: list[Problem]

    def paths(self) -> Iterator[str]:
        """Every file that is not ignored, folder by folder in natural order (2 before 10)."""
        ...

    def size(self, path: str) -> int | None:
        """Bytes of a file; None if there is no such file. Raises UnsafePath where it would leave the tree."""
        ...

    def open(self, path: str) -> BinaryIO:
        """A file to read. Raises FileError or OSError."""
        ...

    def local(self, path: str) -> Path | None:
        """Where the file lies on this machine, if it does as such."""
        ...


def ignored(name: str) -> bool:
    """Whether a file or folder name is one that systems leave behind (`Thumbs.db`, `.DS_Store`, `__MACOSX`, hidden)."""
    return any(fnmatch.fnmatchcase(name.lower(), pattern) for pattern in _IGNORED)


def natural(name: str) -> tuple[tuple[int, int, str], ...]:
    """Sort key that puts `2.jpg` before `10.jpg`; never equal for different names.

    >>> sorted(["10.jpg", "2.jpg", "a", "02.jpg"], key=natural)
    ['02.jpg', '2.jpg', '10.jpg', 'a']
    """
    parts = _DIGITS.split(name)
    key = tuple((0, int(p), "") if p.isdecimal() and p.isascii() else (1, 0, p.casefold()) for p in parts if p)
    return (*key, (2, 0, name))


def tree_order(path: str) -> list[tuple[int, Any]]:
    """Sort key for paths: natural order, the files of a folder before its folders."""
    *folders, name = path.split("/")
    return [*((1, natural(folder)) for folder in folders), (0, natural(name))]


class LocalTree:
    """A folder on this machine. Links to files are followed only inside it, links to folders never."""

    def __init__(self, root: Path, without: Path | None = None) -> None:
        self.root = root
        self.label = root.name or str(root)
        self.refused: list[Problem] = []
        self._real = os.path.realpath(root)
        self._without = os.path.realpath(without) if without is not None else None

    def paths(self) -> Iterator[str]:
        self.refused.clear()
        return self._walk("")

    def _walk(self, folder: str) -> Iterator[str]:
        try:
            with os.scandir(self.root / folder) as entries:
                names = sorted((e.name for e in entries if not ignored(e.name)), key=natural)
        except OSError as error:
            if not folder:
                raise CatalogueError(f"{self.root}: cannot be read ({error.strerror})") from None
            self._refuse("folder", f"cannot be read ({error.strerror})", folder)
            return
        folders = []
        for name in names:
            inner = f"{folder}/{name}" if folder else name
            full = self.root / inner
            if full.is_dir():
                if full.is_symlink():
                    self._refuse("link", "leads to a folder; not followed", inner, serious=False)
                elif os.path.realpath(full) != self._without:
                    folders.append(inner)
            elif full.is_symlink() and not full.exists():
                self._refuse("link", "leads to nothing", inner)
            elif full.is_file() and self._inside(inner):
                yield inner
        for inner in folders:
            yield from self._walk(inner)

    def _inside(self, path: str) -> bool:
        full = self.root / path
        if not full.is_symlink() or _within(os.path.realpath(full), self._real):
            return True
        self._refuse("link", "leads out of the folder; not followed", path)
        return False

    def _refuse(self, field: str, reason: str, path: str, serious: bool = True) -> None:
        self.refused.append(Problem(None, field, reason, shortened(path), self.label, serious))

    def size(self, path: str) -> int | None:
        full = os.path.join(self.root, path)
        try:
            facts = os.lstat(full)
            link = stat.S_ISLNK(facts.st_mode)
            facts = os.stat(full) if link else facts
        except (OSError, ValueError):
            return None
        if not stat.S_ISREG(facts.st_mode):
            return None
        real = os.path.realpath(full) if link else _real_folder(os.path.dirname(full))
        if not _within(real, self._real):
            raise UnsafePath(f"path {path!r} is a link that leads out of the folder of the table")
        return facts.st_size

    def open(self, path: str) -> BinaryIO:
        return (self.root / path).open("rb")

    def local(self, path: str) -> Path | None:
        return self.root / path


class RemoteTree:
    """A folder behind an fsspec file system (`s3://…`, `gs://…`, `memory://…`)."""

    def __init__(self, system: Any, root: str, label: str) -> None:
        self.system, self.root, self.label = system, root.rstrip("/"), label
        self.refused: list[Problem] = []

    def paths(self) -> Iterator[str]:
        start = f"{self.root}/"
        found = [p[len(start) :] for p in self.system.find(self.root) if p.startswith(start)]
        kept = [p for p in found if not any(ignored(part) for part in p.split("/"))]
        yield from sorted(kept, key=tree_order)

    def size(self, path: str) -> int | None:
        try:
            facts = self.system.info(f"{self.root}/{path}")
        except FileNotFoundError:
            return None
        return int(facts.get("size") or 0) if facts.get("type") == "file" else None

    def open(self, path: str) -> BinaryIO:
        return cast(BinaryIO, self.system.open(f"{self.root}/{path}", "rb"))

    def local(self, path: str) -> Path | None:
        return None


@lru_cache(maxsize=256)
def _real_folder(folder: str) -> str:
    return os.path.realpath(folder)


def _within(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)


def open_tree(source: str | Path, without: Path | None = None) -> tuple[Tree, str]:
    """The tree of a source and the name of the file in it that was meant ("" = the tree itself).

    Raises CatalogueError if there is nothing there, or the scheme is not one that is read.
    """
    text = str(source)
    if text.lower().startswith("file://"):
        from urllib.parse import unquote, urlsplit

        text = unquote(urlsplit(text).path)
    if is_url(text):
        return _open_remote(text)
    path = Path(text)
    if path.is_dir():
        return LocalTree(path, without), ""
    if path.is_file():
        return LocalTree(path.parent, without), path.name
    raise CatalogueError(f"source {text!r}: expected a folder, a zip, a table or a feed; there is nothing there")


def _open_remote(url: str) -> tuple[Tree, str]:
    schemes = {part.split("://")[0].lower() for part in url.split("::")}
    if schemes & _NOT_FETCHED or "data:" in url[:5].lower():
        raise CatalogueError(
            f"source {url!r}: packshot fetches nothing over {'/'.join(sorted(schemes))}; save it first"
        )
    import fsspec

    try:
        system, root = fsspec.core.url_to_fs(url)
        is_folder, is_file = system.isdir(root), system.isfile(root)
    except (ImportError, ValueError, OSError) as error:
        raise CatalogueError(f"source {url!r}: {error}") from error
    if is_folder:
        return RemoteTree(system, root, url), ""
    if is_file:
        folder, name = posixpath.split(root)
        return RemoteTree(system, folder, posixpath.dirname(url)), name
    raise CatalogueError(f"source {url!r}: expected a folder, a zip, a table or a feed; there is nothing there")
