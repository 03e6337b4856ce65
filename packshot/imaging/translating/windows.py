"""A square around a product, in which it takes the share of the side that networks learned it with."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from packshot.imaging import geometry
from packshot.imaging.picture import Picture
from packshot.imaging.transforms import scale_shift

FILL = 0.76  # of a window's side: products of the toyshop fill 0.68 to 0.84


class Window(NamedTuple):
    """Its upper left corner in the picture and its side, px; it may reach beyond the picture."""

    x: int
    y: int
    side: int

    def inside(self, size: tuple[int, int]) -> tuple[slice, slice]:
        """Rows and columns of a picture of size (h, w) that it covers."""
        rows = slice(max(0, self.y), min(size[0], self.y + self.side))
        return rows, slice(max(0, self.x), min(size[1], self.x + self.side))


def around(matte: Tensor, fill: float = FILL) -> Window | None:
    """The window of a product `(1, 1, h, w)`; None if there is none."""
    box = geometry.bounding_box(matte, 0.2)
    if box is None:
        return None
    x0, y0, x1, y1 = box
    side = max(1, round(max(x1 - x0, y1 - y0) / fill))
    return Window(round((x0 + x1 - side) / 2), round((y0 + y1 - side) / 2), side)


def view(picture: Picture, window: Window, side: int) -> Picture:
    """What is seen through the window, `side` px; beyond the picture is the mean colour of its border."""
    step = window.side / side
    to_old = scale_shift(step, step, window.x, window.y)
    return geometry.carry(picture, to_old, (side, side), fill=border(picture.rgb))


def border(rgb: Tensor) -> tuple[float, float, float]:
    """The median colour of a picture's outermost pixels `(1, 3, h, w)`."""
    sides = (rgb[0, :, 0], rgb[0, :, -1], rgb[0, :, :, 0], rgb[0, :, :, -1])
    r, g, b = (float(v) for v in torch.cat(sides, 1).median(1).values)
    return r, g, b
