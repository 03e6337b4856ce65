"""Creatures: duck and pull-along dog look to +x, the teddy bear to -y."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from packshot.catalogue.toyshop.geometry.fields import (
    Field,
    ball,
    box,
    capsule,
    ellipsoid,
    half_space,
    prism,
    rotation,
    smooth_outline,
    torus,
)
from packshot.catalogue.toyshop.geometry.parts import Part, stand
from packshot.catalogue.toyshop.geometry.shapes import curve, lathe, rounded_profile, sweep
from packshot.catalogue.toyshop.samples.style import Style, solid

UPRIGHT = rotation("x", 90)  # a prism drawn in (x, y) becomes a silhouette in (x, z)


def duck(rng: Generator, style: Style) -> list[Part]:
    """A bath duck of soft rubber, looking to +x."""
    coat, beak, _ = style.colours
    plump, head = rng.uniform(0.95, 1.05), rng.uniform(2.35, 2.6)
    body = ellipsoid(4.7, 3.5 * plump, 2.9).moved(0, 0, 2.6)
    breast = ellipsoid(2.6, 2.8 * plump, 2.5).moved(2.0, 0, 3.0)
    tail = capsule((-3.2, 0, 3.6), (-5.3, 0, 5.3), 1.3, 0.35)
    top = (2.3, 0.0, 7.0)
    whole = body.join(breast, 1.5).join(tail, 1.5).join(ball(head).moved(*top), 1.1)
    wing = ellipsoid(2.5, 0.8, 1.4).turned(rotation("y", 12)).turned(rotation("z", 4)).moved(-0.4, -3.1 * plump, 3.5)
    whole = whole.join(wing, 0.2).join(_other_side(wing), 0.2)
    whole = whole.meet(half_space((0, 0, -1), -0.25), 0.5)
    bill = ellipsoid(1.5, 1.35, 0.42).turned(rotation("y", -8)).moved(4.9, 0, 6.75)
    bill = bill.join(ellipsoid(1.2, 1.1, 0.34).turned(rotation("y", 14)).moved(4.75, 0, 6.25), 0.12)
    parts = [solid("body", whole, style, coat), solid("beak", bill, style, beak)]
    for side in (-1, 1):
        look = np.array([0.75, side * 0.62, 0.32])
        look /= np.linalg.norm(look)
        parts += _eye(np.array(top) + look * head, look, 0.62, style)
    return stand(parts)


def teddy(rng: Generator, style: Style) -> list[Part]:
    """A sitting bear of plush with a ribbon; felt pads, glossy eyes."""
    fur, pad, ribbon = style.colours
    fat = rng.uniform(0.95, 1.05)
    torso = ellipsoid(4.3 * fat, 3.7 * fat, 4.6).moved(0, 0, 4.6)
    skull = ellipsoid(3.9, 3.5, 3.5).moved(0, -0.2, 11.4)
    ears = ellipsoid(1.45, 0.85, 1.45).moved(3.0, 0.1, 14.0).mirrored()
    arms = capsule((3.3, -0.6, 7.4), (5.6, -2.9, 4.3), 1.45, 1.55).mirrored()
    legs = capsule((2.5, -1.5, 1.75), (4.3, -6.0, 1.75), 1.8, 1.75).mirrored()
    parts = [
        solid("body", torso, style, fur, "plush", 0.16),
        solid("head", skull.join(ears, 0.3), style, fur, "plush", 0.16),
    ]
    parts += [solid("arm", arms, style, fur, "plush", 0.16), solid("leg", legs, style, fur, "plush", 0.16)]
    snout = ellipsoid(1.75, 1.35, 1.35).moved(0, -3.5, 10.6)
    parts += [solid("snout", snout, style, pad, "short plush", 0.1)]
    inner = ellipsoid(0.95, 0.25, 0.95).moved(3.05, -0.72, 14.0).mirrored()
    parts += [solid("ear", inner, style, pad, "short plush", 0.08)]
    sole = ellipsoid(1.3, 0.3, 1.3).turned(rotation("z", 21)).moved(4.93, -7.62, 1.75).mirrored()
    parts += [solid("sole", sole, style, pad, "felt", 0.06)]
    nose = ellipsoid(0.78, 0.5, 0.52).moved(0, -4.78, 11.15)
    parts += [solid("nose", nose, style, "black", "glossy plastic", 0.05)]
    eyes = ball(0.46).moved(1.35, -3.42, 12.2).mirrored()
    parts += [solid("eye", eyes, style, "black", "glossy plastic", 0.05)]
    mouth = curve(
        [(-0.75, -4.55, 9.95), (-0.4, -4.72, 9.75), (0, -4.8, 10.05), (0.4, -4.72, 9.75), (0.75, -4.55, 9.95)]
    )
    parts += [Part("mouth", sweep(mouth, 0.09, 0.04), "cotton", "#3a2a22")]
    return stand(parts + _bow(style, ribbon))


def pull_dog(rng: Generator, style: Style) -> list[Part]:
    """A wooden dachshund on wheels with felt ears and a pull cord; nose to +x."""
    coat, collar, wheels = style.colours
    stretch = rng.uniform(0.97, 1.08)
    back = [
        (-6.6, 4.2),
        (-6.0, 6.4),
        (-3, 7.0),
        (2.2, 6.9),
        (3.3, 8.4),
        (3.6, 10.2),
        (5.0, 11.2),
        (6.6, 10.8),
        (7.2, 9.9),
        (9.2, 9.3),
    ]
    belly = [
        (9.4, 8.1),
        (7.3, 7.8),
        (6.2, 7.2),
        (5.6, 5.0),
        (5.0, 2.2),
        (3.0, 2.2),
        (2.4, 3.6),
        (-3.4, 3.6),
        (-4.0, 2.2),
        (-6.2, 2.2),
    ]
    outline = smooth_outline(np.array(back + belly) * (stretch, 1), 3)
    body = prism(outline, 3.4, 0.75).turned(UPRIGHT)
    shell = solid("body", body, style, coat, "varnished wood")
    parts = [shell]
    tail = curve([(-5.9, 0, 6.0), (-7.3, 0, 7.2), (-7.9, 0, 8.8), (-7.6, 0, 10.0)])
    parts += [
        Part(
            "tail", sweep(tail * (stretch, 1, 1), np.linspace(0.5, 0.3, len(tail)), style.cell), "varnished wood", coat
        )
    ]
    ear = prism(
        smooth_outline([(-0.5, 0.6), (0.7, 0.5), (1.1, -1.0), (0.7, -2.5), (-0.4, -2.7), (-1.0, -1.3)], 3), 0.34, 0.15
    ).turned(UPRIGHT)
    ear = ear.turned(rotation("x", -7)).moved(4.75 * stretch, -1.93, 10.6)
    parts += [solid("ear", ear.join(_other_side(ear)), style, "#4a2f22", "felt", 0.06)]
    parts += [solid("nose", ball(0.72).moved(9.5 * stretch, 0, 9.0), style, "black", "lacquered wood")]
    for side in (-1, 1):
        place = np.array([6.35 * stretch, side * 1.62, 10.0])
        parts += [solid("eye", ellipsoid(0.36, 0.2, 0.36).moved(*place), style, "black", "glossy plastic", 0.04)]
    band = box(4.1, 3.62, 0.75, 0.35).turned(rotation("y", 12)).moved(4.4 * stretch, 0, 6.75)
    parts += [solid("collar", band, style, collar, "painted wood")]
    for x in (-5.0, 4.0):
        axle = capsule((x * stretch, -2.6, 1.75), (x * stretch, 2.6, 1.75), 0.3)
        parts += [solid("axle", axle, style, "natural", "varnished wood")]
        parts += [p.moved(x * stretch, side * 2.3, 1.75) for side in (-1, 1) for p in _disc_wheel(side, style, wheels)]
    return stand(parts + _pull_cord(8.6 * stretch, style, collar))


def _eye(place: np.ndarray, look: np.ndarray, size: float, style: Style) -> list[Part]:
    """White, pupil and glint, as flat lenses on a surface at `place`, turned to `look`."""
    side = np.cross([0, 0, 1.0], look)
    frame = np.stack([side / np.linalg.norm(side), np.cross(look, side / np.linalg.norm(side)), look], 1)
    parts = []
    for colour, share, out, shift in (
        ("white", 1.0, 0.0, 0.0),
        ("black", 0.62, 0.06, -0.05),
        ("white", 0.17, 0.12, 0.2),
    ):
        lens = (
            ellipsoid(size * share * 0.82, size * share, 0.11)
            .moved(0, shift * size, out - 0.03)
            .turned(frame)
            .moved(*place)
        )
        parts += [solid("eye", lens, style, colour, "glossy plastic", 0.04)]
    return parts


def _bow(style: Style, colour: str) -> list[Part]:
    """A ribbon round a bear's neck: collar, two loops, two ends, a knot."""
    t = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    collar = sweep(
        np.stack([3.1 * np.cos(t), 2.9 * np.sin(t) - 0.2, 8.75 + 0.25 * np.sin(t)], 1), 0.5, 0.06, 0.45, closed=True
    )
    flat = torus(0.75, 0.3).turned(UPRIGHT)
    loop = Field(lambda p: flat.at(p * np.array([0.8, 0.45, 1.25])) * 0.8, (-1.4, -0.7, -0.9), (1.4, 0.7, 0.9))
    loops = loop.turned(rotation("y", -12)).moved(1.35, -3.75, 8.8).mirrored()
    ends = prism(smooth_outline([(-0.1, 0.3), (0.5, 0.3), (1.7, -2.2), (1.1, -2.0), (0.6, -2.5)], 1), 0.2, 0.08).turned(
        UPRIGHT
    )
    ends = ends.turned(rotation("x", 12)).moved(0.1, -3.95, 8.5).mirrored()
    knot = ellipsoid(0.6, 0.55, 0.55).moved(0, -3.95, 8.75)
    cloth = [solid("ribbon", f, style, colour, "cotton", 0.07) for f in (loops, ends, knot)]
    return [Part("ribbon", collar, "cotton", colour), *cloth]


