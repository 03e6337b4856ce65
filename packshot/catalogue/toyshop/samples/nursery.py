"""First toys: block tower, stacking rings, ball, spinning top, drum, xylophone. The front looks to -y."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.random import Generator

from packshot.catalogue.toyshop.geometry.fields import box, cylinder, ellipsoid, join_all, prism, rotation
from packshot.catalogue.toyshop.geometry.meshes import project_print
from packshot.catalogue.toyshop.geometry.parts import Part, stand, tip_over
from packshot.catalogue.toyshop.geometry.shapes import lathe, rounded_box, rounded_profile, sweep
from packshot.catalogue.toyshop.paint import prints
from packshot.catalogue.toyshop.paint.palette import srgb
from packshot.catalogue.toyshop.samples.style import Style, solid

RAINBOW = ("red", "orange", "yellow", "green", "turquoise", "blue", "purple", "pink")
UPRIGHT = rotation("x", 90)


def block_tower(rng: Generator, style: Style) -> list[Part]:
    """A castle of wooden blocks, some painted, some raw, laid by a child's hand: never quite straight."""
    side, gap = 3.6, 0.015
    first, second, third = style.colours
    letters = rng.permutation(list("ABCDEFGHKLMNPRS"))[:4]

    def cube(x: float, z: float, colour: str, letter: str = "", wide: float = 1.0) -> Part:
        mesh = rounded_box(wide * side, side, side, 0.28, style.cell)
        part = Part("block", mesh, _wood(colour), colour, None, (1, 0, 0) if wide > 1 else (0, 0, 1))
        if letter:
            printed = project_print(mesh, (0, -side / 2, 0), (1, 0, 0), (0, 0, 1), (side * 0.72, side * 0.72))
            part = Part(
                "block", printed, _wood(colour), colour, prints.label(letter, "cream" if colour != "natural" else first)
            )
        return _nudged(part, rng).moved(x, 0, z)

    def arch(z: float, colour: str) -> Part:
        whole = box(3 * side, side, side, 0.28).cut(
            cylinder(side * 0.62, 9, 0).turned(UPRIGHT).moved(0, 0, -side / 2), 0.2
        )
        return _nudged(solid("arch", whole, style, colour, _wood(colour)), rng).moved(0, 0, z)

    def roof(x: float, z: float, colour: str, width: float = 1.0) -> Part:
        outline = np.array([(-width / 2, 0), (width / 2, 0), (0, 0.62 * width)]) * side
        wedge = prism(outline, side, 0.22).turned(UPRIGHT)
        return _nudged(solid("roof", wedge, style, colour, _wood(colour)), rng).moved(x, 0, z)

    def pillar(x: float, z: float, colour: str) -> Part:
        line = rounded_profile([(0, 0), (side * 0.47, 0), (side * 0.47, side), (0, side)], 0.22, style.cell)
        return Part("pillar", lathe(line, style.cell), _wood(colour), colour, None, (0, 0, 1)).moved(
            x, float(rng.normal(0, 0.06)), z
        )

    level = [i * (side + gap) for i in range(5)]
    mid = side / 2
    parts = [cube(-side * 1.02, mid, first, letters[0]), cube(side * 1.03, mid, second, letters[1])]
    parts += [arch(level[1] + mid, "natural")]
    parts += [
        pillar(-side, level[2], third),
        pillar(side * 0.98, level[2], first),
        cube(0, level[2] + mid, "natural", letters[2]),
    ]
    parts += [cube(-0.1, level[3] + mid, second, "", 2.98)]
    parts += [
        roof(-0.05, level[4] + 0.0, first, 1.5),
        cube(-side * 2.25, mid, third, letters[3]),
        roof(-side * 2.2, level[1], "natural"),
    ]
    return stand(parts)


