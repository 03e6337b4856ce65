"""Laying shadows and reflections under a product: everything in linear light, the product itself left as it is.

The ground shows in a picture as `C = m F + (1 - m) G` (m matte, F the product's own colour, G ground). A shadow
multiplies G alone, a reflection is laid over G alone. In mixed pixels G is taken from the ground beside them, which is
smoother than any product.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from packshot.imaging import mattes
from packshot.imaging.colour import linear_to_srgb, srgb_to_linear
from packshot.imaging.picture import Picture
from packshot.imaging.scenery.standing import Plane

FAINT = 1 / 2040  # density below which no 8-bit white changes
TAPER = 0.05  # shadows fade out within this share of the picture's longest side from its border
NOTHING = 0.004  # matte of a pixel that is all ground
NEARBY_PX = (3, 12, 48)  # box radii in which the ground beside an edge is looked for
ESTIMATED = 0.2  # matte from which the ground in a mixed pixel is all estimate


@dataclass(frozen=True)
class Shade:
    """Density of a shadow in `[0, 1]` on its own grid, and the transform of grid indices to picture pixel indices."""

    density: Plane
    to_picture: NDArray[np.float64]


def render(shade: Shade, size: tuple[int, int]) -> tuple[Plane, float]:
    """The density in a picture of `(h, w)`, and the share of the whole shadow that lies outside of it.

    Fades to 0 towards the picture's border, so that no shadow ends in a straight line.
    """
    h, w = size
    result = np.zeros(size, np.float32)
    x, y, weight = _places(shade)
    some = shade.density > FAINT
    if not some.any():
        return result, 0.0
    outside = (x < -0.5) | (x > w - 0.5) | (y < -0.5) | (y > h - 0.5)
    clipped = min(1.0, float(weight[outside].sum() / max(float(weight.sum()), 1e-12)))
    x0, x1 = max(0, math.floor(x[some].min()) - 2), min(w, math.ceil(x[some].max()) + 3)
    y0, y1 = max(0, math.floor(y[some].min()) - 2), min(h, math.ceil(y[some].max()) + 3)
    if x1 <= x0 or y1 <= y0:
        return result, clipped
    matrix = np.array([[1, 0, -x0], [0, 1, -y0], [0, 0, 1.0]]) @ shade.to_picture
    part = cv2.warpPerspective(shade.density, matrix, (x1 - x0, y1 - y0), flags=cv2.INTER_CUBIC)
    taper_y, taper_x = (taper(n, TAPER * max(size)) for n in size)
    part = np.clip(part, 0, 1) * taper_y[y0:y1, None] * taper_x[None, x0:x1]
    part[part < FAINT] = 0
    result[y0:y1, x0:x1] = part
    return result, clipped


def _places(shade: Shade) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Picture pixel indices of every grid cell, and its density times the area it covers there."""
    rows, columns = np.indices(shade.density.shape)
    m = shade.to_picture
    x, y, depth = (m[i, 0] * columns + m[i, 1] * rows + m[i, 2] for i in range(3))
    return x / depth, y / depth, shade.density * abs(np.linalg.det(m)) / np.abs(depth) ** 3


def taper(n: int, width: float) -> Plane:
    """1 inside, smoothly 0 at both ends, `(n,)`."""
    edge = np.minimum(np.arange(n), n - 1 - np.arange(n)) / max(width, 1.0)
    t = np.clip(edge, 0, 1).astype(np.float32)
    smooth: Plane = t * t * (3 - 2 * t)
    return smooth


def strengthened(density: Tensor, strength: float) -> Tensor:
    """A density in `[0, 1]` whose optical density is multiplied: `1 - (1 - d)^strength`."""
    return density if strength == 1 else 1 - (1 - density) ** strength


def lay(
    picture: Picture,
    density: Tensor,
    colour: tuple[float, float, float] = (0.0, 0.0, 0.0),
    mirrored: Picture | None = None,
) -> Picture:
    """The picture with a shadow, and a reflection over it, on its ground.

    density: `(n, 1, h, w)`, the light the shadow takes away. colour: sRGB, what black is replaced by. mirrored: the
    reflection as a picture of the same size, whose alpha says how much of it shows.
    An opaque picture is multiplied; on one with alpha the shadow adds to alpha, and the matte never changes.
    Pixels whose matte is >= 0.99, and pixels without shadow and reflection, stay bit-exact.
    """
    assert picture.matte is not None
    touched = density > FAINT
    if mirrored is not None:
        assert mirrored.alpha is not None
        touched |= mirrored.alpha > FAINT
    touched &= picture.matte < mattes.SOLID
    some = _Some(touched)
    if len(some.places) == 0:
        return picture
    tint = srgb_to_linear(torch.tensor(colour, device=density.device))
    light, hidden = _laid(some.of(density) * (1 - tint)[:, None], mirrored, some)
    return _multiplied(picture, some, light, hidden) if picture.alpha is None else _added(picture, some, light, hidden)


