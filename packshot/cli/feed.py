"""`packshot feed FORMAT CATALOGUE OUT`: product feeds, structured data, sitemaps, the table of alternative texts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from packshot.errors import ParameterError
from packshot.publish import feeds

SHOWN = 20  # problems that are listed
TEXTS = "alt"


def feed(
    format: Annotated[
        str, typer.Argument(help=f"{', '.join(feeds.TABLE)}, or {TEXTS}: the alternative texts, to edit")
    ],
    catalogue: Annotated[
        str, typer.Argument(help="catalogue folder, or what one can be made from (CSV, feed, folder)")
    ],
    out: Annotated[Path, typer.Argument(help="file to write")],
    fitted: Annotated[
        Path | None, typer.Option(help="output folder of `fit` or `listing` whose pictures to list")
    ] = None,
    base_url: Annotated[str, typer.Option(help="where that folder (or the catalogue's pictures) is on the web")] = "",
    channel: Annotated[
        list[str] | None, typer.Option("--channel", "-c", help="whose fitted pictures [default: the feed's own slots]")
    ] = None,
    link: Annotated[str, typer.Option(help="address of a product's page, with {sku} or {handle} in it")] = "",
    language: Annotated[str, typer.Option(help="of titles and texts: en or zh")] = "en",
    default: Annotated[
        list[str] | None,
        typer.Option(metavar="FIELD=VALUE", help="where a product has none, such as availability=in_stock; repeatable"),
    ] = None,
    rights: Annotated[
        list[str] | None,
        typer.Option(metavar="FIELD=VALUE", help="license, creditText, creator, copyrightNotice … (json-ld)"),
    ] = None,
    alt: Annotated[
        Path | None, typer.Option(help="CSV of alternative texts [default: the catalogue's alt.csv]")
    ] = None,
    site: Annotated[str, typer.Option(help="address of the shop")] = "",
) -> None:
    """Write a feed. Exit code 1 if the platform will miss something; it is listed with the row, and never made up."""
    from packshot.publish.alt import of_catalogue

    opened = _open(catalogue, out)
    texts = of_catalogue(opened, alt)
    if format == TEXTS:
        _write_texts(opened, out, texts)
        return
    from importlib import import_module

    from packshot.publish.feeds.offers import Offers, Options

    writer = feeds.find(format)
    own = import_module(feeds.TABLE[format].split(":")[0]).CHANNELS
    slots = tuple(channel or own)
    offers = Offers(opened, base_url=base_url, fitted=fitted, channels=slots, link=link, alt=texts)
    options = Options(language, _pairs("default", default), _pairs("rights", rights), site=site)
    written = writer(offers, out, options)
    _say(written)
    if offers.flagged:
        told = f"{offers.flagged} of the pictures listed are flagged in {fitted}; look at them before they go online"
        typer.echo(f"note: {told}", err=True)
    raise typer.Exit(1 if written.problems.serious else 0)


def _open(source: str, out: Path) -> Any:
    from packshot.pipeline.catalogues import open_catalogue

    return open_catalogue(source, out.parent / "catalogue")


def _write_texts(catalogue: Any, out: Path, texts: Any) -> None:
    from packshot.publish.alt import write_alt
    from packshot.publish.feeds.offers import whole

    with whole(out) as file:
        count = write_alt(catalogue, file, texts)
    typer.echo(f"{out}: {count} alternative texts; edit the columns en and zh, and name the file with --alt")


def _pairs(name: str, given: list[str] | None) -> dict[str, str]:
    found = {}
    for text in given or []:
        key, sign, value = text.partition("=")
        if not sign or not key:
            raise ParameterError(f"--{name} {text!r}: expected FIELD=VALUE")
        found[key.strip()] = value.strip()
    return found


def _say(written: Any) -> None:
    for problem in written.problems.first[:SHOWN]:
        typer.echo(f"{'problem' if problem.serious else 'note'}: {problem} ({problem.value})", err=True)
    total = written.problems.serious + written.problems.notes
    if total > SHOWN:
        typer.echo(f"… {total - SHOWN} more", err=True)
    for path in written.paths:
        typer.echo(f"{path}: {written.products} products, {written.pictures} pictures")
