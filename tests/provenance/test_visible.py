"""The visible label, measured on the rendered pixels of the exported file."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from packshot.errors import MarkError
from packshot.imaging import files
from packshot.imaging.picture import Picture
from packshot.provenance import policies, visible
from packshot.provenance.export import export
from tests.provenance.marked import HISTORY, SUFFIXES, picture

CN = policies.find("cn-visible")
GROUNDS = {
    "white": lambda h, w: torch.ones(1, 3, h, w),
    "black": lambda h, w: torch.zeros(1, 3, h, w),
    "grey": lambda h, w: torch.full((1, 3, h, w), 0.5),
    "noise": lambda h, w: torch.rand(1, 3, h, w, generator=torch.Generator().manual_seed(1)),
    "stripes": lambda h, w: (torch.arange(w) // 2 % 2).float().expand(1, 3, h, w).clone(),
    "yellow": lambda h, w: torch.tensor([1.0, 1.0, 0.0]).view(1, 3, 1, 1).expand(1, 3, h, w).clone(),
}


def luminance(rgb):
    """WCAG 2.2 relative luminance of `(3, h, w)` sRGB."""
    linear = torch.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return (linear * torch.tensor([0.2126, 0.7152, 0.0722]).view(3, 1, 1)).sum(0).numpy()


def glyphs(light):
    """Height of every glyph's ink in px, and the share of light pixels, from the luminance inside the plate."""
    ink = light > 0.4
    columns = np.flatnonzero(ink.any(0))
    groups = np.split(columns, np.flatnonzero(np.diff(columns) > 1) + 1)
    heights = []
    for group in groups:
        rows = np.flatnonzero(ink[:, group[0] : group[-1] + 1].any(1))
        heights.append(int(rows[-1] - rows[0] + 1))
    return heights


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("size", [(400, 400), (800, 600), (300, 1000)])
def test_every_glyph_in_the_file_is_at_least_5_percent_of_the_short_side(tmp_path, suffix, size):
    done = export(picture(*size), tmp_path / f"a{suffix}", HISTORY, CN)
    top, left, bottom, right = visible.draw(picture(*size)).box
    written = files.open_picture(done.path).picture.rgb[0]
    heights = glyphs(luminance(written[:, top + 3 : bottom - 3, left + 3 : right - 3]))
    assert len(heights) == len(visible.TEXT)
    assert min(heights) >= 0.05 * min(size)
    assert done.marks["visible_label"].startswith("AI生成, ")


@pytest.mark.parametrize("ground", GROUNDS)
def test_the_label_is_legible_on_any_ground(tmp_path, ground):
    plain = Picture(GROUNDS[ground](600, 600))
    drawn = visible.draw(plain)
    done = export(plain, tmp_path / "a.jpg", HISTORY, CN)
    top, left, bottom, right = drawn.box
    light = luminance(files.open_picture(done.path).picture.rgb[0][:, top:bottom, left:right])
    pad = round(visible.PADDING * drawn.height_px)
    cover = np.zeros(light.shape, np.float32)
    ink = visible.coverage(drawn.height_px)
    cover[pad : pad + ink.shape[0], pad : pad + ink.shape[1]] = ink
    text, plate = np.percentile(light[cover > 0.99], 5), np.percentile(light[cover == 0], 95)
    assert (text + 0.05) / (plate + 0.05) >= 4.5  # after JPEG; of 600 px, strokes are 3 px wide
    untouched = luminance(drawn.picture.rgb[0][:, top:bottom, left:right])
    assert (untouched[cover > 0.99].min() + 0.05) / (untouched[cover == 0].max() + 0.05) >= 7


def _has_room(height, width):
    """16 px of ink, and about 4.2 times as wide; the plate adds 0.38 on every side."""
    ink = visible.coverage(16)
    return ink.shape[0] + 12 <= height and ink.shape[1] + 12 <= width


@given(st.integers(20, 900), st.integers(20, 900), st.sampled_from((*visible.CORNERS, "auto")))
def test_the_label_lies_inside_at_an_edge_and_changes_nothing_else(height, width, corner):
    plain = Picture(torch.full((1, 3, height, width), 0.7))
    if min(height, width) < 120 and not _has_room(height, width):
        with pytest.raises(MarkError, match="no room"):
            visible.draw(plain, corner)
        return
    drawn = visible.draw(plain, corner)
    top, left, bottom, right = drawn.box
    assert 0 <= top < bottom <= height
    assert 0 <= left < right <= width
    assert drawn.height_px >= math.ceil(0.05 * min(height, width))
    near = drawn.height_px
    assert min(top, height - bottom) <= near
    assert min(left, width - right) <= near
    changed = (drawn.picture.rgb != plain.rgb).any(1)[0]
    outside = changed.clone()
    outside[top:bottom, left:right] = False
    assert changed.any()
    assert not outside.any()
    if corner != "auto":
        assert drawn.corner == corner


def test_it_stands_where_least_of_the_product_is_and_says_what_it_covers():
    matte = torch.zeros(1, 1, 400, 400)
    matte[..., 250:, 200:] = 1
    drawn = visible.draw(Picture(torch.ones(1, 3, 400, 400), matte=matte))
    assert (drawn.corner, drawn.covered) == ("bottom-left", 0.0)
    forced = visible.draw(Picture(torch.ones(1, 3, 400, 400), matte=matte), "bottom-right")
    assert forced.covered > 0.05
    assert "of the product" in forced.words()


def test_on_a_transparent_picture_the_plate_is_opaque(tmp_path):
    clear = picture(400, 400)
    clear = clear.replace(alpha=clear.matte)
    drawn = visible.draw(clear)
    top, left, bottom, right = drawn.box
    assert float(drawn.picture.alpha[..., top:bottom, left:right].min()) == 1
    done = export(clear, tmp_path / "a.png", HISTORY, CN)
    assert float(files.open_picture(done.path).picture.alpha[..., top:bottom, left:right].min()) == 1


def test_a_picture_without_room_is_refused_and_not_left_unlabelled(tmp_path):
    with pytest.raises(MarkError, match="no room"):
        export(picture(40, 40), tmp_path / "a.jpg", HISTORY, CN)
    assert not (tmp_path / "a.jpg").exists()


def test_every_character_has_strokes_and_fills_its_height():
    assert set(visible.TEXT) <= set(visible.GLYPHS)
    ink = visible.coverage(80)
    assert ink.shape[0] == 80
    assert ink[0].max() > 0.5
    assert ink[-1].max() > 0.5
