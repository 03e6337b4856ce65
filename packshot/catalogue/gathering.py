"""The pictures that rows name: found, looked at, and put into the catalogue.

`copy` puts the bytes under `images/` as they are, with the tree of the source; `link` makes hard links where the
file system can; `refer` leaves local files where they are. A URL is kept as a reference and never fetched.
Every file is looked at before it is taken: its first bytes must be a picture's, and its size in pixels is noted.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import secrets
import shutil
import warnings
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, Literal

from packshot.catalogue.archives import BROKEN_MEMBER
from packshot.catalogue.drafts import Wanted
from packshot.catalogue.names import file_stem, is_url, safe_relative
from packshot.catalogue.problems import Problem, shortened
from packshot.catalogue.staging import Seen, Staging
from packshot.catalogue.trees import Tree
from packshot.errors import FileError, TooLarge, UnsafePath
from packshot.imaging.files.sniff import MAX_PIXELS, MAX_SIDE_PX, SUFFIXES, picture_format

Pictures = Literal["copy", "link", "refer"]
IMAGES = "images"
MAX_FILE_BYTES = 2 * 2**30
_HEAD_BYTES = 4096
_OWN = {"file", "local"}  # schemes that would read files of this machine


class Gatherer:
    """Finds pictures in a tree and puts them into the catalogue at `out`.

    base: folder of the table inside the tree; a path is looked for there first, then from the top of the tree.
    """

    def __init__(self, tree: Tree, out: Path, staging: Staging, mode: Pictures, base: str = "") -> None:
        self.tree, self.out, self.staging, self.mode, self.base = tree, out, staging, mode, base
        self.copied_bytes = 0

    def image(self, wanted: Wanted, row: int | None) -> tuple[dict[str, Any] | None, list[Problem]]:
        """The fields of an Image, or None, and what was wrong."""
        found: list[Problem] = []
        fields = dict(wanted.fields)
        matte = fields.pop("matte", "")
        ref = wanted.ref.strip() if not wanted.exact else wanted.ref
        if wanted.data is None and not wanted.exact and is_url(ref):
            if ref.split(":")[0].lower() in _OWN:
                found.append(Problem(row, "image", "a file:// address is not followed", shortened(ref)))
                return None, found
            return {**fields, "url": ref}, found
        seen = self._seen(wanted, ref)
        if seen.reason:
            found.append(Problem(row, "image", seen.reason, shortened(ref)))
            return None, found
        fields |= {"path": seen.place, "width": seen.width, "height": seen.height}
        if matte and not is_url(matte):
            there = self._seen(Wanted(matte), matte)
            if there.reason:
                found.append(Problem(row, "matte", there.reason, shortened(matte)))
            else:
                fields["matte"] = there.place
        return fields, found

    def _seen(self, wanted: Wanted, ref: str) -> Seen:
        """What a file is and where it lies now, found out once for every file."""
        if wanted.data is not None:
            return self._take_bytes(wanted.data, ref)
        try:
            path, size = (ref, self.tree.size(ref)) if wanted.exact else self._find(ref)
        except FileError as error:
            return Seen("", None, None, str(error))
        if size is None:
            return Seen("", None, None, "there is no such file")
        seen = self.staging.seen(path)
        if seen is None:
            seen = self._take_file(path, size)
            self.staging.remember(path, seen)
        return seen

    def _find(self, ref: str) -> tuple[str, int | None]:
        clean = safe_relative(ref)
        if self.base:
            inner = f"{self.base}/{clean}"
            size = self.tree.size(inner)
            if size is not None:
                return inner, size
        return clean, self.tree.size(clean)

    def _take_file(self, path: str, size: int) -> Seen:
        if size == 0:
            return Seen("", None, None, "the file is empty (0 bytes)")
        if size > MAX_FILE_BYTES:
            return Seen("", None, None, f"the file has {size:,} bytes; at most {MAX_FILE_BYTES:,} are read")
        local = self.tree.local(path)
        try:
            with self.tree.open(path) as file:
                picture_format(file.read(_HEAD_BYTES))
            if local is not None and self.mode == "refer":
                if safe_relative(path) != path:
                    raise UnsafePath("its name cannot be referred to; use copy")
                return Seen(path, *size_of(local), "")
            place = self._place(path)
            self._put(path, local, self.out / place)
            return Seen(place, *size_of(self.out / place), "")
        except FileError as error:
            return Seen("", None, None, str(error))
        except BROKEN_MEMBER as error:
            return Seen("", None, None, f"cannot be read: {error}")

    def _place(self, path: str) -> str:
        """Where a file goes: the tree of the source under `images/`, safe names, never one name for two files."""
        stem, suffix = os.path.splitext(path)
        name = file_stem(stem) + (suffix if suffix[1:].isalnum() and suffix.isascii() else "")
        for number in range(1, 10_000):
            place = f"{IMAGES}/{name}" if number == 1 else f"{IMAGES}/{file_stem(stem)}~{number}{suffix}"
            if self.staging.claim(place):
                return place
        raise FileError("ten thousand files would have this name")

    def _put(self, path: str, local: Path | None, place: Path) -> None:
        place.parent.mkdir(parents=True, exist_ok=True)
        temporary = place.with_name(f".{secrets.token_hex(6)}.part")
        try:
            if local is not None and self.mode == "link" and _linked(local, temporary):
                pass
            else:
                with self.tree.open(path) as source, temporary.open("wb") as target:
                    shutil.copyfileobj(source, target, 1 << 20)
                    self.copied_bytes += target.tell()
            os.replace(temporary, place)
        finally:
            temporary.unlink(missing_ok=True)

    def _take_bytes(self, data: bytes, ref: str) -> Seen:
        """A picture that lies in the table itself: written under its name, or the hash of its bytes."""
        digest = hashlib.sha256(data).hexdigest()
        seen = self.staging.seen(f"bytes:{digest}")
        if seen is not None:
            return seen
        try:
            suffix = SUFFIXES[picture_format(data[:_HEAD_BYTES])][0]
            width, height = size_of(io.BytesIO(data))
            name = PurePosixPath(ref.replace("\\", "/")).stem or digest[:16]
            place = self._place(f"{name}{suffix}")
            (self.out / place).parent.mkdir(parents=True, exist_ok=True)
            temporary = (self.out / place).with_name(f".{secrets.token_hex(6)}.part")
            temporary.write_bytes(data)
            os.replace(temporary, self.out / place)
        except FileError as error:
            return Seen("", None, None, str(error))
        seen = Seen(place, width, height, "")
        self.staging.remember(f"bytes:{digest}", seen)
        return seen


def _linked(source: Path, target: Path) -> bool:
    with contextlib.suppress(OSError):
        os.link(os.path.realpath(source), target)
        return True
    return False


def size_of(file: Path | BinaryIO) -> tuple[int | None, int | None]:
    """(width, height) in px as stored, from the header alone; (None, None) for a kind that needs an extra."""
    import PIL.Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # sizes are limited where pictures are decoded
            with PIL.Image.open(file) as picture:
                return _within(picture.size)
    except PIL.UnidentifiedImageError:
        return None, None
    except PIL.Image.DecompressionBombError:
        raise TooLarge(f"more pixels than the limit of {MAX_PIXELS:,}") from None
    except FileError:
        raise
    except Exception as error:  # Pillow's readers raise anything on broken headers
        raise FileError(f"its header cannot be read: {error}") from None


def _within(size: tuple[int, int]) -> tuple[int, int]:
    """The size, if a picture of it will be read (see `imaging.files`); raises TooLarge."""
    width, height = size
    if width * height > MAX_PIXELS:
        raise TooLarge(f"{width} x {height} px: {width * height:,} pixels are over the limit of {MAX_PIXELS:,}")
    if max(size) > MAX_SIDE_PX:
        raise TooLarge(f"{width} x {height} px: a side is over the limit of {MAX_SIDE_PX:,} px")
    return size
