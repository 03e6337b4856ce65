"""`packshot catalogue make|known|show|find|check|split|duplicates|audit|pack|album|stock|label-next`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from packshot.cli import catalogue_data, catalogue_find, catalogue_label, catalogue_stock
from packshot.cli.shared import counting

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterable

    from packshot.catalogue.problems import Problem
    from packshot.catalogue.show import Summary

app = typer.Typer(
    help="Read products and photos into a catalogue; look at it, check it, split it.", no_args_is_help=True
)
app.command("known")(catalogue_data.known)
app.command("audit")(catalogue_data.audit)
app.command("pack")(catalogue_data.pack)
app.command("album")(catalogue_data.album)
app.command("stock")(catalogue_stock.stock)
app.command("find")(catalogue_find.find)
app.command("label-next")(catalogue_label.label_next)
SHOWN = 20  # problems and values that a table lists

Folder = Annotated[Path, typer.Argument(metavar="CATALOGUE", help="Folder with products.jsonl.")]


@app.command()
def make(
    source: Annotated[
        str,
        typer.Argument(
            help="Folder, zip, CSV, TSV, JSONL, Parquet, Shopify CSV, Google or Meta feed; path or fsspec URL."
        ),
    ],
    out: Annotated[Path, typer.Argument(help="Folder of the catalogue; the source folder itself makes one in place.")],
    *,
    kind: Annotated[
        str, typer.Option(help="folder, csv, jsonl, parquet, shopify, merchant, meta; auto = recognise it.")
    ] = "auto",
    pictures: Annotated[
        str, typer.Option(help="copy, link (hard links), or refer (leave local files where they are).")
    ] = "copy",
    products: Annotated[
        str, typer.Option(help="In a folder: each picture or each folder is a product; auto = by rule.")
    ] = "auto",
    sku: Annotated[str, typer.Option(help="Column to take as sku.")] = "",
    pictures_from: Annotated[str, typer.Option(help="Folder or zip that the paths in the table are relative to.")] = "",
    encoding: Annotated[str, typer.Option(help="Encoding of a text table, if the guess is wrong.")] = "",
    delimiter: Annotated[str, typer.Option(help="Delimiter of a text table, if the guess is wrong.")] = "",
    replace: Annotated[bool, typer.Option("--replace", help="Replace a catalogue of another source in OUT.")] = False,
) -> None:
    """Read SOURCE into the catalogue OUT. Exit code 1 if something in it was wrong; it is listed in problems.jsonl.

    URLs of pictures are kept as references; nothing is fetched over http.
    """
    from packshot.catalogue.ingest import ingest

    for name, value, allowed in (("kind", kind, _kinds()), ("pictures", pictures, ("copy", "link", "refer")),
                                 ("products", products, ("auto", "picture", "folder"))):  # fmt: skip
        _one_of(name, value, allowed)
    options: dict[str, Any] = {"kind": kind, "pictures": pictures, "products": products, "sku": sku}
    options |= {
        "pictures_from": pictures_from,
        "encoding": encoding,
        "delimiter": delimiter,
        "replace_existing": replace,
    }
    with counting("rows") as count:
        done = ingest(source, out, on_row=count, **options)
    for sentence in done.told:
        typer.echo(sentence)
    urls = f", {done.urls:,} pictures only as URLs" if done.urls else ""
    typer.echo(f"{out}: {done.products:,} products, {done.pictures:,} pictures{urls}")
    _list(done.problems, done.serious, done.notes, out / "problems.jsonl")
    raise typer.Exit(1 if done.serious else 0)


@app.command()
def show(
    catalogue: Folder,
    sheet: Annotated[Path | None, typer.Option(help="Write a contact sheet to this PNG.")] = None,
    count: Annotated[int, typer.Option(min=1, max=2000, help="Pictures on the sheet.")] = 60,
    tile: Annotated[int, typer.Option(min=32, max=512, help="Size of a picture on the sheet, px.")] = 160,
    as_json: Annotated[bool, typer.Option("--json", help="Print the numbers as JSON.")] = False,
) -> None:
    """Count what is in a catalogue, and draw a contact sheet. Exit code 1 if rows are broken or pictures unreadable."""
    from packshot.catalogue.catalogue import Catalogue
    from packshot.catalogue.show import contact_sheet, summarise

    opened = Catalogue(catalogue)
    summary = summarise(opened)
    if as_json:
        typer.echo(json.dumps(vars(summary), ensure_ascii=False, indent=2))
    else:
        _print_summary(summary)
    unreadable: list[Problem] = []
    if sheet is not None:
        from packshot.imaging.files import write_atomic

        image, unreadable = contact_sheet(opened, count=count, tile_px=tile)
        write_atomic(sheet, _png(image))
        typer.echo(f"contact sheet: {sheet}", err=as_json)
        _list(unreadable, len(unreadable), 0, None)
    raise typer.Exit(1 if summary.broken_rows or unreadable else 0)


@app.command()
def check(
    catalogue: Folder,
    decode: Annotated[
        bool, typer.Option("--decode", help="Read every picture whole, not only its header (slow).")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line for every problem.")] = False,
) -> None:
    """List what is wrong with a catalogue now: broken rows, repeated skus, damaged pictures. Exit code 1 if any."""
    from dataclasses import asdict

    from packshot.catalogue.catalogue import Catalogue
    from packshot.catalogue.checking import check as problems_of
    from packshot.catalogue.problems import ProblemLog

    log = ProblemLog()
    opened = Catalogue(catalogue)
    with counting("pictures") as count:
        for problem in problems_of(opened, decode=decode, on_picture=count):
            log.add(problem)
            if as_json:
                typer.echo(json.dumps(asdict(problem), ensure_ascii=False))
    if not as_json:
        typer.echo(f"{catalogue}: {len(opened):,} products checked")
        _list(log.first, log.serious, log.notes, None)
        if not decode:
            typer.echo("picture files were looked at by their headers only; --decode reads them whole")
    raise typer.Exit(1 if log.serious else 0)


@app.command()
def split(
    catalogue: Folder,
    ratios: Annotated[
        str, typer.Option(help="Shares, as 90/10, 80/10/10 or train=0.9,test=0.1.")
    ] = "train=0.9,test=0.1",
    seed: Annotated[int, typer.Option(min=0, max=2**31, help="Another seed, another split.")] = 0,
    by: Annotated[
        str, typer.Option(help="Same shares in every stratum: category, or an attribute such as colour.")
    ] = "",
    duplicates: Annotated[
        bool, typer.Option(help="Keep products that share a photo in one split (reads every picture).")
    ] = True,
) -> None:
    """Divide products into train, validation and test, and write it into the catalogue. All views stay together."""
    from packshot.catalogue.catalogue import Catalogue
    from packshot.catalogue.splits import Splitter, assign
    from packshot.catalogue.splits import ratios as shares_of

    shares = shares_of(ratios)
    opened = Catalogue(catalogue)
    groups: list[tuple[str, ...]] = []
    unread = 0
    if duplicates:
        from packshot.catalogue.duplicates import find_duplicates

        with counting("pictures") as count:
            found = find_duplicates(opened, on_picture=count)
        groups, unread = found.product_groups(), len(found.problems)
        _list(found.problems, unread, 0, None)
    counts = assign(opened, Splitter(shares, seed, groups, by))
    total = sum(counts.values()) or 1
    _table("products by split", [(name, f"{n:,}", f"{n / total:.1%}") for name, n in counts.items()])
    if groups:
        typer.echo(f"{len(groups)} groups of products share a photo and were kept together")
    raise typer.Exit(1 if unread else 0)


@app.command("duplicates")
def find(
    catalogue: Folder,
    out: Annotated[Path | None, typer.Option(help="Write all groups to this JSONL file.")] = None,
) -> None:
    """Find pictures of one photo: recompressed, resized, brightened, cropped or padded.

    Exit code 1 if some pictures cannot be read.
    """
    from packshot.catalogue.catalogue import Catalogue
    from packshot.catalogue.duplicates import find_duplicates

    with counting("pictures") as count:
        found = find_duplicates(Catalogue(catalogue), on_picture=count)
    groups = found.groups()
    rows = [(str(n), member.sku, member.path) for n, group in enumerate(groups[:SHOWN], start=1) for member in group]
    if rows:
        _table("pictures of one photo", rows)
    several = len(found.product_groups())
    typer.echo(f"{found.pictures:,} pictures: {len(groups)} groups of one photo, {several} of them across products")
    if out is not None:
        from packshot.catalogue.catalogue import write_text

        lines = (json.dumps([member._asdict() for member in group], ensure_ascii=False) for group in groups)
        write_text(out, "".join(f"{line}\n" for line in lines))
    _list(found.problems, len(found.problems), 0, None)
    raise typer.Exit(1 if found.problems else 0)


def _kinds() -> tuple[str, ...]:
    from typing import get_args

    from packshot.catalogue.kinds import Kind

    return get_args(Kind)


def _one_of(name: str, value: str, allowed: tuple[str, ...]) -> None:
    from packshot.errors import ParameterError

    if value not in allowed:
        raise ParameterError(f"{name}: expected {', '.join(allowed)}; got {value!r}")


def _table(title: str, rows: Iterable[tuple[str, ...]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title, show_header=False, title_justify="left")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))  # Text: what stands in a catalogue is no markup
    Console().print(table)


def _list(problems: Iterable[Problem], serious: int, notes: int, kept: Path | None) -> None:
    """The first problems and the counts."""
    if not serious and not notes:
        return
    ordered = sorted(problems, key=lambda problem: not problem.serious)[:SHOWN]
    places = [" ".join(p for p in (x.file, "" if x.row is None else f"row {x.row}") if p) for x in ordered]
    _table("problems" if serious else "notes",
           [(place, x.field, x.reason, x.value[:60]) for place, x in zip(places, ordered, strict=True)])  # fmt: skip
    where = f"; all of them in {kept}" if kept is not None else ""
    typer.echo(f"{serious:,} problems, {notes:,} notes{where}")


def _print_summary(summary: Summary) -> None:
    _table("catalogue", [
        ("products", f"{summary.products:,}"),
        ("pictures", f"{summary.pictures:,} files, {summary.urls:,} URLs, {summary.mattes:,} with a matte"),
        ("most pictures of one", f"{summary.most_pictures:,}"),
        ("without pictures", f"{summary.without_pictures:,}"),
        ("with a title", f"{summary.titled:,}, in Chinese {summary.titled_zh:,}"),
        ("with a price", f"{summary.priced:,}"),
        ("broken rows", f"{summary.broken_rows:,}"),
    ])  # fmt: skip
    for name in ("categories", "splits", "colours", "materials", "sizes", "formats", "licences", "sources", "problems"):
        _print_counts(name, getattr(summary, name))


def _print_counts(name: str, counter: Counter[str]) -> None:
    if not counter or set(counter) == {"(none)"}:
        return
    rows = [(value, f"{n:,}") for value, n in counter.most_common(SHOWN)]
    if len(counter) > SHOWN:
        rows.append(
            (
                f"and {len(counter) - SHOWN:,} more",
                f"{counter.total() - sum(n for _, n in counter.most_common(SHOWN)):,}",
            )
        )
    _table(name, rows)


def _png(image: Any) -> bytes:
    import io

    data = io.BytesIO()
    image.save(data, "PNG")
    return data.getvalue()
