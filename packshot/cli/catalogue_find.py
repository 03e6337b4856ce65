"""`packshot catalogue find`: products that fit words, or look like a picture."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from packshot.models.searching.search import Answer

TITLE_SHOWN = 60


def find(
    text: Annotated[list[str] | None, typer.Argument(help="What to look for, in English or Chinese.")] = None,
    *,
    catalogue: Annotated[Path, typer.Option(help="Folder with products.jsonl.")],
    count: Annotated[int, typer.Option("-n", "--count", min=1, max=10_000, help="How many products.")] = 12,
    like: Annotated[list[Path] | None, typer.Option(help="Picture whose like to look for; repeatable.")] = None,
    without: Annotated[
        list[str] | None, typer.Option("--not", metavar="TEXT", help="What to keep away from; repeatable.")
    ] = None,
    model: Annotated[
        str, typer.Option(help="Encoder of texts and pictures: a name, a file, or a folder of transformers.")
    ] = "catalogue-clip",
    sheet: Annotated[Path | None, typer.Option(help="Write what was found as a sheet to this PNG.")] = None,
    page: Annotated[Path | None, typer.Option("--html", help="Write what was found as a page to this file.")] = None,
    tile: Annotated[int, typer.Option(min=32, max=512, help="Size of a picture on the sheet, px.")] = 160,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a product.")] = False,
    commercial: Annotated[bool, typer.Option(help="Refuse an encoder that may not be used commercially.")] = False,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:N or mps")] = "auto",
) -> None:
    """Find products by words, by a picture, or by both, best first. Exit code 1 if pictures cannot be read.

    The first search looks at every picture once and keeps what it saw beside the catalogue (.search-…); stopped, it
    goes on where it was.
    """
    from packshot.catalogue.catalogue import Catalogue
    from packshot.cli import shared
    from packshot.models.searching.search import find as found_in

    opened = Catalogue(catalogue)
    wishes: dict[str, Any] = {"text": text or (), "like": like or (), "without": without or ()}
    with shared.counting("pictures") as counter:
        answer = found_in(
            opened, **wishes, count=count, model=model, device=device, commercial=commercial, on_picture=counter
        )
    _tell(answer, as_json)
    words = [*(text or ()), *(f"like {path.name}" for path in like or ()), *(f"not {t}" for t in without or ())]
    _write(answer, opened.pictures, sheet, page, tile, ", ".join(words), as_json)
    for note in answer.notes:
        typer.echo(f"note: {note}", err=True)
    told = answer.refreshed
    new = f", {told.new:,} of them new" if told.new else ""
    typer.echo(f"{told.pictures:,} pictures searched by {answer.model}{new}", err=True)
    raise typer.Exit(shared.listed(told.problems, told.unread, err=True))


def _tell(answer: Answer, as_json: bool) -> None:
    if as_json:
        for one in answer.products:
            typer.echo(json.dumps(vars(one), ensure_ascii=False))
        return
    for number, one in enumerate(answer.products, 1):
        title = one.title if len(one.title) <= TITLE_SHOWN else one.title[: TITLE_SHOWN - 1] + "…"
        typer.echo(f"{number:4}  {one.score:6.3f}  {one.sku}  {title}  ({one.path})")


def _write(
    answer: Answer, root: Path, sheet: Path | None, page: Path | None, tile: int, asked: str, as_json: bool
) -> None:
    from packshot.cli.found import page_of, sheet_of
    from packshot.imaging.files import write_atomic

    if sheet is not None:
        write_atomic(sheet, sheet_of(answer.products, root, tile))
        typer.echo(f"sheet: {sheet}", err=as_json)
    if page is not None:
        write_atomic(page, page_of(answer.products, root, asked).encode())
        typer.echo(f"page: {page}", err=as_json)
