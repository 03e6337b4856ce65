"""How a product stands on the ground, guessed from its matte alone: contact line, depth, camera.

Synthetic shadows need a solid on a plane. We see one outline only, so the solid is the plainest one that fits it:
every row of the outline is inflated into a rounded cross-section (a chord of half-widths a and b to either side of a
pixel gets the half-depth sqrt(a b), which is a circle for a round product), and the lowest contour stands on the
ground. The camera has its picture plane upright, as product photographers shift their lens, at a given height angle.

Coordinates. World: x to the right, H up, z towards the viewer, in working pixels at z = 0; the ground is H = 0.
`Camera.scale(z)` is the perspective there, a ground point shows in the picture at
`(x0 + (x - x0) scale, horizon + (y0 - horizon) scale)`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.float32]  # (h, w)
Curve = NDArray[np.float64]  # (w,), one value a column

DISTANCE = 6.0  # camera to product, in lengths of the product: a long lens
SIDE_DEPTH = 0.8  # half-depth of a cross-section against its half-width
DEEPEST = 0.35  # largest half-depth against the geometric mean of the outline's sides
GROUND_SLOPE = 1.0  # steepest edge of a footprint on the ground, depth over width
FOOT = 0.05  # how far a foot must stand out of the lower contour, in heights of the product
NEARLY = 0.006  # what counts as touching, in lengths of the product
NOTHING = 1e6
FARTHEST = 8.0  # most that ground may lie behind, in distances from camera to product


@dataclass(frozen=True)
class Camera:
    """An upright picture plane. x0: its centre column; y0: row of the ground at z = 0; both px."""

    x0: float
    y0: float
    horizon: float
    distance: float

    def scale(self, z: NDArray[np.float64]) -> NDArray[np.float64]:
        """Perspective scale at depth z."""
        return self.distance / (self.distance - z)

    def row(self, z: NDArray[np.float64]) -> NDArray[np.float64]:
        """Picture row of the ground at depth z."""
        return self.horizon + (self.y0 - self.horizon) * self.scale(z)

    def depth(self, row: NDArray[np.float64]) -> NDArray[np.float64]:
        """Depth z of the ground seen in a picture row; rows near the horizon and above it count as `FARTHEST`."""
        height = self.y0 - self.horizon
        return self.distance * (1 - height / np.maximum(row - self.horizon, height / FARTHEST))

    def ground_to_picture(self) -> NDArray[np.float64]:
        """Homography from ground points (x, z, 1) to picture points."""
        d, x0, horizon = self.distance, self.x0, self.horizon
        return np.array([[d, -x0, 0.0], [0.0, -horizon, d * self.y0], [0.0, -1.0, d]])


@dataclass(frozen=True)
class Stand:
    """A product on the ground, in working pixels.

    base: ground row under each column. near, far: depth interval of the solid behind each pixel `(h, w)`, empty
    (near < far) outside the outline. length: the product's longest side.
    """

    camera: Camera
    base: Curve
    near: Plane
    far: Plane
    length: float

    @property
    def tallest(self) -> float:
        """Height of the highest point above the ground, px."""
        rows = np.nonzero((self.near >= self.far).any(axis=1))[0]
        return float(self.camera.y0 - rows[0])

    def depths(self) -> tuple[float, float]:
        """Farthest and nearest depth of the solid."""
        solid = self.near >= self.far
        return float(self.far[solid].min()), float(self.near[solid].max())

    def slice(self, height: float, x: NDArray[np.float64], z: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Cross-section of the solid at a height above the ground, on the ground grid `(len(z), len(x))`."""
        h, w = self.near.shape
        scale = self.camera.scale(z)
        rows = np.floor(self.camera.row(z) - height * scale).astype(np.intp)
        columns = np.floor(self.camera.x0 + (x[None, :] - self.camera.x0) * scale[:, None]).astype(np.intp)
        seen = ((rows >= 0) & (rows < h))[:, None] & (columns >= 0) & (columns < w)
        place = np.clip(rows, 0, h - 1)[:, None] * w + np.clip(columns, 0, w - 1)
        depth = z[:, None].astype(np.float32)
        inside: NDArray[np.bool_] = seen & (self.near.take(place) >= depth) & (self.far.take(place) <= depth)
        return inside


def stand(outline: NDArray[np.bool_], elevation: float, undercut: float = 0.0) -> Stand:
    """Set an outline `(h, w)`, cropped or not, on the ground. It must hold at least one pixel.

    elevation: how far the camera looks down, degrees. undercut: how high the lowest contour floats, px; the gap under
    a rounded edge, which is what makes a contact shadow dark.
    """
    ys, xs = np.nonzero(outline)
    height, width = float(ys.max() - ys.min() + 1), float(xs.max() - xs.min() + 1)
    length = max(height, width)
    sine = math.sin(math.radians(elevation))
    half = half_depths(outline, DEEPEST * math.sqrt(height * width))
    base, touching = contact_line(outline, GROUND_SLOPE * sine, length, sine)
    base = base + undercut
    x0, y0 = (xs.min() + xs.max() + 1) / 2, float(base.max())
    distance = DISTANCE * length
    camera = Camera(x0, y0, y0 - distance * math.tan(math.radians(elevation)), distance)
    middle = camera.depth(base) - _foot_depths(outline, half, touching)
    near = np.where(outline, middle + half, -NOTHING).astype(np.float32)
    far = np.where(outline, middle - half, NOTHING).astype(np.float32)
    return Stand(camera, base, near, far, length)


