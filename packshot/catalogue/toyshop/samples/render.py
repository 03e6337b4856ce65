"""Path-traced pictures of toyshop products with Mitsuba 3 (`scalar_rgb`): the light, and the truth about it."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from packshot.catalogue.toyshop.geometry.fields import rotation
from packshot.catalogue.toyshop.geometry.meshes import Array, Mesh
from packshot.catalogue.toyshop.geometry.parts import Part, whole
from packshot.catalogue.toyshop.samples import finishes
from packshot.catalogue.toyshop.samples.plush import fibres
from packshot.catalogue.toyshop.studio.grounds import build_ground
from packshot.catalogue.toyshop.studio.renderer import bitmap, flat, load_backdrop, load_emitter, load_mesh, mitsuba
from packshot.catalogue.toyshop.studio.setup import Camera, Studio, lights, place_camera

Image = NDArray[np.float32]
GUIDES = "albedo:albedo,normal:sh_normal,depth:depth"


@dataclass(frozen=True, eq=False)
class Rendering:
    """light: (h, w, 3) linear. matte: (h, w) share of each pixel that the product covers.

    halves: two independent renders whose mean is `light`, for `denoise`. guides: (h, w, 7) albedo, normal, depth (cm)
    of the whole scene with few samples, or None.
    """

    light: Image
    matte: Image
    halves: tuple[Image, Image]
    guides: Image | None = None


def render(parts: list[Part], studio: Studio, size: int, samples: int, guides: bool = False) -> Rendering:
    """Photograph a product standing on z = 0. size: px of the square picture; samples: paths a pixel (rounded up).

    The same parts, studio, size and samples give the same picture on the same version of Mitsuba.
    """
    mi = mitsuba()
    turn = rotation("z", studio.azimuth)
    turned = whole(parts).turned(turn)
    reach = float(np.hypot(*np.maximum(np.abs(turned.low), np.abs(turned.high))[:2]))
    camera = place_camera(turned.vertices, studio)
    strata = max(int(np.ceil(np.sqrt(samples / 2))), 1)  # each half is stratified strata x strata
    with tempfile.TemporaryDirectory() as folder:
        product = _product(mi, parts, turn, studio.seed, Path(folder))
    alone = {"type": "scene", **product, "sensor": _sensor(mi, camera, size, strata**2)}
    backdrops = build_ground(studio, reach, int(np.clip(4 * size, 256, 3072)))
    emitters = {name: load_emitter(mi, e) for name, e in lights(studio, float(turned.high[2])).items()}
    full = alone | emitters | {f"ground{i}": load_backdrop(mi, b) for i, b in enumerate(backdrops)}
    silhouette = mi.load_dict(alone | {"integrator": {"type": "direct", "emitter_samples": 0, "bsdf_samples": 1}})
    photo = mi.load_dict(full | {"integrator": {"type": "path", "max_depth": 8, "rr_depth": 4}})
    seeds = [(2 * studio.seed + half) % 2**31 for half in (0, 1)]
    matte = np.mean([np.array(mi.render(silhouette, seed=s))[..., 3] for s in seeds], 0)
    first, second = (np.array(mi.render(photo, seed=s))[..., :3] for s in seeds)
    return Rendering(
        (first + second) / 2, np.clip(matte, 0, 1), (first, second), _guides(mi, full, seeds[0]) if guides else None
    )


def _guides(mi: Any, scene: dict[str, Any], seed: int) -> Image:
    """Albedo, normal and depth of a scene, (h, w, 7). Few samples are enough: they carry no noise of the light."""
    sensor = scene["sensor"] | {"sampler": {"type": "multijitter", "sample_count": 4}}
    integrator = {"type": "aov", "aovs": GUIDES}
    layers = np.array(mi.render(mi.load_dict(scene | {"sensor": sensor, "integrator": integrator}), seed=seed))
    return layers[..., -7:]


def _product(mi: Any, parts: list[Part], turn: Array, seed: int, folder: Path) -> dict[str, Any]:
    """Mitsuba shapes of all parts. Grain and wear are laid out before the turn: they belong to the product."""
    shapes: dict[str, Any] = {}
    for number, part in enumerate(parts):
        surface = finishes.dress(part, seed + 1000 * number)
        dressed = Mesh(part.mesh.vertices, part.mesh.faces, surface.normals, part.mesh.uv).turned(turn)
        shape = load_mesh(mi, dressed, mi.load_dict(_part_bsdf(mi, part)))
        shape.add_attribute("vertex_color", 3, flat(surface.colours))
        shape.add_attribute("vertex_rough", 1, flat(surface.roughness))
        shapes[f"part{number}"] = shape
        for tuft, (text, colour) in enumerate(fibres(part, turn, seed + number)):
            file = folder / f"{number}-{tuft}.txt"
            file.write_text(text, encoding="ascii")
            bsdf = finishes.fibre_reflection(colour)
            shapes[f"part{number}fibre{tuft}"] = mi.load_dict(
                {"type": "bsplinecurve", "filename": str(file), "b": bsdf}
            )
    return shapes


def _part_bsdf(mi: Any, part: Part) -> dict[str, Any]:
    if part.picture is None:
        return finishes.reflection(part.material)
    picture = part.picture[::-1].astype(np.float32)
    if part.mesh.uv is not None and part.mesh.uv.min() < 0:  # projected: nothing beyond its border
        picture = np.pad(picture, ((1, 1), (1, 1), (0, 0)))
    ink = bitmap(mi, finishes.stain(picture[..., :3]))
    return finishes.reflection(part.material, ink, bitmap(mi, picture[..., 3:]))


def _sensor(mi: Any, camera: Camera, size: int, samples: int) -> dict[str, Any]:
    film = {"type": "hdrfilm", "width": size, "height": size, "pixel_format": "rgba", "rfilter": {"type": "gaussian"}}
    place = mi.ScalarTransform4f().look_at(origin=list(camera.eye), target=list(camera.target), up=[0, 0, 1])
    return {
        "type": "thinlens",
        "fov": camera.fov,
        "aperture_radius": camera.aperture,
        "focus_distance": camera.focus,
        "to_world": place,
        "film": film,
        "sampler": {"type": "multijitter", "sample_count": samples},
    }
