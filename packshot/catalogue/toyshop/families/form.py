"""What a builder works with: random proportions, the buyer's colours and material, and quick analytic meshes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike, NDArray

from packshot.catalogue.toyshop.geometry.fields import Field, rotation
from packshot.catalogue.toyshop.geometry.meshes import Array, Mesh, grid_faces, project_print, vertex_normals
from packshot.catalogue.toyshop.geometry.parts import Part
from packshot.catalogue.toyshop.geometry.shapes import lathe, rounded_box, rounded_profile, sweep
from packshot.catalogue.toyshop.geometry.surface import skin
from packshot.catalogue.toyshop.paint import prints

UPRIGHT = rotation("x", 90)  # a prism drawn in (x, y) becomes a silhouette in (x, z)
FORWARD = UPRIGHT  # what was turned about z looks to -y
DARK, PALE = "#22252b", "#ece7da"


@dataclass(frozen=True)
class Form:
    """rng: of the proportions. colours: '#rrggbb' of main, second, third region. material: of the main regions.

    decal, decal_text: what is printed. cell: mesh detail, cm.
    """

    rng: Generator
    colours: tuple[str, str, str]
    material: str
    decal: str = "none"
    decal_text: str = ""
    cell: float = 0.2

    def between(self, low: float, high: float) -> float:
        """A random length."""
        return float(self.rng.uniform(low, high))

    def count(self, low: int, high: int) -> int:
        """A random number of things, both ends included."""
        return int(self.rng.integers(low, high + 1))

    def chance(self, share: float) -> bool:
        """True with this probability."""
        return bool(self.rng.uniform() < share)

    def piece(self, region: str, mesh: Mesh, colour: str | int = 0, material: str = "") -> Part:
        """A part; colour: '#rrggbb' or the number of the buyer's colour; material: the main one unless given."""
        paint = colour if isinstance(colour, str) else self.colours[colour]
        return Part(region, mesh, material or self.material, paint)

    def fitting(self, region: str, mesh: Mesh, colour: str = DARK) -> Part:
        """A small part of hard plastic whatever the material of the rest: eyes, glass, tyres."""
        return self.piece(region, mesh, colour, "fitting")

    def skin(self, field: Field, finer: float = 1.0) -> Mesh:
        """The surface of a field."""
        return skin(field, max(self.cell * 1.15 * finer, 0.05))

    def box(self, x: float, y: float, z: float, edge: float) -> Mesh:
        """A box about the origin."""
        return rounded_box(x, y, z, edge, self.cell * 1.2)

    def egg(self, x: float, y: float, z: float) -> Mesh:
        """An ellipsoid about the origin with half axes x, y, z."""
        rows = int(np.clip(np.pi * max(x, y, z) / (1.3 * self.cell), 10, 400))
        return ellipsoid_mesh((x, y, z), rows)

    def turned(self, points: ArrayLike, edge: float | list[float] = 0.2, dense: bool = False) -> Mesh:
        """A profile of (radius, height), its corners rounded, turned about z."""
        profile = rounded_profile(points, edge, self.cell if not dense else 0.35 * self.cell)
        return lathe(profile, 1.3 * self.cell if not dense else self.cell)

    def ring(self, radius: float, tube: float) -> Mesh:
        """A ring about z."""
        angle = np.linspace(-np.pi, np.pi, int(np.clip(2 * np.pi * tube / (1.2 * self.cell), 10, 120)))
        return lathe(np.stack([radius + tube * np.cos(angle), tube * np.sin(angle)], 1), 1.3 * self.cell)

    def tube(self, path: ArrayLike, radius: float | Array) -> Mesh:
        """A round bar along points (n, 3)."""
        return sweep(np.asarray(path, float), radius, 1.2 * self.cell)

    def rod(self, start: ArrayLike, end: ArrayLike, radius: float) -> Mesh:
        """A straight bar."""
        a, b = np.asarray(start, float), np.asarray(end, float)
        steps = max(int(np.linalg.norm(b - a) / (2 * self.cell)), 4)
        return self.tube(a + (b - a) * np.linspace(0, 1, steps)[:, None], radius)

    def decorated(
        self, part: Part, at: ArrayLike, right: ArrayLike, up: ArrayLike, size: tuple[float, float], ink: int = 1
    ) -> Part:
        """The part with the product's decal thrown onto it, at most `size` (width, height) cm large."""
        if self.decal == "none":
            return part
        picture = decal_picture(self.decal, self.decal_text, self.colours[ink], size[0] / size[1])
        mesh = project_print(part.mesh, at, right, up, size)
        return Part(part.name, mesh, part.material, part.colour, picture, part.grain)


def ellipsoid_mesh(axes: tuple[float, float, float], rows: int) -> Mesh:
    """An ellipsoid from a grid of latitudes and longitudes with exact normals."""
    polar, turn = np.meshgrid(np.linspace(np.pi, 0, rows), np.linspace(0, 2 * np.pi, 2 * rows + 1), indexing="ij")
    place = np.stack([np.sin(polar) * np.cos(turn), np.sin(polar) * np.sin(turn), np.cos(polar)], -1).reshape(-1, 3)
    normals = place / np.array(axes)
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    uv = np.stack([turn / (2 * np.pi), 1 - polar / np.pi], -1).reshape(-1, 2)
    return Mesh(place * np.array(axes), grid_faces(rows, 2 * rows + 1), normals, uv)


def decal_picture(kind: str, text: str, ink: str, aspect: float = 1.0) -> NDArray[np.float32]:
    """A print of about 96 px height: what `tables.DECALS` names, on a clear ground."""
    canvas = prints.Canvas(96, aspect)
    middle = aspect / 2
    if kind in ("number", "letter", "word"):
        canvas.text(middle, 0.5, min(0.86, 1.3 * aspect / max(len(text), 1)), text, ink)
    elif kind == "star":
        canvas.polygon(prints.star(middle, 0.48, 0.48 * min(aspect, 1)), ink)
    elif kind == "heart":
        t = np.linspace(0, 2 * np.pi, 60)
        x, y = 16 * np.sin(t) ** 3, 13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t)
        canvas.polygon(np.stack([middle + x / 36 * min(aspect, 1), 0.53 + y / 36 * min(aspect, 1)], 1), ink)
    elif kind == "dots":
        for row, height in enumerate((0.18, 0.5, 0.82)):
            for place in np.arange(0.17 + 0.16 * (row % 2), aspect, 0.33):
                canvas.disc(float(place), height, 0.085, ink)
    else:
        for low in (0.14, 0.42, 0.7):
            canvas.band(low, low + 0.15, ink)
    return canvas.picture()


def open_normals(points: Array, faces: NDArray[np.int64]) -> Array:
    """Smooth normals of a sheet, also where its grid runs together in one point, (n, 3)."""
    normals = vertex_normals(points, faces)
    lost = np.linalg.norm(normals, axis=1) < 0.5
    mean = normals.mean(0)
    normals[lost] = mean / max(float(np.linalg.norm(mean)), 1e-9)
    return normals


def mirrored_x(part: Part) -> list[Part]:
    """A part and its mirror image in x = 0."""
    return [part, _flipped(part, 0)]


def mirrored_y(part: Part) -> list[Part]:
    """A part and its mirror image in y = 0."""
    return [part, _flipped(part, 1)]


def _flipped(part: Part, axis: int) -> Part:
    sign = np.ones(3)
    sign[axis] = -1
    mesh = part.mesh
    turned = Mesh(mesh.vertices * sign, mesh.faces[:, ::-1], mesh.normals * sign, mesh.uv)
    return Part(part.name, turned, part.material, part.colour, part.picture, part.grain)
