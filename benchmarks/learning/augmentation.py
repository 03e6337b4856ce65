"""Generated pictures as augmentation: a classifier with few real pictures, with and without generated ones.

    PACKSHOT_DATA=… python -m benchmarks augmentation [--seconds 600] [--counts 50,200,1000] [--classifier-seeds 3]

Fashion-MNIST at 32 px, so many real training pictures of each class, tested on the 10,000 test pictures. The classifier
is that of CAS, always mirrored at random, always the same number of images seen; with generated pictures half of what
it sees is generated, under labels asked for evenly.

- own: the generator learned from those very pictures alone. This is the legitimate comparison: nothing else was seen.
- all: the generator learned from all 60,000 labelled pictures. It brings in what the classifier is not supposed to
  have, so a gain is no gain of augmentation; it shows what a better generator could give at best.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import torch

from benchmarks.learning import fashion
from benchmarks.learning.fashion import SIDE
from benchmarks.learning.measures import at_size, drawn
from benchmarks.learning.options import Bench, opened, parser
from benchmarks.learning.records import told
from benchmarks.learning.trials import trained
from packshot import checkpoint
from packshot.catalogue.dataset.pictures import Pictures
from packshot.evaluation.tables import markdown_table
from packshot.models.sampling import Sampler
from packshot.training import presets

SEED = 0  # of the choice of pictures and of the generators


def main(argv: list[str]) -> None:
    options = parser(__doc__, seconds=600, seeds=1, classifier_images=100_000)
    options.add_argument("--counts", default="50,200,1000", help="real pictures of each class")
    options.add_argument("--classifier-seeds", type=int, default=3)
    options.add_argument("--preset", default="fashion-dcgan", help="our preset; few pictures add DiffAugment")
    bench = opened("augmentation", options, argv)
    plain = at_size(presets.find(bench.told.preset), SIDE)
    few = replace(plain, augment=("mirror", "diffaugment"))
    everything = trained(bench, "generator of all", plain, SEED)
    lines = []
    for count in (int(c) for c in bench.told.counts.split(",")):
        pack = fashion.some(bench.pack, count, SEED, each=True)
        own = trained(bench, f"generator of {count} a class", few, SEED, pack=pack)
        lines.append(compared(bench, count, pack, {"own": own, "all": everything}))
    bench.finish(tables(bench, lines))


def compared(bench: Bench, count: int, pack: Path, generators: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    """Accuracies over seeds, without generated pictures and with those of each generator that could be trained."""
    files = {kind: rows[-1]["file"] for kind, rows in generators.items() if rows and "file" in rows[-1]}
    line: dict[str, Any] = {"count": count, "fd own": (generators["own"] or [{}])[-1].get("fd")}
    for kind in ("none", "own", "all"):
        line[kind] = []
        for seed in range(bench.told.classifier_seeds) if kind == "none" or kind in files else ():
            key = {"row": f"{count} real, generated: {kind}", "classifier_seed": seed, "images": bench.ruler.images}
            if kind != "none":
                key |= {"seconds": bench.seconds, "generator": checkpoint.read(Path(files[kind])).digest[:8]}
            work = partial(classified, bench, pack, files.get(kind), seed)
            line[kind].append(bench.records.once(key, work)["accuracy"])
    return line


def classified(bench: Bench, pack: Path, generator: str | None, seed: int) -> dict[str, Any]:
    """The accuracy on the test pictures of a classifier that learned from the pack's pictures and a generator's."""
    pictures = Pictures(pack)
    rows = pictures.where(split="train")
    labels = pictures.labels("category", bench.ruler.labels.names)
    learned, codes = pictures.gather(rows), labels.codes[rows]
    real = len(rows)
    if generator is not None:
        asked = torch.arange(bench.ruler.learned) % len(labels.names)
        made = drawn(Sampler(checkpoint.read(Path(generator))), asked, labels.names, SEED)
        again = torch.arange(len(made)) % real  # as many real ones, over and over
        learned, codes = torch.cat([learned[again], made]), torch.cat([codes[again], asked])
    return {"accuracy": bench.ruler.accuracy(learned, codes, seed), "real": real, "learned": len(learned)}


def tables(bench: Bench, lines: list[dict[str, Any]]) -> str:
    """One line for each number of real pictures; gains are differences of means, in points."""
    rows = []
    for line in lines:
        row = {"real a class": line["count"], "real alone": told(line["none"], 3)}
        for kind, name in (("own", "generator of the same pictures"), ("all", "generator of all 60,000")):
            row[name] = told(line[kind], 3)
            gain = _mean(line[kind]) - _mean(line["none"]) if line[kind] else None
            row[f"gain, {kind}"] = None if gain is None else f"{100 * gain:+.1f}"
        fd = line["fd own"]
        rows.append({**row, "FD-own of that generator": None if fd is None else f"{fd:.2f}"})
    spent, seeds = bench.seconds / 60, bench.told.classifier_seeds
    after = (
        f"\n\nShare of the 10,000 test pictures named, mean ± deviation over {seeds} seeds of the classifier; one seed "
        f"of the choice and of the generators; {spent:g} CPU minutes a generator."
    )
    return markdown_table(rows, list(rows[0])) + after


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)
