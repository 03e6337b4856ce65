"""Methods that the benchmark of cutting out compares, parts by name, and the page of the hardest pictures."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
import torch
from torch import Tensor

from benchmarks._cutout_scenes import Scene
from packshot import models
from packshot.catalogue.composing.labelled import UNKNOWN, Labelled
from packshot.errors import MissingExtra, ModelError, WeightsNotFound
from packshot.evaluation.segmentation import Confusion
from packshot.evaluation.tables import markdown_table
from packshot.imaging.files import open_picture, write
from packshot.imaging.picture import Picture
from packshot.operations.cutout import Cutout
from packshot.operations.operation import Context

SMALL_PX = 256  # at which GrabCut works, as the classical cut-out does
SHOWN_PX = 160
OWN = ("classical", "edges", "grabcut", "flood")


class Found(NamedTuple):
    """A cut-out: matte `(h, w)`, colour `(1, 3, h, w)`, and what is said of it."""

    matte: np.ndarray
    colour: Tensor
    confidence: float = float("nan")
    flagged: bool = False
    net_seconds: float = float("nan")


Method = Callable[[np.ndarray], Found]


def methods_of(names: list[str], engine: str) -> dict[str, tuple[str, Method]]:
    """Name in the table → digest of what runs, and the method; weights that are not there are left out, as is said."""
    found: dict[str, tuple[str, Method]] = {}
    for name in names:
        if name in ("classical", "edges"):
            found[name] = "", _operation(name)
        elif name in OWN:
            found[name] = "", {"grabcut": grabcut, "flood": flood}[name]
        else:
            try:
                model = models.load(name, "cpu", engine)  # type: ignore[arg-type]
            except (WeightsNotFound, ModelError, MissingExtra) as error:
                print(f"(left out: {str(error).partition(';')[0]})")
                continue
            found[_called(name, model)] = f"{model.digest[:16]} {engine}", _network(model)
    return found


def _called(name: str, model: models.Model) -> str:
    """A run's file by its folder, others by their own name."""
    path = Path(name)
    return path.parent.name if path.stem == "segmenter" else model.name or path.stem


def _operation(method: str) -> Method:
    operation = Cutout.model_validate({"method": method})
    return lambda rgb: _applied(operation, rgb, Context())


def _network(model: models.Model) -> Method:
    """The operation with these weights; the network's own seconds are told apart."""

    def run(rgb: np.ndarray) -> Found:
        spent = [0.0]

        def timed(x: Tensor) -> Tensor:
            began = time.perf_counter()
            out = model.run(x)
            spent[0] += time.perf_counter() - began
            return out

        shown = models.Model(**{**vars(model), "run": timed})
        context = Context(load_model=lambda name, commercial: shown)
        return _applied(Cutout(method="net", model="weights"), rgb, context)._replace(net_seconds=spent[0])

    return run


def _applied(operation: Cutout, rgb: np.ndarray, context: Context) -> Found:
    photo = torch.from_numpy(np.ascontiguousarray(rgb.transpose(2, 0, 1)))[None]
    with torch.inference_mode():
        result = operation.apply(Picture(photo), context)
    matte = result.picture.matte
    assert matte is not None
    return Found(matte[0, 0].numpy(), result.picture.rgb, result.numbers["confidence"], bool(result.flags))


def grabcut(rgb: np.ndarray) -> Found:
    """GrabCut of everything inside a thin border, 5 rounds, on a small copy."""
    h, w = rgb.shape[:2]
    step = max(1.0, max(h, w) / SMALL_PX)
    small = cv2.resize(rgb, (round(w / step), round(h / step)), interpolation=cv2.INTER_AREA)
    rows, columns = small.shape[:2]
    margin = max(1, round(0.02 * max(rows, columns)))
    state = np.full((rows, columns), cv2.GC_BGD, np.uint8)
    state[margin : rows - margin, margin : columns - margin] = cv2.GC_PR_FGD
    cv2.setRNGSeed(0)
    pixels = np.ascontiguousarray(np.round(small[..., ::-1] * 255).astype(np.uint8))
    cv2.grabCut(pixels, state, None, np.zeros((1, 65)), np.zeros((1, 65)), 5, cv2.GC_INIT_WITH_MASK)
    inside = np.isin(state, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.float32)
    return _as_photographed(rgb, cv2.resize(inside, (w, h), interpolation=cv2.INTER_LINEAR))


def flood(rgb: np.ndarray) -> Found:
    """What is connected with the border and within 10 Lab units of its median colour is background."""
    lab = cv2.cvtColor(rgb, cv2.COLOR_RGB2Lab)
    frame = np.concatenate([lab[0], lab[-1], lab[:, 0], lab[:, -1]])
    near = (np.linalg.norm(lab - np.median(frame, axis=0), axis=-1) < 10).astype(np.uint8)
    _, labels = cv2.connectedComponents(near, connectivity=4)
    touching = np.unique(np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]]))
    return _as_photographed(rgb, (~np.isin(labels, touching[touching > 0])).astype(np.float32))


