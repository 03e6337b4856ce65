"""The sixteen sample products stand on the ground, differ, and their matte agrees with the picture."""

from __future__ import annotations

import subprocess
import sys
from functools import cache

import numpy as np
import pytest

from packshot.catalogue.toyshop.geometry import fields, parts
from packshot.catalogue.toyshop.geometry.surface import skin
from packshot.catalogue.toyshop.samples.build import CATEGORIES, build
from packshot.catalogue.toyshop.samples.denoise import denoise
from packshot.catalogue.toyshop.samples.finishes import FINISHES, dress
from packshot.catalogue.toyshop.samples.style import Style
from packshot.catalogue.toyshop.studio import setup
from packshot.errors import ParameterError

COARSE = Style(cell=0.25)


@cache
def toy(category, seed=3):
    return build(category, np.random.default_rng(seed), COARSE)


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
    code = f"import sys, packshot.catalogue.toyshop.samples.render; sys.exit(bool({heavy} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_matte_agrees_with_the_picture():
    """A white ball-like toy on black ground: light and matte tell the same silhouette; the run is repeatable."""
    pytest.importorskip("mitsuba", reason="mitsuba is not installed (extra synth)")
    from packshot.catalogue.toyshop.samples.render import render

    body = parts.stand([parts.Part("body", skin(fields.ball(4), 0.3), "matte plastic", "white")])
    place = setup.Studio(ground_colour="#000000", fill=0.6, seed=2, ambient=1.5)
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