def stacking_rings(rng: Generator, style: Style) -> list[Part]:
    """Rings of falling size on a pole with a ball on top."""
    count, tube = int(rng.integers(5, 7)), rng.uniform(0.95, 1.05)
    base = rounded_profile([(0, 0), (5.2, 0), (5.4, 0.7), (3.4, 1.5), (0, 1.5)], [0, 0.3, 0.4, 0.8, 0], style.cell)
    parts = [Part("base", lathe(base, style.cell), style.material, style.colours[1])]
    large, small = 4.1, 1.95
    radii = np.linspace(large, small, count)
    z = 1.42 + tube
    for number, radius in enumerate(radii):
        if number:
            z += float(np.sqrt(4 * tube**2 - (radii[number - 1] - radius) ** 2))
        angle = np.linspace(-np.pi, np.pi, 60)
        section = np.stack([radius + tube * np.cos(angle), tube * np.sin(angle)], 1)
        slip = rng.normal(0, 0.05, 2)
        ring = lathe(section, style.cell).turned(rotation("x", float(rng.normal(0, 0.6))))
        parts += [Part("ring", ring.moved(slip[0], slip[1], z), style.material, RAINBOW[number])]
    pole = rounded_profile([(0, 1.0), (0.8, 1.0), (0.55, z + 1.4), (0, z + 1.4)], 0.2, style.cell)
    parts += [Part("pole", lathe(pole, style.cell), style.material, style.colours[1])]
    top = np.stack([1.55 * np.cos(a := np.linspace(-np.pi / 2, np.pi / 2, 50)), 1.55 * np.sin(a)], 1)
    parts += [Part("knob", lathe(top, style.cell).moved(0, 0, z + tube * 0.75 + 1.2), style.material, style.colours[0])]
    return stand(parts)


def ball(rng: Generator, style: Style) -> list[Part]:
    """A play ball of rubber: two colours, a belt between white lines, stars, a valve and a seam."""
    radius = rng.uniform(7.5, 9.0)
    top, belt, bottom = style.colours
    place, _ = prints.globe(style.pixels(900))
    z = place[..., 2]
    soft = 0.006

    def step(x: np.ndarray) -> np.ndarray:
        return np.clip(x / soft + 0.5, 0, 1)

    layers = [(step(-z), bottom), (step(0.4 - np.abs(z)), "white"), (step(0.33 - np.abs(z)), belt)]
    for number in range(6):
        layers += [(_spot_star(place, number * 60 + 10, 0.0, 0.26, step), "white")]
    for number in range(5):
        layers += [
            (_spot_star(place, number * 72 + 30, 42, 0.2, step), belt),
            (_spot_star(place, number * 72 + 66, -42, 0.2, step), belt),
        ]
    layers += [(step(z - 0.965), "white"), (step(-z - 0.965), "white")]
    arc = np.linspace(-np.pi / 2, np.pi / 2, 220)
    groove = 1 - 0.004 * np.exp(-((np.sin(arc) / 0.012) ** 2))
    mesh = lathe(np.stack([radius * groove * np.cos(arc), radius * groove * np.sin(arc)], 1), style.cell)
    skin = Part("ball", mesh, style.material, top, prints.over_all(prints.paint(z.shape, layers, top)))
    plug = solid("valve", ellipsoid(0.45, 0.45, 0.1).moved(0, 0, radius * 0.999), style, "white", "rubber", 0.03)
    return tip_over([skin, plug], float(rng.uniform(18, 34)))


def spinning_top(rng: Generator, style: Style) -> list[Part]:
    """A turned wooden top lying on its side, with painted rings."""
    wide, tall = rng.uniform(4.2, 4.8), rng.uniform(3.4, 3.9)
    rim = tall + 0.5
    line = [
        (0, 0),
        (0.25, 0.05),
        (0.6, 0.7),
        (wide * 0.62, tall * 0.55),
        (wide, tall),
        (wide, rim),
        (wide * 0.55, rim + 0.9),
    ]
    line += [
        (0.75, rim + 1.6),
        (0.5, rim + 2.4),
        (0.5, rim + 4.2),
        (0.78, rim + 4.7),
        (0.78, rim + 5.2),
        (0, rim + 5.4),
    ]
    profile = rounded_profile(line, [0, 0.12, 0.5, 3, 0.3, 0.3, 2, 0.6, 0.6, 0.4, 0.3, 0.3, 0], 0.03)
    length = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(profile, axis=0), axis=1))])
    share = length / length[-1]
    v = (np.arange(1200)[::-1] + 0.5) / 1200
    radius, height = np.interp(v, share, profile[:, 0]), np.interp(v, share, profile[:, 1])
    first, second, third = (srgb(c) for c in style.colours)
    upper = height > (tall + rim) / 2
    column = np.where((radius > wide * 0.8)[:, None], first, np.where((radius > wide * 0.62)[:, None], second, third))
    column = np.where((upper & (radius > wide * 0.34) & (radius < wide * 0.5))[:, None], first, column)
    bare = ((radius < wide * 0.3) & upper) | ((radius < wide * 0.24) & ~upper)
    lines = np.abs(radius[:, None] / wide - np.array([0.8, 0.62, 0.34, 0.5])).min(1) * wide < 0.045
    column = np.where((lines & (radius > 1.0))[:, None], srgb("cream"), column)
    picture = np.concatenate([column, np.where(bare, 0.0, 1.0)[:, None]], 1)[:, None].repeat(64, 1).astype(np.float32)
    body = Part("top", lathe(profile, style.cell), style.material, "natural", picture, (0, 0, 1))
    return tip_over([body], _rolled(profile, tall / 2), "y")


