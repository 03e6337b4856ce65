"""`packshot check SOURCE --channel ID`: pictures against a marketplace's rules; `packshot channels`: the rules.

Exit codes: 0 nothing fails, 1 something fails (with --strict: or is warned about), 2 could not run.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from packshot.publish.channel import Channel
    from packshot.publish.checking import Checked

CHANNELS = Annotated[
    list[str] | None,
    typer.Option("--channel", "-c", metavar="ID", help="a channel; repeatable (see packshot channels)"),
]
FILE = Annotated[Path | None, typer.Option("--channels", metavar="FILE", help="your own rows over the table (YAML)")]

BARE = {
    "animation": "one frame",
    "border": "none",
    "shadow": "none",
    "colour": "8-bit RGB, sRGB or untagged",
    "whole": "all of the product visible",
    "overlay": "no text, logo or mark added",
}  # what a rule without a value asks for


def check(
    source: Annotated[Path, typer.Argument(help="a picture, a folder of pictures, or a catalogue folder")],
    channel: CHANNELS = None,
    own: FILE = None,
    text: Annotated[str, typer.Option(help="how writing is looked for: auto|ocr|strokes")] = "auto",
    html: Annotated[Path | None, typer.Option(help="write a page to look at")] = None,
    json: Annotated[Path | None, typer.Option(help="write all findings")] = None,
    junit: Annotated[Path | None, typer.Option(help="write JUnit XML for a build server")] = None,
    strict: Annotated[bool, typer.Option("--strict", help="warnings fail too")] = False,
    everything: Annotated[bool, typer.Option("--all", help="list every picture and what passes")] = False,
    workers: Annotated[int, typer.Option(min=0, max=256, help="processes; 0 = one per processor")] = 0,
    limit: Annotated[int | None, typer.Option(min=1, help="only the first so many pictures")] = None,
) -> None:
    """Check pictures against the rules of marketplaces: each with its source, its date and how to mend a breach."""
    from packshot.publish.checking import check_all

    wanted = tuple(dict.fromkeys(channel or ()))
    options: dict[str, Any] = {"overrides": own, "text": text, "workers": workers or None, "limit": limit}
    checked = check_all(source, wanted, **options)
    try:
        _write(checked, html, json, junit)
        _show(checked, everything)
    finally:
        checked.close()
    raise typer.Exit(checked.exit_code(strict))


def _write(checked: Checked, html: Path | None, json: Path | None, junit: Path | None) -> None:
    from packshot.publish.check_reports import documents, page

    for path, write in ((html, page.write_page), (json, documents.write_json), (junit, documents.write_junit)):
        if path is not None:
            write(checked, path)


def _show(checked: Checked, everything: bool) -> None:
    from rich.console import Console

    from packshot.publish.check_reports import terminal

    console = Console(soft_wrap=False)
    if not console.is_terminal:
        console = Console(width=140)
    terminal.show(checked, console, every=everything, most=1 << 30 if everything else terminal.SHOWN)


def channels(
    name: Annotated[str, typer.Argument(help="a channel; all of them if left out")] = "",
    own: FILE = None,
) -> None:
    """List the channels, or the rules of one with their sources, dates and confidence."""
    from packshot.publish import channels as table

    if name:
        _one(table.find(name, own))
        return
    known = table.load(own)
    width = max(map(len, known))
    for key, channel in known.items():
        size = f"{channel.width}x{channel.height}"
        typer.echo(f"{key:<{width}}  {channel.confidence}  {size:>9}  {channel.platform}: {channel.use}")


def _one(channel: Channel) -> None:
    typer.echo(f"{channel.id}: {channel.platform}, {channel.use} ({channel.region})")
    typer.echo(f"recommended {channel.width} x {channel.height} px")
    typer.echo(f"source {channel.source}; {channel.as_of}; confidence {channel.confidence}")
    if channel.note:
        typer.echo(channel.note)
    for name, rule in channel.rules:
        stated = rule.model_dump(exclude={"confidence", "source", "as_of", "note"}, exclude_defaults=True, mode="json")
        values = ", ".join(f"{key} {value}" for key, value in stated.items() if key != "hard")
        severity, hard = rule.severity(), " (hard)" if rule.hard else ""
        typer.echo(f"  {name:<12} {severity:<7} {rule.confidence}  {values or BARE.get(name, '')}{hard}")
        if rule.note:
            typer.echo(f"  {'':<12} {rule.note}")
        if rule.source != channel.source:
            typer.echo(f"  {'':<12} {rule.source}")
