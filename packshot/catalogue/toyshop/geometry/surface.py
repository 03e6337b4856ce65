"""From a signed distance field to a smooth triangle mesh.

Naive surface nets (S. Gibson, Constrained Elastic Surface Nets, 1998) on the leaves of an octree: one vertex in every
cell that the surface crosses, one quad around every crossed edge. Departures: only cells near the surface are ever
visited; a cell that two sheets of the surface cross has a vertex for each, so that the mesh stays a closed manifold;
and instead of relaxation each vertex is moved onto the true surface by Newton steps along the gradient, which also
gives exact normals.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from packshot.catalogue.toyshop.geometry.fields import Field
from packshot.catalogue.toyshop.geometry.meshes import Mesh
from packshot.catalogue.toyshop.geometry.noise import Points, Values

Cells = NDArray[np.int64]
OFFSETS = np.array([(i, j, k) for i in (0, 1) for j in (0, 1) for k in (0, 1)])
EDGES = [(a, a | bit) for a in range(8) for bit in (4, 2, 1) if not a & bit]
STEEP = 1.6  # fields may grow this much faster than distance and still be meshed without holes
BATCH = 65_536  # points per call of a field, so that its temporaries stay in the cache


def skin(field: Field, cell: float) -> Mesh:
    """Mesh the surface of a field with cells of `cell` cm. Details smaller than two cells are lost."""
    origin = np.array(field.low) - 2.02 * cell
    extent = float(np.max(np.array(field.high) - origin)) + 2.02 * cell
    depth = max(int(np.ceil(np.log2(extent / cell))), 2)
    cells = _leaves(field, origin, cell, depth)
    width = 2**depth + 2
    corner_cells = (cells[:, None, :] + OFFSETS).reshape(-1, 3)
    keys, where = np.unique(_key(corner_cells, width), return_inverse=True)
    values = _evaluate(field, _unkey(keys, width) * cell + origin)
    corners = values[where].reshape(-1, 8)  # (cells, 8)
    crossed = (corners < 0).any(1) & (corners >= 0).any(1)
    cells, corners = cells[crossed], corners[crossed]
    places, owner, vertex_of = _sheets(corners)
    vertices, normals = _settle(field, (cells[owner] + places) * cell + origin, cell)
    return Mesh(vertices, _quads(cells, corners, vertex_of, width), normals)


def _leaves(field: Field, origin: Points, cell: float, depth: int) -> Cells:
    """Cells of the finest level that may hold surface."""
    level = max(depth - 4, 0)  # begin with up to 16^3 cells
    side = np.arange(2 ** (depth - level))
    cells = np.stack(np.meshgrid(side, side, side, indexing="ij"), -1).reshape(-1, 3)
    while True:
        size = cell * 2**level
        value = _evaluate(field, (cells + 0.5) * size + origin)
        cells = cells[np.abs(value) < STEEP * size * np.sqrt(3) / 2]
        if level == 0:
            break
        cells, level = (cells[:, None, :] * 2 + OFFSETS).reshape(-1, 3), level - 1
    return np.asarray(cells, np.int64)


def _evaluate(field: Field, points: Points) -> Values:
    chunks = [field.at(points[i : i + BATCH]) for i in range(0, len(points), BATCH)]
    return np.concatenate(chunks) if chunks else np.zeros(0)


def _sheets(corners: Values) -> tuple[Points, Cells, Cells]:
    """Where the surface crosses each cell. corners: values at the 8 corners, (n, 8).

    Returns the vertices (m, 3) in cell units (mean of the crossings of one sheet), the cell of each (m,), and the
    vertex that belongs to each inner corner of each cell (n, 8).
    """
    label = _joined_corners(corners < 0)
    cells, inner, points = [], [], []
    for a, b in EDGES:
        cell = np.flatnonzero((corners[:, a] < 0) != (corners[:, b] < 0))
        t = corners[cell, a] / (corners[cell, a] - corners[cell, b])
        cells.append(cell)
        inner.append(np.where(corners[cell, a] < 0, a, b))
        points.append(OFFSETS[a] + t[:, None] * (OFFSETS[b] - OFFSETS[a]))
    cell, place = np.concatenate(cells), np.concatenate(points)
    keys, vertex = np.unique(cell * 8 + label[cell, np.concatenate(inner)], return_inverse=True)
    mean = np.stack([np.bincount(vertex, place[:, i]) for i in range(3)], 1) / np.bincount(vertex)[:, None]
    table = np.full(label.size, -1)
    table[keys] = np.arange(len(keys))
    return mean, keys // 8, table[np.arange(len(label))[:, None] * 8 + np.maximum(label, 0)]


def _joined_corners(inside: NDArray[np.bool_]) -> Cells:
    """The lowest inner corner that each inner corner reaches along inner edges of its cell; (n, 8)."""
    label = np.where(inside, np.arange(8), -1)
    for _ in range(3):
        for a, b in (*EDGES, *EDGES[::-1]):
            both = inside[:, a] & inside[:, b]
            low = np.minimum(label[:, a], label[:, b])
            label[:, a], label[:, b] = np.where(both, low, label[:, a]), np.where(both, low, label[:, b])
    return label


def _settle(field: Field, points: Points, cell: float) -> tuple[Points, Points]:
    """Move points onto the surface; give them and their unit normals."""
    step = 0.02 * cell
    for _ in range(3):
        value, slope = _evaluate(field, points), _gradient(field, points, step)
        square = np.maximum((slope**2).sum(1), 0.05)
        shift = slope * (value / square)[:, None]
        length = np.linalg.norm(shift, axis=1, keepdims=True)
        points = points - shift * np.minimum(1, 0.5 * cell / np.maximum(length, 1e-12))
    slope = _gradient(field, points, 0.1 * cell)
    return points, slope / np.maximum(np.linalg.norm(slope, axis=1, keepdims=True), 1e-12)


def _gradient(field: Field, points: Points, step: float) -> Points:
    """Gradient by four points of a tetrahedron."""
    total = np.zeros_like(points)
    for corner in ((1, 1, 1), (1, -1, -1), (-1, 1, -1), (-1, -1, 1)):
        total += np.array(corner) * _evaluate(field, points + step * np.array(corner))[:, None]
    return total / (4 * step)


def _quads(cells: Cells, corners: Values, vertex_of: Cells, width: int) -> NDArray[np.int64]:
    """Two triangles around every crossed lattice edge, facing outwards."""
    keys = _key(cells, width)
    order = np.argsort(keys)
    found = []
    for axis, bit in enumerate((4, 2, 1)):
        first = corners[:, 0] < 0
        crossed = first != (corners[:, bit] < 0)
        start, outward = cells[crossed], first[crossed]  # edge from the cell's first corner along the axis
        u, v = np.zeros(3, int), np.zeros(3, int)
        u[(axis + 1) % 3], v[(axis + 2) % 3] = 1, 1
        ring = []
        for shift in (0 * u, u, u + v, v):
            cell = _find(keys, order, _key(start - shift, width))
            corner = int(shift @ (4, 2, 1)) + np.where(outward, 0, bit)  # the inner end of the edge, seen from there
            ring.append(vertex_of[cell, corner])
        quad = np.stack(ring, 1)
        quad[~outward] = quad[~outward][:, ::-1]
        found += [quad[:, [0, 1, 2]], quad[:, [0, 2, 3]]]
    return np.concatenate(found)


def _find(keys: NDArray[np.int64], order: NDArray[np.int64], wanted: NDArray[np.int64]) -> NDArray[np.int64]:
    place = np.searchsorted(keys, wanted, sorter=order)
    index = order[np.minimum(place, len(order) - 1)]
    assert (keys[index] == wanted).all(), "a cell around a crossed edge was pruned: field steeper than STEEP allows"
    return index


def _key(cells: Cells, width: int) -> NDArray[np.int64]:
    return (cells[:, 0] * width + cells[:, 1]) * width + cells[:, 2]


def _unkey(keys: NDArray[np.int64], width: int) -> Cells:
    return np.stack([keys // width**2, keys // width % width, keys % width], 1)
