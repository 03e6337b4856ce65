"""Creatures: duck and dog look to +x, the teddy bear to -y."""

from __future__ import annotations

import numpy as np

from packshot.catalogue.toyshop.families.form import DARK, FORWARD, UPRIGHT, Form, mirrored_x, mirrored_y
from packshot.catalogue.toyshop.geometry.fields import (
    ball,
    capsule,
    ellipsoid,
    half_space,
    prism,
    rotation,
    smooth_outline,
)
from packshot.catalogue.toyshop.geometry.parts import Part, stand
from packshot.catalogue.toyshop.geometry.shapes import curve


def duck(form: Form) -> list[Part]:
    """A bath duck: body with tail and breast, head, beak, wings, eyes; sits up or lies flat."""
    long, plump, head = form.between(4.2, 5.4), form.between(3.0, 3.9), form.between(2.2, 3.0)
    neck, lift = form.between(1.6, 2.6), form.between(5.8, 7.6)
    body = ellipsoid(long, plump, form.between(2.7, 3.3)).moved(0, 0, 2.6)
    tail = capsule((-long * 0.7, 0, 3.6), (-long * 1.15, 0, form.between(4.4, 6.2)), 1.3, 0.4)
    top = np.array([neck, 0.0, lift])
    whole = body.join(tail, 1.4).join(ball(head).moved(*top), form.between(0.8, 1.6))
    whole = whole.meet(half_space((0, 0, -1), -0.25), 0.5)
    parts = [form.piece("body", form.skin(whole), 0)]
    parts[0] = form.decorated(parts[0], (long * 0.45, -plump, 2.6), (1, 0, 0), (0, 0, 1), (plump * 0.9, plump * 0.9), 2)
    wing = form.egg(long * 0.5, 0.8, form.between(1.2, 1.7)).turned(rotation("y", form.between(0, 25)))
    parts += mirrored_y(form.piece("wing", wing.moved(-long * 0.22, -plump * 0.93, 3.4), 2))
    bill = form.between(1.2, 1.9)
    for tilt, drop, share in ((-8, 0.0, 1.0), (14, -0.5, 0.8)):
        lip = form.egg(bill * share, 1.3 * share, 0.5).turned(rotation("y", tilt))
        parts += [form.piece("beak", lip.moved(neck + head + bill * 0.35 * share, 0, lift - 0.35 + drop), 1)]
    return stand(parts + _eyes(form, top, head, form.between(0.55, 0.85)))


def _eyes(form: Form, centre: np.ndarray, radius: float, size: float) -> list[Part]:
    """White with a dark pupil, on both sides of a head that looks to +x."""
    look = np.array([0.72, -0.62, 0.34])
    look /= np.linalg.norm(look)
    turn = rotation("z", float(np.degrees(np.arctan2(look[1], look[0])) + 90))
    parts = []
    for colour, share, out in (("#f4f3ee", 1.0, 0.93), (DARK, 0.62, 1.02)):
        lens = form.egg(size * share, 0.3 * size, size * 1.1 * share).turned(turn)
        parts += mirrored_y(form.fitting("eye", lens.moved(*(centre + look * radius * out)), colour))
    return parts


