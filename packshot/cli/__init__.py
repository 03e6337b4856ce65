"""Layer 9: the command line, one verb a file. Heavy imports happen inside the verbs, so that help is instant.

Exit codes: 0 all well, 1 some pictures or rows failed, 2 could not run.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from packshot.cli import (
    catalogue,
    check,
    demo,
    doctor,
    edit,
    explain,
    feed,
    fit,
    generate,
    models,
    operations,
    pipelines,
    run,
    score,
    style,
    toyshop,
    track,
    train,
    variants,
    verify,
)
from packshot.cli.shared import BOTH_HELPS, application
from packshot.errors import PackshotError
from packshot.version import __version__

LATER = {
    "serve": "Edits, checks and jobs over HTTP, and the keys for it.",
    "studio": "Open the studio: everything packshot does, in a browser.",
}  # verbs whose flags are read from the service's settings: made when asked for, since that takes pydantic


class Verbs(TyperGroup):
    """All verbs; of those in LATER help knows the words alone."""

    def list_commands(self, ctx: Any) -> list[str]:
        return [*super().list_commands(ctx), *LATER]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in LATER:
            return super().get_command(ctx, cmd_name)
        words = application()
        words.command(cmd_name, help=LATER[cmd_name])(lambda: None)
        return typer.main.get_command(words)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        if args and args[0] in LATER:
            verb = typer.main.get_command(import_module(f"packshot.cli.{args[0]}").app)
            return args[0], verb, args[1:]
        return super().resolve_command(ctx, args)


app = application(
    name="packshot",
    cls=Verbs,
    help="From a shop's catalogue of product photos to listing-ready pictures.",
    no_args_is_help=True,
    context_settings=BOTH_HELPS,
)
app.command("demo")(demo.demo)
app.add_typer(catalogue.app, name="catalogue")
app.command("run")(run.run)
app.add_typer(toyshop.app, name="toyshop")
app.add_typer(edit.app, name="edit")
app.command("fit")(fit.fit)
app.command("listing")(fit.listing)
app.command("feed")(feed.feed)
app.command("check")(check.check)
app.command("channels")(check.channels)
app.command("train")(train.train)
app.command("track")(track.track)
app.command("generate")(generate.generate)
app.command("score")(score.score)
app.add_typer(style.app, name="style")
app.command("variants")(variants.variants)
app.command("explain")(explain.explain)
app.add_typer(models.app, name="models")
app.command("verify")(verify.verify)
app.command("operations")(operations.operations)
app.command("pipelines")(pipelines.pipelines)
app.command("doctor")(doctor.doctor)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"packshot {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    pass


def main() -> None:
    """Entry point: errors of the user's become one line and exit code 2, never a traceback."""
    try:
        app()
    except PackshotError as error:
        typer.echo(f"packshot: {error}", err=True)
        sys.exit(2)
    except OSError as error:
        if error.filename is None:
            raise  # not about a file of the user's
        typer.echo(f"packshot: {error.filename}: {error.strerror}", err=True)
        sys.exit(2)
    except KeyboardInterrupt:
        typer.echo("packshot: stopped; run the same command again to go on where it was", err=True)
        sys.exit(130)
