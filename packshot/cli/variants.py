"""`packshot variants [SKU …]`: products in other colours and materials, measured, with a contact sheet for each."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from packshot.cli import marking
from packshot.cli.run import WORKERS
from packshot.errors import ParameterError

LEARNED = "The learned way"
MOST_ROWS = 40  # of the table that is printed


def variants(
    catalogue: Annotated[str, typer.Option(help="catalogue folder, folder of photos, zip, CSV, JSONL or feed")],
    skus: Annotated[list[str] | None, typer.Argument(metavar="[SKU]...", help="products [default: all]")] = None,
    colours: Annotated[str, typer.Option(help="colours with commas between: names, #hex")] = "",
    materials: Annotated[str, typer.Option(help="materials with commas between (learned way)")] = "",
    method: Annotated[
        str, typer.Option(help="recolour: reflectance under the photo's own light; learned")
    ] = "recolour",
    ground: Annotated[str, typer.Option(help="keep: the photo's background; cut: none, white in JPEG")] = "keep",
    model: Annotated[str, typer.Option(help="generator [default: toyshop-vae]", rich_help_panel=LEARNED)] = "",
    judge: Annotated[str, typer.Option(help="classifier that measures leakage", rich_help_panel=LEARNED)] = "",
    setting: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="PARAMETER=VALUE", help="a parameter of recolour or alter; repeatable"),
    ] = None,
    out: Annotated[Path, typer.Option(help="output folder")] = Path("out/variants"),
    workers: WORKERS = 0,
    limit: Annotated[int | None, typer.Option(min=1, help="only the first so many photos")] = None,
    policy: marking.POLICY = None,
    producer: marking.PRODUCER = None,
) -> None:
    """Products in other colours and materials: pictures, contact sheets, and how near each came to what was asked."""
    from packshot.cli.run import Bar, say
    from packshot.cli.style import told
    from packshot.pipeline.variants import Asked, run_variants

    asked: dict[str, Any] = {"colours": words(colours), "materials": words(materials), "settings": told(setting)}
    for name, value, known in (("method", method, ("recolour", "learned")), ("ground", ground, ("keep", "cut"))):
        if value not in known:
            raise ParameterError(f"--{name}: expected {' or '.join(known)}; got {value!r}")
    if method == "recolour" and (model or judge):
        raise ParameterError("--model, --judge: belong to --method learned")
    wanted = Asked(**asked, method=method, ground=ground, model=model, judge=judge)  # type: ignore[arg-type]
    marks = marking.policy_entries(policy, producer)
    with Bar() as show:
        outcome = run_variants(
            catalogue, out, wanted, skus=skus or (), policy=marks, workers=workers or None, limit=limit,
            on_progress=show,
        )  # fmt: skip
    say(outcome)
    tell(out)
    raise typer.Exit(outcome.exit_code)


def words(text: str) -> tuple[str, ...]:
    """`red, sky blue` → its parts; a comma inside brackets parts nothing."""
    found, depth, part = [], 0, ""
    for character in text:
        depth += {"(": 1, ")": -1}.get(character, 0)
        if character == "," and depth == 0:
            found.append(part)
            part = ""
        else:
            part += character
    return tuple(word.strip() for word in (*found, part) if word.strip())


def tell(out: Path) -> None:
    """The table of what was asked and got, and where the sheets are."""
    import json

    from packshot.evaluation.tables import markdown_table
    from packshot.pipeline.variants import TABLE

    rows = json.loads((out / TABLE).read_text(encoding="utf-8"))
    columns = ["sku", *(c for c in ("colour", "material") if any(c in row for row in rows)), "status"]
    figures = [c for c in ("delta_e_asked", "delta_e_moved", "identity") if any(c in row for row in rows)]
    if rows:
        typer.echo(markdown_table(rows[:MOST_ROWS], columns + figures, {c: ".2f" for c in figures}))
    if len(rows) > MOST_ROWS:
        typer.echo(f"… {len(rows) - MOST_ROWS} more in {out / TABLE}")
    typer.echo(f"sheets    {out / 'sheets'}\ntable     {out / TABLE}")