def pull_dog(form: Form) -> list[Part]:
    """A dog on wheels: long or short, ears hanging or pricked, collar, cord with a bead."""
    long, high, thick = form.between(5.0, 7.0), form.between(3.2, 4.4), form.between(3.0, 4.2)
    head = form.between(2.0, 2.7)
    wheel = form.between(1.4, 2.0)
    z = wheel + high * 0.62
    trunk = capsule((-long, 0, z), (long * 0.7, 0, z + 0.3), high * 0.5, high * 0.52)
    skull_at = np.array([long * 0.95, 0, z + high * form.between(0.85, 1.2)])
    neck = capsule((long * 0.6, 0, z), tuple(skull_at), high * 0.4, head * 0.7)
    nose_at = skull_at + np.array([head * form.between(1.2, 1.7), 0, -head * 0.3])
    snout = capsule(tuple(skull_at), tuple(nose_at), head * 0.8, head * 0.45)
    whole = trunk.join(neck, 0.8).join(ball(head).moved(*skull_at), 0.6).join(snout, 0.5)
    for x in (-long * 0.8, long * 0.6):
        for y in (-1, 1):
            whole = whole.join(capsule((x, y * thick * 0.28, z), (x, y * thick * 0.32, wheel), 1.1, 0.9), 0.4)
    tail = form.tube(
        curve(
            [(-long - high * 0.35, 0, z + 0.6), (-long - 2.4, 0, z + 1.8), (-long - 2.8, 0, z + form.between(3, 4.6))],
            10,
        ),
        0.5,
    )
    body = form.decorated(
        form.piece("body", form.skin(whole), 0), (-long * 0.2, -high * 0.5, z), (1, 0, 0), (0, 0, 1),
        (long * 0.9, high * 0.62), 2,
    )  # fmt: skip
    parts = [body, form.piece("body", tail, 0)]
    parts += _ears(form, skull_at, head)
    parts += [form.fitting("face", form.egg(0.7, 0.75, 0.65).moved(*(nose_at + np.array([head * 0.38, 0, 0.2]))))]
    eye = form.egg(0.4, 0.3, 0.45).moved(*(skull_at + np.array([head * 0.78, -head * 0.52, head * 0.36])))
    parts += mirrored_y(form.fitting("face", eye))
    collar = (
        form.ring(high * 0.46, 0.42)
        .turned(rotation("y", 30))
        .moved(*(skull_at * 0.6 + np.array([long * 0.62, 0, z]) * 0.4))
    )
    parts += [form.piece("collar", collar, 2)]
    return stand(parts + _rolling(form, long, thick, wheel))


def _ears(form: Form, at: np.ndarray, head: float) -> list[Part]:
    hanging = form.chance(0.6)
    size = head * form.between(0.9, 1.3)
    ear = form.egg(size * 0.62, 0.36, size)
    tilt = rotation("y", form.between(-10, 25))
    shift = (-head * 0.2, -head * 0.96, -size * 0.35) if hanging else (-head * 0.2, -head * 0.6, head * 1.1)
    ear = ear.turned(tilt).turned(rotation("x", -8 if hanging else -25))
    return mirrored_y(form.piece("ear", ear.moved(*(at + shift)), 1))


def _rolling(form: Form, long: float, thick: float, wheel: float) -> list[Part]:
    """Four wheels and a cord with a bead that lies on the ground in front."""
    disc = [(0, -0.45), (wheel, -0.45), (wheel, 0.45), (wheel * 0.5, 0.6), (0, 0.6)]
    rim = form.turned(disc, 0.2).turned(FORWARD)
    parts = []
    for x in (-long * 0.8, long * 0.6):
        parts += mirrored_y(form.piece("wheel", rim.moved(x, -thick * 0.5 - 0.3, wheel), 1))
    path = curve([(long * 1.05, 0, wheel + 2.2), (long * 1.35, -0.2, 0.8), (long * 1.1, -2.6, 0.25),
                  (long * 0.5, -thick * 0.5 - 3.0, 0.25), (-long * 0.2, -thick * 0.5 - 3.4, 0.25)], 12)  # fmt: skip
    path[:, 2] = np.maximum(path[:, 2], 0.2)
    bead = form.egg(1.0, 0.85, 0.85).moved(-long * 0.25, -thick * 0.5 - 3.4, 0.85)
    return [*parts, form.piece("cord", form.tube(path, 0.2), "#e9e2cf", "cloth"), form.piece("cord", bead, 2)]


