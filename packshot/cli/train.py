"""`packshot train PRESET --catalogue DIR`: train a network; stopped, the same command goes on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from packshot.errors import ParameterError


def train(
    preset: Annotated[str, typer.Argument(help="what to train; `packshot train list` shows the presets")],
    catalogue: Annotated[Path | None, typer.Option(help="catalogue folder to learn from")] = None,
    out: Annotated[Path | None, typer.Option(help="folder of the run [default: runs/PRESET]")] = None,
    setting: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="change a setting or rule; repeatable")
    ] = None,
    column: Annotated[
        list[str] | None, typer.Option(help="attribute to condition on; repeatable [default: the preset's, if there]")
    ] = None,
    minutes: Annotated[float | None, typer.Option(min=0.01, help="stop after so many minutes")] = None,
    images: Annotated[int | None, typer.Option(min=1, help="stop after so many images")] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:N or mps")] = "auto",
) -> None:
    """Train a preset on a catalogue. The run's folder holds log, samples, state, page and the trained networks."""
    from packshot.training import presets, progress
    from packshot.training.run import run

    if preset == "list":
        for name, row in presets.TABLE.items():
            typer.echo(f"{name:24} {row.what}" + (f" · {row.reproduces}" if row.reproduces else ""))
        return
    presets.find(preset)
    if catalogue is None:
        raise ParameterError(
            "--catalogue: name the catalogue folder to learn from; `packshot catalogue make` makes one"
        )
    changes = changed(setting or [])
    changes |= {k: v for k, v in (("minutes", minutes), ("total_images", images)) if v is not None}
    target = out or Path("runs") / preset
    done = run(preset, catalogue, target, changes=changes, columns=column, device=device, readers=(progress.terminal,))
    for role, path in done.networks.items():
        typer.echo(f"{role:12} {path}")
    typer.echo(f"{'page':12} {target / 'training.html'}")


def changed(settings: list[str]) -> dict[str, Any]:
    """`batch=32` → `{"batch": 32}`; values are read as YAML, `learning_rate=0.001` makes a schedule that stays."""
    import yaml

    found: dict[str, Any] = {}
    for setting in settings:
        name, sign, value = setting.partition("=")
        if not sign:
            raise ParameterError(f"--set {setting!r}: expected NAME=VALUE, such as batch=32")
        try:
            read = yaml.safe_load(value)
        except yaml.YAMLError:
            raise ParameterError(f"--set {setting!r}: the value is not readable") from None
        scheduled = name in ("learning_rate", "beta2", "gamma", "beta") and isinstance(read, int | float)
        found[name] = {"start": read, "end": read} if scheduled else read
    return found
