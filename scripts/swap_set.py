"""Pairs for measuring swapped materials: toys no training saw, of two materials, each also rendered in the other.

`packshot toyshop render --layers remade` takes any other material, so of two given ones there are few among hundreds.

usage: python scripts/swap_set.py --out out/swaps --a "matte plastic" --b metal [--count 100] [--first 100000]

About a second of one core a pair. A run goes on where it was stopped.
"""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from itertools import count as numbers_from
from pathlib import Path
from typing import Any

from packshot.catalogue.shards.files import Sample, write_index
from packshot.catalogue.shards.making import Job, make
from packshot.catalogue.toyshop.scenes.tables import FAMILIES
from packshot.catalogue.toyshop.sets.job import job, members_of
from packshot.catalogue.toyshop.world import describe, render, with_material

SIZE = 64
ROLES = ("colour", "second colour", "third colour", "material")


def wanted(a: str, b: str, seed: int, first: int, count: int) -> list[tuple[int, str]]:
    """(number, its other material), as many of either direction as of the other."""
    other, left = {a: b, b: a}, {a: count - count // 2, b: count // 2}
    found: list[tuple[int, str]] = []
    for number in numbers_from(first):
        item = describe(seed, number).item
        if left.get(item.material, 0) and other[item.material] in FAMILIES[item.category].materials:
            left[item.material] -= 1
            found.append((number, other[item.material]))
        if not any(left.values()):
            return found
    raise AssertionError("numbers do not end")


def render_pair(settings: dict[str, Any], place: int) -> Sample:
    """The toy, and as layer `remade` the same in the other material."""
    number, material = settings["pairs"][place]
    description = describe(settings["seed"], number)
    swapped = with_material(description, material)
    how = (settings["size"], settings["quality"])
    members = members_of(
        description, {**vars(render(description, *how)), "remade": render(swapped, *how).rgb}, settings
    )
    told = json.loads(members["json"]) | {"remade": {name: swapped.attributes[name] for name in ROLES}}
    text = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
    return Sample(f"{number:06}", {**members, "json": text.encode()})


def main(arguments: list[str]) -> None:
    options = ArgumentParser(prog="python scripts/swap_set.py")
    options.add_argument("--out", type=Path, required=True)
    options.add_argument("--a", required=True)
    options.add_argument("--b", required=True)
    options.add_argument("--count", type=int, default=100)
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--first", type=int, default=100_000)
    options.add_argument("--workers", type=int, default=1)
    given = options.parse_args(arguments)
    like = job(given.count, SIZE, given.seed, layers=("remade",))
    pairs = wanted(given.a, given.b, given.seed, given.first, given.count)
    task = Job("swaps-64", given.count, {**like.settings, "pairs": pairs}, 0, given.count, facts=like.facts)
    shards, failed = make(given.out, task, render_pair, workers=given.workers)
    write_index(given.out, shards, like.facts)
    print(f"{given.count - len(failed)} pairs in {given.out}" + "".join(f"\n{n}: {why}" for n, why in failed.items()))


if __name__ == "__main__":
    main(sys.argv[1:])
