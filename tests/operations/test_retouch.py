"""The operation `retouch`: identity when off, automatic corrections, limits, what it reports."""

import subprocess
import sys

import pytest
import torch
from pydantic import ValidationError

from packshot.errors import ParameterError
from packshot.imaging.colour import linear_to_srgb, rgb_to_lab
from packshot.imaging.picture import Picture
from packshot.operations.operation import Context
from packshot.operations.retouch import Retouch

OFF = {"white_balance": "off", "auto_exposure": False, "dust": "off"}


def photo(gains=(1.0, 1.0, 1.0), specks=True):
    """A toy on a sweep, 200 by 160, under a coloured light, with three specks on the ground and one on the toy."""
    h, w = 160, 200
    linear = torch.full((1, 3, h, w), 0.8) * torch.linspace(1, 0.9, h)[:, None]
    matte = torch.zeros(1, 1, h, w)
    matte[..., 50:130, 60:140] = 1
    linear = torch.where(matte > 0, torch.tensor([0.3, 0.06, 0.05]).reshape(1, 3, 1, 1), linear)
    rgb = linear_to_srgb((linear * torch.tensor(gains).reshape(1, 3, 1, 1)).clamp(0, 1))
    if specks:
        for y, x in ((20, 30), (145, 170), (80, 20), (90, 100)):
            rgb[..., y - 1 : y + 1, x - 1 : x + 1] *= 0.6
    return Picture(rgb, matte=matte)


def run(picture, **parameters):
    return Retouch(**parameters).apply(picture, Context())


@pytest.mark.parametrize("extra", [{}, {"white_balance": "light"}, {"limit_delta_e": 0}])
def test_identity_is_bit_exact(extra):
    picture = photo()
    result = run(picture, **(OFF | extra))
    assert torch.equal(result.picture.rgb, picture.rgb)
    assert result.numbers["delta_e_max"] == 0
    assert result.numbers["strength"] == 1
    assert result.flags == ()


def test_defaults_correct_cast_exposure_and_dust():
    picture = photo((1.0, 0.9, 0.8))
    result = run(picture)
    ground = rgb_to_lab(result.picture.rgb)[:, :, (picture.matte == 0)[0, 0]].mean(2).flatten()
    assert float(ground[1:].abs().max()) < 0.6
    assert float(ground[0]) == pytest.approx(97, abs=1.5)
    assert result.numbers["spots"] == 3
    assert result.numbers["stops"] > 0.1
    assert result.numbers["gain_blue"] > result.numbers["gain_green"] > result.numbers["gain_red"]
    assert 0 < result.numbers["delta_e_mean"] <= result.numbers["delta_e_max"]
    assert float(result.layers["dust"][picture.matte > 0].max()) == 0
    assert result.flags == ()


def test_dust_on_the_product_only_when_asked():
    only = OFF | {"dust": "background"}
    assert run(photo(), **only).numbers["spots"] == 3
    everywhere = run(photo(), **(only | {"dust": "everywhere"}))
    assert everywhere.numbers["spots"] == 4
    assert float(everywhere.layers["dust"][0, 0, 90, 100]) == 1
    changed = (everywhere.picture.rgb != photo().rgb).any(1, keepdim=True)
    assert not bool((changed & (everywhere.layers["dust"] == 0)).any())
    without = Picture(photo().rgb)
    assert run(without, **only).numbers["spots"] == 0  # no telling what is background
    assert run(photo().replace(alpha=photo().matte), **only).layers == {}  # no background to be seen


def test_limit_bites_and_says_so():
    result = run(photo(specks=False), **(OFF | {"exposure": 2.0, "limit_delta_e": 5}))
    assert result.flags == ("held back by limit_delta_e",)
    assert result.numbers["strength"] < 1
    assert result.numbers["delta_e_mean"] == pytest.approx(5, abs=0.1)


