"""One row: a preset trained for the budget, measured at several points of the way."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.learning.budget import fitted, images_in, pieces
from benchmarks.learning.measures import write_grid
from benchmarks.learning.options import Bench
from benchmarks.learning.records import Row
from packshot import networks
from packshot.errors import TrainingTrouble
from packshot.training.preset import Preset

DRAWS = ("generator", "flow", "mixture", "prior", "autoencoder")


def trained(
    bench: Bench,
    row: str,
    preset: Preset,
    seed: int,
    shares: Sequence[float] = (1.0,),
    *,
    pack: Path | Callable[[], Path] | None = None,
    measure: Callable[[Path, int], dict[str, Any]] | None = None,
    start: str = "",
    draw: Callable[[Path, Path], str] | None = None,
) -> list[Row]:
    """Train and measure a row of a seed at each share of the budget; done points are read. What failed says why.

    pack: to learn from, if not the whole, or what makes it. measure: (checkpoint, seed) → figures, in place of the
    ruler's own. start: run to begin with the weights of. draw: (place of the row's picture, checkpoint) →
    its name, in place of draws of every class.
    """
    recipe = digest_of(preset)
    key = {"row": row, "seed": seed, "seconds": bench.seconds, "recipe": recipe, "measured": bench.ruler.told}
    found = [done for share in shares if (done := bench.records.find(**key, share=share))]
    failed = [done for done in found if done["verdict"] not in ENDS]
    if len(found) == len(shares) or failed:
        return found
    source = pack() if callable(pack) else pack or bench.pack
    images = bench.records.once({**key, "part": "trial"}, lambda: {"images": images_in(preset, source, bench.seconds)})
    planned = fitted(preset, images["images"])
    folder = bench.folder(row, f"seed{seed}", recipe)
    try:
        for share, done in pieces(planned, source, folder, bench.seconds, shares, {"seed": seed}, start):
            path = next(done.networks[role] for role in DRAWS if role in done.networks)

            def work(path: Path = path, done: Any = done) -> dict[str, Any]:
                began = time.process_time()
                figures = (measure or bench.ruler.measure)(path, seed)
                show = draw or partial(write_grid, names=bench.ruler.labels.names)
                name = show(bench.grid(row, f"seed{seed}"), path)
                return {
                    "images": done.outcome.images, "cpu_minutes": round(done.outcome.seconds / 60, 3),
                    "verdict": done.outcome.verdict, "file": str(path), "grid": name, **figures,
                    "measuring_minutes": round((time.process_time() - began) / 60, 2),
                    "parameters": parameters(planned),
                }  # fmt: skip

            bench.records.once({**key, "share": share}, work)
    except TrainingTrouble as trouble:
        reason = str(trouble)
        bench.records.once({**key, "share": shares[-1]}, lambda: {"verdict": reason})
    return [done for share in shares if (done := bench.records.find(**key, share=share))]


ENDS = ("time is up", "finished")


def digest_of(preset: Preset) -> str:
    """Eight letters that are others if anything of the preset is: rows of another recipe are not taken for done."""
    values = {field.name: getattr(preset, field.name) for field in fields(preset)}
    text = json.dumps(values, sort_keys=True, default=lambda o: dict(o) if isinstance(o, Mapping) else str(o))
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def parameters(preset: Preset) -> int:
    """Of the network that draws, without what the data adds for conditions."""
    for role in DRAWS:
        if role in preset.networks:
            name, entries = preset.networks[role]
            given = {"size": preset.size, "channels": preset.channels}
            config, _ = networks.find(name)
            fitting = {k: v for k, v in given.items() if k in config.__dataclass_fields__}
            return sum(p.numel() for p in networks.build(name, {**fitting, **entries}).parameters())
    return 0
