"""Toyshop: shapes are closed, products stand on the ground, the truth agrees with the picture."""

from __future__ import annotations

import subprocess
import sys
from functools import cache

import numpy as np
import pytest

from packshot.catalogue.toyshop import CATEGORIES, build, fields, parts, photo, prints, shapes, studio
from packshot.catalogue.toyshop.denoise import denoise
from packshot.catalogue.toyshop.materials import FINISHES, dress, wood_grain
from packshot.catalogue.toyshop.meshes import Mesh, project_print
from packshot.catalogue.toyshop.noise import value_noise
from packshot.catalogue.toyshop.palette import COLOURS, decode, encode, srgb
from packshot.catalogue.toyshop.surface import skin
from packshot.errors import MissingExtra, ParameterError

COARSE = parts.Style(cell=0.25)


@cache
def toy(category, seed=3):
    return build(category, np.random.default_rng(seed), COARSE)


SOLIDS = {  # name: (field, volume in cm³ or None where there is no closed form)
    "ball": (fields.ball(2), 4 / 3 * np.pi * 8),
    "ellipsoid": (fields.ellipsoid(3, 2, 1), 4 / 3 * np.pi * 6),
    "box": (fields.box(4, 3, 2), 24),
    "round box": (fields.box(4, 3, 2, 0.4), None),
    "cylinder": (fields.cylinder(1.5, 3), np.pi * 2.25 * 3),
    "torus": (fields.torus(3, 0.8), 2 * np.pi**2 * 3 * 0.64),
    "capsule": (fields.capsule((0, 0, 0), (0, 0, 4), 1), np.pi * 4 + 4 / 3 * np.pi),
    "prism": (fields.prism([(0, 0), (4, 0), (4, 1), (1, 3)], 2), 2 * 7.5),
    "joined": (fields.ball(2).join(fields.ball(1.4).moved(2.2), 0.6), None),
    "drilled": (fields.box(5, 4, 3, 0.3).cut(fields.cylinder(1, 9), 0.2), None),
}
TURNED = {
    "lathe": shapes.lathe(shapes.rounded_profile([(0, 0), (2, 0), (2, 3), (0, 3)], 0.0)),
    "box": shapes.rounded_box(4, 3, 2, 0.3),
    "tube": shapes.sweep(shapes.curve([(0, 0, 0), (2, 1, 0), (4, 0, 2)]), 0.3),
    "rope": shapes.sweep(shapes.curve([(0, 0, 0), (2, 1, 0), (4, 0, 2)]), 0.3, twist=1.0),
    "loop": shapes.sweep(
        shapes.curve([(3, 0, 0), (0, 3, 0.5), (-3, 0, 0), (0, -3, -0.5)], closed=True), 0.3, closed=True
    ),
}


@pytest.mark.parametrize("name", SOLIDS)
def test_skin_is_closed_and_encloses_the_right_volume(name):
    pytest.importorskip("trimesh", reason="trimesh is not installed (extra synth)")
    field, volume = SOLIDS[name]
    mesh = skin(field, 0.1)
    whole = mesh.trimesh()
    assert whole.is_watertight
    assert whole.is_winding_consistent
    assert whole.volume > 0
    assert np.abs(field.at(mesh.vertices)).max() < 0.01  # sharp edges may be cut by a tenth of a cell
    if volume is not None:
        assert whole.volume == pytest.approx(volume, rel=0.01)


@pytest.mark.parametrize("name", TURNED)
def test_turned_and_swept_bodies_are_closed_and_face_outwards(name):
    pytest.importorskip("trimesh", reason="trimesh is not installed (extra synth)")
    mesh = TURNED[name]
    whole = mesh.trimesh()
    assert whole.is_watertight
    assert whole.volume > 0
    a, b, c = (mesh.vertices[mesh.faces[:, i]] for i in range(3))
    facing = (np.cross(b - a, c - a) * mesh.normals[mesh.faces].mean(1)).sum(1)
    assert (facing > 0).all(), "smooth normals on the wrong side of a triangle"
    assert np.linalg.norm(mesh.normals, axis=1) == pytest.approx(1)


def test_lathe_volume_is_that_of_the_cylinder():
    pytest.importorskip("trimesh", reason="trimesh is not installed (extra synth)")
    assert TURNED["lathe"].trimesh().volume == pytest.approx(np.pi * 4 * 3, rel=0.005)


def test_rounded_join_fills_and_rounded_cut_takes_away():
    a, b, point = fields.ball(2), fields.ball(2).moved(3), np.array([[1.5, 0, 1.5]])
    assert a.join(b, 0.8).at(point) < a.join(b).at(point)
    assert a.cut(b, 0.8).at(np.array([[1.4, 0, 1.4]])) > a.cut(b).at(np.array([[1.4, 0, 1.4]]))


