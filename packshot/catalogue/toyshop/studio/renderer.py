"""The door to Mitsuba 3: finding it, and handing it meshes, backdrops, lights and bitmaps."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from packshot.catalogue.toyshop.geometry.meshes import Mesh
from packshot.catalogue.toyshop.studio.grounds import Backdrop
from packshot.errors import MissingExtra


def mitsuba() -> Any:
    """The renderer, set to its scalar variant. Raises MissingExtra."""
    try:
        import mitsuba as mi
    except ImportError as missing:
        raise MissingExtra("mitsuba", "synth", "rendering the toyshop") from missing
    mi.set_variant("scalar_rgb")
    return mi


def load_mesh(mi: Any, mesh: Mesh, bsdf: Any) -> Any:
    """A mesh with a reflection model; further numbers of its vertices are added by the caller."""
    properties = mi.Properties()
    properties["mesh_bsdf"] = bsdf
    textured = mesh.uv is not None
    shape = mi.Mesh("part", len(mesh.vertices), len(mesh.faces), properties, True, textured)
    values = mi.traverse(shape)
    values["vertex_positions"], values["vertex_normals"] = flat(mesh.vertices), flat(mesh.normals)
    values["faces"] = np.ascontiguousarray(mesh.faces, np.uint32).ravel()
    if mesh.uv is not None:
        values["vertex_texcoords"] = flat(mesh.uv)
    values.update()
    return shape


def load_backdrop(mi: Any, backdrop: Backdrop) -> Any:
    """A surface of the set with its colours and relief."""
    colour, relief = (laid_out(mi, layer, backdrop) for layer in (backdrop.texture.colour, backdrop.texture.height))
    bsdf: dict[str, Any] = {"type": "diffuse", "reflectance": colour}
    if backdrop.roughness < 0.6:
        bsdf = {"type": "principled", "base_color": colour, "roughness": backdrop.roughness, "specular": 0.35}
    if backdrop.bump:
        bsdf = {"type": "bumpmap", "scale": backdrop.bump, "relief": relief, "bsdf": bsdf}
    return load_mesh(mi, backdrop.mesh, mi.load_dict({"type": "twosided", "bsdf": bsdf}))


def laid_out(mi: Any, layer: NDArray[Any], backdrop: Backdrop) -> dict[str, Any]:
    """A layer (h, w[, c]) of a backdrop's texture, repeated as the backdrop says."""
    wrap = "repeat" if max(backdrop.repeat) > 1 else "mirror"
    scaling = mi.ScalarTransform4f().scale([*backdrop.repeat, 1])
    return bitmap(mi, layer[::-1] if layer.ndim == 3 else layer[::-1, :, None], wrap) | {"to_uv": scaling}


def load_emitter(mi: Any, emitter: dict[str, Any]) -> dict[str, Any]:
    """A light of `setup.lights` in Mitsuba's scene language."""
    transform = mi.ScalarTransform4f()
    if emitter["type"] == "envmap":
        upright = transform.rotate([1, 0, 0], 90)
        held = mi.Bitmap(np.ascontiguousarray(emitter["array"], np.float32))
        return {"type": "envmap", "bitmap": held, "scale": emitter["scale"], "to_world": upright}
    place = transform.look_at(origin=list(emitter["at"]), target=list(emitter["aim"]), up=[0, 0, 1])
    place = place @ transform.scale([*emitter["size"], 1.0])
    radiance: dict[str, Any] = {"type": "rgb", "value": [float(c) for c in emitter.get("radiance", ())]}
    if "array" in emitter:
        radiance = bitmap(mi, emitter["array"][::-1])
    return {"type": emitter["type"], "to_world": place, "emitter": {"type": "area", "radiance": radiance}}


def bitmap(mi: Any, array: NDArray[Any], wrap: str = "clamp") -> dict[str, Any]:
    """Numbers (h, w, c) as a texture, unchanged."""
    held = mi.Bitmap(np.ascontiguousarray(array, np.float32))
    return {"type": "bitmap", "bitmap": held, "raw": True, "wrap_mode": wrap}


def flat(array: NDArray[Any]) -> NDArray[np.float32]:
    """An array as Mitsuba takes attributes of vertices."""
    return np.ascontiguousarray(array, np.float32).ravel()
