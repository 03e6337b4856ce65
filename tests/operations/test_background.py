"""Background: white is white, the product is locked, and every kind gives what it says."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from packshot.errors import ParameterError
from packshot.imaging import compare, mattes
from packshot.imaging.picture import Picture
from packshot.operations.background import Background
from packshot.operations.operation import Context
from packshot.operations.shadow import Shadow
from tests.operations.drawn import cut_out, disc_matte, eight_bit, on_white, texture


def disc(size=(60, 80), radius=20.0, seed=0):
    return cut_out(disc_matte(size, size[1] / 2, size[0] / 2, radius), seed)


@given(
    h=st.integers(1, 50), w=st.integers(1, 50), radius=st.floats(0.3, 40), seed=st.integers(0, 999), clear=st.booleans()
)
@settings(max_examples=40, deadline=None)
def test_white_is_white_and_the_product_is_its_own(h, w, radius, seed, clear):
    """From a cut-out and from an opaque photo with a matte alike."""
    before = disc((h, w), radius, seed)
    before = before if clear else before.replace(alpha=None)
    after = Background().apply(before, Context()).picture
    nothing = (before.matte < 0.02).expand_as(after.rgb)
    solid = (before.matte >= 0.99).expand_as(after.rgb)
    assert bool((eight_bit(after.rgb)[nothing] == 255).all())
    assert torch.equal(after.rgb[solid], before.rgb[solid])
    assert after.alpha is None
    assert torch.equal(after.matte, before.matte)


@pytest.mark.parametrize("kind", ["colour", "gradient", "picture", "transparent"])
def test_nothing_changes_inside_the_eroded_matte(kind):
    before = disc()
    context = Context(open_picture=lambda name: Picture(texture((40, 30), 5)))
    operation = Background(kind=kind, picture="wall.jpg", colour="#336699")
    after = operation.apply(before, context).picture
    inside = mattes.inner(before.matte)
    found = compare.fidelity(before.rgb, after.rgb, inside)
    assert found["delta_e_max"] == 0
    assert torch.equal(after.to_source, before.to_source)


@pytest.mark.parametrize(
    ("colour", "expected"), [("#336699", (51, 102, 153)), ("red", (255, 0, 0)), ("#fff", (255,) * 3)]
)
def test_a_colour_is_exactly_that_colour(colour, expected):
    before = disc()
    after = eight_bit(Background(colour=colour).apply(before, Context()).picture.rgb)
    ground = (before.matte < 0.02)[0, 0]
    assert bool((after[0][:, ground] == torch.tensor(expected, dtype=torch.uint8)[:, None]).all())


def test_transparent_has_the_matte_as_alpha_without_its_traces():
    before = disc().replace(alpha=None)
    after = Background(kind="transparent").apply(before, Context()).picture
    assert after.alpha is not None
    assert (after.alpha - before.matte).abs().max() < 0.03
    assert not after.alpha[before.matte < 0.02].any()
    assert bool((after.alpha[before.matte >= 0.99] == 1).all())


def test_a_drawn_shadow_survives_a_new_background():
    """Shadow on nothing, then a ground, equals the ground, then the shadow."""
    before = cut_out(disc_matte((120, 160), 80, 60, 30))
    first = Background(colour="#88aa99").apply(Shadow().apply(before, Context()).picture, Context()).picture
    second = Shadow().apply(Background(colour="#88aa99").apply(before, Context()).picture, Context()).picture
    beside = (before.matte == 0).expand_as(first.rgb)
    assert (first.rgb - second.rgb).abs()[beside].max() < 2 / 255
    assert first.rgb[beside].min() < 0.3


def test_an_edge_keeps_its_own_colour_on_a_new_ground():
    """A black disc cut from white and laid on black leaves no white ring."""
    matte = disc_matte((80, 80), 40, 40, 25)
    photo = on_white(Picture(torch.zeros(1, 3, 80, 80), matte=matte, alpha=matte))
    after = Background(colour="black").apply(photo, Context()).picture
    assert after.rgb.max() < 0.15  # 0.7 and more with the photo's own edge colours


def test_a_gradient_runs_from_its_first_to_its_second_colour():
    before = disc()
    after = Background(kind="gradient", colour="white", second="#404040", angle=90).apply(before, Context()).picture
    column = after.rgb[0, 0, :, 2]
    assert column[0] == 1
    assert column[-1].item() == pytest.approx(64 / 255, abs=1 / 255)
    assert bool((column.diff() <= 1.01 / 255).all())


def test_a_picture_is_opened_by_the_context_and_may_be_blurred():
    wall = Picture(texture((30, 40), 7))
    context = Context(open_picture=lambda name: {"wall.jpg": wall}[name])
    before = disc()
    sharp = Background(kind="picture", picture="wall.jpg").apply(before, context)
    soft = Background(kind="picture", picture="wall.jpg", blur=6).apply(before, context)
    ground = (before.matte == 0).expand_as(before.rgb)
    assert soft.picture.rgb[ground].std() < 0.5 * sharp.picture.rgb[ground].std()
    assert sharp.numbers["background_upscale"] == pytest.approx(2)
    tiny = Context(open_picture=lambda name: Picture(texture((3, 4))))
    assert "enlarged" in Background(kind="picture", picture="wall.jpg").apply(before, tiny).flags[0]


def test_marks_say_composite_only_for_pictures():
    assert Background().source_type() is None
    assert Background(kind="picture", picture="wall.jpg").source_type() == "composite"


def test_clear_words_for_what_is_missing():
    with pytest.raises(ParameterError, match="run cutout"):
        Background().apply(Picture(torch.zeros(1, 3, 4, 4)), Context())
    with pytest.raises(ParameterError, match="file name"):
        Background(kind="picture").apply(disc(), Context())
    with pytest.raises(ParameterError, match="expected a picture"):
        Background().apply(None, Context())
    with pytest.raises(ValidationError):
        Background(colour="no such colour")
    with pytest.raises(ValidationError):
        Background(blur=-1)


def test_an_empty_matte_is_flagged():
    empty = cut_out(torch.zeros(1, 1, 9, 7))
    result = Background().apply(empty, Context())
    assert result.flags
    assert bool((result.picture.rgb == 1).all())
