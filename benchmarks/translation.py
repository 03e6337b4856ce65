"""Translation against true targets, on toys no training saw: `python -m benchmarks translation --weights NAME=FILE …`

    drawing    an exact drawing of the product → its photo on white          (split test of any toyshop set)
    layout     the map of its parts → its photo on white                     (split test of any toyshop set)
    colour     a photo → the same product and view in another main paint     (all pictures, layer repainted)
    two paints a red toy → the same in blue, or the other way round           (all pictures, layer recoloured)
    material   a photo → the same product and view in another material       (all pictures, layer remade)

The pairs of the last three are rendered; training has the numbers below 12,000:
`packshot toyshop render --count 200 --size 64 --seed 0 --first 100000 --layers repainted,remade --out out/variants`
`python scripts/swap_set.py --out out/two-paints --a red --b blue --count 200`
(200 pairs of each, about 5 processor minutes.) Two paints are what methods learn of two heaps of pictures alone.
Methods are told the same: category, paints, material of the truth, and those of photos the exact matte; networks work
as the operations do, at 64 px. Figures: L1 (of 255), PSNR, SSIM of luma, each inside the product; FD in the features of
--features between what was made and the truth; right: how often --judge names what was asked for; edge F: against the
photo, of a drawing or layout against the truth. A case that a method cannot be asked is left out of its row: n. Rows
in OUT/scores.jsonl are not measured again.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from benchmarks._translating import TASKS, TOLD, VARIANT, Case, Named, baselines, cases, judged, networks, shown
from benchmarks.learning.records import Records
from packshot import checkpoint, models
from packshot.catalogue.opening import open_pictures
from packshot.errors import WeightsNotFound
from packshot.evaluation.distances import frechet_distance, moments
from packshot.evaluation.features import features_of
from packshot.evaluation.tables import markdown_table
from packshot.imaging import compare, files
from packshot.imaging.picture import Picture
from packshot.imaging.sheets import tiled
from packshot.imaging.translating.kept import structure

FORMATS = {"L1": ".1f", "PSNR": ".2f", "SSIM": ".3f", "FD": ".1f", "right": ".0%", "edge F": ".3f", "ms": ".0f"}
BEGIN, END = "<!-- translation: python -m benchmarks translation --write -->", "<!-- end of translation -->"
SHOWN = 8  # cases in the sheet of a task
LEAST = 20  # pictures under which no distance of distributions is told


def main(argv: list[str] | None = None) -> None:
    """Measure, print the tables, write them and a sheet of pictures where asked to."""
    chosen = _arguments(argv)
    torch.set_num_threads(chosen.threads)
    methods = [*baselines(), *networks(_there(chosen.weights))]
    records = Records(Path(chosen.out) / "scores.jsonl")
    text = []
    for task in chosen.tasks:
        place = chosen.paints if task == "two paints" else chosen.pairs if task in VARIANT else chosen.catalogue
        rows = _rows_of(task, place, methods, records, chosen)
        if rows:
            columns = {"method": "method", "n": "n", **{k: _heading(k, chosen) for k in FORMATS}}
            text.append(f"### {task}\n\n{markdown_table(rows, columns, FORMATS)}\n")
            print(f"\n{text[-1]}", flush=True)
    if chosen.write and text:
        _write(Path(chosen.write), "\n".join(text))


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    told = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    told.add_argument("--weights", nargs="*", default=[], metavar="NAME[=FILE]", help="translators")
    told.add_argument("--tasks", nargs="+", choices=TASKS, default=list(TASKS))
    told.add_argument("--catalogue", default="toyshop", help="of drawings and layouts [default: toyshop]")
    told.add_argument("--pairs", default="out/variants", help="shards with variants [default: out/variants]")
    told.add_argument("--paints", default="out/two-paints", help="toys of two paints [default: out/two-paints]")
    told.add_argument("--count", type=int, default=200, help="cases of a task [default: 200]")
    told.add_argument("--judge", default="", help="classifier of attributes, such as toyshop-judge")
    told.add_argument("--features", default="catalogue-features", help="features of FD [default: catalogue-features]")
    told.add_argument("--out", default="out/bench/translation", help="folder of scores.jsonl and sheets")
    told.add_argument("--write", nargs="?", const="docs/evaluation.md", default="", help="page the tables go into")
    told.add_argument("--threads", type=int, default=1)
    return told.parse_args(argv or [])


def _there(weights: list[str]) -> list[str]:
    """Those weights that are found; the others are named."""
    found = []
    for text in weights:
        try:
            models.find(text.partition("=")[2] or text)
            found.append(text)
        except WeightsNotFound as error:
            print(f"(left out: {str(error).partition(';')[0]})")
    return found


def _rows_of(
    task: str, place: str, methods: list[Named], records: Records, chosen: argparse.Namespace
) -> list[dict[str, Any]]:
    """A row for each method of a task; a sheet of the first cases."""
    if place != "toyshop" and not Path(place).exists():
        print(f"({task}: {place} is not there; the text above says how to render it)")
        return []
    pictures, _ = open_pictures(place)
    split = "" if task in VARIANT else "test"
    known = open_pictures(chosen.catalogue)[0]
    held = list(cases(task, pictures, pictures.where(split=split)[: chosen.count], known))
    if not held:
        print(f"({task}: {place} has no layer for it, or no picture of its split)")
        return []
    rows, sheet = [], [torch.cat(x) for x in zip(*((shown(case), case.wanted) for case in held[:SHOWN]), strict=True)]
    for method in (one for one in methods if task in one.tasks):
        key = {"task": task, "method": method.name, "digest": method.digest[:16], "place": place, "cases": len(held)}
        key |= {"judge": chosen.judge, "features": chosen.features}
        found = records.once(key, lambda method=method: _measured(task, held, method, chosen))  # type: ignore[misc]
        rows.append(found)
        sheet.insert(-1, _made_of(held[:SHOWN], method))
    path = Path(chosen.out) / f"{task}.png"
    files.write(Picture(tiled(torch.cat(sheet), columns=SHOWN)[None]), path)
    print(f"{path}: given, {', '.join(row['method'] for row in rows)}, truth")
    return rows


def _measured(task: str, held: list[Case], method: Named, chosen: argparse.Namespace) -> dict[str, Any]:
    made, wanted, asked, figures, seconds = [], [], [], [], 0.0
    for case in held:
        began = time.process_time()
        rgb = method.run(case)
        seconds += time.process_time() - began
        if rgb is None:
            continue
        rgb = (rgb.clamp(0, 1) * 255).round() / 255  # as a file holds it
        made.append(rgb)
        wanted.append(case.wanted)
        asked.append(_asked(task, case))
        figures.append(_figures(task, case, rgb))
    if not made:
        return {"n": 0}
    mean = {name: float(np.mean([f[name] for f in figures if name in f])) for name in figures[0]}
    pictures, truth = ((255 * torch.cat(x)).round().to(torch.uint8) for x in (made, wanted))
    return {"n": len(made), **mean, **_sets(pictures, truth, chosen), **_right(pictures, asked, chosen),
            "ms": 1000 * seconds / len(held)}  # fmt: skip


def _figures(task: str, case: Case, rgb: Tensor) -> dict[str, float]:
    inside = case.matte > 0.5
    error = (rgb - case.wanted).abs().mean(1, keepdim=True)[inside]
    found = {
        "L1": 255 * float(error.mean()),
        "PSNR": min(compare.psnr(rgb, case.wanted, inside), 99.0),
        "SSIM": compare.ssim(compare.luma(rgb), compare.luma(case.wanted), inside),
    }
    photo = case.given if task in VARIANT else case.wanted
    told = structure(photo, rgb, case.matte)
    return found | ({"edge F": told["edge_f"]} if told else {})


def _asked(task: str, case: Case) -> dict[str, str]:
    """What the judge is to see: the attribute that was to change, or the category and main paint of what was drawn."""
    names = TOLD.get(task, ("category", "colour"))
    return {name: case.told[name] for name in names if name in case.told}


def _sets(made: Tensor, truth: Tensor, chosen: argparse.Namespace) -> dict[str, float]:
    if len(made) < LEAST:
        return {}
    try:
        network: Any = checkpoint.read(models.find(chosen.features)).build()
    except WeightsNotFound:
        return {}
    return {"FD": frechet_distance(*(moments(features_of(network, [x])) for x in (made, truth)))}


def _right(made: Tensor, asked: list[dict[str, str]], chosen: argparse.Namespace) -> dict[str, float]:
    """Share of pictures of which the judge names all that was asked for; and of each attribute."""
    if not chosen.judge:
        return {}
    told = judged(str(models.find(chosen.judge)), made)
    names = [name for name in asked[0] if name in told]
    each = {name: told[name] == np.array([one[name] for one in asked]) for name in names}
    return {"right": float(np.mean(np.all(list(each.values()), axis=0)))} | {
        f"right {name}": float(share.mean()) for name, share in each.items()
    }


def _heading(name: str, chosen: argparse.Namespace) -> str:
    return f"FD-{Path(chosen.features).stem}" if name == "FD" else name


def _made_of(held: list[Case], method: Named) -> Tensor:
    """A row of the sheet; grey where the method cannot be asked."""
    found = [method.run(case) for case in held]
    return torch.cat([torch.full_like(c.wanted, 0.5) if x is None else x for c, x in zip(held, found, strict=True)])


def _write(page: Path, tables: str) -> None:
    """Put the tables between their marks in a page, at its end where it has none."""
    text = page.read_text(encoding="utf-8") if page.is_file() else ""
    if BEGIN not in text:
        text = text.rstrip() + f"\n\n## Translation\n\n{BEGIN}\n{END}\n"
    before, rest = text.split(BEGIN, 1)
    after = rest.split(END, 1)[1]
    page.write_text(f"{before}{BEGIN}\n\n{tables}\n{END}{after}", encoding="utf-8")
    print(f"written: {page}")


if __name__ == "__main__":
    main()
