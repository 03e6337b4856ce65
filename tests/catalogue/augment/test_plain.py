"""Plain augmentations: what each does and does not change, in any batch, from the generator alone."""

import io

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from packshot.catalogue.augment import blurs, colours, moves, noises
from packshot.catalogue.augment.draws import chance, generator_at, one_of, uniform
from packshot.catalogue.augment.jpeg import jpeg
from packshot.errors import ParameterError
from tests.catalogue.augment.drawn import photo, seeded

PLAIN = {
    "flip": moves.flip,
    "turned": moves.turned,
    "shift": moves.shift,
    "cutout": moves.cutout,
    "brightness": colours.brightness,
    "contrast": colours.contrast,
    "saturation": colours.saturation,
    "hue": colours.hue,
    "jitter": colours.jitter,
}


@pytest.mark.parametrize("name", PLAIN)
def test_each_keeps_shape_and_range_and_repeats(name):
    x, change = photo(5), PLAIN[name]
    one, same, other = change(x, seeded(1)), change(x, seeded(1)), change(x, seeded(2))
    assert one.shape == x.shape
    assert float(one.min()) >= 0
    assert float(one.max()) <= 1
    assert torch.equal(one, same)
    assert not torch.equal(one, other)
    assert not torch.equal(one[0], x[0]) or not torch.equal(one[1:], x[1:])


@pytest.mark.parametrize("name", ["flip", "turned", "shift", "cutout"])
def test_photo_and_layout_move_alike(name):
    x = torch.randint(0, 256, (6, 1, 16, 16), generator=seeded(), dtype=torch.uint8)
    moved = PLAIN[name](x, seeded(4))
    three = PLAIN[name](x.expand(-1, 3, -1, -1), seeded(4))
    assert moved.dtype == torch.uint8
    assert torch.equal(three, moved.expand(-1, 3, -1, -1))


@given(st.integers(-9, 9), st.integers(-9, 9))
def test_a_shift_moves_by_what_it_says(down, right):
    x = torch.arange(64.0).reshape(1, 1, 8, 8)
    moved = moves.shifted(x, torch.tensor([down]), torch.tensor([right]), "nothing")
    expected = torch.zeros(8, 8)
    for i in range(8):
        for j in range(8):
            if 0 <= i - down < 8 and 0 <= j - right < 8:
                expected[i, j] = x[0, 0, i - down, j - right]
    assert torch.equal(moved[0, 0], expected)


def test_cutout_takes_the_share_it_says():
    hole = moves.cutout(torch.ones(400, 1, 20, 20), seeded(), 0.5)
    sizes = (hole == 0).sum((1, 2, 3))
    assert int(sizes.max()) == 100
    assert int(sizes.min()) >= 25  # centred on a corner
    assert torch.equal(moves.cutout(hole, seeded(), 0.5, p=0.0), hole)


def test_grey_stays_grey_under_colour_changes():
    grey = torch.full((4, 3, 5, 5), 0.4)
    assert torch.allclose(colours.saturation(grey, seeded()), grey, atol=1e-6)
    assert torch.allclose(colours.hue(grey, seeded(), 180), grey, atol=1e-6)
    turn = colours.grey_axis_turn(torch.tensor([0.7]))[0]
    assert torch.allclose(turn @ turn.T, torch.eye(3), atol=1e-6)
    third = colours.grey_axis_turn(torch.tensor([2 * np.pi / 3], dtype=torch.float32))[0]
    assert torch.allclose(third @ torch.tensor([1.0, 0, 0]), torch.tensor([0, 1.0, 0]), atol=1e-6)


@given(st.sampled_from([3, 7, 21]), st.floats(0.2, 3), st.floats(0.2, 3), st.floats(0.5, 4), st.booleans())
def test_kernels_sum_to_one_and_flat_stays_flat(size, wide, narrow, beta, plateau):
    one = torch.ones(1)
    kernel = blurs.bell(size, one * wide, one * narrow, one * 0.5, one * beta, plateau)
    assert float(kernel.sum()) == pytest.approx(1, abs=1e-5)
    assert torch.allclose(
        blurs.blurred(torch.full((1, 3, 9, 9), 0.3), kernel), torch.full((1, 3, 9, 9), 0.3), atol=1e-5
    )


def test_blur_has_the_width_it_says():
    point = torch.zeros(1, 1, 41, 41)
    point[..., 20, 20] = 1
    spread = blurs.blurred(point, blurs.gaussian(31, torch.tensor([2.5])))[0, 0]
    place = torch.arange(41.0) - 20
    assert float((spread.sum(0) * place**2).sum()) ** 0.5 == pytest.approx(2.5, rel=0.01)