def _rolled(profile: np.ndarray, divide: float) -> float:
    """Degrees by which a top must lean so that its tip (below `divide`) and its rim touch the ground together."""
    tip, rim = profile[profile[:, 1] < divide], profile[profile[:, 1] >= divide]
    angles = np.radians(np.arange(20.0, 70.0, 0.05))[:, None]
    heights = [(p[:, 1] * np.cos(angles) - p[:, 0] * np.sin(angles)).min(1) for p in (tip, rim)]
    return float(np.degrees(angles[np.argmin(np.abs(heights[0] - heights[1])), 0]))


def drum(rng: Generator, style: Style) -> list[Part]:
    """A tin drum with wooden hoops, a skin, zigzag cord and two sticks on top."""
    shell, hoop, accent = style.colours
    radius, high = rng.uniform(6.6, 7.4), rng.uniform(8.0, 9.0)
    count = 8
    canvas = prints.Canvas(style.pixels(600), 2 * np.pi * radius / high)
    width = canvas.aspect
    canvas.band(0.14, 0.19, accent)
    canvas.band(0.81, 0.86, accent)
    for k in range(2 * count):
        x = (k + 0.5) * width / (2 * count)
        canvas.polygon(prints.star(x, 0.5, 0.13, turn=90), accent)
    side = lathe(
        np.array([(radius, 0.2), *[(radius, high * t) for t in np.linspace(0.05, 0.95, 20)], (radius, high - 0.2)]),
        style.cell,
    )
    closed = lathe(
        rounded_profile([(0, 0.3), (radius - 0.05, 0.3), (radius - 0.05, high - 0.3), (0, high - 0.3)], 0.05, 0.2),
        style.cell,
    )
    parts = [Part("shell", side, "painted tin", shell, canvas.picture()), Part("inside", closed, "painted tin", shell)]
    ring = [(radius - 0.1, 0), (radius + 0.45, 0), (radius + 0.45, 1.3), (radius - 0.1, 1.3), (radius - 0.1, 0)]
    band = lathe(rounded_profile(ring, 0.14, 0.06), style.cell)
    parts += [Part("hoop", band.moved(z=z), style.material, hoop) for z in (0, high - 0.9)]
    skin = rounded_profile(
        [(0, high - 0.4), (radius - 0.05, high - 0.4), (radius - 0.05, high - 0.05), (0, high)], 0.1, 0.1
    )
    parts += [Part("skin", lathe(skin, style.cell), "matte plastic", "cream")]
    angle = np.pi / 8 + np.arange(2 * count) * np.pi / count
    points = [
        ((radius + 0.5) * np.cos(a), (radius + 0.5) * np.sin(a), 0.75 if k % 2 else high - 0.2)
        for k, a in enumerate(angle)
    ]
    parts += [Part("cord", sweep(_zigzag(np.array(points)), 0.13, 0.05, closed=True, twist=1.2), "cotton", "cream")]
    studs = join_all([ellipsoid(0.34, 0.34, 0.34).moved(*(np.array(p) * (0.985, 0.985, 1))) for p in points])
    parts += [solid("stud", studs, style, "#d8b35c", "metal", 0.06)]
    for y, turn in ((-2.2, 12.0), (1.6, 156.0)):
        parts += [p.turned(rotation("z", turn)).moved(0.4, y, high + 0.4 + 0.4) for p in _stick(15.5, 0.4, 0.8, style)]
    return stand(parts)


