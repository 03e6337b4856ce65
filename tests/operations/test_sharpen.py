"""The operations `sharpen` and `dejpeg`: what they do by themselves, strength, colours, bounds."""

import io

import cv2
import numpy as np
import pytest
import torch
from PIL import Image
from pydantic import ValidationError

import packshot
from packshot.imaging import files
from packshot.imaging.picture import Picture
from packshot.operations.dejpeg import Dejpeg
from packshot.operations.operation import Context
from packshot.operations.sharpen import NO_BLUR, Sharpen
from tests.operations.drawn import disc_matte
from tests.operations.weights import context, write


@pytest.fixture(scope="module")
def sample():
    rgb = files.read(f"{packshot.__path__[0]}/samples/TS-CAMERA.jpg").rgb[..., 100:420, 100:420].contiguous()
    return Picture(rgb, matte=disc_matte((320, 320), 160, 160, 100), alpha=disc_matte((320, 320), 160, 160, 150))


def soft(picture):
    kernel = np.full((1, 9), 1 / 9, np.float32)
    planes = [cv2.filter2D(plane, -1, kernel) for plane in picture.rgb[0].numpy()]
    return picture.replace(rgb=torch.from_numpy(np.stack(planes))[None])


def coded(picture, quality):
    buffer = io.BytesIO()
    eight = (picture.rgb[0].permute(1, 2, 0) * 255).round().byte().numpy()
    Image.fromarray(eight).save(buffer, "JPEG", quality=quality)
    rgb = torch.from_numpy(np.array(Image.open(buffer)).copy()).permute(2, 0, 1)[None].float() / 255
    return picture.replace(rgb=rgb)


def mean_gap(a, b):
    shown = a.alpha[0, 0] > 0.99
    return float((a.rgb[0][:, shown].mean(1) - b.rgb[0][:, shown].mean(1)).abs().max())


@pytest.mark.parametrize(
    "operation", [Sharpen(strength=0), Dejpeg(strength=0), Dejpeg(strength=0, method="classical", quality=30)]
)
def test_strength_nothing_is_bit_exact(sample, operation):
    assert operation.apply(sample, Context()).picture is sample
    assert operation.source_type() is None


@pytest.mark.parametrize(
    "blur", [{"blur": "motion", "size": 9.0}, {"blur": "details"}, {"blur": "defocus", "size": 2.0}]
)
@pytest.mark.parametrize("strength", [0.5, 1.0])
def test_layers_and_mean_colour_are_kept(sample, blur, strength):
    picture = soft(sample)
    result = Sharpen(strength=strength, **blur).apply(picture, Context())
    assert result.picture.alpha is picture.alpha
    assert result.picture.matte is picture.matte
    assert mean_gap(result.picture, picture) < 1e-3
    assert float((result.picture.rgb - picture.rgb).abs().max()) > 0.02
    assert result.numbers["blur_px"] == blur.get("size", 0)
    assert 0 < result.numbers["delta_e_p99"] < 40


def test_without_a_blur_details_are_strengthened_and_it_is_said(sample):
    result = Sharpen().apply(sample, Context())
    assert result.notes == (NO_BLUR,)
    assert result.numbers["explained"] == 0


def test_dejpeg_finds_the_quality_and_keeps_colours(sample, tmp_path):
    write(tmp_path, "dejpeg", channels_in=4)
    picture = coded(sample, 20)
    classical = Dejpeg(method="classical").apply(picture, Context())
    assert classical.numbers["quality"] == pytest.approx(20, abs=3)
    assert classical.numbers["blocking_after"] < 0.7 * classical.numbers["blocking_before"]
    network = Dejpeg().apply(picture, context(tmp_path))
    for result in (classical, network):
        assert mean_gap(result.picture, picture) < 1e-3
        assert result.picture.alpha is picture.alpha
    assert Dejpeg().source_type() == "algorithmicallyEnhanced"
    assert Dejpeg(method="classical").weights() == ()


def test_a_well_coded_picture_is_left_alone(sample):
    smooth = Picture(torch.rand(1, 3, 40, 40))
    result = Dejpeg().apply(smooth, Context())
    assert result.picture is smooth
    assert "no trace" in result.notes[0]


@pytest.mark.parametrize(
    ("operation", "wrong", "words"),
    [
        (Sharpen, {"strength": 2}, "strength"), (Sharpen, {"size": 30, "blur": "motion"}, "size"),
        (Sharpen, {"size": 3}, "size is 3, but blur is auto"), (Sharpen, {"angle": 20, "blur": "defocus"}, "angle"),
        (Sharpen, {"radius": 2, "blur": "motion"}, "radius"), (Sharpen, {"blur": "lens"}, "blur"),
        (Sharpen, {"angle": 20, "blur": "motion"}, "expected a size"),
        (Dejpeg, {"quality": 101}, "quality"), (Dejpeg, {"strength": -1}, "strength"),
    ],
)  # fmt: skip
def test_bounds_are_refused_by_name(operation, wrong, words):
    with pytest.raises(ValidationError, match=words):
        operation(**wrong)
