"""What `catalogue label-next` gains over picking at random, on pictures whose truth is known.

`python -m benchmarks label-next [--every 2] [--out out/label-next]`

The real pairs of PACKSHOT_DATA and composed scenes are cut out; k of them are then corrected (their IoU becomes 1).
Picked by label-next, by doubt alone, at random (expected value, and what one in 20 draws reaches), and by the truth
itself: the share of all bad cut-outs (IoU < 0.95) that is caught, and the mean IoU after the correction.
Processor seconds: about 0.7 a picture.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch

from benchmarks._cutout_scenes import Scene, composed, real_pairs
from benchmarks.learning.records import Records
from packshot.catalogue.labelling import Candidate, looks_of, next_ones
from packshot.evaluation.segmentation import iou
from packshot.evaluation.tables import markdown_table
from packshot.imaging.picture import Picture
from packshot.operations.cutout import Cutout
from packshot.operations.operation import Context

BAD = 0.95
SHARES = (0.05, 0.1, 0.2, 0.3)
DRAWS = 400


def main(argv: list[str] | None = None) -> None:
    """Cut out, pick, compare."""
    told = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    told.add_argument("--every", type=int, default=4, help="take every so manieth picture [default: 4]")
    told.add_argument("--data", default=os.environ.get("PACKSHOT_DATA", ""), help="[default: $PACKSHOT_DATA]")
    told.add_argument("--out", default="out/label-next", help="folder of seen.jsonl, to go on from")
    chosen = told.parse_args(argv or [])
    if not (Path(chosen.data) / "cutout" / "manifest.csv").is_file():
        print("PACKSHOT_DATA holds no cutout/manifest.csv: there is nothing to pick from")
        return
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    records = list(seen(scenes(Path(chosen.data), chosen.every), Path(chosen.out)))
    print(compared(records))


def scenes(data: Path, every: int) -> Iterator[Scene]:
    """Photos of shops and streets together, as a catalogue mixes them."""
    for subset in ("products_arc", "fashion_ccp"):
        yield from list(real_pairs(data, subset))[::every]
    for ground in ("sweep", "surface"):
        yield from composed(data, "toys", ground, 4 * every)


def seen(pictures: Iterator[Scene], out: Path) -> Iterator[dict[str, Any]]:
    """One record for each picture: IoU, doubt, disagreement, looks."""
    file = Records(out / "seen.jsonl")
    known = {r["name"]: r for r in file}
    operation = Cutout(method="classical")
    for scene in pictures:
        name = f"{scene.subset}/{scene.name}"
        if name not in known:
            picture = Picture(torch.from_numpy(np.ascontiguousarray(scene.rgb.transpose(2, 0, 1)))[None])
            with torch.inference_mode():
                result = operation.apply(picture, Context())
            assert result.picture.matte is not None
            told = result.numbers
            record = {"name": name, "iou": iou(result.picture.matte[0, 0].numpy(), scene.matte)}
            record |= {"doubt": 1 - told["confidence"], "looks": [round(float(v), 2) for v in looks_of(picture)]}
            record["disagreement"] = 1 - min(told["agreement"], told.get("line_agreement", 1.0))
            file.add(record)
            known[name] = record
        yield known[name]


def compared(records: list[dict[str, Any]]) -> str:
    """The table."""
    values = np.array([r["iou"] for r in records])
    found = [Candidate(r["name"], "", r["doubt"], r["disagreement"], np.array(r["looks"], np.float32)) for r in records]
    place = {c.sku: i for i, c in enumerate(found)}
    rows = []
    for share in SHARES:
        count = max(1, round(share * len(found)))
        random = np.random.default_rng(0)
        draws = [random.permutation(len(found))[:count] for _ in range(DRAWS)]
        ways = {
            "label-next": [np.array([place[p.candidate.sku] for p in next_ones(found, count)])],
            "doubt alone": [np.array([place[p.candidate.sku] for p in next_ones(found, count, diversity=0)])],
            "at random": draws,
            "by the truth": [values.argsort()[:count]],
        }
        for way, picks in ways.items():
            caught = np.array([_caught(values, p) for p in picks])
            after = float(np.mean([_after(values, p) for p in picks]))
            best = float(np.quantile(caught, 0.95)) if len(picks) > 1 else None
            rows.append({"corrected": share, "picked": way, "bad ones caught": float(caught.mean()),
                         "one in 20 draws": best, "mean IoU after": after})  # fmt: skip
    formats = {
        "corrected": ".0%",
        "picked": "",
        "bad ones caught": ".1%",
        "one in 20 draws": ".1%",
        "mean IoU after": ".4f",
    }
    before = f"{len(values)} pictures, {(values < BAD).mean():.0%} bad (IoU < {BAD}), mean IoU {values.mean():.4f}\n\n"
    return before + markdown_table(rows, list(formats), {k: v for k, v in formats.items() if v})


def _caught(values: np.ndarray, picked: np.ndarray) -> float:
    bad = values < BAD
    return float(bad[picked].sum() / max(1, bad.sum()))


def _after(values: np.ndarray, picked: np.ndarray) -> float:
    corrected = values.copy()
    corrected[picked] = 1.0
    return float(corrected.mean())


if __name__ == "__main__":
    main()