def _as_photographed(rgb: np.ndarray, matte: np.ndarray) -> Found:
    return Found(matte, torch.from_numpy(np.ascontiguousarray(rgb.transpose(2, 0, 1)))[None])


def parts_table(weights: list[str], place: str) -> str:
    """Mean IoU over classes and the share of right pixels, of the split test of a place with layouts."""
    from packshot.training.material import pictures_of

    rows = []
    for name in weights:
        model = models.load(name, "cpu", "torch")
        side = int(model.card["input_px"])
        source = Labelled(pictures_of(place, side, 3, ("photo", "layout")), side, test=True, still=True)
        confusion = Confusion(len(source.names))
        for number in range(source.total):
            taken = source.take(number, 1)
            with torch.inference_mode():
                found = model.run(taken["image"].float() / 255).argmax(1)[0].numpy()
            truth = taken["truth"][0, 0].numpy().astype(np.int64)
            confusion.add(found, np.where(truth == UNKNOWN, -1, truth))
        there = int(np.isfinite(confusion.ious()).sum())
        rows.append({"method": _called(name, model), "n": source.total, "classes": there,
                     "mIoU": confusion.mean_iou, "pixels right": confusion.accuracy})  # fmt: skip
    formats = {"mIoU": ".3f", "pixels right": ".1%"}
    return markdown_table(rows, ["method", "n", "classes", *formats], formats)


def hardest_page(
    chosen: argparse.Namespace,
    methods: dict[str, tuple[str, Method]],
    records: list[dict[str, Any]],
    scenes: list[Scene],
) -> list[str]:
    """Draw the hardest pictures: photo, the first two methods' cut-outs on magenta, the truth where it is known.

    Hardest are real pairs by the first method's IoU; of photos without truth, those on which two methods agree least.
    """
    names = list(methods)[:2]
    real = {(s.subset, s.name): s for s in scenes}
    ranked = [
        (r["iou"], f"{r['set']} {r['name']}", real[r["set"], r["name"]])
        for r in records
        if r["method"] == names[0] and (r["set"], r["name"]) in real
    ]
    if chosen.photos:
        ranked = list(_unlabelled(chosen, [methods[name][1] for name in names]))
    worst = sorted(ranked, key=lambda entry: entry[0])[: chosen.hardest]
    rows = []
    for _, _, scene in worst:
        mattes = [methods[name][1](scene.rgb).matte for name in names]
        cells = [scene.rgb, *(_on_magenta(scene.rgb, m) for m in mattes)]
        cells += [] if chosen.photos else [_on_magenta(scene.rgb, scene.matte)]
        rows.append(np.concatenate([_cell(c) for c in cells], 1))
    columns = max(1, round(len(rows) ** 0.5 / 2))
    rows += [np.ones_like(rows[0])] * (-len(rows) % columns)
    high = len(rows) // columns
    page = np.concatenate([np.concatenate(rows[i * high : (i + 1) * high], 0) for i in range(columns)], 1)
    write(Picture(torch.from_numpy(page).permute(2, 0, 1)[None]), chosen.write)
    return [name for _, name, _ in worst]


def _unlabelled(chosen: argparse.Namespace, methods: list[Method]) -> Any:
    from packshot.catalogue.catalogue import Catalogue
    from packshot.evaluation.segmentation import iou

    for number, shot in enumerate(Catalogue(chosen.photos).images()):
        if number % chosen.every == 0:
            rgb = open_picture(shot.path, max_side_px=512).picture.rgb[0].permute(1, 2, 0).numpy()
            mattes = [method(rgb).matte for method in methods]
            agreed = iou(mattes[0], mattes[-1])
            yield agreed, shot.key, Scene("photos", "", shot.key, rgb, mattes[0])


def _on_magenta(rgb: np.ndarray, matte: np.ndarray) -> np.ndarray:
    return matte[..., None] * rgb + (1 - matte[..., None]) * np.float32([0.9, 0.1, 0.8])


def _cell(rgb: np.ndarray) -> np.ndarray:
    """Fitted into a square of SHOWN_PX."""
    h, w = rgb.shape[:2]
    scale = (SHOWN_PX - 4) / max(h, w)
    small = cv2.resize(
        rgb.astype(np.float32), (max(1, round(w * scale)), max(1, round(h * scale))), interpolation=cv2.INTER_AREA
    )
    cell = np.ones((SHOWN_PX, SHOWN_PX, 3), np.float32)
    cell[2 : 2 + small.shape[0], 2 : 2 + small.shape[1]] = small
    return cell
