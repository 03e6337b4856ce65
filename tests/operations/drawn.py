"""Products drawn by code for the tests of operations: exact mattes, known colours."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from packshot.imaging import mattes
from packshot.imaging.picture import Picture


def box_matte(size: tuple[int, int], box: tuple[float, float, float, float]) -> Tensor:
    """Antialiased rectangle `(x0, y0, x1, y1)` px, `(1, 1, h, w)`."""
    cover = [
        np.clip(np.minimum(np.arange(n) + 1, high) - np.maximum(np.arange(n), low), 0, 1)
        for n, low, high in ((size[0], box[1], box[3]), (size[1], box[0], box[2]))
    ]
    return torch.from_numpy(np.outer(*cover).astype(np.float32))[None, None]


def disc_matte(size: tuple[int, int], x: float, y: float, radius: float) -> Tensor:
    """Antialiased disc, `(1, 1, h, w)`."""
    ys, xs = np.mgrid[: size[0], : size[1]] + 0.5
    away = np.hypot(xs - x, ys - y)
    return torch.from_numpy(np.clip(radius - away + 0.5, 0, 1).astype(np.float32))[None, None]


def texture(size: tuple[int, int], seed: int = 0) -> Tensor:
    """Coloured noise in exact 8-bit levels, `(1, 3, h, w)`."""
    levels = np.random.default_rng(seed).integers(0, 256, (1, 3, *size))
    return torch.from_numpy((levels / 255).astype(np.float32))


def cut_out(matte: Tensor, seed: int = 0) -> Picture:
    """A textured product on nothing: alpha is the matte."""
    return Picture(texture((matte.shape[2], matte.shape[3]), seed), matte=matte, alpha=matte)


def on_white(picture: Picture) -> Picture:
    """The same product on white, opaque."""
    assert picture.alpha is not None
    white = torch.ones_like(picture.rgb)
    return picture.replace(rgb=mattes.over(picture.rgb, picture.alpha, white), alpha=None)


def eight_bit(rgb: Tensor) -> Tensor:
    """What an 8-bit file of it holds."""
    return (rgb * 255).round().to(torch.uint8)
