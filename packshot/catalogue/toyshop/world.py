"""The toyshop as a world: picture (seed, index) is described by `describe` and photographed by `render`.

    describe(seed, index) ─▶ Description ─render─▶ Rendered: picture, linear master, matte, layout, depth, ...
                                           develop(linear master, Description) ─▶ picture

`describe` needs no renderer; `render` needs the extra `synth`. Both depend on their arguments alone: picture 17 is the
same whatever was made before it and by how many processes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from packshot.catalogue.toyshop.scenes.description import Background, Description, Item, Lighting, View
from packshot.catalogue.toyshop.scenes.sampling import describe
from packshot.errors import ParameterError

__all__ = [
    "WORLD_VERSION",
    "Background",
    "Description",
    "Item",
    "Lighting",
    "Rendered",
    "View",
    "describe",
    "develop",
    "render",
    "with_colours",
    "with_material",
]
WORLD_VERSION = 2  # pictures of one version, seed and index are the same for good
Quality = Literal["draft", "data", "fine"]
Renderer = Literal["scalar", "llvm"]
SIZES = (16, 1024)


@dataclass(frozen=True, eq=False)
class Rendered:
    """A picture and the truth about it; all layers come from the very light paths that made the picture.

    rgb: (h, w, 3) uint8 sRGB as a camera gives it. linear: (h, w, 3) float32 scene light, exposed so that 1 is a white
    paper in the light; may exceed 1. matte: (h, w) uint8, 255 times the share of each pixel that the product covers.
    layout: (h, w) uint8, 0 outside (matte < 50 %), else 1 + place in `Description.regions` of the region that covers
    most. depth: (h, w) float32, cm from the camera plane (of the product where layout > 0, else of what is behind it).
    normals: (h, w, 3) float32 unit vectors, x right, y up, z to the camera. albedo: (h, w, 3) float32 linear.
    material: (h, w) uint8 of `tables.MATERIAL_IDS`, 0 outside.
    """

    rgb: NDArray[np.uint8]
    linear: NDArray[np.float32]
    matte: NDArray[np.uint8]
    layout: NDArray[np.uint8]
    depth: NDArray[np.float32]
    normals: NDArray[np.float32]
    albedo: NDArray[np.float32]
    material: NDArray[np.uint8]


def render(
    description: Description, size_px: int, quality: Quality = "data", renderer: Renderer = "scalar"
) -> Rendered:
    """Photograph a description, size_px square. Raises ParameterError, MissingExtra without Mitsuba.

    quality: light paths a pixel, see `scenes.tracing.PATHS`. renderer: `scalar`, or `llvm`, which compiles the scene;
    its paths are others, so its pictures are not those of this version of the world. DeviceError where LLVM fails.
    """
    if not SIZES[0] <= size_px <= SIZES[1]:
        raise ParameterError(f"size_px: expected {SIZES[0]} to {SIZES[1]}; got {size_px}")
    from packshot.catalogue.toyshop.scenes import tracing

    if quality not in tracing.PATHS:
        raise ParameterError(f"quality: expected one of {', '.join(tracing.PATHS)}; got {quality!r}")
    return Rendered(**tracing.photograph(description, size_px, quality, renderer))


def develop(linear: NDArray[np.float32], description: Description) -> NDArray[np.uint8]:
    """The 8-bit picture of a master: `develop(r.linear, d)` is `r.rgb`, bit for bit. linear: (side, side, 3) float32.

    Change exposure or white balance in `linear` to develop it otherwise; never its frame, which lens and sensor know.
    Raises ParameterError for another shape.
    """
    from packshot.catalogue.toyshop.scenes.developing import develop as developed

    if linear.ndim != 3 or linear.shape[0] != linear.shape[1] or linear.shape[2] != 3:
        raise ParameterError(f"linear: expected (side, side, 3), got {linear.shape}")
    return developed(np.asarray(linear, np.float32), description)


def with_colours(description: Description, *colours: str) -> Description:
    """The same product and view in other colours (names of `tables.PAINTS`), the first regions first."""
    kept = description.item.colours
    first, second, third = (*colours, *kept[len(colours) :])
    return replace(description, item=replace(description.item, colours=(first, second, third)))


def with_material(description: Description, material: str) -> Description:
    """The same product and view of another material (of `tables.MATERIALS`)."""
    return replace(description, item=replace(description.item, material=material))
