"""A catalogue: a folder with `products.jsonl` (one product a line) and the picture files it names.

Opening reads nothing but `catalogue.json`; iterating streams; `len` counts lines; only looking up a sku, a row
by number, or the unique names of pictures builds the index (`index.py`). So memory does not grow with the rows.
A broken line is skipped and reported by `rows()`, and a torn last line (a writer was killed) is not fatal.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import IO, Any, NamedTuple

from packshot.catalogue.index import Index, index_of
from packshot.catalogue.lines import TextLine, lines_of
from packshot.catalogue.names import file_stem
from packshot.catalogue.problems import Problem, shortened
from packshot.catalogue.product import Image, Product
from packshot.errors import CatalogueError

PRODUCTS = "products.jsonl"
FACTS = "catalogue.json"


def require_empty(folder: Path) -> None:
    """Raise CatalogueError if a folder to write to holds something already."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise CatalogueError(f"{folder}: is not empty; choose another folder")


class Shot(NamedTuple):
    """One picture file of one product, of the row (counted from 0) of the catalogue.

    key: relative name without suffix for what is made from it, unique in the catalogue even where the file system
    ignores capitals: the sku (a slash keeps the folder tree), `~2` and on for further pictures.
    """

    product: Product
    image: Image
    path: Path
    key: str
    row: int


class Catalogue:
    """Products in a folder, in the order of the file. Raises CatalogueError if there is no `products.jsonl`.

    folder: where `products.jsonl` is (or that file itself). pictures: the folder image paths are relative to:
    the same one, unless `catalogue.json` names another (a catalogue that refers to photos where they lie).
    """

    def __init__(self, folder: str | Path) -> None:
        path = Path(folder)
        self.folder = path.parent if path.name == PRODUCTS and path.is_file() else path
        self.products = self.folder / PRODUCTS
        if not self.products.is_file():
            raise CatalogueError(
                f"{path}: expected a folder with {PRODUCTS}; `packshot catalogue make SOURCE {path}` makes one"
            )
        self.facts = _read_facts(self.folder / FACTS)
        self.pictures = self.folder / str(self.facts.get("pictures", "."))
        self._index: tuple[tuple[int, int], Index] | None = None

    def rows(self) -> Iterator[Product | Problem]:
        """Every line, in order: the product, or the problem that keeps it from being one."""
        with self.products.open("rb") as file:
            for line in lines_of(file):
                yield _parse(line)

    def __iter__(self) -> Iterator[Product]:
        return (row for row in self.rows() if isinstance(row, Product))

    def __len__(self) -> int:
        """Rows of the file, streamed. A line that is no product (see `rows`) counts; a torn last one does not."""
        with self.products.open("rb") as file:
            return sum(line.ended or isinstance(_parse(line), Product) for line in lines_of(file))

    @property
    def index(self) -> Index:
        """The index of rows and skus; built on first use and again when the file has changed."""
        facts = self.products.stat()
        stamp = (facts.st_size, facts.st_mtime_ns)
        if self._index is None or self._index[0] != stamp:
            self._index = stamp, index_of(self.products)
        return self._index[1]

    def at(self, row: int) -> Product:
        """The product of a row, counted from 0. Raises CatalogueError if it is outside or broken."""
        offsets = self.index.offsets
        if not 0 <= row < len(offsets):
            raise CatalogueError(f"row {row}: expected 0 to {len(offsets) - 1}")
        with self.products.open("rb") as file:
            file.seek(int(offsets[row]))
            found = _parse(next(lines_of(file)))
        if isinstance(found, Problem):
            raise CatalogueError(f"{self.products.name} row {row + 1}: {found.reason}")
        return found

    def get(self, sku: str) -> Product | None:
        """The product with this sku (the first, should there be two), or None."""
        for row in self.index.candidates(sku):
            try:
                product = self.at(row)
            except CatalogueError:
                continue
            if product.sku == sku:
                return product
        return None

    def find(self, sku: str) -> Product:
        """The product with this sku. Raises CatalogueError if there is none."""
        product = self.get(sku)
        if product is None:
            raise CatalogueError(f"sku {sku!r}: no such product in {self.folder}")
        return product

    def __contains__(self, sku: object) -> bool:
        return isinstance(sku, str) and self.get(sku) is not None

    def path_of(self, image: Image) -> Path | None:
        """Where the picture file is; None for a picture that is only a URL."""
        return self.pictures / image.path if image.path else None

    def matte_of(self, image: Image) -> Path | None:
        """Where the exact matte is, if the catalogue has one."""
        return self.pictures / image.matte if image.matte else None

    def images(self) -> Iterator[Shot]:
        """Every picture that is a file, product by product, with a key that no other picture has."""
        clashes = self.index.clashes
        for row, found in enumerate(self.rows()):
            if isinstance(found, Problem):
                continue
            stem = file_stem(found.sku) + (f"~x{row}" if row in clashes else "")
            for number, image in enumerate(found.images, start=1):
                if image.path:
                    key = stem if number == 1 else f"{stem}~{number}"
                    yield Shot(found, image, self.pictures / image.path, key, row)

    def append(self, products: Iterable[Product]) -> int:
        """Add products at the end of the file, durably; gives how many. Raises CatalogueError on a sku twice.

        A torn last line is ended first, so that it stays one broken row of its own.
        """
        new = list(products)
        seen: set[str] = set()
        for product in new:
            if product.sku in seen or product.sku in self:
                raise CatalogueError(f"sku {product.sku!r} is already in {self.folder}")
            seen.add(product.sku)
        with self.products.open("r+b") as file:
            end = file.seek(0, os.SEEK_END)
            if end:
                file.seek(end - 1)
            torn = end and file.read(1) != b"\n"
            file.write((b"\n" if torn else b"") + b"".join(p.line().encode() + b"\n" for p in new))
            file.flush()
            os.fsync(file.fileno())
        return len(new)

    def rewrite(self, change: Callable[[Product], Product]) -> int:
        """Put every product through `change` and replace the file in one step; gives how many changed.

        Lines that are no product are kept as they are. `change` must leave the sku alone.
        """
        changed = 0
        with Writer(self.folder, self.facts) as writer, self.products.open("rb") as file:
            for line in lines_of(file):
                old = _parse(line)
                if isinstance(old, Problem):
                    writer.write_line(line.data)
                    continue
                new = change(old)
                if new.sku != old.sku:
                    raise CatalogueError(f"sku {old.sku!r}: a rewrite may not rename it to {new.sku!r}")
                changed += new != old
                writer.write(new)
        return changed


