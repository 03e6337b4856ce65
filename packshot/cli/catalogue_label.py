"""`packshot catalogue label-next`: the photos most worth a person's correction."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from packshot.catalogue.labelling import Look


def label_next(
    catalogue: Annotated[Path, typer.Argument(metavar="CATALOGUE", help="Folder with products.jsonl.")],
    *,
    count: Annotated[int, typer.Option(min=1, max=10_000, help="How many photos to pick.")] = 20,
    method: Annotated[str, typer.Option(help="How photos are cut out: auto, net, classical or edges.")] = "auto",
    model: Annotated[str, typer.Option(help="Weights by name or file, as for cutout.")] = "",
    diversity: Annotated[
        float, typer.Option(min=0, max=1, help="How much photos that look like picked ones lose; 0 = not at all.")
    ] = 0.5,
    most: Annotated[int, typer.Option(min=1, help="Photos looked at; of more they are taken evenly.")] = 2000,
    out: Annotated[Path | None, typer.Option(help="Write the picks to this file, one JSON object a line.")] = None,
) -> None:
    """Pick the photos without a matte whose cut-out is most in doubt, unlike one another. Exit code 1 if any is bad."""
    from packshot.catalogue.catalogue import Catalogue, write_text
    from packshot.catalogue.labelling import candidates, next_ones

    found, done, bad = candidates(Catalogue(catalogue), _look(method, model), most)
    picks = next_ones(found, count, done, diversity)
    rows = [
        {"sku": p.candidate.sku, "image": p.candidate.image, "worth": round(p.worth, 4), "why": p.why} for p in picks
    ]
    for row in rows:
        typer.echo(f"{row['worth']:.3f}  {row['sku']}  {row['image']}  ({row['why']})")
    typer.echo(f"{len(picks)} of {len(found):,} photos without a matte picked; {len(done):,} have one", err=True)
    for line in bad:
        typer.echo(f"not read: {line}", err=True)
    if out is not None:
        write_text(out, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
    raise typer.Exit(1 if bad else 0)


def _look(method: str, model: str) -> Look:
    from packshot.operations.cutout import Cutout
    from packshot.operations.operation import Context
    from packshot.pipeline import weights

    operation = Cutout.model_validate({"method": method, "model": model})
    context = Context(load_model=weights.load)
    return lambda picture: operation.apply(picture, context).numbers
