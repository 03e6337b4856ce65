"""compare.py against scikit-image, planted differences and planted shifts."""

import functools
import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage import metrics

from packshot.errors import PictureError
from packshot.imaging import compare
from packshot.imaging.colour import delta_e_2000, rgb_to_lab
from packshot.imaging.geometry import carry, resize_layer, scale_shift
from packshot.imaging.picture import Picture


@functools.cache
def scene(seed: int, h: int = 160, w: int = 190, n: int = 1) -> torch.Tensor:
    """Coloured shapes with soft and hard edges, print-like bars, and a little grain; 8-bit values."""
    g = torch.Generator().manual_seed(seed)
    x, y = torch.arange(2 * w) / 2, torch.arange(2 * h)[:, None] / 2
    rgb = torch.full((n, 3, 2 * h, 2 * w), 0.8)
    for _ in range(14):
        colour = torch.rand(n, 3, 1, 1, generator=g) * 0.9
        cx, cy, radius, turn = (torch.rand(1, generator=g) * torch.tensor(v) for v in (w, h, 40.0, 3.0))
        along, across = (x - cx) * turn.cos() + (y - cy) * turn.sin(), (y - cy) * turn.cos() - (x - cx) * turn.sin()
        inside = torch.maximum(along.abs(), across.abs() * 3) < radius + 6
        rgb = torch.where(inside, colour * (1 - 0.15 * (along % 9 < 3).float()), rgb)
    rgb = resize_layer(rgb, (h, w), linear=True) + 0.004 * torch.randn(n, 3, h, w, generator=g)
    return (rgb.clamp(0, 1) * 255).round() / 255


def shifted(rgb: torch.Tensor, dx: float, dy: float) -> torch.Tensor:
    return carry(Picture(rgb), scale_shift(1, 1, -dx, -dy), tuple(rgb.shape[2:])).rgb


def middle(rgb: torch.Tensor, px: int = 20) -> torch.Tensor:
    where = torch.zeros_like(rgb[:, :1], dtype=torch.bool)
    where[:, :, px:-px, px:-px] = True
    return where


def noisy(rgb: torch.Tensor, sigma: float, seed: int = 0) -> torch.Tensor:
    return (rgb + sigma * torch.randn(rgb.shape, generator=torch.Generator().manual_seed(seed))).clamp(0, 1)


def last(rgb: torch.Tensor) -> np.ndarray:
    return rgb[0].permute(1, 2, 0).numpy()


# PSNR and SSIM


@pytest.mark.parametrize("sigma", [0.003, 0.03, 0.2])
def test_psnr_and_ssim_agree_with_scikit_image(sigma):
    a = scene(1)
    b = noisy(a, sigma)
    assert abs(compare.psnr(a, b) - metrics.peak_signal_noise_ratio(last(a), last(b), data_range=1)) < 1e-3
    expected = metrics.structural_similarity(
        last(a), last(b), channel_axis=2, gaussian_weights=True, sigma=1.5, use_sample_covariance=False, data_range=1
    )
    assert abs(compare.ssim(a, b) - expected) < 1e-5


def test_identical_pictures_are_perfect():
    a = scene(2)
    assert compare.psnr(a, a.clone()) == math.inf
    assert compare.ssim(a, a.clone()) == 1.0
    assert compare.edge_shift_px(a, a.clone()) == 0.0
    assert not compare.delta_e_map(a, a.clone()).any()


def test_what_lies_outside_the_region_does_not_count():
    a, where = scene(3), middle(scene(3))
    b = noisy(a, 0.02)
    outside = torch.where(where, b, 1 - b)
    for measure in (compare.psnr, compare.ssim, compare.edge_shift_px):
        assert measure(a, b, where) == pytest.approx(measure(a, outside, where), abs=1e-6)
    assert compare.fidelity(a, b, where) == pytest.approx(compare.fidelity(a, outside, where), abs=1e-6)
    assert compare.ssim(a, b, where) == pytest.approx(compare.ssim(a, b), abs=0.02)
    assert compare.psnr(a, b, where) == pytest.approx(compare.psnr(a, b), abs=0.5)


def test_psnr_inside_a_region_is_that_of_its_pixels():
    a, where = scene(4), middle(scene(4), 30)
    b = noisy(a, 0.05)
    assert compare.psnr(a, b, where) == pytest.approx(
        compare.psnr(a[..., 30:-30, 30:-30], b[..., 30:-30, 30:-30]), abs=1e-4
    )


# Colour difference


def test_delta_e_map_is_exact_where_pixels_differ_and_zero_elsewhere():
    a = scene(5)
    b = a.clone()
    b[..., 40:60, 50:90] = noisy(b, 0.1)[..., 40:60, 50:90]
    found = compare.delta_e_map(a, b)
    assert torch.allclose(found, delta_e_2000(rgb_to_lab(a), rgb_to_lab(b)), atol=2e-4)
    assert found[..., :40, :].max() == 0


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 200), st.floats(0.5, 0.999))
def test_the_percentile_counts_the_zeros(zeros, share):
    values = torch.rand(120, generator=torch.Generator().manual_seed(zeros)) + 0.1
    everything = np.concatenate((np.zeros(zeros), values.numpy()))
    expected = np.quantile(everything, share, method="inverted_cdf")
    assert compare._percentile(values, 120 + zeros, share) == pytest.approx(float(expected))


