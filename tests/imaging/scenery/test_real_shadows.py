"""The photo's own shadow: a planted one comes back, uneven light and noise do not."""

import os
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from packshot.imaging import geometry, mattes
from packshot.imaging.colour import linear_to_srgb
from packshot.imaging.picture import Picture
from packshot.imaging.scenery.real_shadows import kept, lit_ground, real_shadow

H, W = 240, 320


def smooth_ground(seed=0, fall=0.25):
    """A sweep whose light falls off: a polynomial of log luminance."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:H, :W] / [[[H]], [[W]]]
    a, b, c = rng.uniform(-fall, fall, 3)
    light = np.exp(a * x + b * y - abs(c) * (x - 0.5) ** 2)
    return (0.98 * light / light.max()).astype(np.float32)


def product():
    matte = np.zeros((H, W), np.float32)
    matte[60:170, 110:200] = 1
    return matte


def planted(depth=0.5):
    """A soft shadow to the right of and below the product, touching it."""
    ys, xs = np.mgrid[:H, :W]
    blob = np.exp(-(((xs - 200) / 38) ** 2) - ((ys - 165) / 14) ** 2)
    return (depth * blob * (blob > 0.02)).astype(np.float32)


def photo(ground, density, matte, noise=0.0, seed=0):
    light = ground * (1 - density)
    light = np.where(matte > 0, 0.05, light)
    light = light * np.exp(np.random.default_rng(seed).normal(0, noise, light.shape))
    return np.clip(light, 1e-4, 1).astype(np.float32)


def error(found, truth, matte):
    """Absolute difference of the density away from the product's edge, where both photo and truth are known."""
    import cv2

    away = cv2.dilate(matte, np.ones((9, 9))) == 0
    return np.abs(found - truth)[away]


@given(seed=st.integers(0, 10**6), depth=st.floats(0.1, 0.85))
@settings(max_examples=25, deadline=None)
def test_a_planted_shadow_is_recovered(seed, depth):
    matte, truth = product(), planted(depth)
    found = real_shadow(photo(smooth_ground(seed), truth, matte), matte)
    wrong = error(found.density, truth, matte)
    assert wrong.mean() < 0.01
    assert np.quantile(wrong, 0.99) < 0.06
    assert found.plain > 0.8


@pytest.mark.parametrize("noise", [0.01, 0.03])
def test_noise_is_no_shadow(noise):
    matte = product()
    clean = real_shadow(photo(smooth_ground(1), 0 * matte, matte, noise), matte)
    assert clean.density.max() < 0.05
    assert clean.noise == pytest.approx(noise, rel=0.4)
    truth = planted(0.5)
    assert error(real_shadow(photo(smooth_ground(1), truth, matte, noise), matte).density, truth, matte).mean() < 0.02


def test_uneven_light_is_no_shadow_and_far_ground_stays_exactly_lit():
    matte = product()
    assert real_shadow(photo(smooth_ground(4, 0.6), 0 * matte, matte), matte).density.max() < 0.02
    density = real_shadow(photo(smooth_ground(4), planted(), matte), matte).density
    assert not density[:40].any()
    assert not density[:, :40].any()


def test_what_is_not_connected_is_left_out():
    matte, truth = product(), planted()
    dust = truth.copy()
    dust[20:30, 20:40] = 0.6
    density = real_shadow(photo(smooth_ground(2), dust, matte), matte).density
    assert not density[15:35, 15:45].any()
    assert density[168, 225] > 0.15


def test_the_shadow_goes_on_under_the_product():
    """So that no bright line shows along the product's edge."""
    matte = product()
    density = real_shadow(photo(smooth_ground(2), planted(0.6), matte), matte).density
    assert density[165, 190:200].min() > 0.3


def test_a_patterned_ground_has_no_believable_shadow():
    matte = product()
    ground = np.random.default_rng(0).choice([0.1, 0.8], (H, W)).astype(np.float32)
    found = real_shadow(photo(ground, 0 * matte, matte), matte)
    assert found.plain < 0.7
    assert found.density.max() < 1 or found.plain > 0


