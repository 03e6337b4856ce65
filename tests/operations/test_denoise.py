"""The operation `denoise`: strength, levels, colours, what it reports."""

import pytest
import torch
from pydantic import ValidationError

from packshot.imaging import compare, geometry
from packshot.imaging.picture import Picture
from packshot.operations.denoise import Denoise
from packshot.operations.operation import Context
from tests.operations.drawn import disc_matte, texture
from tests.operations.weights import context, write


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    folder = tmp_path_factory.mktemp("weights")
    write(folder, "denoise", channels_in=4)
    return folder


def clean(size=(96, 120)):
    smooth = geometry.resize_layer(texture((6, 7), 5), size)
    return Picture(0.1 + 0.8 * smooth, matte=disc_matte(size, 60, 48, 30))


def noisy(sigma=20.0):
    picture = clean()
    noise = torch.randn(picture.rgb.shape, generator=torch.Generator().manual_seed(1)) * sigma / 255
    return picture.replace(rgb=(picture.rgb + noise).clamp(0, 1), alpha=picture.matte)


@pytest.mark.parametrize("method", ["network", "classical"])
def test_strength_nothing_is_bit_exact(weights, method):
    picture = noisy()
    result = Denoise(strength=0, method=method).apply(picture, context(weights))
    assert result.picture is picture
    assert Denoise(strength=0).source_type() is None


def test_non_local_means_takes_noise_and_says_how_much():
    picture = noisy()
    result = Denoise(method="classical").apply(picture, Context())
    assert result.numbers["noise_taken"] == pytest.approx(20, rel=0.1)
    assert result.numbers["noise_after"] < 4
    truth = clean().rgb
    assert compare.psnr(result.picture.rgb, truth) > compare.psnr(picture.rgb, truth) + 7
    assert result.picture.alpha is picture.alpha
    assert result.numbers["delta_e_of_mean"] < 0.2
    assert Denoise(method="classical").source_type() is None


@pytest.mark.parametrize("strength", [0.4, 1.0])
def test_network_keeps_the_mean_and_reads_the_level(weights, strength):
    picture, run = noisy().replace(alpha=None), context(weights)
    result = Denoise(strength=strength).apply(picture, run)
    moved = (result.picture.rgb.mean((2, 3)) - picture.rgb.mean((2, 3))).abs().max()
    assert float(moved) < 1e-3
    assert result.numbers["mean_moved"] > 1
    other = Denoise(strength=strength, noise=60).apply(picture, run)
    assert not torch.equal(other.picture.rgb, result.picture.rgb)
    assert other.numbers["noise_taken"] == 60
    assert Denoise(strength=strength).source_type() == "algorithmicallyEnhanced"
    assert Denoise().weights() == ("denoise",)


def test_a_clean_picture_is_left_alone(weights):
    result = Denoise().apply(clean(), context(weights))
    assert torch.equal(result.picture.rgb, clean().rgb)
    assert result.notes == ("hardly any noise found: the picture was left as it is",)


@pytest.mark.parametrize("wrong", [{"strength": 1.5}, {"noise": -1}, {"noise": 80}, {"method": "bm3d"}])
def test_bounds_are_refused_by_name(wrong):
    with pytest.raises(ValidationError, match=next(iter(wrong))):
        Denoise(**wrong)
