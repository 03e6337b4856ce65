"""Things to beat: drum and xylophone."""

from __future__ import annotations

import numpy as np

from packshot.catalogue.toyshop.families.form import PALE, Form
from packshot.catalogue.toyshop.geometry.fields import rotation
from packshot.catalogue.toyshop.geometry.parts import Part, stand


def drum(form: Form) -> list[Part]:
    """A drum: shell, two hoops, a pale skin, cords in a zigzag, one or two sticks on top."""
    radius, high = form.between(5.0, 7.5), form.between(5.0, 9.5)
    shell = form.piece("shell", form.turned([(0, 0.2), (radius, 0.2), (radius, high - 0.2), (0, high - 0.2)], 0.1), 0)
    shell = form.decorated(
        shell, (0, -radius, high / 2), (1, 0, 0), (0, 0, 1), (min(radius * 1.3, high), high * 0.5), 2
    )
    parts = [shell]
    thick, tall = form.between(0.35, 0.7), form.between(0.9, 1.7)
    hoop = [(radius - 0.1, 0), (radius + thick, 0), (radius + thick, tall), (radius - 0.1, tall), (radius - 0.1, 0)]
    for z in (0.0, high - tall * 0.6):
        parts += [form.piece("hoop", form.turned(hoop, 0.14).moved(z=z), 1)]
    skin = [(0, high - 0.3), (radius - 0.05, high - 0.3), (radius - 0.05, high + 0.1), (0, high + 0.16)]
    parts += [form.piece("skin", form.turned(skin, 0.05), PALE, "matte plastic")]
    if form.decal == "none" or form.chance(0.3):
        parts += _cords(form, radius + 0.12, high, tall)
    for turn in (form.between(-30, 10), form.between(60, 130))[: form.count(1, 2)]:
        parts += _stick(form, radius * form.between(1.5, 1.9), turn, high + 0.62)
    return stand(parts)


def _cords(form: Form, radius: float, high: float, tall: float) -> list[Part]:
    count = form.count(6, 10)
    parts = []
    for k in range(2 * count):
        a, b = (np.pi * (k + i) / count for i in (0, 1))
        low, top = (tall, high - tall * 0.5) if k % 2 else (high - tall * 0.5, tall)
        t = np.linspace(0, 1, 7)
        turn = a + (b - a) * t
        path = np.stack([radius * np.cos(turn), radius * np.sin(turn), low + (top - low) * t], 1)
        parts += [form.piece("cord", form.tube(path, 0.2), PALE, "matte plastic")]
    return parts


def _stick(form: Form, length: float, turn: float, z: float) -> list[Part]:
    rod = form.rod((-length / 2, 0, 0), (length / 2, 0, 0), 0.36)
    head = form.egg(1.0, 0.85, 0.85).moved(length / 2)
    place = rotation("z", turn)
    return [
        form.piece("stick", rod, "#d9b98c", "raw wood").turned(place).moved(z=z),
        form.piece("stick", head, 2).turned(place).moved(z=z + 0.2),
    ]


def xylophone(form: Form) -> list[Part]:
    """Five to eight bars on a tapering frame, held by pegs, a mallet across or in front."""
    count, pitch = form.count(4, 7), form.between(2.1, 2.6)
    longest = form.between(10, 14)
    lengths = np.linspace(longest, longest * form.between(0.5, 0.7), count)
    x = (np.arange(count) - (count - 1) / 2) * pitch
    parts = []
    for side in (-1, 1):
        ends = [(x[i] + e, side * lengths[i] * 0.3, 0.9) for i, e in ((0, -1.3), (-1, 1.3))]
        middle, reach = np.mean(ends, 0), np.subtract(ends[1], ends[0])
        turn = rotation("z", float(np.degrees(np.arctan2(reach[1], reach[0]))))
        rail = form.box(float(np.hypot(*reach[:2])), 1.3, 1.8, 0.3).turned(turn).moved(*middle)
        parts += [form.piece("frame", rail, 1)]
    for at, length in zip(x, lengths, strict=True):
        bar = form.box(pitch * 0.84, float(length), 0.8, 0.28).moved(float(at), 0, 2.2)
        parts += [form.piece("bar", bar, 0)]
        pins = [form.egg(0.42, 0.42, 0.3).moved(float(at), s * float(length) * 0.3, 2.66) for s in (-1, 1)]
        parts += [form.piece("peg", pin, PALE, "fitting") for pin in pins]
    parts += _mallet(form, float(x[-1] - x[0]), longest)
    return stand(parts)


def _mallet(form: Form, wide: float, longest: float) -> list[Part]:
    length, head = wide * 0.85, form.between(0.9, 1.3)
    rod = form.piece("mallet", form.rod((-length / 2, 0, 0), (length / 2, 0, 0), 0.34), "#d9b98c", "raw wood")
    knob = form.piece("mallet", form.egg(head, head, head).moved(length / 2), 2)
    if form.chance(0.5):  # across the bars
        turn = rotation("z", form.between(-25, 25))
        return [p.turned(turn).moved(0, form.between(-2, 1), 2.6 + head * 0.9) for p in (rod, knob)]
    tilt = rotation("y", -float(np.degrees(np.arcsin((head - 0.34) / length))))
    low = -head
    placed = [p.turned(tilt) for p in (rod, knob)]
    low = min(float(p.mesh.low[2]) for p in placed)
    return [p.turned(rotation("z", 6)).moved(0, -longest / 2 - 1.6, -low) for p in placed]
