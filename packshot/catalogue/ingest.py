"""A catalogue from anything: folder tree, zip, CSV, JSONL, Parquet, Shopify export, Google Merchant or Meta feed.

Rows stream through: read → draft → pictures gathered → validated → joined by sku (`staging.py`) → `products.jsonl`.
A bad cell costs that cell, a bad row that row, and both are listed in `problems.jsonl`; nothing else is lost.
The catalogue appears in one step at the end, so a reading that is stopped leaves the earlier one as it was.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from packshot.catalogue.catalogue import PRODUCTS, Catalogue, Writer
from packshot.catalogue.columns import columns_told
from packshot.catalogue.drafts import Draft, Mapper
from packshot.catalogue.feeds import merchant_rows, shopify_drafts, with_roles
from packshot.catalogue.folders import Products, decide, folder_drafts, is_picture
from packshot.catalogue.gathering import Gatherer, Pictures
from packshot.catalogue.kinds import Kind, Source, recognise
from packshot.catalogue.problems import PROBLEMS, Problem, ProblemLog, shortened
from packshot.catalogue.product import MAX_ATTRIBUTES, MAX_IMAGES, Product, product_of
from packshot.catalogue.staging import Staging
from packshot.catalogue.tables import Raw, csv_rows, jsonl_rows, parquet_rows
from packshot.catalogue.trees import LocalTree, Tree, open_tree
from packshot.errors import CatalogueError


@dataclass(frozen=True)
class Ingested:
    """What came of reading a source.

    told: what was recognised and decided, sentence by sentence. pictures: files; urls: pictures that are only
    referred to. problems: the first thousand; serious and notes count all, and `problems.jsonl` holds all.
    """

    folder: Path
    kind: str
    told: tuple[str, ...]
    products: int
    pictures: int
    urls: int
    serious: int
    notes: int
    problems: tuple[Problem, ...] = field(repr=False, default=())

    def open(self) -> Catalogue:
        """The catalogue that was made."""
        return Catalogue(self.folder)


def ingest(
    source: str | Path,
    out: str | Path,
    *,
    kind: Kind = "auto",
    pictures: Pictures = "copy",
    products: Products = "auto",
    sku: str = "",
    pictures_from: str | Path = "",
    encoding: str = "",
    delimiter: str = "",
    replace_existing: bool = False,
    on_row: Callable[[int], None] | None = None,
) -> Ingested:
    """Read a source (path or fsspec URL) into the catalogue folder `out`.

    kind: what it is, if it should not be recognised. pictures: copy, link or refer (`gathering.py`); refer needs a
    local source that is no zip and no Parquet file, otherwise pictures are copied. products: the rule for folders
    (`folders.py`). sku: the column to take as sku. pictures_from: folder or zip that the paths in a table are
    relative to, if not the table's own. on_row: called with the number of rows read, now and then.
    An `out` that holds a catalogue of the same source is renewed; of another, only with `replace_existing`.
    Raises CatalogueError if the source cannot be read at all or gives no product.
    """
    folder = Path(out)
    found = recognise(source, kind, encoding=encoding, delimiter=delimiter, without=folder)
    made_from = str(source) if "://" in str(source) else str(Path(source).resolve())
    _check_out(folder, made_from, replace_existing)
    tree = open_tree(pictures_from)[0] if pictures_from else found.tree
    mode = _mode(found, tree, folder, pictures)
    log, staging = _begun(folder)
    try:
        gatherer = Gatherer(tree, folder, staging, mode, "" if pictures_from else found.base)
        drafts, told = _drafts(found, products, sku)
        _take(drafts, gatherer, staging, log, found.table, on_row)
        if found.inside and found.table:
            _note_unnamed(tree, staging, log)
        facts = {"made_from": made_from, "kind": found.kind}
        if mode == "refer" and isinstance(tree, LocalTree):
            facts["pictures"] = "." if _same(tree.root, folder) else str(tree.root.resolve())
        return _finish(folder, found, told, staging, log, facts)
    finally:
        log.close()
        staging.close()
        log.path.unlink(missing_ok=True) if log.path else None


def _begun(folder: Path) -> tuple[ProblemLog, Staging]:
    """The log and the staging file in the folder to write to."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return ProblemLog(folder / f".{PROBLEMS}.part"), Staging(folder)
    except (OSError, sqlite3.Error) as error:
        told = getattr(error, "strerror", None) or error
        raise CatalogueError(f"{folder}: cannot be written to ({told}); name another folder") from None


def _check_out(folder: Path, made_from: str, replace_existing: bool) -> None:
    if folder.exists() and not folder.is_dir():
        raise CatalogueError(f"{folder}: expected a folder to write to; this is a file")
    if replace_existing or not (folder / PRODUCTS).exists():
        return
    with suppress(CatalogueError):
        if Catalogue(folder).facts.get("made_from") == made_from:
            return
    raise CatalogueError(f"{folder}: holds another catalogue; choose another folder, or --replace it")


def _mode(found: Source, tree: Tree, folder: Path, wanted: Pictures) -> Pictures:
    local = isinstance(tree, LocalTree)
    if local and isinstance(tree, LocalTree) and found.kind != "parquet" and _same(tree.root, folder):
        return "refer"  # a catalogue in place
    return wanted if local and (wanted != "refer" or found.kind != "parquet") else "copy"


def _same(one: Path, other: Path) -> bool:
    return os.path.realpath(one) == os.path.realpath(other)


