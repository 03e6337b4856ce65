"""What the product stands on, as meshes with bitmaps: sweep of paper, planks, cloth, a sheet on a desk.

All of them are exactly z = 0 under the product and nowhere above it in front of it, so that the matte of the product
alone is the matte of the photo.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from packshot.catalogue.toyshop.geometry.meshes import Array, Mesh, grid_faces, vertex_normals
from packshot.catalogue.toyshop.geometry.shapes import rounded_box
from packshot.catalogue.toyshop.paint import textures
from packshot.catalogue.toyshop.paint.textures import Texture
from packshot.catalogue.toyshop.studio.setup import Studio


@dataclass(frozen=True, eq=False)
class Backdrop:
    """One surface of the set. repeat: how often its texture repeats over [0, 1] of uv. bump: relief, share of truth."""

    name: str
    mesh: Mesh
    texture: Texture
    roughness: float
    repeat: tuple[float, float] = (1.0, 1.0)
    bump: float = 1.0


def build_ground(studio: Studio, reach: float, pixels: int) -> list[Backdrop]:
    """The set of a studio for a product reaching `reach` cm from the origin; pixels: wished texture side."""
    rng = np.random.default_rng(studio.seed + 1)
    if studio.ground == "sweep":
        mesh = _sweep(reach)
        texture = textures.paper(rng, (pixels, pixels), studio.ground_colour, (230, 180))
        return [Backdrop("sweep", mesh, texture, 0.75, bump=0.6)]
    if studio.ground == "fabric":
        cloth = textures.linen(rng, (pixels // 2, pixels // 2), 170, studio.ground_colour)
        return [Backdrop("fabric", _cloth(studio, reach), cloth, 0.9, (10.0, 10.0)), _wall(rng, "cream")]
    size = (90.0, 120.0)
    wood = textures.planks(rng, (int(pixels * 1.1), int(pixels * 1.5)), size, studio.ground_colour)
    table = Backdrop("table", _slab(size), wood, 0.4)
    if studio.ground == "table":
        return [table, _wall(rng, "cream")]
    sheet = textures.paper(rng, (pixels // 2, pixels // 2), "white", (30, 42))
    lowered = Backdrop("table", table.mesh.moved(z=-0.04), wood, 0.4)
    return [lowered, Backdrop("sheet", _sheet(studio, reach), sheet, 0.7, bump=0.3), _wall(rng, "cream")]


def _sweep(reach: float) -> Mesh:
    """Paper that runs from under the product up a wall in one curve."""
    start, radius = max(1.2 * reach, 14.0), 22.0
    bend = np.linspace(0, np.pi / 2, 40)[1:]
    floor = np.stack([np.linspace(-110, start, 60), np.zeros(60)], 1)
    arc = np.stack([start + radius * np.sin(bend), radius * (1 - np.cos(bend))], 1)
    wall = np.stack([np.full(20, start + radius), np.linspace(radius + 5, 140, 20)], 1)
    return _drape(np.concatenate([floor, arc, wall]), np.linspace(-100, 100, 40))


def _drape(path: Array, x: Array) -> Mesh:
    """A sheet with the section `path` (n, 2) of (y, z), drawn out along x."""
    rows, columns = len(path), len(x)
    vertices = np.empty((rows, columns, 3))
    vertices[..., 0], vertices[..., 1], vertices[..., 2] = x, path[:, :1], path[:, 1:]
    length = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(path, axis=0), axis=1))])
    uv = np.stack(np.broadcast_arrays((x - x[0]) / np.ptp(x), (length / length[-1])[:, None]), -1)
    return _grid(vertices, uv)


def _cloth(studio: Studio, reach: float) -> Mesh:
    """A table cloth: flat under the product, soft folds around it that never rise above the table."""
    rng = np.random.default_rng(studio.seed + 2)
    y, x = np.mgrid[-70:80:260j, -85:85:300j]
    wave = np.zeros_like(x)
    for _ in range(7):
        angle, length = rng.uniform(0.2, 1.2), rng.uniform(9, 30)
        along = (x * np.cos(angle) + y * np.sin(angle)) / length * 2 * np.pi + rng.uniform(0, 6.3)
        wave += 0.025 * length * (np.sin(along + 0.8 * np.sin(y / 11)) - 1) / 2
    calm = np.clip((np.hypot(x, y) - 1.15 * reach) / (0.8 * reach + 6), 0, 1)
    z = 0.55 * wave * calm**2 * (3 - 2 * calm)
    uv = np.stack([(x + 85) / 170, (y + 70) / 150], -1)
    return _grid(np.stack([x, y, z], -1), uv)


def _slab(size: tuple[float, float]) -> Mesh:
    """The top of a table, with a rounded far edge; its texture lies on the top face."""
    depth, width = size
    box = rounded_box(width, depth, 3.0, 0.25, 6.0)
    uv = np.stack([box.vertices[:, 0] / width + 0.5, box.vertices[:, 1] / depth + 0.5], 1)
    return Mesh(box.vertices, box.faces, box.normals, uv).moved(y=-depth / 2 + 42, z=-1.5)


def _sheet(studio: Studio, reach: float) -> Mesh:
    """A sheet of paper under the product, its far corners a little curled."""
    width, depth = max(42.0, 2.7 * reach), max(30.0, 2.2 * reach)
    y, x = np.mgrid[-depth * 0.62 : depth * 0.38 : 60j, -width / 2 : width / 2 : 80j]
    curl = np.clip((y + np.abs(x) * 0.5 - 0.42 * depth) / depth, 0, None)
    z = 14 * curl**2 * depth / 30
    uv = np.stack([x / width + 0.5, y / depth + 0.62], -1)
    turn = np.radians(4 * np.sin(studio.seed))
    x, y = x * np.cos(turn) - y * np.sin(turn), x * np.sin(turn) + y * np.cos(turn)
    return _grid(np.stack([x, y, z], -1), uv)


def _wall(rng: np.random.Generator, colour: str) -> Backdrop:
    """A plastered wall behind the table, out of focus."""
    x, z = np.linspace(-220, 220, 12), np.linspace(-60, 240, 12)
    path = np.stack([np.full(12, 130.0), z], 1)
    return Backdrop("wall", _drape(path, x), textures.paper(rng, (256, 256), colour, (300, 440)), 0.9, bump=0.0)


def _grid(vertices: Array, uv: Array) -> Mesh:
    rows, columns = vertices.shape[:2]
    flat = vertices.reshape(-1, 3)
    faces = grid_faces(rows, columns)
    return Mesh(flat, faces, vertex_normals(flat, faces), uv.reshape(-1, 2))
