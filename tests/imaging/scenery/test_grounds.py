"""Grounds: gradients reach their colours without bands, pictures fit, white stays white and the product itself."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from packshot.imaging import mattes
from packshot.imaging.colour import rgb_to_oklab
from packshot.imaging.picture import Picture
from packshot.imaging.scenery import grounds

SIZES = st.tuples(st.integers(1, 40), st.integers(1, 40))
UNIT = st.floats(0, 1, width=32)
COLOURS = st.tuples(*[st.integers(0, 255).map(lambda v: v / 255)] * 3)


def levels(rgb):
    return rgb * 255


def picture(h, w, seed=0, alpha=None):
    rng = np.random.default_rng(seed)
    rgb = torch.from_numpy((rng.integers(0, 256, (1, 3, h, w)) / 255).astype(np.float32))
    matte = torch.from_numpy(rng.choice([0, 0.01, 0.5, 0.995, 1], (1, 1, h, w)).astype(np.float32))
    return Picture(rgb, matte=matte, alpha=matte if alpha else None)


@given(size=SIZES, first=COLOURS, second=COLOURS, angle=st.floats(-360, 360))
@settings(max_examples=40, deadline=None)
def test_gradients_are_whole_levels_between_their_ends(size, first, second, angle):
    for found in (
        grounds.linear_gradient(first, second, size, angle),
        grounds.radial_gradient(first, second, size, (0.3, 0.8)),
    ):
        assert found.shape == (1, 3, *size)
        assert torch.equal(levels(found), levels(found).round())
        lightness = rgb_to_oklab(found)[:, 0]
        ends = rgb_to_oklab(torch.tensor([first, second]).T[None, :, None])[0, 0, 0]
        assert lightness.min() >= ends.min() - 0.03  # a level of dither in the dark
        assert lightness.max() <= ends.max() + 0.03


def test_a_gradient_reaches_both_colours_where_asked():
    first, second = (1.0, 0.0, 0.0), (0.0, 0.0, 1.0)
    for angle, start, end in ((0, (10, 0), (10, 29)), (90, (0, 10), (19, 10)), (180, (10, 29), (10, 0))):
        found = grounds.linear_gradient(first, second, (20, 30), angle)[0]
        assert found[:, start[0], start[1]].tolist() == pytest.approx(first, abs=1 / 255)
        assert found[:, end[0], end[1]].tolist() == pytest.approx(second, abs=1 / 255)
    radial = grounds.radial_gradient(first, second, (21, 21))[0]
    assert radial[:, 10, 10].tolist() == list(first)
    assert radial[:, 0, 0].tolist() == list(second)


def test_a_gradient_does_not_band_and_keeps_its_mean():
    """A gradient of four levels over 800 px: without dither it has steps of 200 px."""
    found = levels(grounds.linear_gradient((0.5, 0.5, 0.5), (0.516, 0.516, 0.516), (800, 64)))[0, 0]
    rows = found.mean(1).unfold(0, 32, 32).mean(1)
    steps = rows.diff()
    assert steps.min() > 0.02
    assert steps.max() < 0.4
    assert found.std(1).min() < 0.6  # never noisier than between two neighbouring levels
    assert found.mean().item() == pytest.approx(255 * 0.508, abs=0.1)


@given(size=SIZES, angle=st.floats(-360, 360))
@settings(max_examples=20, deadline=None)
def test_a_gradient_between_equal_colours_is_that_colour(size, angle):
    for colour in ((1.0, 1.0, 1.0), (0.0, 0.0, 0.0), (51 / 255, 102 / 255, 204 / 255)):
        expected = torch.tensor(colour).view(1, 3, 1, 1).expand(1, 3, *size)
        assert torch.equal(grounds.linear_gradient(colour, colour, size, angle), expected)


def test_white_in_a_gradient_is_exactly_white():
    found = grounds.linear_gradient((1, 1, 1), (0.7, 0.7, 0.7), (500, 40))
    assert bool((found[0, :, 0] == 1).all())


@given(own=SIZES, size=SIZES, x=UNIT, y=UNIT, fit=st.sampled_from(["cover", "contain", "tile"]))
@settings(max_examples=60, deadline=None)
def test_a_picture_fills_the_frame(own, size, x, y, fit):
    """A ground of one colour on free room of the same colour shows that colour everywhere."""
    colour = (0.25, 0.5, 0.75)
    ground = Picture(torch.tensor(colour).view(1, 3, 1, 1).expand(1, 3, *own).contiguous())
    found, enlarged = grounds.pictured(ground, size, fit, (x, y), colour)
    assert found.shape == (1, 3, *size)
    assert torch.allclose(found, torch.tensor(colour).view(1, 3, 1, 1).expand_as(found), atol=2e-3)
    assert enlarged > 0


def test_fits_differ_as_they_should():
    wide = Picture(torch.linspace(0, 1, 40).view(1, 1, 1, 40).expand(1, 3, 20, 40).contiguous())
    cover, scale = grounds.pictured(wide, (20, 20), "cover", (0.0, 0.5))
    assert scale == 1
    assert torch.equal(cover, wide.rgb[..., :20])
    assert torch.equal(grounds.pictured(wide, (20, 20), "cover", (1.0, 0.5))[0], wide.rgb[..., 20:])
    contain, scale = grounds.pictured(wide, (20, 20), "contain", (0.5, 0.0), (1, 0, 0))
    assert scale == 0.5
    assert torch.equal(contain[0, :, 15].T, torch.tensor([[1.0, 0, 0]]).expand(20, 3))
    tiled = grounds.pictured(wide, (50, 90), "tile", (0.0, 0.0))[0]
    assert torch.equal(tiled[..., :20, :40], wide.rgb)
    assert torch.equal(tiled[..., 20:40, 40:80], wide.rgb)
    assert torch.equal(tiled[..., 80:], wide.rgb[..., 0, :10].expand(1, 3, 10).unsqueeze(2).expand(1, 3, 50, 10))


def test_a_transparent_ground_picture_lies_on_the_colour():
    clear = Picture(torch.zeros(1, 3, 8, 8), alpha=torch.zeros(1, 1, 8, 8))
    assert torch.equal(
        grounds.pictured(clear, (8, 8), "cover", colour=(1, 0.5, 0))[0][0, :, 3, 3], torch.tensor([1, 0.5, 0])
    )


@pytest.mark.parametrize("blur", [0.5, 3, 20, 400])
def test_defocus_keeps_light_and_flat_ground(blur):
    flat = grounds.flat((0.2, 0.6, 1.0), (48, 64))
    assert torch.allclose(grounds.defocused(flat, blur), flat, atol=1e-4)
    spotted = picture(48, 64, 3).rgb
    before, after = (mattes.srgb_to_linear(x).mean() for x in (spotted, grounds.defocused(spotted, blur)))
    assert after.item() == pytest.approx(before.item(), rel=0.05)
    assert grounds.defocused(spotted, blur).std() < spotted.std()


@given(h=st.integers(1, 30), w=st.integers(1, 30), seed=st.integers(0, 99), alpha=st.booleans())
@settings(max_examples=50, deadline=None)
def test_laid_on_is_exact_at_both_ends(h, w, seed, alpha):
    before = picture(h, w, seed, alpha)
    after = grounds.laid_on(before, grounds.flat((1, 1, 1), (h, w)))
    nothing, solid = ((before.matte < 0.02), (before.matte >= 0.99))
    assert bool((after.rgb == 1)[nothing.expand_as(after.rgb)].all())
    assert torch.equal(after.rgb[solid.expand_as(after.rgb)], before.rgb[solid.expand_as(after.rgb)])
    assert after.alpha is None
    assert after.matte is before.matte


def test_opacity_keeps_what_a_shadow_added_and_what_glass_lets_through():
    matte = torch.tensor([0.0, 0.0, 0.01, 0.5, 1.0, 1.0, 0.8]).view(1, 1, 1, 7)
    alpha = torch.tensor([0.0, 0.4, 0.01, 0.5, 1.0, 0.6, 0.3]).view(1, 1, 1, 7)
    found = grounds.opacity(Picture(torch.zeros(1, 3, 1, 7), matte=matte, alpha=alpha)).flatten()
    assert found[:3].tolist() == pytest.approx([0, 0.4, 0])
    assert found[3].item() == pytest.approx(0.5, abs=0.02)
    assert found[4:].tolist() == pytest.approx([1, 0.6, 0.3])


@given(matte=UNIT, added=UNIT)
@settings(max_examples=80, deadline=None)
def test_opacity_is_never_less_than_the_shadow(matte, added):
    alpha = matte + (1 - matte) * added
    layers = (torch.full((1, 1, 1, 1), min(1.0, v)) for v in (matte, alpha))
    m, a = layers
    found = grounds.opacity(Picture(torch.zeros(1, 3, 1, 1), matte=m, alpha=a)).item()
    assert added - 1e-4 <= found + 0.03
    assert 0 <= found <= 1
    assert abs(found - alpha) <= 0.021


def test_plain_ground_finds_one_colour_or_none():
    matte = torch.zeros(1, 1, 30, 30)
    matte[..., 10:20, 10:20] = 1
    rgb = torch.full((1, 3, 30, 30), 0.8)
    rgb[..., 20:24, 12:18] = 0.5
    colour, other = grounds.plain_ground(Picture(rgb, matte=matte))
    assert colour.tolist() == pytest.approx([0.8] * 3)
    assert other[0, 0, 22, 14] == 1
    assert other[0, 0, 15, 15] == 0
    assert other[0, 0, 5, 5] == 0
    noise = torch.rand(1, 3, 30, 30, generator=torch.Generator().manual_seed(1))
    assert grounds.plain_ground(Picture(noise, matte=matte)) is None
    assert grounds.plain_ground(Picture(rgb, matte=matte, alpha=matte)) is None
    assert grounds.plain_ground(Picture(rgb, matte=torch.ones_like(matte))) is None
