"""Laying shadows and reflections: the ground is multiplied, the product is not touched, both kinds of picture agree."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from packshot.imaging import mattes
from packshot.imaging.colour import linear_to_srgb, srgb_to_linear
from packshot.imaging.picture import Picture
from packshot.imaging.scenery.layering import lay, strengthened

UNIT = st.floats(0, 1, width=32)


def scene(seed, size=(24, 31)):
    make = torch.Generator().manual_seed(seed)
    rgb = torch.randint(0, 256, (1, 3, *size), generator=make) / 255
    matte = torch.zeros(1, 1, *size)
    matte[..., 8:16, 10:20] = 1
    matte = mattes.guided_filter(matte, matte, 2, 0.1).clamp(0, 1)
    matte[..., 10:14, 12:18] = 1
    matte[..., :4, :] = 0
    density = torch.rand((1, 1, *size), generator=make)
    return Picture(rgb, matte=matte), density


@given(seed=st.integers(0, 10**6), strength=st.floats(0, 3))
@settings(max_examples=25, deadline=None)
def test_product_and_lit_ground_stay_bit_exact(seed, strength):
    picture, density = scene(seed)
    density[..., :12] = 0
    for before in (picture, picture.replace(alpha=picture.matte)):
        after = lay(before, strengthened(density, strength))
        same = (before.matte >= 0.99) | (density == 0)
        assert torch.equal(after.rgb[same.expand_as(after.rgb)], before.rgb[same.expand_as(after.rgb)])
        assert after.matte is before.matte
        if before.alpha is not None:
            assert torch.equal(after.alpha[same], before.alpha[same])
            assert bool((after.alpha >= before.alpha - 1e-6).all())


@given(density=UNIT, ground=UNIT)
@settings(max_examples=40, deadline=None)
def test_ground_is_multiplied_in_linear_light(density, ground):
    before = Picture(torch.full((1, 3, 1, 2), ground), matte=torch.zeros(1, 1, 1, 2))
    after = lay(before, torch.full((1, 1, 1, 2), density))
    expected = linear_to_srgb(srgb_to_linear(before.rgb) * (1 - density))
    assert torch.allclose(after.rgb, expected, atol=2e-3 if density < 1 / 1024 else 1e-5)


def test_a_coloured_shadow_reaches_its_colour_where_it_is_full():
    before = Picture(torch.ones(1, 3, 4, 4), matte=torch.zeros(1, 1, 4, 4))
    after = lay(before, torch.ones(1, 1, 4, 4), (0.2, 0.4, 0.6))
    assert after.rgb[0, :, 1, 1].tolist() == pytest.approx([0.2, 0.4, 0.6], abs=1e-4)
    assert lay(before, torch.ones(1, 1, 4, 4), (1, 1, 1)).rgb.min() == 1


@given(density=UNIT, matte=st.sampled_from([0.0, 0.2, 0.6, 0.95]), colour=st.tuples(UNIT, UNIT, UNIT))
@settings(max_examples=40, deadline=None)
def test_transparent_on_white_equals_opaque_on_white(density, matte, colour):
    """A product of one colour with a soft edge, beside open ground: the same to two 8-bit levels."""
    product = torch.tensor([0.6, 0.3, 0.1]).view(1, 3, 1, 1).expand(1, 3, 9, 60).contiguous()
    m = torch.zeros(1, 1, 9, 60)
    m[..., :20] = 1
    m[..., 20:23] = matte
    d = torch.full((1, 1, 9, 60), density)
    clear = Picture(product, matte=m, alpha=m)
    white = torch.ones_like(product)
    opaque = clear.replace(rgb=mattes.over(product, m, white), alpha=None)
    shaded = lay(clear, d, colour)
    one, two = mattes.over(shaded.rgb, shaded.alpha, white), lay(opaque, d, colour).rgb
    assert (one - two).abs().max() < 2.5 / 255


def test_no_halo_along_a_dark_product_on_grey():
    """The mixed pixels lie between product and shaded ground: none is brighter than both."""
    m = torch.zeros(1, 1, 20, 80)
    m[..., :30] = 1
    m[..., 30:34] = torch.tensor([0.8, 0.6, 0.4, 0.2])
    dark, grey = torch.full((1, 3, 20, 80), 0.1), torch.full((1, 3, 20, 80), 0.8)
    picture = Picture(mattes.over(dark, m, grey), matte=m)
    after = lay(picture, torch.full((1, 1, 20, 80), 0.5)).rgb[0, 0, 10]
    shaded = linear_to_srgb(srgb_to_linear(torch.tensor([0.8, 0.8])) * 0.5)[0]
    assert after[40].item() == pytest.approx(shaded.item(), abs=1e-4)
    assert (after[28:36].diff() >= -1e-4).all()
    expected = mattes.over(dark, m, torch.full_like(grey, shaded.item()))[0, 0, 10]
    assert (after - expected).abs().max() < 0.01


def test_strength_is_optical_density():
    density = torch.tensor([0.0, 0.3, 0.9, 1.0])
    assert torch.equal(strengthened(density, 1), density)
    assert strengthened(density, 0).max() == 0
    twice = strengthened(density, 2)
    assert torch.allclose(twice, 1 - (1 - density) ** 2)


@given(low=st.floats(0, 3), high=st.floats(0, 3), seed=st.integers(0, 99))
@settings(max_examples=20, deadline=None)
def test_more_strength_is_never_lighter(low, high, seed):
    low, high = min(low, high), max(low, high)
    picture, density = scene(seed)
    assert bool(
        (lay(picture, strengthened(density, high)).rgb <= lay(picture, strengthened(density, low)).rgb + 2e-3).all()
    )


def test_a_reflection_covers_the_ground_and_not_the_product():
    picture, density = scene(3)
    mirrored = Picture(torch.full_like(picture.rgb, 0.25), alpha=torch.ones_like(density))
    after = lay(picture, density, mirrored=mirrored)
    ground, solid = (picture.matte == 0).expand_as(after.rgb), (picture.matte >= 0.99).expand_as(after.rgb)
    assert torch.allclose(after.rgb[ground], torch.tensor(0.25), atol=1e-4)
    assert torch.equal(after.rgb[solid], picture.rgb[solid])
    clear = lay(picture.replace(alpha=picture.matte), density, mirrored=mirrored)
    assert torch.allclose(clear.alpha, torch.ones_like(clear.alpha), atol=1e-6)


def test_nothing_to_lay_gives_the_very_same_picture():
    picture, density = scene(1)
    assert lay(picture, torch.zeros_like(density)) is picture
    assert lay(picture.replace(matte=torch.ones_like(density)), density).rgb is picture.rgb


def test_a_batch_is_laid_sample_by_sample():
    pairs = [scene(seed) for seed in (4, 5)]
    both = Picture(torch.cat([p.rgb for p, _ in pairs]), matte=torch.cat([p.matte for p, _ in pairs]))
    found = lay(both, torch.cat([d for _, d in pairs])).rgb
    for sample, (picture, density) in enumerate(pairs):
        assert torch.allclose(found[sample], lay(picture, density).rgb[0], atol=1e-6)
