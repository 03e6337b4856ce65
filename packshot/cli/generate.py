"""`packshot generate CHECKPOINT`: new pictures from a trained network, each with its marks, and a contact sheet."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from packshot.cli import marking, wishes
from packshot.errors import ParameterError
from packshot.training.acceptance.fields import FIELDS

ACCEPT, WAYS = "Keeping what passes", "Ways between pictures and mixtures"
EXAMPLES = {"with": "season=summer", "weight": "colour=1.5"}
DRAWN = "[default: drawn anew for every picture]"


def accepts(name: str) -> Any:
    """The option of a field of AcceptSettings."""
    return typer.Option(help=FIELDS[name].help, rich_help_panel=ACCEPT)


ACCEPTED = Annotated[
    bool, typer.Option("--accept", help="keep only pictures that pass the tests named here", rich_help_panel=ACCEPT)
]
CRITIC = Annotated[str, accepts("critic")]
CLASSIFIER = Annotated[str, accepts("classifier")]
FEATURES = Annotated[str, accepts("features")]
CATALOGUE = Annotated[str, accepts("catalogue")]
SCALE = Annotated[str, accepts("critic_scale")]
CRITIC_QUANTILE = Annotated[float | None, accepts("critic_quantile")]
MARGIN = Annotated[float, accepts("margin")]
COPY_QUANTILE = Annotated[float, accepts("copy_quantile")]
TRIES = Annotated[int, accepts("tries")]
ACCURACY_IMAGES = Annotated[
    int,
    typer.Option(
        min=0,
        help="with --features and --catalogue: also train a classifier for so many images on the pictures as they come "
        "and on those that passed, and test it on real ones",
        rich_help_panel=ACCEPT,
    ),
]
OTHER = Annotated[
    list[str] | None, typer.Option("--with", metavar="NAME=VALUE", help="any other attribute; repeatable")
]
BETWEEN = Annotated[
    tuple[int, int] | None,
    typer.Option(metavar="A B", help="from picture A to picture B in COUNT steps instead", rich_help_panel=WAYS),
]
STRAIGHT = Annotated[
    bool, typer.Option(help="with --between: along the line, not the great circle", rich_help_panel=WAYS)
]
GIF = Annotated[
    bool, typer.Option("--gif", help="with --between: there and back as an animation too", rich_help_panel=WAYS)
]
MIX = Annotated[
    tuple[str, str] | None,
    typer.Option(
        metavar="A B",
        help="shape and pose of pictures A in the styles of pictures B instead; numbers such as 3 or 0,4,8 or 0-3",
        rich_help_panel=WAYS,
    ),
]
MIX_FROM = Annotated[
    int | None, typer.Option(help="with --mix: side in px from which on styles are those of B", rich_help_panel=WAYS)
]
LARGE = "Large models by name"
COMMERCIAL = Annotated[
    bool, typer.Option("--commercial", help="refuse a licence not known to allow commercial use", rich_help_panel=LARGE)
]
DOWNLOAD = Annotated[
    bool, typer.Option("--download", help="fetch a pipeline of diffusers by its name", rich_help_panel=LARGE)
]


def generate(
    what: Annotated[str, typer.Argument(help=wishes.WHAT)],
    out: Annotated[Path, typer.Option(help="folder of the pictures")] = Path("out/generated"),
    count: Annotated[int, typer.Option("-n", "--count", help="pictures", min=1, max=100_000)] = 16,
    category: Annotated[str | None, typer.Option(help=f"one of the categories it was trained on {DRAWN}")] = None,
    colour: Annotated[str | None, typer.Option(help=f"one of the colours {DRAWN}")] = None,
    material: Annotated[str | None, typer.Option(help=f"one of the materials {DRAWN}")] = None,
    attribute: OTHER = None,
    text: Annotated[str, typer.Option(help="the product in words, for networks that were trained on texts")] = "",
    seed: Annotated[int, typer.Option(help="the same seed gives the same pictures, whatever the count", min=0)] = 0,
    truncation: Annotated[float, typer.Option(help="1 = all variety, lower = safer, more alike", min=0, max=1)] = 1.0,
    accept: ACCEPTED = False,
    critic: CRITIC = "",
    classifier: CLASSIFIER = "",
    features: FEATURES = "",
    catalogue: CATALOGUE = "",
    critic_scale: SCALE = FIELDS["critic_scale"].default,
    critic_quantile: CRITIC_QUANTILE = None,
    margin: MARGIN = FIELDS["margin"].default,
    copy_quantile: COPY_QUANTILE = FIELDS["copy_quantile"].default,
    tries: TRIES = FIELDS["tries"].default,
    accuracy_images: ACCURACY_IMAGES = 0,
    between: BETWEEN = None,
    straight: STRAIGHT = False,
    gif: GIF = False,
    mix: MIX = None,
    mix_from: MIX_FROM = None,
    model: wishes.MODEL = "",
    unwanted: wishes.NOT = None,
    weight: wishes.WEIGHT = None,
    like: wishes.LIKE = None,
    keep: wishes.KEEP = None,
    grid: wishes.GRID = "",
    guidance: wishes.GUIDANCE = None,
    steps: wishes.STEPS = None,
    solver: wishes.SOLVER = None,
    commercial: COMMERCIAL = False,
    download: DOWNLOAD = False,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:N or mps")] = "auto",
    policy: marking.POLICY = None,
    producer: marking.PRODUCER = None,
    c2pa_cert: marking.CERTIFICATE = None,
    c2pa_key: marking.KEY = None,
    c2pa_timestamp: marking.TIMESTAMP = None,
) -> None:
    """Generate pictures of what the words say, or from the weights named. Every file says that an algorithm made it.

    Files are numbered as the seed draws them; A and B are such numbers. generated.jsonl tells seed and attributes.
    """
    from packshot.cli.generated import Generated
    from packshot.training.acceptance.settings import accept_settings

    judges = {"critic": critic, "classifier": classifier, "features": features, "catalogue": catalogue}
    checkpoint, prompt = wishes.told_apart(what, model)
    asked = wishes.Asked(
        prompt, tuple(unwanted or ()), pairs(weight or [], "weight"), like, keep, guidance, steps, solver
    )
    check_modes(accept, between is not None, mix is not None, bool(grid))
    marks = marks_of(policy, producer, c2pa_cert, c2pa_key, c2pa_timestamp)
    if (pipeline := large(checkpoint, download, commercial)) is not None:
        plain(accept or between or mix or grid or category or colour or material or attribute)
        return by_words(pipeline, out, seed, text or prompt, asked, count, device, commercial, marks)
    check_alone("--accept", accept, {**judges, "accuracy-images": accuracy_images})
    check_alone("--between", between is not None, {"gif": gif, "straight": straight})
    check_alone("--mix", mix is not None, {"mix-from": mix_from})
    wanted = {k: v for k, v in (("category", category), ("colour", colour), ("material", material)) if v is not None}
    limits: dict[str, Any] = {"margin": margin, "copy_quantile": copy_quantile, "tries": tries}
    limits |= {"critic_scale": critic_scale, "critic_quantile": critic_quantile}
    settings = accept_settings(**judges, **limits)
    made = Generated(
        checkpoint, out, seed, wanted | pairs(attribute or []), truncation, text,
        device=device, asked=asked, commercial=commercial, **marks,
    )  # fmt: skip
    if grid:
        made.grid(grid)
    elif mix is not None:
        made.mixtures(numbers(mix[0]), numbers(mix[1]), mix_from)
    elif between is not None:
        made.way(*between, count, spherical=not straight, animated=gif)
    elif accept:
        made.accepted(count, settings, accuracy_images)
    else:
        made.pictures(count)


def marks_of(
    policy: str | None, producer: str | None, cert: Path | None, key: Path | None, timestamp: str | None
) -> dict[str, Any]:
    """How files are marked and signed."""
    return {"policy": marking.policy_entries(policy, producer), "signing": marking.signing(cert, key, timestamp)}


def large(name: str, download: bool, commercial: bool) -> Path | None:
    """The pipeline of diffusers of a name, or None for weights of packshot's own."""
    from packshot.cli.from_words import pipeline_named

    return pipeline_named(name, download=download, commercial=commercial)


