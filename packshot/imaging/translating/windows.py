"""A square around a product, in which it takes the share of the side that networks learned it with."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from packshot.imaging import geometry

FILL = 0.76  # of a window's side: products of the toyshop fill 0.68 to 0.84


class Window(NamedTuple):
    """Its upper left corner in the picture and its side, px; it may reach beyond the picture."""

    x: int
    y: int
    side: int


def around(matte: Tensor, fill: float = FILL) -> Window | None:
    """The window of a product `(1, 1, h, w)`; None if there is none."""
    box = geometry.bounding_box(matte, 0.2)
    if box is None:
        return None
    x0, y0, x1, y1 = box
    side = max(1, round(max(x1 - x0, y1 - y0) / fill))
    return Window(round((x0 + x1 - side) / 2), round((y0 + y1 - side) / 2), side)


def seen(layer: Tensor, window: Window, value: float | None = None) -> Tensor:
    """`(1, c, side, side)` of a layer; beyond the picture its border goes on, or is `value`."""
    h, w = layer.shape[2:]
    rows = torch.arange(window.y, window.y + window.side)
    columns = torch.arange(window.x, window.x + window.side)
    part = layer[:, :, rows.clamp(0, h - 1)][:, :, :, columns.clamp(0, w - 1)]
    if value is None:
        return part
    inside = ((rows >= 0) & (rows < h))[:, None] & ((columns >= 0) & (columns < w))
    return torch.where(inside, part, value)


def small(layer: Tensor, side: int, linear: bool = False) -> Tensor:
    """A window's layer at `side` px; linear: it is sRGB, averaged in linear light."""
    if layer.shape[2] >= side:
        return geometry.resize_layer(layer, (side, side), linear=linear)
    return functional.interpolate(layer, (side, side), mode="bilinear", align_corners=False)


def laid(layer: Tensor, part: Tensor, window: Window) -> Tensor:
    """The layer with a window's part in its place; what is beyond the picture is left out."""
    h, w = layer.shape[2:]
    y0, y1, x0, x1 = max(0, window.y), min(h, window.y + window.side), max(0, window.x), min(w, window.x + window.side)
    out = layer.clone()
    out[:, :, y0:y1, x0:x1] = part[:, :, y0 - window.y : y1 - window.y, x0 - window.x : x1 - window.x]
    return out
