"""The product by its edges: Sobel, Canny, morphology and region growing, the way of the textbooks.

Sobel & Feldman's gradient finds how strong edges are here; Canny, "A Computational Approach to Edge Detection", TPAMI
1986, draws them between two thresholds, taken from the picture's own gradients; a morphological closing (Serra 1982)
mends their gaps. The ground grows from the border over what lies on its side of the lines (Adams & Bischof, "Seeded
Region Growing", TPAMI 1994, the lines its only limit); enclosed regions of the ground's own colour are holes. What is
left, opened of stray lines, is the product.
"""

from __future__ import annotations

import cv2
import numpy as np

from packshot.imaging.segmentation.backdrop import Field, length, ring_of
from packshot.imaging.segmentation.regions import Mask, narrowed, reached, widened

LOUD = 0.93  # quantile of the gradient that certainly is an edge, where a picture has few
HIGHEST, LOWEST = 120.0, 12.0  # bounds of the upper threshold, 8-bit steps per Sobel mask
LOWER = 0.4  # lower threshold, of the upper one
GAP = 0.012  # of the longest side: gaps in an outline up to it are closed
STRAY = 0.006  # of the longest side: thinner pieces are lines, not product
HOLE = 0.003  # of the product: smaller holes are its pattern
SAME_GROUND = 14.0  # Lab units between pieces of the border that are one ground
OWN_COLOUR = 8.0  # Lab units within which an enclosed region has the ground's colour


def by_edges(small: Field, lab: Field) -> Field:
    """Product map `(h, w)`, 0 or 1. `small` `(h, w, 3)` sRGB in `[0, 1]`, `lab` the same in Lab."""
    ring = ring_of(lab.shape[:2])
    longest = max(lab.shape[:2])
    lines = closed_lines(small, max(1, round(GAP * longest)))
    ground = reached(~lines, _seeds(lab, ring & ~lines))
    if not ground.any():
        return np.zeros(ring.shape, np.float32)
    ground = widened(ground, 1)  # the line itself lies half on either side
    product = _opened(~ground, max(1, round(STRAY * longest)))
    product &= ~_holes(lab, product, ground, lines)
    return product.astype(np.float32)


def _seeds(lab: Field, free: Mask) -> Mask:
    """Where the ground grows from: pieces of the border that hold two corners, or look like the longest of them.

    What else meets the border is a product cut off by it.
    """
    count, labels = cv2.connectedComponents(free.astype(np.uint8), connectivity=8)
    if count < 2:
        return free
    area = np.bincount(labels.ravel(), minlength=count).astype(np.float64)
    area[0] = 0
    colour = [np.bincount(labels.ravel(), lab[..., c].ravel(), count) / np.maximum(area, 1) for c in range(3)]
    means = np.stack(colour, -1)
    alike = length(means - means[area.argmax()]) < SAME_GROUND
    h, w = labels.shape
    near = max(2, min(h, w) // 20)
    places = [labels[y, x] for y in (slice(0, near), slice(-near, None)) for x in (slice(0, near), slice(-near, None))]
    corners = sum(np.isin(np.arange(count), place) for place in places)
    keep = (alike | (corners >= 2)) & (area > 0)
    return np.asarray(keep[labels])


def gradients(small: Field) -> tuple[Field, Field]:
    """Sobel's derivatives in x and y of the channel that changes most, `(h, w)` float32, 8-bit steps per mask."""
    smooth = cv2.GaussianBlur(small * 255, (0, 0), 1.0)
    across, down = (cv2.Sobel(smooth, cv2.CV_32F, dx, dy, ksize=3) for dx, dy in ((1, 0), (0, 1)))
    strongest = (across * across + down * down).argmax(-1)[..., None]
    return np.take_along_axis(across, strongest, -1)[..., 0], np.take_along_axis(down, strongest, -1)[..., 0]


def closed_lines(small: Field, gap_px: int) -> Mask:
    """Canny's lines, gaps up to `gap_px` closed, bool `(h, w)`."""
    across, down = gradients(small)
    size = np.hypot(across, down)
    upper = float(np.clip(np.quantile(size, LOUD), LOWEST, HIGHEST))
    steps = [np.clip(x, -32000, 32000).astype(np.int16) for x in (across, down)]
    lines = cv2.Canny(steps[0], steps[1], LOWER * upper, upper, L2gradient=True)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * gap_px + 1, 2 * gap_px + 1))
    padded = np.pad(lines, gap_px + 1, mode="edge")  # a line that ends at the frame is closed there
    shut = cv2.morphologyEx(padded, cv2.MORPH_CLOSE, kernel)
    return np.asarray(shut[gap_px + 1 : -gap_px - 1, gap_px + 1 : -gap_px - 1] > 0)


def _opened(mask: Mask, px: int) -> Mask:
    """Without what is thinner than a disc; the frame is no edge."""
    return widened(narrowed(mask, px), px) & mask


def _holes(lab: Field, product: Mask, ground: Mask, lines: Mask) -> Mask:
    """Enclosed regions between lines that have the colour of the ground nearby."""
    weight = (ground & ~lines).astype(np.float32)
    sigma = max(2.0, max(product.shape) / 10)
    total = cv2.GaussianBlur(weight, (0, 0), sigma) + 1e-6
    near = cv2.GaussianBlur(lab * weight[..., None], (0, 0), sigma) / total[..., None]
    own = length(lab - near) < OWN_COLOUR
    count, labels, stats, _ = cv2.connectedComponentsWithStats((product & ~lines).astype(np.uint8), connectivity=4)
    alike = np.bincount(labels.ravel(), own.ravel().astype(np.float64), count) / np.maximum(
        1, stats[:, cv2.CC_STAT_AREA]
    )
    hole = (alike > 0.8) & (stats[:, cv2.CC_STAT_AREA] > HOLE * max(1, product.sum()))
    hole[0] = False
    return widened(hole[labels], 1) & product
