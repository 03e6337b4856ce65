"""The product lock for style, regions, sizes and patterns: what they promise, on drawn pictures."""

import cv2
import numpy as np
import pytest
import torch

from packshot.errors import ParameterError
from packshot.imaging import compare
from packshot.imaging.colour import delta_e_2000, rgb_to_lab
from packshot.imaging.styling import asked, keeping, patterns, regions, sizes

ALL = frozenset({"print", "shape", "colour"})


def printed(h=160, w=200):
    """A box with words on a grey ground, and its matte."""
    canvas = np.full((h, w, 3), 190, np.uint8)
    cv2.rectangle(canvas, (30, 30), (170, 130), (215, 115, 75), -1)
    cv2.putText(canvas, "PACKSHOT", (42, 85), cv2.FONT_HERSHEY_SIMPLEX, 0.7, (25, 25, 75), 2, cv2.LINE_AA)
    matte = torch.zeros(1, 1, h, w)
    matte[:, :, 30:131, 30:171] = 1
    return torch.from_numpy(canvas.transpose(2, 0, 1).astype(np.float32) / 255)[None].contiguous(), matte


def restyled(photo):
    """Another look: colours turned, and its edges drawn half a pixel to the right with a pattern over it."""
    other = patterns.pattern("weave", 200, 0)[:, :, : photo.shape[2], : photo.shape[3]]
    return (0.5 * photo.flip(1).roll(1, 3) + 0.5 * other).clamp(0, 1)


def test_print_is_found_where_it_is_and_only_there():
    photo, matte = printed()
    found = keeping.print_matte(photo, matte > 0.5)[0, 0] > 0.5
    assert found[66:88, 44:150].float().mean() > 0.6
    assert found[:, :30].sum() == 0
    assert found[100:125, 40:160].float().mean() < 0.05
    plain = torch.full((1, 3, 60, 60), 0.5)
    assert not keeping.print_matte(plain).any()


def test_kept_print_is_the_photos_own_pixels():
    photo, matte = printed()
    done = keeping.keep(photo, restyled(photo), matte, frozenset({"print"}), 0.5, 8)
    sure = (done.layers["print"] >= 1).expand_as(photo)
    assert torch.equal(done.rgb[sure], photo[sure])
    assert not torch.equal(done.rgb, photo)
    assert 0.02 < done.numbers["print_share"] < 0.3


@pytest.mark.parametrize("limit", [3.0, 10.0])
def test_colour_seen_from_a_distance_stays_within_its_limit(limit):
    photo, matte = printed()
    done = keeping.keep(photo, restyled(photo), matte, frozenset({"colour"}), 0.5, limit)
    inside = (matte > 0.5)[0, 0]
    means = [rgb_to_lab(x)[0][:, inside].mean(1).view(1, 3, 1, 1) for x in (photo, done.rgb)]
    assert float(delta_e_2000(*means)) <= 1.25 * limit
    assert done.numbers["colour_delta_e"] <= 1.25 * limit
    outside = (~inside).expand(1, 3, -1, -1)
    assert torch.equal(done.rgb[outside], restyled(photo)[outside])


def test_shape_gives_edges_back_until_they_have_not_moved():
    photo, matte = printed()
    moved = photo.roll(2, 3)
    where = torch.ones_like(matte, dtype=torch.bool)
    before = compare.edge_shift_px(photo, moved, where)
    done = keeping.keep_shape(photo, moved, where, 0.5)
    assert before > 1.5
    assert done.numbers["edge_shift_px"] < before
    assert done.numbers["edges_given_back"] > 0
    assert done.flags or done.numbers["edge_shift_px"] <= 0.5


def test_nothing_to_hold():
    photo, matte = printed()
    assert keeping.keep(photo, photo, matte, ALL, 0.5, 8).rgb is photo
    assert keeping.keep(photo, 1 - photo, torch.zeros_like(matte), ALL, 0.5, 8).numbers == {}
    tiny = torch.rand(1, 3, 1, 1)
    assert keeping.keep(tiny, 1 - tiny, None, ALL, 0.5, 8).rgb.isfinite().all()


