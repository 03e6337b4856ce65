"""What toys are made of: a literal table of finishes, and the small unevenness that keeps a surface from looking drawn.

Colour, roughness and bumps vary over the surface as solid noise, evaluated at the vertices (the meshes are about as
fine as the pixels), so they have no seams and need no texture coordinates. The reflection model is Mitsuba's
`principled` (B. Burley, Physically Based Shading at Disney, 2012).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from packshot.catalogue.toyshop.geometry.noise import Points, Values, fractal_noise, vector_noise
from packshot.catalogue.toyshop.geometry.parts import Part
from packshot.catalogue.toyshop.paint.grain import wood_grain
from packshot.catalogue.toyshop.paint.palette import decode, linear

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Finish:
    """roughness: 0 mirror to 1 chalk, with its `spread`. waves: (slope, cm) of long unevenness; pores: of the fine one.

    mottle: how much the colour varies (share). wood: how strongly grain shows in colour; fuzz: length of fibres, cm.
    """

    roughness: float
    spread: float = 0.05
    specular: float = 0.5
    coat: float = 0.0
    sheen: float = 0.0
    metallic: float = 0.0
    transmission: float = 0.0
    waves: tuple[float, float] = (0.0, 1.0)
    pores: tuple[float, float] = (0.0, 0.1)
    mottle: float = 0.03
    wood: float = 0.0
    fuzz: float = 0.0


FINISHES: dict[str, Finish] = {
    "glossy plastic": Finish(0.17, 0.05, coat=0.3, waves=(0.012, 1.6), pores=(0.006, 0.12)),
    "matte plastic": Finish(0.46, 0.06, specular=0.4, waves=(0.01, 1.5), pores=(0.05, 0.06)),
    "painted wood": Finish(0.36, 0.09, coat=0.15, waves=(0.02, 1.2), pores=(0.03, 0.12), mottle=0.06, wood=0.12),
    "lacquered wood": Finish(0.22, 0.06, coat=0.6, waves=(0.016, 1.4), pores=(0.012, 0.15), mottle=0.05, wood=0.06),
    "raw wood": Finish(0.55, 0.08, specular=0.3, waves=(0.02, 1.0), pores=(0.05, 0.1), mottle=0.06, wood=1.0),
    "varnished wood": Finish(0.32, 0.08, coat=0.5, waves=(0.016, 1.0), pores=(0.03, 0.1), mottle=0.06, wood=1.0),
    "metal": Finish(0.26, 0.07, metallic=1.0, waves=(0.012, 1.4), pores=(0.02, 0.1), mottle=0.04),
    "painted tin": Finish(0.2, 0.07, coat=0.5, waves=(0.02, 1.8), pores=(0.008, 0.12)),
    "rubber": Finish(0.5, 0.08, specular=0.35, waves=(0.012, 1.2), pores=(0.035, 0.08), mottle=0.05),
    "felt": Finish(0.9, 0.02, specular=0.15, sheen=0.6, waves=(0.08, 0.5), pores=(0.35, 0.05), mottle=0.14),
    "cotton": Finish(0.85, 0.03, specular=0.2, sheen=0.4, waves=(0.03, 1.2), pores=(0.1, 0.05), mottle=0.03),
    "plush": Finish(0.95, 0.0, specular=0.1, sheen=0.5, waves=(0.1, 0.6), mottle=0.16, fuzz=0.55),
    "short plush": Finish(0.95, 0.0, specular=0.1, sheen=0.5, waves=(0.1, 0.6), mottle=0.12, fuzz=0.22),
    "translucent plastic": Finish(0.16, 0.04, transmission=0.75, waves=(0.014, 1.4), pores=(0.006, 0.12)),
}


@dataclass(frozen=True, eq=False)
class Surface:
    """What the renderer needs at each vertex: linear colour (n, 3), roughness (n,), shading normal (n, 3)."""

    colours: Array
    roughness: Values
    normals: Array


def dress(part: Part, seed: int) -> Surface:
    """Colour, roughness and shading normals of a part with the unevenness of its finish."""
    finish, points = FINISHES[part.material], part.mesh.vertices
    shade = 1 + finish.mottle * fractal_noise(points / 1.7 + seed % 97, seed, 2)
    colours = linear(part.colour)[None, :] * shade[:, None]
    roughness = finish.roughness + finish.spread * fractal_noise(points / 1.1 + 31, seed + 7, 2)
    if finish.wood:
        tone, fibre = wood_grain(points, np.array(part.grain), seed)
        dark = finish.wood * (0.42 * tone + 0.25 * fibre)
        colours = colours * np.exp(-dark[:, None] * np.array([0.75, 1.15, 1.75]))
        roughness = roughness + 0.08 * finish.wood * tone
    normals = part.mesh.normals + _slopes(points, finish, seed)
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    return Surface(np.clip(colours, 0.003, 0.92), np.clip(roughness, 0.06, 1), normals)


def reflection(
    material: str, print_texture: dict[str, Any] | None = None, cover: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Mitsuba BSDF dictionary of a finish that reads `vertex_color` and `vertex_rough`.

    print_texture, cover: colour and opacity bitmaps of a printed picture laid over it.
    """
    finish = FINISHES[material]
    base = _principled(finish, _attribute("vertex_color"), _attribute("vertex_rough"))
    if print_texture is None or cover is None:
        return base
    ink = _principled(finish, print_texture, min(finish.roughness + 0.06, 1.0))
    return {"type": "blendbsdf", "weight": cover, "first": base, "second": ink}


def fibre_reflection(colour: NDArray[np.float64]) -> dict[str, Any]:
    """Mitsuba BSDF of plush fibres: matt with sheen, brighter than the cloth they grow from."""
    return {
        "type": "principled",
        "base_color": {"type": "rgb", "value": [float(c) for c in np.clip(colour, 0.003, 0.92)]},
        "roughness": 0.75,
        "specular": 0.25,
        "sheen": 0.8,
    }


def stain(encoded: NDArray[Any]) -> NDArray[np.float64]:
    """sRGB picture (h, w, 3) to linear reflectance that no paint exceeds."""
    return np.clip(decode(encoded), 0.003, 0.9)


def _principled(finish: Finish, colour: dict[str, Any], roughness: Any) -> dict[str, Any]:
    bsdf: dict[str, Any] = {
        "type": "principled",
        "base_color": colour,
        "roughness": roughness,
        "specular": finish.specular,
        "metallic": finish.metallic,
        "clearcoat": finish.coat,
        "clearcoat_gloss": 0.93,
        "sheen": finish.sheen,
    }
    return {**bsdf, "spec_trans": finish.transmission} if finish.transmission else bsdf


def _slopes(points: Points, finish: Finish, seed: int) -> Array:
    total = np.zeros_like(points)
    for shift, (slope, length) in enumerate((finish.waves, finish.pores)):
        if slope:
            total += slope * vector_noise(points / length * 2 + 13 * shift, seed + 20 + shift)
    return total


def _attribute(name: str) -> dict[str, Any]:
    return {"type": "mesh_attribute", "name": name}
