"""geometry.py: what must hold of every movement of a picture, by property and against a plain reference."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from packshot.errors import ParameterError
from packshot.imaging import geometry
from packshot.imaging.colour import linear_to_srgb, srgb_to_linear
from packshot.imaging.geometry import carry, corners, homography, resize, resize_layer, scale_shift, transform_points
from packshot.imaging.picture import Picture

side = st.integers(1, 90)
LAYERS = ("rgb", "alpha", "matte", "mask")


def noise(seed: int, h: int, w: int, c: int = 3, n: int = 1) -> torch.Tensor:
    """8-bit noise, as a photo as read."""
    g = torch.Generator().manual_seed(seed)
    return torch.randint(0, 256, (n, c, h, w), generator=g).float() / 255


def full_picture(seed: int, h: int, w: int) -> Picture:
    rgb, (matte, mask, alpha) = noise(seed, h, w), noise(seed + 1, h, w, 3).split(1, 1)
    return Picture(rgb, matte.contiguous(), mask.contiguous(), alpha.contiguous())


def spot(h: int, w: int, x: float, y: float, sigma: float = 2.0) -> torch.Tensor:
    """A soft mark `(1, 1, h, w)` at the continuous place (x, y)."""
    columns, rows = torch.arange(w) + 0.5 - x, torch.arange(h)[:, None] + 0.5 - y
    return torch.exp(-(columns**2 + rows**2) / (2 * sigma**2))[None, None]


def centre(layer: torch.Tensor) -> tuple[float, float]:
    """Centre of mass (x, y) of `(1, 1, h, w)` in continuous pixel coordinates."""
    _, _, h, w = layer.shape
    total = layer.sum()
    x = (layer.sum((0, 1, 2)) * (torch.arange(w) + 0.5)).sum() / total
    y = (layer.sum((0, 1, 3)) * (torch.arange(h) + 0.5)).sum() / total
    return float(x), float(y)


def marked(h: int, w: int, x: float, y: float) -> Picture:
    return Picture(linear_to_srgb(spot(h, w, x, y)).expand(1, 3, h, w).contiguous(), matte=spot(h, w, x, y))


# Points and transforms


def test_bounding_box_is_exclusive_at_the_end_and_none_if_empty():
    layer = torch.zeros(1, 1, 20, 30)
    assert geometry.bounding_box(layer) is None
    layer[..., 4:9, 7:21] = 0.6
    assert geometry.bounding_box(layer) == (7, 4, 21, 9)
    assert geometry.bounding_box(layer, 0.7) is None
    assert geometry.bounding_box(layer > 0.5) == (7, 4, 21, 9)


@pytest.mark.parametrize("size", [(0, 5), (5, -1), (5,), (4.5, 4)])
def test_sizes_are_refused_by_name(size):
    with pytest.raises(ParameterError, match="size"):
        resize(Picture(noise(0, 5, 5)), size)


def test_a_flat_transform_is_refused():
    with pytest.raises(ParameterError, match="to_old"):
        carry(Picture(noise(0, 5, 5)), scale_shift(0, 1, 0, 0), (5, 5))


# Whole pixels: bit by bit


@settings(max_examples=40, deadline=None)
@given(side, side, side, side, st.integers(-60, 60), st.integers(-60, 60), st.sampled_from(["opaque", "transparent"]))
def test_whole_shifts_copy_every_bit(h, w, new_h, new_w, tx, ty, outside):
    picture, fill = full_picture(1, h, w), (0.25, 0.5, 1.0)
    moved = carry(picture, scale_shift(1, 1, tx, ty), (new_h, new_w), fill, outside)
    ys, xs = torch.arange(new_h) + ty, torch.arange(new_w) + tx
    seen = ((ys >= 0) & (ys < h))[:, None] & ((xs >= 0) & (xs < w))
    elsewhere = {"rgb": fill, "alpha": (float(outside == "opaque"),), "matte": (0.0,), "mask": (0.0,)}
    for name in LAYERS:
        old, new = getattr(picture, name), getattr(moved, name)
        expected = torch.tensor(elsewhere[name]).view(1, -1, 1, 1).repeat(1, 1, new_h, new_w)
        expected[..., seen] = old[:, :, ys.clamp(0, h - 1)][..., xs.clamp(0, w - 1)][..., seen]
        assert torch.equal(new, expected), name
    assert torch.equal(
        transform_points(moved.to_source, corners(moved.size)) - torch.tensor([tx, ty]), corners(moved.size)
    )


def test_the_identity_gives_the_same_tensors():
    picture = full_picture(2, 31, 17)
    assert resize(picture, picture.size).rgb is picture.rgb
    assert carry(picture, torch.eye(3), picture.size).alpha is picture.alpha
    assert resize_layer(picture.rgb, picture.size, linear=True) is picture.rgb


@pytest.mark.parametrize("quarters", [-1, 0, 1, 2, 3, 6])
def test_turns_and_flips_are_exact_and_keep_to_source_true(quarters):
    picture = full_picture(3, 12, 19)
    turned = geometry.turn(picture, quarters)
    assert torch.equal(turned.rgb, torch.rot90(picture.rgb, -quarters, (2, 3)))
    for moved in (turned, geometry.flip(turned)):
        places = transform_points(moved.to_source, torch.tensor([[3.5, 2.5], [0.5, 0.5]])).floor().long().tolist()
        for (x, y), (new_x, new_y) in zip(places, [(3, 2), (0, 0)], strict=True):
            assert torch.equal(moved.rgb[:, :, new_y, new_x], picture.rgb[:, :, y, x])
            assert torch.equal(moved.matte[:, :, new_y, new_x], picture.matte[:, :, y, x])
    back = geometry.turn(turned, -quarters)
    assert torch.equal(back.rgb, picture.rgb)
    assert torch.allclose(back.to_source, picture.to_source)


def test_alpha_appears_only_when_something_transparent_came_in():
    picture = Picture(noise(4, 20, 20))
    assert carry(picture, scale_shift(1, 1, 2, 2), (10, 10), outside="transparent").alpha is None
    assert carry(picture, scale_shift(1, 1, -2, 0), (20, 20), outside="opaque").alpha is None
    for to_old in (scale_shift(1, 1, -2, 0), scale_shift(1.5, 1.5, -2, 0)):
        padded = carry(picture, to_old, (20, 20), (1, 0, 0), outside="transparent")
        assert padded.alpha[0, 0, 5].tolist()[:1] == [0]
        assert torch.equal(padded.rgb[0, :, 5, 0], torch.tensor([1.0, 0, 0]))
        assert padded.alpha[0, 0, 5, 10] == 1


# Scaling


@settings(max_examples=30, deadline=None)
@given(side, side, side, side, st.integers(0, 255), st.booleans())
def test_a_constant_stays_constant(h, w, new_h, new_w, level, with_alpha):
    rgb = torch.full((1, 3, h, w), level / 255)
    alpha = noise(6, h, w, 1) if with_alpha else None
    new = resize(Picture(rgb, alpha=alpha), (new_h, new_w))
    shown = new.alpha.expand_as(new.rgb) > 1e-4 if with_alpha else torch.ones_like(new.rgb, dtype=torch.bool)
    assert torch.equal((new.rgb[shown] * 255).round(), torch.full_like(new.rgb[shown], level))
    assert (new.rgb[shown] - level / 255).abs().max() < 1e-3 if shown.any() else True
    if not with_alpha:
        assert (new.rgb - level / 255).abs().max() < 2e-6


def test_white_and_black_stay_exactly_so():
    for level in (0.0, 1.0):
        for size in ((7, 9), (150, 131), (64, 64)):
            assert torch.equal(
                resize(Picture(torch.full((1, 3, 64, 64), level)), size).rgb.unique(), torch.tensor([level])
            )


@pytest.mark.parametrize("size", [(50, 40), (33, 71), (100, 80)])
def test_the_mean_light_is_kept(size):
    """In linear light, not in sRGB values; noise is the case where the two differ most."""
    rgb = 0.2 + 0.6 * noise(7, 200, 160)
    small = resize(Picture(rgb), size).rgb
    assert abs(float(srgb_to_linear(small).mean() / srgb_to_linear(rgb).mean()) - 1) < 0.005
    assert float(small.mean() - rgb.mean()) > 0.01


def test_alternating_black_and_white_becomes_the_right_grey():
    board = ((torch.arange(128)[:, None] + torch.arange(128)) % 2).float().expand(1, 3, 128, 128).contiguous()
    grey = resize(Picture(board), (32, 32)).rgb[..., 4:-4, 4:-4]
    assert (grey - 0.7354).abs().max() < 0.01  # sRGB value of half the light


@pytest.mark.parametrize("reduction", [1.3, 2.37, 3.0, 0.4])
def test_edges_hardly_ring_and_never_leave_the_range(reduction):
    """A mid-grey product on white: darker by at most 15 of 255 beside the edge, and white stays white beyond it."""
    rgb = torch.ones(1, 3, 30, 400)
    rgb[..., 197:] = 128 / 255
    row = resize(Picture(rgb), (30, round(400 / reduction))).rgb[0, 0, 15]
    assert row.min() > (128 - 15.5) / 255
    assert row.max() <= 1
    beyond = round(197 / reduction) - 3
    assert (row[:beyond] == 1).all()


@settings(max_examples=30, deadline=None)
@given(st.floats(0.2, 4), st.floats(-9, 9))
def test_hard_mattes_leak_nothing_and_stay_ordered(scale, shift):
    matte = torch.zeros(1, 1, 12, 200)
    matte[..., 100:] = 1
    width = 60
    new = carry(
        Picture(torch.ones(1, 3, 12, 200), matte=matte), scale_shift(scale, 1, 100 - 30 * scale + shift, 0), (12, width)
    )
    row, edge = new.matte[0, 0, 6], 30 - shift / scale
    places = torch.arange(width) + 0.5
    reach = 2 * max(1, 1 / scale)
    assert (row[places < edge - reach] == 0).all()
    inside = (places > edge + reach) & (scale * places + 100 - 30 * scale + shift < 200 - scale)
    assert (row[inside] > 1 - 1e-6).all()
    falling = (row.diff() < -1e-6) & inside[1:]
    assert not falling.any()


def test_transparent_edges_have_no_halo():
    """Product red, hidden colour green, soft alpha: at every opacity the visible colour is red."""
    alpha = (spot(80, 80, 40, 40, 15) * 2 - 0.5).clamp(0, 1)
    rgb = torch.where(
        alpha > 0, torch.tensor([0.8, 0.1, 0.1]).view(1, 3, 1, 1), torch.tensor([0.0, 1, 0]).view(1, 3, 1, 1)
    )
    for size in ((23, 31), (200, 170)):
        new = resize(Picture(rgb, alpha=alpha), size)
        visible = new.alpha[:, 0] > 0.004  # one step of 8 bit
        colours = new.rgb.permute(0, 2, 3, 1)[visible]
        assert visible.any()
        assert (colours - torch.tensor([0.8, 0.1, 0.1])).abs().max() < 1e-3


def test_all_layers_move_together():
    x = spot(90, 120, 47, 33)
    picture = Picture(x.expand(1, 3, -1, -1).contiguous(), x, x, torch.ones_like(x))
    new = carry(picture, scale_shift(1.7, 1.7, 11, 5), (45, 60))
    assert torch.allclose(new.matte, new.mask)
    assert max(abs(a - b) for a, b in zip(centre(new.matte), ((47 - 11) / 1.7, (33 - 5) / 1.7), strict=True)) < 0.02
    assert (resize_layer(x, (45, 60)) - resize(picture, (45, 60)).matte).abs().max() < 1e-6
    assert torch.allclose(
        resize_layer(picture.rgb, (45, 60), linear=True), resize(Picture(picture.rgb), (45, 60)).rgb, atol=1e-5
    )


def test_resize_layer_keeps_the_range_of_any_numbers():
    x = 7 + 3 * noise(8, 40, 50, 2, n=3)
    y = resize_layer(x, (90, 17))
    assert y.shape == (3, 2, 90, 17)
    assert y.min() >= x.min()
    assert y.max() <= x.max()


def test_batches_are_moved_one_by_one():
    a, b = (full_picture(seed, 40, 30) for seed in (9, 10))
    both = Picture(*(torch.cat((getattr(a, k), getattr(b, k))) for k in ("rgb", "matte", "mask", "alpha")))
    turned = homography(corners((20, 25)), corners(a.size) + torch.tensor([[3, 1], [-2, 4], [1, -5], [4, 2.0]]))
    for to_old in (scale_shift(1.2, 2, 0, -3), turned):
        together = carry(both, to_old, (20, 25))
        for i, alone in enumerate(carry(p, to_old, (20, 25)) for p in (a, b)):
            for name in LAYERS:
                assert torch.allclose(getattr(together, name)[i], getattr(alone, name)[0], atol=1e-6)


# to_source


@settings(max_examples=25, deadline=None)
@given(st.floats(0.3, 3), st.floats(0.3, 3), st.floats(-20, 20), st.floats(-20, 20), st.floats(-0.5, 0.5))
def test_a_mark_is_found_again_where_to_source_says(sx, sy, tx, ty, angle):
    """Through a scaling, a rotation and a crop, one after the other."""
    picture = marked(90, 110, 61.0, 41.0)
    first = carry(picture, scale_shift(sx, sy, 61 - 40 * sx + tx / 4, 41 - 35 * sy + ty / 4), (70, 80), fill=(0, 0, 0))
    turn = scale_shift(1, 1, 40, 35) @ torch.tensor(
        [[math.cos(angle), -math.sin(angle), 0], [math.sin(angle), math.cos(angle), 0], [0, 0, 1]], dtype=torch.float64
    ) @ scale_shift(1, 1, -40, -35)  # fmt: skip
    last = carry(carry(first, turn, (70, 80), fill=(0, 0, 0)), scale_shift(1, 1, 4, 3), (60, 70), fill=(0, 0, 0))
    place = transform_points(torch.linalg.inv(last.to_source), torch.tensor([[61.0, 41.0]]))[0]
    clear = 8 / min(sx, sy)
    if not (clear < place[0] < 70 - clear and clear < place[1] < 60 - clear):
        return  # the mark has left the picture
    tolerance = 0.05 * max(1, 1 / min(sx, sy))
    for layer in (last.matte, srgb_to_linear(last.rgb[:, :1])):
        assert abs(centre(layer)[0] - place[0]) < tolerance
        assert abs(centre(layer)[1] - place[1]) < tolerance


@settings(max_examples=20, deadline=None)
@given(st.floats(0.5, 2), st.floats(-10, 10), st.floats(0.5, 2), st.floats(-10, 10))
def test_transforms_compose(s1, t1, s2, t2):
    picture = Picture(noise(11, 50, 60))
    one, two = scale_shift(s1, s1, t1, -t1), scale_shift(s2, s2, t2, t2)
    both = carry(carry(picture, one, (40, 40)), two, (30, 30))
    assert torch.allclose(both.to_source, one @ two)
    assert torch.allclose(
        carry(both, torch.linalg.inv(one @ two), (50, 60)).to_source, torch.eye(3, dtype=torch.float64)
    )
