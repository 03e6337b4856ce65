"""Characters: nesting dolls and robot. The front looks to -y."""

from __future__ import annotations

import numpy as np

from packshot.catalogue.toyshop.families.form import DARK, FORWARD, Form, mirrored_x, open_normals
from packshot.catalogue.toyshop.geometry.fields import rotation
from packshot.catalogue.toyshop.geometry.meshes import Array, Mesh, grid_faces
from packshot.catalogue.toyshop.geometry.parts import Part, stand
from packshot.catalogue.toyshop.geometry.shapes import curve, lathe


def nesting_dolls(form: Form) -> list[Part]:
    """One to three dolls of falling size: dress, scarf about the head, apron, a painted face."""
    count = form.count(1, 3)
    tall, fat, waist = form.between(10, 13), form.between(0.3, 0.4), form.between(0.62, 0.78)
    parts: list[Part] = []
    x, y = 0.0, 0.0
    for number in range(count):
        size = tall * (1 - 0.26 * number)
        doll = _doll(form, size, fat * size, waist)
        parts += [p.turned(rotation("z", form.between(-8, 8))).moved(x, y) for p in doll]
        x += fat * size * 1.78
        y -= fat * size * 0.5
    return stand(parts)


def _doll(form: Form, tall: float, fat: float, waist: float) -> list[Part]:
    line = curve(
        [(fat * 0.82, 0), (fat * 0.97, tall * 0.12), (fat, tall * 0.3), (fat * 0.88, tall * 0.48),
         (fat * waist, tall * 0.62), (fat * waist * 1.06, tall * 0.75), (fat * waist * 0.92, tall * 0.88),
         (fat * waist * 0.5, tall * 0.97), (0, tall)],
        max(int(tall / 12 / (0.7 * form.cell)), 3),
    )  # fmt: skip
    line[:, 0] = np.maximum(line[:, 0], 0)
    split = int(np.searchsorted(line[:, 1], tall * 0.6))
    dress, scarf = np.concatenate([[(0, 0)], line[: split + 1]]), line[split:]
    parts = [form.piece("dress", lathe(dress, form.cell), 0), form.piece("scarf", lathe(scarf, form.cell), 1)]
    parts += [_patch(form, line, "face", tall * 0.75, fat * waist * 0.68, tall * 0.1, "#f0cba8")]
    apron = _patch(form, line, "apron", tall * 0.33, fat * 0.62, tall * 0.2, form.colours[2])
    if form.decal != "none":
        size = min(fat * 1.0, tall * 0.32)
        apron = form.decorated(apron, (0, -fat, tall * 0.33), (1, 0, 0), (0, 0, 1), (size, size), 0)
    parts += [apron, *_face(form, line, tall, fat * waist)]
    brim = float(np.interp(tall * 0.6, line[:, 1], line[:, 0]))
    parts += [form.piece("scarf", form.ring(brim, 0.2).moved(z=tall * 0.6), 2)]
    return parts


def _radius(line: Array, z: Array) -> Array:
    return np.interp(z, line[:, 1], line[:, 0])


def _patch(form: Form, line: Array, region: str, z: float, wide: float, high: float, colour: str) -> Part:
    """A painted oval on the front of a turned body, a hair proud of it."""
    rows = int(np.clip(high / (0.6 * form.cell), 6, 60))
    r, t = np.meshgrid(np.linspace(0, 1, rows), np.linspace(0, 2 * np.pi, 4 * rows + 1), indexing="ij")
    x, up = wide * r * np.cos(t), z + high * r * np.sin(t)
    lift = 0.1 * np.sqrt(np.maximum(1 - r**4, 0)) - 0.02
    reach = _radius(line, up) + lift
    y = -np.sqrt(np.maximum(reach**2 - x**2, 0.01))
    points = np.stack([x, y, up], -1).reshape(-1, 3)
    faces = grid_faces(rows, 4 * rows + 1)[:, ::-1]
    normals = open_normals(points, faces)
    if normals[:, 1].mean() > 0:
        faces, normals = faces[:, ::-1], -normals
    return form.piece(region, Mesh(points, faces, normals), colour)


def _face(form: Form, line: Array, tall: float, width: float) -> list[Part]:
    parts = []
    for x, z, size, flat, colour in (
        (0.3, 0.77, 0.035, 1.0, "#23262b"), (-0.3, 0.77, 0.035, 1.0, "#23262b"), (0.0, 0.705, 0.03, 0.6, "#c4343a"),
        (0.42, 0.725, 0.03, 0.8, "#ee9f93"), (-0.42, 0.725, 0.03, 0.8, "#ee9f93"),
        (0.0, 0.835, 0.028, 1.0, "#5a3320"), (0.2, 0.825, 0.03, 1.0, "#5a3320"), (-0.2, 0.825, 0.03, 1.0, "#5a3320"),
    ):  # fmt: skip
        reach = float(_radius(line, np.array(z * tall)))
        at = (x * width, -float(np.sqrt(reach**2 - (x * width) ** 2)) - 0.06, z * tall)
        parts += [form.fitting("face", form.egg(size * tall * 1.1, 0.1, size * tall * flat).moved(*at), colour)]
    return parts


