"""Confidence of the cut-out, fitted: measures of many cut-outs with known truth become `calibration.json`.

`python -m benchmarks calibration --method classical --stock STOCK --count 1500 --out out/calibration [--write]`
`python -m benchmarks calibration --method cutout --stock STOCK …` for weights by name or file (key: their name)
`python -m benchmarks calibration --method auto --stock STOCK` of both, measured before

Composites of the stock's training split, `--test COUNT` of cut-outs that no training had, and cut-outs of PACKSHOT_DATA
on drawn studio sweeps are cut out by the operation; measures and IoU are appended to OUT/measured.jsonl (the run goes
on where it stopped). Half of each, by number, fits the table; the other half tells whether it keeps its word. The real
pairs of PACKSHOT_DATA are apart.
`--write` puts the table into packshot/imaging/segmentation/calibration.json.
Processor seconds: about 0.5 a picture (classical), of one thread.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch

from benchmarks._cutout_scenes import Scene, composed, real_pairs
from benchmarks.learning.records import Records
from packshot import models
from packshot.catalogue.composing.picture import Composer
from packshot.catalogue.composing.stock import Stock
from packshot.evaluation.segmentation import iou
from packshot.evaluation.tables import markdown_table
from packshot.imaging.picture import Picture
from packshot.imaging.segmentation import calibration
from packshot.operations.cutout import Cutout
from packshot.operations.operation import Context

SIDE_PX, FIT_SEED, TEST_SEED = 320, 5077, 5099
GOOD, WANTED = 0.95, 0.97
NAMES = (
    "separation", "plain", "agreement_odds", "line_agreement_odds", "border_contact", "thinness", "steadiness_odds",
)  # fmt: skip
LIMITS = (0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95)
STUDIO_EVERY = 3  # of the cut-outs that stand on a studio sweep
COMPOSED = ("fit", "test", "studio")  # sets of composites, half of each fits
Record = dict[str, Any]


def main(argv: list[str] | None = None) -> None:
    """Measure, fit, tell, write."""
    chosen = _arguments(argv)
    if not chosen.stock:
        print("calibration: name a stock of cut-outs with --stock (`packshot catalogue stock` makes one)")
        return
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    if chosen.method == "auto":
        print(told("auto", None, grouped(taken(Path(chosen.out)))))
        return
    key, cut = cutting(chosen.method)
    records = list(measured(scenes(chosen), key, cut, Path(chosen.out)))
    for name in dict.fromkeys(calibration.called(r["method"], r["parts"]) for r in records):
        held = [r for r in records if calibration.called(r["method"], r["parts"]) == name]
        fit = [r for known in COMPOSED for r in [r for r in held if r["set"] == known][::2]]
        table = calibration.fitted([r["parts"] for r in fit], [r["iou"] >= GOOD for r in fit], NAMES)
        print(told(name, table, grouped(held)))
        if chosen.write:
            write(name, table)


def grouped(records: list[Record]) -> dict[str, list[Record]]:
    """What nothing was fitted on, by where it is from."""
    halves = {name: [r for r in records if r["set"] == name][1::2] for name in COMPOSED}
    groups = {
        "other halves": [r for half in halves.values() for r in half],
        "unseen cut-outs": halves["test"],
        "studio": halves["studio"],
    }
    for record in records:
        if record["set"] not in COMPOSED:
            groups.setdefault(record["set"], []).append(record)
    return groups


def taken(out: Path) -> list[Record]:
    """Of every picture that both methods were measured on, the record of the one that auto takes."""
    known: dict[tuple[str, str], dict[str, Record]] = {}
    for record in Records(out / "measured.jsonl"):
        known.setdefault((record["set"], record["name"]), {})[record["method"]] = record
    both = [found for found in known.values() if {"classical", Cutout.own_model} <= set(found)]
    return [f["classical" if calibration.is_studio(f["classical"]["parts"]) else Cutout.own_model] for f in both]


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    told_of = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    told_of.add_argument("--method", default="classical", help="classical, edges, or weights by name or file")
    told_of.add_argument("--stock", default="", help="stock of cut-outs and grounds")
    told_of.add_argument("--count", type=int, default=1500, help="composites to fit on [default: 1500]")
    told_of.add_argument("--test", type=int, default=1000, help="composites of the test split [default: 1000]")
    told_of.add_argument("--data", default=os.environ.get("PACKSHOT_DATA", ""), help="[default: $PACKSHOT_DATA]")
    told_of.add_argument("--out", default="out/calibration", help="folder of measured.jsonl")
    told_of.add_argument("--write", action="store_true", help="write the table into the package")
    return told_of.parse_args(argv or [])


def scenes(chosen: argparse.Namespace) -> Iterator[Scene]:
    """What is fitted on, what is tested on, and the real pairs, in this order."""
    for name, count, seed, test in (("fit", chosen.count, FIT_SEED, False), ("test", chosen.test, TEST_SEED, True)):
        composer = Composer(Stock(chosen.stock), SIDE_PX, seed, test=test) if count else None
        for number in range(count):
            assert composer is not None
            rgb, alpha = composer.picture(number)
            yield Scene(name, name, f"{number:05}", rgb.astype(np.float32) / 255, alpha.astype(np.float32) / 255)
    for kind in ("toys", "products_arc"):
        for scene in composed(Path(chosen.data), kind, "sweep", STUDIO_EVERY) if chosen.data else ():
            yield replace(scene, subset="studio", split="studio", name=f"{kind} {scene.name}")
    if (Path(chosen.data) / "cutout" / "manifest.csv").is_file():
        for subset in ("products_arc", "fashion_ccp"):
            yield from real_pairs(Path(chosen.data), subset)


def cutting(method: str) -> tuple[str, Callable[[torch.Tensor], tuple[np.ndarray, dict[str, float]]]]:
    """The key of the method in the table, and the operation that cuts out by it."""
    if method in ("classical", "edges"):
        key, operation, context = method, Cutout.model_validate({"method": method}), Context()
    else:
        model = models.load(method, "cpu")
        key, operation = model.name, Cutout(method="net", model=method)
        context = Context(load_model=lambda name, commercial: model)

    def cut(rgb: torch.Tensor) -> tuple[np.ndarray, dict[str, float]]:
        with torch.inference_mode():
            result = operation.apply(Picture(rgb), context)
        assert result.picture.matte is not None
        return result.picture.matte[0, 0].numpy(), dict(result.numbers)

    return key, cut


def measured(
    pictures: Iterator[Scene], key: str, cut: Callable[[torch.Tensor], tuple[np.ndarray, dict[str, float]]], out: Path
) -> Iterator[Record]:
    """One record for each picture; those in `out` are read."""
    file = Records(out / "measured.jsonl")
    known = {(r["method"], r["set"], r["name"]): r for r in file}
    for scene in pictures:
        name = scene.subset if scene.subset in COMPOSED else f"{scene.subset} {scene.split}"
        if (key, name, scene.name) not in known:
            matte, parts = cut(torch.from_numpy(np.ascontiguousarray(scene.rgb.transpose(2, 0, 1)))[None])
            record = {"method": key, "set": name, "name": scene.name, "iou": iou(matte, scene.matte), "parts": parts}
            file.add(record)
            known[key, name, scene.name] = record
        yield known[key, name, scene.name]


def told(key: str, table: calibration.Table | None, groups: dict[str, list[Record]]) -> str:
    """Of those not flagged at several limits, the share that is good; and the least limit that keeps the word."""
    rows = []
    for name, group in groups.items():
        sure = np.array([_confidence(table, r) for r in group])
        good = np.array([r["iou"] >= GOOD for r in group])
        for limit in LIMITS:
            kept = sure >= limit
            share = float(good[kept].mean()) if kept.any() else None
            rows.append({"set": name, "n": len(group), "good of all": float(good.mean()), "flag below": limit,
                         "not flagged": float(kept.mean()), "good of those": share})  # fmt: skip
    formats = {"good of all": ".1%", "flag below": ".2f", "not flagged": ".1%", "good of those": ".1%"}
    text = markdown_table(rows, ["set", "n", *formats], formats)
    ours = [r for r in rows if r["set"] == next(iter(groups)) and r["good of those"] is not None]
    least = next((r["flag below"] for r in ours if float(str(r["good of those"])) >= WANTED), None)
    words = f"least limit with {WANTED:.0%} good: {least if least is not None else 'none of these'}"
    fitted = f", fitted on {table.pictures}" if table else ""
    return f"### Confidence of {key}, good: IoU ≥ {GOOD}{fitted}\n\n{text}\n{words}\n"


def _confidence(table: calibration.Table | None, record: Record) -> float:
    """By a table, or by the package's for the method."""
    parts = record["parts"]
    if table is None:
        return calibration.confidence(record["method"], parts)
    return calibration.share_good(table, parts) if parts.get("area_share", 0.0) else 0.0


def write(key: str, table: calibration.Table) -> None:
    """Put the table into the package's file, beside those of other methods."""
    path = Path(calibration.__file__).with_name(calibration.FILE)
    known = json.loads(path.read_text(encoding="utf-8"))
    known["good"], known["made_by"] = GOOD, "python -m benchmarks calibration --method METHOD --stock STOCK --write"
    known["methods"][key] = {
        "weights": dict(table.weights), "offset": table.offset, "scores": list(table.scores),
        "shares": list(table.shares), "pictures": table.pictures,
    }  # fmt: skip
    path.write_text(json.dumps(known, indent=1) + "\n", encoding="utf-8")
    print(path)


if __name__ == "__main__":
    main()
