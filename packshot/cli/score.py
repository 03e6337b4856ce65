"""`packshot score CHECKPOINT`: how good a generator is, as a table, a JSON file and a sheet of neighbours."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

DIGITS = {"real": "d", "generated": "d", "seed": "d"}


def score(
    checkpoint: Annotated[str, typer.Argument(help="name of shipped weights or a .safetensors file")],
    catalogue: Annotated[Path, typer.Option(help="catalogue folder with held-out pictures")],
    features: Annotated[str, typer.Option(help="checkpoint whose features are compared, or inception=FILE")],
    out: Annotated[Path, typer.Option(help="folder of score.json and neighbours.png")] = Path("out/score"),
    count: Annotated[int, typer.Option("-n", "--count", min=10, max=100_000, help="pictures drawn")] = 10_000,
    split: Annotated[str, typer.Option(help="pictures to compare with")] = "test",
    seed: Annotated[int, typer.Option(min=0, help="of the pictures drawn")] = 0,
    accuracy: Annotated[
        bool, typer.Option(help="train a classifier on generated pictures, test it on real ones")
    ] = False,
    accuracy_images: Annotated[int, typer.Option(min=1, help="images each classifier sees")] = 200_000,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:N or mps")] = "auto",
) -> None:
    """Score a generator: Fréchet and kernel distance, precision and recall, density and coverage, copying."""
    import json

    from packshot.evaluation.tables import markdown_table
    from packshot.imaging import files
    from packshot.imaging.picture import Picture
    from packshot.training import scoring

    found = scoring.score(
        checkpoint,
        catalogue,
        features,
        count=count,
        split=split,
        seed=seed,
        accuracy=accuracy,
        accuracy_images=accuracy_images,
        device=device,
    )
    rows = found.rows()
    told = {"weights": checkpoint, "digest": found.digest, "rows": rows, "notes": list(found.notes)}
    files.write_atomic(out / "score.json", json.dumps(told, indent=1, ensure_ascii=False).encode())
    files.write(Picture(found.neighbours[None] / 2 + 0.5), out / "neighbours.png")
    columns = list(dict.fromkeys(key for row in rows for key in row if key != "features"))
    formats = {key: DIGITS.get(key, ".3f") for key in columns if key not in ("pictures", "split")}
    typer.echo(markdown_table(rows, columns, formats))
    for note in found.notes:
        typer.echo(note)
    typer.echo(f"neighbours  {out / 'neighbours.png'}")