@pytest.mark.parametrize(
    ("parameters", "check"),
    [
        ({"exposure": 0.5}, lambda before, after: after[0] > before[0] + 3),
        ({"exposure": -0.5}, lambda before, after: after[0] < before[0] - 3),
        ({"saturation": -100}, lambda before, after: abs(float(after[1])) < 0.1),
        ({"saturation": 20}, lambda before, after: after[1] > before[1] + 2),
        ({"contrast": 40}, lambda before, after: after[0] < before[0]),
        ({"white_balance": "light", "temperature": 3500}, lambda before, after: after[2] < before[2]),
        ({"white_balance": "colour", "neutral": "#c0a080"}, lambda before, after: after[2] < before[2]),
        ({"white_balance": "point", "neutral_x": 50, "neutral_y": 60}, lambda before, after: after[1] < before[1]),
        ({"white_balance": "grey-world"}, lambda before, after: after[1] < before[1]),
    ],
)
def test_each_control_goes_its_way(parameters, check):
    picture = photo(specks=False)
    result = run(picture, **(OFF | {"limit_delta_e": 100} | parameters))
    inside = (picture.matte > 0)[0, 0]
    assert check(*(rgb_to_lab(x.rgb)[0][:, inside].mean(1) for x in (picture, result.picture)))


def test_what_cannot_be_judged_is_left_alone():
    wooden = photo((0.6, 0.25, 0.08), specks=False)
    result = run(wooden, dust="off")
    assert torch.equal(result.picture.rgb, wooden.rgb)
    assert result.notes == ("the background is coloured: no reference for white",)
    assert result.flags == ()


@pytest.mark.parametrize(
    ("light", "corrected", "flags"),
    [
        ((1.0, 0.97, 0.92), True, 0),  # a little warm
        ((1.0, 0.85, 0.65), True, 1),  # a lamp, or cream paper: corrected, and a person is asked
        ((0.68, 0.9, 1.0), False, 0),  # blue paper
        ((0.75, 1.0, 0.85), False, 0),  # green paper
        ((1.0, 0.7, 0.8), False, 0),  # pink paper
    ],
)
def test_coloured_paper_is_no_cast(light, corrected, flags):
    result = run(photo(light, specks=False), auto_exposure=False, dust="off")
    assert (result.numbers["delta_e_max"] > 0) == corrected
    assert len(result.flags) == flags
    assert ("the background is coloured: no reference for white" in result.notes) == (not corrected)


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"temperature": 3000}, "temperature is 3000.0, but white_balance is auto.*set white_balance to light"),
        ({"tint": 5, "white_balance": "point"}, "tint .* white_balance is point"),
        ({"neutral": "red"}, "neutral .* set white_balance to colour"),
        ({"background_lightness": 90, "auto_exposure": False}, "background_lightness .* auto_exposure is false"),
        ({"dust_size": 2, "dust": "off"}, "dust_size .* set dust to background or everywhere"),
    ],
)
def test_a_parameter_that_would_do_nothing_is_refused(parameters, words):
    with pytest.raises(ValidationError, match=words):
        Retouch(**parameters)
    assert Retouch(**Retouch(white_balance="off").model_dump()).white_balance == "off"


def test_result_keeps_the_rest_of_the_picture():
    picture = photo().replace(mask=photo().matte)
    result = run(picture).picture
    assert result.matte is picture.matte
    assert result.mask is picture.mask
    assert torch.equal(result.to_source, picture.to_source)
    assert Retouch.may_change_product
    assert Retouch().source_type() is None


@pytest.mark.parametrize("size", [(1, 1), (3, 40), (17, 2)])
def test_tiny_pictures(size):
    picture = Picture(torch.rand(1, 3, *size), matte=(torch.rand(1, 1, *size) > 0.5).float())
    assert bool(torch.isfinite(run(picture, dust="everywhere", contrast=20, saturation=30).picture.rgb).all())


@pytest.mark.parametrize(
    "wrong",
    [
        {"exposure": 4}, {"temperature": 1000}, {"contrast": 60}, {"saturation": 101}, {"dust": "all"},
        {"limit_delta_e": -1}, {"neutral": "noclr"}, {"white_balance": "magic"}, {"exposure": float("nan")},
    ],
)  # fmt: skip
def test_bad_parameters_are_refused(wrong):
    with pytest.raises((ValidationError, ParameterError)):
        Retouch(**wrong)


def test_batches_and_nothing_are_refused():
    with pytest.raises(ParameterError, match="one picture"):
        run(Picture(torch.rand(2, 3, 8, 8)))
    with pytest.raises(ParameterError, match="got none"):
        run(None)


def test_module_imports_without_pixels():
    code = "import sys, packshot.operations.retouch; assert not {'torch', 'numpy', 'cv2'} & set(sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
