"""What a source is, found out from its bytes and its header, and said in words."""

from __future__ import annotations

import io
import posixpath
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Literal, NamedTuple, cast

from packshot.catalogue.archives import ZipTree
from packshot.catalogue.columns import plain
from packshot.catalogue.decoding import SAMPLE_BYTES
from packshot.catalogue.feeds import is_meta, is_shopify
from packshot.catalogue.tables import Dialect, header_of, sniff_dialect
from packshot.catalogue.trees import Tree, open_tree
from packshot.errors import CatalogueError, FileError

Kind = Literal["auto", "folder", "csv", "jsonl", "parquet", "shopify", "merchant", "meta"]
_TABLE_SUFFIXES = (".csv", ".tsv", ".jsonl", ".ndjson", ".parquet", ".xml")
_TABLE_NAMES = ("products", "catalogue", "catalog", "manifest", "feed", "商品", "产品", "商品表", "目录")
_NOT_READ = (
    (b"\x1f\x8b", "gzip data: unpack it first"),
    (b"Rar!", "a RAR archive: unpack it, or make a zip"),
    (b"7z\xbc\xaf", "a 7z archive: unpack it, or make a zip"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook: save it as CSV (UTF-8)"),
    (b"%PDF", "a PDF document"),
)


class Source(NamedTuple):
    """A source that was recognised.

    kind: how it is read. tree: where its files are. table: path of the table in the tree ("" = pictures alone).
    dialect, header: of a text table. inside: the table lies in a folder or zip. told: what was recognised, in words.
    """

    kind: Kind
    tree: Tree
    table: str
    dialect: Dialect | None
    header: tuple[str, ...]
    inside: bool
    told: tuple[str, ...]

    @property
    def base(self) -> str:
        """The folder of the table inside the tree."""
        return posixpath.dirname(self.table)

    def open_table(self) -> BinaryIO:
        """The table, from its start."""
        return self.tree.open(self.table)


def recognise(
    source: str | Path, kind: Kind = "auto", *, encoding: str = "", delimiter: str = "", without: Path | None = None
) -> Source:
    """Find out what a source is. `kind`, `encoding` and `delimiter` overrule; `without` is a folder to leave out.

    Raises CatalogueError if it is nothing packshot reads, saying what it is and what to do.
    """
    tree, name = open_tree(source, without)
    told: list[str] = []
    inside = not name
    if name:
        head = _head(tree, name)
        if head.startswith(b"PK\x03\x04") or head.startswith(b"PK\x05\x06"):
            tree, inside = _unzipped(tree, name), True
            told.append(f"{name} is a zip")
            name = ""
    if inside and kind != "folder":
        name = _table_in(tree, kind)
        told.append(f"its table is {name}" if name else "it holds no table, so its pictures are the products")
    if not name:
        if kind not in ("auto", "folder"):
            raise CatalogueError(f"source {str(source)!r}: expected one {kind} table in it, found none")
        return Source("folder", tree, "", None, (), inside, tuple(told or ["a folder of pictures"]))
    found, dialect, header, words = _table_kind(_head(tree, name), name, kind, encoding, delimiter)
    return Source(found, tree, name, dialect, tuple(header), inside, (*told, words))


def _head(tree: Tree, name: str) -> bytes:
    try:
        with tree.open(name) as file:
            return file.read(SAMPLE_BYTES)
    except (OSError, FileError) as error:
        raise CatalogueError(f"{name}: cannot be read: {error}") from error


def _unzipped(tree: Tree, name: str) -> ZipTree:
    local = tree.local(name)
    zipped = ZipTree(local) if local is not None else ZipTree(_seekable(tree.open(name)), name)
    if zipped.size("[Content_Types].xml") is not None:
        raise CatalogueError(f"{name}: is an Excel or Word file; save the sheet as CSV (UTF-8)")
    return zipped


def _seekable(file: BinaryIO) -> BinaryIO:
    return file if file.seekable() else cast(BinaryIO, io.BytesIO(file.read()))


def _table_in(tree: Tree, kind: Kind) -> str:
    """The table of a folder or zip: the one at its top (or in its only top folder); of several, one named so."""
    tables = [p for p in _shallowest(tree) if PurePosixPath(p.lower()).suffix in _TABLE_SUFFIXES]
    if len(tables) <= 1:
        return tables[0] if tables else ""
    named = [p for p in tables if PurePosixPath(p.lower()).stem in _TABLE_NAMES]
    if len(named) == 1:
        return named[0]
    listed = ", ".join(PurePosixPath(p).name for p in tables[:8])
    raise CatalogueError(f"{tree.label}: holds several tables ({listed}); name the one to read, or use --kind folder")


def _shallowest(tree: Tree) -> Iterator[str]:
    """Files at the top; if there are none, those one folder down, when there is only one folder."""
    top: str | None = None
    for path in tree.paths():
        folder = posixpath.dirname(path)
        if top is None:
            top = folder if folder.count("/") == 0 else ""
        if folder == top:
            yield path
        elif top and not folder.startswith(f"{top}/"):
            return


def _table_kind(
    head: bytes, name: str, kind: Kind, encoding: str, delimiter: str
) -> tuple[Kind, Dialect | None, list[str], str]:
    """How to read a table, its dialect and header, and the words for it."""
    for mark, what in _NOT_READ:
        if head.startswith(mark):
            raise CatalogueError(f"{name}: is {what}")
    start = head[:512].lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n\0")
    if kind == "parquet" or (kind == "auto" and head.startswith(b"PAR1")):
        return "parquet", None, [], "a Parquet file"
    if kind == "jsonl" or (kind == "auto" and start.startswith(b"{")):
        return "jsonl", None, [], "JSON, one object a line"
    if start.startswith(b"<") and kind in ("auto", "merchant", "meta"):
        return "merchant", None, [], f"a {'Meta catalogue' if kind == 'meta' else 'Google Merchant'} feed in XML"
    if start.startswith(b"["):
        raise CatalogueError(f"{name}: is a JSON array; write one object a line (JSONL)")
    _refuse_picture(head, name)
    dialect, lines = sniff_dialect(head, encoding, delimiter)
    header = header_of(lines, dialect.delimiter)
    if kind == "shopify" or (kind == "auto" and is_shopify(header)):
        return "shopify", dialect, header, f"a Shopify product CSV ({dialect})"
    names = {plain(cell) for cell in header}
    if kind == "meta" or (kind == "auto" and is_meta(header)):
        return "csv", dialect, header, f"a Meta catalogue feed as a table ({dialect})"
    if kind == "merchant" or (kind == "auto" and {"id", "image link"} <= names):
        return "csv", dialect, header, f"a Google Merchant feed as a table ({dialect})"
    return "csv", dialect, header, f"a table with {len(header)} columns ({dialect})"


def _refuse_picture(head: bytes, name: str) -> None:
    from packshot.imaging.files.sniff import picture_format

    try:
        found = picture_format(head[:4096])
    except FileError:
        return
    raise CatalogueError(f"{name}: is a picture ({found}); name its folder, or use `packshot edit` on single pictures")
