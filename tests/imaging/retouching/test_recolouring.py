"""Recolouring: what must change, and what must not, on drawn products whose parts are known."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from packshot.errors import PictureError
from packshot.imaging.colour import delta_e_2000, linear_to_srgb, rgb_to_lab, srgb_to_linear
from packshot.imaging.retouching import materials
from packshot.imaging.retouching.recolouring import delta_e_outside, lab_of, recolour
from packshot.imaging.retouching.selection import select

SIZE = 96
COLOURS = st.tuples(*[st.floats(0.02, 0.98)] * 3)


def linear(colour):
    return srgb_to_linear(torch.tensor(colour).reshape(1, 3, 1, 1))


def shading(size=SIZE, low=0.35):
    """Folds: smooth, between `low` and 1."""
    x = torch.linspace(0, 3 * np.pi, size)
    return (low + (1 - low) * (0.5 + 0.5 * torch.sin(x[None, :] + x[:, None] / 3)))[None, None]


def disc(size=SIZE, radius=0.4, centre=(0.5, 0.5)):
    at = (torch.arange(size) + 0.5) / size
    return (torch.hypot(at[:, None] - centre[0], at[None] - centre[1]) < radius).float()[None, None]


def product(colour, low=0.35, gloss=0.0):
    """A shaded disc of one colour on white, with a white highlight."""
    light = shading(low=low)
    spot = disc(radius=0.06, centre=(0.4, 0.6)) * gloss
    inside = linear(colour) * light * (1 - spot) + spot
    mask = disc()
    return linear_to_srgb(inside * mask + (1 - mask)).clamp(0, 1), mask


def mean_lab(rgb, where):
    return rgb_to_lab(rgb)[:, :, where[0, 0] > 0.5].mean(2).flatten()


def lightness(rgb):
    return rgb_to_lab(rgb)[:, :1]


@given(colour=COLOURS, target=COLOURS)
@settings(max_examples=25, deadline=None)
def test_outside_is_bit_exact_and_inside_is_a_picture(colour, target):
    rgb, mask = product(colour)
    done = recolour(rgb, mask, lab_of(target))
    assert torch.equal(done.rgb[(mask == 0).expand_as(rgb)], rgb[(mask == 0).expand_as(rgb)])
    assert bool(torch.isfinite(done.rgb).all())
    assert float(done.rgb.min()) >= 0
    assert float(done.rgb.max()) <= 1
    assert delta_e_outside(rgb, done.rgb, mask) == 0


@given(colour=COLOURS, target=COLOURS)
@settings(max_examples=10, deadline=None)
def test_strength_zero_is_the_identity(colour, target):
    rgb, mask = product(colour)
    assert torch.equal(recolour(rgb, mask, lab_of(target), strength=0).rgb, rgb)


@given(colour=COLOURS)
@settings(max_examples=25, deadline=None)
def test_its_own_colour_changes_nothing(colour):
    rgb, mask = product(colour)
    own = recolour(rgb, mask, (50, 0, 0), strength=0).reached
    done = recolour(rgb, mask, own)
    assert float(delta_e_2000(rgb_to_lab(done.rgb), rgb_to_lab(rgb)).max()) < 0.2


@given(colour=COLOURS, target=st.tuples(*[st.floats(0.15, 0.8)] * 3))
@settings(max_examples=25, deadline=None)
def test_flat_product_reaches_the_target(colour, target):
    rgb, mask = product(colour, low=1.0)
    done = recolour(rgb, mask, lab_of(target))
    assert done.delta_e < 2
    got = mean_lab(done.rgb, mask).reshape(1, 3, 1, 1)
    assert float(delta_e_2000(got, torch.tensor(lab_of(target)).reshape(1, 3, 1, 1))) < 2


@given(colour=COLOURS, target=COLOURS)
@settings(max_examples=25, deadline=None)
def test_order_of_shading_is_kept(colour, target):
    rgb, mask = product(colour)
    done = recolour(rgb, mask, lab_of(target), keep_highlights=False)
    inside = mask[0, 0] > 0
    old, new = lightness(rgb)[0, 0][inside], lightness(done.rgb)[0, 0][inside]
    ordered = new[old.argsort()]
    assert float((ordered.cummax(0).values - ordered).max()) < 0.6  # lightness never falls where it rose


@pytest.mark.parametrize("target", [(0.1, 0.2, 0.6), (0.9, 0.85, 0.2), (0.05, 0.05, 0.05), (0.85, 0.85, 0.85)])
def test_folds_stay_visible(target):
    for colour in ((0.7, 0.1, 0.15), (0.06, 0.06, 0.07), (0.9, 0.9, 0.88)):
        rgb, mask = product(colour)
        done = recolour(rgb, mask, lab_of(target))
        before, after = (float(lightness(x)[mask > 0].std()) for x in (rgb, done.rgb))
        assert after > min(1.5, 0.6 * before)


@pytest.mark.parametrize("target", [(0.1, 0.15, 0.7), (0.2, 0.6, 0.1), (0.03, 0.03, 0.03), (0.95, 0.9, 0.1)])
def test_highlights_stay_white(target):
    rgb, mask = product((0.75, 0.1, 0.12), gloss=0.95)
    spot = disc(radius=0.05, centre=(0.4, 0.6))[0, 0] > 0
    before, after = (rgb_to_lab(x)[0][:, spot] for x in (rgb, recolour(rgb, mask, lab_of(target)).rgb))
    assert float(after[0].min()) > 85
    assert float(torch.hypot(after[1], after[2]).max()) < max(12.0, float(torch.hypot(before[1], before[2]).max()) + 2)


def test_there_and_back_again():
    rgb, mask = product((0.2, 0.3, 0.55))
    there = recolour(rgb, mask, lab_of((0.62, 0.25, 0.2)))
    home = recolour(rgb, mask, (0, 0, 0), strength=0).reached
    back = recolour(there.rgb, mask, home)
    assert float(delta_e_2000(rgb_to_lab(back.rgb), rgb_to_lab(rgb))[mask > 0].mean()) < 1.5


@pytest.mark.parametrize("size", [1, 2, 3, 5])
def test_tiny_pictures(size):
    rgb = torch.full((1, 3, size, size), 0.4)
    weight = torch.ones(1, 1, size, size)
    done = recolour(rgb, weight, lab_of((0.7, 0.2, 0.2)))
    assert done.delta_e < 2
    chosen = select(rgb, weight, None, 6.0)
    assert chosen is None or bool(torch.isfinite(chosen.weight).all())


def test_nothing_selected_is_an_error():
    with pytest.raises(PictureError, match="weight"):
        recolour(torch.rand(1, 3, 8, 8), torch.zeros(1, 1, 8, 8), (50, 0, 0))


def test_soft_edge_is_shared_between_old_and_new():
    """A half-covered pixel of a black product on white, recoloured, is half the new colour and half white."""
    black, yellow = torch.full((1, 3, 1, 1), 0.002), linear((0.9, 0.8, 0.1))
    alpha = torch.ones(1, 1, 24, 24)
    alpha[..., 12:13], alpha[..., 13:] = 0.5, 0
    rgb = linear_to_srgb(alpha * black + (1 - alpha)).clamp(0, 1)
    done = srgb_to_linear(recolour(rgb, alpha, lab_of((0.9, 0.8, 0.1))).rgb)
    torch.testing.assert_close(done[0, :, 12, 12], (0.5 * yellow + 0.5).flatten(), atol=0.03, rtol=0)


# --- selection ------------------------------------------------------------------------------------------------------


def printed(colour, ink):
    """A shaded square of cloth with a printed disc and an other-coloured strip, and where each of them is."""
    light, print_ = shading(), disc(radius=0.15)
    strip = torch.zeros_like(print_)
    strip[..., 80:, :] = 1
    cloth = linear(colour) * (1 - print_) + linear(ink) * print_
    rgb = linear_to_srgb((cloth * (1 - strip) + linear((0.35, 0.22, 0.12)) * strip) * light).clamp(0, 1)
    return rgb, print_, strip


@pytest.mark.parametrize(
    ("colour", "ink"),
    [
        ((0.1, 0.2, 0.7), (0.95, 0.95, 0.95)),
        ((0.7, 0.1, 0.1), (0.05, 0.05, 0.05)),
        ((0.1, 0.1, 0.1), (0.9, 0.2, 0.2)),
        ((0.85, 0.85, 0.85), (0.1, 0.3, 0.8)),
        ((0.95, 0.8, 0.1), (0.1, 0.45, 0.2)),
    ],
)
def test_print_and_other_parts_stay(colour, ink):
    rgb, print_, strip = printed(colour, ink)
    chosen = select(rgb, torch.ones_like(print_), None, 6.0)
    done = recolour(rgb, chosen.weight, lab_of((0.55, 0.2, 0.6)))
    moved = delta_e_2000(rgb_to_lab(done.rgb), rgb_to_lab(rgb))[0, 0]
    assert float(moved[(disc(radius=0.13) > 0)[0, 0]].max()) < 1
    assert float(moved[84:].max()) < 1
    cloth = ((1 - print_) * (1 - strip))[0, 0].bool() & (disc(radius=0.19)[0, 0] == 0)
    cloth[74:] = False
    assert float(chosen.weight[0, 0][cloth].mean()) > 0.97


def test_source_chooses_the_part():
    rgb, print_, _ = printed((0.1, 0.2, 0.7), (0.9, 0.75, 0.1))
    chosen = select(rgb, torch.ones_like(print_), lab_of((0.9, 0.8, 0.2)), 6.0)
    assert float(chosen.weight[print_ > 0].mean()) > 0.9
    assert float(chosen.weight[disc(radius=0.19) == 0].max()) < 0.05
    assert select(rgb, torch.ones_like(print_), lab_of((0.0, 0.9, 0.0)), 6.0) is None


def test_selection_stays_inside_its_region():
    rgb, print_, _ = printed((0.1, 0.2, 0.7), (0.9, 0.75, 0.1))
    region = torch.zeros_like(print_)
    region[..., :, :48] = 1
    chosen = select(rgb, region, None, 6.0)
    assert float((chosen.weight * (1 - region)).max()) == 0
    assert select(rgb, torch.zeros_like(region), None, 6.0) is None


@given(st.integers(0, 10_000))
@settings(max_examples=20, deadline=None)
def test_noise_is_survived(seed):
    rgb = torch.rand(1, 3, 24, 32, generator=torch.Generator().manual_seed(seed))
    chosen = select(rgb, torch.ones(1, 1, 24, 32), None, 6.0)
    if chosen is not None:
        assert 0 <= float(chosen.weight.min()) <= float(chosen.weight.max()) <= 1
        assert bool(torch.isfinite(recolour(rgb, chosen.weight, (60, 40, -20)).rgb).all())


def test_materials_of_a_two_coloured_thing():
    rgb, _, _ = printed((0.1, 0.2, 0.7), (0.9, 0.75, 0.1))
    points = rgb_to_lab(rgb)[0].flatten(1).T.contiguous().numpy()
    found = materials.find_all(points, 6.0)
    assert len(found) >= 3
    assert found[0].share > 0.6
    assert found[0].lab[2] < -20  # the blue cloth
    assert sum(m.share for m in found) <= 1.0001
