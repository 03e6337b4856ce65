"""`packshot verify FILE…`: which marks a picture carries, and whether they hold."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from packshot.provenance.verify import Marks

COLOURS = {"trusted": "green", "valid": "green", "missing": "yellow", "unreadable": "red", "tampered": "red"}
NAMES = {"iptc": "IPTC DigitalSourceType", "tc260": "TC260 AIGC", "c2pa": "C2PA manifest"}


def verify(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="picture files, or folders of them")],
    trust: Annotated[Path | None, typer.Option(help="PEM file of certificates to trust")] = None,
    json: Annotated[bool, typer.Option("--json", help="one JSON object, file → marks")] = False,
) -> None:
    """Say of every mark: trusted, valid, tampered, unreadable or missing.

    Exit code 0: every file has the marks it needs and they hold; 1: one has not; 2: could not run.
    """
    found = {path: _read(path, trust) for path in _pictures(files)}
    if json:
        _say_json(found)
    else:
        _say_table(found)
    raise typer.Exit(0 if all(not isinstance(marks, str) and marks.ok for marks in found.values()) else 1)


def _pictures(paths: list[Path]) -> list[Path]:
    """The files themselves, and every picture below the folders. Raises ParameterError for a folder without any."""
    from packshot.errors import ParameterError
    from packshot.imaging.files.sniff import SUFFIXES

    endings = {ending for group in SUFFIXES.values() for ending in group}
    found: dict[Path, None] = {}
    for path in paths:
        inside = [p for p in sorted(path.rglob("*")) if p.suffix.lower() in endings] if path.is_dir() else [path]
        if not inside:
            raise ParameterError(f"{path}: no picture in this folder")
        found.update(dict.fromkeys(inside))
    return list(found)


def _read(path: Path, trust: Path | None) -> Marks | str:
    """The marks, or why the file is no picture."""
    from packshot.errors import UnreadableFile
    from packshot.provenance.verify import verify as read

    try:
        return read(path, trust=trust)
    except UnreadableFile as error:
        return str(error)


def _say_json(found: dict[Path, Marks | str]) -> None:
    import json

    plain: dict[str, Any] = {
        str(path): {"ok": False, "error": marks} if isinstance(marks, str) else marks.to_json()
        for path, marks in found.items()
    }
    typer.echo(json.dumps(plain, ensure_ascii=False, indent=2))


def _say_table(found: dict[Path, Marks | str]) -> None:
    for path, marks in found.items():
        if isinstance(marks, str):
            typer.echo(f"{path}: {typer.style('unreadable', fg='red')}: {marks}")
            continue
        typer.echo(f"{path}: {typer.style('ok', fg='green') if marks.ok else typer.style('look', fg='red')}")
        for key, name in NAMES.items():
            mark = getattr(marks, key)
            state = typer.style(f"{mark.state:<10}", fg=COLOURS[mark.state])
            typer.echo(f"  {name:<23} {state} " + _tidy("; ".join(filter(None, [mark.value, mark.detail]))))
        for problem in marks.problems:
            typer.echo("  " + _tidy(problem))
    good = sum(not isinstance(marks, str) and marks.ok for marks in found.values())
    typer.echo(f"{good} ok, {len(found) - good} to look at")


def _tidy(text: str) -> str:
    """A text out of a file, safe to print: no control characters, bounded."""
    plain = "".join(c if c.isprintable() else "�" for c in text)
    return plain if len(plain) <= 400 else plain[:400] + "…"
