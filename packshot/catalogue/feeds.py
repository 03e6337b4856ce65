"""Shop feeds: the Shopify product CSV, and Google Merchant and Meta product data in XML (RSS 2.0 or Atom) or a table.

Formats by their documentation: Shopify, "Using CSV files to import and export products" (both the older headers,
`Handle, Image Src`, and the newer, `URL handle, Product image URL`); Google Merchant Center, "Product data
specification" and "Use RSS 2.0 / Atom 1.0", namespace http://base.google.com/ns/1.0; Meta for Developers, "Reference -
Catalog": the same fields, and further pictures with tags as `image[0].url`, `image[0].tag[0]`, as a column `image` of
JSON, or as `<image><url/><tag/></image>`.

XML comes from strangers: it is parsed as a stream with expat, a document type declaration (and with it every entity
and every external file) ends the reading, and depth and text are bounded.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from itertools import groupby
from typing import Any, BinaryIO
from xml.parsers import expat

from packshot.catalogue.columns import plain, price_of, target_of
from packshot.catalogue.drafts import Draft, Wanted
from packshot.catalogue.names import is_url
from packshot.catalogue.problems import Problem, shortened
from packshot.catalogue.tables import Raw
from packshot.errors import CatalogueError

_BLOCKS = frozenset(("p", "br", "div", "li", "ul", "ol", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "table", "section"))
_HIDDEN = frozenset(("script", "style", "template", "head"))
MAX_DEPTH = 64
MAX_ITEM_CHARACTERS = 4 * 2**20
MAX_ITEM_VALUES = 5000


class _Plain(HTMLParser):
    """Collects the text of HTML, a line for every block."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._hidden += tag in _HIDDEN
        if tag in _BLOCKS:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self._hidden = max(0, self._hidden - (tag in _HIDDEN))
        if tag in _BLOCKS:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.parts.append(data)


def text_of_html(html: str) -> str:
    """The words of a piece of HTML, one line a paragraph.

    >>> text_of_html("<p>Soft &amp; warm</p><ul><li>Wool<script>x()</script></li></ul>")
    'Soft & warm\\nWool'
    """
    if "<" not in html and "&" not in html:
        return html.strip()
    parser = _Plain()
    parser.feed(html)
    parser.close()
    lines = (" ".join(line.split()) for line in "".join(parser.parts).split("\n"))
    return "\n".join(line for line in lines if line)


# -- Shopify ---------------------------------------------------------------------------------------------------------

_SHOPIFY = {
    "handle": ("handle", "url handle"),
    "title": ("title",),
    "description": ("body html", "description"),
    "category": ("type", "product category"),
    "brand": ("vendor",),
    "tags": ("tags",),
    "status": ("status",),
    "sku": ("variant sku", "sku"),
    "price": ("variant price", "price"),
    "gtin": ("variant barcode", "barcode"),
    "image": ("image src", "product image url"),
    "position": ("image position",),
    "alt": ("image alt text",),
    "variant image": ("variant image", "variant image url"),
}


def handle_of(sku: str) -> str:
    """A sku as part of an address: small letters, digits and single hyphens; `product` if nothing is left of it.

    >>> handle_of("TS-BLOCKS"), handle_of("Mug (blue)"), handle_of("连衣裙 红")
    ('ts-blocks', 'mug-blue', '连衣裙-红')
    """
    return re.sub(r"[\W_]+", "-", sku.casefold()).strip("-") or "product"


def is_shopify(header: list[str]) -> bool:
    """Whether a header is that of a Shopify product CSV."""
    names = {plain(name) for name in header}
    handle = names & {"handle", "url handle"}
    return bool(handle) and bool(names & {"image src", "product image url", "variant price", "option1 name"})


def shopify_drafts(rows: Iterator[Raw | Problem]) -> Iterator[Draft | Problem]:
    """One draft for every run of rows with the same handle: sku = handle; first row's text; all its pictures.

    Where the handle is only the one variant's own sku in small letters (`handle_of`), that sku is taken.
    Attributes: options by name, their values in order (`Red / Blue`), variant skus; price = the first variant's.
    A variant's picture carries the options that all variants shown by it share.
    """
    good: list[Problem] = []

    def kept() -> Iterator[tuple[str, int, dict[str, str]]]:
        for raw in rows:
            if isinstance(raw, Problem):
                good.append(raw)
                continue
            cells = {plain(n): str(c).strip() for n, c in zip(raw.names, raw.cells, strict=True)}
            row = {key: next((cells[n] for n in names if cells.get(n)), "") for key, names in _SHOPIFY.items()}
            row |= {f"option{i}": cells.get(f"option{i} name", "") for i in (1, 2, 3)}
            row |= {f"value{i}": cells.get(f"option{i} value", "") for i in (1, 2, 3)}
            if row["handle"]:
                yield row["handle"], raw.row, row
            elif any(cells.values()):
                good.append(Problem(raw.row, "Handle", "is empty; the row belongs to no product", shortened(cells)))

    for handle, run in groupby(kept(), key=lambda item: item[0]):
        draft, found = _shopify_product(handle, [(number, row) for _, number, row in run])
        yield from good
        good.clear()
        yield from found
        yield draft
    yield from good


