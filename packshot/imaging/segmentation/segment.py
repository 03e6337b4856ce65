"""Classical cut-out: two ways to find the product at small size, the better one refined to full size.

`studio.py` asks what is not the backdrop, `clutter.py` asks what stands out. Both answers are scored by how well
their outline lies on edges and how little of the border they hold; the backdrop's plainness speaks for the first.
`scraps.py` tidies the first only once it is chosen: how untidy it was is part of the comparison.
`trust.py` turns the comparison into a confidence and words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import cv2
import numpy as np
import torch
from torch import Tensor

from packshot.errors import PictureError
from packshot.imaging import mattes
from packshot.imaging.segmentation import trust
from packshot.imaging.segmentation.backdrop import Field, Surface, behind, surfaces
from packshot.imaging.segmentation.clutter import clutter
from packshot.imaging.segmentation.refine import enlarge, refine
from packshot.imaging.segmentation.saliency import saliency
from packshot.imaging.segmentation.scraps import without_scraps
from packshot.imaging.segmentation.shade import Leeway, lit
from packshot.imaging.segmentation.studio import studio

Refine = Literal["guided", "closed-form", "none"]

SMALL_PX = 256
QUICK_PX = 128  # the second opinion may be coarse
LEAST_PX = 12  # smaller pictures hold too little to tell product from ground
PLAIN_NOISE = 2.0  # Lab units up to which a surface counts as plain
PLAIN_SHARE = 0.65  # of the border; more speaks for the studio answer, less against it
SHADOWS = Leeway(bounce=0.15, across_seams=True)  # what a shadow of the studio answer may be
DUST = 0.0002  # of the picture: smaller pieces are not product
CLUTTER_SPECK, CLUTTER_HOLE = 0.03, 0.01  # of the largest piece, of the product


@dataclass(frozen=True)
class Segmentation:
    """The product found.

    matte, uncertainty: `(1, 1, h, w)` in `[0, 1]`. confidence: `[0, 1]`, made of `parts`; reasons: why to look.
    """

    matte: Tensor
    uncertainty: Tensor
    confidence: float
    parts: Mapping[str, float] = field(default_factory=dict)
    reasons: tuple[str, ...] = ()


def segment(rgb: Tensor, how: Refine = "guided") -> Segmentation:
    """Find the product in `(1, 3, h, w)`, without weights. An empty picture gives an empty matte, not an error.

    Raises PictureError for a batch, MissingExtra for `closed-form` without PyMatting.
    """
    n, _, h, w = rgb.shape
    if n != 1:
        raise PictureError(f"rgb: expected one picture (1, 3, h, w), got a batch of {n}; segment them one by one")
    small = _shrunk(rgb)
    if min(small.shape[:2]) < LEAST_PX:
        nothing = torch.zeros(1, 1, h, w)
        return Segmentation(nothing, nothing, 0.0, {}, ("the picture is too small to tell product from background",))
    answer = find(small)
    matte = _full_size(rgb, answer.matte, how)
    doubt = (
        _full_size(rgb, np.abs(answer.matte - answer.other), "none") if answer.matte.any() else torch.zeros_like(matte)
    )
    uncertainty = torch.maximum(4 * matte * (1 - matte), 0.5 * doubt)
    return Segmentation(matte, uncertainty, answer.confidence, answer.parts, answer.reasons)


@dataclass(frozen=True)
class Answer:
    """Small-size result: the matte `(h, w)`, a second opinion, the method the matte came from, and the trust in it."""

    matte: Field
    other: Field
    method: str
    confidence: float
    parts: Mapping[str, float]
    reasons: tuple[str, ...]


def find(small: Field) -> Answer:
    """The product in a small picture `(h, w, 3)`, sRGB in `[0, 1]`."""
    lab = cv2.cvtColor(small, cv2.COLOR_RGB2Lab)
    backdrop = behind(surfaces(lab))
    plain = _plainness(backdrop)
    scene = lit(lab, backdrop, SHADOWS) if backdrop else None
    first = _dusted(studio(lab, scene)) if scene else np.zeros(lab.shape[:2], np.float32)
    salient = saliency(small, lab)
    second = _tidied(clutter(small, salient, QUICK_PX))
    measures = [trust.measure(lab, x) for x in (first, second)]
    if trust.score(measures[0]) + 2 * (plain - PLAIN_SHARE) >= trust.score(measures[1]):
        method, matte = "studio", without_scraps(first, scene) if scene else first
    else:
        method, matte = "clutter", _tidied(clutter(small, salient, SMALL_PX))
    measured = trust.measure(lab, matte)
    parts = {**measured, "agreement": trust.agreement(matte, second), "plain": plain}
    return Answer(matte, second, method, trust.confidence(parts), parts, trust.reasons(parts))


def _plainness(backdrop: list[Surface]) -> float:
    return sum(s.share for s in backdrop if s.noise < PLAIN_NOISE)


def _shrunk(rgb: Tensor) -> Field:
    """At most `SMALL_PX` on the longest side, `(h, w, 3)`."""
    h, w = rgb.shape[2:]
    step = max(1.0, max(h, w) / SMALL_PX)
    size = (max(1, round(w / step)), max(1, round(h / step)))
    planes = rgb[0].detach().cpu().to(torch.float32).numpy()
    return np.dstack([p if step == 1 else cv2.resize(p, size, interpolation=cv2.INTER_AREA) for p in planes])


def _full_size(rgb: Tensor, small: Field, how: Refine) -> Tensor:
    enlarged = enlarge(small, (rgb.shape[2], rgb.shape[3])) if how == "none" else refine(rgb[0], small)
    matte = torch.from_numpy(enlarged)[None, None].to(rgb.device)
    if how == "closed-form":
        matte = mattes.closed_form(rgb, mattes.trimap(matte, max(2, round(0.006 * max(rgb.shape[2:])))))
    return matte


def _dusted(matte: Field, least: float = DUST, of: str = "picture") -> Field:
    """Without pieces smaller than a share of the picture or of the largest piece."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats((matte > 0.5).astype(np.uint8))
    if count < 2:
        return np.zeros_like(matte)
    area = stats[:, cv2.CC_STAT_AREA].astype(np.float64)
    area[0] = 0
    limit = least * (matte.size if of == "picture" else area.max())
    keep = area >= min(limit, area.max())
    near = cv2.dilate(keep[labels].astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    return np.where(near, matte, np.float32(0))


def _tidied(matte: Field) -> Field:
    """A GrabCut result without specks and pinholes."""
    matte = _dusted(matte, CLUTTER_SPECK, "piece")
    count, labels, stats, _ = cv2.connectedComponentsWithStats((matte <= 0.5).astype(np.uint8), connectivity=4)
    small = stats[:, cv2.CC_STAT_AREA] < CLUTTER_HOLE * (matte > 0.5).sum()
    small[0] = False
    return np.where(small[labels], np.float32(1), matte) if count > 1 else matte
