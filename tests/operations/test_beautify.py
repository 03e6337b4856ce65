"""The operation `beautify`: planted faults fall, nothing happens where nothing is wrong, limits, the network's way."""

import pytest
import torch
from pydantic import ValidationError

import packshot
from packshot.imaging import files, geometry
from packshot.imaging.colour import delta_e_2000, linear_to_srgb, rgb_to_lab, srgb_to_linear
from packshot.imaging.picture import Picture
from packshot.imaging.restoring import curves, haze
from packshot.operations.beautify import Beautify
from packshot.operations.operation import Context
from tests.operations.drawn import disc_matte
from tests.operations.weights import context, write


@pytest.fixture(scope="module")
def sample():
    photo = files.read(f"{packshot.__path__[0]}/samples/TS-ROBOT.jpg")
    return geometry.resize(photo, (320, 320)).replace(matte=disc_matte((320, 320), 160, 160, 90))


def far(a, b):
    return float(delta_e_2000(rgb_to_lab(a), rgb_to_lab(b)).mean())


def veiled(rgb, amount):
    return linear_to_srgb((srgb_to_linear(rgb) * (1 - amount) + amount * 0.9).clamp(0, 1))


@pytest.mark.parametrize("amount", [0.08, 0.2])
def test_a_planted_veil_is_found_and_lifted(sample, amount):
    soft = veiled(sample.rgb, amount)
    before = haze.find(sample.rgb)
    found = haze.find(soft)
    assert max(found.amount) > (0 if before is None else max(before.amount)) + 0.5 * amount
    assert far(haze.lifted(soft, found), sample.rgb) < 0.6 * far(soft, sample.rgb)
    assert torch.equal(haze.lifted(soft, found, 0.0), linear_to_srgb(srgb_to_linear(soft).clamp(0, 1)))


def test_no_veil_on_black_or_white_things():
    assert haze.find(torch.ones(1, 3, 40, 40)) is None
    scene = torch.rand(1, 3, 60, 60, generator=torch.Generator().manual_seed(0))
    scene[..., 20:40, 20:40] = 0
    assert haze.find(scene) is None


@pytest.mark.parametrize("method", ["classical", "network"])
def test_strength_nothing_is_bit_exact(sample, method):
    assert Beautify(strength=0, method=method).apply(sample, Context()).picture is sample


def test_layers_strength_and_limit(sample):
    hazy = sample.replace(rgb=veiled(sample.rgb, 0.2), mask=sample.matte)
    full = Beautify().apply(hazy, Context())
    half = Beautify(strength=0.5).apply(hazy, Context())
    torch.testing.assert_close(half.picture.rgb, (hazy.rgb + full.picture.rgb) / 2, rtol=0, atol=1e-5)
    assert full.picture.matte is hazy.matte
    assert full.picture.mask is hazy.mask
    assert full.numbers["veil"] > 0.1
    assert "dust" in full.layers
    held = Beautify(limit_delta_e=2).apply(hazy, Context())
    assert held.numbers["delta_e_of_mean"] <= 2.2
    assert "held back by limit_delta_e" in held.flags
    assert held.numbers["strength"] < 1


def test_the_network_gives_light_and_colour_but_no_detail(sample, tmp_path):
    write(tmp_path, "curves")
    result = Beautify(method="network", dust=False).apply(sample, context(tmp_path))
    assert float((result.picture.rgb - sample.rgb).abs().max()) <= curves.MOST + 1e-6
    assert Beautify(method="network").source_type() == "algorithmicallyEnhanced"
    assert Beautify(method="network").weights() == ("curves",)
    assert Beautify().weights() == ()
    brighter = curves.transferred(sample.rgb, lambda small: (small * 1.2).clamp(0, 1))
    assert far(brighter, (sample.rgb * 1.2).clamp(0, 1)) < 1.0


@pytest.mark.parametrize("wrong", [{"strength": 1.2}, {"limit_delta_e": -1}, {"method": "auto"}])
def test_bounds_are_refused_by_name(wrong):
    with pytest.raises(ValidationError, match=next(iter(wrong))):
        Beautify(**wrong)


def test_works_without_a_matte_and_on_tiny_pictures():
    for size in ((1, 1), (5, 40)):
        assert Beautify().apply(Picture(torch.rand(1, 3, *size)), Context()).picture.size == size
