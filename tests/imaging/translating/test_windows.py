"""Windows: products fill them alike, and what is seen through one lies where it was."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from packshot.imaging.picture import Picture
from packshot.imaging.translating import windows
from packshot.imaging.translating.returning import returned
from packshot.imaging.translating.windows import FILL


@settings(max_examples=25)
@given(st.integers(5, 60), st.integers(5, 60), st.integers(0, 40), st.integers(0, 40), st.integers(1, 30))
def test_a_window_holds_its_product(h, w, top, left, length):
    matte = torch.zeros(1, 1, h, w)
    top, left = min(top, h - 1), min(left, w - 1)
    matte[..., top : top + length, left : left + length] = 1
    window = windows.around(matte)
    longest = max(min(h - top, length), min(w - left, length))
    assert abs(longest / window.side - FILL) < 0.5
    rows, columns = window.inside((h, w))
    assert float(matte[:, :, rows, columns].sum()) == float(matte.sum())


def test_without_a_product_there_is_no_window():
    assert windows.around(torch.zeros(1, 1, 8, 8)) is None


def test_beyond_the_picture_is_the_colour_of_its_border():
    rgb = torch.full((1, 3, 20, 20), 0.25)
    rgb[..., 5:15, 0:10] = 0.75
    matte = (rgb[:, :1] == 0.75).float()
    window = windows.around(matte)
    assert window.x < 0
    seen = windows.view(Picture(rgb, matte=matte), window, 26)
    assert seen.size == (26, 26)
    assert float(seen.rgb[0, 0, 13, 0]) == pytest.approx(0.25, abs=0.01)
    assert float(seen.matte[0, 0, 13, 13]) == pytest.approx(1, abs=0.01)


def test_a_change_goes_back_to_its_place_also_where_the_window_leaves_the_picture():
    rgb = torch.full((1, 3, 60, 80), 0.5)
    rgb[:, :, 10:50, 0:30] = torch.rand(1, 3, 40, 30, generator=torch.Generator().manual_seed(0)) * 0.2 + 0.3
    matte = torch.zeros(1, 1, 60, 80)
    matte[..., 10:50, 0:30] = 1
    window = windows.around(matte)
    seen = windows.view(Picture(rgb, matte=matte), window, 26)
    rows, columns = window.inside((60, 80))
    place = (rows.start - window.y, columns.start - window.x, window.side, window.side)
    lighter = (seen.rgb * 1.4).clamp(0, 1)
    part = returned(rgb[:, :, rows, columns], seen.rgb, lighter, part=seen.matte, place=place)
    ratio = part / rgb[:, :, rows, columns]
    inside = matte[:, :, rows, columns].expand_as(part) > 0
    assert float((ratio[inside] - 1.4).abs().mean()) < 0.05
