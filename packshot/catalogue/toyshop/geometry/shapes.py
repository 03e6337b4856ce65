"""Building blocks that carry texture coordinates: turned bodies, boxes with round edges, tubes and ropes along a curve.

Anything else is a signed distance field (`fields.py`) given a skin (`surface.skin`). Sizes in cm, z is up.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from packshot.catalogue.toyshop.geometry.meshes import Array, Mesh, grid_faces, merge, vertex_normals


def rounded_profile(points: ArrayLike, radii: float | Sequence[float], cell: float = 0.05) -> Array:
    """A polyline (n, 2) whose corners are replaced by arcs, each at most half of its shorter leg.

    radii: cm, one for all or one a point (ends ignored; 0 keeps it sharp). Legs are sampled about every 4 cells.
    """
    corners = np.asarray(points, float)
    sizes = np.broadcast_to(np.asarray(radii, float), len(corners))
    pieces = [corners[:1]]
    for before, corner, after, radius in zip(corners, corners[1:], corners[2:], sizes[1:], strict=False):
        pieces.append(_fillet(before, corner, after, float(radius)))
    pieces.append(corners[-1:])
    return _resample(np.concatenate(pieces), 4 * cell)


def curve(points: ArrayLike, samples: int = 24, closed: bool = False) -> Array:
    """A smooth curve through points (n, d): uniform Catmull-Rom, `samples` steps a span."""
    p = np.asarray(points, float)
    padded = (
        np.concatenate([p[-1:], p, p[:2]]) if closed else np.concatenate([2 * p[:1] - p[1:2], p, 2 * p[-1:] - p[-2:-1]])
    )
    t = np.linspace(0, 1, samples, endpoint=False)[:, None]
    spans = []
    for a, b, c, d in zip(padded, padded[1:], padded[2:], padded[3:], strict=False):
        spans.append(0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3))
    line = np.concatenate(spans)
    return line if closed else np.concatenate([line, p[-1:]])


def lathe(profile: Array, cell: float = 0.1, dent: Callable[[Array, Array], Array] | None = None) -> Mesh:
    """Turn a profile (n, 2) of (radius, height) about z. Runs from bottom to top along the outside.

    uv: u once around from the +y side (the back) counter-clockwise, v along the profile by length, 0 at the start.
    dent: (angle, v) -> radius factor, for things not quite round.
    """
    columns = int(np.clip(2 * np.pi * profile[:, 0].max() / cell, 32, 1024)) + 1
    turn = np.linspace(0, 1, columns)
    angle = 2 * np.pi * turn + np.pi / 2
    length = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(profile, axis=0), axis=1))])
    v = length / length[-1]
    radius = np.repeat(profile[:, :1], columns, 1)
    if dent is not None:
        radius = radius * dent(angle[None, :], v[:, None])
    z = np.repeat(profile[:, 1:], columns, 1)
    vertices = np.stack([radius * np.cos(angle), radius * np.sin(angle), z], -1).reshape(-1, 3)
    faces = grid_faces(len(profile), columns)
    uv = np.stack(np.broadcast_arrays(turn[None, :], v[:, None]), -1).reshape(-1, 2)
    normals = _turned_normals(profile, angle) if dent is None else _welded_normals(vertices, faces, columns)
    return Mesh(vertices, _whole(vertices, faces), normals, uv)


def rounded_box(x: float, y: float, z: float, radius: float, cell: float = 0.1) -> Mesh:
    """A box about the origin, all edges rounded. uv: each face has its own [0, 1] square, up = +z (+y on top)."""
    half = np.array([x, y, z]) / 2
    r = min(radius, float(half.min()) * 0.999)
    sides = []
    for axis in range(3):
        for sign in (-1.0, 1.0):
            sides.append(_box_side(half, r, axis, sign, cell))
    return merge(sides)


def sweep(
    path: Array, radius: float | Array, cell: float = 0.05, flat: float = 1.0, twist: float = 0.0, closed: bool = False
) -> Mesh:
    """A tube along a path (n, 3) with round ends.

    radius: cm, one or one a point. flat: height of the section over its width (a strap: 0.2).
    twist: turns a cm of the three strands of a rope (0 = a smooth tube).
    """
    sizes = np.broadcast_to(np.asarray(radius, float), len(path)).copy()
    if not closed:
        path, sizes = _round_ends(path, sizes, flat)
    side, up = _frames(path, closed)
    columns = int(np.clip(2 * np.pi * sizes.max() / cell, 12, 96)) + 1
    angle = np.linspace(0, 2 * np.pi, columns)
    length = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(path, axis=0), axis=1))])
    wave = np.ones((1, 1))
    if twist:
        wave = 0.86 + 0.2 * np.abs(np.cos(1.5 * (angle[None, :] - 2 * np.pi * twist * length[:, None])))
    reach = sizes[:, None] * wave
    across, along = reach * np.cos(angle), reach * np.sin(angle) * flat
    vertices = (path[:, None] + across[..., None] * side[:, None] + along[..., None] * up[:, None]).reshape(-1, 3)
    faces = grid_faces(len(path), columns)
    if closed:
        faces = np.concatenate([faces, _closing_faces(len(path), columns)])
    uv = np.stack(np.broadcast_arrays(angle[None] / (2 * np.pi), length[:, None] / length[-1]), -1).reshape(-1, 2)
    return Mesh(vertices, _whole(vertices, faces), _welded_normals(vertices, faces, columns), uv)


def _fillet(before: Array, corner: Array, after: Array, radius: float) -> Array:
    """Arc of `radius` that touches both legs at a corner."""
    a, b = before - corner, after - corner
    la, lb = float(np.linalg.norm(a)), float(np.linalg.norm(b))
    if radius <= 0 or min(la, lb) < 1e-9:
        return corner[None]
    a, b = a / la, b / lb
    half = float(np.arccos(np.clip(a @ b, -1, 1))) / 2
    if half > np.pi / 2 - 0.02:
        return corner[None]
    reach = min(radius / np.tan(half), 0.499 * min(la, lb))
    centre = corner + (a + b) / np.linalg.norm(a + b) * reach / np.cos(half)
    start, end = corner + a * reach - centre, corner + b * reach - centre
    t, span = np.linspace(0, 1, 9)[:, None], np.pi - 2 * half
    arc: Array = centre + (np.sin((1 - t) * span) * start + np.sin(t * span) * end) / np.sin(span)
    return arc


def _resample(line: Array, step: float) -> Array:
    """Cut long legs into pieces of at most `step`; keep every point."""
    pieces = []
    for a, b in pairwise(line):
        count = max(int(np.ceil(np.linalg.norm(b - a) / step)), 1)
        if np.linalg.norm(b - a) > 1e-9:
            pieces.append(a + (b - a) * np.arange(count)[:, None] / count)
    return np.concatenate([*pieces, line[-1:]])


def _turned_normals(profile: Array, angle: Array) -> Array:
    """Normals of a turned body; long legs win over short ones, so that flats stay flat beside their bevel."""
    leg = np.diff(profile, axis=0)
    length = np.linalg.norm(leg, axis=1, keepdims=True)
    out = np.stack([leg[:, 1], -leg[:, 0]], 1) / np.maximum(length, 1e-12)
    weighted = out * length
    flat = np.concatenate([weighted[:1], weighted[:-1] + weighted[1:], weighted[-1:]])
    flat /= np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-12)
    r, z = flat[:, :1], np.repeat(flat[:, 1:], len(angle), 1)
    return np.stack([r * np.cos(angle), r * np.sin(angle), z], -1).reshape(-1, 3)


def _welded_normals(vertices: Array, faces: NDArray[np.int64], columns: int) -> Array:
    """Smooth normals of a tube of `columns`, its first and last column being the same place."""
    normals = vertex_normals(vertices, faces).reshape(-1, columns, 3)
    seam = normals[:, 0] + normals[:, -1]
    normals[:, 0] = normals[:, -1] = seam / np.maximum(np.linalg.norm(seam, axis=-1, keepdims=True), 1e-12)
    return normals.reshape(-1, 3)


def _whole(vertices: Array, faces: NDArray[np.int64]) -> NDArray[np.int64]:
    """Faces without those that have no area (at the poles)."""
    a, b, c = (vertices[faces[:, i]] for i in range(3))
    some: NDArray[np.bool_] = np.linalg.norm(np.cross(b - a, c - a), axis=1) > 1e-12
    return faces[some]


def _box_side(half: Array, r: float, axis: int, sign: float, cell: float) -> Mesh:
    """One of the six faces with its share of the round edges."""
    right, up = {0: (1, 2), 1: (0, 2), 2: (0, 1)}[axis]
    u, v = (_box_ticks(half[k], r, cell) for k in (right, up))
    cube = np.zeros((len(v), len(u), 3))
    cube[..., axis], cube[..., right], cube[..., up] = sign * half[axis], u[None, :], v[:, None]
    core = np.clip(cube, -(half - r), half - r)
    normals = cube - core
    normals /= np.linalg.norm(normals, axis=-1, keepdims=True)
    vertices = core + r * normals
    faces = grid_faces(len(v), len(u))
    right_up_axis = 1.0 if (axis + 1) % 3 == right else -1.0
    if right_up_axis * sign < 0:
        faces = faces[:, ::-1]
    mirror = -1 if (axis, sign) in ((0, -1.0), (1, 1.0)) else 1  # read from outside, u runs to the right
    uv = np.stack([mirror * vertices[..., right] / half[right] / 2 + 0.5, vertices[..., up] / half[up] / 2 + 0.5], -1)
    return Mesh(vertices.reshape(-1, 3), faces, normals.reshape(-1, 3), uv.reshape(-1, 2))


def _box_ticks(half: float, r: float, cell: float) -> Array:
    """Sample places along one side of a cube so that the projected arcs get equal angles."""
    flat = half - r
    middle = np.linspace(-flat, flat, max(int(np.ceil(2 * flat / cell)), 1) + 1)
    arc = flat + r * np.tan(np.linspace(0, np.pi / 4, max(int(r / cell), 4) + 1))[1:]
    return np.concatenate([-arc[::-1], middle, arc])


def _round_ends(path: Array, sizes: Array, flat: float) -> tuple[Array, Array]:
    """Add rings that close both ends as half ellipsoids."""
    t = np.linspace(0, np.pi / 2, 7)[:-1]
    first, last = path[0] - path[1], path[-1] - path[-2]
    first, last = first / np.linalg.norm(first), last / np.linalg.norm(last)
    depth = min(flat, 1.0)
    head = path[0] + first * (sizes[0] * depth * np.cos(t))[:, None]
    tail = (path[-1] + last * (sizes[-1] * depth * np.cos(t))[:, None])[::-1]
    rings = np.concatenate([sizes[0] * np.sin(t), sizes, (sizes[-1] * np.sin(t))[::-1]])
    return np.concatenate([head, path, tail]), rings


def _frames(path: Array, closed: bool) -> tuple[Array, Array]:
    """Side and up vectors along a path, carried without twist (parallel transport), up near +z at the start."""
    ahead = np.roll(path, -1, 0) - np.roll(path, 1, 0) if closed else np.gradient(path, axis=0)
    ahead /= np.maximum(np.linalg.norm(ahead, axis=1, keepdims=True), 1e-12)
    guess = np.array([0, 0, 1.0]) if abs(ahead[0, 2]) < 0.9 else np.array([0, 1.0, 0])
    ups = []
    for direction in ahead:
        guess = guess - direction * (guess @ direction)
        guess = guess / np.linalg.norm(guess)
        ups.append(guess)
    up = np.stack(ups)
    side = np.cross(up, ahead)
    if not closed:
        return side, up
    last = up[-1] - ahead[0] * (up[-1] @ ahead[0])
    slip = np.arctan2(last @ side[0], last @ up[0])  # turn gained on the way round, given back evenly
    back = slip * np.linspace(0, 1, len(path))[:, None]
    return side * np.cos(back) + up * np.sin(back), up * np.cos(back) - side * np.sin(back)


def _closing_faces(rows: int, columns: int) -> NDArray[np.int64]:
    """Triangles from the last ring of a closed tube back to its first."""
    a = np.arange(columns - 1) + (rows - 1) * columns
    first = np.arange(columns - 1)
    return np.concatenate([np.stack([a, a + 1, first + 1], 1), np.stack([a, first + 1, first], 1)])
