"""Play things modelled on grown-ups' things: camera. The front looks to -y."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from packshot.catalogue.toyshop.geometry.fields import box, cylinder, ellipsoid, rotation
from packshot.catalogue.toyshop.geometry.meshes import Mesh, project_print
from packshot.catalogue.toyshop.geometry.parts import Part, stand
from packshot.catalogue.toyshop.geometry.shapes import curve, lathe, rounded_profile, sweep
from packshot.catalogue.toyshop.paint import prints
from packshot.catalogue.toyshop.samples.style import Style, solid

FORWARD = rotation("x", 90)  # what was turned about z looks to -y


def camera(rng: Generator, style: Style) -> list[Part]:
    """A wooden play camera with a turning lens, a finder, a shutter button and a strap."""
    body_colour, band, accent = style.colours
    wide, high, deep = rng.uniform(11.0, 12.2), rng.uniform(7.0, 7.6), 3.6
    middle = high * 0.45
    shell = box(wide, deep, high, 0.8).moved(0, 0, high / 2)
    hump = box(4.2, deep * 0.9, 2.2, 0.55).moved(0.3, 0, high + 0.35)
    body = shell.join(hump, 0.35)
    belt = (
        box(wide + 0.14, deep + 0.14, high * 0.5, 0.8)
        .moved(0, 0, middle)
        .meet(box(90, 90, high * 0.5, 0).moved(0, 0, middle), 0.1)
    )
    parts = [solid("body", body, style, body_colour), solid("belt", belt, style, band, "painted wood")]
    lens_at = (0.5, -deep / 2, middle)
    parts += [
        Part(name, mesh.moved(*lens_at), material, colour) for name, mesh, material, colour in _lens(style, accent)
    ]
    finder = box(1.9, 0.5, 1.15, 0.2).moved(0.3, -deep * 0.45 - 0.02, high + 0.4)
    pane = box(1.45, 0.3, 0.75, 0.12).moved(0.3, -deep * 0.45 - 0.19, high + 0.4)
    parts += [solid("finder", finder, style, band), solid("pane", pane, style, "#1d2530", "glossy plastic", 0.05)]
    flash = box(2.0, 0.4, 1.1, 0.18).moved(-wide * 0.33, -deep / 2 - 0.02, high * 0.83)
    parts += [solid("flash", flash, style, "white", "glossy plastic", 0.05)]
    button = rounded_profile([(0, 0), (0.75, 0), (0.75, 0.45), (0.62, 0.6), (0, 0.66)], 0.12, 0.04)
    parts += [Part("button", lathe(button, style.cell).moved(-wide * 0.31, 0, high - 0.05), style.material, accent)]
    dial = lathe(rounded_profile([(0, 0), (1.05, 0), (1.05, 0.6), (0, 0.62)], 0.1, 0.04), 0.05, _knurl)
    parts += [Part("dial", dial.moved(wide * 0.34, 0, high - 0.05), "varnished wood", "natural")]
    name = prints.Canvas(style.pixels(160), 3.0)
    name.text(1.5, 0.5, 0.62, str(rng.choice(["SNAP", "PICO", "KLIK"])), "black")
    plate = project_print(_plate(style), (0, 0, 0.15), (1, 0, 0), (0, 0, 1), (2.5, 0.83)).moved(
        wide * 0.315, -deep / 2 - 0.02, high * 0.83
    )
    parts += [Part("plate", plate, "varnished wood", "natural", name.picture())]
    return stand(parts + _strap(wide, high, style, accent))


def _lens(style: Style, accent: str) -> list[tuple[str, Mesh, str, str]]:
    """Barrel, knurled ring, front ring and glass, turned to look forward."""
    barrel = [(0, -0.2), (2.6, -0.2), (2.6, 0.9), (2.35, 1.15), (2.35, 1.7), (0, 1.7)]
    grip = [(0, 0.95), (2.5, 0.95), (2.5, 1.55), (0, 1.55)]
    front = [(1.5, 1.5), (2.2, 1.5), (2.2, 2.2), (1.75, 2.2), (1.5, 1.75), (1.5, 1.5)]
    glass = np.concatenate(
        [[(0, 1.4)], [(1.6, 1.4)], [(1.6 * np.cos(a), 1.55 + 0.45 * np.sin(a)) for a in np.linspace(0, np.pi / 2, 24)]]
    )
    pieces = (
        ("lens", lathe(rounded_profile(barrel, 0.14, 0.05), style.cell), style.material, accent),
        ("grip", lathe(rounded_profile(grip, 0.08, 0.05), 0.05, _knurl), "rubber", "black"),
        ("rim", lathe(rounded_profile(front, 0.1, 0.05), style.cell), "metal", "silver"),
        ("glass", lathe(glass, 0.06), "glossy plastic", "#131a2b"),
    )
    return [(name, mesh.turned(FORWARD), material, colour) for name, mesh, material, colour in pieces]


def _knurl(angle: np.ndarray, v: np.ndarray) -> np.ndarray:
    ribs: np.ndarray = 1 - 0.02 * (0.5 + 0.5 * np.cos(48 * angle)) * ((v > 0.45) & (v < 0.75))
    return ribs


def _plate(style: Style) -> Mesh:
    return solid("plate", box(2.6, 0.35, 1.0, 0.16), style, "natural", cell=0.05).mesh


def _strap(wide: float, high: float, style: Style, accent: str) -> list[Part]:
    """Two eyelets and a cord that lies on the ground beside the camera."""
    r, half = 0.16, wide / 2
    right = [
        (half + 0.05, 0, high * 0.8),
        (half + 1.1, 0.1, high * 0.72),
        (half + 1.9, -0.3, 2.6),
        (half + 1.7, -1.6, r),
        (half - 0.5, -4.6, r),
        (half - 4.5, -5.6, r),
    ]
    left = [
        (-half + 2.5, -5.2, r),
        (-half - 1.2, -3.6, r),
        (-half - 1.9, -1.0, r + 0.2),
        (-half - 1.6, 0.2, 2.4),
        (-half - 0.8, 0.1, high * 0.7),
        (-half - 0.05, 0, high * 0.8),
    ]
    path = curve(np.array(right + left), 26)
    path[:, 2] = np.maximum(path[:, 2], r)
    eyelets = cylinder(0.42, 0.5, 0.12).turned(rotation("y", 90)).moved(half + 0.02, 0, high * 0.8).mirrored()
    knot = ellipsoid(0.3, 0.3, 0.3).moved(half + 0.3, 0, high * 0.8).mirrored()
    parts = [Part("strap", sweep(path, r, 0.045, twist=0.9), "cotton", accent)]
    return [
        *parts,
        solid("eyelet", eyelets, style, "silver", "metal", 0.05),
        solid("knot", knot, style, accent, "cotton", 0.05),
    ]
