"""Path-traced pictures of toyshop products with Mitsuba 3 (`scalar_rgb`): the light, and the truth about it."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from packshot.catalogue.toyshop import materials
from packshot.catalogue.toyshop.fields import rotation
from packshot.catalogue.toyshop.grounds import Backdrop, build_ground
from packshot.catalogue.toyshop.meshes import Array, Mesh
from packshot.catalogue.toyshop.parts import Part, whole
from packshot.catalogue.toyshop.plush import fibres
from packshot.catalogue.toyshop.studio import Camera, Studio, lights, place_camera
from packshot.errors import MissingExtra

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


def mitsuba() -> Any:
    """The renderer, set to its scalar variant. Raises MissingExtra."""
    try:
        import mitsuba as mi
    except ImportError as missing:
        raise MissingExtra("mitsuba", "synth", "rendering the toyshop") from missing
    mi.set_variant("scalar_rgb")
    return mi


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
    emitters = {name: _emitter(mi, e) for name, e in lights(studio, float(turned.high[2])).items()}
    full = alone | emitters | {f"ground{i}": _backdrop(mi, b) for i, b in enumerate(backdrops)}
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
        surface = materials.dress(part, seed + 1000 * number)
        dressed = Mesh(part.mesh.vertices, part.mesh.faces, surface.normals, part.mesh.uv).turned(turn)
        shape = _mesh(mi, dressed, mi.load_dict(_part_bsdf(mi, part)))
        shape.add_attribute("vertex_color", 3, _flat(surface.colours))
        shape.add_attribute("vertex_rough", 1, _flat(surface.roughness))
        shapes[f"part{number}"] = shape
        for tuft, (text, colour) in enumerate(fibres(part, turn, seed + number)):
            file = folder / f"{number}-{tuft}.txt"
            file.write_text(text, encoding="ascii")
            bsdf = materials.fibre_reflection(colour)
            shapes[f"part{number}fibre{tuft}"] = mi.load_dict(
                {"type": "bsplinecurve", "filename": str(file), "b": bsdf}
            )
    return shapes


def _part_bsdf(mi: Any, part: Part) -> dict[str, Any]:
    if part.picture is None:
        return materials.reflection(part.material)
    picture = part.picture[::-1].astype(np.float32)
    if part.mesh.uv is not None and part.mesh.uv.min() < 0:  # projected: nothing beyond its border
        picture = np.pad(picture, ((1, 1), (1, 1), (0, 0)))
    ink = _bitmap(mi, materials.stain(picture[..., :3]))
    return materials.reflection(part.material, ink, _bitmap(mi, picture[..., 3:]))


def _mesh(mi: Any, mesh: Mesh, bsdf: Any) -> Any:
    properties = mi.Properties()
    properties["mesh_bsdf"] = bsdf
    textured = mesh.uv is not None
    shape = mi.Mesh("part", len(mesh.vertices), len(mesh.faces), properties, True, textured)
    values = mi.traverse(shape)
    values["vertex_positions"], values["vertex_normals"] = _flat(mesh.vertices), _flat(mesh.normals)
    values["faces"] = np.ascontiguousarray(mesh.faces, np.uint32).ravel()
    if mesh.uv is not None:
        values["vertex_texcoords"] = _flat(mesh.uv)
    values.update()
    return shape


def _backdrop(mi: Any, backdrop: Backdrop) -> Any:
    scaling = mi.ScalarTransform4f().scale([*backdrop.repeat, 1])
    wrap = "repeat" if max(backdrop.repeat) > 1 else "mirror"
    colour = _bitmap(mi, backdrop.texture.colour[::-1], wrap) | {"to_uv": scaling}
    bsdf: dict[str, Any] = {"type": "diffuse", "reflectance": colour}
    if backdrop.roughness < 0.6:
        bsdf = {"type": "principled", "base_color": colour, "roughness": backdrop.roughness, "specular": 0.35}
    if backdrop.bump:
        relief = _bitmap(mi, backdrop.texture.height[::-1, :, None], wrap) | {"to_uv": scaling}
        bsdf = {"type": "bumpmap", "scale": backdrop.bump, "relief": relief, "bsdf": bsdf}
    return _mesh(mi, backdrop.mesh, mi.load_dict({"type": "twosided", "bsdf": bsdf}))


def _emitter(mi: Any, emitter: dict[str, Any]) -> dict[str, Any]:
    transform = mi.ScalarTransform4f()
    if emitter["type"] == "envmap":
        upright = transform.rotate([1, 0, 0], 90)
        bitmap = mi.Bitmap(np.ascontiguousarray(emitter["array"], np.float32))
        return {"type": "envmap", "bitmap": bitmap, "scale": emitter["scale"], "to_world": upright}
    place = transform.look_at(origin=list(emitter["at"]), target=list(emitter["aim"]), up=[0, 0, 1])
    place = place @ transform.scale([*emitter["size"], 1.0])
    radiance: dict[str, Any] = {"type": "rgb", "value": [float(c) for c in emitter.get("radiance", ())]}
    if "array" in emitter:
        radiance = _bitmap(mi, emitter["array"][::-1])
    return {"type": emitter["type"], "to_world": place, "emitter": {"type": "area", "radiance": radiance}}


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


def _bitmap(mi: Any, array: NDArray[Any], wrap: str = "clamp") -> dict[str, Any]:
    bitmap = mi.Bitmap(np.ascontiguousarray(array, np.float32))
    return {"type": "bitmap", "bitmap": bitmap, "raw": True, "wrap_mode": wrap}


def _flat(array: NDArray[Any]) -> NDArray[np.float32]:
    return np.ascontiguousarray(array, np.float32).ravel()
