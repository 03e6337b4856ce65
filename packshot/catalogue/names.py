"""Names that are safe: paths that stay inside their folder, and output names that never collide.

The name of an output is made from the sku (`file_stem`), so that a person finds it again, and so that
`red/001.jpg` and `red/001.png` of two products cannot overwrite each other. A slash in a sku keeps the folder
tree. The mapping is one to one; names that differ only in capitals (one file on Windows and macOS) are told
apart by the catalogue's index.
"""

from __future__ import annotations

import hashlib
import posixpath
import re
import unicodedata

from packshot.errors import UnsafePath

_JPEG = (".jpg", ".jpeg", ".jpe", ".jfif")
_OTHERS = (".png", ".webp", ".avif", ".tif", ".tiff", ".bmp", ".gif", ".heic", ".heif", ".jp2", ".psd", ".ppm")
PICTURE_SUFFIXES = frozenset((*_JPEG, *_OTHERS))
_DRIVE = re.compile(r"^[A-Za-z]:")
_SCHEME = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]*://|^[A-Za-z][A-Za-z0-9+.-]+::")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")
_UNDECODED = re.compile(r"[\ud800-\udfff]")  # bytes of a file name that are no UTF-8, as Python keeps them
_RESERVED = re.compile(r"^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(\.|$)", re.IGNORECASE)
_PLAIN = re.compile(r"[A-Za-z0-9_+()@&-]{5,100}")  # goes through unchanged; shorter ones may be reserved
_KEPT = frozenset("-_.,+()[]=!'@& ")
SEGMENT_BYTES = 160  # leaves room for a suffix and a temporary name within the usual 255


def is_url(text: str) -> bool:
    """Whether the text names something by a scheme (`https://…`, `s3://…`, `data:…`)."""
    return bool(_SCHEME.match(text)) or text[:5].lower() == "data:"


def safe_relative(path: str) -> str:
    """The path with forward slashes and without `.` or inner `..`; raises UnsafePath if it leaves its folder.

    >>> safe_relative("a\\\\b/./c/../d.jpg")
    'a/b/d.jpg'
    """
    plain = path.strip().replace("\\", "/")
    if _UNDECODED.search(plain):
        raise UnsafePath(f"path {path!r} is not UTF-8, so no table can name it; rename the file")
    if _CONTROL.search(plain):
        raise UnsafePath(f"path {path!r} holds control characters")
    if plain.startswith("/") or _DRIVE.match(plain):
        raise UnsafePath(f"path {path!r} is absolute; expected a path inside the folder of the table")
    if _SCHEME.match(plain):
        raise UnsafePath(f"path {path!r} is a URL; expected a path inside the folder of the table")
    plain = posixpath.normpath(plain) if plain else ""
    if plain in ("", ".", "..") or plain.startswith("../"):
        raise UnsafePath(f"path {path!r} leaves the folder it must stay in")
    return plain


def _escaped(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode("utf-8", errors="surrogateescape"))


def _segment(text: str, last: bool) -> str:
    """One file or folder name. What every file system takes stays; `~` and `%` are ours."""
    if not text:
        return "%"
    out = "".join(c if c.isalnum() or c in _KEPT or (c > "\x7f" and c.isprintable()) else _escaped(c) for c in text)
    if out[0] in ". ":
        out = _escaped(out[0]) + out[1:]
    if out[-1] in ". ":
        out = out[:-1] + _escaped(out[-1])
    if _RESERVED.match(out):
        out = _escaped(out[0]) + out[1:]
    stem, dot, suffix = out.rpartition(".")
    if not last and dot and f".{suffix.lower()}" in PICTURE_SUFFIXES:  # a folder must not be named like a file
        out = f"{stem}%2E{suffix}"
    if len(out.encode("utf-8")) <= SEGMENT_BYTES:
        return out
    short = out.encode("utf-8")[: SEGMENT_BYTES - 20].decode("utf-8", errors="ignore").rstrip(". %")
    return f"{short}~h{hashlib.blake2b(text.encode(), digest_size=8).hexdigest()}"


def file_stem(sku: str) -> str:
    """A relative path without suffix, safe on every file system; different skus give different stems.

    >>> file_stem("red/001"), file_stem("A:1*"), file_stem("连衣裙 红"), file_stem("../x"), file_stem("NUL")
    ('red/001', 'A%3A1%2A', '连衣裙 红', '%2E%2E/x', '%4EUL')
    """
    if _PLAIN.fullmatch(sku):
        return sku
    parts = sku.split("/")
    return "/".join(_segment(part, i == len(parts) - 1) for i, part in enumerate(parts))


def folded(name: str) -> str:
    """The name as a file system that ignores capitals and Unicode forms would compare it."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def has_control(text: str) -> bool:
    """Whether the text holds control, surrogate or text-direction characters."""
    return bool(_CONTROL.search(text))