def teddy(form: Form) -> list[Part]:
    """A sitting bear: round or slim, ears, snout, pads on its feet, a bow or a scarf."""
    fat, tall, head = form.between(3.7, 4.9), form.between(4.2, 5.2), form.between(3.3, 4.4)
    neck = 2 * tall * 0.93
    torso = form.piece("body", form.egg(fat, fat * 0.88, tall).moved(0, 0, tall), 0)
    parts = [form.decorated(torso, (0, -fat * 0.88, tall * 0.9), (1, 0, 0), (0, 0, 1), (fat * 0.95, fat * 0.95), 1)]
    z = neck + head * 0.72
    parts += [form.piece("head", form.egg(head * 1.08, head, head).moved(0, -0.2, z), 0)]
    ear = head * form.between(0.32, 0.48)
    spread = form.between(0.72, 0.88)
    at = (-head * spread, 0.0, z + head * 0.78)
    parts += mirrored_x(form.piece("head", form.egg(ear, ear * 0.6, ear).moved(*at), 0))
    parts += mirrored_x(
        form.piece("pad", form.egg(ear * 0.66, ear * 0.3, ear * 0.66).moved(at[0], -ear * 0.42, at[2]), 1)
    )
    arm, leg = fat * form.between(0.3, 0.4), fat * form.between(0.38, 0.48)
    down = form.between(2.5, 4.5)
    limb = form.tube(
        curve(
            [
                (-fat * 0.7, -0.4, neck * 0.78),
                (-fat * 1.15, -1.6, neck * 0.78 - down * 0.6),
                (-fat * 1.2, -2.8, neck * 0.78 - down),
            ],
            8,
        ),
        arm,
    )
    parts += mirrored_x(form.piece("limb", limb, 0))
    reach = form.between(5.0, 7.0)
    turn = form.between(0.5, 0.9)
    foot = np.array([-fat * turn - 0.9, -reach, leg])
    parts += mirrored_x(form.piece("limb", form.rod((-fat * 0.5, -1.2, leg), foot, leg), 0))
    out = (foot - (-fat * 0.5, -1.2, leg)) / np.linalg.norm(foot - (-fat * 0.5, -1.2, leg))
    heading = rotation("z", float(np.degrees(np.arctan2(out[1], out[0])) + 90))
    sole = form.egg(leg * 0.72, 0.4, leg * 0.78).turned(heading).moved(*(foot + out * leg * 0.86))
    parts += mirrored_x(form.piece("pad", sole, 1))
    return stand(parts + _bear_face(form, head, z) + _bow(form, head, neck))


def _bear_face(form: Form, head: float, z: float) -> list[Part]:
    snout = head * form.between(0.4, 0.52)
    parts = [
        form.piece(
            "face", form.egg(snout * 1.1, snout * 0.85, snout * 0.85).moved(0, -head * 0.88 - 0.2, z - head * 0.25), 1
        )
    ]
    parts += [
        form.fitting("face", form.egg(0.75, 0.5, 0.55).moved(0, -head * 0.88 - snout * 0.85 - 0.1, z - head * 0.12))
    ]
    eye = form.between(0.42, 0.62)
    parts += mirrored_x(
        form.fitting("face", form.egg(eye, eye * 0.7, eye).moved(-head * 0.4, -head * 0.86 - 0.2, z + head * 0.2))
    )
    return parts


def _bow(form: Form, head: float, neck: float) -> list[Part]:
    z, radius = neck - 0.1, head * 0.74
    parts = [form.piece("ribbon", form.ring(radius, 0.55).moved(0, -0.1, z), 2, "cloth")]
    if form.chance(0.6):
        loop = form.egg(1.5, 0.5, 0.9).turned(rotation("y", 20)).moved(-1.35, -radius - 0.5, z)
        parts += mirrored_x(form.piece("ribbon", loop, 2, "cloth"))
        parts += [form.piece("ribbon", form.egg(0.6, 0.6, 0.6).moved(0, -radius - 0.7, z), 2, "cloth")]
    else:
        tail = form.skin(
            prism(smooth_outline([(-0.8, 0), (0.8, 0), (1.0, -4), (-0.7, -4)], 1), 0.5, 0.2).turned(UPRIGHT)
        )
        parts += [form.piece("ribbon", tail.moved(head * 0.35, -radius - 0.75, z), 2, "cloth")]
    return parts
