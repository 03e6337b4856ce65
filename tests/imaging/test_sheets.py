"""Sheets: every picture in its place, white between, the same for tensors and for Pictures."""

from __future__ import annotations

import torch

from packshot.imaging.picture import Picture
from packshot.imaging.sheets import sheet, tiled


def test_every_picture_has_its_place_and_the_rest_is_white() -> None:
    pictures = torch.arange(5).view(5, 1, 1, 1).expand(5, 1, 3, 4) / 10
    found = tiled(pictures, gap_px=2, columns=3)
    assert found.shape == (3, 2 * 5 + 2, 3 * 6 + 2)
    for index in range(5):
        top, left = 2 + index // 3 * 5, 2 + index % 3 * 6
        assert (found[:, top : top + 3, left : left + 4] == index / 10).all()
    assert int((found != 1).sum()) == 5 * 3 * 12


def test_without_columns_a_sheet_is_about_square_and_keeps_the_range() -> None:
    assert tiled(torch.full((10, 3, 2, 2), -1.0), gap_px=1).shape == (3, 3 * 3 + 1, 4 * 3 + 1)
    assert set(tiled(torch.full((2, 3, 2, 2), -1.0)).unique().tolist()) == {-1.0, 1.0}


def test_a_sheet_of_pictures_is_that_of_their_tensors() -> None:
    rgb = torch.rand(7, 3, 5, 5, generator=torch.Generator().manual_seed(0))
    assert torch.equal(sheet([Picture(x[None]) for x in rgb], columns=2).rgb[0], tiled(rgb, columns=2))
