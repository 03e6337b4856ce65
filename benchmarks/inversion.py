"""How well generators hold real products, and what an edit changes besides what was asked: a table for each.

Products of the test split are found as codes of every generator named; the rebuilt pictures are held against the real
ones by PSNR and identity (packshot.models.inverting.measuring). Then one attribute after the other is changed to a
value that the product does not have (drawn by the seed), and a judge says whether the edit shows (obeyed), how many
other attributes it names otherwise than on the rebuilt picture (leak), and how many it names otherwise on the rebuilt
picture than on the real one: a generator that rebuilds badly leaks before any edit. "on the photo" is the edit carried
to the photo's own pixels. --sheet writes photo, rebuilt and edited pictures to look at.

usage: python -m benchmarks inversion [--models NAME_OR_FILE …] [--judge toyshop/judge.safetensors]
                                      [--catalogue toyshop] [--products 64] [--steps 150] [--tune 0] [--sheet sheet.png]
"""

from __future__ import annotations

import sys
import time
from argparse import ArgumentParser
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from packshot.catalogue.dataset.pictures import Pictures
from packshot.catalogue.opening import open_pictures
from packshot.errors import PackshotError
from packshot.evaluation.tables import markdown_table
from packshot.imaging import files
from packshot.imaging.picture import Picture
from packshot.imaging.sheets import tiled
from packshot.models import features
from packshot.models.inverting.editing import under
from packshot.models.inverting.framing import rgb_of, space_named
from packshot.models.inverting.invert import Inversion, Plan, invert
from packshot.models.inverting.measuring import Judge, identity_but_colour, judge_named
from packshot.models.inverting.spaces import Space

MODELS = ("toyshop-vae", "toyshop-gan", "toyshop-flow")
ASKED = ("colour", "material", "category")
SHOWN = 8


def products(pictures: Pictures, count: int) -> Tensor:
    """Rows of the test split, spread over it."""
    rows = pictures.where(split="test")
    return rows[torch.linspace(0, len(rows) - 1, min(count, len(rows))).round().long()]


def seen_by(space: Space, pictures: Pictures, row: Tensor) -> tuple[Tensor, Tensor | None]:
    """One product at the generator's size `(1, c, s, s)` in [-1, 1], and its matte if there is one."""
    from packshot.imaging.geometry import resize_layer

    rgb = pictures.gather(row[None]).float() / 255
    matte = pictures.gather(row[None], "matte").float() / 255 if "matte" in pictures.layers else None
    size = (space.size, space.size)
    rgb = resize_layer(rgb, size, linear=True)
    pixels = 2 * (rgb if space.channels == 3 else rgb.mean(1, keepdim=True)) - 1
    return pixels, None if matte is None else resize_layer(matte, size)


def edits(found: Inversion, truth: dict[str, str], seed: int) -> Iterator[tuple[str, str, Tensor]]:
    """Attribute, another value for it, and the edited pixels; for every attribute that the generator is told."""
    generator = torch.Generator().manual_seed(seed)
    for name in ASKED:
        values = [v for v in found.space.attributes.get(name, ()) if v != truth[name]]
        if values and name in found.space.sampler.vocabulary.places:
            value = values[int(torch.randint(len(values), (), generator=generator))]
            yield name, value, under(found, {name: value}).pixels


class Tally:
    """Sums of figures by name, and their means."""

    def __init__(self) -> None:
        self.values: defaultdict[str, list[float]] = defaultdict(list)

    def add(self, **figures: float) -> None:
        for name, value in figures.items():
            self.values[name].append(float(value))

    def means(self) -> dict[str, float]:
        return {name: sum(values) / len(values) for name, values in self.values.items()}


def judged(judge: Judge, rgb: Tensor) -> dict[str, str]:
    return judge.named(rgb)[0]


def measured(
    space: Space, pictures: Pictures, rows: Tensor, judge: Judge | None, plan: Plan, cells: list[Tensor]
) -> tuple[dict[str, float], dict[str, Tally]]:
    """Means of what was rebuilt, and a tally for each attribute that was changed."""
    compared, rebuilt, changed = features.find("auto"), Tally(), defaultdict(Tally)
    columns = {name: pictures.column(name) for name in ASKED}
    for number, row in enumerate(rows):
        truth = {name: columns[name][int(row)] for name in ASKED}
        known = {k: v for k, v in truth.items() if v in space.attributes.get(k, ())}
        pixels, matte = seen_by(space, pictures, row)
        began = time.process_time()
        found = invert(space, pixels, compared, plan, known=known)
        real, again = rgb_of(pixels), rgb_of(found.rebuilt)
        rebuilt.add(psnr=found.numbers["psnr"], identity=identity_but_colour(real, again, compared, matte),
                    start=found.numbers["psnr_start"], seconds=time.process_time() - began)  # fmt: skip
        line = [real, again]
        for name, value, pixels_after in edits(found, truth, number):
            after = rgb_of(pixels_after)
            carried = (real + after - again).clamp(0, 1)
            tally = changed[name]
            tally.add(identity=identity_but_colour(again, after, compared, matte),
                      carried=identity_but_colour(real, carried, compared, matte))  # fmt: skip
            if judge is not None:
                tally.add(**_judged(judge, name, value, real, again, after, carried))
            line.append(after)
        if number < SHOWN:
            cells.extend([*line, *[torch.ones_like(real)] * (2 + len(ASKED) - len(line))])
    return rebuilt.means(), dict(changed)


