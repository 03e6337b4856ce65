"""Characters: nesting dolls and robot. The front looks to -y."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from packshot.catalogue.toyshop.geometry.fields import (
    ball,
    box,
    capsule,
    cylinder,
    ellipsoid,
    join_all,
    rotation,
    torus,
)
from packshot.catalogue.toyshop.geometry.meshes import project_print
from packshot.catalogue.toyshop.geometry.parts import Part, stand
from packshot.catalogue.toyshop.geometry.shapes import curve, lathe, rounded_profile, sweep
from packshot.catalogue.toyshop.paint import prints
from packshot.catalogue.toyshop.samples.style import Style, solid

UPRIGHT = rotation("x", 90)  # a prism drawn in (x, y) becomes a silhouette in (x, z)


def nesting_dolls(rng: Generator, style: Style) -> list[Part]:
    """Two painted dolls side by side: scarf, face, apron with flowers, lacquer."""
    parts: list[Part] = []
    second = Style((style.colours[1], style.colours[0], style.colours[2]), style.material, style.cell)
    for x, y, size, look in ((-2.1, 0.8, 1.0, style), (4.6, -1.6, 0.66, second)):
        doll = _doll(rng, look, size)
        turn = rotation("z", float(rng.uniform(-12, 12)))
        parts += [p.turned(turn).moved(x, y) for p in doll]
    return stand(parts)


def robot(rng: Generator, style: Style) -> list[Part]:
    """A tin robot of the old kind: printed chest, jointed arms, wind-up key, antenna."""
    tin, accent, eye = style.colours
    wide, deep = rng.uniform(6.6, 7.4), rng.uniform(4.2, 4.8)
    body = box(wide, deep, 7.2, 0.5).moved(0, 0, 8.0)
    mesh = project_print(
        solid("body", body, style, tin).mesh, (0, -deep / 2, 8.1), (1, 0, 0), (0, 0, 1), (wide * 0.8, 5.4)
    )
    parts = [Part("body", mesh, style.material, tin, _dashboard(style.pixels(500), wide * 0.8 / 5.4, accent, rng))]
    head = box(5.0, 3.9, 4.0, 0.5).moved(0, 0, 14.4)
    parts += [solid("head", head, style, tin)]
    neck = cylinder(1.3, 1.4, 0.1).moved(0, 0, 12.1)
    visor = box(3.9, 0.4, 0.9, 0.15).moved(0, -1.92, 13.35)
    parts += [solid("neck", neck, style, "silver", "metal"), solid("mouth", visor, style, "silver", "metal", 0.06)]
    slits = join_all([box(0.22, 0.3, 0.55, 0.08).moved(x, -2.08, 13.35) for x in np.linspace(-1.5, 1.5, 7)])
    parts += [solid("slit", slits, style, "black", "matte plastic", 0.05)]
    rim = torus(0.82, 0.2).turned(UPRIGHT).moved(1.15, -1.98, 15.2).mirrored()
    lens = ellipsoid(0.78, 0.42, 0.78).moved(1.15, -1.95, 15.2).mirrored()
    parts += [solid("rim", rim, style, "silver", "metal", 0.05), solid("eye", lens, style, eye, "glossy plastic", 0.05)]
    ears = cylinder(0.95, 0.8, 0.2).turned(rotation("y", 90)).moved(2.75, 0, 14.6).mirrored()
    parts += [solid("ear", ears, style, accent, "painted tin")]
    mast = capsule((0, 0, 16.2), (0, 0, 18.0), 0.13)
    parts += [
        solid("antenna", mast, style, "silver", "metal", 0.05),
        solid("tip", ball(0.5).moved(0, 0, 18.2), style, accent, "glossy plastic"),
    ]
    return stand(parts + _limbs(wide, style, accent))


def _doll(rng: Generator, style: Style, size: float) -> list[Part]:
    """One turned and painted doll of about 13 cm."""
    scarf, dress, accent = style.colours
    line = curve(
        [
            (2.75, 0.35),
            (3.25, 1.4),
            (3.55, 3.4),
            (3.4, 5.6),
            (2.75, 7.5),
            (2.45, 8.4),
            (2.6, 9.6),
            (2.5, 10.9),
            (1.7, 12.1),
            (0.85, 12.56),
            (0.0, 12.7),
        ],
        12,
    )
    bottom = rounded_profile([(0, 0), (2.75, 0), (2.8, 0.35)], 0.2, 0.05)[:-1]
    profile = np.concatenate([bottom, line])
    profile[:, 0] *= 1 - 0.02 * np.exp(-(((profile[:, 1] - 6.15) / 0.06) ** 2))
    profile = profile[profile[:, 0] >= 0] * size
    canvas = prints.Canvas(style.pixels(900), 1.15, dress)
    _paint_doll(canvas, scarf, dress, accent, rng)
    return [Part("doll", lathe(_even(profile, 0.05 * size), style.cell), style.material, dress, canvas.picture())]


def _paint_doll(canvas: prints.Canvas, scarf: str, dress: str, accent: str, rng: Generator) -> None:
    """Front in the middle (x = aspect / 2). Heights are shares of the profile's length, bottom included."""
    m = canvas.aspect / 2
    canvas.band(0.66, 1.0, scarf)
    canvas.band(0.17, 0.205, accent)
    t = np.linspace(0, 2 * np.pi, 60)
    canvas.polygon(np.stack([m + 0.2 * np.cos(t), 0.44 + 0.19 * np.sin(t)], 1), "cream")
    canvas.line(np.stack([m + 0.2 * np.cos(t), 0.44 + 0.19 * np.sin(t)], 1), 0.008, accent)
    canvas.polygon(
        [
            (m - 0.02, 0.66),
            (m - 0.16, 0.6),
            (m - 0.1, 0.56),
            (m, 0.65),
            (m + 0.1, 0.56),
            (m + 0.16, 0.6),
            (m + 0.02, 0.66),
        ],
        scarf,
    )
    prints.flower(canvas, m, 0.45, 0.075, scarf, "yellow", 6)
    for x, y, s in ((-0.1, 0.38, 0.045), (0.1, 0.38, 0.045), (-0.09, 0.53, 0.04), (0.09, 0.53, 0.04)):
        prints.flower(canvas, m + x, y, s, accent, "yellow")
    for x, y, a in (
        (-0.05, 0.36, 200),
        (0.05, 0.36, -20),
        (-0.03, 0.35, 250),
        (0.03, 0.35, 290),
        (-0.06, 0.5, 150),
        (0.06, 0.5, 30),
    ):
        prints.leaf(canvas, m + x, y, 0.075, a, "green")
    for x in np.arange(0.06, canvas.aspect, 0.115):
        if abs(x - m) > 0.24:
            prints.flower(canvas, x, 0.42 + 0.05 * np.sin(x * 40), 0.04, accent, "yellow")
            prints.leaf(canvas, x, 0.3, 0.06, 90 + 30 * np.sin(9 * x), "green")
    _paint_face(canvas, m, scarf, accent)


