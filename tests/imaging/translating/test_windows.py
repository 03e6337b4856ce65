"""Windows: products fill them alike, borders go on, and what is laid back lies where it was taken."""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from packshot.imaging.translating import windows
from packshot.imaging.translating.windows import FILL


@settings(max_examples=25)
@given(st.integers(5, 60), st.integers(5, 60), st.integers(0, 40), st.integers(0, 40), st.integers(1, 30))
def test_a_window_lies_around_its_product_and_goes_back_to_its_place(h, w, top, left, length):
    matte = torch.zeros(1, 1, h, w)
    top, left = min(top, h - 1), min(left, w - 1)
    matte[..., top : top + length, left : left + length] = 1
    window = windows.around(matte)
    longest = max(min(h - top, length), min(w - left, length))
    assert abs(longest / window.side - FILL) < 0.5
    part = windows.seen(matte, window)
    assert float(windows.seen(matte, window, 0.0).sum()) == float(matte.sum())
    assert torch.equal(
        windows.laid(torch.full_like(matte, 7.0), part, window).clamp(max=1)[matte > 0], matte[matte > 0]
    )
    assert torch.equal(windows.laid(matte, part, window), matte)


def test_without_a_product_there_is_no_window():
    assert windows.around(torch.zeros(1, 1, 8, 8)) is None


def test_beyond_the_picture_its_border_goes_on():
    ramp = torch.arange(4.0).view(1, 1, 1, 4).expand(1, 1, 4, 4)
    part = windows.seen(ramp, windows.Window(-2, 0, 8))
    assert part[0, 0, 0].tolist() == [0, 0, 0, 1, 2, 3, 3, 3]
    assert windows.small(part, 16).shape == (1, 1, 16, 16)
    assert windows.small(part, 4).shape == (1, 1, 4, 4)
