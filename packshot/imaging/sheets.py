"""Pictures of one size side by side on one sheet, on white."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from packshot.imaging.picture import Picture


def tiled(pictures: Tensor, gap_px: int = 2, columns: int = 0) -> Tensor:
    """`(n, 1 or 3, h, w)`, white at 1 → one sheet `(3, H, W)`, row by row; columns 0: about as many as there are rows.

    Values in [0, 1] and in [-1, 1] will do alike, since both have white at 1.
    """
    n, _, h, w = pictures.shape
    columns = columns or math.ceil(n**0.5)
    rows = math.ceil(n / columns)
    sheet = pictures.new_ones(3, rows * (h + gap_px) + gap_px, columns * (w + gap_px) + gap_px)
    for index, picture in enumerate(pictures):
        top = gap_px + index // columns * (h + gap_px)
        left = gap_px + index % columns * (w + gap_px)
        sheet[:, top : top + h, left : left + w] = picture.expand(3, h, w)
    return sheet


def sheet(pictures: Sequence[Picture], columns: int = 0, gap_px: int = 2) -> Picture:
    """The sheet of Pictures of one size (see `tiled`); transparent parts are not mixed with white."""
    return Picture(tiled(torch.cat([picture.rgb for picture in pictures]), gap_px, columns)[None])


def enlarged(picture: Picture, factor: int) -> Picture:
    """The picture with every pixel as a square of `factor` px: tiny ones to look at."""
    rgb = picture.rgb.repeat_interleave(factor, 2).repeat_interleave(factor, 3)
    return picture if factor == 1 else Picture(rgb)
