"""Tone, white balance and dust: planted faults are found and taken out, everything else is left alone."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from packshot.imaging.colour import delta_e_2000, linear_to_srgb, luminance, rgb_to_lab, srgb_to_linear
from packshot.imaging.retouching import dust, tone, white_balance
from packshot.imaging.retouching.tone import Tone

H, W = 120, 160
GAINS = st.tuples(*[st.floats(0.6, 1.6)] * 3)


def sweep(lightness=0.9, noise=0.002, seed=0):
    """A neutral studio sweep, brighter on top, with a blue product on it, linear light; and the matte."""
    y = torch.linspace(1, 0.85, H)[:, None].expand(H, W)
    ground = (lightness * y)[None, None].expand(1, 3, H, W)
    matte = torch.zeros(1, 1, H, W)
    matte[..., 40:90, 50:110] = 1
    product = torch.tensor([0.05, 0.12, 0.35]).reshape(1, 3, 1, 1)
    linear = ground * (1 - matte) + product * matte
    linear = linear + noise * torch.randn(1, 3, H, W, generator=torch.Generator().manual_seed(seed))
    return linear.clamp(0, 1), matte


def encoded(linear, gains=(1.0, 1.0, 1.0)):
    return linear_to_srgb((linear * torch.tensor(gains).reshape(1, 3, 1, 1)).clamp(0, 1))


# --- tone -----------------------------------------------------------------------------------------------------------


def test_neutral_tone_is_the_very_same_tensor():
    rgb = torch.rand(1, 3, 20, 30)
    assert tone.apply(rgb, Tone()) is rgb
    assert Tone().weakened(0.3).neutral


@given(gains=GAINS, contrast=st.floats(0.5, 2), saturation=st.floats(0, 2), seed=st.integers(0, 999))
@settings(max_examples=30, deadline=None)
def test_any_tone_gives_a_picture(gains, contrast, saturation, seed):
    rgb = torch.rand(1, 3, 9, 11, generator=torch.Generator().manual_seed(seed))
    rgb[..., 0, 0], rgb[..., 0, 1] = 0, 1
    result = tone.apply(rgb, Tone(gains, contrast, saturation))
    assert bool(torch.isfinite(result).all())
    assert 0 <= float(result.min()) <= float(result.max()) <= 1
    assert float(result[..., 0, 0].max()) < 1e-6  # black stays black


@given(contrast=st.floats(0.5, 2))
@settings(max_examples=20, deadline=None)
def test_contrast_turns_around_mid_grey(contrast):
    grey = linear_to_srgb(torch.tensor([0.0, 0.05, 0.18, 0.5, 1.0])).reshape(1, 1, 1, 5).expand(1, 3, 1, 5)
    result = srgb_to_linear(tone.apply(grey, Tone(contrast=contrast)))[0, 0, 0]
    torch.testing.assert_close(result[[0, 2, 4]], torch.tensor([0.0, 0.18, 1.0]), atol=1e-4, rtol=0)
    assert (float(result[1]) <= 0.0501) == (contrast >= 0.999) or abs(contrast - 1) < 1e-2
    assert bool((result.diff() > 0).all())


def test_saturation():
    rgb = torch.rand(1, 3, 40, 40, generator=torch.Generator().manual_seed(1))
    grey = tone.apply(rgb, Tone(saturation=0.0))
    assert float((grey - grey.mean(1, keepdim=True)).abs().max()) < 1e-4
    more = tone.apply(rgb, Tone(saturation=1.6))
    torch.testing.assert_close(luminance(more), luminance(rgb), atol=2e-4, rtol=0)
    before, after = (srgb_to_linear(x) - luminance(x) for x in (rgb, more))
    cosine = torch.nn.functional.cosine_similarity(before, after, dim=1)
    assert float(cosine[before.norm(dim=1) > 0.01].min()) > 0.999  # hue, in linear light, stays


@given(limit=st.floats(0, 15), stops=st.floats(-2, 2), saturation=st.floats(0.2, 1.8))
@settings(max_examples=20, deadline=None)
def test_limit_holds(limit, stops, saturation):
    linear, matte = sweep()
    rgb = encoded(linear)
    asked = Tone((2**stops,) * 3, saturation=saturation)
    final, strength = tone.held(rgb, matte, asked, limit)
    inside = matte[0, 0] > 0.5
    pair = [rgb_to_lab(x)[:, :, inside].mean(2)[..., None, None] for x in (rgb, tone.apply(rgb, final))]
    assert float(delta_e_2000(*pair)) <= limit + 0.01
    assert (strength == 1) == (final == asked)


# --- white balance --------------------------------------------------------------------------------------------------


SLIGHT = st.tuples(*[st.floats(0.95, 1.03)] * 3)  # of any hue
WARM = st.tuples(st.floats(1.0, 1.05), st.floats(0.97, 1.0), st.floats(0.88, 0.96))  # lamps; others are paper


@given(gains=SLIGHT | WARM, lightness=st.floats(0.35, 0.85))
@settings(max_examples=12, deadline=None)
def test_planted_cast_is_taken_out(gains, lightness):
    linear, matte = sweep(lightness)
    rgb = encoded(linear, gains)
    for known in (matte, None):
        found, doubt = white_balance.auto_gains(white_balance.background(rgb, known))
        assert doubt == ""
        balanced = tone.apply(rgb, Tone(found))
        ground = rgb_to_lab(balanced)[:, :, (matte == 0)[0, 0]].mean(2).flatten()
        assert float(ground[1:].abs().max()) < 0.5
        torch.testing.assert_close(
            luminance(balanced)[matte == 0].mean(), luminance(rgb)[matte == 0].mean(), atol=0.01, rtol=0
        )


def test_coloured_and_dark_backgrounds_are_no_reference():
    linear, matte = sweep()
    wood = linear * (1 - matte) * torch.tensor([0.5, 0.25, 0.1]).reshape(1, 3, 1, 1) + linear * matte
    gains, doubt = white_balance.auto_gains(white_balance.background(encoded(wood), matte))
    assert gains == (1, 1, 1)
    assert "coloured" in doubt
    _, doubt = white_balance.auto_gains(white_balance.background(encoded(linear * 0.02), matte))
    assert "dark" in doubt
    stripes = linear.clone()
    stripes[:, 0, ::2] *= 0.6
    _, doubt = white_balance.auto_gains(white_balance.background(encoded(stripes), matte))
    assert "patterned" in doubt
    rug = (
        linear * 0.5 * (1 - matte) * torch.tensor([1.0, 0.8, 0.75]).reshape(1, 3, 1, 1) + 0.8 * matte
    )  # a white shirt on it
    _, doubt = white_balance.auto_gains(white_balance.background(encoded(rug), matte))
    assert "brighter" in doubt
    _, doubt = white_balance.auto_gains(white_balance.background(encoded(linear), torch.ones_like(matte)))
    assert "too little" in doubt


def test_temperature_and_tint():
    assert white_balance.light_gains(6504.0, 0.0) == (1.0, 1.0, 1.0)
    lamp = white_balance.light_gains(3000.0, 0.0)  # a yellow lamp: red down, blue up
    assert lamp[0] < 1 < lamp[2]
    shade = white_balance.light_gains(9000.0, 0.0)
    assert shade[0] > 1 > shade[2]
    green = white_balance.light_gains(6504.0, 20.0)
    assert green[1] < 1 < min(green[0], green[2])
    for kelvin in (2000, 2222, 4000, 12000):  # the parts of the approximation meet
        below, above = (white_balance.light_gains(kelvin + d, 0.0) for d in (-1.0, 1.0))
        np.testing.assert_allclose(below, above, rtol=5e-3)


def test_temperature_against_colour_science():
    colour = pytest.importorskip("colour")
    for kelvin in (2500.0, 3500.0, 5000.0, 8000.0, 11000.0):
        uv = (
            colour.temperature.CCT_to_uv_Planck1900(np.array([kelvin]))[0]
            if hasattr(colour.temperature, "CCT_to_uv_Planck1900")
            else colour.CCT_to_uv(np.array([kelvin, 0.0]), method="Ohno 2013")
        )
        np.testing.assert_allclose(white_balance._planck_uv(kelvin), uv, atol=1.5e-3)


def test_grey_world_and_point():
    linear, _ = sweep(0.6)
    rgb = encoded(linear, (1.2, 1.0, 0.8))
    spot = white_balance.point(rgb, 0.1, 0.9)
    balanced = tone.apply(rgb, Tone(white_balance.neutral_gains(spot.linear)))
    assert white_balance.point(balanced, 0.1, 0.9).chroma < 0.6
    world = white_balance.neutral_gains(white_balance.grey_world(rgb).linear)
    mean = srgb_to_linear(tone.apply(rgb, Tone(world))).mean((0, 2, 3))
    assert float(mean.max() - mean.min()) < 0.01


@given(lightness=st.floats(0.4, 0.8))
@settings(max_examples=15, deadline=None)
def test_planted_underexposure_is_taken_out(lightness):
    linear, matte = sweep(lightness)
    rgb = encoded(linear)
    reference = white_balance.background(rgb, matte)
    stops, doubt = white_balance.auto_stops(rgb, matte, reference, (1.0, 1.0, 1.0), 95.0)
    assert doubt == ""
    bright = tone.apply(rgb, Tone((2**stops,) * 3))
    assert white_balance.background(bright, matte).lab[0] == pytest.approx(95.0, abs=0.7)


def test_exposure_spares_a_light_product_and_never_darkens():
    linear, matte = sweep(0.5)
    rgb = encoded(linear * (1 - matte) + 0.8 * matte)
    stops, doubt = white_balance.auto_stops(rgb, matte, white_balance.background(rgb, matte), (1.0, 1.0, 1.0), 98.0)
    assert "clipped" in doubt
    assert stops == pytest.approx(math.log2(1 / 0.8), abs=0.05)
    white, _ = sweep(0.99)
    reference = white_balance.background(encoded(white), matte)
    assert white_balance.auto_stops(encoded(white), matte, reference, (1.0, 1.0, 1.0), 90.0) == (0.0, "")


# --- dust -----------------------------------------------------------------------------------------------------------

SPOTS = ((15, 20, 1.0), (20, 120, 1.6), (100, 30, 2.2), (105, 140, 1.2), (60, 20, 1.5))


def dusty(rgb, depth=-0.25):
    ys, xs = torch.meshgrid(torch.arange(H) + 0.5, torch.arange(W) + 0.5, indexing="ij")
    result, where = rgb.clone(), torch.zeros(H, W)
    for y, x, radius in SPOTS:
        spot = (radius + 0.5 - torch.hypot(ys - y, xs - x)).clamp(0, 1)
        result, where = result + depth * spot, torch.maximum(where, spot)
    return result.clamp(0, 1), where


@pytest.mark.parametrize("depth", [-0.4, -0.12, 0.06])
def test_dust_is_found_and_nothing_else_is_touched(depth):
    linear, matte = sweep(0.75)
    clean = encoded(linear)
    rgb, where = dusty(clean, depth)
    found = dust.remove(rgb, [matte == 0], 6.0)
    assert found.spots == len(SPOTS)
    assert not found.rough
    untouched = found.map == 0
    assert torch.equal(found.rgb[untouched.expand_as(rgb)], rgb[untouched.expand_as(rgb)])
    assert float(found.map[0, 0][where == 0].sum()) < 45 * len(SPOTS)
    assert float(delta_e_2000(rgb_to_lab(found.rgb), rgb_to_lab(clean)).max()) < 1.5


def test_clean_and_rough_surfaces_have_no_dust():
    linear, matte = sweep(0.75)
    found = dust.remove(encoded(linear), [matte == 0], 6.0)
    assert found.spots == 0
    assert torch.equal(found.rgb, encoded(linear))
    noise = torch.rand(1, 3, H, W, generator=torch.Generator().manual_seed(0))
    rough = dust.remove(noise, [matte == 0], 6.0)
    assert rough.spots == 0
    assert torch.equal(rough.rgb, noise)


def test_edges_and_large_marks_are_no_dust():
    rgb = encoded(sweep(0.75)[0])
    rgb[..., 5:30, 5:35] = 0.3  # a label
    rgb[..., 100:102, 10:150] = 0.4  # a line
    rgb[..., :, 130:] *= 0.8  # the edge of a table
    assert dust.remove(rgb, [torch.ones(1, 1, H, W) > 0], 6.0).spots == 0


@pytest.mark.parametrize("size", [(1, 1), (2, 7), (5, 5)])
def test_tiny_pictures(size):
    rgb = torch.rand(1, 3, *size)
    assert dust.remove(rgb, [torch.ones(1, 1, *size) > 0], 1.0).rgb.shape == rgb.shape
    reference = white_balance.background(rgb, None)
    assert reference is not None
    assert all(math.isfinite(v) for v in white_balance.neutral_gains(reference.linear))
