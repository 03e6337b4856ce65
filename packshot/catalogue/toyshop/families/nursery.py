"""First toys: block tower, stacking rings, ball, spinning top. The front looks to -y."""

from __future__ import annotations

import numpy as np

from packshot.catalogue.toyshop.families.form import UPRIGHT, Form
from packshot.catalogue.toyshop.geometry.fields import prism, rotation
from packshot.catalogue.toyshop.geometry.meshes import Array, Mesh
from packshot.catalogue.toyshop.geometry.parts import Part, stand, tip_over
from packshot.catalogue.toyshop.geometry.shapes import lathe


def block_tower(form: Form) -> list[Part]:
    """Blocks in two to four storeys: cubes, pillars, a bridge, roofs; laid by a child's hand."""
    side, edge = 3.6, form.between(0.15, 0.5)
    wide = form.count(2, 3)
    parts, z = [], 0.0
    for storey in range(form.count(2, 3)):
        high = side * form.between(0.85, 1.25)
        if storey:
            parts += [_nudged(form, form.piece("bridge", form.box(wide * side, side, side * 0.6, edge), 0), 0, z, 0.3)]
            z += side * 0.6
        for place in range(wide):
            x = (place - (wide - 1) / 2) * side * 1.03
            parts += [_block(form, side, high, edge, x, z, (place + storey) % 3, not storey)]
        z += high
        if storey and wide > 2 and form.chance(0.6):
            wide -= 1
    return stand(parts + _roofs(form, wide, side, z))


def _block(form: Form, side: float, high: float, edge: float, x: float, z: float, kind: int, marked: bool) -> Part:
    """A cube, or a pillar in its place."""
    if kind == 2 and not marked:
        line = [(0, 0), (side * 0.42, 0), (side * 0.42, high), (0, high)]
        return _nudged(form, form.piece("pillar", form.turned(line, edge), 2), x, z)
    region, colour = ("second block", 1) if kind == 1 and not marked else ("block", 0)
    cube = form.piece(region, form.box(side, side, high, edge).moved(z=high / 2), colour)
    if marked:
        cube = form.decorated(
            cube, (0, -side / 2, high / 2), (1, 0, 0), (0, 0, 1), (side * 0.74, min(side, high) * 0.74)
        )
    return _nudged(form, cube, x, z)


def _roofs(form: Form, wide: int, side: float, z: float) -> list[Part]:
    one = form.chance(0.5)
    parts = [form.piece("bridge", form.box(wide * side, side, side * 0.45, 0.2).moved(z=z + side * 0.225), 0)]
    z += side * 0.45
    count = 1 if one else wide
    width = side * (1.7 if one else 0.95)
    for place in range(count):
        rise = width * form.between(0.5, 0.85)
        outline = np.array([(-width / 2, 0), (width / 2, 0), (0, rise)])
        wedge = form.skin(prism(outline, side * 0.9, 0.2).turned(UPRIGHT))
        roof = form.piece("roof", wedge, 1)
        parts += [_nudged(form, roof, (place - (count - 1) / 2) * side, z)]
    return parts


def _nudged(form: Form, part: Part, x: float, z: float, shift: float = 1.0) -> Part:
    """A little out of line, as if set by hand."""
    low = float(part.mesh.low[2])
    turn = rotation("z", float(form.rng.normal(0, 2.5 * shift)))
    slip = float(form.rng.normal(0, 0.12 * shift))
    return part.turned(turn).moved(x + slip, float(form.rng.normal(0, 0.1)), z - low)


def stacking_rings(form: Form) -> list[Part]:
    """Rings of falling size on a pole with a knob; straight, tapering or round-bellied."""
    count, tube = form.count(3, 6), form.between(0.9, 1.4)
    large = form.between(3.8, 5.0)
    shape = form.count(0, 2)
    radii = large * {0: np.linspace(1, 0.45, count), 1: np.full(count, 0.8), 2: _belly(count)}[shape]
    base_high = form.between(0.8, 1.6)
    base = [(0, 0), (large + 0.9, 0), (large + 0.9, base_high * 0.5), (large * 0.7, base_high), (0, base_high)]
    parts = [form.piece("base", form.turned(base, 0.3), 2)]
    z = base_high + tube * 0.9
    for number, radius in enumerate(radii):
        tilt = rotation("x", float(form.rng.normal(0, 1.2)))
        second = number % 3 == 2
        ring = form.ring(radius, tube).turned(tilt).moved(float(form.rng.normal(0, 0.08)), 0, z)
        parts += [form.piece("second ring" if second else "ring", ring, int(second))]
        z += 1.9 * tube
    neck = form.turned([(0, base_high), (0.7, base_high), (0.6, z), (0, z)], 0.1)
    knob = form.between(1.2, 1.9)
    parts += [form.piece("base", neck, 2)]
    shape_of = (knob, knob, knob * form.between(0.8, 1.2))
    parts += [form.piece("knob", form.egg(*shape_of).moved(z=z + shape_of[2] * 0.5 - tube * 0.3), 2)]
    return stand(parts)