def test_sinc_passes_low_and_stops_high():
    kernel = blurs.sinc(21, torch.tensor([np.pi / 3], dtype=torch.float32))
    line = torch.arange(64.0)
    for frequency, low, high in ((np.pi / 8, 0.9, 1.1), (np.pi * 0.7, 0.0, 0.1)):
        wave = torch.cos(line * frequency).repeat(64, 1)[None, None]
        passed = blurs.blurred(wave, kernel)[..., 16:48, 16:48].std() / wave[..., 16:48, 16:48].std()
        assert low <= float(passed) <= high


def test_sharpening_lifts_edges_and_leaves_flats():
    flat = torch.full((1, 3, 64, 64), 0.5)
    assert torch.allclose(blurs.sharpened(flat), flat, atol=1e-6)
    edge = flat.clone()
    edge[..., 32:] = 0.8
    assert float(blurs.sharpened(edge).max()) > 0.82
    with pytest.raises(ParameterError, match="odd kernel size"):
        blurs.gaussian(4, torch.ones(1))


def test_noise_has_the_strength_it_says():
    x = torch.full((2, 3, 96, 96), 0.5)
    sigma = torch.tensor([0.02, 0.1]).reshape(2, 1, 1, 1)
    grey = torch.tensor([True, False]).reshape(2, 1, 1, 1)
    noisy = noises.gaussian_noise(x, sigma, grey, seeded()) - x
    assert noisy.flatten(1).std(1).tolist() == pytest.approx([0.02, 0.1], rel=0.05)
    assert torch.equal(noisy[0, 0], noisy[0, 2])
    assert not torch.equal(noisy[1, 0], noisy[1, 2])
    shot = noises.poisson_noise(x, torch.ones(2, 1, 1, 1), grey, seeded()) - x
    assert shot[1].std().item() == pytest.approx((0.5 / 256) ** 0.5, rel=0.05)
    assert abs(float(shot.mean())) < 0.002


@pytest.mark.parametrize("quality", [20, 50, 75, 95])
@pytest.mark.parametrize("size", [(48, 48), (37, 51)])
def test_jpeg_is_that_of_a_real_encoder(quality, size):
    x = photo(1, 64)[..., : size[0], : size[1]]
    pixels = (x[0].permute(1, 2, 0).numpy() * 255 + 0.5).astype(np.uint8)
    data = io.BytesIO()
    Image.fromarray(pixels).save(data, "JPEG", quality=quality, subsampling="4:2:0")
    real = np.asarray(Image.open(data)).astype(float)
    ours = jpeg(torch.from_numpy(pixels).permute(2, 0, 1)[None] / 255, torch.tensor([float(quality)]))
    difference = np.abs(ours[0].permute(1, 2, 0).numpy() * 255 - real)
    damage = np.abs(pixels - real).mean()
    assert difference.mean() < 0.6  # a step of 255 here and there: a coefficient on the other side of a half
    assert np.abs(ours[0].permute(1, 2, 0).numpy() * 255 - pixels).mean() == pytest.approx(damage, rel=0.15, abs=0.15)


def test_jpeg_draws_a_quality_for_each_and_lets_gradients_through():
    x = photo(2).requires_grad_()
    out = jpeg(x, torch.tensor([10.0, 95.0]))
    error = (out - x).detach().abs().mean((1, 2, 3))
    assert error[0] > 2 * error[1]
    out.sum().backward()
    assert float(x.grad.abs().mean()) == pytest.approx(1, rel=0.2)
    with pytest.raises(ParameterError, match=r"expected \(n, 3, h, w\)"):
        jpeg(x[:, :1], torch.tensor([50.0]))


def test_draws_depend_on_seed_and_place_alone():
    x = torch.zeros(100, 1, 1, 1)
    one = uniform(x, 2, 5, generator_at(3, 640))
    assert torch.equal(one, uniform(x, 2, 5, generator_at(3, 640)))
    assert not torch.equal(one, uniform(x, 2, 5, generator_at(3, 641)))
    assert not torch.equal(one, uniform(x, 2, 5, generator_at(4, 640)))
    assert 2 <= float(one.min()) < 2.3 < 4.7 < float(one.max()) <= 5
    assert 10 < int(chance(x, 0.25, seeded()).sum()) < 45
    counts = np.bincount([one_of((1, 0, 3), g) for g in [seeded(7)] for _ in range(200)], minlength=3)
    assert counts[1] == 0 < counts[0] < counts[2]
    with pytest.raises(ParameterError, match="probability from 0 to 1"):
        chance(x, 1.5, seeded())
