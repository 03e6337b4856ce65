"""Cut-out benchmark: packshot's classical cut-out beside GrabCut alone and a border flood fill, in one run.

`python -m benchmarks.cutout [--every 5] [--write docs/evaluation]`

Scores the real pairs of `cutout/` (splits apart; `whitebg_pseudo` is never scored, its truth is a guess), exact
cut-outs set on real surfaces and on drawn studio sweeps with soft shadow (see _cutout_scenes.py), and the rendered
samples. Also measured: colour error along the edge on three new grounds, and whether the confidence keeps its word.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import torch

import packshot
from benchmarks._cutout_scenes import Scene, composed, encoded, linear, real_pairs, sample_pictures
from benchmarks._segmenting import Method, flood, grabcut
from packshot.evaluation.segmentation import boundary_f, iou, mae
from packshot.evaluation.tables import markdown_table
from packshot.imaging.mattes import foreground, over
from packshot.imaging.segmentation.segment import segment
from packshot.operations.cutout import Cutout

GROUNDS = {"white": (1.0, 1.0, 1.0), "black": (0.0, 0.0, 0.0), "green": (0.1, 0.7, 0.2)}
GOOD, EXCELLENT = 0.9, 0.95
CALIBRATION = ("not flagged", "good of those", "good of all", "good of the flagged")


class Score(NamedTuple):
    subset: str
    split: str
    method: str
    iou: float
    boundary: float
    mae: float
    seconds: float
    confidence: float
    edge_error: float  # 8-bit steps, mean along the edge over three grounds; NaN where the true colour is unknown
    edge_error_raw: float  # the same without edge colour decontamination


def main(argv: list[str] | None = None) -> None:
    arguments = _arguments(argv)
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    scores = [s for scene in scenes(Path(arguments.data), arguments.every) for s in score_all(scene)]
    text = "\n\n".join((_heading(arguments.every), quality(scores), halo(scores), calibration(scores))) + "\n"
    print(text)
    if arguments.write:
        Path(arguments.write).mkdir(parents=True, exist_ok=True)
        (Path(arguments.write) / "cutout.md").write_text(text, encoding="utf-8")


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--data", default=os.environ.get("PACKSHOT_DATA", ""), help="data folder; default $PACKSHOT_DATA"
    )
    parser.add_argument("--every", type=int, default=1, help="score every n-th picture of a subset only")
    parser.add_argument("--write", default="", help="folder to write cutout.md into")
    return parser.parse_args(argv)


def scenes(data: Path, every: int) -> Iterator[Scene]:
    """All scored pictures; the samples alone where there is no data folder."""
    sources = [sample_pictures(Path(packshot.__file__).parent / "samples")]
    if (data / "cutout" / "manifest.csv").exists():
        sources += [real_pairs(data, subset) for subset in ("products_arc", "fashion_ccp")]
        sources += [
            composed(data, kind, ground) for kind in ("products_arc", "toys") for ground in ("sweep", "surface")
        ]
    else:
        print("PACKSHOT_DATA holds no cutout/manifest.csv: the samples alone are scored\n")
    for source in sources:
        yield from (scene for index, scene in enumerate(source) if index % every == 0)


def score_all(scene: Scene) -> Iterator[Score]:
    """Every method on one picture."""
    for name, method in (("packshot", _ours), ("GrabCut alone", _alone(grabcut)), ("flood fill", _alone(flood))):
        yield _score(scene, name, method)


def _score(scene: Scene, name: str, method: Callable[[np.ndarray], tuple[np.ndarray, float]]) -> Score:
    start = time.perf_counter()
    matte, confidence = method(scene.rgb)
    seconds = time.perf_counter() - start
    edge = edge_errors(scene, matte) if name == "packshot" and scene.colour is not None else (np.nan, np.nan)
    shape = iou(matte, scene.matte), boundary_f(matte, scene.matte), mae(matte, scene.matte)
    return Score(scene.subset, scene.split, name, *shape, seconds, confidence, *edge)


def _ours(rgb: np.ndarray) -> tuple[np.ndarray, float]:
    found = segment(_tensor(rgb))
    return found.matte[0, 0].numpy(), found.confidence


def _alone(method: Method) -> Callable[[np.ndarray], tuple[np.ndarray, float]]:
    """A method that says nothing of its confidence."""
    return lambda rgb: (method(rgb).matte, np.nan)


def edge_errors(scene: Scene, matte: np.ndarray) -> tuple[float, float]:
    """Mean colour error within 3 px of the true edge, composed on new grounds: decontaminated, and as photographed."""
    assert scene.colour is not None
    solid, kernel = (scene.matte > 0.5).astype(np.uint8), np.ones((7, 7), np.uint8)
    band = cv2.dilate(solid, kernel) != cv2.erode(solid, kernel)
    alpha, rgb = torch.from_numpy(matte)[None, None], _tensor(scene.rgb)
    errors = []
    for front in (foreground(rgb, alpha), rgb):
        for ground in GROUNDS.values():
            made = over(front, alpha, torch.tensor(ground).view(1, 3, 1, 1))[0].permute(1, 2, 0).numpy()
            share = scene.matte[..., None]
            true = encoded(share * linear(scene.colour) + (1 - share) * linear(np.float32(ground)))
            errors.append(255 * float(np.abs(made - true)[band].mean()))
    return float(np.mean(errors[:3])), float(np.mean(errors[3:]))


def _tensor(rgb: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(rgb.transpose(2, 0, 1)))[None]


def _heading(every: int) -> str:
    part = "" if every == 1 else f" (every {every}th picture)"
    return (
        f"### Cut-out, classical{part}\n\npackshot {packshot.__version__}, OpenCV {cv2.__version__}, one thread. IoU "
        "at matte 0.5; boundary F at 3 px; MAE of the soft matte; s: median. The constants were set while looking at the "  # noqa: E501
        "train splits and at the samples; test splits were only scored."
    )


def quality(scores: list[Score]) -> str:
    rows = [
        {
            **names,
            "n": len(group),
            "IoU": np.mean([s.iou for s in group]),
            f"IoU ≥ {EXCELLENT}": np.mean([s.iou >= EXCELLENT for s in group]),
            "boundary F": np.mean([s.boundary for s in group]),
            "MAE": np.mean([s.mae for s in group]),
            "s": np.median([s.seconds for s in group]),
        }
        for names, group in _grouped(scores, "subset", "split", "method")
    ]
    formats = {"IoU": ".3f", f"IoU ≥ {EXCELLENT}": ".0%", "boundary F": ".3f", "MAE": ".4f", "s": ".3f"}
    return "#### Quality\n\n" + markdown_table(rows, ["subset", "split", "n", "method", *formats], formats)


def halo(scores: list[Score]) -> str:
    formats = {"as photographed": ".2f", "decontaminated": ".2f"}
    rows = [
        {
            **names,
            "as photographed": np.mean([s.edge_error_raw for s in group]),
            "decontaminated": np.mean([s.edge_error for s in group]),
        }
        for names, group in _grouped([s for s in scores if np.isfinite(s.edge_error)], "subset", "split")
    ]
    return (
        "#### Halo\n\nMean colour error within 3 px of the true edge, in 8-bit steps, composed on white, black and "
        "green beside the true composite; the error of the matte is in it.\n\n"
        + markdown_table(rows, ["subset", "split", *formats], formats)
    )


def calibration(scores: list[Score]) -> str:
    limit = Cutout().flag_below
    ours = [s for s in scores if s.method == "packshot"]
    groups = _grouped(ours, "subset", "split")
    every = [s for s in ours if s.split == "test" and s.subset != "fashion_ccp"]
    rows = []
    for names, group in [*groups, ({"subset": "all but fashion_ccp", "split": "test"}, every)]:
        good, kept = (
            np.array(x, dtype=bool) for x in ([s.iou >= GOOD for s in group], [s.confidence >= limit for s in group])
        )
        shares = (kept, good[kept], good, good[~kept])
        rows.append({**names, **{c: x.mean() if len(x) else None for c, x in zip(CALIBRATION, shares, strict=True)}})
    text = f"#### Confidence\n\nFlagged below {limit}; good is IoU ≥ {GOOD}.\n\n"
    return text + markdown_table(rows, ["subset", "split", *CALIBRATION], dict.fromkeys(CALIBRATION, ".1%"))


def _grouped(scores: list[Score], *fields: str) -> list[tuple[dict[str, str], list[Score]]]:
    groups: dict[tuple[str, ...], list[Score]] = {}
    for score in scores:
        groups.setdefault(tuple(getattr(score, f) for f in fields), []).append(score)
    return [(dict(zip(fields, names, strict=True)), group) for names, group in groups.items()]


if __name__ == "__main__":
    main()