def robot(form: Form) -> list[Part]:
    """A robot: box or barrel body, box, dome or round head, lamp eyes, jointed arms, boots, one or two antennas."""
    wide, deep, high = form.between(5.6, 8.2), form.between(4.0, 5.4), form.between(5.6, 8.0)
    leg = form.between(2.2, 4.4)
    z = leg + high / 2
    if form.chance(0.65):
        mesh = form.box(wide, deep, high, form.between(0.3, 1.2))
    else:
        half = wide / 2
        mesh = form.turned(
            [(0, -high / 2), (half * 0.85, -high / 2), (half, 0), (half * 0.85, high / 2), (0, high / 2)], 0.9
        )
        deep = wide
    parts = [form.piece("body", mesh.moved(z=z), 0)]
    plate = form.box(wide * 0.62, 0.5, high * 0.5, 0.15).moved(0, -deep / 2 - 0.05, z)
    panel = form.decorated(
        form.piece("panel", plate, 1), (0, -deep / 2 - 0.3, z), (1, 0, 0), (0, 0, 1), (wide * 0.56, high * 0.46), 2
    )
    parts += [panel]
    if form.decal == "none":
        for k, colour in enumerate(("#d23b2e", "#f0c22c", "#3c9a4b")[: form.count(2, 3)]):
            lamp = form.egg(0.55, 0.3, 0.55).moved((k - 1) * wide * 0.19, -deep / 2 - 0.35, z + high * 0.08)
            parts += [form.fitting("panel", lamp, colour)]
    parts += _robot_head(form, wide, deep, leg + high)
    return stand(parts + _robot_limbs(form, wide, z + high * 0.28, leg))


def _robot_head(form: Form, wide: float, deep: float, z: float) -> list[Part]:
    w, h = wide * form.between(0.6, 0.85), form.between(3.2, 4.6)
    kind = form.count(0, 2)
    parts = [
        form.piece(
            "head", form.turned([(0, 0), (1.2, 0), (1.2, 0.9), (0, 0.9)], 0.1).moved(z=z - 0.15), "#a9adb2", "metal"
        )
    ]
    z += 0.6
    front = w * 0.42
    if kind == 0:
        head = form.box(w, w * 0.84, h, 0.5).moved(z=z + h / 2)
    elif kind == 1:
        head = form.turned(
            [(0, 0), (w / 2, 0), (w / 2, h * 0.4), (w * 0.42, h * 0.8), (w * 0.2, h), (0, h)], 0.8
        ).moved(z=z)
        front = w / 2
    else:
        head, front = form.egg(w / 2, w / 2, h / 2).moved(z=z + h / 2), w * 0.46
    parts += [form.piece("head", head, 0)]
    eye = form.between(0.55, 0.95)
    for side in (-1, 1):
        x = side * w * 0.24
        y = -(front if kind == 0 else float(np.sqrt(max(front**2 - x**2, 0.1))))
        parts += [form.piece("eye", form.ring(eye, 0.25).turned(FORWARD).moved(x, y, z + h * 0.56), 1)]
        parts += [form.fitting("eye", form.egg(eye, 0.4, eye).moved(x, y, z + h * 0.56), "#f5e9a8")]
        parts += [form.fitting("eye", form.egg(eye * 0.45, 0.3, eye * 0.45).moved(x, y - 0.25, z + h * 0.56))]
    mouth = form.box(w * 0.4, 0.4, 0.5, 0.15).moved(0, -front + (0.0 if kind == 0 else 0.1), z + h * 0.22)
    parts += [form.fitting("head", mouth, DARK)]
    for x in ((0.0,), (-w * 0.3, w * 0.3))[form.count(0, 1)]:
        length = form.between(1.4, 2.6)
        top = z + h * (1.0 if not x or kind == 0 else 0.82)
        parts += [form.piece("antenna", form.rod((x, 0, top - 0.5), (x, 0, top + length), 0.2), "#a9adb2", "metal")]
        parts += [form.piece("antenna", form.egg(0.6, 0.6, 0.6).moved(x, 0, top + length), 2)]
    return parts


def _robot_limbs(form: Form, wide: float, shoulder: float, leg: float) -> list[Part]:
    x, reach = -wide / 2 - 0.5, form.between(3.0, 5.0)
    lift = form.between(-1.0, 0.9) if form.chance(0.4) else -1.0
    elbow = np.array([x - 1.1, -0.4, shoulder - 1.6])
    hand = elbow + np.array([-0.5, -1.2, reach * 0.75 * lift])
    parts = [form.piece("limb", form.egg(1.0, 1.1, 1.1).moved(x, 0, shoulder), 1)]
    arm = form.tube(curve([(x, 0, shoulder), tuple(elbow), tuple(hand)], 10), form.between(0.55, 0.85))
    parts += [form.piece("limb", arm, "#a9adb2", "metal"), form.piece("limb", form.egg(1.0, 1.0, 1.1).moved(*hand), 1)]
    width = wide * form.between(0.26, 0.36)
    parts += [form.piece("limb", form.box(width, width, leg + 0.6, 0.3).moved(-wide * 0.24, 0, leg / 2 + 0.3), 0)]
    boot = form.box(width * 1.3, width * 2.0, 1.5, 0.5).moved(-wide * 0.24, -width * 0.35, 0.75)
    parts += [form.piece("limb", boot, 1)]
    return [p for part in parts for p in mirrored_x(part)]