# Edge shift


@pytest.mark.parametrize("px", [0.25, 0.5, 1.0, 1.7, 3.0])
@pytest.mark.parametrize("angle", [0.0, 0.64, 2.0])
def test_planted_shifts_are_recovered(px, angle):
    a = scene(6)
    b = shifted(a, px * math.cos(angle), px * math.sin(angle))
    assert compare.edge_shift_px(a, b, middle(a)) == pytest.approx(px, abs=0.1)
    toned = 0.75 * b + 0.1
    assert compare.edge_shift_px(a, toned, middle(a)) == pytest.approx(px, abs=0.1)


@pytest.mark.parametrize(
    "change",
    [
        lambda x: 0.8 * x + 0.1,
        lambda x: (x * 1.3).clamp(0, 1),
        lambda x: x**1.25,
        lambda x: 1 - 0.9 * (1 - x),
        lambda x: x.flip(1),
    ],
    ids=["contrast", "exposure", "gamma", "lift", "channels"],
)
def test_a_change_of_tone_or_colour_is_no_shift(change):
    a = scene(7)
    assert compare.edge_shift_px(a, change(a), middle(a)) < (1.5 if change(a).equal(a.flip(1)) else 0.12)


def test_noise_is_no_shift():
    a = scene(8)
    assert compare.edge_shift_px(a, noisy(a, 0.015), middle(a)) < 0.1


def test_a_flat_region_has_no_edges_to_move():
    a = torch.full((1, 3, 90, 90), 0.6)
    assert compare.edge_shift_px(a, noisy(a, 0.002), torch.ones(1, 1, 90, 90, dtype=torch.bool)) == 0


def test_what_is_gone_counts_as_far_away():
    a = scene(9)
    assert compare.edge_shift_px(a, scene(10), middle(a)) > 3
    assert compare.edge_shift_px(a, shifted(a, 11, 0), middle(a)) > 3


def test_a_tenth_of_the_product_moving_is_seen():
    """A label moved by 2 px on an otherwise untouched product."""
    a = scene(11, 200, 200)
    b = a.clone()
    b[..., 60:130, 60:130] = shifted(a, 2, 0)[..., 60:130, 60:130]
    assert compare.edge_shift_px(a, b, middle(a)) > 1.5


# Fidelity


def test_fidelity_of_an_untouched_product_is_perfect():
    a = scene(12)
    b = torch.where(middle(a), a, torch.ones_like(a))
    perfect = {"delta_e_max": 0.0, "delta_e_p99": 0.0, "edge_shift_px": 0.0, "ssim": 1.0}
    assert compare.fidelity(a, b, middle(a)) == perfect
    assert compare.fidelity(a, 1 - a, torch.zeros_like(middle(a))) == perfect


def test_fidelity_measures_what_its_names_say():
    a, where = scene(13), middle(scene(13))
    b = a.clone()
    b[..., 50, 60] = 1 - b[..., 50, 60]
    one = compare.fidelity(a, b, where)
    assert one["delta_e_max"] == pytest.approx(float(compare.delta_e_map(a, b).max()), abs=1e-3)
    assert one["delta_e_max"] > 10
    assert one["delta_e_p99"] == 0
    assert one["ssim"] < 1
    moved = compare.fidelity(a, shifted(a, 1, 0), where)
    assert moved["edge_shift_px"] == pytest.approx(1, abs=0.1)
    exact = np.quantile(compare.delta_e_map(a, shifted(a, 1, 0))[where].numpy(), 0.99, method="inverted_cdf")
    assert moved["delta_e_p99"] == pytest.approx(float(exact), abs=1e-3)


def test_batches_count_together():
    a = scene(14, n=2)
    b = a.clone()
    b[1] = noisy(a, 0.1)[1]
    where = middle(a)
    assert compare.ssim(a, b, where) == pytest.approx((1 + compare.ssim(a[1:], b[1:], where[1:])) / 2, abs=1e-4)
    assert compare.fidelity(a, b, where)["delta_e_max"] == pytest.approx(
        compare.fidelity(a[1:], b[1:], where[1:])["delta_e_max"]
    )


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (7, 5), (33, 31)])
def test_tiny_pictures_are_measured_too(size):
    a = torch.rand(1, 3, *size, generator=torch.Generator().manual_seed(15))
    found = compare.fidelity(a, 1 - a, torch.ones(1, 1, *size, dtype=torch.bool))
    assert found["delta_e_max"] > 0
    assert all(math.isfinite(v) for v in found.values())


def test_shapes_that_do_not_fit_are_refused():
    a = scene(16)
    with pytest.raises(PictureError, match="one size"):
        compare.psnr(a, a[..., 1:])
    with pytest.raises(PictureError, match="where"):
        compare.ssim(a, a, middle(a).float())
