"""Things modelled on grown-ups' things: camera, teapot, mushroom house. The front looks to -y."""

from __future__ import annotations

import numpy as np

from packshot.catalogue.toyshop.families.form import FORWARD, PALE, UPRIGHT, Form
from packshot.catalogue.toyshop.geometry.fields import prism, rotation, smooth_outline
from packshot.catalogue.toyshop.geometry.parts import Part, stand
from packshot.catalogue.toyshop.geometry.shapes import curve


def camera(form: Form) -> list[Part]:
    """A play camera: body, belt, lens of rings, finder, flash, one or two buttons, often a strap."""
    wide, high, deep = form.between(10, 13.5), form.between(6.4, 8.6), form.between(3.2, 4.6)
    round_ = form.between(0.5, 1.5)
    body = form.box(wide, deep, high, round_).moved(z=high / 2)
    parts = [form.piece("body", body, 0)]
    middle = high * form.between(0.42, 0.5)
    share = form.between(0.3, 0.44)
    belt = form.box(wide + 0.16, deep + 0.16, high * share, min(round_, high * share * 0.3)).moved(z=middle)
    if form.chance(0.7):
        parts += [form.piece("belt", belt, 1)]
    lens_x = form.between(-0.12, 0.12) * wide
    parts += [p.moved(lens_x, -deep / 2, middle) for p in _lens(form, high)]
    hump = form.box(form.between(3.4, 5), deep * 0.85, form.between(1.8, 2.8), 0.5).moved(lens_x, 0, high + 0.2)
    parts += [form.piece("body", hump, 0)]
    pane = form.box(1.9, 0.5, 1.0, 0.2).moved(lens_x, -deep * 0.425 - 0.05, high + 0.55)
    parts += [form.fitting("glass", pane, "#1d2530")]
    flash = form.box(1.9, 0.5, 1.0, 0.2).moved(wide * 0.34, -deep / 2 - 0.05, high * 0.86)
    parts += [form.fitting("glass", flash, PALE)]
    for x in (-0.34, 0.34)[: form.count(1, 2)]:
        size = form.between(0.7, 1.2)
        knob = form.turned([(0, 0), (size, 0), (size, 0.9), (0, 1.0)], 0.2).moved(wide * x, 0, high - 0.1)
        parts += [form.piece("button", knob, 2)]
    if form.decal == "word":
        plate = form.box(wide * 0.3, 0.4, 1.5, 0.15).moved(-wide * 0.33, -deep / 2, high * 0.84)
        parts += [form.decorated(form.piece("button", plate, 2), (-wide * 0.33, -deep / 2 - 0.2, high * 0.84),
                                 (1, 0, 0), (0, 0, 1), (wide * 0.28, 1.4), 0)]  # fmt: skip
    return stand(parts + (_strap(form, wide, high) if form.chance(0.7) else []))


def _lens(form: Form, high: float) -> list[Part]:
    radius, reach = high * form.between(0.3, 0.4), form.between(1.2, 2.6)
    barrel = [(0, -0.3), (radius, -0.3), (radius, reach * 0.6), (radius * 0.88, reach), (0, reach)]
    glass = form.egg(radius * 0.62, radius * 0.62, 0.5).moved(z=reach)
    pieces = [
        form.piece("lens", form.turned(barrel, 0.18), 2),
        form.piece("lens", form.ring(radius * 0.72, 0.3).moved(z=reach), "#a9adb2", "metal"),
        form.fitting("glass", glass, "#10162a"),
    ]
    return [p.turned(FORWARD) for p in pieces]


def _strap(form: Form, wide: float, high: float) -> list[Part]:
    half, z, out = wide / 2, high * 0.8, form.between(4.5, 6.5)
    path = curve(
        [(half, 0, z), (half + 1.3, 0, z * 0.8), (half + 1.4, -1.2, 1.4), (half * 0.7, -out * 0.8, 0.3), (0, -out, 0.3),
         (-half * 0.7, -out * 0.8, 0.3), (-half - 1.4, -1.2, 1.4), (-half - 1.3, 0, z * 0.8), (-half, 0, z)], 12,
    )  # fmt: skip
    path[:, 2] = np.maximum(path[:, 2], 0.26)
    return [form.piece("strap", form.tube(path, 0.26), 1, "cloth")]


def teapot(form: Form) -> list[Part]:
    """A teapot: round, tall or squat; lid with a knob, spout to the right, handle to the left or over the top."""
    wide, high = form.between(4.2, 5.8), form.between(5.5, 8.5)
    bulge = form.between(0.35, 0.6)
    line = curve(
        [(wide * 0.62, 0.4), (wide * 0.93, high * 0.22), (wide, high * bulge), (wide * 0.8, high * 0.84),
         (wide * 0.5, high)],
        max(int(high / 4 / (0.7 * form.cell)), 5),
    )  # fmt: skip
    pot = form.piece(
        "pot", form.turned(np.concatenate([[(0, 0.4)], line, [(0, high)]]), 0.0, dense=form.decal != "none"), 0
    )
    parts = [form.decorated(pot, (0, -wide, high * 0.48), (1, 0, 0), (0, 0, 1), (wide * 1.1, high * 0.5), 2)]
    foot = [(0, 0), (wide * 0.7, 0), (wide * 0.6, 0.6), (0, 0.6)]
    parts += [form.piece("foot", form.turned(foot, 0.15), 1)]
    dome = form.between(0.7, 1.8)
    lid = [
        (0, high - 0.1),
        (wide * 0.58, high - 0.1),
        (wide * 0.56, high + 0.35),
        (wide * 0.3, high + dome),
        (0, high + dome * 1.15),
    ]
    parts += [form.piece("lid", form.turned(lid, [0, 0.1, 0.2, 1, 0]), 1)]
    knob = form.between(0.7, 1.1)
    parts += [form.piece("lid", form.egg(knob, knob, knob).moved(z=high + dome * 1.15 + knob * 0.6), 2)]
    return stand(parts + _spout(form, wide, high) + _handle(form, wide, high))