@pytest.mark.parametrize("category", CATEGORIES)
def test_products_stand_on_the_ground_and_are_drawn_from_their_seed(category):
    one, same = toy(category), build(category, np.random.default_rng(3), COARSE)
    low, high = parts.bounds(one)
    assert low[2] == pytest.approx(0, abs=1e-9)
    assert (low + high)[:2] == pytest.approx(0, abs=1e-9)
    assert 4 < (high - low).max() < 30  # cm
    touching = np.concatenate([p.mesh.vertices for p in one])
    assert (touching[:, 2] < 0.05).sum() >= 3
    for p, q in zip(one, same, strict=True):
        assert (p.name, p.colour, p.material) == (q.name, q.colour, q.material)
        assert np.array_equal(p.mesh.vertices, q.mesh.vertices)
        assert p.material in FINISHES
        assert np.isfinite(p.mesh.vertices).all()
        assert np.linalg.norm(p.mesh.normals, axis=1) == pytest.approx(1)


@pytest.mark.parametrize("category", ["car", "train", "xylophone", "spinning top", "stacking rings"])
def test_no_two_products_of_a_category_are_alike(category):
    sizes = [np.subtract(*parts.bounds(toy(category, seed))) for seed in (3, 4)]
    assert not np.allclose(*sizes, atol=1e-3)


@pytest.mark.parametrize("category", CATEGORIES)
def test_nothing_floats(category):
    """Parts whose boxes touch form groups (a toy; its mallet beside it); every group stands on the ground."""
    pieces = toy(category)
    boxes = [(p.mesh.low - 0.12, p.mesh.high + 0.12) for p in pieces]
    left = set(range(len(pieces)))
    while left:
        group, waiting = set(), [min(left)]
        while waiting:
            group.add(i := waiting.pop())
            near = [
                j for j in left - group if (boxes[j][0] <= boxes[i][1]).all() and (boxes[i][0] <= boxes[j][1]).all()
            ]
            waiting += near
            group.update(near)
        left -= group
        assert min(pieces[i].mesh.low[2] for i in group) < 0.02, [pieces[i].name for i in group]


def test_unknown_category_is_refused_by_name():
    with pytest.raises(ParameterError, match=r"category: expected one of ball, .*got 'yacht'"):
        build("yacht", np.random.default_rng(0), COARSE)


def test_dress_varies_but_stays_a_paint():
    part = toy("ball")[0]
    surface = dress(part, 7)
    assert surface.colours.shape == part.mesh.vertices.shape
    assert (surface.colours > 0).all()
    assert (surface.colours < 1).all()
    assert 0 < surface.roughness.std() < 0.2
    assert np.array_equal(surface.normals, dress(part, 7).normals)
    assert not np.array_equal(surface.normals, dress(part, 8).normals)


def test_wood_grain_runs_along_its_axis():
    along = np.stack([np.linspace(0, 1, 400), np.zeros(400), np.zeros(400)], 1)
    across = along[:, [1, 0, 2]]
    axis = np.array([1.0, 0, 0])
    changes = [np.abs(np.diff(wood_grain(line, axis, 3)[1])).mean() for line in (along, across)]
    assert changes[1] > 5 * changes[0]


def test_noise_is_smooth_bounded_and_seeded():
    points = np.random.default_rng(0).uniform(-50, 50, (5000, 3))
    noise = value_noise(points, 1)
    assert np.abs(noise).max() <= 1
    assert noise.std() > 0.2
    assert np.abs(value_noise(points + 1e-4, 1) - noise).max() < 2e-3
    assert not np.allclose(noise, value_noise(points, 2))


def test_print_falls_on_the_near_side_only():
    printed = project_print(shapes.rounded_box(4, 4, 4, 0.3), (0, -2, 0), (1, 0, 0), (0, 0, 1), (2, 2))
    inside = ((printed.uv >= 0) & (printed.uv <= 1)).all(1)
    assert inside.any()
    assert (printed.vertices[inside, 1] < 0).all()
    right = printed.vertices[inside][np.argmax(printed.uv[inside, 0])]
    assert right[0] > 0.9  # u runs to the right as seen from the front


def test_label_has_soft_edges_and_the_ink_asked_for():
    picture = prints.label("7", "navy", 96, "cream")
    assert picture.shape == (96, 96, 4)
    assert picture[0, 0, 3] == 0
    assert picture[48, 12, :3] == pytest.approx(srgb("cream"), abs=0.02)
    assert ((picture[..., 3] > 0.05) & (picture[..., 3] < 0.95)).any()
    assert (np.abs(picture[..., :3] - srgb("navy")).max(-1) < 0.02).sum() > 50


def test_palette_round_trip_and_names():
    ramp = np.linspace(0, 1, 200)
    assert encode(decode(ramp)) == pytest.approx(ramp, abs=1e-6)
    assert len(COLOURS) >= 14
    assert all(chinese for _, chinese in COLOURS.values())


