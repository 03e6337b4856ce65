"""Things on wheels: car and train. Forward is +x; side view at azimuth 0."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from packshot.catalogue.toyshop.geometry.fields import (
    Field,
    box,
    capsule,
    cylinder,
    ellipsoid,
    join_all,
    prism,
    rotation,
    smooth_outline,
)
from packshot.catalogue.toyshop.geometry.meshes import project_print
from packshot.catalogue.toyshop.geometry.parts import Part, stand
from packshot.catalogue.toyshop.geometry.shapes import lathe, rounded_profile
from packshot.catalogue.toyshop.paint import prints
from packshot.catalogue.toyshop.samples.style import Style, solid

UPRIGHT = rotation("x", 90)  # a prism drawn in (x, y) becomes a silhouette in (x, z)
ACROSS = UPRIGHT  # what was turned about z turns about y


def car(rng: Generator, style: Style) -> list[Part]:
    """A small wooden saloon with pegged wheels, windows let into the wood and a number on the door."""
    length, width, high = rng.uniform(11, 13), rng.uniform(5.2, 6), rng.uniform(1.0, 1.12)
    paint, roof, hubs = style.colours
    x, z = length / 12, high
    lower = [(-6, 0.9), (6, 0.9), (6.1, 2.2), (5.6, 3.1), (3, 3.5), (-5.2, 3.6), (-6.1, 3.0)]
    cabin = [(-4.9, 2.5), (-4.2, 5.3), (-3.2, 6.1), (0.6, 6.1), (1.5, 5.5), (3.0, 2.5)]
    body = _silhouette(lower, x, z, width, 0.45).join(_silhouette(cabin, x, z, width * 0.86, 0.5), 0.5)
    axles = (-3.4 * x, 3.5 * x)
    for axle in axles:
        body = body.cut(cylinder(1.75, 2 * width, 0).turned(ACROSS).moved(axle, 0, 1.4), 0.15)
    panes = [
        [(-4.0, 3.75), (-3.55, 5.1), (-3.0, 5.45), (-1.45, 5.45), (-1.45, 3.75)],
        [(-0.9, 3.75), (-0.9, 5.45), (0.45, 5.45), (1.05, 5.1), (1.85, 3.75)],
    ]
    windows = [_silhouette(p, x, z, width * 2, 0.0, rounds=2) for p in panes]
    slots = [
        box(width * 0.64, 1.5, 2.0 * z, 0.3)
        .turned(rotation("z", 90))
        .turned(rotation("y", lean))
        .moved(at * x, 0, 4.6 * z)
        for lean, at in ((-28, 2.35), (14, -4.9))
    ]
    glass = join_all(windows).meet(_silhouette(cabin, x, z, width * 0.86 - 0.3, 0.3))
    for opening in (*windows, *slots):
        body = body.cut(opening, 0.1)
    core = _silhouette(cabin, x, z, width * 0.8, 0.3).grown(-0.14)
    shell = solid("body", body, style, paint)
    door = project_print(shell.mesh, (-0.95 * x, -width / 2, 2.45 * z), (1, 0, 0), (0, 0, 1), (2.3, 2.3))
    number = prints.label(str(int(rng.integers(2, 10))), "navy", 256, "cream", hubs)
    parts = [Part("body", door, style.material, paint, number)]
    parts += [solid("window", core.join(glass), style, "#20262c", "glossy plastic")]
    for axle in axles:
        parts += [
            p.moved(axle, side * width * 0.47, 1.4) for side in (-1, 1) for p in _wheel(1.4, 1.3, side, style, hubs)
        ]
    lamp = ellipsoid(0.35, 0.6, 0.6).moved(6.0 * x, width * 0.31, 2.5 * z)
    rear = ellipsoid(0.25, 0.4, 0.4).moved(-6.05 * x, width * 0.33, 2.75 * z)
    parts += [solid("lamp", _both_sides(lamp), style, "cream", "glossy plastic", 0.05)]
    parts += [solid("rear lamp", _both_sides(rear), style, "red", "glossy plastic", 0.05)]
    bumpers = [
        capsule((e * 6.15 * x, -width * 0.4, 1.5 * z), (e * 6.15 * x, width * 0.4, 1.5 * z), 0.3) for e in (-1, 1)
    ]
    parts += [solid("bumper", join_all(bumpers), style, "silver", "metal")]
    if roof != paint:
        rack = box(3.4 * x, width * 0.62, 0.5, 0.2).moved(-1.3 * x, 0, 6.1 * z)
        parts += [solid("roof", rack, style, roof)]
    return stand(parts)


def train(rng: Generator, style: Style) -> list[Part]:
    """A tank engine: boiler, cab with open windows, chimney, spoked wheels joined by a rod."""
    boiler_colour, trim, metalwork = style.colours
    length, fat = rng.uniform(13, 15), rng.uniform(1.95, 2.2)
    base, axis_z = 2.7, 2.75 + fat
    x0 = -length / 2
    frame = box(length, 4.6, 1.0, 0.22).moved(0, 0, base - 0.3)
    boiler = rounded_profile([(0, 0), (fat, 0), (fat, length * 0.6), (0, length * 0.6)], 0.25, style.cell)
    along = rotation("y", 90)
    parts = [solid("frame", frame, style, trim)]
    parts += [
        Part(
            "boiler",
            lathe(boiler, style.cell).turned(along).moved(x0 + 0.36 * length, 0, axis_z),
            style.material,
            boiler_colour,
        )
    ]
    for share in (0.42, 0.66, 0.9):
        ring = rounded_profile(
            [(fat - 0.2, 0), (fat + 0.1, 0), (fat + 0.1, 0.35), (fat - 0.2, 0.35), (fat - 0.2, 0)], 0.06
        )
        parts += [
            Part(
                "band", lathe(ring, style.cell).turned(along).moved(x0 + share * length, 0, axis_z), "metal", "#d8b35c"
            )
        ]
    front = rounded_profile([(0, 0), (fat * 0.78, 0), (fat * 0.72, 0.45), (0, 0.6)], 0.12, style.cell)
    parts += [
        Part(
            "door",
            lathe(front, style.cell).turned(along).moved(x0 + 0.955 * length, 0, axis_z),
            style.material,
            metalwork,
        )
    ]
    cab = box(length * 0.32, 4.7, 5.3, 0.25).moved(x0 + 0.19 * length, 0, base + 2.75)
    cab = cab.cut(box(length * 0.2, 9, 1.9, 0.3).moved(x0 + 0.19 * length, 0, base + 3.9), 0.1)
    cab = cab.cut(box(9, 2.9, 1.6, 0.3).moved(x0 + 0.19 * length, 0, base + 4.0), 0.1)
    roof = box(length * 0.4, 5.7, 0.5, 0.2).moved(x0 + 0.19 * length, 0, base + 5.55)
    parts += [solid("cab", cab, style, boiler_colour), solid("roof", roof, style, trim)]
    stack = [
        (0.0, 0),
        (0.85, 0),
        (0.62, 0.5),
        (0.62, 1.5),
        (1.05, 2.5),
        (1.05, 2.95),
        (0.7, 2.95),
        (0.6, 2.5),
        (0, 2.5),
    ]
    parts += [
        Part(
            "chimney",
            lathe(rounded_profile(stack, 0.14, 0.04), style.cell).moved(x0 + 0.85 * length, 0, axis_z + fat * 0.93),
            style.material,
            metalwork,
        )
    ]
    dome = rounded_profile([(0, 0), (0.85, 0), (0.85, 0.7), (0.6, 1.25), (0, 1.4)], 0.4, 0.04)
    parts += [
        Part("dome", lathe(dome, style.cell).moved(x0 + 0.58 * length, 0, axis_z + fat * 0.9), "metal", "#d8b35c")
    ]
    beam = box(0.7, 5.2, 1.3, 0.2).moved(length / 2, 0, base - 0.35)
    buffers = join_all(
        [cylinder(0.45, 0.7, 0.15).turned(along).moved(length / 2 + 0.6, s * 1.7, base - 0.3) for s in (-1, 1)]
    )
    parts += [solid("beam", beam, style, "red"), solid("buffer", buffers, style, "silver", "metal", 0.06)]
    return stand(parts + _running_gear(length, style, trim))


def _silhouette(
    points: list[tuple[float, float]], x: float, z: float, width: float, edge: float, rounds: int = 3
) -> Field:
    """A side view (x, z) given width along y."""
    outline = smooth_outline(np.array(points) * (x, z), rounds)
    return prism(outline, width, edge).turned(UPRIGHT)


def _both_sides(field: Field) -> Field:
    """With its mirror image in the plane y = 0."""
    quarter = rotation("z", 90)
    return field.turned(quarter).mirrored().turned(quarter.T)


def _wheel(radius: float, width: float, side: int, style: Style, hub: str) -> list[Part]:
    """Tyre, painted hub and the wooden peg that holds it, the outside towards `side` of y."""
    tyre = [
        (0.4, -width / 2),
        (radius, -width / 2),
        (radius, width / 2),
        (radius * 0.66, width / 2),
        (radius * 0.6, width / 2 - 0.14),
        (0.4, width / 2 - 0.14),
        (0.4, -width / 2),
    ]
    disc = [
        (0, 0),
        (radius * 0.62, 0),
        (radius * 0.62, width / 2 - 0.06),
        (radius * 0.5, width / 2),
        (0, width / 2 + 0.02),
    ]
    peg = [
        (0, 0),
        (radius * 0.24, 0),
        (radius * 0.24, width / 2 + 0.1),
        (radius * 0.14, width / 2 + 0.28),
        (0, width / 2 + 0.3),
    ]
    turn = rotation("x", -90 * side)
    pieces = (
        ("tyre", tyre, 0.16, "rubber", "black"),
        ("hub", disc, 0.08, style.material, hub),
        ("peg", peg, 0.12, "varnished wood", "natural"),
    )
    return [
        Part(name, lathe(rounded_profile(line, r, 0.04), style.cell).turned(turn), material, colour)
        for name, line, r, material, colour in pieces
    ]


def _running_gear(length: float, style: Style, colour: str) -> list[Part]:
    """Three spoked wheels a side, and the metal rod that joins them."""
    spoked = cylinder(1.75, 0.8, 0.15).cut(cylinder(1.3, 2, 0).cut(cylinder(0.5, 3, 0), 0.1), 0.08)
    spokes = [box(2.8, 0.34, 0.5, 0.12).turned(rotation("z", a)) for a in (10, 70, 130)]
    wheel = join_all([spoked, *spokes], 0.08).turned(ACROSS)
    parts = []
    for side in (-1, 1):
        for share in (-0.31, 0.0, 0.31):
            parts += [solid("wheel", wheel.moved(share * length, side * 2.35, 1.75), style, "red")]
            peg = ellipsoid(0.32, 0.25, 0.32).moved(share * length + 0.25, side * 3.05, 1.45)
            parts += [solid("pin", peg, style, colour, "metal", 0.05)]
        rod = box(0.31 * length * 2 + 0.9, 0.24, 0.55, 0.1).moved(0.25, side * 2.92, 1.45)
        parts += [solid("rod", rod, style, "silver", "metal", 0.06)]
    return parts