def _judged(
    judge: Judge, name: str, value: str, real: Tensor, again: Tensor, after: Tensor, carried: Tensor
) -> dict[str, float]:
    """Whether the edit shows, and the share of other attributes that are named otherwise."""
    told = {key: judged(judge, x) for key, x in
            (("real", real), ("again", again), ("after", after), ("carried", carried))}  # fmt: skip
    others = [other for other in judge.attributes if other != name]
    share = lambda a, b: sum(told[a][o] != told[b][o] for o in others) / max(1, len(others))  # noqa: E731
    return {
        "obeyed": told["after"][name] == value,
        "leak": share("again", "after"),
        "rebuilding": share("real", "again"),
        "obeyed_photo": told["carried"][name] == value,
        "leak_photo": share("real", "carried"),
    }


def main(arguments: list[str]) -> None:
    options = ArgumentParser(prog="python -m benchmarks inversion")
    options.add_argument("--models", nargs="+", default=list(MODELS))
    options.add_argument("--judge", default="toyshop/judge.safetensors")
    options.add_argument("--catalogue", default="toyshop")
    options.add_argument("--products", type=int, default=64)
    options.add_argument("--steps", type=int, default=150)
    options.add_argument("--tune", type=int, default=0)
    options.add_argument("--sheet", type=Path)
    chosen = options.parse_args(arguments)
    torch.set_num_threads(1)
    judge = judge_named(chosen.judge) if chosen.judge and Path(chosen.judge).is_file() else None
    pictures, _ = open_pictures(chosen.catalogue)
    rows, plan = products(pictures, chosen.products), Plan(steps=chosen.steps, seconds=600, tune=chosen.tune)
    whole: list[dict[str, Any]] = []
    leaks: list[dict[str, Any]] = []
    cells: list[Tensor] = []
    for name in chosen.models:
        try:
            space = space_named(name)
        except PackshotError as error:
            print(f"skipped {name}: {error}")
            continue
        means, changed = measured(space, pictures, rows, judge, plan, cells)
        whole.append({"generator": space.sampler.name, "codes": space.name, "products": len(rows), **means})
        leaks += [{"generator": space.sampler.name, "changed": key, **tally.means()} for key, tally in changed.items()]
    report(whole, leaks)
    if chosen.sheet and cells:
        big = tiled(torch.cat(cells), 2, 2 + len(ASKED))[None].repeat_interleave(2, 2).repeat_interleave(2, 3)
        files.write(Picture(big), chosen.sheet)
        print(f"sheet {chosen.sheet}: photo, rebuilt, then changed {', '.join(ASKED)} as far as it is told")


def report(whole: list[dict[str, Any]], leaks: list[dict[str, Any]]) -> None:
    """Print both tables."""
    if whole:
        heads = {"generator": "generator", "codes": "codes", "products": "products", "start": "PSNR at first",
                 "psnr": "PSNR rebuilt", "identity": "identity rebuilt", "seconds": "CPU s a product"}  # fmt: skip
        print(markdown_table(whole, heads, {"start": ".1f", "psnr": ".1f", "identity": ".2f", "seconds": ".1f"}))
    if leaks:
        heads = {"generator": "generator", "changed": "changed", "obeyed": "obeyed", "leak": "leak",
                 "rebuilding": "leak of rebuilding", "identity": "identity to rebuilt",
                 "obeyed_photo": "obeyed on the photo", "leak_photo": "leak on the photo",
                 "carried": "identity to photo"}  # fmt: skip
        there = {key: head for key, head in heads.items() if any(key in row for row in leaks)}
        formats = {key: ".2f" if "identity" in head else ".0%" for key, head in there.items()
                   if key not in ("generator", "changed")}  # fmt: skip
        print("\n" + markdown_table(leaks, there, formats))


if __name__ == "__main__":
    main(sys.argv[1:])
