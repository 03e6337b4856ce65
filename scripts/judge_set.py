"""Shards for `toyshop-judge`: the set that ships, and pictures of another world in the combinations it holds out.

A judge that never saw a felt drum calls it what drums mostly are; so it cannot tell whether a generator has made one.
The added products are others than those of the set (another seed); the set's test products stay out of training.

usage: python scripts/judge_set.py --out out/judge-set [--count 1500] [--seed 1] [--workers 1]

About half a second of one core a picture. A run goes on where it was stopped.
"""

from __future__ import annotations

import json
import shutil
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from packshot.catalogue.shards.files import Sample, Shard, read_index, write_index
from packshot.catalogue.shards.making import Job, make
from packshot.catalogue.toyshop.sets.holding import split_of
from packshot.catalogue.toyshop.sets.job import job, render_sample
from packshot.catalogue.toyshop.sets.shipped import shards_folder
from packshot.catalogue.toyshop.world import describe

SIZE, PER_SHARD = 64, 250


def held_out(seed: int, count: int) -> list[int]:
    """Numbers of the first `count` pictures of a world that show a combination held out of training."""
    found: list[int] = []
    number = 0
    while len(found) < count:
        if split_of(describe(seed, number))[1]:
            found.append(number)
        number += 1
    return found


def render_for_training(settings: dict[str, Any], place: int) -> Sample:
    """Picture `settings["numbers"][place]`, marked as one to train on."""
    made = render_sample(settings, settings["numbers"][place])
    told = made.attributes() | {"split": "train"}
    text = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
    return Sample(f"{place:06}", {**made.members, "json": text.encode()})


def rendered(folder: Path, count: int, seed: int, workers: int) -> list[Shard]:
    """Shards of the added pictures, as the set's are."""
    like = job(count, SIZE, seed, webp=75, per_shard=PER_SHARD, packed=True)
    settings = {**like.settings, "numbers": held_out(seed, count)}
    wanted = Job("judge-64", count, settings, 0, PER_SHARD, compress=True, facts=like.facts)
    shards, failed = make(folder, wanted, render_for_training, workers=workers, on_progress=_tell)
    for number, reason in failed.items():
        print(f"picture {number}: {reason}")
    return shards


def _tell(now: Any) -> None:
    if now.done % 100 == 0:
        print(f"{now.done:,} of {now.total:,} pictures, {now.seconds_left / 60:.0f} min left", flush=True)


def main(arguments: list[str]) -> None:
    options = ArgumentParser(prog="python scripts/judge_set.py")
    options.add_argument("--out", type=Path, required=True)
    options.add_argument("--count", type=int, default=1500)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--workers", type=int, default=1)
    given = options.parse_args(arguments)
    more, set_folder = given.out / "more", shards_folder(SIZE)
    added = rendered(more, given.count, given.seed, given.workers)
    shipped, facts = read_index(set_folder)
    if facts["seed"] == given.seed:
        raise SystemExit(f"--seed {given.seed}: is that of {set_folder}; take another, its products are to stay unseen")
    for folder, shards in ((set_folder, shipped), (more, added)):
        for shard in shards:
            shutil.copy2(folder / shard.name, given.out / shard.name)
    write_index(given.out, [*shipped, *added], facts)
    print(f"{given.out}: {sum(shard.samples for shard in (*shipped, *added)):,} pictures")


if __name__ == "__main__":
    main(sys.argv[1:])
