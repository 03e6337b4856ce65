"""Shadow: the product is locked, white far away stays white, numbers and flags say what happened."""

from itertools import pairwise

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from packshot.errors import ParameterError
from packshot.imaging import compare, mattes
from packshot.imaging.picture import Picture
from packshot.operations.operation import Context
from packshot.operations.shadow import Shadow
from tests.operations.drawn import box_matte, cut_out, disc_matte, eight_bit, on_white, texture

DRAWN = ("contact", "drop", "cast", "float", "reflection")


def product(size=(160, 200)):
    return cut_out(box_matte(size, (70.3, 40.0, 130.6, 110.0)))


@pytest.mark.parametrize("kind", DRAWN)
@pytest.mark.parametrize("opaque", [True, False])
def test_the_product_is_untouched(kind, opaque):
    before = on_white(product()) if opaque else product()
    result = Shadow(kind=kind).apply(before, Context())
    after = result.picture
    solid = (before.matte >= 0.99).expand_as(before.rgb)
    assert torch.equal(after.rgb[solid], before.rgb[solid])
    assert after.matte is before.matte
    assert compare.fidelity(before.rgb, after.rgb, mattes.inner(before.matte))["delta_e_max"] == 0
    assert (after.alpha is None) == opaque
    assert result.numbers["shadow_share"] > 0
    assert result.numbers["darkest"] < 0.9
    assert result.layers["shadow"].shape == before.matte.shape
    shown = after.rgb if opaque else mattes.over(after.rgb, after.alpha, torch.ones_like(after.rgb))
    assert shown.mean() < on_white(product()).rgb.mean()


@pytest.mark.parametrize("kind", DRAWN)
def test_white_far_from_the_product_stays_white(kind):
    before = on_white(cut_out(box_matte((300, 400), (180, 120, 220, 170))))
    after = eight_bit(Shadow(kind=kind).apply(before, Context()).picture.rgb)
    border = torch.ones(300, 400, dtype=torch.bool)
    border[3:-3, 3:-3] = False
    assert bool((after[0][:, border] == 255).all())
    assert bool((after[0, :, :60] == 255).all())


def test_none_and_strength_zero_are_the_identity():
    before = product()
    for operation in (Shadow(kind="none"), *(Shadow(kind=kind, strength=0) for kind in DRAWN)):
        assert operation.apply(before, Context()).picture is before


@pytest.mark.parametrize("kind", DRAWN)
def test_more_strength_is_never_lighter(kind):
    before = on_white(cut_out(torch.where(product().matte > 0, product().matte, 0), 3))
    before = before.replace(rgb=torch.where(before.matte > 0, 0.2, before.rgb))
    shown = [Shadow(kind=kind, strength=s).apply(before, Context()).picture.rgb for s in (0, 0.4, 1, 2, 3)]
    for lighter, darker in pairwise(shown):
        assert bool((darker <= lighter + 2e-3).all())
    assert shown[-1].mean() < shown[1].mean()


@given(
    kind=st.sampled_from(DRAWN),
    size=st.tuples(st.integers(1, 40), st.integers(1, 40)),
    seed=st.integers(0, 10**6),
    strength=st.floats(0, 3),
    blur=st.floats(0, 50),
    offset=st.floats(-100, 100),
    angle=st.floats(-180, 180),
    elevation=st.floats(10, 85),
    length=st.floats(5, 300),
    camera=st.floats(3, 60),
)
@settings(max_examples=50, deadline=None)
def test_every_parameter_and_every_matte_gives_a_picture(
    kind, size, seed, strength, blur, offset, angle, elevation, length, camera
):
    make = torch.Generator().manual_seed(seed)
    matte = torch.rand((1, 1, *size), generator=make).round(decimals=1)
    before = Picture(texture(size, seed), matte=matte, alpha=matte if seed % 2 else None)
    operation = Shadow(
        kind=kind, strength=strength, blur=blur, offset_x=offset, offset_y=offset, angle=angle, elevation=elevation,
        length=length, camera=camera, colour="navy",
    )  # fmt: skip
    result = operation.apply(before, Context())
    solid = (matte >= 0.99).expand_as(before.rgb)
    assert torch.equal(result.picture.rgb[solid], before.rgb[solid])
    assert result.picture.size == before.size


@pytest.mark.parametrize("kind", DRAWN)
@pytest.mark.parametrize("place", [(0, 0), (29, 39), (15, 20)])
def test_a_product_of_one_pixel(kind, place):
    matte = torch.zeros(1, 1, 30, 40)
    matte[0, 0, place[0], place[1]] = 1
    result = Shadow(kind=kind).apply(on_white(cut_out(matte)), Context())
    assert torch.isfinite(result.picture.rgb).all()


@pytest.mark.parametrize("kind", [*DRAWN, "keep"])
def test_no_product_is_flagged_and_nothing_is_drawn(kind):
    empty = cut_out(torch.zeros(1, 1, 20, 30))
    result = Shadow(kind=kind).apply(empty, Context(source=empty))
    assert result.picture is empty
    assert result.flags == ("no product found, so no shadow",)


