"""The operation `recolour`: its regions, numbers, flags and limits."""

import subprocess
import sys

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from packshot.errors import ParameterError
from packshot.imaging.colour import delta_e_2000, linear_to_srgb, rgb_to_lab, srgb_to_linear
from packshot.imaging.picture import Picture
from packshot.operations.operation import Context
from packshot.operations.recolour import Recolour

SIZE = 80


def colour(*rgb):
    return srgb_to_linear(torch.tensor(rgb).reshape(1, 3, 1, 1))


def can(body=(0.1, 0.45, 0.2), label=(0.93, 0.9, 0.85)):
    """A shaded cylinder with a label, on white, with a soft matte, and where its label is."""
    x = (torch.arange(SIZE) + 0.5) / SIZE
    light = (0.25 + 0.75 * torch.sqrt((1 - ((x - 0.45) / 0.45) ** 2).clamp(min=0)))[None, None, None]
    across = ((0.35 - (x - 0.5).abs()) * SIZE).clamp(0, 1)
    along = ((x > 0.1) & (x < 0.9)).float()
    matte = (along[:, None] * across[None])[None, None]
    tag = ((x > 0.4) & (x < 0.7)).float()[:, None].expand(SIZE, SIZE)[None, None]
    surface = (colour(*body) * (1 - tag) + colour(*label) * tag) * light
    return Picture(linear_to_srgb(surface * matte + (1 - matte)).clamp(0, 1), matte=matte), tag * (matte > 0)


def run(picture, **parameters):
    return Recolour(**parameters).apply(picture, Context())


def moved(before, after):
    return delta_e_2000(rgb_to_lab(before.rgb), rgb_to_lab(after.rgb))


def test_body_changes_and_label_and_ground_stay():
    picture, tag = can()
    result = run(picture, to="#b3202c")
    change = moved(picture, result.picture)
    assert float(change[(picture.matte == 0)].max()) == 0
    inside = tag[0, 0].bool() & (picture.matte[0, 0] == 1)
    inside[:34] = False
    inside[54:] = False
    assert float(change[0, 0][inside].max()) < 1
    assert result.numbers["delta_e_outside"] == 0
    assert result.numbers["delta_e_to_target"] < 2
    assert result.numbers["delta_e_moved"] > 30
    assert 0.15 < result.numbers["changed_share"] < 0.5
    assert result.layers["recoloured"].shape == picture.matte.shape
    assert result.picture.matte is picture.matte
    assert result.flags == ()


def test_strength():
    picture, _ = can()
    assert torch.equal(run(picture, to="red", strength=0).picture.rgb, picture.rgb)
    assert Recolour(to="red", strength=0).source_type() is None
    assert Recolour(to="red").source_type() == "compositeSynthetic"
    half, whole = (run(picture, to="#b3202c", strength=s).numbers for s in (0.5, 1))
    assert half["delta_e_to_target"] < 2
    assert half["delta_e_moved"] < whole["delta_e_moved"]


def test_source_names_the_part():
    picture, tag = can()
    result = run(picture, to="#2050a0", source="cream")
    body = (picture.matte == 1) & (tag == 0)
    assert float(moved(picture, result.picture)[body].max()) < 1
    assert float(result.layers["recoloured"][(tag > 0) & (picture.matte == 1)].mean()) > 0.9
    missing = run(picture, to="#2050a0", source="magenta")
    assert missing.flags == ("nothing of that colour found",)
    assert missing.numbers == {"changed_share": 0.0}
    assert missing.picture is picture


def test_region_mask_and_all_parts():
    picture, tag = can()
    everything = run(picture.replace(mask=tag), to="navy", region="mask", parts="all")
    assert float(moved(picture, everything.picture)[tag == 0].max()) == 0
    assert float(moved(picture, everything.picture)[(tag > 0) & (picture.matte == 1)].min()) > 20
    with pytest.raises(ParameterError, match="mask"):
        run(picture, to="navy", region="mask")
    with pytest.raises(ParameterError, match="cutout"):
        run(Picture(picture.rgb), to="navy")
    batch = Picture(picture.rgb.repeat(2, 1, 1, 1), matte=picture.matte.repeat(2, 1, 1, 1))
    with pytest.raises(ParameterError, match="one picture"):
        run(batch, to="navy")