def xylophone(rng: Generator, style: Style) -> list[Part]:
    """Eight bars on a wooden frame, held by pegs, with a mallet in front."""
    count, pitch, wide = 8, 2.25, 1.9
    frame, peg, mallet = style.colours
    longest, shortest = rng.uniform(12, 13), rng.uniform(7.2, 8)
    parts = []
    lengths = np.linspace(longest, shortest, count)
    x = (np.arange(count) - (count - 1) / 2) * pitch
    for side in (-1, 1):
        start, end = side * lengths[0] * 0.28, side * lengths[-1] * 0.28
        turn = rotation("z", float(np.degrees(np.arctan2(end - start, x[-1] - x[0]))))
        rail = rounded_box(count * pitch + 1.6, 1.3, 2.0, 0.3, style.cell)
        parts += [Part("frame", rail.turned(turn).moved(0, (start + end) / 2, 1.0), _wood(frame), frame)]
    for at, length in ((x[0] - 0.3, lengths[0]), (x[-1] + 0.3, lengths[-1])):
        cross = rounded_box(1.3, length * 0.56, 1.5, 0.25, style.cell).moved(at, 0, 0.85)
        parts += [Part("frame", cross, _wood(frame), frame, None, (0, 1, 0))]
    for number, (at, length) in enumerate(zip(x, lengths, strict=True)):
        turn = rotation("z", float(rng.normal(0, 0.8)))
        parts += [
            Part(
                "bar",
                rounded_box(wide, length, 0.75, 0.26, style.cell).turned(turn).moved(at, 0, 2.5),
                style.material,
                RAINBOW[number],
            )
        ]
        for side in (-1, 1):
            pad = cylinder(0.45, 0.2, 0.08).moved(at, side * length * 0.28, 2.06)
            pin = ellipsoid(0.42, 0.42, 0.3).moved(at, side * length * 0.28, 2.9)
            parts += [solid("pad", pad, style, "grey", "felt", 0.06), solid("pin", pin, style, peg, "metal", 0.05)]
    head, shaft, reach = 0.95, 0.32, 15.0
    rise = float(np.degrees(np.arcsin((0.92 * head - shaft) / reach)))  # head and tail both lie on the ground
    stick = [p.turned(rotation("y", -rise)) for p in _stick(reach, shaft, head, style, mallet)]
    low = min(float(p.mesh.low[2]) for p in stick)
    parts += [p.moved(0, 0, -low).turned(rotation("z", 7)).moved(1.0, -longest / 2 - 2.6) for p in stick]
    return stand(parts)


def _stick(length: float, radius: float, head: float, style: Style, colour: str = "natural") -> list[Part]:
    """A mallet along x: a shaft and a ball on its end at +x."""
    shaft = sweep(
        np.stack([np.linspace(-length / 2, length / 2, 40), np.zeros(40), np.zeros(40)], 1), radius, style.cell
    )
    ball_at = ellipsoid(head, head * 0.92, head * 0.92).moved(length / 2)
    return [Part("stick", shaft, "varnished wood", "natural"), solid("head", ball_at, style, colour, _wood(colour))]


def _zigzag(points: np.ndarray) -> np.ndarray:
    """A closed cord round a drum through points (n, 3): between them it keeps their distance from the axis."""
    legs = []
    for a, b in zip(points, np.roll(points, -1, 0), strict=True):
        leg = a + (b - a) * np.linspace(0.06, 0.94, 14)[:, None]
        leg[:, :2] *= (np.hypot(a[0], a[1]) / np.hypot(leg[:, 0], leg[:, 1]))[:, None]
        legs.append(leg)
    return np.concatenate(legs)


def _spot_star(
    place: np.ndarray, turn: float, lift: float, size: float, step: Callable[[np.ndarray], np.ndarray]
) -> np.ndarray:
    """Coverage of a five-pointed star painted on a unit ball at (turn, lift) degrees."""
    a, b = np.radians(turn), np.radians(lift)
    out = np.array([np.cos(b) * np.cos(a), np.cos(b) * np.sin(a), np.sin(b)])
    east = np.array([-np.sin(a), np.cos(a), 0])
    x, y = place @ east, place @ np.cross(out, east)
    angle = np.abs((np.arctan2(x, y) + np.pi / 5) % (2 * np.pi / 5) - np.pi / 5)  # from the nearest tip
    edge = size * np.sin(0.33) / np.sin(0.33 + angle)
    return np.where(place @ out > 0, step(edge - np.hypot(x, y)), 0.0)


def _nudged(part: Part, rng: Generator) -> Part:
    """A little out of line, as if set by hand; it stays level."""
    return part.turned(rotation("z", float(rng.normal(0, 1.6)))).moved(y=float(rng.normal(0, 0.06)))


def _wood(colour: str) -> str:
    return "raw wood" if colour == "natural" else "painted wood"
