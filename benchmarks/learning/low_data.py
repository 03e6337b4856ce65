"""Generation from few pictures: from scratch, with DiffAugment, with ADA, with transfer.

    PACKSHOT_DATA=… python -m benchmarks low-data [--seconds 300] [--counts 50,200,1000] [--start FILE]

Fashion-MNIST at 32 px, so many pictures in all of five classes, without conditions; measured against the 5,000 test
pictures of those classes, and by how near draws come to the pictures learned from. Transfer starts from a generator and
a critic trained on the other five classes, whose pictures are not among those to be learned or measured (or from the
networks of another run, --start RUN), and goes on with DiffAugment; the source's training time is stated apart.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import torch

from benchmarks.learning import fashion
from benchmarks.learning.fashion import FASHION, SIDE
from benchmarks.learning.measures import Ruler, at_size, drawn, figures
from benchmarks.learning.options import Bench, opened, parser
from benchmarks.learning.records import Row, told
from benchmarks.learning.trials import trained
from packshot import checkpoint
from packshot.errors import ParameterError
from packshot.evaluation.features import compare_sets
from packshot.evaluation.tables import markdown_table
from packshot.models.sampling import Sampler
from packshot.training import presets
from packshot.training.preset import Preset

TARGET = ("pullover", "dress", "sandal", "bag", "ankle boot")
SOURCE = tuple(name for name in FASHION if name not in TARGET)
METHODS = {"scratch": ("mirror",), "DiffAugment": ("mirror", "diffaugment"), "ADA": ("mirror", "ada-quick"),
           "transfer": ("mirror", "diffaugment")}  # fmt: skip


def preset_of(name: str, augment: tuple[str, ...]) -> Preset:
    """Our preset without conditions."""
    return replace(at_size(presets.find(name), SIDE), columns=(), augment=augment)


def main(argv: list[str]) -> None:
    options = parser(__doc__, seconds=300, seeds=1)
    options.add_argument("--counts", default="50,200,1000", help="pictures in all")
    options.add_argument("--preset", default="fashion-dcgan", help="our preset, used without conditions")
    options.add_argument("--start", default="", help="run to transfer from, in place of one trained here")
    bench = opened("low_data", options, argv)
    for seed in bench.seeds:
        start = bench.told.start or source(bench, seed)
        for count in counts(bench):
            for method in METHODS:
                run_row(bench, count, method, seed, start)
    bench.finish(tables(bench))


def counts(bench: Bench) -> list[int]:
    """Numbers of pictures."""
    return [int(count) for count in bench.told.counts.split(",")]


def source(bench: Bench, seed: int) -> str:
    """The run on the other classes that transfer starts from; its folder, "" if it failed."""
    pack = partial(fashion.some, bench.pack, len(bench.ruler.training), 0, within=SOURCE)
    preset = preset_of(bench.told.preset, ("mirror",))
    found = trained(bench, "source of transfer", preset, seed, pack=pack, measure=_nothing)
    return str(Path(found[-1]["file"]).parent) if found and "file" in found[-1] else ""


def _nothing(path: Path, seed: int) -> dict[str, Any]:
    return {}


def run_row(bench: Bench, count: int, method: str, seed: int, start: str) -> list[Row]:
    """Train and measure one method on so many pictures."""
    if method == "transfer" and not start:
        return []
    pack = fashion.some(bench.pack, count, seed, within=TARGET)
    ruler = Ruler(pack, bench.ruler.path, count=min(bench.ruler.count, 5_000), learned=0, images=0)
    preset = preset_of(bench.told.preset, METHODS[method])
    begin = start if method == "transfer" else ""
    measure = partial(measured, ruler)
    return trained(bench, f"{count}, {method}", preset, seed, pack=pack, measure=measure, start=begin)


def measured(ruler: Ruler, path: Path, seed: int) -> dict[str, Any]:
    """FD and neighbour figures; Meehan's C_T where there are pictures enough."""
    codes = torch.zeros(ruler.count, dtype=torch.int64)
    made = drawn(Sampler(checkpoint.read(path)), codes, ruler.labels.names, seed)
    features, learned = ruler.features(made), ruler.features(ruler.pictures.gather(ruler.training))
    try:
        found = figures(compare_sets("own", ruler.real, features, learned))
    except ParameterError:  # too few pictures in every cell for the copying test
        found = figures(compare_sets("own", ruler.real, features))
    return {**found, "n": ruler.count, "real": len(ruler.training)}


def tables(bench: Bench) -> str:
    """A line for each number of pictures and method."""
    lines = []
    for count in counts(bench):
        for method in METHODS:
            found = bench.found(f"{count}, {method}")
            values = {k: [r[k] for r in found if r.get(k) is not None] for k in COLUMNS}
            lines.append(
                {"pictures": count, "method": method, **{name: told(values[k], 2) for k, name in COLUMNS.items()},
                 "thousand images": told([r["images"] / 1000 for r in found if "images" in r], 0),
                 "CPU minutes": f"{bench.seconds / 60:g}", "seeds": len(found),
                 "N": found[0].get("n") if found else None,
                 "ended": ", ".join(sorted({r["verdict"] for r in found})) or "not run"}
            )  # fmt: skip
    return markdown_table(lines, list(lines[0])) + NOTE


COLUMNS = {"fd": "FD-own", "precision": "precision", "recall": "recall", "coverage": "coverage",
           "copying": "C_T", "duplicates": "duplicates"}  # fmt: skip
NOTE = (
    "\n\nC_T far below 0: draws lie nearer to the pictures learned from than test pictures do. Duplicates: share of "
    "draws nearer than the nearest hundredth of the test pictures (0.01 = as real ones)."
)
