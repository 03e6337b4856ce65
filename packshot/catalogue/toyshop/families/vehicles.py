"""Things that go: car, train, sailboat (all forward to +x, seen from -y) and rocket."""

from __future__ import annotations

import numpy as np

from packshot.catalogue.toyshop.families.form import FORWARD, PALE, UPRIGHT, Form, mirrored_y, open_normals
from packshot.catalogue.toyshop.geometry.fields import cylinder, prism, rotation, smooth_outline
from packshot.catalogue.toyshop.geometry.meshes import Array, Mesh, grid_faces, merge
from packshot.catalogue.toyshop.geometry.parts import Part, stand
from packshot.catalogue.toyshop.geometry.shapes import curve

ALONG = rotation("y", 90)  # what was turned about z points to +x


def car(form: Form) -> list[Part]:
    """A car: saloon, hatchback, van or roadster; windows let in, wheels with hubs, lamps, perhaps a roof rack."""
    length, width = form.between(11, 15), form.between(5.4, 7.0)
    bonnet, top = form.between(3.8, 4.8), form.between(6.4, 8.4)
    wheel = bonnet * form.between(0.36, 0.42)
    start, end = form.between(-0.5, -0.3) * length, form.between(0.05, 0.36) * length
    slope, back = form.between(0.4, 2.4), form.between(0.1, 1.8)
    h = length / 2
    lower = np.array([(-h, 1.0), (h, 1.0), (h + 0.1, bonnet * 0.7), (h - 0.8, bonnet), (-h, bonnet), (-h - 0.1, 2.2)])
    cabin = np.array(
        [(start, bonnet - 1), (start + back, top), (end, top), (end + slope, bonnet), (end + slope, bonnet - 1)]
    )
    axles = (-length * 0.3, length * 0.31)
    hull = prism(smooth_outline(lower, 2), width, 0.6).turned(UPRIGHT)
    hull = hull.join(prism(smooth_outline(cabin, 2), width * 0.88, 0.5).turned(UPRIGHT), 0.4)
    for x in axles:
        arch = cylinder(wheel * 1.16, width, 0).turned(UPRIGHT)
        hull = hull.cut(arch.moved(x, -width * 0.75, wheel), 0.1).cut(arch.moved(x, width * 0.75, wheel), 0.1)
    door = form.decorated(
        form.piece("body", form.skin(hull), 0), ((axles[0] + axles[1]) / 2 - 0.3, -width / 2, (bonnet + wheel) / 2),
        (1, 0, 0), (0, 0, 1), (axles[1] - axles[0] - 2.6 * wheel, bonnet * 0.62), 1,
    )  # fmt: skip
    parts = [door, *_glazing(form, cabin, width * 0.88, bonnet)]
    for x in axles:
        parts += [p.moved(x, 0, wheel) for p in _wheels(form, wheel, width * 0.92, 1)]
    lamp = form.egg(0.35, 0.7, 0.7).moved(h, -width * 0.3, bonnet * 0.62)
    rear = form.egg(0.25, 0.5, 0.5).moved(-h, -width * 0.32, bonnet * 0.66)
    parts += mirrored_y(form.fitting("lamp", lamp, PALE)) + mirrored_y(form.fitting("lamp", rear, "#b3261e"))
    if form.chance(0.45):
        slab = form.box((end - start - back) * 0.6, width * 0.6, form.between(0.9, 1.6), 0.25)
        parts += [form.piece("roof", slab.moved((start + back + end) / 2, 0, top + 0.15), 2)]
    return stand(parts)


def _glazing(form: Form, cabin: Array, width: float, bonnet: float) -> list[Part]:
    """Side windows with posts, windscreen and rear window, as dark panes a little proud of the cabin."""
    (s, _), (sb, top), (e, _), (es, _) = cabin[:4]
    low, high = bonnet + 0.35, top - 0.6
    share = (low - bonnet) / (top - bonnet)
    left, right = s + (sb - s) * (share + 0.2) + 0.5, e - 0.1
    middle = left + (right - left) * form.between(0.42, 0.6)
    panes = []
    for a, b, lean in ((left, middle - 0.25, 0.0), (middle + 0.25, right, (es - e) * 0.55)):
        outline = np.array([(a, low), (b + lean, low), (b, high), (a + (sb - s) * 0.25, high)])
        panes += [prism(outline, width * 1.02 + 0.1, 0.12).turned(UPRIGHT)]
    parts = [form.fitting("window", form.skin(p)) for p in panes]
    for (x0, z0), (x1, z1) in (((es, bonnet), (e, top)), ((s, bonnet), (sb, top))):
        tilt = float(np.degrees(np.arctan2(x1 - x0, z1 - z0)))
        rise = float(np.hypot(x1 - x0, z1 - z0))
        pane = form.box(0.5, width * 0.74, rise * 0.62, 0.12).turned(rotation("y", tilt))
        parts += [form.fitting("window", pane.moved((x0 + x1) / 2 + (-0.38 if x0 > x1 else 0.38), 0, (z0 + z1) / 2))]
    return parts