class Writer:
    """Writes a `products.jsonl` that is there whole or not at all: a temporary file, synced, then renamed.

    >>> with Writer(folder) as writer:            # doctest: +SKIP
    ...     writer.write(product)
    """

    def __init__(self, folder: str | Path, facts: dict[str, Any] | None = None) -> None:
        self.folder = Path(folder)
        self.facts = facts or {}
        self.count = 0
        self._temporary = self.folder
        self._file: IO[bytes] | None = None

    def __enter__(self) -> Writer:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._temporary = self.folder / f".products-{os.getpid()}-{secrets.token_hex(4)}.part"
        self._file = self._temporary.open("xb", buffering=1 << 20)
        return self

    def write(self, product: Product) -> None:
        """Add one product."""
        self.write_line(product.line().encode())

    def write_line(self, line: bytes) -> None:
        """Add one product that is already a line of JSON."""
        assert self._file is not None, "use Writer in a with statement"
        self._file.write(line + b"\n")
        self.count += 1

    def __exit__(self, kind: type[BaseException] | None, *_: BaseException | TracebackType | None) -> None:
        assert self._file is not None
        if kind is None:
            self._file.flush()
            os.fsync(self._file.fileno())
        self._file.close()
        if kind is not None:
            self._temporary.unlink()
            return
        if self.facts:
            write_text(self.folder / FACTS, json.dumps(self.facts, ensure_ascii=False, indent=2) + "\n")
        os.replace(self._temporary, self.folder / PRODUCTS)


def write_catalogue(folder: str | Path, products: Iterable[Product], facts: dict[str, Any] | None = None) -> Catalogue:
    """Write products to a folder and open it. The picture files are the caller's."""
    with Writer(folder, facts) as writer:
        for product in products:
            writer.write(product)
    return Catalogue(folder)


def write_text(path: Path, text: str) -> None:
    """Replace a small text file in one step."""
    temporary = path.with_name(f".{path.name}-{os.getpid()}-{secrets.token_hex(4)}.part")
    temporary.write_text(text, encoding="utf-8", newline="\n")
    os.replace(temporary, path)


def _parse(line: TextLine) -> Product | Problem:
    if not line.whole:
        return Problem(line.number, "", "the line is longer than 16 MB", shortened(line.data[:80]), PRODUCTS)
    try:
        return Product.read(line.data)
    except CatalogueError as error:
        reason = str(error) if line.ended else "the last line is torn (a writer was stopped in the middle)"
        text = line.data[:400].decode("utf-8", errors="replace")
        return Problem(line.number, "", reason, shortened(text), PRODUCTS)


def _read_facts(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise CatalogueError(f"{path.name}: is not JSON: {error}") from None
    if not isinstance(facts, dict):
        raise CatalogueError(f"{path.name}: expected an object, got {type(facts).__name__}")
    return facts
