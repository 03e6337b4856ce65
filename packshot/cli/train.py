"""`packshot train PRESET --catalogue DIR`: train a network; stopped, the same command goes on."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from packshot.errors import ParameterError

FRESH_SHOWN = 5  # values and weights that are told by name


def train(
    preset: Annotated[str, typer.Argument(help="what to train; `packshot train list` shows the presets")],
    catalogue: Annotated[Path | None, typer.Option(help="catalogue, shards, a pack, or the word toyshop")] = None,
    out: Annotated[Path | None, typer.Option(help="folder of the run [default: runs/PRESET]")] = None,
    setting: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="change a setting or rule; repeatable")
    ] = None,
    column: Annotated[
        list[str] | None, typer.Option(help="attribute to condition on; repeatable [default: the preset's, if there]")
    ] = None,
    minutes: Annotated[float | None, typer.Option(min=0.01, help="stop after so many minutes")] = None,
    images: Annotated[int | None, typer.Option(min=1, help="stop after so many images")] = None,
    sweep: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=A,B,C", help="try these values, all combinations; --minutes is for all together"),
    ] = None,
    features: Annotated[str, typer.Option(help="with --sweep: checkpoint whose Fréchet distance ranks the runs")] = "",
    track: Annotated[
        list[str] | None, typer.Option(metavar="TRACKER", help="show the run in tensorboard or wandb; repeatable")
    ] = None,
    style: Annotated[str, typer.Option(help="picture, folder or pattern:NAME whose style to learn")] = "",
    a: Annotated[str, typer.Option("--a", help="domain a: ATTRIBUTE:VALUE of the catalogue, or a folder")] = "",
    b: Annotated[str, typer.Option("--b", help="domain b, likewise")] = "",
    start: Annotated[str, typer.Option(help="run or checkpoint whose weights to begin with")] = "",
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
    if catalogue is None and not (a or b):
        raise ParameterError(
            "--catalogue: name the catalogue folder to learn from; `packshot catalogue make` makes one"
        )
    if features and not sweep:
        raise ParameterError("--features: only a --sweep is ranked; `packshot score` measures one checkpoint")
    if start and sweep:
        raise ParameterError("--start: a --sweep begins every run anew; leave one of them out")
    changes = changed(setting or []) | ({} if images is None else {"total_images": images})
    changes |= {"styles": style} if style else {}
    changes |= {name: told for name, told in (("a", a), ("b", b)) if told}
    catalogue = catalogue or Path()
    target = out or Path("runs") / preset
    if sweep:
        from packshot.training.sweep import sweep as tried_all

        every = partial(tried_all, preset, catalogue, target, values_of(sweep), minutes=minutes, changes=changes)
        trials = every(
            columns=column, features=features, device=device, readers=(progress.terminal,), track=track or ()
        )
        tabulate([trial.row() for trial in trials])
        return
    changes |= {} if minutes is None else {"minutes": minutes}
    follow = partial(run, readers=(progress.terminal,), track=track or (), start=start)
    done = follow(preset, catalogue, target, changes=changes, columns=column, device=device)
    for role, parent in done.parents.items():
        fresh = [*parent["unknown"], *parent["fresh"]]
        told = f"; fresh: {', '.join(fresh[:FRESH_SHOWN])}{' …' * (len(fresh) > FRESH_SHOWN)}" if fresh else ""
        typer.echo(f"{'began with':12} {parent['taken']:.0%} of {role} from {parent['file']}{told}")
    for role, path in done.networks.items():
        typer.echo(f"{role:12} {path}")
    typer.echo(f"{'page':12} {target / 'training.html'}")


def tabulate(rows: list[dict[str, Any]]) -> None:
    """Print the trials of a sweep as a table."""
    from packshot.evaluation.tables import markdown_table

    if rows:
        columns = list(dict.fromkeys(name for row in rows for name in row))
        numbers = {name for row in rows for name, value in row.items() if isinstance(value, float)}
        typer.echo(markdown_table(rows, columns, {name: ".4g" for name in columns if name in numbers}))


def values_of(sweep: list[str]) -> dict[str, list[Any]]:
    """`batch=32,64` → `{"batch": [32, 64]}`, values read as by `--set`."""
    found = {}
    for text in sweep:
        name, sign, values = text.partition("=")
        if not sign or not values:
            raise ParameterError(f"--sweep {text!r}: expected NAME=A,B,C, such as batch=32,64")
        found[name] = [changed([f"{name}={value}"])[name] for value in values.split(",")]
    return found


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