def _wheels(form: Form, radius: float, track: float, hub: int) -> list[Part]:
    """A pair of wheels about the origin, axle along y."""
    half = radius * 0.42
    tyre = [(0, -half), (radius, -half), (radius, half), (radius * 0.6, half)]
    tyre += [(radius * 0.55, half - 0.15), (0, half - 0.15)]
    cap = [(0, 0), (radius * 0.56, 0), (radius * 0.5, half + 0.1), (0, half + 0.22)]
    pieces = [
        form.fitting("wheel", form.turned(tyre, 0.2).turned(FORWARD).moved(y=-track / 2 + half * 0.5)),
        form.piece("hub", form.turned(cap, 0.12).turned(FORWARD).moved(y=-track / 2 + half * 0.5), hub),
    ]
    return [p for piece in pieces for p in mirrored_y(piece)]


def train(form: Form) -> list[Part]:
    """A tank engine: boiler, cab, chimney, domes, two to four wheels a side."""
    length, fat = form.between(11, 15), form.between(1.9, 2.9)
    wheel = form.between(1.4, 2.0)
    base = wheel * 1.5
    h, axis = length / 2, base + fat + 0.3
    cab_long, cab_high = length * form.between(0.26, 0.38), fat * form.between(2.3, 2.9)
    line = [(0, 0), (fat, 0), (fat, length * 0.66), (fat * 0.8, length * 0.7), (0, length * 0.72)]
    boiler = form.turned(line, 0.3).turned(ALONG).moved(-h + length * 0.28, 0, axis)
    engine = form.decorated(
        form.piece("boiler", boiler, 0), (h * 0.25, -fat, axis), (1, 0, 0), (0, 0, 1), (fat * 1.5, fat * 1.25), 2
    )
    parts = [engine, form.piece("frame", form.box(length, 4.6, 1.0, 0.25).moved(0, 0, base), 1)]
    cab = form.box(cab_long, 4.8, cab_high, 0.3).moved(-h + cab_long / 2 + 0.1, 0, base + cab_high / 2 + 0.3)
    parts += [form.piece("cab", cab, 0)]
    x = -h + cab_long / 2 + 0.1
    pane = form.box(cab_long * 0.55, 4.95, cab_high * 0.34, 0.15).moved(x, 0, base + cab_high * 0.72)
    front = form.box(cab_long * 1.03, 3.0, cab_high * 0.3, 0.15).moved(x, 0, base + cab_high * 0.76)
    parts += [form.fitting("trim", pane), form.fitting("trim", front)]
    roof = form.box(cab_long * 1.3, 5.6, form.between(0.5, 1.0), 0.25).moved(x, 0, base + cab_high + 0.5)
    parts += [form.piece("cab", roof, 1)]
    wide = form.between(0.7, 1.2)
    tall = form.between(1.8, 3.2)
    stack = [(0, 0), (wide * 0.8, 0), (wide * 0.7, tall * 0.6), (wide * form.between(1.0, 1.7), tall), (0, tall)]
    parts += [form.piece("chimney", form.turned(stack, 0.12).moved(h * 0.68, 0, axis + fat * 0.85), 1)]
    for place in (0.28, -0.02)[: form.count(1, 2)]:
        dome = form.egg(0.9, 0.9, 1.2).moved(h * place, 0, axis + fat * 0.95)
        parts += [form.piece("trim", dome, 2)]
    for place in (0.2, 0.95):
        parts += [form.piece("trim", form.ring(fat, 0.16).turned(ALONG).moved(h * place, 0, axis), 2)]
    count = form.count(2, 4)
    radius = min(wheel, length * 0.42 / count)
    for place in np.linspace(-h + radius + 0.2, h - radius - 0.2, count):
        parts += [
            Part("wheel", p.mesh, p.material, p.colour).moved(float(place), 0, radius)
            for p in _wheels(form, radius, 4.6, 2)
        ]
    buffer = form.egg(0.5, 0.6, 0.6).moved(h + 0.2, -1.6, base)
    return stand(parts + mirrored_y(form.fitting("frame", buffer)))


