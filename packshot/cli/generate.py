"""`packshot generate CHECKPOINT`: new pictures from a trained network, each with its marks, and a contact sheet."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from packshot.cli import marking
from packshot.errors import ParameterError

SHOWN = 400  # pictures in the sheet at most
STRIP = 24  # steps between two pictures that go into one row


def generate(
    checkpoint: Annotated[str, typer.Argument(help="name of shipped weights or a .safetensors file")],
    out: Annotated[Path, typer.Option(help="folder of the pictures")] = Path("out/generated"),
    count: Annotated[int, typer.Option("-n", "--count", min=1, max=100_000, help="pictures")] = 16,
    category: Annotated[str | None, typer.Option(help="one of the categories it was trained on")] = None,
    colour: Annotated[str | None, typer.Option(help="one of the colours")] = None,
    material: Annotated[str | None, typer.Option(help="one of the materials")] = None,
    attribute: Annotated[
        list[str] | None, typer.Option("--with", metavar="NAME=VALUE", help="any other attribute; repeatable")
    ] = None,
    text: Annotated[str, typer.Option(help="the product in words, for networks that were trained on texts")] = "",
    seed: Annotated[int, typer.Option(min=0, help="the same seed gives the same pictures")] = 0,
    truncation: Annotated[float, typer.Option(min=0, max=1, help="1 = all variety, lower = safer, more alike")] = 1.0,
    between: Annotated[
        tuple[int, int] | None,
        typer.Option(metavar="A B", help="from picture A to picture B in COUNT steps instead"),
    ] = None,
    straight: Annotated[bool, typer.Option(help="with --between: along the line, not the great circle")] = False,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:N or mps")] = "auto",
    policy: marking.POLICY = None,
    producer: marking.PRODUCER = None,
) -> None:
    """Generate pictures. Every file says that a trained algorithm made it."""
    from functools import partial

    from packshot.checkpoint import read
    from packshot.imaging.sheets import sheet
    from packshot.models import find, resolve_device, sampling
    from packshot.provenance import policies
    from packshot.provenance.export import export
    from packshot.provenance.step import Step

    sampler = sampling.Sampler(read(find(checkpoint)), resolve_device(device))
    wanted = {k: v for k, v in (("category", category), ("colour", colour), ("material", material)) if v is not None}
    wanted |= pairs(attribute or [])
    if between is None:
        seeds = sampling.seeds_of(seed, count)
        pictures = sampler.pictures(seeds, wanted, truncation, text)
    else:
        seeds = [seed] * count
        z = sampling.between(sampler.noise(between[0]), sampler.noise(between[1]), count, spherical=not straight)
        condition = sampler.condition(wanted, seed)
        pictures = sampler.draw(z, None if condition is None else condition.expand(count, -1), truncation, text)
    step = partial(Step, "generate", {"weights": sampler.name, **wanted, "truncation": truncation})
    made = partial(step, digital_source_type="trainedAlgorithmicMedia", weights={sampler.name: sampler.digest})
    marks = policies.find({"name": policy or "default", **({"producer": producer} if producer else {})})
    shown = []
    for number, (own, picture) in enumerate(zip(seeds, pictures, strict=True)):
        export(picture, out / f"{number:05d}.png", (made(seed=own),), marks)
        if number < SHOWN:
            shown.append(picture)
    columns = count if between is not None and count <= STRIP else 0
    export(sheet(shown, columns), out / "sheet.png", (made(seed=seed),), marks)
    typer.echo(f"pictures  {out} ({len(seeds)})\nsheet     {out / 'sheet.png'}")


def pairs(attributes: list[str]) -> dict[str, str]:
    """`NAME=VALUE` texts as a dictionary."""
    found = {}
    for text in attributes:
        name, sign, value = text.partition("=")
        if not sign or not name:
            raise ParameterError(f"--with {text!r}: expected NAME=VALUE, such as season=summer")
        found[name] = value
    return found
