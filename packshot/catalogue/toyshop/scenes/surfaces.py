"""How the world's materials look: reflection models, grain, speckles, pile and prints, all at the vertices.

Prints and grain are baked into vertex colours, so that the albedo layer and the picture read the same numbers.
Reflection is Mitsuba's `principled` (B. Burley, Physically Based Shading at Disney, 2012) and, for see-through
plastic, its thin variant.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from packshot.catalogue.toyshop.geometry.meshes import Array, Mesh
from packshot.catalogue.toyshop.geometry.noise import Points, Values, fractal_noise, value_noise, vector_noise
from packshot.catalogue.toyshop.geometry.parts import Part
from packshot.catalogue.toyshop.paint.grain import wood_grain
from packshot.catalogue.toyshop.paint.palette import decode, linear


@dataclass(frozen=True)
class Look:
    """roughness: 0 mirror to 1 chalk. grain: darkness of wood rings. specks: contrast of rubber granules.

    heather: strength of the shades in wool. bumps: (slope, cm) of the shading normal. pile: height of curls, cm.
    """

    roughness: float
    specular: float = 0.5
    coat: float = 0.0
    sheen: float = 0.0
    metallic: float = 0.0
    grain: float = 0.0
    specks: float = 0.0
    heather: float = 0.0
    bumps: tuple[float, float] = (0.0, 1.0)
    pile: float = 0.0
    thin: bool = False


LOOKS: dict[str, Look] = {
    "glossy plastic": Look(0.05, 0.8, coat=1.0),
    "matte plastic": Look(0.85, 0.12),
    "painted wood": Look(0.4, 0.4, coat=0.1, grain=1.0, bumps=(0.05, 0.8)),
    "raw wood": Look(0.62, 0.25, grain=1.3, bumps=(0.04, 0.9)),
    "metal": Look(0.16, metallic=1.0, bumps=(0.02, 1.5)),
    "rubber": Look(0.72, 0.2, specks=1.0, bumps=(0.05, 0.4)),
    "felt": Look(0.95, 0.08, sheen=0.9, heather=1.0, bumps=(0.22, 0.5), pile=0.07),
    "plush": Look(0.97, 0.05, sheen=0.8, bumps=(0.3, 0.55), pile=0.26),
    "translucent plastic": Look(0.12, thin=True),
    "cloth": Look(0.9, 0.1, sheen=0.4, bumps=(0.08, 0.8)),
    "fitting": Look(0.12, 0.5, coat=0.6),
}


def dress(part: Part, seed: int) -> tuple[Mesh, Array, Values]:
    """The part's mesh with the relief of its material, linear colours (n, 3) and roughness (n,) of its vertices."""
    look, mesh = LOOKS[part.material], part.mesh
    points = mesh.vertices
    paint = linear(part.colour)
    paint = paint**0.5 if look.thin else paint  # light passes two walls at least
    colours = np.repeat(paint[None], len(points), 0)
    shade = 1 + 0.03 * value_noise(points / 1.3 + seed % 97, seed)
    rough = np.full(len(points), look.roughness)
    if look.grain:
        dark, fibre = wood_grain(points * 0.5, np.array(part.grain), seed)  # broad rings, to be seen from afar
        colours = colours * np.exp(-(look.grain * (0.75 * dark + 0.22 * fibre))[:, None] * np.array([0.75, 1.0, 1.4]))
        rough = rough + 0.1 * dark
    if look.specks:
        colours = _speckled(colours, points, seed)
    if look.heather:
        colours = _heathered(colours, points, look.heather, seed)
    mesh, hollow = _with_pile(mesh, look, seed)
    colours = colours * (shade * hollow)[:, None]
    if part.picture is not None and part.mesh.uv is not None:
        ink, cover = _printed(part.picture, part.mesh.uv)
        colours = colours + cover[:, None] * (ink * np.minimum(shade * hollow, 1.0)[:, None] - colours)
    return mesh, np.clip(colours, 0.004, 0.9), np.clip(rough, 0.05, 1)


