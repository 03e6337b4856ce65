"""`packshot style`: looks over a catalogue with a contact sheet, clips, palettes, drawn patterns.

One photo: `packshot edit restyle`; in a pipeline: a step `restyle`; learning a style: `packshot train style`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from packshot.cli import marking
from packshot.cli.run import WORKERS
from packshot.errors import ParameterError

app = typer.Typer(help="Looks for whole catalogues and clips.", no_args_is_help=True)

SETTINGS = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="PARAMETER=VALUE", help="a parameter of restyle, such as keep=print; repeatable"),
]
METHOD = Annotated[str, typer.Option(help="colour, optimise, adain, fast, transformer, exemplar-gan")]
SHOWN = 6  # photos on the contact sheet
CELL_PX = 224


@app.command("catalogue")
def catalogue(
    source: Annotated[str, typer.Argument(help="catalogue folder, folder of photos, zip, CSV or feed")],
    look: Annotated[list[str], typer.Option(help="a look: STYLE as for `packshot edit restyle`; repeatable")],
    out: Annotated[Path, typer.Option(help="output folder")] = Path("out/style"),
    method: METHOD = "colour",
    setting: SETTINGS = None,
    shared: Annotated[
        bool, typer.Option(help="one map of colours for the whole catalogue instead of one a photo (method colour)")
    ] = False,
    workers: WORKERS = 0,
    limit: Annotated[int | None, typer.Option(min=1, help="only the first so many photos")] = None,
    policy: marking.POLICY = None,
    producer: marking.PRODUCER = None,
) -> None:
    """Every photo in every look, resumable, with records, and one contact sheet of the first photos in all looks."""
    from packshot.cli.run import Bar, say
    from packshot.pipeline import looks

    parameters = {"method": method, **told(setting)}
    if shared and method == "colour" and "source" not in parameters:
        parameters["source"] = str(looks.palette_of(source, out / "palette.png"))
    recipe = looks.recipe_of(look, parameters, marking.policy_entries(policy, producer))
    with Bar() as show:
        outcome = looks.run_looks(recipe, source, out, workers=workers or None, limit=limit, on_progress=show)
    say(outcome)
    sheet = looks.contact_sheet(out, SHOWN, CELL_PX)
    if sheet is not None:
        typer.echo(f"sheet     {sheet}")
    raise typer.Exit(outcome.exit_code)


@app.command("clip")
def clip(
    source: Annotated[Path, typer.Argument(help="folder of frames, .gif or .mp4")],
    out: Annotated[Path, typer.Argument(help=".gif, .mp4, or a folder for frames")],
    style: Annotated[str, typer.Option(help="as for `packshot edit restyle`")] = "",
    method: METHOD = "colour",
    setting: SETTINGS = None,
    smooth: Annotated[float, typer.Option(min=0, max=0.95, help="how much of the frame before stays")] = 0.6,
    seed: Annotated[int, typer.Option(min=0, help="random seed, the same for every frame")] = 0,
    policy: marking.POLICY = None,
    producer: marking.PRODUCER = None,
) -> None:
    """A clip or turntable in a style, smoothed along the flow of its photographs; prints how much it flickers."""
    from packshot.imaging.files.clips import open_clip
    from packshot.pipeline import door
    from packshot.pipeline.clips import run_clip
    from packshot.provenance import policies

    operation = door.build("restyle", {"style": style, "method": method, **told(setting)})
    chosen = policies.find("default") if policy is None and producer is None else policies.Policy(
        **marking.policy_entries(policy, producer)
    )  # fmt: skip
    done = run_clip(open_clip(source), operation, out, chosen, smooth=smooth, seed=seed)
    typer.echo(f"{source} -> {out}: {done.frames} frames")
    typer.echo(
        f"flicker {done.flicker:.2f} levels, {done.flicker_before:.2f} without smoothing, "
        f"{done.photograph:.2f} in the photographs"
    )


@app.command("palette")
def palette(
    source: Annotated[str, typer.Argument(help="catalogue folder, folder of photos, zip, CSV or feed")],
    out: Annotated[Path, typer.Argument(help="picture to write, such as palette.png")],
) -> None:
    """The colours of a whole catalogue as one small picture: `source` of restyle, so that one map serves all photos."""
    from packshot.pipeline import looks

    typer.echo(f"{looks.palette_of(source, out)}")


@app.command("pattern")
def pattern(
    name: Annotated[str, typer.Argument(help="NAME or NAME:SEED; `list` shows the names")],
    out: Annotated[Path, typer.Argument(help="picture to write")] = Path("pattern.png"),
    side: Annotated[int, typer.Option(min=32, max=4096, help="side, px")] = 512,
) -> None:
    """A style picture drawn by code, to look at or to train on."""
    from packshot.imaging.styling import patterns

    if name == "list":
        for kind, draw in patterns.TABLE.items():
            typer.echo(f"{kind:10} {(draw.__doc__ or '').splitlines()[0]}")
        return
    from packshot.imaging import files
    from packshot.imaging.picture import Picture

    files.write(Picture(patterns.named(f"pattern:{name}", side)), out)
    typer.echo(f"{out}")


def told(settings: list[str] | None) -> dict[str, Any]:
    """`keep=print` → `{"keep": "print"}`, values read as YAML."""
    import yaml

    found: dict[str, Any] = {}
    for setting in settings or []:
        name, sign, value = setting.partition("=")
        if not sign:
            raise ParameterError(f"--set {setting!r}: expected PARAMETER=VALUE, such as keep=print")
        try:
            found[name] = yaml.safe_load(value)
        except yaml.YAMLError:
            raise ParameterError(f"--set {setting!r}: the value is not readable") from None
    return found
