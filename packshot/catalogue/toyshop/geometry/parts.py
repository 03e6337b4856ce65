"""What a product is made of: named parts with a shape, a material, a colour and perhaps a printed picture."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from packshot.catalogue.toyshop.geometry.fields import rotation
from packshot.catalogue.toyshop.geometry.meshes import Array, Mesh, merge


@dataclass(frozen=True, eq=False)
class Part:
    """One piece of a product.

    name: its region ("wheel", "body", ...). material: of `scenes.surfaces.LOOKS`, or of `samples.finishes.FINISHES`.
    colour: '#rrggbb' or a name of `paint.palette`.
    picture: what is printed on it, (h, w, 4) float32 straight RGBA sRGB, laid out by `mesh.uv`; None = nothing.
    grain: direction of the wood's fibres in the part's own space.
    """

    name: str
    mesh: Mesh
    material: str
    colour: str
    picture: NDArray[np.float32] | None = None
    grain: tuple[float, float, float] = (1.0, 0.0, 0.0)

    def moved(self, x: float = 0, y: float = 0, z: float = 0) -> Part:
        """Shifted by (x, y, z) cm."""
        return replace(self, mesh=self.mesh.moved(x, y, z))

    def turned(self, rotation: Array) -> Part:
        """Turned about the origin, its grain with it."""
        gx, gy, gz = rotation @ np.array(self.grain)
        return replace(self, mesh=self.mesh.turned(rotation), grain=(float(gx), float(gy), float(gz)))


def bounds(parts: list[Part]) -> tuple[Array, Array]:
    """Lowest and highest corner of a product, cm."""
    return np.min([p.mesh.low for p in parts], 0), np.max([p.mesh.high for p in parts], 0)


def stand(parts: list[Part]) -> list[Part]:
    """The product moved so that it touches the ground plane z = 0 and is centred over the origin."""
    low, high = bounds(parts)
    x, y = -(low + high)[:2] / 2
    return [p.moved(x, y, -low[2]) for p in parts]


def tip_over(parts: list[Part], degrees: float, axis: str = "x") -> list[Part]:
    """The product tilted about an axis and set back on the ground."""
    return stand([p.turned(rotation(axis, degrees)) for p in parts])


def whole(parts: list[Part]) -> Mesh:
    """All parts as one mesh without texture."""
    return merge([replace(p.mesh, uv=None) for p in parts])