def _belly(count: int) -> Array:
    return np.asarray(0.55 + 0.4 * np.sin(np.linspace(0.5, np.pi - 0.4, count)))


def ball(form: Form) -> list[Part]:
    """A play ball: a belt of the second colour, caps of the third, a print on the front."""
    radius = form.between(5.5, 8.5)
    rows = int(np.clip(np.pi * radius / (0.5 * form.cell), 30, 700))
    belt, cap = form.between(0.1, 0.24), form.between(0.8, 0.93)
    tilt = rotation("x", form.between(-35, 35)) @ rotation("y", form.between(-50, 50))
    parts = []
    for region, low, high, colour in (
        ("cap", cap, 1.0, 2), ("ball", belt, cap, 0), ("belt", -belt, belt, 1), ("ball", -cap, -belt, 0),
        ("cap", -1.0, -cap, 2),
    ):  # fmt: skip
        part = form.piece(region, _zone(radius, low, high, rows).turned(tilt), colour)
        if region == "ball" and form.decal != "none":
            for turn in (0, 90, 180, 270):
                look = rotation("z", turn)
                at = look @ np.array([0, -radius * 0.8, 0])
                part = part if part.picture is not None else form.decorated(
                    part, tilt @ at, tilt @ look @ (1, 0, 0), (0, 0, 1), (radius, radius * 0.8), 2)  # fmt: skip
        parts += [part]
    return stand(parts)


def _zone(radius: float, low: float, high: float, rows: int) -> Mesh:
    """The zone of a ball between two heights (shares of the radius)."""
    start, end = np.arcsin(low), np.arcsin(high)
    angle = np.linspace(start, end, max(int(rows * (end - start) / np.pi), 6))
    line = np.stack([radius * np.cos(angle), radius * np.sin(angle)], 1)
    mesh = lathe(line, 2 * np.pi * line[:, 0].max() / (2 * rows))  # zones have the same columns: no cracks
    return Mesh(mesh.vertices, mesh.faces, mesh.vertices / radius, mesh.uv)


def spinning_top(form: Form) -> list[Part]:
    """A turned top standing on its tip with a lean: belly, ring, stem."""
    wide, tall = form.between(4.5, 6.5), form.between(3.0, 5.0)
    rim = tall + form.between(0.4, 1.4)
    bulge = form.between(0.45, 0.85)
    low = [(0, 0), (0.3, 0.1), (wide * bulge, tall * 0.45), (wide, tall), (wide, rim), (wide * 0.6, rim + 0.7)]
    body = [*low, (0, rim + 0.9)]
    parts = [form.piece("top", form.turned(body, [0, 0.1, 1.6, 0.6, 0.4, 0.6, 0]), 0)]
    thick = form.between(0.25, 0.7)
    parts += [form.piece("ring", form.ring(wide * 0.97, thick).moved(z=(tall + rim) / 2), 1)]
    crown = [(0, rim), (wide * 0.5, rim + 0.5), (wide * 0.42, rim + 1.3), (0, rim + 1.4)]
    parts += [form.piece("ring", form.turned(crown, 0.3), 1)]
    stem, top = form.between(0.5, 0.8), rim + form.between(3.2, 5.0)
    handle = [(0, rim + 0.8), (stem, rim + 0.8), (stem * 0.8, top), (0, top)]
    parts += [form.piece("stem", form.turned(handle, 0.2), 2)]
    knob = stem * form.between(1.4, 2.2)
    parts += [form.piece("stem", form.egg(knob, knob, knob * 0.8).moved(z=top), 2)]
    return tip_over(parts, form.between(8, 22), "y")