def test_transparent_picture_changes_to_its_very_edge():
    """After a cut-out colours are the product's own even where alpha is small: none may keep the old colour."""
    opaque, _ = can(label=(0.1, 0.45, 0.2))
    x = (torch.arange(SIZE) + 0.5) / SIZE
    light = (0.25 + 0.75 * torch.sqrt((1 - ((x - 0.45) / 0.45) ** 2).clamp(min=0)))[None, None, None]
    straight = linear_to_srgb(colour(0.1, 0.45, 0.2) * light).clamp(0, 1).expand(1, 3, SIZE, SIZE).contiguous()
    picture = Picture(straight, matte=opaque.matte, alpha=opaque.matte)
    result = run(picture, to="#b3202c").picture
    lab = rgb_to_lab(result.rgb)
    assert float(lab[:, 1:2][picture.matte > 0.02].min()) > 5  # red everywhere, green (a < 0) nowhere
    assert result.alpha is picture.alpha


@pytest.mark.parametrize("to", ["black", "white", "#39ff14", "#ff00ff", "#0000ff", "lab(50 0 0)", "藏青"])
@pytest.mark.parametrize("body", [(0.05, 0.05, 0.05), (0.5, 0.5, 0.5), (0.93, 0.93, 0.93), (0.8, 0.1, 0.1)])
def test_extreme_targets_from_any_source(to, body):
    picture, _ = can(body=body, label=body)
    result = run(picture, to=to)
    assert bool(torch.isfinite(result.picture.rgb).all())
    inside = rgb_to_lab(result.picture.rgb)[:, 0][(picture.matte == 1)[:, 0]]
    before = rgb_to_lab(picture.rgb)[:, 0][(picture.matte == 1)[:, 0]]
    assert float(inside.std()) > min(0.6, 0.25 * float(before.std()))  # never a flat patch
    reached = result.numbers["delta_e_to_target"]
    assert reached < 15
    assert ("target out of reach" in result.flags) == (reached > 3)


@given(
    h=st.integers(1, 12), w=st.integers(1, 12), seed=st.integers(0, 9999), to=st.sampled_from(["red", "white", "black"])
)
@settings(max_examples=30, deadline=None)
def test_any_small_picture_survives(h, w, seed, to):
    generator = torch.Generator().manual_seed(seed)
    picture = Picture(torch.rand(1, 3, h, w, generator=generator), matte=torch.rand(1, 1, h, w, generator=generator))
    result = run(picture, to=to)
    assert bool(torch.isfinite(result.picture.rgb).all())
    assert 0 <= result.numbers["changed_share"] <= 1


def test_several_colours_are_flagged():
    blue, yellow = (can(body=c, label=c)[0] for c in ((0.1, 0.2, 0.7), (0.9, 0.8, 0.1)))
    stripes = torch.cat((blue.rgb[..., : SIZE // 2], yellow.rgb[..., SIZE // 2 :]), 3)
    assert any("several colours" in f for f in run(blue.replace(rgb=stripes), to="red").flags)


@pytest.mark.parametrize(
    "wrong",
    [
        {}, {"to": "no such colour"}, {"to": "red", "strength": 1.1}, {"to": "red", "tolerance": 0},
        {"to": "red", "source": "blurple-ish"}, {"to": "red", "region": "sky"}, {"to": "red", "parts": "some"},
    ],
)  # fmt: skip
def test_bad_parameters_are_refused(wrong):
    with pytest.raises((ValidationError, ParameterError)):
        Recolour(**wrong)


def test_module_imports_without_pixels():
    code = "import sys, packshot.operations.recolour; assert not {'torch', 'numpy', 'cv2'} & set(sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