def test_camera_frames_the_product_as_asked():
    points = np.random.default_rng(0).uniform(-1, 1, (200, 3)) * (6, 3, 4) + (0, 0, 4)
    for fill, offset in ((0.5, (0.0, 0.0)), (0.8, (0.04, -0.03))):
        camera = studio.place_camera(points, studio.Studio(fill=fill, offset=offset))
        ahead = (camera.target - camera.eye) / np.linalg.norm(camera.target - camera.eye)
        right = np.cross(ahead, [0, 0, 1.0])
        right /= np.linalg.norm(right)
        x = (points - camera.eye) @ right / ((points - camera.eye) @ ahead) / np.tan(np.radians(camera.fov / 2))
        y = (points - camera.eye) @ np.cross(right, ahead)
        y = y / ((points - camera.eye) @ ahead) / np.tan(np.radians(camera.fov / 2))
        assert max(np.ptp(x), np.ptp(y)) / 2 == pytest.approx(fill, abs=0.02)
        assert (x.min() + x.max()) / 4 == pytest.approx(offset[0], abs=0.01)
        assert (y.min() + y.max()) / 4 == pytest.approx(offset[1], abs=0.01)


def test_blackbody_is_red_below_and_blue_above_daylight():
    warm, white, cool = (studio.blackbody(k) for k in (2900, 6500, 9000))
    assert warm[0] > 2 * warm[2]
    assert white == pytest.approx(1, abs=0.06)
    assert cool[2] > 1.15 * cool[0]


def test_develop_is_repeatable_exposes_and_darkens_corners():
    light = np.full((64, 64, 3), 5.0, np.float32)
    response = photo.Response(key=0.2, vignette=0.3, electrons=1e6, contrast=0.0, seed=4)
    picture = photo.develop(light, response, np.ones(3))
    assert np.array_equal(picture, photo.develop(light, response, np.ones(3)))
    assert picture[30:34, 30:34].mean() == pytest.approx(encode(np.array(0.2)) * 255, abs=2)
    assert picture[:3, :3].mean() < 0.9 * picture[30:34, 30:34].mean()


def test_denoise_halves_the_error_and_keeps_an_edge():
    rng = np.random.default_rng(0)
    truth = np.full((48, 48, 3), 0.2, np.float32)
    truth[:, 24:] = 0.8
    halves = [(truth * (1 + 0.25 * rng.standard_normal(truth.shape))).astype(np.float32) for _ in range(2)]
    clean = denoise(*halves, [(truth, 0.1)], strength=0.6)
    before = np.abs((halves[0] + halves[1]) / 2 - truth).mean()
    assert np.abs(clean - truth).mean() < 0.5 * before
    assert clean[:, 25].mean() - clean[:, 22].mean() > 0.55


def test_toyshop_imports_neither_torch_nor_the_renderer():
    heavy = "{'torch', 'mitsuba', 'trimesh'}"
    code = f"import sys, packshot.catalogue.toyshop.render; sys.exit(bool({heavy} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_missing_renderer_names_the_extra(monkeypatch):
    from packshot.catalogue.toyshop import render

    monkeypatch.setitem(sys.modules, "mitsuba", None)
    with pytest.raises(MissingExtra, match=r"packshot\[synth\]"):
        render.mitsuba()


def test_matte_agrees_with_the_picture():
    """A white ball-like toy on black ground: light and matte tell the same silhouette; the run is repeatable."""
    pytest.importorskip("mitsuba", reason="mitsuba is not installed (extra synth)")
    from packshot.catalogue.toyshop.render import render

    body = parts.stand([parts.Part("body", skin(fields.ball(4), 0.3), "matte plastic", "white")])
    place = studio.Studio(ground_colour="#000000", fill=0.6, seed=2, ambient=1.5)
    first, again = (render(body, place, 48, 16) for _ in range(2))
    assert first.matte.shape == (48, 48)
    np.testing.assert_allclose(first.light, again.light, rtol=1e-4, atol=1e-6)  # threads add up in any order
    np.testing.assert_allclose(first.matte, again.matte, rtol=0, atol=1e-5)
    assert first.matte.min() == 0
    assert first.matte.max() == pytest.approx(1, abs=1e-3)
    columns = np.flatnonzero((first.matte > 0.5).any(0))
    assert (columns[-1] - columns[0] + 1) / 48 == pytest.approx(0.6, abs=0.04)  # the fill asked for
    brightness = first.light.mean(-1)
    inside, outside = first.matte > 0.99, first.matte < 0.01
    assert np.median(brightness[inside]) > 4 * np.median(brightness[outside])
    edge = (first.matte > 0.05) & (first.matte < 0.95)
    assert 20 < edge.sum() < 400  # antialiased, one or two pixels wide


def test_mesh_moves_turns_and_scales():
    mesh = shapes.rounded_box(2, 2, 2, 0.2)
    turned = mesh.turned(fields.rotation("z", 90)).moved(z=1).sized(2)
    assert isinstance(turned, Mesh)
    assert turned.low == pytest.approx([-2, -2, 0])
    assert np.linalg.norm(turned.normals, axis=1) == pytest.approx(1)
