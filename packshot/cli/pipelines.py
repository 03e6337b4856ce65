"""`packshot pipelines [NAME]`: the pipelines that come with packshot; with a name, the file itself to copy."""

from __future__ import annotations

from typing import Annotated

import typer


def pipelines(name: Annotated[str, typer.Argument(help="a pipeline; all of them if left out")] = "") -> None:
    """List the built-in pipelines, or print the YAML of one (or check a file of yours)."""
    from packshot.pipeline import recipe

    known = recipe.builtin()
    if name in known:
        typer.echo(known[name].read_text(encoding="utf-8"), nl=False)
    elif name:
        loaded = recipe.load(name)
        typer.echo(f"{name}: well formed, {len(loaded.steps)} steps, {len(list(loaded.variants()))} results a picture")
        if loaded.wanted:
            typer.echo(f"  every product needs these attributes: {', '.join(loaded.wanted)}")
    else:
        width = max(map(len, known))
        for key in known:
            words = recipe.load(key).description
            typer.echo(f"{key:<{width}}  {words.get('en', '')}" + (f"  {words['zh']}" if "zh" in words else ""))
