"""Sampling a picture through a projective transform, with the soft border and the local reduction that go with it.

OpenCV has no filter like ours to sample with; 0.4 of its cubic (a = -0.75) and 0.6 of its linear interpolation come
nearest, and where a pixel of the new picture covers several of the old, several samples are averaged.
`to_old` takes new pixels to old ones and has positive depth for what is in front of the horizon.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from packshot.imaging.resampling import Rows
from packshot.imaging.transforms import Size, corners, scale_shift

Plane = np.ndarray[Any, Any]

MARGIN = 1e-6  # px by which a corner may lie outside and still count as inside


def warped(source: Plane, to_old: Tensor, rows: Rows, width: int, fine: int) -> Tensor:
    """`(c, rows, w)` of a plane `(h, w, c)`, sampled `fine`² times a pixel and averaged."""
    u, v, _ = places(to_old, rows, width, fine)
    u, v = u - np.float32(0.5), v - np.float32(0.5)
    cubic, linear = (
        cv2.remap(source, u, v, method, borderMode=cv2.BORDER_REPLICATE)
        for method in (cv2.INTER_CUBIC, cv2.INTER_LINEAR)
    )
    mixed = cv2.addWeighted(cubic, 0.4, linear, 0.6, 0)
    band = cv2.resize(mixed, (width, rows[1] - rows[0]), interpolation=cv2.INTER_AREA)
    return torch.from_numpy(band.reshape(rows[1] - rows[0], width, -1)).permute(2, 0, 1)


def places(to_old: Tensor, rows: Rows, width: int, fine: int = 1) -> tuple[Plane, Plane, Plane]:
    """Where the pixel centres of some rows fall in the old picture: u, v and the denominator, float32 `(rows, w)`."""
    m = to_old.numpy()
    x = (np.arange(width * fine) + 0.5) / fine
    y = (np.arange(rows[0] * fine, rows[1] * fine)[:, None] + 0.5) / fine
    depth = m[2, 0] * x + m[2, 1] * y + m[2, 2]
    safe = np.where(np.abs(depth) < 1e-9, 1e-9, depth)
    u, v = ((m[i, 0] * x + m[i, 1] * y + m[i, 2]) / safe for i in (0, 1))
    u, v, depth = (np.clip(a, -1e6, 1e6).astype(np.float32) for a in (u, v, depth))
    return u, v, depth


def slopes(to_old: Tensor, places: tuple[Plane, Plane, Plane]) -> tuple[Plane, Plane]:
    """Lengths of the gradients of u and v, old px per new px."""
    m, safe = to_old.numpy(), np.where(np.abs(places[2]) < 1e-9, 1e-9, places[2])
    along_u, along_v = (
        np.hypot((m[i, 0] - m[2, 0] * places[i]) / safe, (m[i, 1] - m[2, 1] * places[i]) / safe) for i in (0, 1)
    )
    return along_u, along_v


def reduction(to_old: Tensor, size: Size, old: Size) -> tuple[float, float]:
    """Least and most old px per new px, over the new pixels that show the old picture."""
    step = max(1, min(size) // 64)
    sparse = to_old @ scale_shift(step, step, 0, 0)
    u, v, depth = places(sparse, (0, -(-size[0] // step)), -(-size[1] // step))
    along_u, along_v = slopes(to_old, (u, v, depth))
    seen = (u >= 0) & (u <= old[1]) & (v >= 0) & (v <= old[0]) & (depth > 0)
    if not seen.any():
        return 1.0, 1.0
    return float(np.minimum(along_u, along_v)[seen].min()), float(np.maximum(along_u, along_v)[seen].max())


def cover(to_old: Tensor, rows: Rows, width: int, old: Size) -> Tensor:
    """`(rows, w)` share of each new pixel over the old picture, from its distance to the four borders."""
    u, v, depth = places(to_old, rows, width)
    along_u, along_v = slopes(to_old, (u, v, depth))
    cover = (depth > 0).astype(np.float32)
    for distance, slope in ((u, along_u), (old[1] - u, along_u), (v, along_v), (old[0] - v, along_v)):
        cover *= np.clip(distance / np.maximum(slope, 1e-6) + 0.5, 0, 1).astype(np.float32)
    return torch.from_numpy(cover)


def shows_only(to_old: Tensor, size: Size, old: Size) -> bool:
    """Whether every new pixel lies over the old picture."""
    points = functional.pad(corners(size), (0, 1), value=1.0) @ to_old.T
    x, y = points[:, 0] / points[:, 2], points[:, 1] / points[:, 2]
    inside = (x >= -MARGIN) & (x <= old[1] + MARGIN) & (y >= -MARGIN) & (y <= old[0] + MARGIN) & (points[:, 2] > 0)
    return bool(inside.all())
