"""Compose: the product stands where asked, as large as asked, in its own colours."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from packshot.errors import ParameterError
from packshot.imaging import compare, geometry, mattes
from packshot.imaging.picture import Picture
from packshot.operations.compose import Compose
from packshot.operations.operation import Context
from tests.operations.drawn import box_matte, cut_out, disc_matte, texture

SCENE = Picture(texture((150, 200), 9) * 0.2 + 0.6)


def product():
    return cut_out(box_matte((100, 80), (20, 10, 60, 90)), 2)


def composed(picture=None, scene=SCENE, **parameters):
    context = Context(open_picture=lambda name: {"scene.jpg": scene}[name])
    return Compose(scene="scene.jpg", **parameters).apply(picture or product(), context)


@given(scale=st.floats(0.1, 0.8), x=st.floats(0.3, 0.7), y=st.floats(0.8, 1))
@settings(max_examples=25, deadline=None)
def test_it_stands_where_asked_and_as_tall_as_asked(scale, x, y):
    result = composed(scale=scale, x=x, y=y, shadow=0)
    x0, y0, x1, y1 = geometry.bounding_box(result.picture.matte, 0.5)
    assert result.picture.size == SCENE.size
    assert y1 == pytest.approx(y * 150, abs=1)
    assert y1 - y0 == pytest.approx(scale * 150, abs=2)
    assert (x0 + x1) / 2 == pytest.approx(x * 200, abs=1.5)
    assert result.numbers["upscale"] == pytest.approx(scale * 150 / 80)


@pytest.mark.parametrize("parameters", [{}, {"rotation": 30}, {"turn": 40}, {"tilt": -30}, {"scale": 1.5, "y": 1.2}])
def test_the_product_keeps_its_colours_and_the_scene_its_pixels(parameters):
    before = product()
    after = composed(before, shadow=0, **parameters).picture
    to_old = torch.linalg.solve(before.to_source, after.to_source)
    truth = geometry.carry(before, to_old, after.size)
    inside = mattes.inner(truth.matte)
    assert inside.any()
    found = compare.fidelity(truth.rgb, after.rgb, inside)
    assert found["delta_e_p99"] < 0.5
    assert found["edge_shift_px"] < 0.1
    away = (mattes.dilate(after.matte, 4) == 0).expand_as(after.rgb)
    assert torch.equal(after.rgb[away], SCENE.rgb[away])


def test_to_source_points_into_the_product_photo():
    start = geometry.scale_shift(2, 2, 10, 20)
    after = composed(product().replace(to_source=start), scale=0.4, x=0.5, y=0.9).picture
    foot = torch.tensor([100.0, 135, 1], dtype=torch.float64)
    there = after.to_source @ foot
    assert (there[:2] / there[2]).tolist() == pytest.approx([2 * 40 + 10, 2 * 90 + 20])


def test_turn_and_tilt_foreshorten():
    flat, turned, tilted = (
        geometry.bounding_box(composed(shadow=0, **p).picture.matte, 0.5) for p in ({}, {"turn": 50}, {"tilt": 50})
    )
    assert turned[2] - turned[0] < 0.75 * (flat[2] - flat[0])
    assert tilted[3] - tilted[1] < 0.75 * (flat[3] - flat[1])
    column = composed(shadow=0, turn=50).picture.matte[0, 0]
    left, right = (column[:, x].sum() for x in (turned[0] + 3, turned[2] - 4))
    assert left > right  # the right side is further away


def test_rotation_is_clockwise_about_the_foot():
    x0, _, x1, _ = geometry.bounding_box(composed(shadow=0, rotation=90, scale=0.5).picture.matte, 0.5)
    assert x0 == pytest.approx(100, abs=1)
    assert x1 == pytest.approx(175, abs=2)


def test_the_contact_shadow_darkens_the_scene_only():
    flat = Picture(torch.full((1, 3, 150, 200), 0.8))
    bare, shaded = (composed(scene=flat, shadow=s).picture for s in (0, 1))
    assert bool((shaded.rgb <= bare.rgb + 1e-6).all())
    x0, _, x1, y1 = geometry.bounding_box(bare.matte, 0.5)
    assert shaded.rgb[0, 0, y1 + 1, (x0 + x1) // 2] < 0.75
    solid = (bare.matte >= 0.999).expand_as(bare.rgb)
    assert torch.equal(bare.rgb[solid], shaded.rgb[solid])


def test_a_transparent_scene_lies_on_white():
    clear = Picture(torch.zeros(1, 3, 50, 60), alpha=torch.zeros(1, 1, 50, 60))
    result = composed(scene=clear, shadow=0)
    assert bool((result.picture.rgb[..., :5, :] == 1).all())
    assert result.picture.alpha is None


def test_flags():
    assert "outside the scene" in composed(x=0).flags[0]
    assert composed(x=0).numbers["clipped_share"] == pytest.approx(0.5, abs=0.05)
    small = cut_out(disc_matte((20, 20), 10, 10, 4))
    assert "enlarged" in composed(small, scale=0.8, y=1).flags[0]
    empty = cut_out(torch.zeros(1, 1, 10, 10))
    assert composed(empty).flags == ("no product found: nothing was placed",)
    assert composed().flags == ()


@given(
    scale=st.floats(0.01, 4), x=st.floats(-1, 2), y=st.floats(-1, 2), rotation=st.floats(-180, 180),
    turn=st.floats(-60, 60), tilt=st.floats(-60, 60), size=st.tuples(st.integers(1, 30), st.integers(1, 30)),
)  # fmt: skip
@settings(max_examples=30, deadline=None)
def test_every_parameter_gives_a_picture(scale, x, y, rotation, turn, tilt, size):
    tiny = cut_out(torch.ones(1, 1, *size))
    scene = Picture(texture((20, 30)))
    result = composed(tiny, scene, scale=scale, x=x, y=y, rotation=rotation, turn=turn, tilt=tilt)
    assert result.picture.size == (20, 30)
    assert torch.isfinite(result.picture.rgb).all()


def test_clear_words():
    with pytest.raises(ParameterError, match="scene"):
        Compose().apply(product(), Context())
    with pytest.raises(ParameterError, match="run cutout"):
        composed(Picture(torch.zeros(1, 3, 4, 4)))
    assert Compose.picture_fields() == ("scene", "element")
    assert Compose().source_type() == "composite"


def with_element(element, picture=None, **parameters):
    context = Context(open_picture=lambda name: element)
    picture = picture or Picture(torch.full((1, 3, 100, 140), 0.75), matte=box_matte((100, 140), (20, 20, 60, 90)))
    return picture, Compose(element="element.png", **parameters).apply(picture, context)


def red_element(light=1.0):
    matte = disc_matte((60, 60), 30, 30, 20)
    return cut_out(matte, 5).replace(rgb=torch.full((1, 3, 60, 60), 0.5 * light), alpha=matte, matte=matte)


def test_an_element_stands_where_asked_and_the_product_before_it_stays_to_the_bit():
    picture, done = with_element(red_element(), x=0.4, y=0.9, scale=0.6, match=0)
    product = (picture.matte >= 0.99).expand_as(picture.rgb)
    assert torch.equal(done.picture.rgb[product], picture.rgb[product])
    assert torch.equal(done.picture.matte, picture.matte)
    assert done.numbers["behind_product"] > 0.1
    added = done.layers["added"]
    assert added[0, 0, 60, 75] > 0.9
    assert float((added * picture.matte).max()) < 0.3


def test_the_lock_finds_the_product_untouched():
    from packshot.pipeline.lock import apply_locked

    picture = Picture(texture((100, 140), 3), matte=box_matte((100, 140), (20, 20, 60, 90)))
    context = Context(open_picture=lambda name: red_element())
    assert apply_locked(Compose(element="e.png"), picture, context).step.fidelity["delta_e_max"] == 0


@pytest.mark.parametrize("parameters", [{}, {"element": "a.png", "scene": "b.png"}])
def test_one_of_scene_and_element_is_wanted(parameters):
    with pytest.raises(ParameterError, match="scene"):
        Compose(**parameters).apply(product(), Context(open_picture=lambda name: SCENE))
