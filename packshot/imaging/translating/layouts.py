"""A layout as a picture: every part of a product in its colour, the ground white.

Colours differ in lightness as well as in hue. What lies between two parts (the soft edge of a brush, JPEG) belongs to
the nearer colour; an area of another colour is refused with its colour and place.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from packshot.errors import ParameterError
from packshot.imaging.mattes import resized
from packshot.imaging.names import parse_colour

PALETTE = ("#ffffff", "#1f4e8c", "#e3a81c", "#2f7d4f", "#b3202c", "#7fc4e8", "#6a3d9a", "#3a3a42")  # ground first
NEAR = 0.13  # distance in RGB, of [0, 1], within which a colour is one of the palette's
SOFT_PX = 2  # half the width of what lies between two parts, in a layout of 512 px
WIDEST_SOFT = 0.03  # of the longest side: how far off the two parts of a mixture may be


def colour_of(part: int, palette: Sequence[str] = PALETTE) -> str:
    """`#rrggbb` of a part, 0 = ground. Raises ParameterError for one that has none."""
    if not 0 <= part < len(palette):
        raise ParameterError(f"part: expected 0 (the ground) to {len(palette) - 1}, got {part}")
    return palette[part]


def painted(layout: Tensor, palette: Sequence[str] = PALETTE) -> Tensor:
    """Numbers of parts `(n, 1, h, w)` as a picture `(n, 3, h, w)` in [0, 1]; parts beyond the last share its colour."""
    colours = torch.tensor([parse_colour(name) for name in palette])
    return colours[layout[:, 0].long().clamp(0, len(palette) - 1)].permute(0, 3, 1, 2).contiguous()


def read(rgb: Tensor, alpha: Tensor | None = None, palette: Sequence[str] = PALETTE) -> Tensor:
    """Numbers of parts `(1, 1, h, w)` int64 of a painted layout `(1, 3, h, w)`; what is transparent is ground.

    Raises ParameterError naming the colour, place and size of the largest area of an unknown colour.
    """
    shown = rgb if alpha is None else rgb * alpha + (1 - alpha)
    pixels = shown[0].permute(1, 2, 0).contiguous().numpy()  # h, w, 3
    bytes_ = np.rint(pixels * 255).astype(np.int32)
    codes, places = np.unique(bytes_[..., 0] << 16 | bytes_[..., 1] << 8 | bytes_[..., 2], return_inverse=True)
    seen = np.stack([codes >> 16, codes >> 8 & 255, codes & 255], -1).astype(np.float32) / 255  # few in a layout
    colours = np.array([parse_colour(name) for name in palette], np.float32)
    distance = np.linalg.norm(seen[:, None] - colours, axis=-1)
    parts, unknown = (v[places].reshape(pixels.shape[:2]) for v in (distance.argmin(1), distance.min(1) > NEAR))
    _refuse_unknown(pixels, parts, unknown, palette)
    return torch.from_numpy(parts)[None, None]


def _refuse_unknown(
    pixels: NDArray[np.float32], parts: NDArray[np.intp], unknown: NDArray[np.bool_], palette: Sequence[str]
) -> None:
    reach = max(1, round(SOFT_PX * max(unknown.shape) / 512))
    core = _thicker(unknown, reach)
    if core.any():
        core = _thicker(unknown & ~_between(pixels, parts, unknown, palette), reach)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(core.astype(np.uint8), connectivity=8)
    if count < 2:
        return
    inside = labels == 1 + int(stats[1:, cv2.CC_STAT_AREA].argmax())
    y, x = (int(v) for v in np.argwhere(inside)[int(inside.sum()) // 2])
    colour = "#" + "".join(f"{int(v):02x}" for v in np.rint(255 * np.median(pixels[inside], axis=0)))
    raise ParameterError(
        f"layout: colour {colour} at x {x}, y {y} ({inside.mean():.1%} of the picture) belongs to no part; "
        f"expected {', '.join(palette)} (the ground first)"
    )


def _thicker(area: NDArray[np.bool_], reach: int) -> NDArray[np.bool_]:
    """The middle of what is thicker than twice `reach`."""
    kernel = np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)
    return np.asarray(cv2.erode(area.astype(np.uint8), kernel, borderType=cv2.BORDER_REPLICATE) > 0)


def _between(
    pixels: NDArray[np.float32], parts: NDArray[np.intp], unknown: NDArray[np.bool_], palette: Sequence[str]
) -> NDArray[np.bool_]:
    """What is a mixture of two parts' colours, both of which are found nearby: a border that was enlarged."""
    width = round(WIDEST_SOFT * max(unknown.shape)) * 2 + 1
    kernel, found = np.ones((width, width), np.uint8), np.zeros_like(unknown)
    there = {int(p): cv2.dilate(((parts == p) & ~unknown).astype(np.uint8), kernel) > 0 for p in np.unique(parts)}
    for first, second in combinations(there, 2):
        a, b = (np.array(parse_colour(palette[part]), np.float32) for part in (first, second))
        share = np.clip((pixels - a) @ (b - a) / float((b - a) @ (b - a)), 0, 1)[..., None]
        near = np.linalg.norm(pixels - a - share * (b - a), axis=-1) < NEAR / 2
        found |= near & there[first] & there[second]
    return found


def small(layout: Tensor, size: tuple[int, int]) -> Tensor:
    """Numbers of parts `(1, 1, h, w)` at another size: the part that has most of each pixel."""
    if tuple(layout.shape[2:]) == size:
        return layout
    parts = int(layout.max()) + 1
    numbers = layout[0, 0].numpy()
    shares = [resized((numbers == part).astype(np.float32), size) for part in range(parts)]
    return torch.from_numpy(np.stack(shares).argmax(0))[None, None]
