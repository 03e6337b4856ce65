"""What a translation left as it was: edges and light of a product, told in numbers.

Edges: Canny (1986) on luma of a copy, thresholds from its own gradients; F is the harmonic mean of the shares of both
edge maps that lie within a tolerance of the other (Martin, Fowlkes & Malik 2004, §3, without their matching).
"""

from __future__ import annotations

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from packshot.imaging import compare, geometry

SIDE = 384  # px of the copy that is measured
NEAR_PX = 1.5
STRONG = 90  # percentile of gradients that begins an edge
LEAST = 20.0  # of 255: a weaker gradient is none


def structure(before: Tensor, after: Tensor, where: Tensor | None = None) -> dict[str, float]:
    """`edge_f` (1 = the same edges) and `ssim_luma` of two pictures `(1, 3, h, w)` of one size.

    where: `(1, 1, h, w)` matte of what counts; without one everything. Empty where nothing counts.
    """
    a, b, inside = _copies(before, after, where)
    if not bool(inside.any()):
        return {}
    one, other = compare.luma(a), compare.luma(b)
    lines = [edges(x) & inside[0, 0].numpy() for x in (one, other)]
    return {"edge_f": agreement(*lines), "ssim_luma": compare.ssim(one, other, inside)}


def _copies(before: Tensor, after: Tensor, where: Tensor | None) -> tuple[Tensor, Tensor, Tensor]:
    """Both pictures at the size that is measured, and what counts, as bool."""
    h, w = before.shape[2:]
    matte = torch.ones_like(before[:, :1]) if where is None else where
    step = max(1.0, max(h, w) / SIDE)
    size = max(1, round(h / step)), max(1, round(w / step))
    if size == (h, w):
        return before, after, matte > 0.5
    a, b = (geometry.resize_layer(x, size, linear=True) for x in (before, after))
    return a, b, geometry.resize_layer(matte, size) > 0.5


def edges(luma: Tensor) -> NDArray[np.bool_]:
    """Edge map `(h, w)` of luma `(1, 1, h, w)` in [0, 1]."""
    levels = np.rint(255 * cv2.GaussianBlur(luma[0, 0].numpy(), (0, 0), 0.8)).clip(0, 255).astype(np.uint8)
    across, down = (cv2.Sobel(levels, cv2.CV_16S, *way) for way in ((1, 0), (0, 1)))
    strong = max(LEAST, float(np.percentile(np.hypot(across, down), STRONG)))
    return np.asarray(cv2.Canny(across, down, 0.4 * strong, strong, L2gradient=True) > 0)


def agreement(a: NDArray[np.bool_], b: NDArray[np.bool_], px: float = NEAR_PX) -> float:
    """F of two edge maps `(h, w)`; 1 where neither has an edge, 0 where one has none."""
    if not a.any() or not b.any():
        return float(a.any() == b.any())
    near = [cv2.distanceTransform((~m).astype(np.uint8), cv2.DIST_L2, 5) <= px for m in (a, b)]
    precision, recall = float(near[0][b].mean()), float(near[1][a].mean())
    return 2 * precision * recall / max(1e-9, precision + recall)
