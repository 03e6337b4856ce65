"""How far a cut-out may be believed: measures of an outline, a confidence made of them, and reasons in words."""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np

from packshot.imaging.backdrop import Field, length, ring_of
from packshot.imaging.regions import narrowed, per_pixel, widened

EDGE = (1.0, 3.0)  # Lab units between neighbours from which an outline lies on an edge: on calm ground, on rough
WEIGHTS = {
    "separation": 6.0,
    "plain": 3.2,
    "agreement": 0.8,
    "border_contact": -1.7,
}  # logistic regression, train split
OFFSET = -6.5
SMALLEST, LARGEST = 0.004, 0.9  # area shares beyond which confidence falls to 0
BINS = 16  # per Lab axis, of the histograms compared


def measure(lab: Field, matte: Field) -> dict[str, float]:
    """What can be seen of a product map `(h, w)` beside its small picture `(h, w, 3)` in Lab.

    area_share: of the picture. border_contact: share of the border held. edge_support: share of the outline that lies
    on an edge. separation: 1 - overlap of the colours just inside and just outside. compactness: share of the largest
    piece.
    """
    inside = matte > 0.5
    ring = ring_of(inside.shape)
    found = {
        "area_share": float(inside.mean()),
        "border_contact": float(inside[ring].mean()),
        "edge_support": 0.0,
        "separation": 0.0,
        "compactness": 0.0,
    }
    if not inside.any() or inside.all():
        return found
    smooth = cv2.GaussianBlur(lab, (0, 0), 0.8)
    slope = per_pixel(length(np.diff(smooth, axis=1)), length(np.diff(smooth, axis=0)))
    outline = widened(inside, 1) & ~narrowed(inside, 1) & ~ring
    if outline.any():
        limit = np.clip(6 * np.median(slope[~inside]), *EDGE)
        found["edge_support"] = float((cv2.dilate(slope, np.ones((3, 3), np.uint8))[outline] > limit).mean())
    near = max(4, round(0.06 * max(inside.shape)))
    found["separation"] = _separation(lab, inside & ~narrowed(inside, near), ~inside & widened(inside, near))
    areas = cv2.connectedComponentsWithStats(inside.astype(np.uint8))[2][1:, cv2.CC_STAT_AREA]
    found["compactness"] = float(areas.max() / areas.sum())
    return found


def _separation(lab: Field, a: np.ndarray, b: np.ndarray) -> float:
    cells = np.clip((lab + np.array([0, 64, 64], dtype=np.float32)) / 8, 0, BINS - 1).astype(np.int64)
    index = (cells[..., 0] * BINS + cells[..., 1]) * BINS + cells[..., 2]
    first, second = (np.bincount(index[m], minlength=BINS**3) / max(1, m.sum()) for m in (a, b))
    return float(1 - np.sqrt(first * second).sum())


def score(measured: Mapping[str, float]) -> float:
    """For choosing between two answers: colours apart, an outline on edges, the border left alone."""
    return 0.5 * measured["edge_support"] + measured["separation"] - 2 * measured["border_contact"]


def agreement(a: Field, b: Field) -> float:
    """Intersection over union of two product maps; 1 if both are empty."""
    union = ((a > 0.5) | (b > 0.5)).sum()
    return float(((a > 0.5) & (b > 0.5)).sum() / union) if union else 1.0


def confidence(parts: Mapping[str, float]) -> float:
    """Probability, as calibrated by `benchmarks/cutout.py`, that intersection over union with the truth is >= 0.9."""
    share = parts["area_share"]
    if share == 0:
        return 0.0
    value = sum(weight * parts[name] for name, weight in WEIGHTS.items()) + OFFSET
    usual = min(1.0, share / SMALLEST, (1 - share) / (1 - LARGEST))
    return float(usual / (1 + np.exp(-value)))


def reasons(parts: Mapping[str, float]) -> tuple[str, ...]:
    """What a person should look at, in plain words, most important first; empty if nothing is remarkable."""
    share = parts["area_share"]
    if share == 0:
        return ("no product found: nothing stands out from the background",)
    remarks = (
        (share > LARGEST, "nearly the whole picture was taken for product"),
        (share < SMALLEST, "the product found is tiny"),
        (parts["separation"] < 0.6, "product and background have nearly the same colours along the edge"),
        (parts["agreement"] < 0.7, "two ways of finding the product disagree"),
        (parts["plain"] < 0.5, "the background is not plain"),
        (parts["edge_support"] < 0.8, "much of the outline lies on no visible edge"),
        (parts["border_contact"] > 0.01, "the product touches the border of the picture"),
        (parts["compactness"] < 0.6, "the product is in several pieces"),
    )
    return tuple(words for holds, words in remarks if holds)