def sailboat(form: Form) -> list[Part]:
    """A boat: hull, deck, mast, one or two sails of cloth with a print, perhaps a cabin."""
    length, beam, deep = form.between(12, 16), form.between(4.2, 6), form.between(2.6, 4.0)
    tall = form.between(13, 18)
    hull = form.piece("hull", _hull(form, length, beam, deep), 0)
    parts = [hull]
    parts += [form.piece("stripe", _rail(form, length, beam, deep), 2)]
    mast_x = length * form.between(0.0, 0.1)
    mast = form.rod((mast_x, 0, deep * 0.6), (mast_x, 0, deep + tall), 0.3)
    parts += [form.piece("mast", mast, "#c79f6c", "raw wood")]
    boom_z = deep + form.between(0.9, 1.8)
    foot = length * form.between(0.4, 0.5)
    belly = form.between(0.6, 1.3)
    main = [(mast_x - 0.35, boom_z), (mast_x - 0.35, deep + tall - 0.4), (mast_x - foot, boom_z + form.between(0, 0.8))]
    sail = form.piece("sail", _sail(form, main, belly), 1, "cloth")
    middle = np.mean(main, 0)
    sail = form.decorated(
        sail, (middle[0] + 0.5, -belly, middle[1] - 0.4), (1, 0, 0), (0, 0, 1), (foot * 0.6, foot * 0.6), 2
    )
    parts += [sail]
    if form.chance(0.7):
        jib = [
            (mast_x + 0.5, deep + tall * form.between(0.7, 0.9)),
            (mast_x + 0.6, boom_z),
            (length * 0.46, deep + 0.6),
        ]
        parts += [form.piece("sail", _sail(form, jib, -belly * 0.7), 1, "cloth")]
    if form.chance(0.55):
        cabin = form.box(length * 0.2, beam * 0.5, 1.6, 0.3).moved(-length * 0.24, 0, deep + 0.5)
        parts += [form.piece("cabin", cabin, 2)]
    return stand(parts)


def _section(form: Form, length: float, beam: float) -> tuple[Array, Array]:
    t = np.linspace(0, 1, max(int(length / (1.2 * form.cell)), 24))
    half = beam / 2 * np.sin(np.pi * np.clip(0.16 + 0.84 * t, 0, 1)) ** 0.7
    half[-1] = 0
    return (t - 0.5) * length, half


def _hull(form: Form, length: float, beam: float, deep: float) -> Mesh:
    """A hull lofted from bow to stern, closed by its deck."""
    x, half = _section(form, length, beam)
    s = np.linspace(0, np.pi, max(int(1.7 * beam / (1.2 * form.cell)), 14))
    y = -np.cos(s)[None, :] * half[:, None]
    sheer = deep * (1 + 0.16 * (2 * x / length) ** 2 * (x > 0))[:, None]
    z = sheer * (1 - np.sin(s)[None, :] ** 0.55 * (0.35 + 0.65 * (half / half.max())[:, None] ** 0.5))
    z = np.where(np.abs(np.cos(s))[None, :] > 0.999, sheer, z)
    side = np.stack([np.broadcast_to(x[:, None] + 0.07 * (z - deep), y.shape), y, z], -1)
    inset = np.linspace(1, -1, 9)
    deck = np.stack(np.broadcast_arrays(x[:, None], half[:, None] * inset, sheer + 0 * inset), -1)
    stern = np.linspace(1, 0, 5)[:, None, None]
    middle = np.array([side[0, :, 0].mean(), 0, deep * 0.75])
    cap = middle + (side[:1] - middle) * stern
    return merge([_patch(side, False), _patch(deck, False), _patch(cap, True)])


def _rail(form: Form, length: float, beam: float, deep: float) -> Mesh:
    x, half = _section(form, length, beam)
    z = deep * (1 + 0.16 * (2 * x / length) ** 2 * (x > 0))
    port, starboard = (np.stack([x, s * half, z], 1) for s in (-1, 1))
    return form.tube(np.concatenate([port, starboard[::-1][1:]]), 0.34)


