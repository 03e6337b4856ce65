"""resampling.py: bands of small products are the same as the filter written down plainly."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from packshot.imaging.colour import linear_to_srgb, srgb_to_linear
from packshot.imaging.geometry import resize
from packshot.imaging.picture import Picture
from packshot.imaging.resampling import Taps, bands, filtered


def reference(light: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
    """The filter as two whole matrices in float64."""

    def matrix(new: int, old: int) -> torch.Tensor:
        stretch = max(1.0, old / new)
        centres = old / new * (torch.arange(new, dtype=torch.float64) + 0.5)
        t = (torch.arange(old, dtype=torch.float64) + 0.5 - centres[:, None]) / stretch
        weights = torch.sinc(t) * (0.5 + 0.5 * torch.cos(math.pi * t / 2)) * (t.abs() < 2)
        return weights / weights.sum(1, keepdim=True)

    return matrix(size[0], light.shape[2]) @ light.double() @ matrix(size[1], light.shape[3]).T


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 200), st.integers(1, 90), st.integers(1, 200), st.integers(1, 90))
def test_band_by_band_equals_the_whole_matrices(h, w, new_h, new_w):
    rgb = torch.rand(1, 3, h, w, generator=torch.Generator().manual_seed(5))
    expected = linear_to_srgb(reference(srgb_to_linear(rgb), (new_h, new_w)).clamp(0, 1))
    got = resize(Picture(rgb), (new_h, new_w)).rgb
    assert got.shape == (1, 3, new_h, new_w)
    assert (got - expected).abs().max() < 2e-5


@settings(max_examples=60, deadline=None)
@given(st.floats(0.05, 20), st.floats(-300, 300), st.integers(1, 150), st.integers(1, 150))
def test_weights_are_finite_and_cover_is_the_share_over_the_picture(scale, shift, outputs, inputs):
    taps = Taps(scale, shift, outputs, inputs)
    for first, last, weights in taps.blocks:
        assert 0 <= first < last <= inputs
        assert torch.allclose(weights.sum(1), torch.ones(len(weights)), atol=1e-5)
        assert weights.abs().max() <= 2
    overlap = min(scale * outputs + shift, inputs) - max(shift, 0)
    assert float(taps.cover.sum(dtype=torch.float64)) == pytest.approx(max(0, overlap) / scale, abs=1e-3)


def test_frequencies_beyond_the_new_grid_are_removed():
    """A sine too fine for half the width fades; one well inside stays."""
    x = torch.arange(600, dtype=torch.float64)
    for period, least, most in ((2.4, 0, 0.08), (3.0, 0, 0.2), (16.0, 0.9, 1.02)):
        wave = torch.sin(2 * math.pi * x / period).float().expand(1, 1, 4, 600).contiguous()
        half = filtered((wave,), lambda x: x, Taps(2, 0, 300, 600), Taps(1, 0, 4, 4), bands(4)[0])
        assert least <= float(half[..., 10:-10].std() / wave.std()) <= most