def half_depths(outline: NDArray[np.bool_], deepest: float) -> NDArray[np.float64]:
    """Half-depth of the inflated outline at every pixel, softly limited."""
    w = outline.shape[1]
    column = np.arange(w)
    left = np.maximum.accumulate(np.where(outline, -1, column), axis=1)
    right = np.minimum.accumulate(np.where(outline, w, column)[:, ::-1], axis=1)[:, ::-1]
    half = SIDE_DEPTH * np.sqrt(np.maximum((column - left) * (right - column) - 0.25, 0.25))
    return np.where(outline, deepest * np.tanh(half / deepest), 0.0)


def lowest(outline: NDArray[np.bool_]) -> Curve:
    """Lower edge of the lowest pixel of each column, px; -inf where there is none."""
    h = outline.shape[0]
    rows = h - np.argmax(outline[::-1], axis=0)
    return np.where(outline.any(axis=0), rows, -np.inf).astype(np.float64)


def contact_line(
    outline: NDArray[np.bool_], slope: float, length: float, sine: float
) -> tuple[Curve, NDArray[np.bool_]]:
    """Ground row under each column, and which columns touch the ground.

    A rigid thing stands on the lower hull of its outline as far as that rises no steeper than a footprint's edge can;
    feet that stand out of the contour further up the picture touch the ground further back.
    """
    bottom = lowest(outline)
    limit = _gentle(_hull(bottom), slope)
    touching = bottom >= limit - max(1.0, NEARLY * length)
    height = float(outline.any(axis=1).sum())
    for first, last in _feet(bottom, FOOT * height):
        here = slice(first, last + 1)
        if not touching[here].any() and (limit[here] - bottom[here]).min() < 0.6 * sine * length:
            touching[here] |= bottom[here] >= bottom[here].max() - 1
    columns = np.nonzero(touching)[0]
    return np.interp(np.arange(len(bottom)), columns, bottom[columns]), touching


def _hull(bottom: Curve) -> Curve:
    """Convex hull of the lower contour from below (rows grow downwards), one row a column."""
    chain: list[int] = []
    for x in np.nonzero(np.isfinite(bottom))[0].tolist():
        while len(chain) > 1 and _turn(chain[-2], chain[-1], x, bottom) >= 0:
            chain.pop()
        chain.append(x)
    return np.interp(np.arange(len(bottom)), chain, bottom[chain])


def _turn(a: int, b: int, c: int, rows: Curve) -> float:
    """>= 0 where b does not stick out below the line from a to c."""
    return float((rows[c] - rows[a]) * (b - a) - (rows[b] - rows[a]) * (c - a))


def _gentle(curve: Curve, slope: float) -> Curve:
    """Smallest curve that lies nowhere above (in the picture) the given one and is no steeper than `slope`."""
    x = slope * np.arange(len(curve))
    right = np.maximum.accumulate(curve + x) - x
    left = np.maximum.accumulate((curve - x)[::-1])[::-1] + x
    gentle: Curve = np.maximum(right, left)
    return gentle


def _feet(bottom: Curve, prominence: float) -> list[tuple[int, int]]:
    """Column ranges of the local lowest points that stand out by `prominence` px on both sides."""
    feet, start, peak, valley, x_peak = [], 0, -np.inf, np.inf, 0
    rows = np.where(np.isfinite(bottom), bottom, -NOTHING)
    falling = True  # looking for the next lowest point
    for x, row in enumerate(rows.tolist()):
        if falling:
            if row > peak:
                peak, x_peak = row, x
            elif row < peak - prominence:
                feet.append((start, x_peak))
                falling, valley = False, row
        elif row < valley:
            valley = row
        elif row > valley + prominence:
            falling, peak, x_peak, start = True, row, x, x
    if falling and peak > -NOTHING:
        feet.append((start, x_peak))
    return [_plateau(rows, last) for _, last in feet]


def _plateau(rows: Curve, peak: int) -> tuple[int, int]:
    """The columns around a lowest point that lie within a pixel of it."""
    level = rows >= rows[peak] - 1
    first = last = peak
    while first > 0 and level[first - 1]:
        first -= 1
    while last < len(rows) - 1 and level[last + 1]:
        last += 1
    return first, last


def _foot_depths(outline: NDArray[np.bool_], half: NDArray[np.float64], touching: NDArray[np.bool_]) -> Curve:
    """Half-depth of what stands on the ground, one a column: that of the rows just above the contact."""
    columns = np.nonzero(touching)[0]
    rows = lowest(outline)[columns].astype(int) - 1
    lift = max(1, round(0.01 * outline.shape[0]))
    depth = half[np.maximum(rows - lift, 0), columns]
    depth = np.where(depth > 0, depth, half[rows, columns])
    found = np.interp(np.arange(outline.shape[1]), columns, depth)
    smooth: Curve = cv2.blur(found[None], (2 * lift + 1, 1))[0]
    return smooth
