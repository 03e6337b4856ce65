"""Mattes: composites exact where nothing mixes, edge colours clean on any ground, erosion that keeps its promise."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from packshot.imaging import colour, mattes

seeds = st.integers(0, 10**6)


def disc(h=60, w=80, radius=20.0, soft=1.5):
    y, x = torch.meshgrid(torch.arange(h) + 0.5, torch.arange(w) + 0.5, indexing="ij")
    distance = ((y - h / 2) ** 2 + (x - w / 2) ** 2).sqrt()
    return ((radius - distance) / soft + 0.5).clamp(0, 1)[None, None]


@given(seeds)
def test_over_is_exact_where_nothing_mixes_and_linear_light_where_it_does(seed):
    torch.manual_seed(seed)
    front, back, alpha = torch.rand(1, 3, 9, 7), torch.rand(1, 3, 9, 7), torch.rand(1, 1, 9, 7)
    alpha[..., :3], alpha[..., 3:5] = 1, 0
    out = mattes.over(front, alpha, back)
    assert torch.equal(out[..., :3], front[..., :3])
    assert torch.equal(out[..., 3:5], back[..., 3:5])
    light = alpha * colour.srgb_to_linear(front) + (1 - alpha) * colour.srgb_to_linear(back)
    torch.testing.assert_close(out, colour.linear_to_srgb(light), rtol=0, atol=2e-3)


@pytest.mark.parametrize("old", [(0.1, 0.7, 0.2), (0.95, 0.95, 0.95), (0.05, 0.05, 0.05)])
def test_edges_are_clean_on_any_new_ground(old):
    alpha = disc(soft=4)
    truth = torch.tensor((0.8, 0.2, 0.1)).view(1, 3, 1, 1).expand(1, 3, 60, 80).clone()
    photo = mattes.over(truth, alpha, torch.tensor(old).view(1, 3, 1, 1))
    clean = mattes.foreground(photo, alpha)
    edge = (alpha > 0.05) & (alpha < 0.95)
    for ground in (0.0, 0.5, 1.0):
        new = torch.full((1, 3, 1, 1), ground)
        wanted = mattes.over(truth, alpha, new)
        before, after = (
            (mattes.over(x, alpha, new) - wanted).abs().mean(1, keepdim=True)[edge].mean() for x in (photo, clean)
        )
        assert after < max(0.02, before / 2)


def test_foreground_leaves_the_solid_product_alone():
    torch.manual_seed(1)
    rgb, alpha = torch.rand(1, 3, 60, 80), disc()
    solid = (alpha >= 0.99).expand_as(rgb)
    assert torch.equal(mattes.foreground(rgb, alpha)[solid], rgb[solid])


@pytest.mark.parametrize("px", [1, 2, 5])
def test_inner_lies_that_far_inside(px):
    alpha = disc(soft=0.01)
    inside = mattes.inner(alpha, px)
    assert inside.dtype == torch.bool
    grown = mattes.dilate(inside.float(), px) > 0.5
    assert not (grown & (alpha < 0.5)).any()
    assert inside.any()


def test_guided_filter_keeps_a_constant_and_follows_the_guide():
    guide = disc().expand(1, 3, 60, 80)
    flat = torch.full((1, 1, 60, 80), 0.3)
    torch.testing.assert_close(mattes.guided_filter(guide, flat, 4, 1e-4), flat, rtol=0, atol=1e-4)
    coarse = (torch.nn.functional.avg_pool2d(disc(), 5, 1, 2) > 0.5).float()
    refined = mattes.guided_filter(guide, coarse, 4, 1e-4)
    assert (refined - disc()).abs().mean() < (coarse - disc()).abs().mean() + 1e-3


def test_trimap_has_an_unknown_band_along_the_edge():
    trimap = mattes.trimap(disc(), 3)
    assert set(trimap.unique().tolist()) == {0.0, 0.5, 1.0}
    assert trimap[0, 0, 30, 40] == 1
    assert trimap[0, 0, 0, 0] == 0
    assert trimap[0, 0, 30, 60] == 0.5


def test_holes_are_found():
    ring = disc(radius=24) * (1 - disc(radius=10))
    holes = mattes.holes(ring)
    assert holes[0, 0, 30, 40]
    assert not holes[0, 0, 0, 0]


def test_closed_form_recovers_a_soft_edge():
    pytest.importorskip("pymatting")
    alpha = disc(soft=6)
    front = torch.tensor((0.9, 0.3, 0.1)).view(1, 3, 1, 1).expand(1, 3, 60, 80)
    photo = mattes.over(front, alpha, torch.tensor((0.1, 0.2, 0.6)).view(1, 3, 1, 1))
    found = mattes.closed_form(photo, mattes.trimap((alpha > 0.5).float(), 6))
    assert (found - alpha).abs().mean() < 0.02
