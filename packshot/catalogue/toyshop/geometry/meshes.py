"""The Mesh: triangles with smooth normals and, where a picture is printed on it, texture coordinates."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from packshot.errors import MissingExtra

if TYPE_CHECKING:
    import trimesh

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Mesh:
    """vertices, normals: (n, 3) cm and unit vectors; faces: (m, 3) int, counter-clockwise; uv: (n, 2) or None."""

    vertices: Array
    faces: NDArray[np.int64]
    normals: Array
    uv: Array | None = None

    def moved(self, x: float = 0, y: float = 0, z: float = 0) -> Mesh:
        """Shifted by (x, y, z) cm."""
        return replace(self, vertices=self.vertices + np.array([x, y, z]))

    def turned(self, rotation: Array) -> Mesh:
        """Turned about the origin by a 3x3 rotation."""
        return replace(self, vertices=self.vertices @ rotation.T, normals=self.normals @ rotation.T)

    def sized(self, factor: float) -> Mesh:
        """Scaled about the origin."""
        return replace(self, vertices=self.vertices * factor)

    @property
    def low(self) -> Array:
        """Lowest corner of the bounding box, (3,)."""
        return np.asarray(self.vertices.min(0))

    @property
    def high(self) -> Array:
        """Highest corner of the bounding box, (3,)."""
        return np.asarray(self.vertices.max(0))

    def trimesh(self) -> trimesh.Trimesh:
        """As a trimesh with coincident vertices merged (seams of the texture closed)."""
        try:
            import trimesh
        except ImportError as missing:
            raise MissingExtra("trimesh", "synth", "checking toyshop meshes") from missing
        whole = trimesh.Trimesh(self.vertices.round(7), self.faces, process=False)
        whole.merge_vertices(merge_tex=True, merge_norm=True)
        whole.update_faces(whole.nondegenerate_faces())
        return whole


def merge(meshes: list[Mesh]) -> Mesh:
    """Several meshes as one (texture coordinates are dropped unless all have them)."""
    starts = np.cumsum([0] + [len(m.vertices) for m in meshes[:-1]])
    uvs = [m.uv for m in meshes if m.uv is not None]
    return Mesh(
        np.concatenate([m.vertices for m in meshes]),
        np.concatenate([m.faces + start for m, start in zip(meshes, starts, strict=True)]),
        np.concatenate([m.normals for m in meshes]),
        np.concatenate(uvs) if len(uvs) == len(meshes) else None,
    )


def project_print(mesh: Mesh, centre: ArrayLike, right: ArrayLike, up: ArrayLike, size: tuple[float, float]) -> Mesh:
    """Give texture coordinates by throwing a picture straight onto the mesh, as a pad printer does.

    centre: where the middle of the picture falls, cm. right, up: its directions. size: width and height, cm.
    Only faces turned towards the printer get it (and only those in front of the centre plane minus the larger side):
    the others lie outside the picture (coordinates -1). Vertices on the border are doubled.
    """
    x, y = (np.asarray(v, float) / np.linalg.norm(v) for v in (right, up))
    facing = mesh.normals @ np.cross(x, y) > 0.15
    offset = mesh.vertices - np.asarray(centre, float)
    facing &= np.abs(offset @ np.cross(x, y)) < max(size)
    printed = facing[mesh.faces].all(1)
    n = len(mesh.vertices)
    uv = np.stack([offset @ x / size[0] + 0.5, offset @ y / size[1] + 0.5], 1)
    faces = np.concatenate([mesh.faces[printed], mesh.faces[~printed] + n])
    vertices, normals = np.concatenate([mesh.vertices] * 2), np.concatenate([mesh.normals] * 2)
    used, compact = np.unique(faces, return_inverse=True)
    both = np.concatenate([uv, np.full((n, 2), -1.0)])
    return Mesh(vertices[used], compact.reshape(-1, 3), normals[used], both[used])


def vertex_normals(vertices: Array, faces: NDArray[np.int64]) -> Array:
    """Area-weighted smooth normals, (n, 3)."""
    a, b, c = (vertices[faces[:, i]] for i in range(3))
    weighted = np.cross(b - a, c - a)
    total = np.stack([np.bincount(faces.ravel(), np.repeat(weighted[:, i], 3), len(vertices)) for i in range(3)], 1)
    return np.asarray(total / np.maximum(np.linalg.norm(total, axis=1, keepdims=True), 1e-12))


def grid_faces(rows: int, columns: int) -> NDArray[np.int64]:
    """Triangles of a grid of rows x columns vertices in row-major order; normal = columns x rows direction."""
    i = np.arange(rows * columns).reshape(rows, columns)
    a, b, c, d = i[:-1, :-1].ravel(), i[:-1, 1:].ravel(), i[1:, 1:].ravel(), i[1:, :-1].ravel()
    return np.concatenate([np.stack([a, b, c], 1), np.stack([a, c, d], 1)])
