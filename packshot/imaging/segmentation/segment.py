"""Cut-out: a product map at small size, a person's word on it, and the matte of full size.

The map comes from `answers.py` (no weights) or from a network (`segment_map`), which is measured beside the answer
without weights.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

import cv2
import numpy as np
import torch
from torch import Tensor

from packshot.errors import PictureError
from packshot.imaging import mattes
from packshot.imaging.segmentation.answers import LEAST_PX, SMALL_PX, Answer, find, find_by_edges, judged
from packshot.imaging.segmentation.backdrop import Field
from packshot.imaging.segmentation.boxes import in_box
from packshot.imaging.segmentation.calibration import is_studio
from packshot.imaging.segmentation.prompts import NOTHING_SAID, Prompts, corrected, obeyed
from packshot.imaging.segmentation.refine import enlarge, refine
from packshot.imaging.segmentation.small import shrunk

Refine = Literal["guided", "closed-form", "none"]
Way = Literal["classical", "edges"]

WAYS: Mapping[Way, Callable[[Field], Answer]] = {"classical": find, "edges": find_by_edges}


@dataclass(frozen=True)
class Segmentation:
    """The product found.

    matte, uncertainty: `(1, 1, h, w)` in `[0, 1]`. confidence: `[0, 1]`, made of `parts`; reasons: why to look.
    method: what found it, by which the confidence is calibrated.
    """

    matte: Tensor
    uncertainty: Tensor
    confidence: float
    parts: Mapping[str, float] = field(default_factory=dict)
    reasons: tuple[str, ...] = ()
    method: str = ""


def segment(
    rgb: Tensor, how: Refine = "guided", way: Way = "classical", prompts: Prompts = NOTHING_SAID
) -> Segmentation:
    """Find the product in `(1, 3, h, w)`, without weights. An empty picture gives an empty matte, not an error.

    Raises PictureError for a batch, MissingExtra for `closed-form` without PyMatting.
    """
    small = _small(rgb)
    if small is None:
        return _too_small(rgb, prompts)
    box = prompts.box_px()
    answer = WAYS[way](small) if box is None else in_box(rgb, box, WAYS[way])
    return _finished(rgb, small, answer, answer.matte, how, prompts)


def segment_map(
    rgb: Tensor,
    found: Field,
    method: str,
    how: Refine = "guided",
    prompts: Prompts = NOTHING_SAID,
    either: bool = False,
    steadiness: float | None = None,
) -> Segmentation:
    """The matte of `(1, 3, h, w)` from a network's product map `(h', w')` in `[0, 1]`, of the same proportions.

    method: name of the weights, by which the confidence is calibrated. The map keeps its own size: it may show more
    than the copy on which the answer without weights is found. either: that answer is taken of a studio photo
    (`calibration.is_studio`) unless somebody points. steadiness: of the network (`models.segmenting.Seen`). Raises as
    `segment` does.
    """
    small = _small(rgb)
    if small is None:
        return _too_small(rgb, prompts)
    quick = find(small)
    if either and not prompts and is_studio(quick.parts):
        return _finished(rgb, small, quick, quick.matte, how, prompts)
    lab = cv2.cvtColor(small, cv2.COLOR_RGB2Lab)
    coarse = mattes.resized(found.astype(np.float32), quick.matte.shape)
    known = {} if steadiness is None else {"steadiness": steadiness}
    answer = judged(lab, coarse, quick.matte, quick.parts["plain"], method, "net", quick.lines, known)
    return _finished(rgb, small, answer, found.astype(np.float32), how, prompts)


def _small(rgb: Tensor) -> Field | None:
    """The copy that is looked at; None if it is too small to tell anything."""
    if rgb.shape[0] != 1:
        raise PictureError(
            f"rgb: expected one picture (1, 3, h, w), got a batch of {rgb.shape[0]}; segment them one by one"
        )
    small = shrunk(rgb, SMALL_PX)
    return small if min(small.shape[:2]) >= LEAST_PX else None


def _too_small(rgb: Tensor, prompts: Prompts) -> Segmentation:
    nothing = torch.zeros(1, 1, *rgb.shape[2:], device=rgb.device)
    reason = ("the picture is too small to tell product from background",)
    return Segmentation(obeyed(nothing, prompts), nothing, 0.0, {}, reason)


def _finished(rgb: Tensor, small: Field, answer: Answer, found: Field, how: Refine, prompts: Prompts) -> Segmentation:
    """The matte of full size from an answer's map, at whatever size, after a person's word."""
    if prompts:
        lab = cv2.cvtColor(shrunk(rgb, max(found.shape), (found.shape[0], found.shape[1])), cv2.COLOR_RGB2Lab)
        found = corrected(lab, found, prompts)
        answer = _anew(small, answer, found)
    matte = obeyed(_full_size(rgb, found, how), prompts)
    uncertainty = 4 * matte * (1 - matte)
    if found.any():
        doubt = np.abs(mattes.resized(found, answer.other.shape) - answer.other)
        uncertainty = torch.maximum(uncertainty, 0.5 * _full_size(rgb, doubt, "none"))
    return Segmentation(
        matte, _untold(uncertainty, prompts), answer.confidence, answer.parts, answer.reasons, answer.method
    )


def _anew(small: Field, answer: Answer, found: Field) -> Answer:
    """The answer's measures after a person's word, by which the confidence in it does not fall."""
    lab = cv2.cvtColor(small, cv2.COLOR_RGB2Lab)
    coarse = mattes.resized(found, answer.other.shape)
    told = judged(lab, coarse, answer.other, answer.parts["plain"], answer.method, answer.way)
    return replace(told, confidence=max(told.confidence, answer.confidence)) if coarse.any() else told


def _untold(uncertainty: Tensor, prompts: Prompts) -> Tensor:
    """What is uncertain after all: nothing in a person's strokes."""
    for mask in (prompts.product, prompts.ground):
        if mask is not None:
            uncertainty = uncertainty.masked_fill(torch.from_numpy(mask).to(uncertainty.device), 0.0)
    return uncertainty


def _full_size(rgb: Tensor, small: Field, how: Refine) -> Tensor:
    enlarged = enlarge(small, (rgb.shape[2], rgb.shape[3])) if how == "none" else refine(rgb[0], small)
    matte = torch.from_numpy(enlarged)[None, None].to(rgb.device)
    if how == "closed-form":
        matte = mattes.closed_form(rgb, mattes.trimap(matte, max(2, round(0.006 * max(rgb.shape[2:])))))
    return matte