def _heathered(colours: Array, points: Points, strength: float, seed: int) -> Array:
    """Wool dyed in the fibre: paler and deeper shades of one colour carded together."""
    value = fractal_noise(points / 0.42, seed + 3, 2)
    pale = np.clip((value - 0.12) / 0.2, 0, 1)[:, None]
    deep = np.clip((-value - 0.16) / 0.2, 0, 1)[:, None]
    colours = colours + 0.8 * strength * pale * (colours**0.55 - colours)
    return np.asarray(colours * (1 - 0.5 * strength * deep))


def _speckled(colours: Array, points: Points, seed: int) -> Array:
    """Granules of pale and dark rubber pressed into the sheet."""
    value = value_noise(points / 0.42, seed + 11)
    pale = np.clip((value - 0.4) / 0.08, 0, 1)[:, None]
    dark = np.clip((-value - 0.46) / 0.08, 0, 1)[:, None]
    colours = colours + 0.55 * pale * (np.array([0.62, 0.6, 0.56]) - colours)
    return colours + 0.8 * dark * (np.array([0.025, 0.025, 0.028]) - colours)


def _with_pile(mesh: Mesh, look: Look, seed: int) -> tuple[Mesh, Values]:
    """Curls and fluff push the surface out; between them it is darker."""
    normals, hollow = mesh.normals, np.ones(len(mesh.vertices))
    slope, length = look.bumps
    vertices = mesh.vertices
    if look.pile:
        tuft = fractal_noise(vertices / (0.9 * length), seed + 5, 2)
        vertices = vertices + normals * (look.pile * tuft)[:, None]
        hollow = 1 + min(2.4 * look.pile, 0.75) * np.clip(tuft * 1.6, -0.8, 0.5)
        vertices[:, 2] = np.maximum(vertices[:, 2], 0.0)
    if slope:
        normals = normals + slope * vector_noise(mesh.vertices / (0.5 * length), seed + 7)
        normals = normals / np.linalg.norm(normals, axis=1, keepdims=True)
    return Mesh(vertices, mesh.faces, normals, mesh.uv), hollow


def _printed(picture: NDArray[np.float32], uv: Array) -> tuple[Array, Values]:
    """Linear ink (n, 3) and its cover (n,) at texture coordinates; none outside the picture."""
    h, w = picture.shape[:2]
    x = (uv[:, 0] * w - 0.5).astype(np.float32)
    y = ((1 - uv[:, 1]) * h - 0.5).astype(np.float32)
    found = np.empty((len(uv), 4), np.float32)
    for start in range(0, len(uv), 30_000):  # remap takes at most 32,767 rows
        chunk = slice(start, start + 30_000)
        found[chunk] = cv2.remap(
            picture, x[chunk, None], y[chunk, None], cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT
        )[:, 0]
    inside = (uv >= 0).all(1) & (uv <= 1).all(1)
    return np.clip(decode(found[:, :3].astype(float)), 0.004, 0.9), (found[:, 3] * inside).astype(float)


def reflection(material: str) -> dict[str, Any]:
    """Mitsuba BSDF dictionary that reads `vertex_color` and `vertex_rough` of the mesh."""
    look = LOOKS[material]
    colour, rough = ({"type": "mesh_attribute", "name": f"vertex_{name}"} for name in ("color", "rough"))
    if look.thin:
        return {
            "type": "principledthin", "base_color": colour, "roughness": look.roughness, "spec_trans": 0.72,
            "diff_trans": 1.2, "eta": 1.45,
        }  # fmt: skip
    return {
        "type": "principled", "base_color": colour, "roughness": rough, "specular": look.specular,
        "metallic": look.metallic, "clearcoat": look.coat, "clearcoat_gloss": 0.95, "sheen": look.sheen,
    }  # fmt: skip
