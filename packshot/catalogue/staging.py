"""Where rows wait while a catalogue is read: a temporary SQLite file, so that memory stays flat.

Rows of one sku are one product seen several times. The rule: the first row stands; what it leaves empty is filled
from later rows; their pictures are joined (one file once). Where a later row says something else, that is kept with
the pictures it brought (`Image.attributes`), because that is what shops mean by it: the same article, another colour;
another title or price is noted besides, for it may be one sku given to two products. A row that disagrees and brings
no picture has nothing to keep it with, so it is a problem; so is a product in two splits.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from packshot.catalogue.names import folded
from packshot.catalogue.problems import Problem, shortened
from packshot.catalogue.product import MAX_IMAGES, Image, Product

_PLAIN_FIELDS = ("title", "category", "description", "price", "currency", "source", "licence")
_TABLES = """
    CREATE TABLE products (number INTEGER PRIMARY KEY, sku TEXT UNIQUE, body TEXT, files INTEGER, urls INTEGER);
    CREATE TABLE pictures (source BLOB PRIMARY KEY, place TEXT, width INTEGER, height INTEGER, reason TEXT);
    CREATE TABLE places (place TEXT PRIMARY KEY);
"""

_PUT = (
    "INSERT INTO products (sku, body, files, urls) VALUES (?, ?, ?, ?) "
    "ON CONFLICT (sku) DO UPDATE SET body = excluded.body, files = excluded.files, urls = excluded.urls"
)


class Seen(NamedTuple):
    """What is known of a picture file that was looked at before: where it lies now, or why it cannot be used."""

    place: str
    width: int | None
    height: int | None
    reason: str


class Staging:
    """Products by sku in order of first appearance, and picture files by source."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / ".staging.part"
        self.path.unlink(missing_ok=True)
        self._base = sqlite3.connect(self.path, isolation_level=None)
        for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-32000", "locking_mode=EXCLUSIVE"):
            self._base.execute(f"PRAGMA {pragma}")
        self._base.executescript(_TABLES)
        self._base.execute("BEGIN")
        self._last: Product | None = None

    def close(self) -> None:
        """Forget everything and remove the file."""
        self._base.close()
        self.path.unlink(missing_ok=True)

    def add(self, product: Product) -> list[Problem]:
        """Take one row's product; gives what is wrong if it disagrees with an earlier row of its sku."""
        found: list[Problem] = []
        if self._last is not None and self._last.sku == product.sku:
            self._last, found = merged(self._last, product)
            return found
        self._put_last()
        row = self._base.execute("SELECT body FROM products WHERE sku = ?", (product.sku,)).fetchone()
        if row is not None:
            product, found = merged(Product.model_validate_json(row[0]), product)
        self._last = product
        return found

    def _put_last(self) -> None:
        if self._last is not None:
            files = sum(bool(image.path) for image in self._last.images)
            counts = (files, len(self._last.images) - files)
            self._base.execute(_PUT, (self._last.sku, self._last.line(), *counts))

    def totals(self) -> tuple[int, int, int]:
        """How many products, pictures that are files, and pictures that are URLs."""
        self._put_last()
        row = self._base.execute("SELECT COUNT(*), COALESCE(SUM(files), 0), COALESCE(SUM(urls), 0) FROM products")
        products, files, urls = row.fetchone()
        return products, files, urls

    def lines(self) -> Iterator[bytes]:
        """Every product as a line of JSON, in order of first appearance."""
        self._put_last()
        self._last = None
        for (body,) in self._base.execute("SELECT body FROM products ORDER BY number"):
            yield body.encode()

    def seen(self, source: str) -> Seen | None:
        """What is known of a picture file."""
        row = self._base.execute("SELECT place, width, height, reason FROM pictures WHERE source = ?", (_key(source),))
        found = row.fetchone()
        return Seen(*found) if found else None

    def remember(self, source: str, seen: Seen) -> None:
        """Keep what was found out about a picture file."""
        self._base.execute("INSERT OR REPLACE INTO pictures VALUES (?, ?, ?, ?, ?)", (_key(source), *seen))

    def claim(self, place: str) -> bool:
        """Take a place for a picture; False if it is taken, also by a name that differs only in capitals."""
        return self._base.execute("INSERT OR IGNORE INTO places VALUES (?)", (folded(place),)).rowcount == 1


def _key(source: str) -> bytes:
    return source.encode("utf-8", errors="surrogateescape")  # file names need not be Unicode


def merged(first: Product, later: Product) -> tuple[Product, list[Problem]]:
    """One product of two rows of the same sku, by the rule of this module."""
    changes: dict[str, Any] = {}
    differing: dict[str, str] = {}
    found: list[Problem] = []
    for name in _PLAIN_FIELDS:
        old, new = getattr(first, name), getattr(later, name)
        if not new or old == new:
            continue
        if not old and (name != "currency" or first.price is None):
            changes[name] = new
        else:
            differing[name] = str(new)
    for name in ("titles", "descriptions"):
        joined = {**getattr(later, name), **getattr(first, name)}
        if joined != getattr(first, name):
            changes[name] = joined
    _merge_split(first, later, changes, found)
    new_attributes = {k: v for k, v in later.attributes.items() if first.attributes.get(k) != v}
    if later.images:
        images, over = _joined(first, later, {**differing, **new_attributes})
        changes["images"] = images
        found += over
        found += [_noted(first, later, name, differing[name]) for name in ("title", "price") if name in differing]
    else:
        _merge_bare(first, later, new_attributes, differing, changes, found)
    return first.model_copy(update=changes), found


def _noted(first: Product, later: Product, name: str, value: str) -> Problem:
    told = f"differs from row {first.row} of the same sku {shortened(first.sku)!r}; kept with this row's pictures alone"
    return Problem(later.row, name, told, shortened(value), later.origin, serious=False)


def _merge_split(first: Product, later: Product, changes: dict[str, Any], found: list[Problem]) -> None:
    if later.split and not first.split:
        changes["split"] = later.split
    elif later.split and later.split != first.split:
        told = f"row {first.row} put this product in {first.split}; a product is in one split, the first stands"
        found.append(Problem(later.row, "split", told, later.split, later.origin))


def _merge_bare(
    first: Product,
    later: Product,
    attributes: dict[str, str],
    differing: dict[str, str],
    changes: dict[str, Any],
    found: list[Problem],
) -> None:
    """A row without pictures: fills what is empty; what differs has no place and is reported."""
    changes["attributes"] = {**attributes, **first.attributes}
    differing = {**differing, **{k: v for k, v in attributes.items() if k in first.attributes}}
    for name, value in differing.items():
        told = f"differs from row {first.row} of the same sku {shortened(first.sku)!r}; the first stands"
        found.append(Problem(later.row, name, told, shortened(value), later.origin))


def _joined(first: Product, later: Product, own: dict[str, str]) -> tuple[tuple[Image, ...], list[Problem]]:
    """The pictures of both, one file once, in the order of their positions where those are stated."""
    known = {image.place for image in first.images}
    new = [image for image in later.images if image.place not in known]
    if own:
        new = [image.model_copy(update={"attributes": {**own, **image.attributes}}) for image in new]
    images = sorted((*first.images, *new), key=lambda image: image.position or 10**9)
    over = [
        Problem(later.row, "image", f"a product may have {MAX_IMAGES} pictures; this one is left out", i.place)
        for i in images[MAX_IMAGES:]
    ]
    return tuple(images[:MAX_IMAGES]), over