def test_regions_sum_to_one_and_blend_exactly():
    photo, matte = printed()
    soft = matte.clone()
    soft[:, :, 30:33] = 0.5
    for parts in (regions.whole(photo), regions.of_matte(soft), regions.of_edges(photo)):
        torch.testing.assert_close(torch.stack(list(parts.values())).sum(0), torch.ones_like(matte))
    ground = torch.zeros_like(photo)
    done = regions.blended(photo, regions.of_matte(soft), {"background": ground})
    product = (soft == 1).expand_as(photo)
    assert torch.equal(done[product], photo[product])
    assert (done[(soft == 0).expand_as(photo)] == 0).all()
    both = regions.blended(photo, regions.of_matte(matte), {"product": ground, "background": ground + 1})
    assert set(both.unique().tolist()) == {0.0, 1.0}
    with pytest.raises(ParameterError, match="no region 'sky'"):
        regions.blended(photo, regions.whole(photo), {"sky": ground})


def test_edges_are_where_something_is():
    photo, _ = printed()
    edges = regions.of_edges(photo)["edges"][0, 0]
    assert edges[30, 60] > 0.5
    assert edges[5, 5] < 0.01
    assert edges[120, 100] < 0.1


def test_working_sizes_and_the_way_back():
    photo = torch.rand(1, 3, 100, 200)
    small = sizes.working(photo, 100)
    assert small.shape == (1, 3, 50, 100)
    back = sizes.brought_back(small, photo, 1.0)
    torch.testing.assert_close(back, photo, rtol=0, atol=2e-3)  # an unchanged picture comes back with all its detail
    assert sizes.brought_back(small, photo, 0.0).std() < photo.std()
    assert sizes.working(torch.rand(1, 3, 1, 1), 100).shape == (1, 3, 32, 32)
    assert sizes.brought_back(torch.rand(1, 3, 32, 32), torch.rand(1, 3, 1, 1)).shape == (1, 3, 1, 1)


@pytest.mark.parametrize("kind", patterns.TABLE)
def test_patterns_are_lively_pictures_and_repeat(kind):
    one = patterns.named(f"pattern:{kind}", 64)
    assert one.shape == (1, 3, 64, 64)
    assert one.min() >= 0
    assert one.max() <= 1
    assert one.std() > 0.05
    assert torch.equal(one, patterns.pattern(kind, 64, 0))
    assert not torch.equal(one, patterns.named(f"pattern:{kind}:3", 64))


def test_unknown_patterns_are_refused():
    with pytest.raises(ParameterError, match="expected one of strokes"):
        patterns.named("pattern:tartan")
    with pytest.raises(ParameterError, match="whole number"):
        patterns.named("pattern:weave:x")


def test_styles_as_they_are_written():
    assert asked.styles("a.jpg") == (asked.Asked("all", "a.jpg", 1.0),)
    assert [s.weight for s in asked.styles("a.jpg*2, b.jpg*0.5")] == [2, 0.5]
    parts = asked.by_region(asked.styles("background=pattern:marble, product=none"))
    assert {k: v[0].name for k, v in parts.items()} == {"background": "pattern:marble", "product": "none"}
    assert not parts["background"][0].is_file
    assert not parts["product"][0].is_file


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a.jpg*x", "WEIGHT"),
        ("=a.jpg", "REGION="),
        ("a.jpg*0", "every weight"),
        ("a.jpg, product=b.jpg", "name the region of every style"),
        ("product=none, product=b.jpg", "others beside it"),
        (",".join(["a.jpg"] * 11), "at most 10"),
    ],
)
def test_styles_written_wrongly_are_refused(text, why):
    with pytest.raises(ParameterError, match=why):
        asked.styles(text)


def test_locks_as_they_are_written():
    assert asked.lock("all") == ALL
    assert asked.lock("print+shape") == {"print", "shape"}
    assert asked.lock("nothing") == frozenset()
    with pytest.raises(ParameterError, match="expected print"):
        asked.lock("logo")
