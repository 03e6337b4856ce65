"""From a signed distance field to a smooth triangle mesh.

Naive surface nets (S. Gibson, Constrained Elastic Surface Nets, 1998) on the leaves of an octree: one vertex in every
cell that the surface crosses, one quad around every crossed edge. Departures: only cells near the surface are ever
visited, and instead of relaxation each vertex is moved onto the true surface by Newton steps along the gradient, which
also gives exact normals.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from packshot.catalogue.toyshop.fields import Field
from packshot.catalogue.toyshop.meshes import Mesh
from packshot.catalogue.toyshop.noise import Points, Values

Cells = NDArray[np.int64]
OFFSETS = np.array([(i, j, k) for i in (0, 1) for j in (0, 1) for k in (0, 1)])
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
    start = (cells + _edge_mean(corners)) * cell + origin
    vertices, normals = _settle(field, start, cell)
    return Mesh(vertices, _quads(cells, corners, width), normals)


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


def _edge_mean(corners: Values) -> Points:
    """Mean of the crossing points on the 12 edges of each cell, in cell units. corners: (n, 8) -> (n, 3)."""
    total, count = np.zeros((len(corners), 3)), np.zeros(len(corners))
    for a in range(8):
        for axis_bit in (4, 2, 1):
            if a & axis_bit:
                continue
            va, vb = corners[:, a], corners[:, a | axis_bit]
            crossed = (va < 0) != (vb < 0)
            t = np.where(crossed, va / np.where(crossed, va - vb, 1), 0)
            point = OFFSETS[a] + t[:, None] * (OFFSETS[a | axis_bit] - OFFSETS[a])
            total += point * crossed[:, None]
            count += crossed
    return total / count[:, None]


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


def _quads(cells: Cells, corners: Values, width: int) -> NDArray[np.int64]:
    """Two triangles around every crossed lattice edge, facing outwards."""
    keys = _key(cells, width)
    order = np.argsort(keys)
    found = []
    for axis, bit in enumerate((4, 2, 1)):
        inside_first, inside_last = corners[:, 0] < 0, corners[:, bit] < 0
        start = cells[inside_first != inside_last]  # edge from the cell's first corner along the axis
        outward = inside_first[inside_first != inside_last]
        u, v = np.zeros(3, int), np.zeros(3, int)
        u[(axis + 1) % 3], v[(axis + 2) % 3] = 1, 1
        ring = [_find(keys, order, _key(start - shift, width)) for shift in (0 * u, u, u + v, v)]
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
