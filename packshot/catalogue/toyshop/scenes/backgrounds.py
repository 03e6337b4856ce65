"""The set of a picture: what the product stands on and what is behind it. All is z = 0 under the product."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from packshot.catalogue.toyshop.geometry.meshes import Array, Mesh, grid_faces, vertex_normals
from packshot.catalogue.toyshop.paint import textures
from packshot.catalogue.toyshop.paint.palette import linear
from packshot.catalogue.toyshop.paint.textures import Texture
from packshot.catalogue.toyshop.scenes.description import Background, Description
from packshot.catalogue.toyshop.studio.grounds import Backdrop, build_ground
from packshot.catalogue.toyshop.studio.setup import Ground, Studio

GROUNDS: dict[str, Ground] = {"white sweep": "sweep", "colour sweep": "sweep", "wood": "table", "fabric": "fabric"}


def studio_of(description: Description) -> Studio:
    """The set-up in the terms of `studio.setup`."""
    view, light, back = description.view, description.light, description.background
    return Studio(
        light=light.kind,  # type: ignore[arg-type]
        ground=GROUNDS.get(back.kind, "table"),
        ground_colour=back.paint,
        azimuth=view.azimuth,
        elevation=view.elevation,
        focal_mm=view.focal_mm,
        f_number=14.0,
        fill=view.fill,
        offset=view.offset,
        side=light.side,
        height=light.height,
        ambient=light.ambient,
        kelvin=light.kelvin,
        lamp=light.lamp,
        seed=back.seed % 2**20,
    )


def build_set(description: Description, studio: Studio, reach: float, pixels: int) -> list[Backdrop]:
    """Surfaces of the set for a product that reaches `reach` cm from its middle."""
    back = description.background
    rng = np.random.default_rng([40, back.seed])
    if back.kind == "fabric":
        cloth = textures.linen(rng, (pixels, pixels), 170, back.paint)
        return [Backdrop("fabric", _cloth(rng, reach), cloth, 0.9, (10.0, 10.0)), _wall(rng, _wall_tone(rng), 110.0)]
    if back.kind == "room":
        return _room(rng, back, reach, pixels)
    if back.kind == "wood":
        size = (150.0, 170.0)
        wood = textures.planks(rng, (int(pixels * 1.2), int(pixels * 1.4)), size, back.paint)
        return [Backdrop("table", _slab(size, 70.0), wood, 0.42), _wall(rng, _wall_tone(rng), 100.0)]
    (sweep,) = build_ground(studio, reach, 64)
    return [replace(sweep, texture=_card(rng, pixels, back.paint), bump=0.0)]


def _card(rng: np.random.Generator, pixels: int, colour: str) -> Texture:
    """Card from a roll: nearly even."""
    cloud = textures.noise_map(rng, (pixels, pixels), (6, 5)) + 0.6 * textures.noise_map(
        rng, (pixels, pixels), (40, 40)
    )
    shade = linear(colour) * (1 + 0.012 * cloud[..., None])
    return Texture(np.clip(shade, 0.01, 0.9).astype(np.float32), np.zeros((pixels, pixels), np.float32))


def _wall_tone(rng: np.random.Generator) -> str:
    return str(rng.choice(["#e4dccd", "#cfd6da", "#d9cfc4", "#c9d1c3"]))


def _cloth(rng: np.random.Generator, reach: float) -> Mesh:
    """A table cloth: flat under the product, soft folds around it that never rise above the table."""
    y, x = np.mgrid[-70:110:72j, -110:110:80j]
    wave = np.zeros_like(x)
    for _ in range(6):
        angle, length = rng.uniform(0.2, 1.2), rng.uniform(12, 34)
        along = (x * np.cos(angle) + y * np.sin(angle)) / length * 2 * np.pi + rng.uniform(0, 6.3)
        wave += 0.03 * length * (np.sin(along + 0.8 * np.sin(y / 11)) - 1) / 2
    calm = np.clip((np.hypot(x, y) - 1.15 * reach) / (0.8 * reach + 6), 0, 1)
    return _grid(np.stack([x, y, 0.6 * wave * calm**2 * (3 - 2 * calm)], -1))


def _slab(size: tuple[float, float], back: float) -> Mesh:
    """A flat top; its far edge `back` cm behind the product."""
    depth, width = size
    y, x = np.mgrid[back - depth : back : 9j, -width / 2 : width / 2 : 9j]
    return _grid(np.stack([x, y, 0 * x], -1))


def _wall(rng: np.random.Generator, colour: str, away: float) -> Backdrop:
    """A plastered wall."""
    z, x = np.mgrid[-60:260:10j, -260:260:10j]
    card = textures.paper(rng, (128, 128), colour, (320, 520))
    return Backdrop("wall", _grid(np.stack([x, away + 0 * x, z], -1)), card, 0.9, bump=0.0)


def _room(rng: np.random.Generator, back: Background, reach: float, pixels: int) -> list[Backdrop]:
    """A corner of a home: boards or rug on the floor, a wall with skirting, a picture, a shelf with boxes."""
    away = float(rng.uniform(40, 75)) + 1.5 * reach
    size = (away + 110.0, 240.0)
    tone = str(rng.choice(["#c79c6b", "#a67a50", "#dcc3a0", "#8a6142"]))
    boards = textures.planks(rng, (int(pixels * 1.4), int(pixels * 1.6)), size, tone)
    things = [Backdrop("floor", _slab(size, away), boards, 0.4), _wall(rng, back.paint, away)]
    if rng.uniform() < 0.45:
        rug = textures.linen(rng, (pixels, pixels), 90, str(rng.choice(["#d8cdb8", "#b9c3cc", "#d7b8ae", "#c8cfae"])))
        y, x = np.mgrid[-60 : min(1.1 * reach + 14, away - 4) : 8j, -80:80:8j]
        things += [Backdrop("rug", _grid(np.stack([x, y, 0 * x], -1)), rug, 0.95, (6.0, 6.0))]
        things[0] = Backdrop("floor", things[0].mesh.moved(z=-0.4), boards, 0.4)
    things += [_box(rng, (0, away - 0.8, 4.0), (240, 1.5, 8), "#efece4")]
    for _ in range(int(rng.integers(1, 4))):
        x, wide, tall = rng.uniform(-45, 45), rng.uniform(10, 24), rng.uniform(12, 30)
        z = rng.uniform(22, 46) + tall / 2
        paint = str(rng.choice(["#8ba3b5", "#c9a58f", "#a9b59a", "#d9c9a4", "#7d8791", "#e5dfd3"]))
        things += [_box(rng, (x, away - 0.6, z), (wide, 1.0, tall), "#f1eee7")]
        things += [_box(rng, (x, away - 1.2, z), (wide * 0.8, 0.6, tall * 0.8), paint)]
    for _ in range(int(rng.integers(0, 3))):
        x, side = rng.choice([-1, 1]) * rng.uniform(1.6 * reach + 6, 60), rng.uniform(8, 18)
        paint = str(rng.choice(["#b5876a", "#9db0a2", "#c8b391", "#8f9bb0", "#d3a9a0"]))
        things += [_box(rng, (float(x), away - side * 0.8, side / 2), (side * 1.1, side, side), paint)]
    return things


def _box(
    rng: np.random.Generator, at: tuple[float, float, float], size: tuple[float, float, float], paint: str
) -> Backdrop:
    """A plain box of the furniture: front, top and both sides."""
    (x, y, z), (a, b, c) = at, np.array(size) / 2
    loops = [
        [(-a, -b, -c), (a, -b, -c), (-a, -b, c), (a, -b, c)], [(-a, -b, c), (a, -b, c), (-a, b, c), (a, b, c)],
        [(-a, b, -c), (-a, -b, -c), (-a, b, c), (-a, -b, c)], [(a, -b, -c), (a, b, -c), (a, -b, c), (a, b, c)],
    ]  # fmt: skip
    points = np.array([p for loop in loops for p in loop], float) + np.array([x, y, z])
    faces = np.concatenate([np.array([[0, 1, 3], [0, 3, 2]]) + 4 * k for k in range(4)])
    uv = np.tile([[0.0, 0], [1, 0], [0, 1], [1, 1]], (4, 1))
    shade = textures.paper(rng, (32, 32), paint, (30, 30))
    plain = Texture(shade.colour, np.zeros_like(shade.height))
    return Backdrop("box", Mesh(points, faces, vertex_normals(points, faces), uv), plain, 0.8, bump=0.0)


def _grid(vertices: Array) -> Mesh:
    rows, columns = vertices.shape[:2]
    v, u = np.mgrid[0 : 1 : rows * 1j, 0 : 1 : columns * 1j]
    flat, faces = vertices.reshape(-1, 3), grid_faces(rows, columns)
    return Mesh(flat, faces, vertex_normals(flat, faces), np.stack([u, v], -1).reshape(-1, 2))