@pytest.mark.parametrize("matte", [np.zeros((30, 40), np.float32), np.ones((30, 40), np.float32)])
def test_nothing_or_nothing_else_in_the_picture(matte):
    assert not real_shadow(np.full((30, 40), 0.7, np.float32), matte).density.any()


def test_lit_ground_looks_past_a_large_shadow():
    """A shadow over a fifth of the surroundings does not pull the surface down."""
    ground = smooth_ground(7)
    logs = np.log(ground)
    logs[150:225, 60:270] -= 0.5
    lit, noise, _ = lit_ground(logs.astype(np.float32), np.ones((H, W), bool))
    assert np.abs(lit - np.log(ground)).max() < 0.05
    assert noise < 0.02


def as_picture(light, matte):
    rgb = linear_to_srgb(torch.from_numpy(light)).expand(1, 3, -1, -1).contiguous()
    layer = torch.from_numpy(matte)[None, None]
    return Picture(rgb, matte=layer, alpha=layer)


def test_it_follows_the_picture_into_a_new_frame():
    matte, truth = product(), planted()
    whole = as_picture(photo(smooth_ground(3), truth, matte), matte)
    source = Picture(whole.rgb)
    density, _ = kept(whole, whole.matte, source)
    assert density.max() > 0.3
    moved = geometry.carry(whole, geometry.scale_shift(0.5, 0.5, 60, 40), (300, 400), outside="transparent")
    again, _ = kept(moved, moved.matte, source)
    expected = geometry.carry(
        Picture(whole.rgb, matte=density), geometry.scale_shift(0.5, 0.5, 60, 40), (300, 400)
    ).matte
    beside = mattes.dilate(moved.matte, 14) == 0
    assert ((again - expected).abs() * beside)[..., 25:-25, 25:-25].max() < 0.03


def test_it_fades_where_the_photo_ends():
    """A wider frame must not show the photo's border as a line across the shadow."""
    matte = product()
    ys, xs = np.mgrid[:H, :W]
    long = (0.5 * (np.abs(ys - 150) < 15) * (xs > 190)).astype(np.float32)
    whole = as_picture(photo(smooth_ground(3), long, matte), matte)
    wide = geometry.carry(whole, geometry.scale_shift(1, 1, -50, -50), (H + 100, W + 100), outside="transparent")
    density, _ = kept(wide, wide.matte, Picture(whole.rgb))
    assert density[0, 0, 200, 350].item() > 0.05
    assert density[..., 270:].diff(dim=3).abs().max() < 0.08  # px by px to the right of the product
    assert density[0, 0, 200, 50 + W - 1].item() < 0.02


@pytest.mark.skipif("PACKSHOT_DATA" not in os.environ, reason="PACKSHOT_DATA: the folder of real photos is not set")
def test_real_sweep_keeps_its_shadow_and_nothing_else():
    """A watering can on a light sweep: shadow at its foot, none above its handle, none in the corners."""
    from PIL import Image

    file = Path(os.environ["PACKSHOT_DATA"]) / "products/tailwind/tailwind_0009.jpg"
    rgb = torch.from_numpy(np.asarray(Image.open(file).convert("RGB"), np.float32) / 255).permute(2, 0, 1)[None]
    matte = ((rgb.amax(1, keepdim=True) - rgb.amin(1, keepdim=True)) > 0.08).float()  # the can is green, the rest grey
    whole = Picture(rgb.contiguous(), matte=matte, alpha=matte)
    density, found = kept(whole, matte, Picture(whole.rgb))
    h = whole.height
    assert found.plain > 0.8
    assert density[..., int(0.7 * h) : int(0.9 * h), :].max() > 0.3
    assert density[..., : int(0.1 * h), :].max() < 0.02
    assert density[..., -8:, :8].max() == 0


def test_light_beyond_white_is_no_shadow():
    """A sweep blown out in its middle: white where the light would be brighter still."""
    y, x = np.mgrid[:H, :W] / [[[H]], [[W]]]
    ground = (1.5 * np.exp(-1.5 * ((x - 0.5) ** 2 + (y - 0.5) ** 2))).astype(np.float32)
    matte = product()
    assert real_shadow(photo(ground, 0 * matte, matte), matte).density.max() < 0.03
