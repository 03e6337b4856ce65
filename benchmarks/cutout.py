"""Cut-out against exact mattes: `python -m benchmarks.cutout [--split test|train|all] [--limit N]`.

Scenes: see `cutout_scenes.py`. IoU compares soft mattes (sum of minima over sum of maxima); boundary F counts outline
pixels of the 0.5 level that have a partner within 3 px; MAE is the mean absolute difference of the mattes.
Beside packshot, in the same run: GrabCut alone (OpenCV, five rounds from a rectangle 2 % inside the picture) and a
flood fill from the border (Lab, 12 units). `whitebg_pseudo` is never scored. Calibration: of the pictures that packshot
does not flag, how many overlap the truth to 0.9.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path

import cv2
import numpy as np
import torch

from benchmarks.cutout_scenes import Scene, composed, real_pairs, sample_pictures
from packshot.evaluation.tables import markdown_table
from packshot.imaging.segment import segment
from packshot.operations.cutout import Cutout
from packshot.pipeline.pool import one_thread

SAMPLES = Path(__file__).resolve().parents[1] / "packshot" / "samples"
GOOD = 0.9


def scenes(data: Path | None, split: str, limit: int | None) -> Iterator[Scene]:
    """Every scored scene, at most `limit` of each subset; the samples belong to every split."""
    groups = [sample_pictures(SAMPLES)]
    if data is not None:
        groups += [real_pairs(data, "products_arc"), real_pairs(data, "fashion_ccp")]
        groups += [composed(data, kind, ground) for kind in ("products_arc", "toys") for ground in ("surface", "sweep")]
    wanted = [(s for s in g if split == "all" or s.subset == "samples" or s.split == split) for g in groups]
    return chain.from_iterable(islice(group, limit) for group in wanted)


def ours(scene: Scene) -> tuple[np.ndarray, float]:
    """Packshot's matte and confidence."""
    found = segment(torch.from_numpy(np.ascontiguousarray(scene.rgb.transpose(2, 0, 1)))[None])
    return found.matte[0, 0].numpy(), found.confidence


def grabcut(scene: Scene) -> tuple[np.ndarray, float]:
    """OpenCV's GrabCut on the whole picture."""
    pixels = np.ascontiguousarray((scene.rgb * 255).round().astype(np.uint8)[..., ::-1])
    h, w = pixels.shape[:2]
    margin, state = max(1, round(0.02 * min(h, w))), np.zeros((h, w), np.uint8)
    cv2.setRNGSeed(0)
    box = (margin, margin, w - 2 * margin, h - 2 * margin)
    cv2.grabCut(pixels, state, box, np.zeros((1, 65)), np.zeros((1, 65)), 5, cv2.GC_INIT_WITH_RECT)
    return np.isin(state, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.float32), 1.0


def flood(scene: Scene) -> tuple[np.ndarray, float]:
    """What a flood fill from the border does not reach."""
    lab = cv2.cvtColor(scene.rgb.astype(np.float32), cv2.COLOR_RGB2Lab)
    h, w = lab.shape[:2]
    mask = np.zeros((h + 2, w + 2), np.uint8)
    flags = 4 | cv2.FLOODFILL_MASK_ONLY | cv2.FLOODFILL_FIXED_RANGE | (255 << 8)
    for x, y in [(x, y) for y in (0, h - 1) for x in range(0, w, 8)] + [
        (x, y) for x in (0, w - 1) for y in range(0, h, 8)
    ]:
        if not mask[y + 1, x + 1]:
            cv2.floodFill(lab, mask, (x, y), 0, (12,) * 3, (12,) * 3, flags)
    return (mask[1:-1, 1:-1] == 0).astype(np.float32), 1.0


METHODS = {"packshot": ours, "GrabCut alone": grabcut, "border flood fill": flood}


def iou(a: np.ndarray, b: np.ndarray) -> float:
    """Soft intersection over union."""
    return float(np.minimum(a, b).sum() / max(np.maximum(a, b).sum(), 1e-9))


def boundary_f(a: np.ndarray, b: np.ndarray, px: int = 3) -> float:
    """F measure of the two outlines with a tolerance of `px`."""
    edges = [
        cv2.morphologyEx((m > 0.5).astype(np.uint8), cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)) for m in (a, b)
    ]
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * px + 1,) * 2)
    near = [cv2.dilate(e, disc) for e in edges]
    precision = (edges[0] & near[1]).sum() / max(edges[0].sum(), 1)
    recall = (edges[1] & near[0]).sum() / max(edges[1].sum(), 1)
    return float(2 * precision * recall / max(precision + recall, 1e-9))


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--split", choices=("train", "test", "all"), default="test")
    parser.add_argument("--limit", type=int, default=60, help="most scenes of a subset")
    options = parser.parse_args(arguments)
    one_thread()
    data = os.environ.get("PACKSHOT_DATA")
    found: dict[tuple[str, str], list[tuple[float, ...]]] = {}
    for scene in scenes(Path(data) if data else None, options.split, options.limit):
        for name, method in METHODS.items():
            started = time.process_time()
            matte, confidence = method(scene)
            seconds = time.process_time() - started
            error = float(np.abs(matte - scene.matte).mean())
            row = iou(matte, scene.matte), boundary_f(matte, scene.matte), error, seconds, confidence
            found.setdefault((scene.subset, name), []).append(row)
    report(found)


def report(found: dict[tuple[str, str], list[tuple[float, ...]]]) -> None:
    """Print the table and the calibration."""
    rows = []
    for (subset, name), values in found.items():
        columns = np.array(values)
        overlap = columns[:, 0]
        rows.append({
            "scenes": subset, "method": name, "n": len(values), "IoU mean": overlap.mean(),
            "median": np.median(overlap),
            "share ≥ 0.9": (overlap >= GOOD).mean(), "boundary F": columns[:, 1].mean(), "MAE": columns[:, 2].mean(),
            "CPU ms": 1000 * columns[:, 3].mean(),
        })  # fmt: skip
    formats = dict.fromkeys(("IoU mean", "median", "boundary F", "MAE"), ".3f") | {
        "share ≥ 0.9": ".2f",
        "CPU ms": ".0f",
    }
    print(markdown_table(rows, list(rows[0]), formats))
    limit = Cutout.model_fields["flag_below"].default
    scored = {s: np.array(v) for (s, name), v in found.items() if name == "packshot"}
    print(f"\nNot flagged (confidence ≥ {limit:g}), and of those the share with IoU ≥ {GOOD:g}:\n")
    table = []
    for subset, values in [*scored.items(), ("all but fashion_ccp", _together(scored))]:
        kept = values[values[:, 4] >= limit]
        good = (kept[:, 0] >= GOOD).mean() if len(kept) else None
        row = {"scenes": subset, "n": len(values), "not flagged": len(kept) / len(values), "good among them": good}
        table.append(row)
    print(markdown_table(table, list(table[0]), {"not flagged": ".2f", "good among them": ".2f"}))


def _together(scored: dict[str, np.ndarray]) -> np.ndarray:
    return np.concatenate([values for subset, values in scored.items() if subset != "fashion_ccp"])


if __name__ == "__main__":
    main()
