"""Colour transfers against what they promise: moments, histograms, and pictures that stay pictures."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from packshot.errors import ParameterError
from packshot.imaging.colour import rgb_to_oklab
from packshot.imaging.styling.colours import MAPS, MOST_GAIN, joined, palette, transfer


def drawn(seed, h=40, w=50, low=0.2, high=0.8):
    """A picture with correlated colours."""
    generator = torch.Generator().manual_seed(seed)
    base, own = torch.rand(1, 1, h, w, generator=generator), torch.rand(1, 3, h, w, generator=generator)
    tint = torch.rand(1, 3, 1, 1, generator=generator)
    return low + (high - low) * (0.6 * base * tint + 0.4 * own)


def moments(rgb):
    lab = rgb_to_oklab(rgb)[0].flatten(1)
    return lab.mean(1), torch.cov(lab, correction=0)


def test_monge_kantorovich_gives_mean_and_covariance():
    photo, style = drawn(1), drawn(2)
    done = transfer(photo, palette(photo), palette(style))
    for a, b, slack in zip(moments(done), moments(style), (2e-3, 2e-4), strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=slack)


def test_reinhard_gives_means_and_deviations():
    photo, style = drawn(1), drawn(2)
    done = transfer(photo, palette(photo), palette(style), "reinhard")
    (mean, cov), (wanted, wanted_cov) = moments(done), moments(style)
    torch.testing.assert_close(mean, wanted, rtol=0, atol=2e-3)
    torch.testing.assert_close(cov.diagonal().sqrt(), wanted_cov.diagonal().sqrt(), rtol=0, atol=3e-3)


def test_histogram_comes_nearer_to_a_style_of_two_colours_than_a_linear_map():
    photo = drawn(1)
    style = torch.cat([drawn(2, 20) * 0.2, 0.8 + 0.2 * drawn(3, 20)], 2)

    def distance(method):
        done = rgb_to_oklab(transfer(photo, palette(photo), palette(style), method))[0]
        wanted = rgb_to_oklab(style)[0]
        return np.abs(np.sort(done[0].flatten().numpy()) - np.sort(wanted[0].flatten().numpy())).mean()

    assert distance("histogram") < 0.6 * distance("monge-kantorovich")


@pytest.mark.parametrize("method", MAPS)
class TestEvery:
    def test_style_of_itself_changes_nothing_to_speak_of(self, method):
        photo = drawn(4)
        done = transfer(photo, palette(photo), palette(photo), method)
        assert (done - photo).abs().max() < 6 / 255

    def test_odd_styles_stay_finite_and_in_range(self, method):
        photo = drawn(5, 9, 7)
        for style in (torch.full((1, 3, 1, 1), 0.5), torch.zeros(1, 3, 4, 4), torch.ones(1, 3, 3, 3), drawn(1, 3, 400)):
            done = transfer(photo, palette(photo), palette(style), method)
            assert done.isfinite().all()
            assert done.min() >= 0
            assert done.max() <= 1

    def test_flat_photo_takes_the_mean(self, method):
        photo, style = torch.full((1, 3, 8, 8), 0.5), drawn(6)
        done = transfer(photo, palette(photo), palette(style), method)
        assert (done - done[:, :, :1, :1]).abs().max() < 1e-5
        assert done.isfinite().all()

    def test_gradients_do_not_break_into_steps(self, method):
        ramp = torch.linspace(0.1, 0.9, 256).expand(1, 3, 4, 256).contiguous()
        done = transfer(ramp, palette(ramp), palette(drawn(7)), method)
        assert (done[..., 1:] - done[..., :-1]).abs().max() < 2.5 * MOST_GAIN * 0.8 / 255


@settings(max_examples=15)
@given(st.integers(0, 500))
def test_places_do_not_matter(seed):
    photo, style = drawn(seed, 12, 12), drawn(seed + 1, 9, 9)
    mirrored = transfer(photo.flip(3), palette(photo), palette(style))
    torch.testing.assert_close(mirrored.flip(3), transfer(photo, palette(photo), palette(style)))


def test_joined_palettes_have_their_shares():
    black, white = palette(torch.zeros(1, 3, 5, 5)), palette(torch.ones(1, 3, 50, 50))
    both = joined([black, white], [3, 1])
    assert both.mean[0].item() == pytest.approx(0.25, abs=0.01)
    assert joined([black, white], [1, 0]).mean[0].item() == pytest.approx(0, abs=0.01)


def test_a_picture_of_which_nothing_counts_is_refused():
    with pytest.raises(ParameterError, match="transparent"):
        palette(torch.rand(1, 3, 4, 4), torch.zeros(1, 1, 4, 4))
