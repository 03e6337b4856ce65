"""colour.py against published pairs, two independent libraries, and its own inverses."""

import colour as science
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage import color as skimage_colour

from packshot.imaging import colour


def random_rgb(seed: int, n: int = 1, h: int = 40, w: int = 50) -> torch.Tensor:
    return torch.rand(n, 3, h, w, generator=torch.Generator().manual_seed(seed))


def last(x: torch.Tensor) -> np.ndarray:
    """Channels last, as the reference libraries want it."""
    return x[0].permute(1, 2, 0).double().numpy()


def test_spaces_agree_with_colour_science():
    rgb = random_rgb(2).double()
    linear = science.cctf_decoding(last(rgb), function="sRGB")
    assert np.abs(last(colour.srgb_to_linear(rgb)) - linear).max() < 1e-9
    assert np.abs(last(colour.linear_to_srgb(colour.srgb_to_linear(rgb))) - last(rgb)).max() < 1e-9
    xyz = linear @ np.array(colour.RGB_TO_XYZ).T
    white = science.XYZ_to_xy(np.array(colour.WHITE))
    assert np.abs(last(colour.rgb_to_lab(rgb)) - science.XYZ_to_Lab(xyz, white)).max() < 1e-4
    assert np.abs(last(colour.rgb_to_oklab(rgb)) - science.XYZ_to_Oklab(xyz)).max() < 1e-3
    assert np.abs(last(colour.luminance(rgb))[..., 0] - xyz[..., 1]).max() < 1e-9
    assert np.abs(last(colour.rgb_to_lab(rgb)) - skimage_colour.rgb2lab(last(rgb))).max() < 0.02


@pytest.mark.parametrize(
    ("there", "back", "tolerance"),
    [
        (colour.srgb_to_linear, colour.linear_to_srgb, 1e-6),
        (colour.rgb_to_lab, colour.lab_to_rgb, 1e-5),
        (colour.rgb_to_oklab, colour.oklab_to_rgb, 2e-5),
        (colour.oklab_to_oklch, colour.oklch_to_oklab, 1e-6),
    ],
)
def test_each_space_comes_back(there, back, tolerance):
    x = random_rgb(3)
    assert (back(there(x)) - x).abs().max() < tolerance
    unclamped = {"clamp": False} if back in (colour.lab_to_rgb, colour.oklab_to_rgb) else {}
    codes = (torch.arange(256) / 255).view(1, 1, 16, 16).repeat(1, 3, 1, 1)
    assert torch.equal((back(there(codes), **unclamped) * 255).round(), (codes * 255).round())


def test_black_white_and_greys_are_exact():
    ends = torch.tensor([0.0, 1.0]).view(1, 1, 1, 2).expand(1, 3, 1, 2)
    assert torch.equal(colour.srgb_to_linear(ends), ends)
    assert torch.equal(colour.linear_to_srgb(ends), ends)
    grey = torch.linspace(0, 1, 101).view(1, 1, 1, 101).repeat(1, 3, 1, 1)
    lab = colour.rgb_to_lab(grey)
    assert lab[:, 1:].abs().max() < 1e-4
    assert lab[0, 0, 0, 0] == 0
    assert abs(float(lab[0, 0, 0, -1]) - 100) < 1e-4
    assert colour.oklab_to_oklch(colour.rgb_to_oklab(grey))[:, 1].max() < 1e-6


PIXELWISE = [
    colour.srgb_to_linear, colour.linear_to_srgb, colour.rgb_to_lab, colour.lab_to_rgb,
    colour.rgb_to_oklab, colour.oklab_to_rgb, colour.luminance,
]  # fmt: skip


@pytest.mark.parametrize("function", PIXELWISE)
@pytest.mark.parametrize("kind", ["eight_bit", "float"])
def test_the_quick_way_agrees_with_the_plain_one(function, kind):
    """With a gradient asked for, PyTorch computes everything at once; without, OpenCV does, in strips."""
    x = random_rgb(4, n=2, h=150, w=201)
    x = (x * 255).round() / 255 if kind == "eight_bit" else x
    x = x * 100 if function is colour.lab_to_rgb else x
    plain = function(x.clone().requires_grad_()).detach()
    quick = function(x)
    scale = 100 if function is colour.rgb_to_lab else 1
    assert (quick - plain).abs().max() < 2e-6 * scale
    assert torch.equal(quick, function(x.transpose(2, 3).contiguous().transpose(2, 3))), "memory layout must not matter"


@pytest.mark.parametrize("value", [0.0, 0.5, 1.0])
def test_gradients_are_finite_at_black_grey_and_white(value):
    chain = [
        lambda x: colour.srgb_to_linear(x),
        lambda x: colour.linear_to_srgb(x),
        lambda x: colour.lab_to_rgb(colour.rgb_to_lab(x)),
        lambda x: colour.oklab_to_rgb(colour.oklch_to_oklab(colour.oklab_to_oklch(colour.rgb_to_oklab(x)))),
        lambda x: colour.delta_e_2000(colour.rgb_to_lab(x), colour.rgb_to_lab(x * 0.5 + 0.2)),
        lambda x: colour.delta_e_2000(colour.rgb_to_lab(x), colour.rgb_to_lab(x.detach())),
        lambda x: colour.luminance(x),
    ]
    for function in chain:
        x = torch.full((1, 3, 2, 2), value, requires_grad=True)
        function(x).sum().backward()
        assert torch.isfinite(x.grad).all()


@settings(max_examples=50, deadline=None)
@given(st.floats(0, 1), st.floats(0, 0.4), st.floats(0, 359.9))
def test_to_gamut_keeps_lightness_and_hue(L, C, h):
    asked = torch.tensor([L, C, h]).view(1, 3, 1, 1)
    got = colour.to_gamut(asked)
    linear = colour.srgb_to_linear(colour.oklab_to_rgb(colour.oklch_to_oklab(got), clamp=False))
    assert torch.equal(got[:, [0, 2]], asked[:, [0, 2]])
    assert 0 <= got[0, 1, 0, 0] <= asked[0, 1, 0, 0]
    assert linear.min() > -2e-4
    assert linear.max() < 1 + 2e-4
    wider = got + torch.tensor([0, 1e-3, 0]).view(1, 3, 1, 1)
    shown = colour.srgb_to_linear(colour.oklab_to_rgb(colour.oklch_to_oklab(wider), clamp=False))
    reduced = float(got[0, 1, 0, 0]) < C - 1e-6
    assert not reduced or shown.min() < 0 or shown.max() > 1, "chroma was reduced further than needed"


def test_in_gamut_is_what_comes_back_unclamped():
    lab = torch.rand(1, 3, 50, 50, generator=torch.Generator().manual_seed(6)) * torch.tensor([100, 200, 200]).view(
        1, 3, 1, 1
    ) - torch.tensor([0, 100, 100]).view(1, 3, 1, 1)
    inside = colour.in_gamut(lab)
    back = colour.rgb_to_lab(colour.lab_to_rgb(lab))
    moved = (back - lab).abs().amax(1, keepdim=True)
    assert 0.05 < inside.float().mean() < 0.95
    assert moved[inside].max() < 0.2
    assert moved[~inside].min() > 1e-4
    assert colour.in_gamut(colour.rgb_to_lab(random_rgb(7))).all()
