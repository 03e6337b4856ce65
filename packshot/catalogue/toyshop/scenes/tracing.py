"""From a description to a picture and its layers, all from the same primary rays.

The film has `PATHS` x `PATHS` small pixels to a pixel, one path each. The picture's light is traced once; then the same
rays (same seed, same sampler) fall on the same scene whose surfaces glow with what is to be known about them: part,
depth, normal, albedo. Every layer is therefore exact about the very samples that made the picture. Both are brought to
the picture's size with one Gaussian pixel filter.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from packshot.catalogue.toyshop.geometry.fields import rotation
from packshot.catalogue.toyshop.geometry.meshes import Array, Mesh
from packshot.catalogue.toyshop.geometry.parts import Part, whole
from packshot.catalogue.toyshop.scenes import surfaces
from packshot.catalogue.toyshop.scenes.backgrounds import build_set, studio_of
from packshot.catalogue.toyshop.scenes.building import build_item
from packshot.catalogue.toyshop.scenes.description import Description
from packshot.catalogue.toyshop.scenes.developing import finish
from packshot.catalogue.toyshop.studio.grounds import Backdrop
from packshot.catalogue.toyshop.studio.renderer import (
    flat,
    laid_out,
    load_backdrop,
    load_emitter,
    load_mesh,
    mitsuba,
    one_thread,
)
from packshot.catalogue.toyshop.studio.setup import Camera, lights, place_camera

Image = NDArray[np.float32]
# quality: small pixels along each side of a pixel; a pixel gets their square of light paths
PATHS: dict[str, int] = {"draft": 3, "data": 4, "fine": 8}
BLOCK = 32  # fixed, because the seeds of the rays go by blocks
SPAN_CM = 16.0  # a product is about this large


@dataclass(frozen=True, eq=False)
class Stage:
    """All in front of the camera. dressed: of each part its mesh, linear colours, roughness. film: small pixels."""

    parts: list[Part]
    dressed: list[tuple[Mesh, Array, Array]]
    backdrops: list[Backdrop]
    emitters: dict[str, dict[str, Any]]
    camera: Camera
    film: int
    seed: int


def photograph(description: Description, size: int, quality: str, renderer: str = "scalar") -> dict[str, NDArray[Any]]:
    """Fields of `world.Rendered`."""
    stage = set_up(description, size, quality)
    light, samples = trace(stage, renderer)
    return finish(description, stage.parts, stage.camera, light, samples, size)


def set_up(description: Description, size: int, quality: str) -> Stage:
    """Build and place all that a description names."""
    studio = studio_of(description)
    parts = build_item(description.item, mesh_cell(size))
    turn = rotation("z", studio.azimuth)
    body = whole(parts).turned(turn)
    reach = float(np.hypot(*np.maximum(np.abs(body.low), np.abs(body.high))[:2]))
    dressed = [surfaces.dress(p, description.item.form % 2**20 + 1000 * n) for n, p in enumerate(parts)]
    return Stage(
        parts,
        [(mesh.turned(turn), colours, rough) for mesh, colours, rough in dressed],
        build_set(description, studio, reach, int(np.clip(4 * size, 256, 2048))),
        lights(studio, float(body.high[2])),
        place_camera(body.vertices, studio),
        size * PATHS[quality],
        description.noise,
    )


def mesh_cell(size: int) -> float:
    """Detail of the meshes for a picture of `size` px, cm: a little less than a pixel."""
    return float(np.clip(0.9 * SPAN_CM / (0.75 * size), 0.06, 0.26))


def trace(stage: Stage, renderer: str = "scalar") -> tuple[Image, dict[str, Image]]:
    """Light of every small pixel (film, film, 3), and what its ray meets: part, depth, normal, albedo."""
    mi = mitsuba(renderer)
    one_thread()
    return trace_light(mi, stage), trace_truth(mi, stage)


def trace_light(mi: Any, stage: Stage) -> Image:
    """Traced light of every small pixel, (film, film, 3)."""
    scene: dict[str, Any] = {"type": "scene", "sensor": _sensor(mi, stage.camera, stage.film)}
    scene |= {name: load_emitter(mi, emitter) for name, emitter in stage.emitters.items()}
    bsdfs: dict[str, Any] = {}
    for number, (part, (mesh, colours, rough)) in enumerate(zip(stage.parts, stage.dressed, strict=True)):
        if part.material not in bsdfs:
            bsdfs[part.material] = mi.load_dict(surfaces.reflection(part.material))
        shape = load_mesh(mi, _bare(mesh), bsdfs[part.material])
        shape.add_attribute("vertex_color", 3, flat(colours))
        shape.add_attribute("vertex_rough", 1, flat(rough))
        scene[f"part{number}"] = shape
    for number, backdrop in enumerate(stage.backdrops):
        scene[f"ground{number}"] = load_backdrop(mi, backdrop)
    return _rendered(mi, mi.load_dict(scene), {"max_depth": 6, "rr_depth": 3}, stage.seed)


def trace_truth(mi: Any, stage: Stage) -> dict[str, Image]:
    """What every primary ray meets: part (0 = set, 1.. = part), depth, normal, albedo."""
    camera, sensor = stage.camera, _sensor(mi, stage.camera, stage.film)
    ahead = (camera.target - camera.eye) / np.linalg.norm(camera.target - camera.eye)
    meshes = [mesh for mesh, _, _ in stage.dressed] + [b.mesh for b in stage.backdrops]
    numbers = [n + 2 for n in range(len(stage.dressed))] + [1] * len(stage.backdrops)
    colours = [c for _, c, _ in stage.dressed] + [np.zeros((len(b.mesh.vertices), 3)) for b in stage.backdrops]
    glow = []
    for mesh, number, colour in zip(meshes, numbers, colours, strict=True):
        depth = (mesh.vertices - camera.eye) @ ahead
        known = np.concatenate([np.full((len(depth), 1), number), depth[:, None], mesh.normals + 2, colour + 1], 1)
        glow.append(np.concatenate([known, np.ones((len(depth), 1))], 1))
    known = np.concatenate(_glowing(mi, meshes, glow, sensor, stage.seed), -1)
    part = np.rint(known[..., 0]).astype(np.int32) - 1
    ground = _ground_albedo(mi, stage.backdrops, sensor, stage.seed)
    albedo = np.where((part > 0)[..., None], known[..., 5:8] - 1, ground)
    return {
        "part": part,
        "depth": known[..., 1],
        "normal": np.where(known[..., :1] > 0, known[..., 2:5] - 2, 0),
        "albedo": np.maximum(albedo, 0),
    }


def _glowing(mi: Any, meshes: list[Mesh], values: list[Any], sensor: Any, seed: int) -> list[Image]:
    """The scene with every surface glowing with nine numbers of its vertices, three at a time."""
    scene: dict[str, Any] = {"type": "scene", "sensor": sensor}
    shapes = [_emitting(mi, _bare(mesh), {"type": "mesh_attribute", "name": "vertex_glow"}) for mesh in meshes]
    for number, (shape, value) in enumerate(zip(shapes, values, strict=True)):
        shape.add_attribute("vertex_glow", 3, flat(value[:, :3]))
        scene[f"mesh{number}"] = shape
    loaded, passes = mi.load_dict(scene), []
    for first in (0, 3, 6):
        for shape, value in zip(shapes, values, strict=True):
            parameters = mi.traverse(shape)
            parameters["vertex_glow"] = flat(value[:, first : first + 3])
            parameters.update()
        passes.append(_first_hit(mi, loaded, seed))
    return passes


def _first_hit(mi: Any, scene: Any, seed: int) -> Image:
    """What the first thing that a ray meets sends by itself."""
    return _rendered(mi, scene, {"max_depth": 1}, seed)


def _rendered(mi: Any, scene: Any, paths: dict[str, int], seed: int) -> Image:
    integrator = mi.load_dict({"type": "path", **paths, "block_size": BLOCK})
    return np.asarray(mi.render(scene, integrator=integrator, seed=seed), np.float32)[..., :3]


def _ground_albedo(mi: Any, backdrops: list[Backdrop], sensor: Any, seed: int) -> Image:
    scene: dict[str, Any] = {"type": "scene", "sensor": sensor}
    for number, backdrop in enumerate(backdrops):
        scene[f"ground{number}"] = _emitting(mi, backdrop.mesh, laid_out(mi, backdrop.texture.colour, backdrop))
    return _first_hit(mi, mi.load_dict(scene), seed)


def _emitting(mi: Any, mesh: Mesh, radiance: dict[str, Any]) -> Any:
    """A mesh that glows; without smooth normals, which would put out what is seen at a grazing angle."""
    properties = mi.Properties()
    properties["mesh_bsdf"] = mi.load_dict({"type": "diffuse"})
    properties["mesh_emitter"] = mi.load_dict({"type": "area", "radiance": radiance})
    properties["face_normals"] = True
    shape = mi.Mesh("part", len(mesh.vertices), len(mesh.faces), properties, False, mesh.uv is not None)
    values = mi.traverse(shape)
    values["vertex_positions"] = flat(mesh.vertices)
    values["faces"] = np.ascontiguousarray(mesh.faces, np.uint32).ravel()
    if mesh.uv is not None:
        values["vertex_texcoords"] = flat(mesh.uv)
    values.update()
    return shape


def _bare(mesh: Mesh) -> Mesh:
    return Mesh(mesh.vertices, mesh.faces, mesh.normals)


def _sensor(mi: Any, camera: Camera, film: int) -> dict[str, Any]:
    place = mi.ScalarTransform4f().look_at(origin=list(camera.eye), target=list(camera.target), up=[0, 0, 1])
    return {
        "type": "thinlens", "fov": camera.fov, "aperture_radius": camera.aperture, "focus_distance": camera.focus,
        "to_world": place, "sampler": {"type": "independent", "sample_count": 1},
        "film": {"type": "hdrfilm", "width": film, "height": film, "pixel_format": "rgb",
                 "component_format": "float32", "rfilter": {"type": "box"}},
    }  # fmt: skip