class _Some:
    """Some pixels of pictures of one size, taken out as `(channels, k)` and put back."""

    def __init__(self, touched: Tensor) -> None:
        self.touched = touched
        self.places = touched.flatten().nonzero()[:, 0]
        self.area = touched.shape[2] * touched.shape[3]

    def of(self, layer: Tensor) -> Tensor:
        """`(n, c, h, w)` → `(c, k)`."""
        flat = layer.reshape(-1)
        return torch.stack([flat.index_select(0, place) for place in self._channels(layer.shape[1])])

    def put(self, layer: Tensor, values: Tensor) -> Tensor:
        """A copy of `(n, c, h, w)` with `(c, k)` put back."""
        result = layer.clone(memory_format=torch.contiguous_format)
        for place, value in zip(self._channels(layer.shape[1]), values, strict=True):
            result.view(-1).index_copy_(0, place, value)
        return result

    def _channels(self, count: int) -> list[Tensor]:
        first = self.places + self.places // self.area * (count - 1) * self.area
        return [first + channel * self.area for channel in range(count)]


def _laid(dark: Tensor, mirrored: Picture | None, some: _Some) -> tuple[Tensor, Tensor]:
    """What is laid on the ground: light added, and share of the ground hidden, which differs by channel; `(3, k)`."""
    if mirrored is None:
        return torch.zeros_like(dark), dark
    assert mirrored.alpha is not None
    shows = some.of(mirrored.alpha)
    return shows * srgb_to_linear(some.of(mirrored.rgb)), 1 - (1 - dark) * (1 - shows)


def _multiplied(picture: Picture, some: _Some, light: Tensor, hidden: Tensor) -> Picture:
    """On an opaque picture: `C - (1 - m) G hidden + (1 - m) light`; where the matte is 0, `C = G`."""
    assert picture.matte is not None
    matte = some.of(picture.matte)[0]
    shown = srgb_to_linear(some.of(picture.rgb))
    ground = shown.clone()
    edge = (matte > 0).nonzero()[:, 0]
    if len(edge):
        band = some.touched & (picture.matte > 0)
        nearby = srgb_to_linear(_Some(band).of(_ground_nearby(picture, band)))
        mixed = torch.lerp(shown[:, edge], nearby, (matte[edge] / ESTIMATED).clamp(max=1))
        ground[:, edge] = torch.minimum((1 - matte[edge]) * mixed, shown[:, edge])
    result = shown - ground * hidden + (1 - matte) * light
    return picture.replace(rgb=some.put(picture.rgb, _encoded(result)))


def _added(picture: Picture, some: _Some, light: Tensor, hidden: Tensor) -> Picture:
    """On a picture with alpha: the shadow and the reflection go under it, and alpha grows.

    Transparency is one number and a coloured shadow hides three: the largest is kept, and the colour that gives the
    right shadow on white.
    """
    assert picture.alpha is not None
    alpha = some.of(picture.alpha)
    opaque = hidden.amax(0, keepdim=True)
    total = alpha + (1 - alpha) * opaque
    own = alpha * srgb_to_linear(some.of(picture.rgb))
    result = (own + (1 - alpha) * (light + opaque - hidden)) / total.clamp(min=1e-9)
    return picture.replace(
        rgb=some.put(picture.rgb, _encoded(result)), alpha=some.put(picture.alpha, total.clamp(0, 1))
    )


def _encoded(linear: Tensor) -> Tensor:
    return linear_to_srgb(linear.clamp(0, 1)).clamp(0, 1)


def _ground_nearby(picture: Picture, band: Tensor) -> Tensor:
    """The ground's own colour beside the product's edge, `(n, 3, h, w)` sRGB; it has a meaning only in the band.

    A mean of the nearest pixels that are all ground; where none is near, the picture itself.
    """
    assert picture.matte is not None
    result = picture.rgb.clone()
    for sample, inside in enumerate(band[:, 0].numpy()):
        ys, xs = np.nonzero(inside.any(1))[0], np.nonzero(inside.any(0))[0]
        if len(ys) == 0:
            continue
        far = NEARBY_PX[-1]
        box = tuple(slice(max(0, int(v[0]) - far), int(v[-1]) + far + 1) for v in (ys, xs))
        weight = (picture.matte[sample, 0][box] <= NOTHING).numpy().astype(np.float32)
        for plane in result[sample]:
            plane[box] = torch.from_numpy(_mean_nearby(plane[box].numpy(), weight))
    return result


def _mean_nearby(plane: Plane, weight: Plane) -> Plane:
    """Weighted mean of the smallest neighbourhood that has any weight, of one plane."""
    total, mean = np.full(plane.shape, 1e-9, np.float32), 1e-9 * plane
    for level, radius in enumerate(NEARBY_PX):
        kernel = (2 * radius + 1, 2 * radius + 1)
        total += 1e-2**level * cv2.blur(weight, kernel)
        mean += 1e-2**level * cv2.blur(weight * plane, kernel)
    return mean / total
