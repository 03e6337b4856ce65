"""How far a cut-out may be believed: measures of an outline, a confidence made of them, and reasons in words."""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np

from packshot.imaging.backdrop import Field, length, ring_of
from packshot.imaging.studio import narrowed, per_pixel, widened

EDGE = (1.0, 3.0)  # Lab units between neighbours from which an outline lies on an edge: on calm ground, on rough
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
    cells = np.clip((lab + np.float32([0, 64, 64])) / 8, 0, BINS - 1).astype(np.int64)
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
    return 0.5


def reasons(parts: Mapping[str, float]) -> tuple[str, ...]:
    return ()
