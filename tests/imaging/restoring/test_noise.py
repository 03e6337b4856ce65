"""The noise estimate on known noise, and non-local means."""

import pytest
import torch

from packshot.imaging import compare
from packshot.imaging.geometry import resize_layer
from packshot.imaging.restoring import noise


def picture(size=(160, 200)):
    return 0.15 + 0.7 * resize_layer(torch.rand(1, 3, 9, 11, generator=torch.Generator().manual_seed(4)), size)


def with_noise(rgb, sigma):
    grain = torch.randn(rgb.shape, generator=torch.Generator().manual_seed(2)) * sigma / 255
    return ((rgb + grain).clamp(0, 1) * 255).round() / 255


@pytest.mark.parametrize("sigma", [3, 10, 25, 50])
def test_known_noise_is_found(sigma):
    assert noise.estimate_noise(with_noise(picture(), sigma)) == pytest.approx(sigma, rel=0.12, abs=0.5)


def test_a_white_ground_and_texture_do_not_mislead():
    rgb = with_noise(picture(), 12)
    rgb[..., :110, :] = 1.0
    assert noise.estimate_noise(rgb) == pytest.approx(12, rel=0.15)
    rgb[..., :] = 1.0
    assert noise.estimate_noise(rgb) == 0
    assert noise.estimate_noise(torch.rand(1, 3, 5, 5)) == 0


def test_a_part_of_a_large_picture_is_enough(monkeypatch):
    monkeypatch.setattr(noise, "MOST_PIXELS", 10_000)
    monkeypatch.setattr(noise, "BLOCK", 40)
    assert noise.estimate_noise(with_noise(picture(), 10)) == pytest.approx(10, rel=0.15)


def test_non_local_means():
    truth = picture()
    rough = with_noise(truth, 20)
    assert torch.equal(noise.nl_means(rough, 0), rough)
    assert compare.psnr(noise.nl_means(rough, 14), truth) > compare.psnr(rough, truth) + 8
