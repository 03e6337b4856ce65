"""What surrounds the product: smooth colour surfaces fitted to the border of a small copy of the photo.

A studio sweep is one surface with uneven light; a wall and a floor are two. Each is a polynomial in x and y for
every Lab channel, fitted by iteratively reweighted least squares (Tukey's biweight), so that a product that
touches the border does not bend it. A shadow keeps the chromaticity of its ground: in Lab, darkening by a factor
scales L + 16, a and b alike, which is how shadowed ground is told from product.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Field = NDArray[Any]  # (h, w) or (h, w, 3)

RING = 0.025  # width of the border that is looked at, of the longest side
MAX_SURFACES = 4
MIN_SHARE = 0.06  # of the border, for a surface to count
NOISE_FLOOR = 0.6  # Lab units; rounding and JPEG never leave less


@dataclass(frozen=True)
class Surface:
    """One smooth piece of background.

    colour: `(h, w, 3)` in Lab. noise: Lab units. share: of the border. corners: how many of the four it holds.
    across: it reaches from the left side to the right, away from top and bottom, as a skirting board does.
    """

    colour: Field
    noise: float
    share: float
    corners: int
    across: bool


def ring_of(shape: tuple[int, int]) -> NDArray[np.bool_]:
    """The border that is looked at: bool `(h, w)`."""
    h, w = shape
    width = min(max(1, round(RING * max(h, w))), max(1, min(h, w) // 4))
    ring = np.ones((h, w), dtype=bool)
    ring[width : h - width, width : w - width] = False
    return ring


def surfaces(lab: Field) -> list[Surface]:
    """The surfaces that meet the border, largest share first; empty only if no colour covers 6 % of it."""
    h, w = lab.shape[:2]
    ring = ring_of((h, w))
    ys, xs = np.nonzero(ring)
    colours, terms = lab[ring], _terms(2 * (xs + 0.5) / w - 1, 2 * (ys + 0.5) / h - 1)
    sides, corners = _sides(ys, xs, h, w), _corners(ys, xs, h, w)
    free = np.ones(len(xs), dtype=bool)
    found: list[tuple[Field, float, float, int, bool]] = []
    while len(found) < MAX_SURFACES and free.sum() >= MIN_SHARE * len(free):
        coefficients, noise, inliers = _fit(colours, terms, sides, free)
        inliers &= free
        if inliers.sum() < MIN_SHARE * len(free):
            break
        free &= ~inliers
        touched = sum(inliers[c].mean() > 0.5 for c in corners if c.any())
        side = np.bincount(sides[inliers], minlength=4) / inliers.sum()
        across = bool(side[2:].min() > 0.2 and side[:2].max() < 0.15)
        found.append((coefficients, noise, float(inliers.mean()), int(touched), across))
    grid = _terms(*(g.ravel() for g in np.meshgrid(_unit(w), _unit(h))))
    found.sort(key=lambda f: -f[2])
    return [Surface((grid @ f[0]).reshape(h, w, 3).astype(np.float32), *f[1:]) for f in found]


def length(vectors: Field) -> Field:
    """Euclidean length along the last axis, of three; much faster than `np.linalg.norm`."""
    a, b, c = vectors[..., 0], vectors[..., 1], vectors[..., 2]
    return np.asarray(np.sqrt(a * a + b * b + c * c))


def behind(found: list[Surface]) -> list[Surface]:
    """Those surfaces that are background rather than a product cut off by the frame.

    Before a studio backdrop (plain and dominant) another surface must be plain itself and hold two corners, or hold
    one and be close in colour, or reach across; elsewhere one corner is enough. The largest surface always counts.
    """
    if not found:
        return []
    main = found[0]
    plain = main.noise < 2 and main.share >= 0.35

    def counts(other: Surface) -> bool:
        if not plain or other.across:
            return other.corners >= 1 or other.across
        apart = float(np.median(length(other.colour - main.colour)))
        return (other.corners >= 2 and other.noise < 1.5) or (other.corners >= 1 and apart < 12)

    return [main, *(s for s in found[1:] if counts(s))]


def _unit(length: int) -> Field:
    return ((2 * np.arange(length) + 1) / length - 1).astype(np.float32)


def _terms(x: Field, y: Field) -> Field:
    """Columns 1, x, y, x², xy, y²."""
    return np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=-1).astype(np.float64)


def _sides(ys: NDArray[np.intp], xs: NDArray[np.intp], h: int, w: int) -> NDArray[np.int64]:
    """Nearest side of each border pixel: 0 top, 1 bottom, 2 left, 3 right."""
    return np.asarray(np.argmin(np.stack([ys, h - 1 - ys, xs, w - 1 - xs]), axis=0))


def _corners(ys: NDArray[np.intp], xs: NDArray[np.intp], h: int, w: int) -> list[NDArray[np.bool_]]:
    near = max(2, round(0.06 * max(h, w)))
    return [(abs(ys - cy) < near) & (abs(xs - cx) < near) for cy in (0, h - 1) for cx in (0, w - 1)]


def _fit(
    colours: Field, terms: Field, sides: NDArray[np.int64], free: NDArray[np.bool_]
) -> tuple[Field, float, NDArray[np.bool_]]:
    """One surface through the most frequent free colour: coefficients (6, 3), noise, inliers."""
    centre = _mode(colours[free])
    residual = length(colours - centre)
    weight = (free & (residual < 9)).astype(np.float64)
    coefficients, noise = np.zeros((6, 3)), 3.0
    coefficients[0] = centre
    for _ in range(6):
        inside = weight > 0.1
        if not inside.any():
            break
        used = _order(sides[inside])
        root = np.sqrt(weight)[:, None]
        ridge = np.diag([1e-9, *[4e-4 * weight.sum()] * (used - 1)])
        left = terms[:, :used] * root
        coefficients = np.zeros((6, 3))
        coefficients[:used] = np.linalg.solve(left.T @ left + ridge, left.T @ (colours * root))
        residual = length(colours - terms @ coefficients)
        noise = max(NOISE_FLOOR, float(np.median(residual[inside])) / 1.54)  # median of a 3-d normal is 1.54 sigma
        limit = np.clip(5.0 * noise, 3.0, 18.0)
        weight = np.where(free & (residual < limit), (1 - (residual / limit) ** 2) ** 2, 0.0)
    return coefficients, noise, residual < np.clip(4.0 * noise, 3.0, 15.0)


def _order(sides: NDArray[np.int64]) -> int:
    """How many terms the data can carry: constant on one side, a plane on two, a quadric on more."""
    share = np.bincount(sides, minlength=4) / len(sides)
    return (1, 1, 3, 6, 6)[int((share > 0.08).sum())]


def _mode(colours: Field) -> Field:
    """The most frequent colour: fullest Lab cell of 8 units, then the mean of what lies near."""
    cells = np.round(colours / 8).astype(np.int64) + np.array([0, 20, 20])
    index = (cells[:, 0] * 40 + cells[:, 1]) * 40 + cells[:, 2]
    centre = colours[index == np.argmax(np.bincount(index))].mean(0)
    for _ in range(3):
        near = length(colours - centre) < 8
        centre = colours[near].mean(0) if near.any() else centre
    return np.asarray(centre)
