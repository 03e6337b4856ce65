"""A conditional generator with a tenth of the labels, Fashion-MNIST at 32 px.

    PACKSHOT_DATA=… python -m benchmarks semi-supervised [--seconds 600] [--seeds 3] [--labelled 600]

Every row is our conditional preset with an auxiliary classifier; they differ in the labels they are given:

- all labels
- labelled pictures only: the others are left out
- labels or none: the others are judged without condition (`packshot.training.objectives.gan`)
- pseudo-labels: a classifier learns from the labelled pictures and names the others, as the first of the two-step
  methods of Lučić et al. 2019, "High-Fidelity Image Generation With Fewer Labels", §3.1 (theirs on self-supervised
  features, ours from pixels)
- random labels: the others are given any label, that paper's weakest baseline
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import torch

from benchmarks.learning import fashion
from benchmarks.learning.fashion import SIDE
from benchmarks.learning.measures import at_size
from benchmarks.learning.options import Bench, opened, parser
from benchmarks.learning.records import told
from benchmarks.learning.trials import trained
from packshot import checkpoint
from packshot.catalogue.dataset.pictures import Pictures
from packshot.evaluation.tables import markdown_table
from packshot.training import presets
from packshot.training.accuracy import learned_classifier
from packshot.training.preset import Preset

ROWS = ("all labels", "labelled only", "labels or none", "pseudo-labels", "random labels")
SEED = 0  # of the choice of labelled pictures


def preset_of(name: str, auxiliary: float) -> Preset:
    """The conditional preset with classes asked for."""
    found = at_size(presets.find(name), SIDE)
    return replace(found, rules={**found.rules, "auxiliary": auxiliary})


def labelled(pack: Path, each: int) -> set[str]:
    """Names of the training pictures that keep their labels: so many of every class."""
    chosen = Pictures(fashion.some(pack, each, SEED, each=True))
    return {row["sku"] for row in chosen.rows if row["split"] == "train"}


def pack_of(row: str, bench: Bench) -> Path:
    """The training pictures of a row, with its labels; the test pictures as they are."""
    if row == "all labels":
        return bench.pack
    each, base = bench.told.labelled, bench.pack
    if row == "labelled only":
        return fashion.some(base, each, SEED, each=True)
    kept = labelled(base, each)
    names = bench.ruler.labels.names
    drawn = torch.randint(len(names), (len(bench.ruler.pictures),), generator=torch.Generator().manual_seed(SEED))
    guesses = pseudo(bench, kept) if row == "pseudo-labels" else drawn

    def change(number: int, told_of: Mapping[str, Any]) -> Mapping[str, Any]:
        if told_of["split"] == "test" or told_of["sku"] in kept:
            return told_of
        category = "" if row == "labels or none" else names[int(guesses[number])]
        return {**told_of, "category": category, "title": ""}

    return fashion.variant(base, f"{base.name}-{row.replace(' ', '-')}-{each}", change)


def pseudo(bench: Bench, kept: set[str]) -> torch.Tensor:
    """`(n,)` classes of all pictures as a classifier names them that learned from the labelled ones."""
    path = bench.out / bench.name / f"classifier-{bench.told.labelled}.safetensors"
    pictures, codes = bench.ruler.pictures, bench.ruler.labels.codes
    if not path.is_file():
        rows = torch.tensor([i for i, row in enumerate(pictures.rows) if row["sku"] in kept])
        learned = learned_classifier(pictures.gather(rows), codes[rows, None], images=bench.ruler.images)
        checkpoint.write(path, learned, "features", {"what": "classifier of the labelled pictures"})
    network: Any = checkpoint.read(path).build()
    with torch.inference_mode():
        parts = torch.split(torch.arange(len(pictures)), 500)
        return torch.cat([network(pictures.gather(p).float() / 127.5 - 1)[0].argmax(1) for p in parts])


def main(argv: list[str]) -> None:
    options = parser(__doc__, seconds=600, seeds=3)
    options.add_argument("--labelled", type=int, default=600, help="labelled pictures of every class")
    options.add_argument("--preset", default="fashion-dcgan", help="our preset")
    options.add_argument("--auxiliary", type=float, default=0.2, help="weight of the auxiliary classifier")
    bench = opened("semi_supervised", options, argv)
    preset = preset_of(bench.told.preset, bench.told.auxiliary)
    for seed in bench.seeds:
        for row in ROWS:
            trained(bench, name_of(row, bench), preset, seed, pack=partial(pack_of, row, bench))
    bench.finish(tables(bench))


def name_of(row: str, bench: Bench) -> str:
    """A row with its number of labels."""
    return row if row == "all labels" else f"{row}, {bench.told.labelled} a class"


def tables(bench: Bench) -> str:
    """One line a row, means over seeds."""
    lines = []
    for row in ROWS:
        name = name_of(row, bench)
        found = bench.found(name)
        columns = {k: [r[k] for r in found if k in r] for k in ("fd", "cas", "named", "images")}
        lines.append(
            {"labels": name, "FD-own": told(columns["fd"]), "CAS": told(columns["cas"], 3),
             "of the class asked for": told(columns["named"], 3),
             "thousand images": told([i / 1000 for i in columns["images"]], 0),
             "CPU minutes": f"{bench.seconds / 60:g}", "seeds": len(found), "N": bench.ruler.count,
             "ended": ", ".join(sorted({r["verdict"] for r in found})) or "not run"}
        )  # fmt: skip
    return markdown_table(lines, list(lines[0]))