def _paint_face(canvas: prints.Canvas, m: float, scarf: str, accent: str) -> None:
    t = np.linspace(0, 2 * np.pi, 60)
    canvas.polygon(np.stack([m + 0.135 * np.cos(t), 0.79 + 0.1 * np.sin(t)], 1), "#f0cdb0")
    canvas.line(np.stack([m + 0.137 * np.cos(t), 0.79 + 0.102 * np.sin(t)], 1), 0.007, accent)
    for side in (-1, 1):
        lock = [
            (m, 0.885),
            (m + side * 0.09, 0.865),
            (m + side * 0.13, 0.8),
            (m + side * 0.122, 0.77),
            (m + side * 0.085, 0.835),
        ]
        canvas.polygon(lock, "#5a3320")
        canvas.disc(m + side * 0.08, 0.755, 0.026, "#eca08f", 0.8)
        canvas.disc(m + side * 0.047, 0.795, 0.02, "white", 0.75)
        canvas.disc(m + side * 0.047, 0.794, 0.0125, "#24486e")
        canvas.disc(m + side * 0.047, 0.794, 0.006, "black")
        brow = np.linspace(-1, 1, 9)
        canvas.line(np.stack([m + side * 0.047 + 0.026 * brow, 0.822 + 0.006 * (1 - brow**2)], 1), 0.005, "#4a2a1c")
        canvas.line(np.stack([m + side * 0.047 + 0.022 * brow, 0.803 + 0.007 * (1 - brow**2)], 1), 0.004, "black")
    canvas.disc(m - 0.008, 0.735, 0.011, "red", 0.7)
    canvas.disc(m + 0.008, 0.735, 0.011, "red", 0.7)
    canvas.disc(m, 0.731, 0.012, "red", 0.6)
    canvas.line([(m - 0.006, 0.762), (m, 0.758), (m + 0.006, 0.762)], 0.004, "#c98a70")
    for x in np.arange(0.04, canvas.aspect, 0.1):
        canvas.disc(x, 0.93 - 0.0 * x, 0.012, "cream")
        if abs(x - m) > 0.17:
            canvas.disc(x + 0.05, 0.83, 0.012, "cream")
            canvas.disc(x, 0.74, 0.012, "cream")


