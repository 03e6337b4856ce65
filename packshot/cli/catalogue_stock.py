"""`packshot catalogue stock`: cut-outs and grounds to compose training pictures from."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from packshot.cli.shared import listed

SHOWN = 36  # pictures on the sheet


def stock(
    sources: Annotated[
        list[str],
        typer.Argument(
            help="Catalogues, packs, shards, toyshop, folders of pictures (FOLDER@LICENCE says under which licence); "
            "drawn:COUNT draws products by code."
        ),
    ],
    out: Annotated[Path, typer.Option(help="Folder of the stock.")],
    ground: Annotated[
        list[str] | None,
        typer.Option(help="Catalogue or folder of photographs to set products on, or leaves:COUNT; repeatable."),
    ] = None,
    cut: Annotated[
        bool, typer.Option("--cut", help="Also cut out what has no matte, where the classical cut-out is sure.")
    ] = False,
    sheet: Annotated[
        Path | None, typer.Option(help="Write some composed pictures and their truth to this file.")
    ] = None,
    side: Annotated[int, typer.Option(min=64, max=1024, help="Side of the pictures on the sheet, px.")] = 192,
) -> None:
    """Gather cut-outs with exact opacity, and grounds, to train cutting out on.

    Exit code 1 if pictures cannot be read; each is named.
    """
    from packshot.catalogue.composing.gathering import gather

    made, problems = gather(sources, ground or [], out, cut=cut)
    counts = Counter(piece.kind for piece in made.pieces)
    kinds = ", ".join(f"{count:,} {kind}s" for kind, count in sorted(counts.items()))
    typer.echo(f"{out}: {kinds}, {made.pixels.size / 1e6:,.0f} MB, licences: {', '.join(made.licences)}")
    if sheet is not None:
        _draw(out, sheet, side)
        typer.echo(f"{sheet}")
    raise typer.Exit(listed(problems))


def _draw(folder: Path, sheet: Path, side: int) -> None:
    """Composed pictures, each beside its truth."""
    import torch

    from packshot.catalogue.composing.picture import Composer
    from packshot.catalogue.composing.stock import Stock
    from packshot.catalogue.composing.streams import Composed
    from packshot.imaging.files import write
    from packshot.imaging.picture import Picture
    from packshot.imaging.sheets import tiled

    taken = Composed(Composer(Stock(folder), side)).take(0, SHOWN)
    pairs = torch.cat([taken["image"], taken["truth"].expand(-1, 3, -1, -1)], 3).float() / 255
    write(Picture(tiled(pairs)[None]), sheet)