def _drafts(found: Source, products: Products, sku: str) -> tuple[Iterator[Draft | Problem], tuple[str, ...]]:
    """The drafts of a source and what was decided about it."""
    if found.kind == "folder":
        choice, reason = decide(found.tree) if products == "auto" else (products, f"each {products} is a product")
        assert choice != "auto"
        return folder_drafts(found.tree, choice), (*found.told, reason)
    if found.kind == "shopify":
        return shopify_drafts(_raw(found)), (*found.told, "a handle is a product")
    has_sku = True if found.kind == "merchant" else None  # a feed's items need an id
    told = (*found.told, columns_told(found.header, sku)) if found.header else found.told
    rows = with_roles(_raw(found)) if found.kind in ("csv", "merchant") else _raw(found)
    return _mapped(rows, Mapper(sku, has_sku)), told


def _raw(found: Source) -> Iterator[Raw | Problem]:
    with found.open_table() as file:
        if found.kind == "jsonl":
            yield from jsonl_rows(file)
        elif found.kind == "parquet":
            yield from parquet_rows(file)
        elif found.dialect is None:
            yield from merchant_rows(file)
        else:
            yield from csv_rows(file, found.dialect)


def _mapped(rows: Iterator[Raw | Problem], mapper: Mapper) -> Iterator[Draft | Problem]:
    for raw in rows:
        if isinstance(raw, Problem):
            yield raw
        else:
            draft, notes = mapper.draft(raw)
            yield from notes
            yield draft


def _take(
    drafts: Iterator[Draft | Problem],
    gatherer: Gatherer,
    staging: Staging,
    log: ProblemLog,
    file: str,
    on_row: Callable[[int], None] | None,
) -> None:
    """Gather, validate and stage every draft; list what is wrong."""
    for number, draft in enumerate(drafts, start=1):
        if isinstance(draft, Problem):
            log.add(draft if draft.file else replace(draft, file=file))
            continue
        product, found = _product(draft, gatherer, file)
        if product is not None:
            found += staging.add(product)
        for problem in found:
            log.add(problem if problem.file else replace(problem, file=file))
        if on_row is not None and number % 500 == 0:
            on_row(number)


def _product(draft: Draft, gatherer: Gatherer, file: str) -> tuple[Product | None, list[Problem]]:
    found: list[Problem] = []
    fields: dict[str, Any] = {**draft.fields}
    if not str(fields.get("sku", "")).strip():
        named = ", ".join(wanted.ref for wanted in draft.images)
        return None, [Problem(draft.row, "sku", "is missing, so the row is left out", named, file)]
    images = []
    for wanted in draft.images:
        image, wrong = gatherer.image(wanted, draft.row)
        found += [replace(problem, sku=shortened(fields["sku"])) for problem in wrong]
        if image is not None:
            images.append(image)
    if draft.only_pictures and not images:
        return None, found
    if images:
        fields["images"] = images
        _drop_known_size(fields, images)
    found += _cut(fields, draft.row)
    fields["origin"] = shortened(file)
    fields["row"] = draft.row
    product, wrong = product_of(fields, draft.row, file)
    return product, found + wrong


def _cut(fields: dict[str, Any], row: int | None) -> list[Problem]:
    """Cut what is more than a product can have, so that not all of it is refused."""
    found = []
    for name, most in (("images", MAX_IMAGES), ("attributes", MAX_ATTRIBUTES)):
        value = fields.get(name, ())
        if len(value) > most:
            fields[name] = dict(list(value.items())[:most]) if isinstance(value, dict) else value[:most]
            found.append(Problem(row, name, f"a product may have {most}; {len(value) - most} are left out"))
    return found


def _drop_known_size(fields: dict[str, Any], images: list[dict[str, Any]]) -> None:
    """Columns width and height that only repeat the picture's own size say nothing of the product."""
    attributes, image = fields.get("attributes"), images[0]
    if attributes and all(attributes.get(k) == str(image.get(k)) for k in ("width", "height")):
        fields["attributes"] = {k: v for k, v in attributes.items() if k not in ("width", "height")}


def _note_unnamed(tree: Tree, staging: Staging, log: ProblemLog) -> None:
    for path in tree.paths():
        if staging.seen(path) is None and is_picture(tree, path):
            log.add(Problem(None, "file", "no row names this picture; left out", path, tree.label, serious=False))
    for problem in tree.refused:
        log.add(problem)


def _finish(
    folder: Path, found: Source, told: tuple[str, ...], staging: Staging, log: ProblemLog, facts: dict[str, Any]
) -> Ingested:
    products, pictures, urls = staging.totals()
    if not products:
        first = f"; the first of {log.serious + log.notes} remarks: {log.first[0]}" if log.first else ""
        wanted = "pictures, or a table of products" if found.kind == "folder" else "rows that name a sku or a picture"
        name = found.table or found.tree.label
        seen = f" ({told[0]})" if found.table else ""
        raise CatalogueError(f"{name}: there is no product in it; expected {wanted}{seen}{first}")
    log.close()
    with Writer(folder, facts) as writer:
        for line in staging.lines():
            writer.write_line(line)
    if log.path is not None and log.path.exists():
        os.replace(log.path, folder / PROBLEMS)
    else:
        (folder / PROBLEMS).unlink(missing_ok=True)
    return Ingested(
        folder, found.kind, told, products, pictures, urls, log.serious, log.notes, tuple(log.first)
    )  # fmt: skip
