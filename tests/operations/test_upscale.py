"""The operation `upscale`: sizes, layers, colours, tiles, limits, marks."""

import re
import subprocess
import sys

import pytest
import torch
from pydantic import ValidationError

from packshot.errors import ModelError, ParameterError, TooLarge, WeightsNotFound
from packshot.imaging import geometry, mapped
from packshot.imaging.picture import Picture
from packshot.operations import upscale
from packshot.operations.operation import Context
from packshot.operations.upscale import Upscale
from packshot.pipeline.lock import apply_locked
from tests.operations.drawn import disc_matte, texture
from tests.operations.weights import context, write


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    folder = tmp_path_factory.mktemp("weights")
    write(folder, "upscale-x2", scale=2)
    write(folder, "upscale-x4", scale=4)
    write(folder, "theirs", scale=2, licence="CC-BY-NC-4.0")
    return folder


def photo(size=(40, 52)):
    smooth = geometry.resize_layer(texture((8, 10), 3), size)
    matte = disc_matte(size, size[1] / 2, size[0] / 2, 12)
    return Picture(smooth, matte=matte, alpha=matte, mask=1 - matte)


@pytest.mark.parametrize("factor", [1.5, 2.0, 2.5, 3.0, 4.0])
@pytest.mark.parametrize("method", ["network", "classical"])
def test_size_layers_and_mean_colour(weights, factor, method):
    picture = photo().replace(alpha=None)
    result = Upscale(factor=factor, method=method).apply(picture, context(weights))
    after = result.picture
    assert after.size == (round(40 * factor), round(52 * factor))
    assert torch.equal(after.matte, geometry.resize_layer(picture.matte, after.size))
    assert after.mask is not None
    assert after.alpha is None
    locked = method == "network" and factor in (2, 4)  # else the last word is the filter's, which keeps linear light
    assert float((after.rgb.mean((2, 3)) - picture.rgb.mean((2, 3))).abs().max()) < (5e-4 if locked else 4e-3)
    assert after.to_source[0, 0] * after.width == pytest.approx(picture.width)
    assert result.numbers["factor"] == pytest.approx(factor, rel=0.01)
    assert bool(result.flags) == (factor > 2)
    assert (result.numbers["mean_moved"] > 1) == (method == "network")


def test_alpha_is_carried_and_only_what_shows_keeps_its_mean(weights):
    picture = photo()
    after = Upscale().apply(picture, context(weights)).picture
    assert torch.equal(after.alpha, geometry.resize_layer(picture.alpha, after.size))
    inside, shown = after.alpha > 0.99, picture.alpha > 0.99
    means = after.rgb[0][:, inside[0, 0]].mean(1), picture.rgb[0][:, shown[0, 0]].mean(1)
    assert float((means[0] - means[1]).abs().max()) < 0.02


def test_strength_nothing_is_the_plain_filter_and_half_lies_between(weights):
    picture, run = photo(), context(weights)
    none, half, whole = (Upscale(strength=s).apply(picture, run).picture.rgb for s in (0.0, 0.5, 1.0))
    plain = Upscale(method="classical").apply(picture, Context()).picture.rgb
    assert torch.equal(none, plain)
    torch.testing.assert_close(half, (plain + whole) / 2, rtol=0, atol=2e-6)
    assert float((whole - plain).abs().max()) > 0.02


def test_tiles_make_no_difference(weights, monkeypatch):
    from packshot.models import restoring

    picture, run = photo((150, 170)), context(weights)
    whole = Upscale().apply(picture, run).picture.rgb
    monkeypatch.setattr(restoring, "TILE_PX", 40)
    monkeypatch.setattr(restoring, "WHOLE_PX", 40)
    torch.testing.assert_close(Upscale().apply(picture, run).picture.rgb, whole, rtol=0, atol=5e-5)


def test_a_large_result_is_mapped_and_the_same(weights, monkeypatch):
    picture, run = photo((70, 90)), context(weights)
    for factor in (2.0, 1.5):
        whole = Upscale(factor=factor).apply(picture, run).picture.rgb
        with monkeypatch.context() as patch:
            patch.setattr(mapped, "LARGE_BYTES", 1000)
            large = Upscale(factor=factor).apply(picture, run).picture.rgb
        assert mapped.is_mapped(large)
        assert not mapped.is_mapped(whole)
        assert torch.equal(large, whole)


def test_what_is_too_large_or_too_small_a_network_is_refused(weights, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(upscale, "MOST_PIXELS", 1_000_000)
        with pytest.raises(TooLarge, match=r"2400 x 1600 px is over 1 million pixels; set factor to at most 2\.04"):
            Upscale(factor=4.0, method="classical").apply(Picture(torch.zeros(1, 3, 400, 600)), Context())
    with pytest.raises(ModelError, match="enlarges 2 times, expected at least 3"):
        Upscale(factor=3.0, model=str(weights / "upscale-x2.safetensors")).apply(photo(), context(weights))


def test_missing_weights_name_the_way_without_them(weights):
    from functools import partial

    from packshot import models

    run = Context(load_model=lambda name, commercial: partial(models.load, device="cpu")(name))
    with pytest.raises(WeightsNotFound, match=r"upscale: weights 'upscale-x4-photo': not found.*method to classical"):
        Upscale(kind="photo").apply(photo(), run)
    with pytest.raises(ParameterError, match="without a way to load weights"):
        Upscale().apply(photo(), Context())


def test_marks_and_weights_in_the_step(weights):
    locked = apply_locked(Upscale(factor=3.0), photo(), context(weights))
    assert locked.step.digital_source_type == "algorithmicallyEnhanced"
    assert list(locked.step.weights) == ["upscale-x4"]
    assert len(locked.step.weights["upscale-x4"]) == 64
    plain = apply_locked(Upscale(factor=2.0, method="classical"), photo(), Context())
    assert plain.step.digital_source_type is None
    assert plain.step.weights == {}
    assert Upscale(factor=2.5, method="classical").source_type() == "algorithmicallyEnhanced"
    assert Upscale(method="classical").weights() == ()


def test_licence_gate(weights):
    from packshot.errors import LicenceRefused

    theirs = str(weights / "theirs.safetensors")
    assert Upscale(model=theirs).apply(photo(), context(weights)).picture.size == (80, 104)
    with pytest.raises(LicenceRefused, match="CC-BY-NC"):
        Upscale(model=theirs, commercial=True).apply(photo(), context(weights))


@pytest.mark.parametrize(
    "wrong",
    [{"factor": 1.4}, {"factor": 4.1}, {"strength": -0.1}, {"strength": 1.1}, {"method": "magic"}, {"kind": "x"}],
)
def test_bounds_are_refused_by_name(wrong):
    with pytest.raises(ValidationError, match=next(iter(wrong))):
        Upscale(**wrong)


def test_batches_and_nothing_are_refused():
    for picture in (None, Picture(torch.rand(2, 3, 8, 8))):
        with pytest.raises(ParameterError, match="upscale"):
            Upscale().apply(picture, Context())


@pytest.mark.slow
def test_a_large_photo_is_enlarged_in_bounded_memory():
    command = [sys.executable, "-m", "benchmarks.upscale_memory", "--megapixels", "24", "--width", "4"]
    words = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "12000 x 8000 px" in words
    assert "memory-mapped" in words
    assert float(re.search(r"([\d.]+) GB at most", words)[1]) <= 1.5
