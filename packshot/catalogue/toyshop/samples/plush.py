"""The pile of plush: many short curved fibres that grow out of a mesh, combed a little and tousled by noise."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from packshot.catalogue.toyshop.geometry.meshes import Array
from packshot.catalogue.toyshop.geometry.noise import vector_noise
from packshot.catalogue.toyshop.geometry.parts import Part
from packshot.catalogue.toyshop.paint.palette import linear
from packshot.catalogue.toyshop.samples.finishes import FINISHES

DENSITY = 260  # fibres a square centimetre
SHADES = (0.8, 1.0, 1.22)


def fibres(part: Part, turn: Array, seed: int) -> list[tuple[str, NDArray[np.float64]]]:
    """Fibres of a part as (text of a B-spline curve file, linear colour), one entry a shade; none if it has no pile.

    turn: 3x3 rotation applied afterwards. Text: one control point `x y z radius` a line, fibres parted by empty lines.
    """
    length = FINISHES[part.material].fuzz
    if not length:
        return []
    rng = np.random.default_rng(seed)
    roots, normals = scatter(part, rng)
    droop = np.array([0, 0, -0.5])
    lean = normals + 0.55 * vector_noise(roots / 0.8, seed) + 0.4 * rng.normal(size=roots.shape) + droop * 0.4
    lean -= np.minimum((lean * normals).sum(1, keepdims=True) - 0.35, 0) * normals
    lean /= np.linalg.norm(lean, axis=1, keepdims=True)
    size = length * rng.uniform(0.55, 1.1, (len(roots), 1))
    curl = 0.35 * rng.normal(size=roots.shape) + droop * 0.5
    steps = np.array([-0.35, 0.0, 0.4, 0.75, 1.0])[None, :, None]
    points = roots[:, None] + size[:, None] * (
        steps * lean[:, None] + (np.maximum(steps, 0) ** 2) * 0.4 * curl[:, None]
    )
    points[..., 2] = np.maximum(points[..., 2], 0.02)
    radius = np.broadcast_to(np.array([0.016, 0.016, 0.014, 0.011, 0.006]), points.shape[:2])
    rows = np.concatenate([points @ turn.T, radius[..., None]], -1)
    shade = rng.integers(len(SHADES), size=len(roots))
    colour = linear(part.colour)
    return [(_text(rows[shade == i]), colour * factor) for i, factor in enumerate(SHADES)]


def scatter(part: Part, rng: np.random.Generator) -> tuple[Array, Array]:
    """Points spread evenly over a mesh with their normals, (n, 3) each."""
    mesh = part.mesh
    a, b, c = (mesh.vertices[mesh.faces[:, i]] for i in range(3))
    area = np.linalg.norm(np.cross(b - a, c - a), axis=1) / 2
    face = rng.choice(len(area), int(area.sum() * DENSITY), p=area / area.sum())
    u, v = rng.uniform(size=(2, len(face), 1))
    u, v = np.where(u + v > 1, 1 - u, u), np.where(u + v > 1, 1 - v, v)
    normals = (1 - u - v) * mesh.normals[mesh.faces[face, 0]] + u * mesh.normals[mesh.faces[face, 1]]
    normals = normals + v * mesh.normals[mesh.faces[face, 2]]
    return a[face] + u * (b - a)[face] + v * (c - a)[face], normals / np.linalg.norm(normals, axis=1, keepdims=True)


def _text(rows: Array) -> str:
    lines = [" ".join(f"{x:.4f}" for x in point) for fibre in rows for point in (*fibre, ())]
    return "\n".join(lines) + "\n"
