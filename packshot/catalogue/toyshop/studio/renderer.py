"""The door to Mitsuba 3: finding it, and handing it meshes, backdrops, lights and bitmaps."""

from __future__ import annotations

import subprocess
import sys
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from packshot.catalogue.toyshop.geometry.meshes import Mesh
from packshot.catalogue.toyshop.studio.grounds import Backdrop
from packshot.errors import DeviceError, MissingExtra, ParameterError

VARIANTS: dict[str, str] = {"scalar": "scalar_rgb", "llvm": "llvm_ad_rgb"}
PROBE_SECONDS = 120
# A small scene with everything that makes LLVM compile: lens, paths, all reflection models, textures, area lights.
PROBE = """
import drjit, mitsuba as mi, numpy as np
mi.set_variant("llvm_ad_rgb")
drjit.set_thread_count(1)
place = mi.ScalarTransform4f().look_at([0, 0, 5], [0, 0, 0], [0, 1, 0])
film = {"type": "hdrfilm", "width": 8, "height": 8}
lens = {"type": "thinlens", "aperture_radius": 0.01, "focus_distance": 5.0, "to_world": place, "film": film}
shapes = {
    name: {"type": "sphere", "radius": radius, "bsdf": bsdf | {"base_color": {"type": "rgb", "value": 0.5}}}
    for name, radius, bsdf in (
        ("solid", 0.5, {"type": "principled", "clearcoat": 0.5, "sheen": 0.5}),
        ("thin", 0.8, {"type": "principledthin", "spec_trans": 0.5, "diff_trans": 1.0}),
    )
}
lamp = {"type": "rectangle", "to_world": mi.ScalarTransform4f().translate([0, 0, 9]),
        "emitter": {"type": "area", "radiance": {"type": "rgb", "value": 1.0}}}
room = {"type": "envmap", "bitmap": mi.Bitmap(np.ones((4, 8, 3), np.float32))}
scene = mi.load_dict({"type": "scene", "sensor": lens, "lamp": lamp, "room": room, **shapes})
found = np.array(mi.render(scene, integrator=mi.load_dict({"type": "path", "max_depth": 4}), spp=4))
raise SystemExit(0 if np.isfinite(found).all() and found.mean() > 0 else 3)
"""


def mitsuba(renderer: str = "scalar") -> Any:
    """The renderer, set to a variant (of VARIANTS). Raises MissingExtra, and what `check_renderer` raises."""
    try:
        import mitsuba as mi
    except ImportError as missing:
        raise MissingExtra("mitsuba", "synth", "rendering the toyshop") from missing
    check_renderer(renderer)
    mi.set_variant(VARIANTS[renderer])
    return mi


def check_renderer(renderer: str) -> None:
    """Raises ParameterError for a name that is not of VARIANTS, DeviceError for one that does not work here."""
    if renderer not in VARIANTS:
        raise ParameterError(f"renderer: expected one of {', '.join(VARIANTS)}; got {renderer!r}")
    if renderer == "llvm":
        check_llvm()


@lru_cache(maxsize=1)
def check_llvm() -> None:
    """Try the LLVM variant in a process of its own: with some versions of libLLVM it ends the process that uses it.

    Raises DeviceError if LLVM is not there or does not survive a small picture. Takes some seconds, once a process.
    """
    try:
        tried = subprocess.run(
            [sys.executable, "-c", PROBE], capture_output=True, text=True, errors="replace", timeout=PROBE_SECONDS,
            check=False,
        )  # fmt: skip
        code, told = tried.returncode, tried.stderr.strip().splitlines()
    except subprocess.TimeoutExpired:
        code, told = 0, [f"no picture within {PROBE_SECONDS} s"]
    else:
        if not code:
            return
    how = f"ended by signal {-code}" if code < 0 else "did not render"
    reason = next((line.strip() for line in told if "LLVM" in line), told[-1].strip() if told else "no message")
    raise DeviceError(
        f"renderer: llvm {how} in a trial ({reason[:300]}); install another libLLVM (15 or newer), name it in "
        "DRJIT_LIBLLVM_PATH, or leave `llvm` out: the scalar renderer needs none"
    )


def one_thread() -> None:
    """One processor thread: pictures are made side by side by processes."""
    import drjit

    drjit.set_thread_count(1)


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
