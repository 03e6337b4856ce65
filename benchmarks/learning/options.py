"""What the commands of these measurements have in common on the command line."""

from __future__ import annotations

import argparse
import re
from dataclasses import dataclass
from pathlib import Path

import torch

from benchmarks.learning import fashion
from benchmarks.learning.measures import Ruler, feature_network
from benchmarks.learning.records import Records, Row


@dataclass(frozen=True)
class Bench:
    """Where a measurement keeps its rows and grids, and what it is given.

    seconds: processor seconds of training a row. seeds: of training, 0 first.
    """

    name: str
    out: Path
    pack: Path
    ruler: Ruler
    seconds: float
    seeds: tuple[int, ...]
    told: argparse.Namespace

    @property
    def records(self) -> Records:
        """The rows."""
        return Records(self.out / f"{self.name}.jsonl")

    def found(self, row: str, seconds: float | None = None) -> list[Row]:
        """The finished runs of a row, over seeds."""
        key = {"row": row, "seconds": seconds or self.seconds, "share": 1.0}
        return [r for seed in self.seeds if (r := self.records.find(**key, seed=seed))]

    def folder(self, *parts: object) -> Path:
        """Of one run, with its budget in the name: another budget is another run."""
        return self.out / self.name / "runs" / self._called(parts)

    def grid(self, *parts: object) -> Path:
        """Place of a row's picture."""
        return self.out / self.name / f"{self._called(parts)}.png"

    def _called(self, parts: tuple[object, ...]) -> str:
        return re.sub(r"[^\w.]+", "-", "-".join([*(str(p) for p in parts), f"{self.seconds:g}s"]))

    def finish(self, text: str) -> None:
        """Print the tables and keep them beside the rows."""
        path = self.out / self.name / "tables.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n", encoding="utf-8")
        print(f"\n{text}\n\n{path}", flush=True)


def parser(doc: str | None, seconds: float, seeds: int, classifier_images: int = 200_000) -> argparse.ArgumentParser:
    """Options of every measurement; defaults are those of the figures in the documents."""
    found = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    found.add_argument("--seconds", type=float, default=seconds, help="processor seconds of training a row")
    found.add_argument("--seeds", type=int, default=seeds, help="seeds of training: 0 … this minus 1")
    found.add_argument("--out", type=Path, default=Path("out/bench"), help="folder of rows, runs, grids and tables")
    found.add_argument("--features", type=Path, help="feature network [default: a classifier trained here once]")
    found.add_argument("--feature-images", type=int, default=240_000, help="images that classifier sees")
    found.add_argument("--pictures", type=int, default=10_000, help="generated pictures that distances are taken on")
    found.add_argument("--learned", type=int, default=30_000, help="generated pictures that CAS learns from")
    found.add_argument(
        "--classifier-images", type=int, default=classifier_images, help="images the classifier of CAS sees"
    )
    return found


def opened(name: str, options: argparse.ArgumentParser, argv: list[str]) -> Bench:
    """The data, the ruler and the records of a measurement. Runs on one thread."""
    told = options.parse_args(argv)
    torch.set_num_threads(1)
    pack = fashion.whole(told.out)
    features = told.features or feature_network(pack, told.out, told.feature_images)
    ruler = Ruler(pack, features, count=told.pictures, learned=told.learned, images=told.classifier_images)
    return Bench(name, told.out, pack, ruler, told.seconds, tuple(range(told.seeds)), told)
