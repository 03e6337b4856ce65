"""Measures of restoration: closed forms, a second implementation, and the published figures of bicubic resizing."""

import math
import os
from pathlib import Path

import numpy as np
import pytest
import torch
from skimage.metrics import structural_similarity

from packshot.errors import PictureError
from packshot.evaluation import restoration
from packshot.imaging.bicubic import bicubic
from packshot.imaging.files import open_picture


def photo(seed=0, h=24, w=30):
    return torch.rand(1, 3, h, w, generator=torch.Generator().manual_seed(seed))


def test_luma_of_white_black_and_green():
    x = torch.tensor([[1.0, 0, 0], [1, 0, 1], [1, 0, 0]]).view(1, 3, 1, 3)
    np.testing.assert_allclose(restoration.luma(x).flatten(), [235, 16, 16 + 128.553])


def test_one_grey_level_of_luma_is_48_decibels():
    truth = torch.full((1, 3, 20, 20), 100 / 255)
    shift = torch.full_like(truth, 101 / 255)
    step = 219 / 255  # levels of studio luma to one of full-range grey
    assert restoration.psnr_y(truth, shift, 2) == pytest.approx(20 * math.log10(255 / step), abs=1e-5)
    assert restoration.psnr(truth, shift) == pytest.approx(20 * math.log10(255), abs=1e-5)
    assert restoration.psnr(truth, truth) == math.inf


def test_less_than_half_a_level_is_rounded_away():
    truth = torch.full((1, 3, 20, 20), 100 / 255)
    assert restoration.psnr_y(truth, truth + 0.4 / 255, 0) == math.inf


def test_what_lies_in_the_border_or_outside_a_region_does_not_count():
    truth = photo()
    spoilt = truth.clone()
    spoilt[..., :3] = 0
    assert restoration.psnr_y(truth, spoilt, 3) == math.inf
    where = torch.zeros(1, 1, 24, 30, dtype=torch.bool)
    where[..., 3:] = True
    assert restoration.psnr(truth, spoilt, where) == math.inf
    assert restoration.psnr(truth, spoilt, ~where) < 20


def test_ssim_agrees_with_scikit_image():
    truth = restoration.rounded(photo(h=40, w=44))
    guess = restoration.rounded((truth + 0.1 * (photo(1, 40, 44) - 0.5)).clamp(0, 1))
    a, b = (restoration.luma(x)[0, 0].numpy() for x in (truth, guess))
    settings = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False, "data_range": 255}
    _, whole = structural_similarity(a, b, full=True, **settings)
    assert restoration.ssim_y(truth, guess, 0) == pytest.approx(whole[5:-5, 5:-5].mean(), abs=1e-9)


def test_pictures_that_do_not_fit_are_refused():
    with pytest.raises(PictureError, match="two pictures"):
        restoration.psnr_y(photo(), photo(h=26), 0)
    with pytest.raises(PictureError, match="border"):
        restoration.psnr_y(photo(), photo(), 12)
    with pytest.raises(PictureError, match="where"):
        restoration.psnr(photo(), photo(), torch.zeros(1, 1, 24, 30, dtype=torch.bool))


@pytest.mark.skipif("PACKSHOT_DATA" not in os.environ, reason="PACKSHOT_DATA is not set")
@pytest.mark.parametrize(("scale", "decibel", "likeness"), [(2, 33.66, 0.9299), (3, 30.39, 0.8682), (4, 28.42, 0.8104)])
def test_bicubic_on_set5_has_its_published_figures(scale, decibel, likeness):
    folder = Path(os.environ["PACKSHOT_DATA"]) / "sr-bench" / "Set5"
    found = []
    for path in sorted((folder / f"LR_x{scale}").glob("*.png")):
        small, large = (open_picture(p).picture.rgb for p in (path, folder / "HR" / path.name))
        h, w = (scale * side for side in small.shape[2:])
        pair = large[:, :, :h, :w], bicubic(small, (h, w))
        found.append((restoration.psnr_y(*pair, scale), restoration.ssim_y(*pair, scale)))
    psnr, ssim = np.mean(found, 0)
    assert psnr == pytest.approx(decibel, abs=0.025)
    assert ssim == pytest.approx(likeness, abs=0.001)