def _shopify_product(handle: str, rows: list[tuple[int, dict[str, str]]]) -> tuple[Draft, list[Problem]]:
    found: list[Problem] = []
    number = rows[0][0]

    def first(name: str) -> str:
        values = [(n, row[name]) for n, row in rows if row[name]]
        for n, value in values[1:]:
            if name == "title" and value != values[0][1]:
                told = f"handle {handle!r} has another title in row {values[0][0]}; the first stands"
                found.append(Problem(n, "Title", told, shortened(value)))
        return values[0][1] if values else ""

    amount, currency = price_of(first("price")) if first("price") else ("", "")
    text = {"title": first("title"), "category": first("category"), "description": text_of_html(first("description"))}
    skus = list(dict.fromkeys(row["sku"].lstrip("'") for _, row in rows if row["sku"]))
    own = len(skus) == 1 and handle_of(skus[0]) == handle
    fields: dict[str, Any] = {"sku": skus[0] if own else handle, **text, "price": amount, "currency": currency}
    attributes = {name: first(name) for name in ("brand", "tags", "gtin", "status")}
    attributes |= _options([row for _, row in rows])
    if own:
        del attributes["variant_sku"]
    fields["attributes"] = {k: v for k, v in attributes.items() if v}
    return Draft(number, {k: v for k, v in fields.items() if v not in ("", {})}, _shopify_images(rows)), found


def _option_names(rows: list[dict[str, str]]) -> dict[int, str]:
    """The names of the three options, which stand in a product's first row only."""
    names = {i: next((row[f"option{i}"] for row in rows if row[f"option{i}"]), "") for i in (1, 2, 3)}
    canonical = {i: (target_of(name) or "") for i, name in names.items()}
    short = {i: t[2:] if t.startswith("a:") else names[i].lower() for i, t in canonical.items()}
    return {i: name for i, name in short.items() if name and name != "title"}


def _options(rows: list[dict[str, str]]) -> dict[str, str]:
    values = {
        name: " / ".join(dict.fromkeys(row[f"value{i}"] for row in rows if row[f"value{i}"]))
        for i, name in _option_names(rows).items()
    }
    skus = " / ".join(dict.fromkeys(row["sku"].lstrip("'") for row in rows if row["sku"]))
    return {**values, "variant_sku": skus}


def _shopify_images(rows: list[tuple[int, dict[str, str]]]) -> list[Wanted]:
    images: dict[str, Wanted] = {}
    shown: dict[str, list[dict[str, str]]] = {}
    names = _option_names([row for _, row in rows])
    for _, row in rows:
        if row["image"]:
            image = images.setdefault(row["image"], Wanted(row["image"]))
            if row["alt"]:
                image.fields.setdefault("alt", row["alt"])
            if row["position"].isdecimal():
                image.fields.setdefault("position", int(row["position"]))
        if row["variant image"]:
            options = {name: row[f"value{i}"] for i, name in names.items() if row[f"value{i}"]}
            shown.setdefault(row["variant image"], []).append(options)
    for url, variants in shown.items():
        image = images.setdefault(url, Wanted(url))
        common = {k: v for k, v in variants[0].items() if all(other.get(k) == v for other in variants)}
        if common:
            image.fields["attributes"] = common
    return sorted(images.values(), key=lambda image: image.fields.get("position") or 10**6)


# -- Google Merchant and Meta ------------------------------------------------------------------------------------------


_TAGGED = re.compile(r"image (\d+) (url|tag)(?: \d+)?")
_LIFESTYLE = "lifestyle image link"


def is_meta(header: list[str]) -> bool:
    """Whether a header is that of a Meta catalogue feed: Google's columns, and pictures with tags."""
    return any(_TAGGED.fullmatch(plain(name)) for name in header)


def with_roles(rows: Iterator[Raw | Problem]) -> Iterator[Raw | Problem]:
    """The rows with their further pictures as pictures: role `lifestyle`, or the tags that Meta gives them."""
    wanted: dict[tuple[str, ...], bool] = {}
    for raw in rows:
        if isinstance(raw, Raw):
            if len(wanted) > 1000:
                wanted.clear()
            if raw.names not in wanted:
                names = [plain(name) for name in raw.names]
                wanted[raw.names] = any(n in (_LIFESTYLE, "image") or _TAGGED.fullmatch(n) for n in names)
            raw = _roles_of(raw) if wanted[raw.names] else raw
        yield raw


def _roles_of(raw: Raw) -> Raw:
    names: list[str] = []
    cells: list[Any] = []
    tagged: dict[int, list[tuple[str, str]]] = {}
    for name, cell in zip(raw.names, raw.cells, strict=True):
        match = _TAGGED.fullmatch(plain(name))
        text = cell.strip() if isinstance(cell, str) else ""
        if match:
            tagged.setdefault(int(match[1]), []).append((match[2], text))
        elif plain(name) == _LIFESTYLE and is_url(text):
            tagged[-1] = [("url", text), ("tag", "lifestyle")]
        elif plain(name) != _LIFESTYLE:
            names.append(name)
            cells.append(_tagged_pictures(text) or cell if plain(name) == "image" else cell)
    pictures = [_picture(parts) for _, parts in sorted(tagged.items(), key=lambda item: item[0] % 10**6)]
    found = [picture for picture in pictures if picture["url"]]
    return Raw(raw.row, (*names, "image"), [*cells, found])