def _even(profile: np.ndarray, step: float) -> np.ndarray:
    """The profile sampled evenly by length, so that print is not stretched."""
    length = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(profile, axis=0), axis=1))])
    at = np.linspace(0, length[-1], int(length[-1] / step))
    return np.stack([np.interp(at, length, profile[:, 0]), np.interp(at, length, profile[:, 1])], 1)


def _dashboard(pixels: int, aspect: float, accent: str, rng: Generator) -> prints.Picture:
    """The printed chest of a robot: frame, two dials, lamps, a chart, a strip of rivets."""
    c = prints.Canvas(pixels, aspect)
    c.polygon([(0.01, 0.01), (aspect - 0.01, 0.01), (aspect - 0.01, 0.99), (0.01, 0.99)], accent)
    c.polygon([(0.05, 0.05), (aspect - 0.05, 0.05), (aspect - 0.05, 0.95), (0.05, 0.95)], "cream")
    for x, swing in ((aspect * 0.28, rng.uniform(30, 150)), (aspect * 0.72, rng.uniform(30, 150))):
        c.disc(x, 0.7, 0.185, "navy")
        c.disc(x, 0.7, 0.16, "white")
        for a in np.radians(np.linspace(-20, 200, 12)):
            c.line(
                [(x + 0.12 * np.cos(a), 0.7 + 0.12 * np.sin(a)), (x + 0.145 * np.cos(a), 0.7 + 0.145 * np.sin(a))],
                0.01,
                "black",
            )
        a = np.radians(swing)
        c.line([(x, 0.7), (x + 0.11 * np.cos(a), 0.7 + 0.11 * np.sin(a))], 0.018, "red")
        c.disc(x, 0.7, 0.02, "black")
    for k, colour in enumerate(("red", "yellow", "green", "blue", "orange")):
        c.disc(aspect * (0.18 + 0.16 * k), 0.42, 0.045, "black")
        c.disc(aspect * (0.18 + 0.16 * k), 0.42, 0.036, colour)
    c.polygon([(0.13, 0.1), (aspect - 0.13, 0.1), (aspect - 0.13, 0.32), (0.13, 0.32)], "#1e3a34")
    t = np.linspace(0.16, aspect - 0.16, 60)
    c.line(np.stack([t, 0.21 + 0.06 * np.sin(11 * t) * np.sin(3 * t)], 1), 0.012, "#9be06a")
    return c.picture()


def _limbs(wide: float, style: Style, accent: str) -> list[Part]:
    """Arms of stacked rings with claws, legs with boots, rivets."""
    shoulder = cylinder(1.05, 1.0, 0.2).turned(rotation("y", 90)).moved(wide / 2 + 0.35, 0, 10.2).mirrored()
    path = curve(
        [
            (wide / 2 + 1.1, 0, 10.2),
            (wide / 2 + 1.9, -0.1, 9.4),
            (wide / 2 + 2.1, -0.6, 7.8),
            (wide / 2 + 2.0, -1.6, 6.4),
        ],
        30,
    )
    rings = 0.62 + 0.12 * np.abs(np.sin(np.linspace(0, 12 * np.pi, len(path))))
    arm = sweep(path, rings, 0.07)
    flip = np.array([-1.0, 1, 1])
    other = sweep(path * flip, rings, 0.07)
    hand = torus(0.85, 0.34).turned(rotation("y", 90)).cut(box(3, 1.0, 1.6, 0).moved(0, -0.5, -0.8), 0.1)
    hands = hand.turned(rotation("x", 35)).moved(wide / 2 + 2.0, -2.1, 5.5).mirrored()
    legs = box(2.2, 2.4, 3.4, 0.35).moved(1.75, 0, 3.0).mirrored()
    boots = box(2.8, 4.4, 1.7, 0.55).moved(1.75, -0.6, 0.85).mirrored()
    rivets = join_all([ball(0.16).moved(sx * (wide / 2 - 0.45), -2.2, z) for sx in (-1, 1) for z in (5.1, 11.0)])
    parts = [
        solid("shoulder", shoulder, style, accent, "painted tin"),
        solid("hand", hands, style, accent, "painted tin", 0.06),
    ]
    parts += [Part("arm", arm, "metal", "silver"), Part("arm", other, "metal", "silver")]
    parts += [solid("leg", legs, style, style.colours[0]), solid("boot", boots, style, accent, "painted tin")]
    return [*parts, solid("rivet", rivets, style, "silver", "metal", 0.04)]
