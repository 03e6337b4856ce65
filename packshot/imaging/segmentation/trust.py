"""How far a cut-out may be believed: measures of an outline, and reasons in words. `calibration.py` weighs them."""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np

from packshot.imaging.segmentation.backdrop import Field, length, ring_of
from packshot.imaging.segmentation.calibration import LARGEST, SMALLEST
from packshot.imaging.segmentation.regions import Mask, narrowed, per_pixel, widened

EDGE = (1.0, 3.0)  # Lab units between neighbours from which an outline lies on an edge: on calm ground, on rough
BAND_PX = 2  # about the outline, where its entropy is taken
HOLE = 0.0005  # of the product: smaller holes are not counted
CALM = 0.5  # Lab units that the spread of a tone is never below
BINS = 16  # per Lab axis, of the histograms compared


def measure(lab: Field, matte: Field) -> dict[str, float]:
    """What can be seen of a product map `(h, w)` beside its small picture `(h, w, 3)` in Lab.

    area_share: of the picture. border_contact: share of the border held. edge_support: share of the outline that lies
    on an edge. separation: 1 - overlap of the colours just inside and just outside. compactness: share of the largest
    piece. thinness: pixels of the outline, beside those of the product.
    """
    inside = matte > 0.5
    ring = ring_of(inside.shape)
    found = {
        "area_share": float(inside.mean()),
        "border_contact": float(inside[ring].mean()),
        "edge_support": 0.0,
        "separation": 0.0,
        "compactness": 0.0,
        "thinness": 0.0,
    }
    if not inside.any() or inside.all():
        return found
    smooth = cv2.GaussianBlur(lab, (0, 0), 0.8)
    slope = per_pixel(length(np.diff(smooth, axis=1)), length(np.diff(smooth, axis=0)))
    outline = widened(inside, 1) & ~narrowed(inside, 1) & ~ring
    if outline.any():
        found["thinness"] = float(outline.sum() / inside.sum())
        limit = np.clip(6 * np.median(slope[~inside]), *EDGE)
        found["edge_support"] = float((cv2.dilate(slope, np.ones((3, 3), np.uint8))[outline] > limit).mean())
    near = max(4, round(0.06 * max(inside.shape)))
    within, without = inside & ~narrowed(inside, near), ~inside & widened(inside, near)
    if within.any() and without.any():
        found["separation"] = _separation(lab, within, without)
    areas = cv2.connectedComponentsWithStats(inside.astype(np.uint8))[2][1:, cv2.CC_STAT_AREA]
    found["compactness"] = float(areas.max() / areas.sum())
    return found


def _separation(lab: Field, a: Mask, b: Mask) -> float:
    """1 - Bhattacharyya coefficient of two sets of colours, by histograms or by normal curves along their difference.

    The histograms see that many colours differ; the curves see that two calm tones differ by less than a cell.
    """
    cells = np.clip((lab + np.array([0, 64, 64], dtype=np.float32)) / 8, 0, BINS - 1).astype(np.int64)
    index = (cells[..., 0] * BINS + cells[..., 1]) * BINS + cells[..., 2]
    first, second = (np.bincount(index[m], minlength=BINS**3) / max(1, m.sum()) for m in (a, b))
    away = lab[a].mean(0) - lab[b].mean(0)
    gap = max(1e-6, float(np.linalg.norm(away)))
    spread_a, spread_b = (float(np.std(lab[m] @ (away / gap))) + CALM for m in (a, b))
    both = spread_a**2 + spread_b**2
    overlap = np.sqrt(2 * spread_a * spread_b / both) * np.exp(-(gap**2) / (4 * both))
    return float(1 - min(np.sqrt(first * second).sum(), overlap))


def score(measured: Mapping[str, float]) -> float:
    """For choosing between two answers: colours apart, an outline on edges, the border left alone."""
    return 0.5 * measured["edge_support"] + measured["separation"] - 2 * measured["border_contact"]


def agreement(a: Field, b: Field) -> float:
    """Intersection over union of two product maps; 1 if both are empty."""
    union = ((a > 0.5) | (b > 0.5)).sum()
    return float(((a > 0.5) & (b > 0.5)).sum() / union) if union else 1.0


def boundary_entropy(matte: Field) -> float:
    """Mean binary entropy, bits, of a product map within `BAND_PX` of its outline; 1 if it has none."""
    inside = matte > 0.5
    band = widened(inside, BAND_PX) & ~narrowed(inside, BAND_PX)
    if not band.any():
        return 1.0
    p = np.clip(matte[band].astype(np.float64), 1e-6, 1 - 1e-6)
    return float(-(p * np.log2(p) + (1 - p) * np.log2(1 - p)).mean())


def enclosed(matte: Field) -> dict[str, float]:
    """Holes of a product map: how many of some size, and their area beside the product's."""
    free = (matte <= 0.5).astype(np.uint8)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(free, connectivity=4)
    area = stats[:, cv2.CC_STAT_AREA].astype(np.float64)
    area[labels[ring_of(free.shape) & (free > 0)]] = 0
    area[0] = 0
    product = max(1, int((free == 0).sum()))
    area[area < HOLE * product] = 0
    return {"holes": float((area > 0).sum()), "hole_share": float(area.sum() / product)}


def reasons(parts: Mapping[str, float]) -> tuple[str, ...]:
    """What a person should look at, in plain words, most important first; empty if nothing is remarkable."""
    share = parts["area_share"]
    if share == 0:
        return ("no product found: nothing stands out from the background",)
    remarks = (
        (share > LARGEST, "nearly the whole picture was taken for product"),
        (share < SMALLEST, "the product found is tiny"),
        (parts.get("boundary_entropy", 0) > 0.5, "the edge is uncertain along most of its way"),
        (parts["separation"] < 0.6, "product and background have nearly the same colours along the edge"),
        (parts["agreement"] < 0.7, "two ways of finding the product disagree"),
        (parts.get("plain", 1) < 0.5, "the background is not plain"),
        (parts["edge_support"] < 0.8, "much of the outline lies on no visible edge"),
        (parts["border_contact"] > 0.01, "the product touches the border of the picture"),
        (parts["compactness"] < 0.6, "the product is in several pieces"),
    )
    return tuple(words for holds, words in remarks if holds)
