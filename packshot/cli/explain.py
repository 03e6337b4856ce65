"""`packshot explain CHECKPOINT`: what a network sees and does, as figures, numbers and one page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from packshot.cli import marking


def explain(
    checkpoint: Annotated[str, typer.Argument(help="name of shipped weights or a .safetensors file")],
    pictures: Annotated[
        str | None, typer.Option(help="real pictures to show it: a catalogue, shards, toyshop, or a folder of photos")
    ] = None,
    critic: Annotated[
        str | None,
        typer.Option(
            help="critic or classifier to show what is drawn [default: critic.safetensors beside a generator]"
        ),
    ] = None,
    out: Annotated[Path, typer.Option(help="folder of explain.html, explain.json and the figures")] = Path(
        "out/explained"
    ),
    count: Annotated[int, typer.Option("-n", "--count", min=2, max=2000, help="pictures that maps are tested on")] = 32,
    seed: Annotated[int, typer.Option(min=0, help="of pictures, directions and random orders")] = 0,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:N or mps")] = "auto",
    policy: marking.POLICY = None,
    producer: marking.PRODUCER = None,
) -> None:
    """Look into a network: its layers and directions, where it looks, and tests of that."""
    from packshot.provenance import policies
    from packshot.training.explaining.explain import explain as explained

    marks = policies.find({"name": policy or "default", **({"producer": producer} if producer else {})})
    found = explained(
        checkpoint, out, pictures=pictures, critic=critic, count=count, seed=seed, device=device, policy=marks
    )
    tabulate(found.rows())
    figures = sum(len(section.figures) for section in found.sections)
    typer.echo(f"figures  {out} ({figures})\npage     {out / 'explain.html'}\nnumbers  {out / 'explain.json'}")


def tabulate(rows: Sequence[Mapping[str, Any]]) -> None:
    """One Markdown table for each section that has numbers."""
    from packshot.evaluation.tables import markdown_table

    for key in dict.fromkeys(row["section"] for row in rows):
        some = [{name: v for name, v in row.items() if name != "section"} for row in rows if row["section"] == key]
        columns = [name for name in some[0] if name not in ("deletion_error", "insertion_error")]
        formats = {name: ".3f" for name in columns if isinstance(some[0][name], float)}
        typer.echo(f"{key}\n{markdown_table(some, columns, formats)}\n")
