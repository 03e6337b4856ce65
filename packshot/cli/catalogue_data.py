"""`packshot catalogue audit|pack|album|known`: catalogues as training data."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from packshot.cli.shared import counting, listed

if TYPE_CHECKING:
    from packshot.catalogue.audit import Audit

Folder = Annotated[Path, typer.Argument(metavar="CATALOGUE", help="Folder with products.jsonl.")]


def audit(
    catalogue: Folder,
    out: Annotated[Path | None, typer.Option(help="Write audit.json and audit.html to this folder.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
    duplicates: Annotated[bool, typer.Option(help="Look for photos that products or splits share.")] = True,
    faces: Annotated[Path | None, typer.Option(help="ONNX file of a YuNet face detector, to count faces.")] = None,
    sheet: Annotated[int, typer.Option(min=0, max=400, help="Pictures on the page's contact sheet.")] = 60,
) -> None:
    """Say whether a catalogue is fit to train on: balance, leaks, colours, privacy. Exit code 1 on serious findings."""
    from packshot.catalogue.audit import audit as audited
    from packshot.catalogue.catalogue import Catalogue
    from packshot.catalogue.privacy import yunet

    opened = Catalogue(catalogue)
    found = audited(opened, duplicates=duplicates, find_faces=yunet(faces) if faces else None)
    if as_json:
        typer.echo(json.dumps(found.told(), ensure_ascii=False, indent=2))
    else:
        _print(found)
    if out is not None:
        from packshot.catalogue.audit_page import audit_page
        from packshot.catalogue.catalogue import write_text

        out.mkdir(parents=True, exist_ok=True)
        write_text(out / "audit.json", json.dumps(found.told(), ensure_ascii=False, indent=2) + "\n")
        write_text(out / "audit.html", audit_page(found, opened, sheet=sheet))
        typer.echo(f"{out / 'audit.html'}", err=as_json)
    raise typer.Exit(1 if found.serious else 0)


def _print(found: Audit) -> None:
    typer.echo(f"{found.products:,} products, {found.pictures:,} pictures, {found.unreadable:,} unreadable")
    for column, told in found.balance.items():
        typer.echo(
            f"{column}: {told['classes']:.0f} classes of {told['smallest']:,.0f} to {told['largest']:,.0f} pictures, "
            f"evenness {told['evenness']:.2f}"
        )
    if found.colours:
        c = found.colours
        typer.echo(
            f"colours: mean {c['red']:.2f} {c['green']:.2f} {c['blue']:.2f}, saturation {c['saturation']:.2f}, "
            f"near white {c['near white']:.0%}, white borders {c['white borders']:.0%}"
        )
    for finding in found.findings:
        typer.echo(f"{'SERIOUS' if finding.serious else 'note   '}  {finding.what}: {finding.said}")
    if not found.findings:
        typer.echo("nothing to mend")


def pack(
    catalogue: Folder,
    out: Annotated[Path, typer.Argument(help="Folder of the pack.")],
    *,
    size: Annotated[int, typer.Option(min=1, max=2048, help="Side of the square pictures, px.")],
    fit: Annotated[str, typer.Option(help="pad, crop or stretch: how other shapes become square.")] = "pad",
    grey: Annotated[bool, typer.Option("--grey", help="One channel.")] = False,
    layers: Annotated[
        str, typer.Option(help="With commas: matte, layout, depth, …, as the catalogue has them.")
    ] = "matte",
    replace: Annotated[bool, typer.Option("--replace", help="Replace a pack in OUT.")] = False,
) -> None:
    """Pack every picture of a catalogue as bytes of one size, to be mapped into memory for training.

    Exit code 1 if pictures cannot be read; each is named.
    """
    from packshot.catalogue.dataset.pack import FITS
    from packshot.catalogue.dataset.pack import pack as packed
    from packshot.errors import ParameterError

    if fit not in FITS:
        raise ParameterError(f"fit: expected one of {', '.join(FITS)}; got {fit!r}")
    names = [name.strip() for name in layers.split(",") if name.strip()]
    pictures, problems = packed(catalogue, out, size, fit=fit, grey=grey, layers=names, replace=replace)  # type: ignore[arg-type]
    typer.echo(f"{out}: {len(pictures):,} pictures of {size} px, layers {', '.join(pictures.layers)}")
    raise typer.Exit(listed(problems))


def known(
    kind: Annotated[str, typer.Argument(help="mnist, fashion-mnist, cifar10 or abo (Amazon Berkeley Objects).")],
    out: Annotated[Path, typer.Argument(help="Folder of the catalogue.")],
    source: Annotated[Path | None, typer.Option(help="Folder or archive as its makers publish it.")] = None,
    download: Annotated[bool, typer.Option("--download", help="Fetch it first (not abo), checksums checked.")] = False,
) -> None:
    """Read a known data set into a catalogue. Nothing is downloaded unless --download says so.

    Exit code 1 if something in it could not be read; it is listed in problems.jsonl.
    """
    from packshot.catalogue.sources import collect
    from packshot.catalogue.sources.fetch import fetch
    from packshot.errors import ParameterError

    if (source is None) == (not download):
        raise ParameterError("source: name the folder of the data set with --source, or ask for --download")
    place = source if source is not None else fetch(kind)
    with counting("products") as count:
        catalogue, problems = collect(kind, place, out, on_product=count)
    typer.echo(f"{out}: {len(catalogue):,} products")
    raise typer.Exit(listed(problems))


def album(
    sources: Annotated[
        list[str], typer.Argument(help="Catalogues, packs, folders of photographs; leaves:COUNT draws some by code.")
    ],
    out: Annotated[Path, typer.Option(help="Folder of the album.")],
    shrink: Annotated[
        list[float] | None, typer.Option(help="Size of what goes in, as a factor; repeatable. [default: 0.67]")
    ] = None,
) -> None:
    """Gather photographs of any size as bytes that crops are taken from, to train restoration on.

    Exit code 1 if pictures cannot be read; each is named.
    """
    from packshot.catalogue.dataset.albums import build

    made, problems = build(sources, out, tuple(shrink or (0.67,)))
    megabytes = made.pixels.size / 1e6
    typer.echo(f"{out}: {len(made):,} pictures, {megabytes:,.0f} MB, licences: {', '.join(made.licences)}")
    raise typer.Exit(listed(problems))