def _disc_wheel(side: int, style: Style, colour: str) -> list[Part]:
    rim = [(0, -0.5), (1.75, -0.5), (1.75, 0.5), (1.2, 0.5), (1.05, 0.35), (0, 0.35)]
    cap = [(0, 0), (0.55, 0), (0.55, 0.7), (0.4, 0.85), (0, 0.9)]
    turn = rotation("x", -90 * side)
    wheel = lathe(rounded_profile(rim, 0.2, 0.05), style.cell).turned(turn)
    return [
        Part("wheel", wheel, "painted wood", colour),
        Part("cap", lathe(rounded_profile(cap, 0.15, 0.05), style.cell).turned(turn), "varnished wood", "natural"),
    ]


def _pull_cord(start: float, style: Style, colour: str) -> list[Part]:
    """A cord that falls from the chest, wanders over the ground and ends in a bead."""
    r = 0.14
    path = curve(
        [
            (5.3, 0, 5.2),
            (6.6, -0.1, 4.0),
            (7.8, -0.5, 1.6),
            (9.2, -1.4, r),
            (11.2, -3.2, r),
            (10.0, -5.0, r),
            (7.0, -5.0, r),
            (3.6, -4.4, r),
            (1.4, -5.0, r + 0.5),
        ],
        24,
    )
    path[:, 2] = np.maximum(path[:, 2], r)
    bead = ellipsoid(0.95, 0.85, 0.85).moved(0.9, -5.1, 0.85)
    return [
        Part("cord", sweep(path, r, 0.04, twist=1.0), "cotton", "cream"),
        solid("bead", bead, style, colour, "lacquered wood"),
    ]


def _other_side(field: Field) -> Field:
    """Mirror image in the plane y = 0."""
    flip = np.array([1.0, -1.0, 1.0])
    low, high = (field.low[0], -field.high[1], field.low[2]), (field.high[0], -field.low[1], field.high[2])
    return Field(lambda p: field.at(p * flip), low, high)
