"""`packshot serve`: the service over HTTP; `packshot serve key NAME` makes an API key, `keys`, `revoke`."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from packshot.cli.edit import describe
from packshot.cli.shared import BOTH_HELPS, application
from packshot.serve.settings import Settings, settings

if TYPE_CHECKING:
    from packshot.serve.guards.keys import Keys

app = application(
    help="Edits, checks and jobs over HTTP, and the keys for it.",
    invoke_without_command=True,
    context_settings=BOTH_HELPS,
)
KEYS = Annotated[Path | None, typer.Option("--keys", metavar="FILE", help="file of API keys [default: DATA/keys.json]")]


def flags(known: type[Settings] = Settings) -> list[inspect.Parameter]:
    """Every setting as a flag; None means not given, so that environment and defaults hold."""
    found = []
    for name, info in known.model_fields.items():
        flag = "--" + name.replace("_", "-")
        kind: Any = info.annotation if info.annotation in (bool, int, float) else str
        names = (flag, "--no-" + flag[2:]) if kind is bool else (flag,)
        words = info.description if info.default in ((), Path()) else describe(info)
        option = typer.Option("/".join(names), help=words, show_default=False)
        annotation: Any = Annotated[kind | None, option]
        found.append(inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation))
    return found


def with_settings(function: Callable[..., None]) -> Callable[..., None]:
    """`function` with a flag for every setting, which it is given by name."""
    own = [p for p in inspect.signature(function).parameters.values() if p.kind is not inspect.Parameter.VAR_KEYWORD]
    annotations = inspect.get_annotations(function, eval_str=True)
    signature = [*(p.replace(annotation=annotations.get(p.name, p.annotation)) for p in own), *flags()]
    function.__signature__ = inspect.Signature(signature)  # type: ignore[attr-defined]
    function.__annotations__ = {p.name: p.annotation for p in signature}
    return function


@app.callback()
@with_settings
def serve(context: typer.Context, **given: Any) -> None:
    """Start the service. On this machine alone it needs no key; elsewhere it wants one (packshot serve key NAME)."""
    if context.invoked_subcommand is None:
        start(settings(given))


def start(wanted: Settings, opened: Callable[[str], None] | None = None) -> None:
    """Run the service until it is stopped. opened: called with its address once it listens."""
    from packshot.serve import need_extra

    need_extra()
    from packshot.serve.guards.keys import refuse_open

    refuse_open(wanted)  # before what takes seconds to import
    from packshot.serve import server

    server.run(wanted, opened)


@app.command("key")
def key(
    name: Annotated[str, typer.Argument(help="what the key is called in logs and lists")],
    scope: Annotated[
        list[str] | None, typer.Option(help="edit, jobs, train, metrics, admin; repeatable [default: edit, jobs]")
    ] = None,
    tenant: Annotated[str, typer.Option(help="whose files and jobs it sees [default: its own]")] = "",
    days: Annotated[int, typer.Option(min=0, max=36500, help="how long it is good; 0 = until revoked")] = 0,
    requests_per_minute: Annotated[int | None, typer.Option(min=0, help="in place of the service's limit")] = None,
    edits_per_day: Annotated[int | None, typer.Option(min=0, help="in place of the service's limit")] = None,
    keys: KEYS = None,
) -> None:
    """Make an API key and print it once; only its hash is kept. A running service takes it at once."""
    from packshot.serve.guards import keys as table

    path = keys or settings().keys_file
    limits = {"requests_per_minute": requests_per_minute, "edits_per_day": edits_per_day}
    secret = table.make(path, name, scope or table.USUAL, tenant=tenant, days=days, **limits)  # type: ignore[arg-type]
    typer.echo(secret)
    typer.echo(f"key {name} is kept as a hash in {path}; this is the only time it is shown", err=True)


@app.command("keys")
def listed(keys: KEYS = None) -> None:
    """List the keys: name, tenant, scopes, when they run out."""
    for one in _keys(keys).all():
        until = f"until {one.expires}" if one.expires else "no end"
        typer.echo(f"{one.name:<24} tenant {one.tenant or one.name}, {', '.join(one.scopes)}, {until}")


@app.command("revoke")
def revoke(name: Annotated[str, typer.Argument(help="the key's name")], keys: KEYS = None) -> None:
    """Take a key back; it stops working at once, in a running service too."""
    from packshot.serve.guards import keys as table

    table.revoke(keys or settings().keys_file, name)
    typer.echo(f"key {name} is revoked")


def _keys(path: Path | None) -> Keys:
    from packshot.serve.guards.keys import Keys

    return Keys(path or settings().keys_file)
