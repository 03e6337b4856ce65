"""GAN, VAE, flow, discrete transformer at equal CPU minutes; and for a flow, steps against quality against time.

Each row is one or two trainings of so many CPU minutes together (the second stage of two gets a third), measured by
`packshot score` on the test pictures. Trained networks and rows are kept in --out: a run that was stopped goes on.

usage: python -m benchmarks generators --features FILE [--set toyshop|fashion] [--minutes 20] [--rows "GAN,DiT flow"]
       [--count 1000] [--seed 0] [--accuracy-images 60000] [--flow FILE: measure this flow's steps too]
       [--out out/generators]
"""

from __future__ import annotations

import sys
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import torch

from benchmarks.learning.records import Records
from packshot import checkpoint
from packshot.catalogue.opening import open_pictures
from packshot.errors import ParameterError
from packshot.evaluation.features import compare_sets
from packshot.evaluation.tables import markdown_table
from packshot.models.flowing import Flow, How
from packshot.models.sampling import Sampler, seeds_of
from packshot.training import scoring
from packshot.training.references import FeatureSpace, asked
from packshot.training.run import run

SECOND = 1 / 3  # of the minutes, for the second stage of two
ROWS: Mapping[str, tuple[str, str]] = {  # row → preset, and the preset of its second stage
    "GAN": ("{set}-{gan}", ""),
    "VAE": ("{set}-vae", ""),
    "VAE + latent flow": ("{set}-vae", "{set}-latent-flow"),
    "DiT flow": ("{set}-flow", ""),
    "FSQ + transformer": ("{set}-fsq", "{set}-codes"),
}
GANS = {"toyshop": "cgan", "fashion": "cgan"}
CATALOGUES = {"toyshop": "toyshop", "fashion": "fashion-mnist"}
STEPS = (("euler", 1), ("euler", 4), ("euler", 8), ("heun", 4), ("heun", 8), ("heun", 12), ("heun", 25), ("heun", 50))
GUIDANCES = (1.0, 2.0, 3.0)


def trained(row: str, chosen: Namespace) -> Path:
    """The network that draws, trained by the row's minutes of one thread."""
    names = [name.format(set=chosen.set, gan=GANS[chosen.set]) for name in ROWS[row] if name]
    shares = (1.0,) if len(names) == 1 else (1 - SECOND, SECOND)
    changes: dict[str, Any] = {}
    networks: Mapping[str, Path] = {}
    for name, share in zip(names, shares, strict=True):
        minutes = chosen.minutes * share
        folder = chosen.out / f"{name}-{minutes:g}min-seed{chosen.seed}"
        changes |= {"minutes": minutes, "seed": chosen.seed, "total_images": 10**8}
        networks = run(name, place_of(chosen), folder, changes=changes, device="cpu", clock=time.process_time).networks
        changes = {"autoencoder": str(networks.get("autoencoder", ""))}
    role = next(r for r in ("flow", "prior", "generator", "autoencoder") if r in networks)
    return networks[role]


def work(row: str, chosen: Namespace) -> dict[str, Any]:
    """Trained and measured."""
    return measured(trained(row, chosen), chosen)


def place_of(chosen: Namespace) -> str:
    """Where the pictures are."""
    return chosen.catalogue or CATALOGUES[chosen.set]


def measured(path: Path, chosen: Namespace) -> dict[str, Any]:
    """Every figure of one network."""
    found = scoring.score(path, place_of(chosen), chosen.features, count=chosen.count, seed=chosen.seed,
                          accuracy=chosen.accuracy_images > 0, accuracy_images=max(1, chosen.accuracy_images),
                          device="cpu")  # fmt: skip
    card = checkpoint.read(path).card
    row = {k: v for k, v in found.rows()[0].items() if isinstance(v, int | float)}
    size = {"images seen": card.get("images_seen"), "MB": path.stat().st_size / 1e6}
    return {**row, **size, "ms": ms_of(Sampler(checkpoint.read(path)))}


def ms_of(sampler: Sampler, pictures: int = 8) -> float:
    """Milliseconds a picture, one at a time, after one to warm up."""
    next(sampler.drawn([0]))
    began = time.perf_counter()
    for seed in seeds_of(1, pictures):
        next(sampler.drawn([seed]))
    return 1000 * (time.perf_counter() - began) / pictures


def steps_of(chosen: Namespace, records: Records) -> list[dict[str, Any]]:
    """Fréchet and kernel distance of a flow by solver, steps and guidance, and milliseconds a picture."""
    stored = checkpoint.read(Path(chosen.flow))
    plain = Sampler(stored)
    space = FeatureSpace.read(str(chosen.features), "cpu")
    if not isinstance(plain.network, Flow):
        raise ParameterError(f"--flow {chosen.flow}: {plain.name} is no flow")
    channels, size, _ = plain.network.shape
    pictures, _ = open_pictures(place_of(chosen), size, grey=channels == 1)
    real = asked(pictures, plain, stored, "test")
    truth = space.of(pictures.gather(real.rows))

    def row(solver: Any, steps: int, guidance: float) -> dict[str, Any]:
        sampler = plain.tuned(How(steps, guidance, solver))
        made = space.of(scoring.drawn(sampler, real, chosen.count, chosen.seed))
        compared = compare_sets(space.name, truth, made, seed=chosen.seed).row()
        return {**{k: v for k, v in compared.items() if isinstance(v, int | float)}, "ms": ms_of(sampler)}

    cases = [(solver, steps, 2.0) for solver, steps in STEPS] + [("heun", 12, g) for g in GUIDANCES if g != 2.0]
    found = []
    for solver, steps, guidance in cases:
        key = {"digest": stored.digest, "solver": solver, "steps": steps, "guidance": guidance, "count": chosen.count}
        found.append(records.once(key, partial(row, solver, steps, guidance)))
    return found


def main(arguments: list[str]) -> None:
    options = ArgumentParser(prog="python -m benchmarks generators")
    options.add_argument("--features", type=Path)
    options.add_argument("--set", choices=tuple(CATALOGUES), default="toyshop")
    options.add_argument("--catalogue", default="", help="where the set is, if not where it is looked for")
    options.add_argument("--minutes", type=float, default=20.0)
    options.add_argument("--rows", default=",".join(ROWS), help="of the table, by commas")
    options.add_argument("--count", type=int, default=1000)
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--accuracy-images", type=int, default=60_000)
    options.add_argument("--flow", default="")
    options.add_argument("--out", type=Path, default=Path("out/generators"))
    chosen = options.parse_args(arguments)
    if chosen.features is None or not chosen.features.is_file():
        print("skipped: --features FILE names the classifier whose features are compared, such as catalogue-features")
        return
    torch.set_num_threads(1)
    records = Records(chosen.out / "rows.jsonl")
    rows = []
    for row in filter(None, chosen.rows.split(",")):
        key = {"row": row, "set": chosen.set, "minutes": chosen.minutes, "seed": chosen.seed, "count": chosen.count}
        rows.append(records.once(key, partial(work, row, chosen)))
    if rows:
        skipped = ("row", "set", "minutes", "seed", "count", "features")
        columns = ["row", *(k for k in rows[0] if k not in skipped)]
        print(markdown_table(rows, columns, {k: ".3g" for k in columns[1:]}))
    if chosen.flow:
        found = steps_of(chosen, records)
        columns = [k for k in found[0] if k not in ("digest", "count")]
        print("\n" + markdown_table(found, columns, {k: ".3g" for k in columns if k != "solver"}))


if __name__ == "__main__":
    main(sys.argv[1:])
