"""Cutting out: any list of methods on held-out composites and real pairs, in one run that goes on where it stopped.

`python -m benchmarks segmentation --methods cutout classical grabcut runs/cutout-unet/segmenter.safetensors u2netp.onnx
--stock out/stock --count 1000 --out out/segmentation [--hardest 40 --photos CATALOGUE --write page.png]`

Methods: `classical` and `edges` (no weights), `grabcut` and `flood` (what they are beside), and names or files of
weights, also other projects' (their own pre- and post-processing). Figures are appended to OUT/scores.jsonl as they are
found; a picture and method that are there already are not measured again. Weights count by content.

Sets: `composites` (the split `test` of a stock, composed as training pictures are, of other seeds), `products_arc` and
`fashion_ccp` (real pairs of PACKSHOT_DATA; persons, reported apart). `--parts WEIGHTS … --labelled PLACE`: mean IoU of
classes on the split `test` of a pack, shards or catalogue with a layer layout.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch

from benchmarks._cutout_scenes import Scene, real_pairs
from benchmarks._segmenting import Found, hardest_page, methods_of, parts_table
from benchmarks.learning.records import Records
from packshot.catalogue.composing.gathering import stock_of
from packshot.catalogue.composing.picture import Composer
from packshot.evaluation import segmentation
from packshot.evaluation.tables import markdown_table
from packshot.imaging.segmentation.halo import halo

SIDE_PX = 320
SEED = 991  # of the composites: no training has it
GOOD = 0.95
Record = dict[str, Any]


def main(argv: list[str] | None = None) -> None:
    """Score, print the tables, draw the page."""
    chosen = _arguments(argv)
    torch.set_num_threads(chosen.threads)
    cv2.setNumThreads(chosen.threads)
    methods = methods_of(chosen.methods, chosen.engine)
    if not methods:
        print("no method is there")
        return
    records = scored(scenes(chosen), methods, Path(chosen.out) if chosen.out else None)
    print(table(records), "\n")
    print(_agreed(records))
    if chosen.parts:
        print(parts_table(chosen.parts, chosen.labelled))
    if chosen.hardest:
        named = hardest_page(chosen, methods, records, list(real_scenes(chosen)))
        print(f"hardest first: {', '.join(named)}\n{chosen.write}")


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    told = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    told.add_argument("--methods", nargs="+", default=["classical", "grabcut"], help="names, see above")
    told.add_argument("--stock", nargs="*", default=[], help="stocks, or toyshop, whose split test is composed")
    told.add_argument("--count", type=int, default=30, help="composites of each stock [default: 30]")
    told.add_argument("--every", type=int, default=4, help="take every so manieth real pair [default: 4]")
    told.add_argument("--sets", nargs="*", default=["products_arc", "fashion_ccp"], help="real pairs")
    told.add_argument("--split", default="test", help="of the real pairs [default: test]")
    told.add_argument("--data", default=os.environ.get("PACKSHOT_DATA", ""), help="[default: $PACKSHOT_DATA]")
    told.add_argument("--out", default="", help="folder of scores.jsonl, to go on from")
    told.add_argument("--engine", default="torch", help="of networks [default: torch]")
    told.add_argument("--threads", type=int, default=1)
    told.add_argument("--parts", nargs="*", default=[], help="weights that name parts")
    told.add_argument("--labelled", default="", help="pack, shards or catalogue with a layer layout")
    told.add_argument("--hardest", type=int, default=0, help="draw so many of the hardest pictures")
    told.add_argument("--photos", default="", help="catalogue of photos without truth, for --hardest")
    told.add_argument("--write", default="hardest.png", help="file of that page")
    return told.parse_args(argv or [])


def scenes(chosen: argparse.Namespace) -> Iterator[Scene]:
    """Every picture that is scored."""
    for place in chosen.stock:
        composer = Composer(stock_of(place), SIDE_PX, SEED, test=True)
        for number in range(chosen.count):
            rgb, alpha = composer.picture(number)
            yield Scene(f"composites {Path(place).name}", "test", f"{number:05}", _unit(rgb), _unit(alpha))
    yield from real_scenes(chosen)


def real_scenes(chosen: argparse.Namespace) -> Iterator[Scene]:
    """The real pairs among them."""
    if not (Path(chosen.data) / "cutout" / "manifest.csv").is_file():
        print("PACKSHOT_DATA holds no cutout/manifest.csv: no real pairs are scored\n")
        return
    for subset in chosen.sets:
        pairs = [scene for scene in real_pairs(Path(chosen.data), subset) if scene.split == chosen.split]
        yield from pairs[:: chosen.every]


def scored(
    pictures: Iterable[Scene], methods: dict[str, tuple[str, Callable[[np.ndarray], Found]]], out: Path | None
) -> list[Record]:
    """One record for each picture and method; those in `out` are read, the others measured and appended."""
    file = None if out is None else Records(out / "scores.jsonl")
    kept = {_key(r): r for r in file or ()}
    records = []
    for scene in pictures:
        for name, (digest, method) in methods.items():
            key = (scene.subset, scene.name, name, digest)
            if key not in kept:
                kept[key] = {"set": scene.subset, "name": scene.name, "method": name, "digest": digest}
                kept[key] |= _score(scene, method)
                if file is not None:
                    file.add(kept[key])
            records.append(kept[key])
    return records


def _score(scene: Scene, method: Callable[[np.ndarray], Found]) -> Record:
    began = time.perf_counter()
    found = method(scene.rgb)
    seconds = time.perf_counter() - began
    photo, truth = _tensor(scene.rgb), torch.from_numpy(scene.matte)[None, None]
    true_colour = None if scene.colour is None else _tensor(scene.colour)
    seen = halo(photo, torch.from_numpy(found.matte)[None, None], found.colour, truth, true_colour)
    return {
        "iou": segmentation.iou(found.matte, scene.matte),
        "boundary": segmentation.boundary_f(found.matte, scene.matte),
        "mae": segmentation.mae(found.matte, scene.matte),
        "halo": seen.halo,
        "edge_error": seen.edge_error,
        "confidence": found.confidence,
        "flagged": found.flagged,
        "net_seconds": found.net_seconds,
        "seconds": seconds,
    }


def table(records: list[Record]) -> str:
    """Methods and sets down, means across; seconds are medians."""
    formats = {
        "IoU": ".3f", f"IoU ≥ {GOOD}": ".0%", "boundary F": ".3f", "MAE": ".4f", "halo": ".2f", "edge error": ".2f",
        "net s": ".3f", "s": ".3f",
    }  # fmt: skip
    rows = []
    for (name, method), group in _grouped(records, "set", "method").items():
        figures = (_mean(group, k) for k in ("iou", "boundary", "mae", "halo", "edge_error"))
        overlap, boundary, error, contaminated, edge = figures
        share = float(np.mean([r["iou"] >= GOOD for r in group]))
        seconds = [_median(group, k) for k in ("net_seconds", "seconds")]
        values = (overlap, share, boundary, error, contaminated, edge, *seconds)
        rows.append({"set": name, "n": len(group), "method": method, **dict(zip(formats, values, strict=True))})
    return markdown_table(rows, ["set", "n", "method", *formats], formats)


def _agreed(records: list[Record]) -> str:
    """Of pictures that are not flagged, the share that is good."""
    rows = []
    for (name, method), group in _grouped(records, "set", "method").items():
        kept = [r for r in group if not r["flagged"]]
        if kept and not all(np.isnan(r["confidence"]) for r in group):
            good = float(np.mean([r["iou"] >= GOOD for r in kept]))
            rows.append({"set": name, "method": method, "not flagged": len(kept) / len(group), "good of those": good})
    formats = {"not flagged": ".0%", "good of those": ".1%"}
    return markdown_table(rows, ["set", "method", *formats], formats) + "\n" if rows else ""


def _mean(group: Iterable[Record], key: str) -> float | None:
    values = [r[key] for r in group if np.isfinite(r[key])]
    return float(np.mean(values)) if values else None


def _median(group: Iterable[Record], key: str) -> float | None:
    values = [r[key] for r in group if np.isfinite(r[key])]
    return float(np.median(values)) if values else None


def _grouped(records: list[Record], *keys: str) -> dict[tuple[str, ...], list[Record]]:
    groups: dict[tuple[str, ...], list[Record]] = {}
    for record in records:
        groups.setdefault(tuple(record[key] for key in keys), []).append(record)
    return groups


def _key(record: Record) -> tuple[str, ...]:
    return tuple(record[k] for k in ("set", "name", "method", "digest"))


def _unit(pixels: np.ndarray) -> np.ndarray:
    return pixels.astype(np.float32) / 255


def _tensor(rgb: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(rgb.transpose(2, 0, 1)))[None]


if __name__ == "__main__":
    main()
