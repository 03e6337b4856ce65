"""Grounds to lay a product on: one colour, a gradient, a picture; and the laying itself, where white stays white.

Gradients run in OKLab, evenly for the eye, and are dithered to 8 bits with interleaved gradient noise (Jimenez,
"Next Generation Post Processing in Call of Duty", 2014) of less than half a level, so that a colour which 8 bits can
hold, white above all, is left alone. What a matte leaves of almost nothing is nothing: values below `NOTHING` are 0
and values from `mattes.SOLID` on are 1, with a straight line between.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from packshot.imaging import geometry, mattes
from packshot.imaging.blur import blurred
from packshot.imaging.colour import linear_to_srgb, oklab_to_rgb, rgb_to_oklab, srgb_to_linear
from packshot.imaging.picture import Picture

NOTHING = 0.02  # matte below which a pixel is all ground
MOSTLY = 0.25  # share of the ground that has exactly one colour, for that to be its colour
TABLE = 4096  # colours along a gradient
LEVELS = 255
STRIP = 32  # rows worked on at once, small enough for the cache
NOISE_ROWS = 8 * STRIP

Colour = tuple[float, float, float]  # sRGB in [0, 1]
Size = tuple[int, int]  # (height, width)
Fit = Literal["cover", "contain", "tile"]


def flat(colour: Colour, size: Size) -> Tensor:
    """One colour, `(1, 3, h, w)`; a view, not to be written to."""
    return torch.tensor(colour, dtype=torch.float32).view(1, 3, 1, 1).expand(1, 3, *size)


def linear_gradient(first: Colour, second: Colour, size: Size, angle: float = 90.0) -> Tensor:
    """From one colour to another across the whole picture, `(1, 3, h, w)`, in 8-bit levels.

    angle: where the second colour lies, degrees: 0 right, 90 below.
    """
    h, w = size
    along_x, along_y = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    x, y = ((np.arange(n, dtype=np.float32) + 0.5 - n / 2) for n in (w, h))
    half = abs(along_x) * (w - 1) / 2 + abs(along_y) * (h - 1) / 2  # distance of the farthest pixel centres
    place = (along_y * y[:, None] + along_x * x[None, :]) / max(2 * half, 1e-6) + 0.5
    return _coloured(first, second, place.astype(np.float32))


def radial_gradient(first: Colour, second: Colour, size: Size, centre: tuple[float, float] = (0.5, 0.5)) -> Tensor:
    """From one colour at the centre to another at the farthest corner, `(1, 3, h, w)`, in 8-bit levels.

    centre: `(x, y)` as shares of width and height.
    """
    h, w = size
    x, y = (np.arange(n, dtype=np.float32) + 0.5 - n * c for n, c in ((w, centre[0]), (h, centre[1])))
    farthest = math.hypot(max(abs(x[0]), abs(x[-1])), max(abs(y[0]), abs(y[-1])))
    place = np.sqrt(x[None, :] ** 2 + y[:, None] ** 2) / np.float32(max(farthest, 1e-6))
    return _coloured(first, second, place.astype(np.float32))


def _coloured(first: Colour, second: Colour, place: NDArray[np.float32]) -> Tensor:
    """The colours at places 0..1 along a gradient, dithered."""
    ends = torch.tensor([first, second], dtype=torch.float32).T[None, :, None]  # 1, 3, 1, 2
    oklab = rgb_to_oklab(ends)
    start, end = oklab[..., :1], oklab[..., 1:]
    table = oklab_to_rgb(start + (end - start) * torch.linspace(0, 1, TABLE))
    table[..., 0], table[..., -1] = ends[..., 0], ends[..., 1]
    levels = LEVELS * table[0, :, 0].numpy()  # 3, TABLE
    result = np.empty((1, 3, *place.shape), np.float32)
    noise = _noise(place.shape[1])
    for top in range(0, place.shape[0], STRIP):
        rows = slice(top, top + STRIP)
        index = np.clip(place[rows] * (TABLE - 1) + 0.5, 0, TABLE - 1).astype(np.intp)
        for channel in range(3):
            dithered = np.rint(levels[channel].take(index) + noise[top % NOISE_ROWS :][: len(index)])
            np.divide(np.clip(dithered, 0, LEVELS), LEVELS, out=result[0, channel, rows], dtype=np.float32)
    return torch.from_numpy(result)


@lru_cache(maxsize=2)
def _noise(w: int) -> NDArray[np.float32]:
    """Interleaved gradient noise, more than -0.5 and less than 0.5, `(NOISE_ROWS, w)`, to be repeated downwards."""
    x, y = np.arange(w, dtype=np.float64), np.arange(NOISE_ROWS, dtype=np.float64)[:, None]
    inner = 0.06711056 * x + 0.00583715 * y
    noise = 52.9829189 * (inner - np.floor(inner))
    return (0.998 * (noise - np.floor(noise) - 0.5)).astype(np.float32)


def pictured(
    picture: Picture,
    size: Size,
    fit: Fit = "cover",
    position: tuple[float, float] = (0.5, 0.5),
    colour: Colour = (1, 1, 1),
) -> tuple[Tensor, float]:
    """A picture as a ground `(1, 3, h, w)`, and how much it was enlarged (1 = its own size).

    fit: cover fills the frame and is cut, contain shows all of it on `colour`, tile repeats it at its own size.
    position: which part is kept, or where it lies, as shares of the free room: (0, 0) top left, (1, 1) bottom right.
    """
    rgb = picture.rgb
    if picture.alpha is not None:
        rgb = mattes.over(rgb, picture.alpha, flat(colour, picture.size))
    h, w = size
    if fit == "tile":
        return _tiled(rgb, size, position), 1.0
    ratios = (h / picture.height, w / picture.width)
    scale = max(ratios) if fit == "cover" else min(ratios)
    x, y = (p * (own - n / scale) for p, own, n in zip(position, (picture.width, picture.height), (w, h), strict=True))
    to_old = geometry.scale_shift(1 / scale, 1 / scale, x, y)
    return geometry.carry(Picture(rgb), to_old, size, fill=colour).rgb, scale


def _tiled(rgb: Tensor, size: Size, position: tuple[float, float]) -> Tensor:
    own_h, own_w = rgb.shape[2:]
    rows, columns = (
        (torch.arange(n) - round(p * (n - own))) % own
        for n, own, p in ((size[0], own_h, position[1]), (size[1], own_w, position[0]))
    )
    return rgb[:, :, rows][:, :, :, columns]


def defocused(rgb: Tensor, blur_px: float) -> Tensor:
    """Gaussian blur in linear light, mirrored at the border, `(n, 3, h, w)`. blur_px: standard deviation."""
    if blur_px < 0.2:
        return rgb
    light = srgb_to_linear(rgb)
    result = torch.empty_like(light)
    for target, plane in zip(result.flatten(0, 1), light.flatten(0, 1), strict=True):
        target.copy_(torch.from_numpy(blurred(plane.numpy(), blur_px, "mirror")))
    return linear_to_srgb(result.clamp(0, 1)).clamp(0, 1)


def opacity(picture: Picture) -> Tensor:
    """How much of each pixel hides what lies under it, `(n, 1, h, w)`, with the matte's traces taken off.

    A picture without alpha shows its product alone. One with alpha also shows what was added to it, a shadow say.
    """
    matte, alpha = picture.matte, picture.alpha
    assert matte is not None
    solid = ((matte - NOTHING) / (mattes.SOLID - NOTHING)).clamp(0, 1)
    if alpha is None:
        return solid
    added = (1 - alpha) / (1 - matte).clamp(min=1e-6)  # what a shadow leaves of the ground
    full = torch.where(solid >= 1, solid, 1 - (1 - solid) * added.clamp(0, 1))
    return torch.where(alpha < matte - 1e-6, alpha, full)


def cleaned(picture: Picture) -> Picture:
    """The product on nothing: `alpha` is `opacity`, colours along the edge are its own."""
    assert picture.matte is not None
    rgb = picture.rgb if picture.alpha is not None else mattes.foreground(picture.rgb, picture.matte)
    return picture.replace(rgb=rgb, alpha=opacity(picture))


def plain_ground(picture: Picture) -> tuple[Tensor, Tensor] | None:
    """The one colour `(3,)` that most of the ground has exactly, and a layer `(n, 1, h, w)`, 1 where it has another.

    None if the ground is transparent, patterned, or all in shadow.
    """
    assert picture.matte is not None
    ground = (picture.matte < NOTHING)[:, 0]
    step = max(1, min(picture.size) // 128)
    sample = picture.rgb[:, :, ::step, ::step].movedim(1, -1)[ground[:, ::step, ::step]]  # k, 3
    if picture.alpha is not None or len(sample) == 0:
        return None
    colour = sample.median(0).values
    if float((sample == colour).all(1).float().mean()) < MOSTLY:
        return None
    same = (picture.rgb == colour.view(1, 3, 1, 1)).all(1)
    return colour, (~same & ground)[:, None].to(torch.float32)


def laid_on(picture: Picture, ground: Tensor) -> Picture:
    """The product on a ground `(1 or n, 3, h, w)`; the picture becomes opaque, its matte stays.

    Bit by bit, pixels with matte >= 0.99 keep the picture's colour, and pixels with matte < 0.02 the ground's.
    """
    product = cleaned(picture)
    assert product.alpha is not None
    return product.replace(rgb=mattes.over(product.rgb, product.alpha, ground), alpha=None)
