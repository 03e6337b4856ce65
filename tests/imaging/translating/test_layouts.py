"""Layouts: read back as painted, soft borders understood, unknown colours named with their place."""

import re

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from packshot.errors import ParameterError
from packshot.imaging import files
from packshot.imaging.geometry import resize_layer
from packshot.imaging.picture import Picture
from packshot.imaging.translating import layouts
from packshot.imaging.translating.layouts import PALETTE


def layout(side=48):
    """A ground with a box of part 3, a box of part 5 beside it, a thin bar of part 7."""
    parts = torch.zeros(1, 1, side, side, dtype=torch.int64)
    parts[..., 8:40, 8:24] = 3
    parts[..., 8:40, 24:40] = 5
    parts[..., 20:24, 8:40] = 7
    return parts


@settings(max_examples=10)
@given(st.lists(st.integers(0, len(PALETTE) - 1), min_size=36, max_size=36))
def test_what_is_painted_is_read(values):
    parts = torch.tensor(values).view(1, 1, 6, 6)
    assert torch.equal(layouts.read(layouts.painted(parts)), parts)


@pytest.mark.parametrize(("ending", "options"), [("png", {}), ("jpg", {"quality": 80})])
def test_files_are_read_but_for_soft_borders(tmp_path, ending, options):
    parts = layout().repeat_interleave(8, 2).repeat_interleave(8, 3)
    files.write(Picture(layouts.painted(parts)), tmp_path / f"layout.{ending}", **options)
    found = layouts.read(files.read(tmp_path / f"layout.{ending}").rgb)
    assert float((found == parts).float().mean()) > (0.999 if ending == "png" else 0.97)


def test_soft_brushes_are_no_unknown_colours():
    soft = resize_layer(layouts.painted(layout(48)), (512, 512))
    found = layouts.read(soft)
    assert set(found.unique().tolist()) >= {0, 3, 5, 7}


def test_transparent_is_ground():
    parts = layout()
    alpha = (parts != 5).float()
    assert torch.equal(layouts.read(layouts.painted(parts), alpha), torch.where(parts == 5, 0, parts))


def test_unknown_colours_are_named_with_their_place():
    rgb = layouts.painted(layout())
    rgb[:, :, 30:38, 2:7] = torch.tensor([1.0, 0.0, 1.0]).view(1, 3, 1, 1)
    with pytest.raises(ParameterError, match=r"colour #ff00ff at x (\d+), y (\d+)") as caught:
        layouts.read(rgb)
    x, y = map(int, re.search(r"x (\d+), y (\d+)", str(caught.value)).groups())
    assert 2 <= x < 7
    assert 30 <= y < 38
    assert PALETTE[7] in str(caught.value)


def test_a_part_without_a_colour_is_refused():
    assert layouts.colour_of(7) == PALETTE[7]
    with pytest.raises(ParameterError, match="part: expected 0"):
        layouts.colour_of(8)


def test_smaller_layouts_keep_the_part_that_has_most():
    parts = layout(48)
    few = layouts.small(parts, (12, 12))
    assert few.shape == (1, 1, 12, 12)
    assert int(few[0, 0, 3, 3]) == 3
    assert int(few[0, 0, 3, 8]) == 5
    assert torch.equal(layouts.small(parts, (48, 48)), parts)
    assert set(layouts.small(parts, (96, 96)).unique().tolist()) == {0, 3, 5, 7}