@pytest.mark.parametrize("kind", DRAWN)
def test_a_product_that_touches_every_border(kind):
    full = on_white(cut_out(torch.ones(1, 1, 30, 40)))
    assert torch.equal(Shadow(kind=kind).apply(full, Context()).picture.rgb, full.rgb)


def test_a_shadow_that_leaves_the_picture_is_flagged():
    tight = cut_out(box_matte((100, 100), (20, 10, 95, 95)))
    result = Shadow(kind="cast", angle=-90, elevation=20, length=300).apply(tight, Context())
    assert result.numbers["clipped_share"] > 0.2
    assert "outside the picture" in result.flags[0]


def test_colour_tints_the_shadow_and_only_it():
    before = on_white(product())
    blue = Shadow(colour="#0000ff").apply(before, Context()).picture
    ground = before.matte[0, 0] == 0
    red, green, sky = (blue.rgb[0, c][ground] for c in range(3))
    assert sky.min() == 1
    assert red.min() < 0.7
    assert torch.allclose(red, green, atol=1e-6)


def planted():
    """An opaque photo of a product with a soft shadow on a grey sweep, and the truth."""
    matte = box_matte((160, 200), (60, 30, 120, 110))
    ys, xs = torch.meshgrid(torch.arange(160.0), torch.arange(200.0), indexing="ij")
    density = 0.5 * torch.exp(-(((xs - 120) / 25) ** 2) - ((ys - 108) / 9) ** 2)
    density = torch.where(density > 0.01, density, 0)
    light = 0.7 * (1 - density)
    photo = mattes.linear_to_srgb(light).expand(1, 3, -1, -1)
    return Picture(torch.where(matte > 0.5, torch.full_like(photo, 0.1), photo).contiguous(), matte=matte), density


def test_keep_brings_the_photo_s_shadow_to_a_new_ground():
    photo, density = planted()
    cut = photo.replace(alpha=photo.matte)
    result = Shadow(kind="keep").apply(cut, Context(source=Picture(photo.rgb)))
    beside = mattes.dilate(photo.matte, 5)[0, 0] == 0
    found = 1 - result.layers["shadow"][0, 0]
    assert (found - density).abs()[beside].mean() < 0.01
    assert (found - density).abs()[beside].max() < 0.1
    assert result.flags == ()
    assert result.numbers["ground_plain_share"] > 0.8
    white = on_white(result.picture).rgb
    assert bool((eight_bit(white)[..., :20, :] == 255).all())


def test_keep_says_when_there_is_none():
    photo, _ = planted()
    bare = torch.where(photo.matte > 0.5, 0.1, torch.full_like(photo.rgb, 0.8))
    cut = Picture(bare, matte=photo.matte, alpha=photo.matte)
    result = Shadow(kind="keep").apply(cut, Context(source=Picture(bare)))
    assert result.picture is cut
    assert result.flags == ("no shadow found in the photo",)
    noisy = Picture(texture((160, 200), 4))
    result = Shadow(kind="keep").apply(cut, Context(source=noisy))
    assert result.picture is cut
    assert "not plain" in result.flags[0]


def test_keep_does_not_double_a_shadow_that_is_still_there():
    photo, _ = planted()
    result = Shadow(kind="keep").apply(photo, Context(source=Picture(photo.rgb)))
    assert result.picture is photo
    assert "still there" in result.flags[0]


def test_keep_flags_a_matte_that_missed_a_part():
    photo, _ = planted()
    rgb = photo.rgb.clone()
    rgb[..., 60:109, 120:150] = 0.05  # another dark part of the product, not in the matte
    cut = Picture(rgb, matte=photo.matte, alpha=photo.matte)
    result = Shadow(kind="keep").apply(cut, Context(source=Picture(rgb)))
    assert "missed a part" in result.flags[0]


def test_clear_words_for_what_is_missing():
    with pytest.raises(ParameterError, match="run cutout"):
        Shadow().apply(Picture(torch.zeros(1, 3, 4, 4)), Context())
    with pytest.raises(ParameterError, match="photograph"):
        Shadow(kind="keep").apply(product(), Context())
    two = Picture(torch.zeros(2, 3, 4, 4), matte=torch.zeros(2, 1, 4, 4))
    with pytest.raises(ParameterError, match="one picture at a time"):
        Shadow().apply(two, Context())
    for wrong in ({"kind": "halo"}, {"strength": 4}, {"elevation": 0}, {"colour": "nothing"}, {"blur": float("nan")}):
        with pytest.raises(ValidationError):
            Shadow(**wrong)


def test_marks_say_which_shadows_are_drawn():
    assert Shadow().source_type() == "algorithmicallyEnhanced"
    assert Shadow(kind="keep").source_type() is None


def test_the_same_twice():
    before = on_white(cut_out(disc_matte((90, 120), 60, 45, 25)))
    for kind in DRAWN:
        one, two = (Shadow(kind=kind).apply(before, Context()).picture.rgb for _ in range(2))
        assert torch.equal(one, two)
