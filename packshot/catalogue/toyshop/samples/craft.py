"""Craft: sailing boat (bow to +x) and moon rocket (porthole to -y)."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from packshot.catalogue.toyshop.geometry.fields import (
    Field,
    box,
    ellipsoid,
    half_space,
    join_all,
    prism,
    rotation,
    smooth_outline,
    torus,
)
from packshot.catalogue.toyshop.geometry.meshes import project_print
from packshot.catalogue.toyshop.geometry.parts import Part, stand
from packshot.catalogue.toyshop.geometry.shapes import curve, lathe, rounded_profile, sweep
from packshot.catalogue.toyshop.paint import prints
from packshot.catalogue.toyshop.samples.style import Style, solid

UPRIGHT = rotation("x", 90)  # a prism drawn in (x, y) becomes a silhouette in (x, z)
STARS = (
    (0.08, 0.4, 0.05),
    (0.3, 0.62, 0.035),
    (0.4, 0.36, 0.045),
    (0.52, 0.3, 0.03),
    (0.6, 0.34, 0.055),
    (0.66, 0.6, 0.035),
    (0.85, 0.36, 0.05),
)


def sailboat(rng: Generator, style: Style) -> list[Part]:
    """A pond yacht: hollow-looking hull, deck, mast, two cotton sails, a stay of cord."""
    hull_colour, stripe, sail_colour = style.colours
    length, mast = rng.uniform(15, 17), rng.uniform(17, 19)
    plan = [
        (1, 0),
        (0.55, 0.62),
        (-0.25, 0.98),
        (-0.9, 0.86),
        (-1, 0.5),
        (-1, -0.5),
        (-0.9, -0.86),
        (-0.25, -0.98),
        (0.55, -0.62),
    ]
    outline = smooth_outline(np.array(plan) * (length / 2, 2.7), 3)
    hull = _flared(outline, 3.6, 0.66)
    deck_hole = prism(outline * 0.88, 1.2, 0.0).moved(0, 0, 3.6)
    deck = prism(outline * 0.9, 0.5, 0.1).moved(0, 0, 2.95)
    wale = prism(outline * 1.012, 0.5, 0.2).moved(0, 0, 3.55).cut(prism(outline * 0.86, 2, 0).moved(0, 0, 3.5), 0.1)
    parts = [
        solid("hull", hull.cut(deck_hole, 0.1), style, hull_colour),
        solid("deck", deck, style, "natural", "varnished wood"),
    ]
    parts += [solid("wale", wale, style, stripe)]
    cabin = box(3.6, 2.5, 1.2, 0.35).moved(-2.6, 0, 3.7)
    parts += [solid("cabin", cabin, style, stripe)]
    top = mast + 2.5
    pole = rounded_profile([(0, 2.5), (0.36, 2.5), (0.26, top - 0.1), (0, top)], 0.2, style.cell)
    parts += [Part("mast", lathe(pole, style.cell).moved(1.0), "varnished wood", "natural", grain=(0, 0, 1))]
    boom = sweep(curve([(1.0, 0, 5.3), (-3.0, 0.5, 5.3), (-6.6, 0.9, 5.35)]), 0.22, style.cell)
    parts += [Part("boom", boom, "varnished wood", "natural")]
    parts += [_sail([(0.6, 5.7), (0.6, top - 0.6), (-6.3, 5.75)], 0.95, -0.13, style, sail_colour, stripe)]
    parts += [_sail([(1.55, top - 3.6), (1.7, 5.0), (length / 2 - 0.55, 4.4)], -0.85, 0.0, style, "cream", None)]
    stay = curve([(1.05, 0, top - 1.0), (length / 2 - 0.4, 0, 4.05)])
    back = curve([(1.0, 0, top - 0.3), (-length / 2 + 0.6, 0, 4.0)])
    parts += [Part("cord", sweep(line, 0.06, 0.03), "cotton", "cream") for line in (stay, back)]
    return stand(parts)


def rocket(rng: Generator, style: Style) -> list[Part]:
    """A moon rocket on three fins, with a porthole, rings and printed stars."""
    white, accent, glass = style.colours
    tall, fat = rng.uniform(15, 17), rng.uniform(2.6, 3.0)
    body = curve([(1.9, 2.6), (2.45, 4), (fat, 7), (fat * 0.98, 9.5), (2.1, 12.4)], 16)
    skin_line = np.concatenate([[(0, 2.6)], body, [(0, 12.4)]])
    stars = prints.Canvas(style.pixels(700), 2 * np.pi * fat / 11)
    width = stars.aspect
    stars.band(0.13, 0.17, accent)
    for u, v, r in STARS:
        stars.polygon(prints.star(u * width, v, r), glass)
    parts = [Part("body", lathe(skin_line, style.cell), style.material, white, stars.picture())]
    nose = np.concatenate(
        [[(0, 12.3)], curve([(2.2, 12.3), (2.12, 12.75), (1.5, 14.6), (0.55, tall + 0.6), (0.0, tall + 0.9)], 12)]
    )
    parts += [Part("nose", lathe(nose, style.cell), style.material, accent)]
    tip = rounded_profile([(0, tall + 0.4), (0.3, tall + 0.4), (0.12, tall + 1.8), (0, tall + 1.8)], 0.1, 0.03)
    parts += [Part("tip", lathe(tip, 0.05), "metal", "silver")]
    skirt = rounded_profile([(0, 1.5), (1.5, 1.5), (1.95, 2.75), (0, 2.75)], 0.18, style.cell)
    parts += [Part("skirt", lathe(skirt, style.cell), "metal", "silver")]
    fin = prism(
        smooth_outline([(1.4, 6.6), (2.6, 6.4), (4.6, 3.6), (5.2, 0), (4.2, 0), (3.4, 2.0), (1.5, 2.9)], 2), 0.75, 0.32
    ).turned(UPRIGHT)
    fins = join_all([fin.turned(rotation("z", a)) for a in (-30, 90, 210)])
    parts += [solid("fin", fins, style, accent)]
    aim = rotation("x", 90 + 4)
    place = (0, -fat + 0.02, 8.6)
    parts += [solid("porthole", torus(1.15, 0.26).turned(aim).moved(*place), style, "silver", "metal", 0.06)]
    parts += [solid("glass", ellipsoid(1.1, 1.1, 0.42).turned(aim).moved(*place), style, glass, "glossy plastic", 0.06)]
    return stand(parts)


def _flared(outline: np.ndarray, height: float, waist: float) -> Field:
    """A hull: the outline at the top, `waist` times as large at the keel, with a rounded bilge."""
    flat = prism(outline, 2 * height, 0.0)

    def at(p: np.ndarray) -> np.ndarray:
        rise = np.clip(p[:, 2] / height, -0.1, 1)
        size = waist + (1 - waist) * rise * (2 - rise)
        return flat.at(np.stack([p[:, 0] / size, p[:, 1] / size, 0 * size], 1)) * waist

    side = Field(at, (flat.low[0], flat.low[1], 0), (flat.high[0], flat.high[1], height))
    return side.meet(half_space((0, 0, 1), height), 0.15).meet(half_space((0, 0, -1), 0), 0.5)


def _sail(
    corners: list[tuple[float, float]], belly: float, swing: float, style: Style, colour: str, mark: str | None
) -> Part:
    """A triangular cloth in (x, z) that the wind bellies along y; swing: how far its foot turns out."""
    outline = smooth_outline(corners, 1)
    flat = prism(np.array(corners), 0.1, 0.045).turned(UPRIGHT)
    middle = outline.mean(0)
    reach = np.abs(np.array(corners) - middle).max(0)

    def at(p: np.ndarray) -> np.ndarray:
        u, w = (p[:, 0] - middle[0]) / reach[0], (p[:, 2] - middle[1]) / reach[1]
        shift = belly * np.clip(1 - u**2 * 0.8 - w**2 * 0.6, -1, 1) + swing * (p[:, 0] - 0.6) - belly * 0.3
        return flat.at(p - np.stack([0 * u, shift, 0 * u], 1)) * 0.8

    low, high = (flat.low[0], -2.0, flat.low[2]), (flat.high[0], 2.5, flat.high[2])
    part = solid("sail", Field(at, low, high), style, colour, "cotton", min(style.cell, 0.05))
    if mark is None:
        return part
    canvas = prints.Canvas(style.pixels(300))
    canvas.polygon(prints.star(0.5, 0.5, 0.46), mark)
    place = (middle[0] + 0.6, 0, middle[1] + 0.5)
    return Part(
        "sail", project_print(part.mesh, place, (1, 0, 0), (0, 0, 1), (3.4, 3.4)), "cotton", colour, canvas.picture()
    )
