"""Pairs for measuring what learned without: toys no training saw, of two materials or paints, each also in the other.

`packshot toyshop render --layers remade,recoloured` takes any others, so of two given ones there are few in hundreds.

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
from packshot.catalogue.toyshop.scenes.tables import FAMILIES, PAINTS
from packshot.catalogue.toyshop.sets.job import job, members_of
from packshot.catalogue.toyshop.world import Description, describe, render, with_colours, with_material

SIZE = 64
ROLES = ("colour", "second colour", "third colour", "material")


def swapped(description: Description, other: dict[str, str]) -> Description | None:
    """The same toy in the other material, or its main colour in the other paint; None if it has neither."""
    item = description.item
    if item.material in other and other[item.material] in FAMILIES[item.category].materials:
        return with_material(description, other[item.material])
    main, *more = item.colours
    if main in other and other[main] not in more:
        return with_colours(description, other[main], *more)
    return None


def wanted(a: str, b: str, seed: int, first: int, count: int) -> list[int]:
    """Numbers of toys, as many of either direction as of the other."""
    left, found = {a: count - count // 2, b: count // 2}, []
    for number in numbers_from(first):
        description = describe(seed, number)
        own = next((x for x in (description.item.material, description.item.colours[0]) if left.get(x)), "")
        if own and swapped(description, {a: b, b: a}):
            left[own] -= 1
            found.append(number)
        if not any(left.values()):
            return found
    raise AssertionError("numbers do not end")


def render_pair(settings: dict[str, Any], place: int) -> Sample:
    """The toy, and as layer `remade` or `recoloured` the same in the other material or paint."""
    number, (a, b), layer = settings["numbers"][place], settings["swap"], settings["layers"][-1]
    description, how = describe(settings["seed"], number), (settings["size"], settings["quality"])
    other = swapped(description, {a: b, b: a})
    assert other is not None, "chosen so"
    members = members_of(description, {**vars(render(description, *how)), layer: render(other, *how).rgb}, settings)
    told = json.loads(members["json"]) | {layer: {name: other.attributes[name] for name in ROLES}}
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
    like = job(given.count, SIZE, given.seed, layers=("recoloured" if given.a in PAINTS else "remade",))
    numbers = wanted(given.a, given.b, given.seed, given.first, given.count)
    settings = {**like.settings, "numbers": numbers, "swap": (given.a, given.b)}
    task = Job("swaps-64", given.count, settings, 0, given.count, facts=like.facts)
    shards, failed = make(given.out, task, render_pair, workers=given.workers)
    write_index(given.out, shards, like.facts)
    print(f"{given.count - len(failed)} pairs in {given.out}" + "".join(f"\n{n}: {why}" for n, why in failed.items()))


if __name__ == "__main__":
    main(sys.argv[1:])
