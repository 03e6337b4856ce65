"""Signed distance fields: solids written as functions, joined and cut with rounded seams.

A `Field` tells for every point how far it is from the surface (cm; negative inside). Joining with a radius gives the
fillets and bevels of real toys for free. Formulas: exact distances are elementary geometry; the rounded join is the
circular-arc blend of two distances (max/min replaced by a quarter circle of the given radius).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from packshot.catalogue.toyshop.geometry.noise import Points, Values

Vector = tuple[float, float, float]
Flat = Callable[[NDArray[np.float64], NDArray[np.float64]], Values]  # a field of the plane: (u, v) -> distance


@dataclass(frozen=True)
class Field:
    """A solid. at: (n, 3) cm -> (n,) cm, negative inside. low, high: corners of a box that holds it."""

    at: Callable[[Points], Values]
    low: Vector
    high: Vector

    def moved(self, x: float = 0, y: float = 0, z: float = 0) -> Field:
        """Shifted by (x, y, z) cm."""
        shift = np.array([x, y, z], dtype=float)
        return Field(lambda p: self.at(p - shift), _vector(self.low + shift), _vector(self.high + shift))

    def turned(self, rotation: NDArray[np.float64]) -> Field:
        """Turned about the origin by a 3x3 rotation."""
        corners = _corners(self.low, self.high) @ rotation.T
        return Field(lambda p: self.at(p @ rotation), _vector(corners.min(0)), _vector(corners.max(0)))

    def grown(self, cm: float) -> Field:
        """Larger by cm on every side, edges rounded by it."""
        low, high = np.subtract(self.low, cm), np.add(self.high, cm)
        return Field(lambda p: self.at(p) - cm, _vector(low), _vector(high))

    def mirrored(self) -> Field:
        """Itself and its mirror image in the plane x = 0."""
        reach = max(abs(self.low[0]), abs(self.high[0]))
        low, high = (-reach, *self.low[1:]), (reach, *self.high[1:])
        flip = np.array([-1.0, 1.0, 1.0])
        return Field(lambda p: np.minimum(self.at(p), self.at(p * flip)), low, high)

    def join(self, other: Field, radius: float = 0.0) -> Field:
        """Both together; the seam is filled with a fillet of `radius` cm."""
        low, high = np.minimum(self.low, other.low), np.maximum(self.high, other.high)
        return Field(lambda p: -_round_max(-self.at(p), -other.at(p), radius), _vector(low), _vector(high))

    def cut(self, other: Field, radius: float = 0.0) -> Field:
        """This without the other; the edge is rounded by `radius` cm."""
        return Field(lambda p: _round_max(self.at(p), -other.at(p), radius), self.low, self.high)

    def meet(self, other: Field, radius: float = 0.0) -> Field:
        """What both share; the edge is rounded by `radius` cm."""
        low, high = np.maximum(self.low, other.low), np.minimum(self.high, other.high)
        return Field(lambda p: _round_max(self.at(p), other.at(p), radius), _vector(low), _vector(high))


def ball(radius: float) -> Field:
    """A ball about the origin."""
    return Field(lambda p: np.linalg.norm(p, axis=1) - radius, (-radius,) * 3, (radius,) * 3)


def ellipsoid(a: float, b: float, c: float) -> Field:
    """Half axes a, b, c along x, y, z. The distance is a first-order estimate, exact on the surface."""
    axes = np.array([a, b, c])

    def at(p: Points) -> Values:
        k = np.linalg.norm(p / axes, axis=1)
        slope = np.linalg.norm(p / axes**2, axis=1)
        estimate = np.where(slope > 1e-9, k * (k - 1) / np.maximum(slope, 1e-9), -axes.min())
        return np.asarray(np.maximum(estimate, -min(a, b, c)))

    return Field(at, _vector(-axes), _vector(axes))


def box(x: float, y: float, z: float, radius: float = 0.0) -> Field:
    """A box of full size x, y, z about the origin, edges rounded by `radius`."""
    half = np.array([x, y, z]) / 2

    def at(p: Points) -> Values:
        q = np.abs(p) - (half - radius)
        outside = np.linalg.norm(np.maximum(q, 0), axis=1)
        return np.asarray(outside + np.minimum(q.max(1), 0) - radius)

    return Field(at, _vector(-half), _vector(half))


def cylinder(radius: float, height: float, edge: float = 0.0) -> Field:
    """A cylinder about z, standing from -height/2 to height/2, rims rounded by `edge`."""
    return extrude(lambda u, v: np.hypot(u, v) - radius, height, edge, reach=(radius, radius))


def capsule(start: Vector, end: Vector, radius: float, end_radius: float | None = None) -> Field:
    """A limb with round ends from start to end, its radius running from `radius` to `end_radius`."""
    a, b = np.array(start, float), np.array(end, float)
    last = radius if end_radius is None else end_radius
    reach = max(radius, last)

    def at(p: Points) -> Values:
        along = np.clip((p - a) @ (b - a) / ((b - a) @ (b - a)), 0, 1)
        gap = np.linalg.norm(p - a - along[:, None] * (b - a), axis=1)
        return np.asarray(gap - radius - along * (last - radius))

    return Field(at, _vector(np.minimum(a, b) - reach), _vector(np.maximum(a, b) + reach))


def torus(radius: float, tube: float) -> Field:
    """A ring about z: `radius` from the axis to the middle of the tube."""
    reach = radius + tube
    return Field(
        lambda p: np.hypot(np.hypot(p[:, 0], p[:, 1]) - radius, p[:, 2]) - tube,
        (-reach, -reach, -tube),
        (reach, reach, tube),
    )


def half_space(normal: Vector, offset: float) -> Field:
    """Everything below the plane `normal . p = offset`; for cutting and meeting only (it has no bounds)."""
    n = np.array(normal, float) / np.linalg.norm(normal)
    return Field(lambda p: p @ n - offset, (-np.inf,) * 3, (np.inf,) * 3)


def extrude(flat: Flat, height: float, edge: float = 0.0, reach: tuple[float, float] = (1.0, 1.0)) -> Field:
    """A shape of the (x, y) plane given thickness along z, rims rounded by `edge`. reach: half sizes in x and y."""
    low, high = (-reach[0], -reach[1], -height / 2), (reach[0], reach[1], height / 2)

    def at(p: Points) -> Values:
        u, v = flat(p[:, 0], p[:, 1]) + edge, np.abs(p[:, 2]) - height / 2 + edge
        return np.minimum(np.maximum(u, v), 0) + np.hypot(np.maximum(u, 0), np.maximum(v, 0)) - edge

    return Field(at, low, high)


def prism(outline: ArrayLike, height: float, edge: float = 0.0) -> Field:
    """A closed outline (n, 2) of the (x, y) plane given thickness along z, rims rounded by `edge`."""
    points = np.asarray(outline, float)
    solid = extrude(polygon(points), height, edge)
    low, high = points.min(0), points.max(0)
    return Field(solid.at, (low[0], low[1], -height / 2), (high[0], high[1], height / 2))


def polygon(outline: NDArray[np.float64]) -> Flat:
    """Signed distance to a closed outline (n, 2) in the plane: nearest edge, sign by crossing number."""

    def at(u: NDArray[np.float64], v: NDArray[np.float64]) -> Values:
        nearest, inside = np.full(len(u), np.inf), np.zeros(len(u), bool)
        for (ax, ay), (bx, by) in zip(outline, np.roll(outline, -1, axis=0), strict=True):
            ex, ey, px, py = bx - ax, by - ay, u - ax, v - ay
            along = np.clip((px * ex + py * ey) / max(ex * ex + ey * ey, 1e-12), 0, 1)
            nearest = np.minimum(nearest, (px - along * ex) ** 2 + (py - along * ey) ** 2)
            if ay != by:
                inside ^= ((ay > v) != (by > v)) & (px < py / ey * ex)
        distance: Values = np.sqrt(nearest)
        return np.where(inside, -distance, distance)

    return at


def smooth_outline(points: ArrayLike, rounds: int = 3) -> NDArray[np.float64]:
    """A closed outline with its corners cut `rounds` times (Chaikin 1974): a soft curve through few points."""
    outline = np.asarray(points, float)
    for _ in range(rounds):
        following = np.roll(outline, -1, axis=0)
        outline = np.stack([0.75 * outline + 0.25 * following, 0.25 * outline + 0.75 * following], 1).reshape(-1, 2)
    return outline


def join_all(fields: Sequence[Field], radius: float = 0.0) -> Field:
    """All of them together, each seam filled with a fillet."""
    whole = fields[0]
    for field in fields[1:]:
        whole = whole.join(field, radius)
    return whole


def rotation(axis: str, degrees: float) -> NDArray[np.float64]:
    """3x3 rotation about 'x', 'y' or 'z', right-handed."""
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    i = "xyz".index(axis)
    j, k = (i + 1) % 3, (i + 2) % 3
    matrix = np.eye(3)
    matrix[j, j], matrix[j, k], matrix[k, j], matrix[k, k] = c, -s, s, c
    return matrix


def _round_max(a: Values, b: Values, radius: float) -> Values:
    if radius <= 0:
        return np.maximum(a, b)
    u, v = np.maximum(a + radius, 0), np.maximum(b + radius, 0)
    return np.minimum(-radius, np.maximum(a, b)) + np.hypot(u, v)


def _corners(low: Vector, high: Vector) -> Points:
    grid = np.meshgrid(*zip(low, high, strict=True), indexing="ij")
    return np.stack([axis.ravel() for axis in grid], axis=1)


def _vector(values: ArrayLike) -> Vector:
    x, y, z = np.asarray(values, float)
    return float(x), float(y), float(z)
