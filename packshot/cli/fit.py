"""`packshot fit` and `packshot listing`: pictures for marketplaces, from masters or straight from photos."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from packshot.cli import marking
from packshot.cli import run as running

if TYPE_CHECKING:
    from packshot.publish.fit import Published

SOURCE = Annotated[
    str,
    typer.Argument(help="catalogue folder, folder of pictures, one picture, zip, CSV, Parquet, JSONL or feed"),
]
CHANNEL = Annotated[
    list[str] | None,
    typer.Option("--channel", "-c", metavar="ID", help="a channel; repeatable (see `packshot channels`)"),
]
CHANNEL_FILE = Annotated[
    Path | None, typer.Option("--channels", metavar="FILE", help="your own rows over the table (YAML)")
]
UPSCALE = Annotated[float, typer.Option(min=1, max=16, help="pixels are enlarged no further than this")]
ALT = Annotated[Path | None, typer.Option(help="CSV of alternative texts: sku, image, en, zh [default: alt.csv]")]
LIMIT = Annotated[int | None, typer.Option(min=1, help="only the first so many photos")]
SHOWN = 20  # wrong or shared identifiers that are listed
REPORT = Annotated[bool, typer.Option(help="write report.html and report.json")]


def fit(
    catalogue: SOURCE,
    channel: CHANNEL = None,
    out: Annotated[Path, typer.Option(help="output folder")] = Path("out/fit"),
    channel_file: CHANNEL_FILE = None,
    max_upscale: UPSCALE = 2.0,
    alt: ALT = None,
    workers: running.WORKERS = 0,
    limit: LIMIT = None,
    report: REPORT = True,
    policy: marking.POLICY = None,
    producer: marking.PRODUCER = None,
    c2pa_cert: marking.CERTIFICATE = None,
    c2pa_key: marking.KEY = None,
) -> None:
    """Fit finished pictures (cut-outs, packshots, photos) to channels: ground, fill, size, bytes, name, check.

    What a channel would refuse lies in OUT/held with its reason. Killed, the same command goes on where it was.
    """
    options = _options(channel_file, max_upscale, alt, limit, report, workers)
    options |= _marks(policy, producer, c2pa_cert, c2pa_key)
    raise typer.Exit(_work(catalogue, channel or [], out, None, options))


def listing(
    catalogue: SOURCE,
    channel: CHANNEL = None,
    out: Annotated[Path, typer.Option(help="output folder")] = Path("out/listing"),
    pipeline: Annotated[
        str, typer.Option(help="how a photo becomes a master; frame, ground and shadow are the channel's")
    ] = "packshot-white",
    setting: Annotated[
        list[str] | None, typer.Option("--set", metavar="STEP.PARAMETER=VALUE", help="change a parameter; repeatable")
    ] = None,
    channel_file: CHANNEL_FILE = None,
    max_upscale: UPSCALE = 2.0,
    alt: ALT = None,
    workers: running.WORKERS = 0,
    limit: LIMIT = None,
    report: REPORT = True,
    policy: marking.POLICY = None,
    producer: marking.PRODUCER = None,
    c2pa_cert: marking.CERTIFICATE = None,
    c2pa_key: marking.KEY = None,
) -> None:
    """The main job in one command: photos in; cut out, fitted, named, marked and checked for every channel.

    What a channel would refuse lies in OUT/held with its reason. Killed, the same command goes on where it was.
    """
    options = _options(channel_file, max_upscale, alt, limit, report, workers)
    options |= _marks(policy, producer, c2pa_cert, c2pa_key)
    options["overrides"] = running.overrides(setting or [])
    raise typer.Exit(_work(catalogue, channel or [], out, pipeline, options))


def _options(
    channel_file: Path | None, max_upscale: float, alt: Path | None, limit: int | None, report: bool, workers: int
) -> dict[str, Any]:
    """What both verbs are told, as `publish.fit.fit` names it."""
    options: dict[str, Any] = {"channel_file": channel_file, "max_upscale": max_upscale, "alt": alt}
    return options | {"limit": limit, "report": report, "workers": workers or None}


def _marks(policy: str | None, producer: str | None, certificate: Path | None, key: Path | None) -> dict[str, Any]:
    given = {"name": policy, "producer": producer}
    named = {name: value for name, value in given.items() if value is not None}
    return {"policy": named or None, "signing": marking.signing(certificate, key)}


def _work(source: str, channels: list[str], out: Path, pipeline: str | None, options: dict[str, Any]) -> int:
    """Do it with a progress line, say where the results are, return the exit code."""
    from packshot.publish.fit import fit as run_fit

    try:
        with running.Bar() as show:
            done = run_fit(source, channels, out, pipeline=pipeline, on_progress=show, **options)
    except KeyboardInterrupt:
        typer.echo("packshot: stopped; run the same command again to go on where it was", err=True)
        return 130
    running.say(done)
    _table(done)
    _more(done)
    return done.exit_code


def _more(done: Published) -> None:
    """What else a person has to know: identifiers that are wrong or shared, and what earlier runs left."""
    for problem in done.identifiers[:SHOWN]:
        typer.echo(f"note: {problem}", err=True)
    if len(done.identifiers) > SHOWN:
        typer.echo(f"… {len(done.identifiers) - SHOWN} more identifiers that are wrong or shared", err=True)
    if done.left_over:
        typer.echo(
            f"put aside {done.out / 'held' / 'left-over'}: {done.left_over} of earlier runs, for which this "
            "catalogue no longer asks"
        )


def _table(done: Published) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("channel", "ready", "look first", "held back", "failed", title_justify="left")
    for name, tally in done.tallies.items():
        table.add_row(name, *map(str, (tally.ready, tally.look, tally.held, tally.failed)))
    Console().print(table)
    if any(tally.held for tally in done.tallies.values()):
        typer.echo(f"held back {done.out / 'held'} (the reasons are in the report and in the records)")