def _patch(points: Array, flip: bool) -> Mesh:
    """A grid of points (rows, columns, 3) as a mesh."""
    rows, columns = points.shape[:2]
    faces = grid_faces(rows, columns)
    faces = faces[:, ::-1] if flip else faces
    flat = points.reshape(-1, 3)
    return Mesh(flat, faces, open_normals(flat, faces))


def _sail(form: Form, corners: list[tuple[float, float]], belly: float) -> Mesh:
    """A triangle of cloth in (x, z) that the wind bellies to -y; two sides, 0.1 cm apart."""
    a, b, c = (np.array(p, float) for p in corners)
    n = max(int(np.linalg.norm(b - a) / (0.8 * form.cell)), 20)
    u, v = np.meshgrid(np.linspace(0, 1, n), np.linspace(0, 1, n), indexing="ij")
    place = a + (b - a) * (u * (1 - v))[..., None] + (c - a) * v[..., None]
    bulge = -belly * 4 * v * (1 - v) * (0.4 + 0.6 * np.sin(np.pi * u))
    rim = np.clip(8 * np.minimum(np.minimum(u, 1 - u), np.minimum(v, 1 - v)), 0, 1)  # both sides meet at the border
    sheets = []
    for shift, flip in ((-0.06, False), (0.06, True)):
        points = np.stack([place[..., 0], bulge + shift * rim, place[..., 1]], -1)
        sheet = _patch(points, flip)
        outward = sheet.normals[:, 1].mean() * shift > 0
        sheets.append(sheet if outward else _patch(points, not flip))
    return merge(sheets)


def rocket(form: Form) -> list[Part]:
    """A moon rocket: bellied body, nose, three or four fins, one to three portholes."""
    tall, fat = form.between(9, 13), form.between(2.2, 3.6)
    waist, neck = form.between(0.55, 0.85), form.between(0.5, 0.85)
    start = form.between(2.0, 3.0)
    line = curve(
        [
            (fat * waist, start),
            (fat, start + tall * 0.35),
            (fat * 0.97, start + tall * 0.6),
            (fat * neck, start + tall),
        ],
        max(int(tall / 3 / form.cell), 8),
    )
    top = start + tall
    body = form.turned(np.concatenate([[(0, start)], line, [(0, top)]]), 0.0, dense=form.decal != "none")
    portholes = form.count(1, 3) if form.decal == "none" else 1
    skin = form.decorated(
        form.piece("body", body, 0), (0, -fat, start + tall * 0.34), (1, 0, 0), (0, 0, 1), (fat * 1.5, fat * 1.1), 2
    )
    parts = [skin]
    tip = form.between(3, 6)
    nose = curve(
        [(fat * neck + 0.1, top - 0.1), (fat * neck * 0.75, top + tip * 0.5), (0.3, top + tip), (0, top + tip)], 8
    )
    parts += [form.piece("nose", form.turned(np.concatenate([[(0, top - 0.1)], nose]), 0.0), 1)]
    skirt = [(0, start - 1.2), (fat * waist * 0.7, start - 1.2), (fat * waist, start + 0.2), (0, start + 0.2)]
    parts += [form.piece("engine", form.turned(skirt, 0.2), "#a9adb2", "metal")]
    parts += _fins(form, fat, start, tall)
    for number in range(portholes):
        z = start + tall * (0.68 - 0.24 * number)
        at = float(np.interp(z, line[:, 1], line[:, 0]))
        size = fat * (0.4 - 0.05 * portholes)
        parts += [form.piece("porthole", form.ring(size, 0.28).turned(FORWARD).moved(0, -at + 0.08, z), 2)]
        parts += [form.fitting("porthole", form.egg(size, 0.3, size).moved(0, -at + 0.1, z), "#7fb2d8")]
    return stand(parts)


def _fins(form: Form, fat: float, start: float, tall: float) -> list[Part]:
    reach, drop, rise = fat * form.between(1.6, 2.1), form.between(1.4, 2.4), tall * form.between(0.25, 0.45)
    outline = [(fat * 0.55, start + rise), (fat * 1.1, start + rise * 0.8), (reach, start - drop * 0.2)]
    outline += [(reach, start - drop), (reach * 0.85, start - drop), (fat * 0.6, start + 0.2)]
    fin = form.skin(prism(smooth_outline(np.array(outline), 1), 0.9, 0.4).turned(UPRIGHT))
    count = form.count(3, 4)
    first = -30.0 if count == 3 else 0.0
    return [form.piece("fin", fin.turned(rotation("z", first + 360 / count * k)), 1) for k in range(count)]
