"""Filter, denoise, meter and develop what was traced, and reduce the layers by the same filter."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from packshot.catalogue.toyshop.geometry.parts import Part
from packshot.catalogue.toyshop.scenes.description import Description
from packshot.catalogue.toyshop.scenes.smoothing import smooth
from packshot.catalogue.toyshop.scenes.tables import MATERIAL_IDS
from packshot.catalogue.toyshop.studio.camera import Response, take
from packshot.catalogue.toyshop.studio.setup import Camera

Image = NDArray[np.floating[Any]]
SIGMA = 0.42  # of the pixel filter, pixels
LUMINANCE = np.array([0.2126, 0.7152, 0.0722], np.float32)


def finish(
    description: Description, parts: list[Part], camera: Camera, light: Image, samples: dict[str, Image], size: int
) -> dict[str, NDArray[Any]]:
    """Fields of `world.Rendered` from traced light (film, film, 3) and what each ray met."""
    part = np.maximum(samples["part"], 0)
    regions = np.array([0] + [description.regions.index(p.name) + 1 for p in parts])[part]
    materials = np.array([0] + [MATERIAL_IDS.get(p.material, 15) for p in parts])[part]
    inside = (part > 0).astype(np.float32)
    weight = pixel_filter(size, len(part) // size)
    matte = reduce(inside, weight)
    layout = _majority(regions, len(description.regions), weight) * (matte >= 0.5)
    material = _majority(materials, max(MATERIAL_IDS.values()), weight) * (matte >= 0.5)
    front = np.where(matte >= 0.5, 1.0, 0.0)
    own = np.where(np.kron(front, np.ones((len(part) // size,) * 2)) > 0, inside, 1 - inside).astype(np.float32)
    share = np.maximum(reduce(own, weight), 1e-6)
    depth = reduce(samples["depth"] * own, weight) / share
    normals = _to_camera(reduce(samples["normal"] * own[..., None], weight), camera)
    albedo = reduce(samples["albedo"], weight)
    clean = _clean(light, samples, albedo, matte, depth, normals, weight)
    linear = clean * _exposure(clean, albedo, description)
    return {
        "rgb": develop(linear, description), "linear": linear.astype(np.float32),
        "matte": np.round(np.clip(matte, 0, 1) * 255).astype(np.uint8), "layout": layout.astype(np.uint8),
        "depth": depth.astype(np.float32), "normals": normals.astype(np.float32),
        "albedo": albedo.astype(np.float32), "material": material.astype(np.uint8),
    }  # fmt: skip


def pixel_filter(size: int, factor: int) -> Image:
    """Weights (size, size * factor) of small pixels in each pixel along one axis: a Gaussian, rows sum to 1."""
    at = (np.arange(size * factor) + 0.5) / factor
    gap = at[None, :] - (np.arange(size) + 0.5)[:, None]
    weight = np.exp(-(gap**2) / (2 * SIGMA**2)) * (np.abs(gap) < 1.5)
    return np.asarray(weight / weight.sum(1, keepdims=True), np.float32)


def reduce(layer: Image, weight: Image) -> Image:
    """A layer of small pixels (film, film[, c]) filtered down to the picture's size."""
    if layer.ndim == 2:
        return np.asarray(weight @ layer.astype(np.float32) @ weight.T, np.float32)
    return np.stack(
        [weight @ np.ascontiguousarray(layer[..., k], np.float32) @ weight.T for k in range(layer.shape[-1])], -1
    )


def _majority(ids: Image, count: int, weight: Image) -> Image:
    """The id (from 1) that covers most of each pixel."""
    cover = np.stack(
        [
            reduce((ids == k).astype(np.float32), weight)
            if (ids == k).any()
            else np.zeros((len(weight),) * 2, np.float32)
            for k in range(1, count + 1)
        ]
    )
    return np.asarray(np.argmax(cover, 0) + 1)


def _to_camera(normals: Image, camera: Camera) -> Image:
    """World normals as (right, up, towards the camera), unit length."""
    back = (camera.eye - camera.target) / np.linalg.norm(camera.eye - camera.target)
    right = np.cross([0, 0, 1.0], back)
    right /= np.linalg.norm(right)
    turned = normals @ np.stack([right, np.cross(back, right), back], 1)
    return np.asarray(turned / np.maximum(np.linalg.norm(turned, axis=-1, keepdims=True), 1e-6))


def _clean(
    light: Image, samples: dict[str, Image], albedo: Image, matte: Image, depth: Image, normals: Image, weight: Image
) -> Image:
    """The filtered light without its noise: smoothed where divided by the albedo, so that prints and grain stay."""
    ceiling = 40 * float(np.median(light))
    light = np.minimum(light, np.maximum(ceiling, 1e-3))  # lone fireflies
    flip = np.indices(light.shape[:2]).sum(0) % 2
    base = np.maximum(albedo, 0.03)
    halves = [_half(light, (flip == k).astype(np.float32), weight) / base for k in (0, 1)]
    level = np.median(halves[0] + halves[1]) / 2
    guides = [(albedo, 0.15), (normals, 0.3), (matte[..., None], 0.2), (depth[..., None], 10.0)]
    levels = max(int(np.log2(len(matte) / 7)), 2)
    return smooth(halves[0] / level, halves[1] / level, guides, levels) * base * level


def _half(light: Image, chosen: Image, weight: Image) -> Image:
    total = np.maximum(reduce(chosen, weight), 1e-6)[..., None]
    return np.asarray(reduce(light * chosen[..., None], weight) / total)


def _exposure(light: Image, albedo: Image, description: Description) -> Image:
    """Gains of the channels, as from an incident meter: white paper comes near 0.9, its cast mostly removed."""
    fall = (light / np.maximum(albedo, 0.05)).reshape(-1, 3)
    level = np.median(fall, 0)
    white = level / level[1]
    warmth = np.array([1 + description.light.warmth, 1.0, 1 - description.light.warmth])
    gain = 0.92 * description.light.exposure / float(level @ LUMINANCE)
    return np.asarray(gain * white**-0.85 * warmth, np.float32)


def develop(linear: Image, description: Description) -> NDArray[np.uint8]:
    """The picture of exposed light (h, w, 3), by a small camera: vignette, sensor noise, shoulder, S curve, 8 bits."""
    return take(linear, Response(vignette=0.06, electrons=9000.0, contrast=0.22, seed=description.noise))
