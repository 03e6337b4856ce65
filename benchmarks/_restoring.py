"""What the benchmarks of restoration share: pictures, methods, tables. Data in the folder that PACKSHOT_DATA names."""

from __future__ import annotations

import argparse
import csv
import os
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import torch
from torch import Tensor

from packshot import models
from packshot.errors import ModelError, WeightsNotFound
from packshot.evaluation.tables import markdown_table
from packshot.imaging.bicubic import shrunk
from packshot.imaging.files import open_picture
from packshot.models.restoring import restored

Method = Callable[[Tensor], Tensor]


class Score(NamedTuple):
    """One picture by one method. column: of the table (a set, a strength). values: name → figure."""

    method: str
    column: str
    values: dict[str, float]


def options(argv: list[str] | None, every: int, weights: Iterable[str] = ()) -> argparse.Namespace:
    """The options all of them have. every: as default, so that all benchmarks together stay quick."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--every", type=int, default=every, help="take every so manieth picture of large sets")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--data", default=os.environ.get("PACKSHOT_DATA", ""), help="[default: $PACKSHOT_DATA]")
    parser.add_argument(
        "--weights", nargs="*", default=list(weights), help="names or files; those not there are left out"
    )
    chosen = parser.parse_args(argv or [])
    torch.set_num_threads(chosen.threads)
    cv2.setNumThreads(chosen.threads)
    return chosen


def opened(names: Iterable[str]) -> Iterator[tuple[str, models.Model]]:
    """The weights that are there, by what they are called in a table; what is not there is said."""
    for name in names:
        try:
            yield (
                (Path(name).parent.name if name.endswith("restorer.safetensors") else Path(name).stem),
                models.load(name),
            )
        except (WeightsNotFound, ModelError) as error:
            print(f"(left out: {str(error).partition(';')[0]})")


def by(model: models.Model) -> Method:
    """A network as a method."""
    return lambda x: restored(model, x)


def picture(path: Path) -> Tensor:
    """`(1, 3, h, w)` in [0, 1]."""
    return open_picture(path).picture.rgb


def standard_set(data: Path, name: str, scale: int) -> Iterator[tuple[Tensor, Tensor]]:
    """(small, large) of Set5 or Set14, small as MATLAB made it."""
    for path in sorted((data / "sr-bench" / name / f"LR_x{scale}").glob("*.png")):
        small, large = picture(path), picture(data / "sr-bench" / name / "HR" / path.name)
        h, w = (scale * side for side in small.shape[2:])
        yield small, large[:, :, :h, :w]


def bsd100(data: Path, every: int) -> Iterator[Tensor]:
    """Photographs of BSD100."""
    yield from map(picture, sorted((data / "sr-bench" / "BSD100_HR").glob("*.png"))[::every])


def products(data: Path, every: int, multiple: int = 1) -> Iterator[Tensor]:
    """Product photographs of the split `test` under free licences, halved, so that their JPEG does not show."""
    with (data / "products" / "manifest.csv").open(encoding="utf-8") as file:
        rows = [r for r in csv.DictReader(file) if r["split"] == "test" and r["licence"] in ("CC0-1.0", "MIT")]
    for row in rows[::every]:
        x = picture(data / "products" / row["path"])
        h, w = (side // (2 * multiple) * (2 * multiple) for side in x.shape[2:])
        yield shrunk(x[:, :, :h, :w], 2)


def timed(method: Method, x: Tensor) -> tuple[Tensor, float]:
    """What it gives, and seconds of processor time."""
    began = time.process_time()
    with torch.inference_mode():
        found = method(x)
    return found, time.process_time() - began


def table(scores: Iterable[Score], figures: dict[str, str]) -> str:
    """Methods down, columns × figures across: means over pictures. figures: name → format."""
    cells: dict[tuple[str, str, str], list[float]] = defaultdict(list)
    methods: dict[str, None] = {}
    columns: dict[str, None] = {}
    for score in scores:
        methods[score.method], columns[score.column] = None, None
        for name, value in score.values.items():
            cells[score.method, score.column, name].append(value)
    known = {(column, name) for _, column, name in cells}
    heads = {(c, name): f"{c} {name}" for c in columns for name in figures if (c, name) in known}
    rows = []
    for method in methods:
        row: dict[str, object] = {"method": method}
        for (column, name), head in heads.items():
            values = cells.get((method, column, name))
            row[head] = format(np.mean(values), figures[name]) if values else "–"
        rows.append(row)
    return markdown_table(rows, ["method", *heads.values()], {})


def from_numpy(x: np.ndarray) -> Tensor:
    """`(h, w, 3)` bytes → `(1, 3, h, w)` in [0, 1]."""
    return torch.from_numpy(np.array(x)).permute(2, 0, 1)[None].float() / 255


def to_numpy(x: Tensor) -> np.ndarray:
    """`(1, 3, h, w)` in [0, 1] → `(h, w, 3)` bytes."""
    return (x[0].clamp(0, 1) * 255).round().byte().permute(1, 2, 0).contiguous().numpy()