def plain(others: Any) -> None:
    """Raise ParameterError if something is asked for that a pipeline of diffusers does not know."""
    if others:
        raise ParameterError("--model: a pipeline of diffusers knows words, --not, --guidance and --steps alone")


def by_words(
    pipeline: Path,
    out: Path,
    seed: int,
    words: str,
    asked: wishes.Asked,
    count: int,
    device: str,
    commercial: bool,
    marks: dict[str, Any],
) -> None:
    """Pictures of a pipeline of diffusers."""
    from packshot.cli.from_words import FromWords

    FromWords(pipeline, out, seed, words, asked, device, commercial, **marks).pictures(count)


def check_modes(accept: bool, between: bool, mix: bool, grid: bool) -> None:
    """Raise ParameterError if more than one of them is wanted."""
    if accept + between + mix + grid > 1:
        raise ParameterError("--accept, --between, --mix, --grid: one at a time")


def check_alone(mode: str, wanted: bool, options: dict[str, Any]) -> None:
    """Raise ParameterError for an option that does nothing without its mode."""
    for name, value in options.items():
        if value and not wanted:
            raise ParameterError(f"--{name.replace('_', '-')}: does nothing without {mode}")


def numbers(text: str) -> list[int]:
    """`0,4-6` → `[0, 4, 5, 6]`: numbers of pictures."""
    found: list[int] = []
    for part in text.split(","):
        first, sign, last = part.strip().partition("-")
        if not first.isdigit() or (sign and not last.isdigit()) or (sign and int(last) < int(first)):
            raise ParameterError(f"--mix {text!r}: expected numbers of pictures such as 3 or 0,4,8 or 0-3")
        found += range(int(first), int(last if sign else first) + 1)
    return found


def pairs(attributes: list[str], option: str = "with") -> dict[str, str]:
    """`NAME=VALUE` texts as a dictionary."""
    found = {}
    for text in attributes:
        name, sign, value = text.partition("=")
        if not sign or not name:
            raise ParameterError(f"--{option} {text!r}: expected NAME=VALUE, such as {EXAMPLES[option]}")
        found[name] = value
    return found
