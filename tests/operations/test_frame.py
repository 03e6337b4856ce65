"""Frame: fill within a pixel, one resampling, whole pixels without a size, honest about too few pixels."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from packshot.errors import ParameterError
from packshot.imaging import compare, geometry, mattes
from packshot.imaging.picture import Picture
from packshot.operations.background import Background
from packshot.operations.frame import Frame
from packshot.operations.operation import Context
from tests.operations.drawn import box_matte, cut_out, disc_matte, eight_bit, on_white, texture

BOXES = st.tuples(st.integers(0, 60), st.integers(0, 60), st.integers(1, 60), st.integers(1, 60))


def boxed(box, size=(100, 120), clear=False):
    picture = cut_out(box_matte(size, box))
    return picture if clear else on_white(picture)


def framed(picture, **parameters):
    return Frame(**parameters).apply(picture, Context())


def measured(picture):
    x0, y0, x1, y1 = geometry.bounding_box(picture.matte, 0.5)
    return max((x1 - x0) / picture.width, (y1 - y0) / picture.height), (x0, y0, x1, y1)


@given(corner=BOXES, fill=st.floats(0.2, 1), aspect=st.sampled_from(["1:1", "4:5", "16:9", "keep", "product"]))
@settings(max_examples=60, deadline=None)
def test_without_a_size_pixels_are_copied_and_the_fill_is_right(corner, fill, aspect):
    x, y, w, h = corner
    before = boxed((x, y, min(120, x + w), min(100, y + h)))
    result = framed(before, fill=fill, aspect=aspect)
    after = result.picture
    found, (x0, y0, x1, y1) = measured(after)
    side = (min if aspect == "product" else max)(after.size)  # a product's own aspect is rounded to whole pixels
    assert abs(found - fill) * side <= 1.5 or min(w, h) * fill < 2
    assert result.numbers["upscale"] == 1
    assert result.numbers["fill"] == pytest.approx(found)
    box = geometry.bounding_box(before.matte, 0.5)
    one = before.rgb[:, :, box[1] : box[3], box[0] : box[2]]
    assert torch.equal(after.rgb[:, :, y0:y1, x0:x1], one)
    assert abs((x0 + x1) - after.width) <= 1
    assert abs((y0 + y1) - after.height) <= 1


@given(
    fill=st.floats(0.3, 1), width=st.integers(30, 200), height=st.integers(0, 200),
    align=st.sampled_from(["centre", "bottom", "optical"]),
)  # fmt: skip
@settings(max_examples=40, deadline=None)
def test_with_a_size_the_product_fills_it_within_a_pixel(fill, width, height, align):
    before = boxed((22, 31, 71, 83))
    height = 0 if height < 30 else height
    result = framed(before, fill=fill, width=width, height=height, max_upscale=16, align=align)
    after = result.picture
    assert after.size == (height or width, width)
    found, (x0, y0, x1, y1) = measured(after)
    pixel = max(1.0, result.numbers["upscale"])  # a box is known to a source pixel
    assert abs(found - fill) * min(after.size) <= pixel + 0.5
    assert min(x0, y0, after.width - x1, after.height - y1) >= -0.5
    assert result.numbers["fill"] == pytest.approx(fill, abs=1e-6)


@pytest.mark.parametrize("clear", [True, False])
@pytest.mark.parametrize("width", [0, 64, 150])
def test_it_is_one_move_that_to_source_tells(clear, width):
    before = boxed((22, 31, 71, 83), clear=clear)
    start = torch.tensor([[2.0, 0, 5], [0, 2, 7], [0, 0, 1]], dtype=torch.float64)
    before = before.replace(to_source=start)
    after = framed(before, width=width, max_upscale=4).picture
    to_old = torch.linalg.solve(start, after.to_source)
    truth = geometry.carry(before, to_old, after.size, outside="transparent" if clear else "opaque")
    inside = mattes.inner(truth.matte)
    assert torch.equal(after.matte, truth.matte)
    found = compare.fidelity(truth.rgb, after.rgb, inside)
    assert found["delta_e_max"] < 1e-3
    assert (after.alpha is None) != clear


@pytest.mark.parametrize("width", [50, 77, 160, 400])
def test_white_stays_white_beside_a_dark_product(width):
    """Sharp filters ring: without care the ground beside black would be 250."""
    matte = disc_matte((90, 110), 55, 45, 30)
    black = cut_out(matte).replace(rgb=torch.zeros(1, 3, 90, 110))
    white = Background().apply(black, Context()).picture
    after = framed(white, width=width, max_upscale=16).picture
    nothing = (after.matte < 0.02).expand_as(after.rgb)
    assert bool((eight_bit(after.rgb)[nothing] == 255).all())


@pytest.mark.parametrize("width", [77, 160, 400])
def test_white_stays_white_around_a_product_that_touches_the_photo_s_edge(width):
    before = boxed((0, 31, 71, 100))
    after = framed(before, width=width, max_upscale=16).picture
    nothing = (after.matte < 0.02).expand_as(after.rgb)
    assert bool((eight_bit(after.rgb)[nothing] == 255).all())


def test_another_colour_outside_the_photo_ends_where_the_photo_ends():
    before = boxed((22, 31, 71, 83))
    after = framed(before, width=333, fill=0.3, outside="colour", colour="red", max_upscale=16).picture
    red = (after.rgb[0] == torch.tensor([1.0, 0, 0]).view(3, 1, 1)).all(0)
    white = (after.rgb[0] == 1).all(0)
    assert red[:5].all()
    shown = geometry.carry(Picture(torch.ones_like(before.rgb)), after.to_source, after.size, fill=(0, 0, 0)).rgb[0, 0]
    assert not (red & (shown == 1)).any()
    assert not (white & (shown == 0)).any()


def test_a_shadow_on_white_is_not_wiped_away():
    before = boxed((40, 30, 70, 60))
    rgb = before.rgb.clone()
    rgb[..., 62:70, 35:75] = 0.8
    after = framed(before.replace(rgb=rgb), width=200, fill=0.5, max_upscale=16).picture
    for row in (60, 66, 68, 74):  # of the photo: product, shadow, shadow, white
        shown = after.rgb[0, 0, round(100 + (row + 0.5 - 45) * 100 / 30), 100].item()
        assert shown == pytest.approx({66: 0.8, 68: 0.8, 74: 1.0}.get(row, shown), abs=0.02)


def test_bottom_stands_on_the_margin_and_optical_follows_the_mass():
    before = boxed((30, 20, 50, 80))
    for align, expected in (("centre", 0.15), ("bottom", 0.15)):
        picture = framed(before, width=100, height=200, align=align, max_upscale=16).picture
        _, (_, _, _, bottom) = measured(picture)
        assert (200 - bottom) / 200 == pytest.approx(expected / 2, abs=0.08 if align == "centre" else 0.01)
    low = framed(before, width=200, height=100, align="bottom", max_upscale=16).picture
    assert measured(low)[1][3] == pytest.approx(100 - 7.5, abs=1)
    heavy = torch.zeros(1, 1, 60, 60)
    heavy[..., 20:40, 10:20] = 1
    heavy[..., 29:31, 20:50] = 1  # a thin handle to the right
    lopsided = on_white(cut_out(heavy))
    centre, optical = (measured(framed(lopsided, align=a).picture)[1] for a in ("centre", "optical"))
    assert optical[0] > centre[0]


def test_margin_limits_the_fill():
    result = framed(boxed((30, 20, 70, 80)), fill=1, margin=10, width=100)
    _, (x0, y0, x1, y1) = measured(result.picture)
    assert min(x0, y0, 100 - x1, 100 - y1) >= 9
    assert result.numbers["fill"] == pytest.approx(0.8)


def test_too_few_pixels_make_a_smaller_frame_or_a_smaller_product():
    before = boxed((30, 20, 70, 80))
    frame = framed(before, width=1000)
    assert frame.picture.size == (141, 141)
    assert frame.numbers["upscale"] == pytest.approx(2)
    assert measured(frame.picture)[0] == pytest.approx(0.85, abs=0.02)
    assert "too few pixels" in frame.notes[0]
    product = framed(before, width=1000, when_small="smaller_product")
    assert product.picture.size == (1000, 1000)
    assert product.numbers["fill"] == pytest.approx(0.12)
    assert "too few pixels" in product.notes[0]
    enough = framed(before, width=1000, max_upscale=16)
    assert enough.picture.size == (1000, 1000)
    assert enough.flags == ()


def test_what_lies_outside():
    before = boxed((30, 20, 90, 80))
    grey = before.replace(rgb=torch.where(before.matte > 0, before.rgb, 0.5))
    assert torch.equal(framed(grey, fill=0.3).picture.rgb[0, :, 0, 0], torch.full((3,), 0.5))
    assert torch.equal(
        framed(grey, fill=0.3, outside="colour", colour="#ff0000").picture.rgb[0, :, 0, 0], torch.tensor([1.0, 0, 0])
    )
    clear = framed(grey, fill=0.3, outside="transparent").picture
    assert clear.alpha[0, 0, 0, 0] == 0
    assert clear.alpha[0, 0, clear.height // 2, clear.width // 2] == 1
    assert framed(boxed((30, 20, 90, 80), clear=True), fill=0.3).picture.alpha[0, 0, 0, 0] == 0
    uneven = before.replace(rgb=texture((100, 120), 5))
    result = framed(uneven, fill=0.3)
    assert "ends inside the frame" in result.flags[0]
    assert torch.equal(result.picture.rgb[0, :, 0, 0], torch.ones(3))
    assert framed(uneven, fill=0.3, outside="edge").flags == ()
    assert framed(uneven, fill=1).flags == ()


def test_a_cut_off_product_is_flagged_by_side():
    assert framed(boxed((0, 20, 60, 100))).flags == ("the product touches the photo's edge: left, bottom",)
    assert framed(boxed((5, 20, 60, 80))).flags == ()


@pytest.mark.parametrize("width", [0, 50])
def test_no_product_frames_the_whole_picture(width):
    empty = cut_out(torch.zeros(1, 1, 30, 40))
    result = framed(empty, width=width, fill=1)
    assert result.flags[0] == "no product found: the whole picture was framed"
    assert result.picture.width == (width or 40)


@given(h=st.integers(1, 9), w=st.integers(1, 9), width=st.integers(0, 20), height=st.integers(0, 20))
@settings(max_examples=40, deadline=None)
def test_tiny_pictures(h, w, width, height):
    result = framed(on_white(cut_out(torch.ones(1, 1, h, w))), width=width, height=height)
    assert min(result.picture.size) >= 1
    assert result.picture.width <= width or not width


@pytest.mark.parametrize(("aspect", "fits"), [("4:3", False), ("keep", False), ("product", False), ("5:8", True)])
def test_an_aspect_beside_both_sizes_must_be_theirs(aspect, fits):
    if fits:
        assert Frame(width=500, height=800, aspect=aspect).width == 500
    else:
        with pytest.raises(ValidationError, match=f"aspect is {aspect}, but width 500 and height 800"):
            Frame(width=500, height=800, aspect=aspect)


def test_clear_words():
    with pytest.raises(ParameterError, match="run cutout"):
        framed(Picture(torch.zeros(1, 3, 4, 4)))
    with pytest.raises(ParameterError, match="16384"):
        framed(on_white(cut_out(torch.ones(1, 1, 2, 1000))), fill=0.05)
    with pytest.raises(ValidationError, match="aspect"):
        Frame(aspect="wide")
    with pytest.raises(ValidationError):
        Frame(fill=0)


@given(
    corner=BOXES, width=st.integers(20, 200), height=st.integers(20, 200), fill=st.floats(0.05, 1),
    align=st.sampled_from(["centre", "bottom", "optical"]),
)  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_within_shows_nothing_outside_the_photo_unless_the_product_needs_it(corner, width, height, fill, align):
    x, y, w, h = corner
    before = boxed((x, y, min(120, x + w), min(100, y + h)))
    result = framed(before, fill=fill, width=width, height=height, within=True, align=align, max_upscale=16)
    box = geometry.bounding_box(before.matte, 0.5)
    corners = torch.tensor([[0, 0], [result.picture.width, result.picture.height]], dtype=torch.float64)
    (x0, y0), (x1, y1) = geometry.transform_points(result.picture.to_source, corners).tolist()
    slack = 1e-6
    assert max(x0 - box[0], y0 - box[1], box[2] - x1, box[3] - y1) <= slack
    wide, high = x1 - x0, y1 - y0
    assert wide > 120 or (x0 >= -slack and x1 <= 120 + slack)
    assert high > 100 or (y0 >= -slack and y1 <= 100 + slack)
    if wide > 120 + slack or high > 100 + slack:  # only where the product would be cut otherwise, or cannot be enlarged
        assert max((box[2] - box[0]) / wide, (box[3] - box[1]) / high) > 1 - 1e-3 or result.numbers["upscale"] >= 16


def test_within_without_a_size_copies_pixels_of_the_photo():
    before = boxed((40, 30, 100, 90))
    after = framed(before, fill=0.2, aspect="1:1", within=True).picture
    assert (after.width, after.height) == (100, 100)
    assert torch.equal(after.rgb, before.rgb[:, :, :, 20:120])