def _spout(form: Form, wide: float, high: float) -> list[Part]:
    out, start = wide * form.between(1.6, 1.85), high * form.between(0.3, 0.42)
    path = curve(
        [
            (wide * 0.75, 0, start),
            (wide * 1.2, 0, start + high * 0.1),
            (out * 0.9, 0, high * 0.72),
            (out * 1.05, 0, high * form.between(0.9, 1.0)),
        ],
        8,
    )
    sizes = np.interp(np.linspace(0, 1, len(path)), [0, 0.5, 1], [1.35, 0.85, form.between(0.55, 0.75)])
    return [form.piece("spout", form.tube(path, sizes), 0)]


def _handle(form: Form, wide: float, high: float) -> list[Part]:
    thick = form.between(0.4, 0.65)
    if form.chance(0.3):
        points = [
            (-wide * 0.75, 0, high * 0.75),
            (-wide * 0.85, 0, high * 1.2),
            (0, 0, high * 1.0 + wide * 0.95),
            (wide * 0.85, 0, high * 1.2),
            (wide * 0.75, 0, high * 0.75),
        ]
    else:
        out = form.between(1.6, 1.9)
        points = [
            (-wide * 0.7, 0, high * 0.85),
            (-wide * 1.3, 0, high * 0.9),
            (-wide * out, 0, high * 0.55),
            (-wide * 1.35, 0, high * 0.2),
            (-wide * 0.85, 0, high * 0.22),
        ]
    return [form.piece("handle", form.tube(curve(points, 8), thick), 1)]


def mushroom_house(form: Form) -> list[Part]:
    """A house in a mushroom: cap with spots, round wall, door, windows, perhaps a chimney."""
    wide, high = form.between(3.2, 4.6), form.between(5, 7.5)
    cap, rise = wide * form.between(1.5, 1.9), form.between(3.8, 6.2)
    wall = curve([(wide * 1.1, 0), (wide, high * 0.4), (wide * 0.8, high)], 8)
    parts = [form.piece("wall", form.turned(np.concatenate([[(0, 0)], wall, [(0, high)]]), 0.0), 1)]
    z = high - 0.6
    t = np.linspace(0, np.pi / 2, max(int(cap / form.cell * 0.9), 16))
    peak = form.between(0.85, 1.25)
    dome = np.stack([cap * np.cos(t) ** peak, z + rise * np.sin(t)], 1)
    rim = [(0, z + 0.3), (cap * 0.93, z - 0.35), (cap * 0.99, z - 0.2)]
    parts += [form.piece("cap", form.turned(np.concatenate([rim, dome]), 0.0), 0)]
    for _ in range(form.count(6, 10)):
        turn, lift = form.between(0, 2 * np.pi), form.between(0.15, 1.2)
        r = float(np.interp(lift, t, dome[:, 0]))
        h = float(np.interp(lift, t, dome[:, 1]))
        size = form.between(0.6, 1.15)
        spot = (
            form.egg(size, size, 0.35).turned(rotation("y", float(np.degrees(np.pi / 2 - lift * 0.9)))).moved(r, 0, h)
        )
        parts += [form.piece("spot", spot.turned(rotation("z", float(np.degrees(turn)))), 2)]
    door_high = high * form.between(0.5, 0.62)
    outline = [(-1.2, 0), (1.2, 0), (1.2, door_high * 0.7), (0, door_high), (-1.2, door_high * 0.7)]
    slab = form.skin(prism(smooth_outline(np.array(outline), 1), 0.8, 0.15).turned(UPRIGHT))
    parts += [form.piece("door", slab.moved(0, -wide * 1.02, 0.0), 2)]
    parts += [form.fitting("door", form.egg(0.25, 0.25, 0.25).moved(0.6, -wide * 1.02 - 0.5, door_high * 0.4), PALE)]
    for side in (-1, 1):
        pane = form.fitting("window", form.egg(0.8, 0.25, 0.8).moved(0, -wide * 0.95, 0), "#2a3b4d")
        frame = form.fitting("window", form.ring(0.8, 0.22).turned(FORWARD).moved(0, -wide * 0.97, 0), PALE)
        parts += [p.turned(rotation("z", 52.0 * side)).moved(z=high * 0.55) for p in (pane, frame)]
    if form.chance(0.5):
        stack = [(0, 0), (0.7, 0), (0.7, 2.6), (0.9, 2.7), (0.9, 3.2), (0, 3.2)]
        parts += [form.piece("chimney", form.turned(stack, 0.1).moved(cap * 0.45, 0, z + rise * 0.6), 1)]
    return stand(parts)
