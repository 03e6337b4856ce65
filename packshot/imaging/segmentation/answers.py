"""The product in a small copy of a photo, without weights: two ways to find it and the better one taken, or by edges.

`studio.py` asks what is not the backdrop, `clutter.py` asks what stands out. Both answers are scored by how well their
outline lies on edges and how little of the border they hold; the backdrop's plainness speaks for the first.
`scraps.py` tidies the first only once it is chosen: how untidy it was is part of the comparison. `edges.py` is the way
of the textbooks. `trust.py` measures an answer, `calibration.py` makes a confidence of that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import cv2
import numpy as np

from packshot.imaging.segmentation import calibration, trust
from packshot.imaging.segmentation.backdrop import Field, Surface, behind, surfaces
from packshot.imaging.segmentation.clutter import clutter
from packshot.imaging.segmentation.edges import by_edges
from packshot.imaging.segmentation.leftovers import with_loops_open, without_shadows
from packshot.imaging.segmentation.saliency import saliency
from packshot.imaging.segmentation.scraps import without_scraps
from packshot.imaging.segmentation.shade import Leeway, Lit, lit
from packshot.imaging.segmentation.studio import studio

SMALL_PX = 256
QUICK_PX = 128  # the second opinion may be coarse
LEAST_PX = 12  # smaller pictures hold too little to tell product from ground
PLAIN_NOISE = 2.0  # Lab units up to which a surface counts as plain
PLAIN_SHARE = 0.65  # of the border; more speaks for the studio answer, less against it
SHADOWS = Leeway(bounce=0.15, across_seams=True)  # what a shadow of the studio answer may be
DUST = 0.0002  # of the picture: smaller pieces are not product
CLUTTER_SPECK, CLUTTER_HOLE = 0.03, 0.01  # of the largest piece, of the product


@dataclass(frozen=True)
class Answer:
    """Small-size result: the matte `(h, w)`, a second opinion, and the trust in it.

    method: by which the confidence is calibrated. way: what the matte came from (`studio`, `clutter`, `edges`, `net`).
    lines: what was found by edges, where that was asked.
    """

    matte: Field
    other: Field
    method: str
    way: str
    confidence: float
    parts: Mapping[str, float]
    reasons: tuple[str, ...]
    lines: Field | None = None


def find(small: Field) -> Answer:
    """The product in a small picture `(h, w, 3)`, sRGB in `[0, 1]`, by studio or by clutter."""
    lab = cv2.cvtColor(small, cv2.COLOR_RGB2Lab)
    backdrop = behind(surfaces(lab))
    plain = _plainness(backdrop)
    scene = lit(lab, backdrop, SHADOWS) if backdrop else None
    first = _dusted(studio(lab, scene)) if scene else np.zeros(lab.shape[:2], np.float32)
    lines = by_edges(small, lab)
    salient = saliency(small, lab)
    second = _tidied(clutter(small, salient, QUICK_PX))
    measures = [trust.measure(lab, x) for x in (first, second)]
    if trust.score(measures[0]) + 2 * (plain - PLAIN_SHARE) >= trust.score(measures[1]):
        way, matte = "studio", _tidied_studio(first, lines, scene) if scene else first
    else:
        way, matte = "clutter", _tidied(clutter(small, salient, SMALL_PX))
    return judged(lab, matte, second, plain, "classical", way, lines)


def _tidied_studio(matte: Field, lines: Field, scene: Lit) -> Field:
    """A studio answer without scraps, tinged shadows and ground shut in by loops."""
    return with_loops_open(without_shadows(without_scraps(matte, scene), lines, scene), scene)


def find_by_edges(small: Field) -> Answer:
    """The way of the textbooks, with the answer by saliency beside it."""
    lab = cv2.cvtColor(small, cv2.COLOR_RGB2Lab)
    matte = _dusted(by_edges(small, lab), CLUTTER_SPECK, "piece")
    second = _tidied(clutter(small, saliency(small, lab), QUICK_PX))
    return judged(lab, matte, second, _plainness(behind(surfaces(lab))), "edges", "edges")


def judged(
    lab: Field,
    matte: Field,
    other: Field,
    plain: float,
    method: str,
    way: str,
    lines: Field | None = None,
    known: Mapping[str, float] = MappingProxyType({}),
) -> Answer:
    """An answer with its measures: a map and a second opinion `(h, w)` beside the picture `(h, w, 3)` in Lab.

    plain: share of the border that plain surfaces take. lines: what is found by edges, a third opinion. known: further
    measures.
    """
    measured = {**known, **trust.measure(lab, matte), "agreement": trust.agreement(matte, other), "plain": plain}
    if lines is not None:
        measured["line_agreement"] = trust.agreement(matte, lines)
    parts = {**measured, "boundary_entropy": trust.boundary_entropy(matte), **trust.enclosed(matte)}
    return Answer(matte, other, method, way, calibration.confidence(method, parts), parts, trust.reasons(parts), lines)


def _plainness(backdrop: list[Surface]) -> float:
    return sum(s.share for s in backdrop if s.noise < PLAIN_NOISE)


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
