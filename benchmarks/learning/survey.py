"""Every generator with a fitting objective on Fashion-MNIST at 32 px, the same processor time each.

    PACKSHOT_DATA=… python -m benchmarks survey [--seconds 600] [--rows dcgan,sagan]

FD in own features and CAS at four points of each run, against images seen. One seed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from benchmarks.learning.fashion import SIDE
from benchmarks.learning.measures import at_size
from benchmarks.learning.options import Bench, opened, parser
from benchmarks.learning.records import Row
from benchmarks.learning.trials import digest_of, trained
from packshot import networks
from packshot.evaluation.tables import markdown_table
from packshot.training import presets
from packshot.training.preset import Preset

SHARES = (0.125, 0.25, 0.5, 1.0)
PRODUCT = Preset(
    what="product-information GAN told of category and title, matching-aware, hinge loss",
    objective="product",
    networks={
        "generator": ("product-generator", {"z_dim": 64, "width": 16, "max_width": 64}),
        "critic": ("product-critic", {"width": 16, "max_width": 64}),
    },
    size=SIDE,
    channels=1,
    columns=("category",),
    texts=("title",),
    rules={"loss": "hinge", "agreement": 0.2},
    settings=presets.find("fashion-cgan").settings,
    augment=("mirror",),
)
# Generator → its preset and, where that is too wide for some minutes of one core, the widths it has here.
ROWS: Mapping[str, tuple[str | Preset, Mapping[str, Any]]] = {
    "dcgan": ("fashion-dcgan", {}),
    "cgan": ("fashion-cgan", {"width": 16, "max_width": 64}),
    "sagan": ("fashion-sagan", {"width": 16, "max_width": 64}),
    "progan": ("fashion-progan", {"width": 12, "max_width": 48}),
    "stylegan2": ("fashion-stylegan2", {"width": 12, "max_width": 48}),
    "r3gan": ("fashion-r3gan", {"width": 8, "max_width": 32}),
    "product": (PRODUCT, {}),
    "unet": ("fashion-unet", {}),
}


def generators() -> tuple[str, ...]:
    """Every generator of the table of networks."""
    return tuple(name.removesuffix("-generator") for name in networks.TABLE if name.endswith("-generator"))


def preset_of(row: str) -> Preset:
    """What a row trains."""
    named, widths = ROWS[row]
    found = at_size(presets.find(named) if isinstance(named, str) else named, SIDE)
    return replace(found, networks={role: (name, {**c, **widths}) for role, (name, c) in found.networks.items()})


def main(argv: list[str]) -> None:
    options = parser(__doc__, seconds=600, seeds=1, classifier_images=100_000)
    options.add_argument("--rows", default=",".join(ROWS), help="only these generators")
    bench = opened("survey", options, argv)
    for row in bench.told.rows.split(","):
        for seed in bench.seeds:
            trained(bench, row, preset_of(row), seed, SHARES)
    bench.finish(tables(bench))


def tables(bench: Bench) -> str:
    """One line for every generator and point measured."""
    lines: list[Row] = []
    for row in ROWS:
        for seed in bench.seeds:
            found = [r for r in bench.records if r.get("row") == row and r["seed"] == seed and "share" in r]
            recipe = digest_of(preset_of(row))
            found = [r for r in found if (r["seconds"], r["recipe"]) == (bench.seconds, recipe)]
            lines += [{**r, "objective": _objective(preset_of(row))} for r in found] or [
                {"row": row, "seed": seed, "verdict": "not run"}
            ]
    columns = {
        "row": "generator", "objective": "objective", "parameters": "parameters", "seed": "seed",
        "cpu_minutes": "CPU minutes", "images": "images seen", "fd": "FD-own", "precision": "precision",
        "recall": "recall", "named": "of the class asked for", "cas": "CAS", "n": "N", "verdict": "ended",
        "grid": "grid",
    }  # fmt: skip
    formats = {"parameters": ",d", "images": ",d", "fd": ".2f", "cpu_minutes": ".1f", "n": ",d"}
    formats |= dict.fromkeys(("precision", "recall", "named", "cas"), ".3f")
    return markdown_table(lines, columns, formats)


def _objective(preset: Preset) -> str:
    rules = preset.rules
    penalty = f", {rules['penalty']}" if rules.get("penalty", "none") != "none" else ""
    lazy = f" every {rules['penalty_every']}" if rules.get("penalty_every", 1) > 1 else ""
    classes = ", classes" if rules.get("auxiliary") else ""
    return f"{rules.get('loss', 'non-saturating')}{penalty}{lazy}{classes}"
