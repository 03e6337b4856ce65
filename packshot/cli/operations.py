"""`packshot operations [NAME]`: what can be done to a picture, and every parameter of it."""

from __future__ import annotations

import inspect
import json
from typing import Annotated

import typer

from packshot import operations as table


def operations(
    name: Annotated[str, typer.Argument(help="an operation; all of them if left out")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="the JSON schema instead of a table")] = False,
) -> None:
    """List the operations, or the parameters of one."""
    if as_json:
        wanted = [name] if name else list(table.TABLE)
        typer.echo(json.dumps({n: table.find(n).model_json_schema() for n in wanted}, indent=2, ensure_ascii=False))
    elif name:
        _one(name)
    else:
        _all()


def _all() -> None:
    width = max(map(len, table.TABLE))
    for name in table.TABLE:
        model = table.find(name)
        first = (inspect.getdoc(model) or "").splitlines()[0]
        promise = "may change the product" if model.may_change_product else "leaves the product alone"
        typer.echo(f"{name:<{width}}  {first} ({promise})")


def _one(name: str) -> None:
    from packshot.cli.edit import describe

    model = table.find(name)
    typer.echo(f"{name}: {inspect.getdoc(model)}\n")
    for key, info in model.model_fields.items():
        typer.echo(f"  --{key.replace('_', '-'):<18} {describe(info)}")
