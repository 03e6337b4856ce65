"""Cutout: drawn products with known mattes, each with a stated outcome, and no picture that stops it."""

import cv2
import numpy as np
import pytest
import torch

from packshot.imaging import mattes
from packshot.imaging.picture import Picture
from packshot.operations.cutout import Cutout
from packshot.operations.operation import Context

H, W = 200, 240
WHITE, GREY, BLACK = (0.97, 0.97, 0.96), (0.6, 0.6, 0.61), (0.06, 0.06, 0.07)


def shape(kind):
    matte = np.zeros((4 * H, 4 * W), np.uint8)
    if kind == "box":
        cv2.rectangle(matte, (280, 240), (660, 600), 255, -1)
    elif kind == "ring":
        cv2.circle(matte, (480, 400), 240, 255, -1)
        cv2.circle(matte, (480, 400), 130, 0, -1)
    elif kind == "border":
        cv2.rectangle(matte, (280, 300), (660, 4 * H), 255, -1)
    else:
        cv2.ellipse(matte, (480, 420), (220, 170), 20, 0, 360, 255, -1)
    return cv2.resize(matte, (W, H), interpolation=cv2.INTER_AREA).astype(np.float32) / 255


def photo(kind="ellipse", product=(0.75, 0.15, 0.12), ground=WHITE, shadow=0.0, noise=0.004, seed=0):
    """The photo `(1, 3, h, w)` and the true matte `(1, 1, h, w)`; uneven light on the ground, shading on it."""
    rng = np.random.default_rng(seed)
    matte = shape(kind)
    light = np.linspace(1.0, 0.93, H)[:, None, None] * np.ones((1, W, 1))
    back = np.array(ground) * light
    if shadow:
        cast = cv2.GaussianBlur(np.roll(matte, (12, 14), (0, 1)), (0, 0), 9)
        back = back * (1 - shadow * cast[..., None])
    shade = (0.75 + 0.35 * np.linspace(0, 1, W))[None, :, None]
    front = np.clip(np.array(product) * shade, 0, 1) * np.ones((H, W, 3))
    mixed = mattes.over(
        *(torch.from_numpy(x.astype(np.float32).transpose(2, 0, 1))[None] for x in (front, matte[..., None], back))
    )
    rgb = (mixed + torch.from_numpy(rng.normal(0, noise, (1, 3, H, W)).astype(np.float32))).clamp(0, 1)
    return (rgb * 255).round() / 255, torch.from_numpy(matte)[None, None]


def cut(rgb, **parameters):
    return Cutout(**parameters).apply(Picture(rgb), Context())


def iou(a, b):
    return float(torch.minimum(a, b).sum() / torch.maximum(a, b).sum())


@pytest.mark.parametrize("kind", ["ellipse", "box", "ring"])
@pytest.mark.parametrize("ground", [WHITE, GREY, BLACK, (0.85, 0.75, 0.5)])
def test_a_product_on_a_plain_ground(kind, ground):
    rgb, truth = photo(kind, ground=ground)
    done = cut(rgb)
    assert iou(done.picture.matte, truth) > 0.95
    assert done.flags == ()
    assert done.numbers["confidence"] > 0.6


def test_a_soft_shadow_is_no_product():
    rgb, truth = photo(shadow=0.35)
    assert iou(cut(rgb).picture.matte, truth) > 0.95


def test_the_hole_of_a_ring_stays_open():
    matte = cut(photo("ring")[0]).picture.matte
    assert matte[0, 0, 100, 120] < 0.1
    assert matte[0, 0, 100, 166] > 0.9


def test_nearly_white_on_white():
    rgb, truth = photo("box", product=(0.86, 0.86, 0.84), noise=0.002)
    assert iou(cut(rgb).picture.matte, truth) > 0.9


def test_a_product_that_touches_the_border():
    rgb, truth = photo("border")
    assert iou(cut(rgb).picture.matte, truth) > 0.9


@pytest.mark.parametrize("value", [0.0, 0.5, 1.0])
def test_an_empty_picture_is_flagged_and_does_not_crash(value):
    done = cut(torch.full((1, 3, 64, 64), value))
    assert done.flags
    assert done.numbers["confidence"] < 0.6


@pytest.mark.parametrize(("h", "w"), [(1, 1), (1, 300), (300, 1), (2, 2), (7, 5), (13, 13)])
def test_tiny_and_thin_pictures(h, w):
    torch.manual_seed(0)
    done = cut(torch.rand(1, 3, h, w))
    assert done.picture.matte.shape == (1, 1, h, w)
    assert torch.isfinite(done.picture.matte).all()
    assert done.flags


def test_noise_is_flagged():
    torch.manual_seed(0)
    assert cut(torch.rand(1, 3, 120, 160)).flags


def test_a_transparent_picture_keeps_its_own_edge():
    rgb, truth = photo()
    done = Cutout().apply(Picture(rgb, alpha=truth, matte=truth), Context())
    assert torch.equal(done.picture.matte, truth)


def test_inside_the_pixels_stay_and_the_edge_is_clean():
    rgb, truth = photo(ground=(0.1, 0.6, 0.2))
    done = cut(rgb).picture
    solid = (done.matte >= 0.99).expand_as(rgb)
    assert torch.equal(done.rgb[solid], rgb[solid])
    edge = ((truth > 0.1) & (truth < 0.9)).expand_as(rgb)
    for ground in (1.0, 0.5, 0.0):
        new = torch.full((1, 3, 1, 1), ground)
        front = torch.tensor((0.75, 0.15, 0.12)).view(1, 3, 1, 1) * torch.linspace(0.75, 1.1, W)
        wanted = mattes.over(front.expand_as(rgb).contiguous(), truth, new)
        assert (mattes.over(done.rgb, done.matte, new) - wanted)[edge].abs().mean() < 0.12


def test_the_same_picture_gives_the_same_matte_whatever_came_before():
    rgb, _ = photo(seed=3)
    first = cut(rgb).picture.matte
    for seed in range(3):
        cut(photo("box", seed=seed, ground=GREY)[0])
    assert torch.equal(cut(rgb).picture.matte, first)


def test_refine_and_bounds():
    pytest.importorskip("pymatting")
    rgb, truth = photo()
    for how in ("guided", "closed-form", "none"):
        assert iou(cut(rgb, refine=how).picture.matte, truth) > 0.9
    with pytest.raises(ValueError, match="flag_below"):
        Cutout(flag_below=2)
