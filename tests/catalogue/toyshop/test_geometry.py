"""Shapes are closed, face outwards and enclose what they should; noise is smooth; prints fall where they should."""

from __future__ import annotations

import numpy as np
import pytest

from packshot.catalogue.toyshop.geometry import fields, shapes
from packshot.catalogue.toyshop.geometry.meshes import Mesh, project_print
from packshot.catalogue.toyshop.geometry.noise import value_noise
from packshot.catalogue.toyshop.geometry.surface import skin

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


def test_mesh_moves_turns_and_scales():
    mesh = shapes.rounded_box(2, 2, 2, 0.2)
    turned = mesh.turned(fields.rotation("z", 90)).moved(z=1).sized(2)
    assert isinstance(turned, Mesh)
    assert turned.low == pytest.approx([-2, -2, 0])
    assert np.linalg.norm(turned.normals, axis=1) == pytest.approx(1)
