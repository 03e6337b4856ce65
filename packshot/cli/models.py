"""`packshot models list|show|bench`: weights that are there, their cards, how fast each engine runs them here."""

from __future__ import annotations

from typing import Annotated

import typer

app = typer.Typer(help="Weights: what is there, and how fast this machine runs them.", no_args_is_help=True)

COLUMNS = ("engine", "ms", "times as fast", "first picture, s", "dB from torch", "why not")
NAMES = Annotated[list[str], typer.Argument(help="weights by name or file; all that can be measured if left out")]


@app.command("list")
def listed() -> None:
    """Weights found, with network, licence and the engine that is used for them."""
    from packshot import checkpoint, models
    from packshot.models import bench, community

    found = models.available()
    for path in found:
        if community.is_foreign(path):
            typer.echo(f"{path.stem:<24} community, licence {community.licence_of(path)}, {path.parent}")
            continue
        stored = checkpoint.read(path)
        licence, engine = stored.card.get("licence", "unstated"), bench.remembered(stored.digest)
        typer.echo(f"{path.stem:<24} {stored.network}, licence {licence}, engine {engine}, {path.parent}")
    if not found:
        typer.echo(f"none; own ones go into {models.home() / 'weights'}")


@app.command("show")
def shown(name: Annotated[str, typer.Argument(help="weights by name or file")]) -> None:
    """The card of weights as JSON: what they do, what they learned from, licence, what was measured."""
    import json

    from packshot import checkpoint, models

    stored = checkpoint.read(models.find(name))
    told = {"network": stored.network, "config": dict(stored.config), "sha256": stored.digest, **stored.card}
    typer.echo(json.dumps(told, indent=2, ensure_ascii=False, default=list))


@app.command("bench")
def benched(
    names: NAMES = [],  # noqa: B006
    size: Annotated[int, typer.Option(min=32, max=2048, help="side of the picture, px")] = 256,
    engine: Annotated[list[str], typer.Option(help="only this engine (more than once: these)")] = [],  # noqa: B006
    threads: Annotated[int, typer.Option(min=0, max=256, help="0 = as many as torch takes")] = 0,
    keep: Annotated[bool, typer.Option(help="use the fastest exact enough engine from now on")] = True,
) -> None:
    """Time every engine on these weights; the fastest that passes the accuracy gate is used from then on."""
    import torch

    from packshot import checkpoint, models
    from packshot.evaluation.tables import markdown_table
    from packshot.models import bench, community, engines

    for name in engine:
        if name not in engines.TABLE:
            raise typer.BadParameter(f"{name!r}: expected one of {', '.join(engines.TABLE)}", param_hint="--engine")
    if threads:
        torch.set_num_threads(threads)
    typer.echo(bench.machine())
    here = [path for path in models.available() if not community.is_foreign(path)]
    for path in [models.find(name) for name in names] or [p for p in here if engines.serves(checkpoint.read(p))]:
        stored = checkpoint.read(path)
        rows = list(bench.measured(stored, size, tuple(engine)))
        typer.echo(f"\n{path.stem}, {stored.network}, one picture of {size} x {size} px\n")
        typer.echo(markdown_table([_words(row, rows) for row in rows], COLUMNS))
        chosen = bench.remember(stored, rows) if keep and not engine else bench.fastest(rows)
        typer.echo(f"fastest exact enough: {chosen}")


def _words(row: object, rows: list) -> dict[str, str]:  # type: ignore[type-arg]
    from packshot.models.bench import Row

    assert isinstance(row, Row)
    plain = next((r.seconds for r in rows if r.engine == "torch"), None)
    faster = f"{plain / row.seconds:.2f}" if plain and row.seconds else ""
    return {
        "engine": row.engine,
        "ms": f"{row.seconds * 1000:.0f}" if row.seconds is not None else "",
        "times as fast": faster,
        "first picture, s": f"{row.ready_s:.1f}" if row.ready_s is not None else "",
        "dB from torch": "" if row.psnr is None else "same" if row.psnr >= 99 else f"{row.psnr:.1f}",
        "why not": row.words,
    }
