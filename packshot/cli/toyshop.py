"""`packshot toyshop render|describe|unpack`: the built-in product world with exact truth."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from packshot.errors import CatalogueError

if TYPE_CHECKING:
    from collections.abc import Callable

    from packshot.catalogue.shards.making import Progress

app = typer.Typer(help="Pictures of toys with exact truth: render them, or unpack a set.", no_args_is_help=True)
QUIET_SECONDS = 30.0  # between lines of progress where output goes to a file
LIVE_SECONDS = 0.5


@app.command()
def render(
    *,
    count: Annotated[int, typer.Option(min=1, help="Pictures.")] = 100,
    size: Annotated[int, typer.Option(min=16, max=1024, help="Side of the square pictures, px.")] = 64,
    seed: Annotated[int, typer.Option(min=0, help="Of the world: another seed, other toys.")] = 0,
    first: Annotated[int, typer.Option(min=0, help="Number of the first picture.")] = 0,
    out: Annotated[Path | None, typer.Option(help="Folder; left out: $PACKSHOT_HOME/toyshop/SIZE.")] = None,
    workers: Annotated[int, typer.Option(min=0, max=256, help="Processes; 0 = one a processor core.")] = 0,
    quality: Annotated[str, typer.Option(help="draft, data or fine: light paths a pixel.")] = "data",
    layers: Annotated[
        str,
        typer.Option(help="More truth, with commas: depth, normals, albedo, material, linear (EXR), master (16 bits), "
                     "recoloured, repainted, remade (the same view in other colours, another main colour, material)."),
    ] = "",
    master: Annotated[
        bool, typer.Option("--master", help="Masters too: linear light as EXR, exact, and as a 16-bit PNG.")
    ] = False,
    webp: Annotated[int, typer.Option(min=1, max=100, help="WebP quality of the photos.")] = 85,
    per_shard: Annotated[int, typer.Option(min=1, help="Pictures in each shard.")] = 500,
    packed: Annotated[bool, typer.Option("--packed", help="Small shards (.tar.xz), truth stacked.")] = False,
    matte_levels: Annotated[int, typer.Option(min=2, max=256, help="Fewer than 256 round the matte, for size.")] = 256,
    renderer: Annotated[
        str, typer.Option(help="scalar, or llvm (needs libLLVM, tried first): other paths, so other pictures.")
    ] = "scalar",
    catalogue: Annotated[
        Path | None, typer.Option(help="Also write the pictures as a catalogue to this folder.")
    ] = None,
) -> None:  # fmt: skip
    """Render pictures into shards. Picture 17 is the same whatever is rendered with it; run again to go on.

    Exit code 1 if pictures could not be made; they are listed in failed.jsonl.
    """
    from packshot.catalogue.catalogue import require_empty
    from packshot.catalogue.shards.making import make
    from packshot.catalogue.shards.unpack import to_catalogue
    from packshot.catalogue.toyshop.sets.job import job, render_sample
    from packshot.imaging.home import home

    more = [*_names(layers), *(("linear", "master") if master else ())]
    wanted = job(count, size, seed, first=first, layers=more, quality=quality, webp=webp, per_shard=per_shard,
                 packed=packed, matte_levels=matte_levels, renderer=renderer)  # fmt: skip
    folder = out or home() / "toyshop" / str(size)
    if catalogue is not None:  # before hours of rendering
        require_empty(catalogue)
        if catalogue.resolve() == folder.resolve():
            raise CatalogueError(f"{catalogue}: the shards are written there; choose another folder for the catalogue")
    shards, failed = make(folder, wanted, render_sample, workers=workers, on_progress=_teller())
    total = sum(shard.bytes for shard in shards)
    made = sum(shard.samples for shard in shards)
    each = f", {total / made:,.0f} bytes a picture" if made else ""
    typer.echo(f"{folder}: {made:,} pictures in {len(shards)} shards, {total / 1e6:,.1f} MB{each}")
    for number, reason in list(failed.items())[:20]:
        typer.echo(f"picture {number}: {reason}")
    if catalogue is not None:
        written, problems = to_catalogue(folder, catalogue)
        typer.echo(f"{catalogue}: {len(written):,} products")
        for problem in problems:
            typer.echo(str(problem))
    raise typer.Exit(1 if failed else 0)


@app.command()
def describe(
    number: Annotated[int, typer.Argument(min=0, max=10**8, help="Number of the picture.")],
    seed: Annotated[int, typer.Option(min=0, max=2**31, help="Of the world.")] = 0,
) -> None:
    """Say what picture NUMBER shows, as JSON, without rendering it."""
    from packshot.catalogue.toyshop.sets.job import attributes_of
    from packshot.catalogue.toyshop.world import describe as described

    told = attributes_of(described(seed, number), 0)
    del told["size"]
    typer.echo(json.dumps(told, ensure_ascii=False, indent=2))


@app.command()
def unpack(
    shards: Annotated[
        Path | None, typer.Argument(metavar="[SHARDS]", help="Folder of shards; left out: the set that ships.")
    ] = None,
    size: Annotated[int, typer.Option(min=16, max=1024, help="Of the set that is looked for, px.")] = 64,
    catalogue: Annotated[Path | None, typer.Option(help="Write files and products.jsonl here instead.")] = None,
) -> None:
    """Unpack shards to memory-mapped arrays in the cache (done by itself on first use), or to a catalogue of files.

    Exit code 1 if a shard or a picture is damaged; each is named with what is lost.
    """
    from packshot.catalogue.shards.unpack import to_catalogue
    from packshot.catalogue.toyshop.sets.shipped import shards_folder, unpacked

    folder = shards or shards_folder(size)
    if catalogue is not None:
        written, problems = to_catalogue(folder, catalogue)
        typer.echo(f"{catalogue}: {len(written):,} products")
    else:
        pictures, problems = unpacked(folder)
        side = " × ".join(str(s) for s in pictures.size)
        typer.echo(f"{pictures.folder}: {len(pictures):,} pictures of {side} px, layers {', '.join(pictures.layers)}")
    for problem in problems:
        typer.echo(str(problem))
    raise typer.Exit(1 if problems else 0)


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _teller() -> Callable[[Progress], None]:
    """Prints progress: one line that changes on a terminal, a line now and then in a file."""
    live, last = sys.stderr.isatty(), 0.0

    def tell(now: Progress) -> None:
        nonlocal last
        over = now.done + now.failed >= now.total
        if not over and time.monotonic() - last < (LIVE_SECONDS if live else QUIET_SECONDS):
            return
        last = time.monotonic()
        failed = f", {now.failed:,} failed" if now.failed else ""
        line = (
            f"{now.done:,} of {now.total:,} pictures{failed}, {now.rate * 3600:,.0f} an hour, "
            f"{_clock(now.seconds_left)} left"
        )
        end = "\n" if over or not live else ""
        sys.stderr.write(f"\r{line:<78}{end}" if live else f"{line}\n")
        sys.stderr.flush()

    return tell


def _clock(seconds: float) -> str:
    minutes, seconds = divmod(int(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"
