"""A zip as a tree of files, read member by member. What a hostile zip can do is refused, and said.

Refused as a whole, before anything is unpacked: more members or more bytes in total than the limits, members that
share the same compressed bytes (overlapping members, as zip bombs without recursion use). Refused one by one:
paths that leave the folder (zip-slip), links, encrypted members, a member that is too large or grows too much.
A zip inside a zip is not opened.
"""

from __future__ import annotations

import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO, cast

from packshot.catalogue.names import safe_relative
from packshot.catalogue.problems import Problem, shortened
from packshot.catalogue.trees import ignored, tree_order
from packshot.errors import CatalogueError, TooLarge, UnreadableFile, UnsafePath


@dataclass(frozen=True)
class ZipLimits:
    """members: how many; total_bytes, member_bytes: unpacked; ratio: unpacked to packed, for members over 16 MiB."""

    members: int = 500_000
    total_bytes: int = 64 * 2**30
    member_bytes: int = 2 * 2**30
    ratio: int = 250
    ratio_from_bytes: int = 16 * 2**20


class ZipTree:
    """The files of a zip. Raises CatalogueError if it is no zip, TooLarge if it is a bomb."""

    def __init__(self, file: Path | BinaryIO, label: str = "", limits: ZipLimits = ZipLimits()) -> None:
        self.label = label or (file.name if isinstance(file, Path) else "zip")
        self.limits = limits
        self.refused: list[Problem] = []
        try:
            self._zip = zipfile.ZipFile(file)
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, struct.error) as error:
            raise CatalogueError(f"{self.label}: expected a zip: {error}") from error
        self._check_whole(self._zip.infolist())
        self._members: dict[str, zipfile.ZipInfo] = {}
        for info in self._zip.infolist():
            if not info.is_dir():
                self._take(info)

    def _check_whole(self, infos: list[zipfile.ZipInfo]) -> None:
        limits = self.limits
        if len(infos) > limits.members:
            raise TooLarge(f"{self.label}: {len(infos)} members; at most {limits.members} are read")
        total = sum(info.file_size for info in infos)
        if total > limits.total_bytes:
            raise TooLarge(f"{self.label}: would unpack to {total:,} bytes; at most {limits.total_bytes:,} are read")
        spans = sorted((i.header_offset, i.header_offset + i.compress_size) for i in infos if i.compress_size)
        if any(later[0] < earlier[1] for earlier, later in pairwise(spans)):
            raise TooLarge(f"{self.label}: its members overlap, which only a zip bomb has use for")

    def _take(self, info: zipfile.ZipInfo) -> None:
        name = _name_of(info)
        try:
            path = safe_relative(name)
        except UnsafePath as error:
            self._refuse(name, str(error))
            return
        if any(ignored(part) for part in path.split("/")):
            return
        if stat.S_ISLNK(info.external_attr >> 16):
            self._refuse(name, "is a link; not followed")
        elif info.flag_bits & 0x1:
            self._refuse(name, "is encrypted; unpack it with its password first")
        elif path in self._members:
            self._refuse(name, "is in the zip twice; the first is read")
        else:
            self._members[path] = info

    def _refuse(self, name: str, reason: str) -> None:
        self.refused.append(Problem(None, "member", reason, shortened(name), self.label))

    def paths(self) -> Iterator[str]:
        """Every member that may be read, in natural order."""
        yield from sorted(self._members, key=tree_order)

    def size(self, path: str) -> int | None:
        """Unpacked bytes as the zip states them; None if there is no such member."""
        info = self._members.get(path)
        return None if info is None else info.file_size

    def open(self, path: str) -> BinaryIO:
        """A member to read in pieces. Raises TooLarge for one over the limits, UnreadableFile for a broken one."""
        info, limits = self._members[path], self.limits
        if info.file_size > limits.member_bytes:
            raise TooLarge(f"unpacks to {info.file_size:,} bytes; at most {limits.member_bytes:,} are read")
        if info.file_size > limits.ratio_from_bytes and info.file_size > limits.ratio * max(info.compress_size, 1):
            raise TooLarge(
                f"unpacks to {info.file_size:,} bytes from {info.compress_size:,}: over {limits.ratio} to 1, a zip bomb"
            )
        try:
            return cast(BinaryIO, self._zip.open(info))
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, struct.error) as error:
            raise UnreadableFile(f"is broken inside the zip: {error}") from error

    def local(self, path: str) -> Path | None:
        """None: a member is no file of its own."""
        return None


def _name_of(info: zipfile.ZipInfo) -> str:
    """The member's name; without the UTF-8 flag tried as UTF-8, then GB18030, as Chinese Windows writes it."""
    if info.flag_bits & 0x800:
        return info.filename
    try:
        raw = info.orig_filename.encode("cp437")
    except UnicodeEncodeError:
        return info.filename
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return info.filename


BROKEN_MEMBER = (zipfile.BadZipFile, zlib.error, EOFError, struct.error, OSError)  # what reading one may raise
