"""`packshot demo [PHOTOS]`: the main job on the sample catalogue that ships with packshot, or on a folder."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer

from packshot.cli import run as running


def demo(
    photos: Annotated[
        str, typer.Argument(help="a folder of photos (or any catalogue); the 16 samples if left out")
    ] = "",
    out: Annotated[Path, typer.Option(help="output folder")] = Path("out/demo"),
    pipeline: Annotated[str, typer.Option(help="which pipeline to show")] = "packshot-white",
    workers: running.WORKERS = 0,
) -> None:
    """Product photos in, listing-ready pictures and a report out."""
    source = photos or str(Path(str(files("packshot"))) / "samples" / "products.csv")
    raise typer.Exit(running.work(pipeline, source, out, workers, {}, None, True))