def _picture(parts: list[tuple[str, str]]) -> dict[str, str]:
    tags = [text for part, text in parts if part == "tag" and text]
    return {"url": next((text for part, text in parts if part == "url"), ""), "role": " / ".join(tags)}


def _tagged_pictures(text: str) -> list[dict[str, str]]:
    """The pictures of a cell that holds Meta's JSON, or the words of an `<image>` element; empty for any other."""
    if text.startswith("[") and '"url"' in text:
        try:
            listed = json.loads(text)
        except (ValueError, RecursionError):
            return []
        found = [entry for entry in listed if isinstance(entry, dict) and isinstance(entry.get("url"), str)]
        return [{"url": entry["url"], "role": " / ".join(map(str, entry.get("tag") or ()))} for entry in found]
    first, *tags = [part.strip() for part in text.split(" / ") if part.strip()] or [""]
    return [{"url": first, "role": " / ".join(tags)}] if tags and is_url(first) else []


class _Items:
    """expat handlers that collect the direct children of every `item` or `entry`."""

    def __init__(self) -> None:
        self.done: list[Raw | Problem] = []
        self.count = 0
        self.kind = ""
        self._path: list[str] = []
        self._at: int | None = None  # depth of the open item
        self._line = 0
        self._names: list[str] = []
        self._cells: list[str] = []
        self._text: list[str] = []
        self._length = 0
        self.line: Callable[[], int] = lambda: 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        local = name.rpartition(" ")[2]
        self._path.append(local)
        if len(self._path) > MAX_DEPTH:
            raise CatalogueError(f"line {self.line()}: elements are nested more than {MAX_DEPTH} deep")
        if len(self._path) == 1:
            self.kind = {"rss": "RSS 2.0", "feed": "Atom", "RDF": "RSS 1.0"}.get(local, local)
        if self._at is None and local in ("item", "entry"):
            self._at, self._line, self._length = len(self._path), self.line(), 0
            self._names, self._cells = [], []
        elif self._at is not None and len(self._path) == self._at + 1:
            self._text = []
            if local == "link" and attributes.get("href"):  # Atom keeps the address in an attribute
                self._text.append(attributes["href"])
        elif self._at is not None and self._text:
            self._text.append(" / ")

    def data(self, text: str) -> None:
        if self._at is not None and len(self._path) > self._at:
            self._length += len(text)
            if self._length <= MAX_ITEM_CHARACTERS:
                self._text.append(text)

    def end(self, name: str) -> None:
        local = self._path.pop()
        if self._at is None:
            return
        if len(self._path) == self._at and len(self._names) < MAX_ITEM_VALUES:
            text = "".join(self._text).strip()
            if local in ("description", "summary", "content"):
                local, text = "description", text_of_html(text)
            if local == "link" and not is_url(text):
                text = ""
            self._names.append(local)
            self._cells.append(text)
        elif len(self._path) == self._at - 1:
            self._close()

    def _close(self) -> None:
        self._at = None
        self.count += 1
        if self._length > MAX_ITEM_CHARACTERS:
            told = f"item {self.count} holds more than {MAX_ITEM_CHARACTERS:,} characters; cut"
            self.done.append(Problem(self._line, "", told))
        self.done.append(Raw(self._line, tuple(self._names), self._cells))


def merchant_rows(file: BinaryIO) -> Iterator[Raw | Problem]:
    """Items of a Google Merchant feed, as raw rows whose number is the line they begin in.

    Raises CatalogueError for a document type declaration or a file that is no feed; a feed that breaks in the middle
    gives the items before the break, then a Problem.
    """
    items = _Items()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    items.line = lambda: parser.CurrentLineNumber

    def refuse(*_: Any) -> None:
        raise CatalogueError(
            f"line {parser.CurrentLineNumber}: holds a document type declaration (DTD, entities), which no feed needs "
            "and attacks are made of; it is not read"
        )

    for handler in ("StartDoctypeDeclHandler", "EntityDeclHandler", "ExternalEntityRefHandler"):
        setattr(parser, handler, refuse)
    parser.StartElementHandler, parser.EndElementHandler = items.start, items.end
    parser.CharacterDataHandler = items.data
    ended = False
    while not ended:
        piece = file.read(1 << 16)
        ended = not piece
        try:
            parser.Parse(piece, ended)
        except expat.ExpatError as error:
            yield from _drained(items)
            if not items.count:
                raise CatalogueError(f"expected an XML feed: {error}") from None
            yield Problem(error.lineno, "", f"the XML is broken here, what follows cannot be read: {error}")
            return
        yield from _drained(items)
    if not items.count:
        raise CatalogueError(f"expected a feed with items or entries, got an XML document {items.kind!r} without any")


def _drained(items: _Items) -> Iterator[Raw | Problem]:
    yield from items.done
    items.done.clear()
