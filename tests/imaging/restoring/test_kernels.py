"""Planted blurs are found and taken out; clean pictures show none."""

import cv2
import numpy as np
import pytest
import torch

from packshot.imaging import compare
from packshot.imaging.restoring import deblurring, kernels


@pytest.fixture(scope="module")
def scene():
    """Discs and squares of all sizes, dead leaves: a picture whose spectrum falls as a photo's does."""
    rng = np.random.default_rng(3)
    canvas = np.full((256, 320, 3), 0.5, np.float32)
    for _ in range(500):
        radius = int(2 + 40 * rng.random() ** 3)
        centre = int(rng.integers(0, 320)), int(rng.integers(0, 256))
        colour = tuple(float(v) for v in 0.1 + 0.8 * rng.random(3))
        cv2.circle(canvas, centre, radius, colour, -1, cv2.LINE_AA)
    return torch.from_numpy(canvas).permute(2, 0, 1)[None].contiguous()


def blurred(rgb, blur):
    planes = [cv2.filter2D(plane, -1, blur.kernel()[::-1, ::-1].copy()) for plane in rgb[0].numpy()]
    noise = np.random.default_rng(0).normal(0, 1 / 255, (3, *planes[0].shape))
    return torch.from_numpy(((np.clip(np.stack(planes) + noise, 0, 1) * 255).round() / 255).astype(np.float32))[None]


@pytest.mark.parametrize("size", [1.0, 3.0, 8.5])
def test_kernels_are_odd_centred_and_sum_to_one(size):
    for kernel in (kernels.line(size, 37), kernels.disc(size)):
        assert kernel.shape[0] == kernel.shape[1]
        assert kernel.shape[0] % 2 == 1
        assert kernel.sum() == pytest.approx(1)
        np.testing.assert_allclose(kernel, kernel[::-1, ::-1], atol=1e-6)
    assert kernels.line(9, 0).sum(0).astype(bool).sum() == pytest.approx(9, abs=2)
    np.testing.assert_allclose(kernels.line(7, 90), kernels.line(7, 0).T, atol=1e-6)


@pytest.mark.parametrize(
    "blur",
    [
        kernels.Blur("motion", 9, 30),
        kernels.Blur("motion", 11.5, 110),
        kernels.Blur("defocus", 2.2),
        kernels.Blur("defocus", 4),
    ],
    ids=lambda blur: f"{blur.kind}-{blur.size:g}",
)
def test_a_planted_blur_is_found_and_taken_out(scene, blur):
    soft = blurred(scene, blur)
    found = kernels.find(soft.mean(1)[0].numpy(), 0.6 / 255)
    assert found.kind == blur.kind
    assert found.size == pytest.approx(blur.size, rel=0.2)
    if blur.kind == "motion":
        assert min(abs(found.angle - blur.angle), 180 - abs(found.angle - blur.angle)) <= 10
    sharp = deblurring.deblur(soft, found.kernel(), 1.0)
    assert compare.psnr(sharp, scene) > compare.psnr(soft, scene) + 1.5


def test_clean_and_empty_pictures_show_no_blur(scene):
    assert kernels.find(scene.mean(1)[0].numpy(), 0.0) is None
    assert kernels.find(np.full((200, 200), 0.5, np.float32), 0.0) is None
    assert kernels.find(np.zeros((60, 300), np.float32), 0.0) is None


def test_unsharp_masking_is_bounded_and_leaves_noise_alone(scene):
    soft = blurred(scene, kernels.Blur("defocus", 1.2))
    sharp = deblurring.unsharp(soft, 1.0, 1.2, 1.0)
    assert compare.psnr(sharp, scene) > compare.psnr(soft, scene) + 0.2
    assert float((sharp - soft).abs().max()) < 0.5
    grain = 0.5 + torch.randn(1, 3, 60, 60, generator=torch.Generator().manual_seed(0)) * 2 / 255
    assert float(deblurring.unsharp(grain, 1.0, 1.2, 2.0).std()) < 1.5 * float(grain.std())
