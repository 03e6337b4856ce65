"""Laying shadows and reflections under a product: everything in linear light, the product itself left as it is.

The ground shows in a picture as `C = m F + (1 - m) G` (m matte, F the product's own colour, G ground). A shadow
multiplies G alone, a reflection is laid over G alone. What shows of the ground, `C - m F`, needs no estimate of G.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from packshot.imaging import mattes
from packshot.imaging.colour import linear_to_srgb, srgb_to_linear
from packshot.imaging.picture import Picture

FAINT = 1 / 2040  # density below which no 8-bit white changes
HALO_PX = 34  # surroundings that the edge colour search looks at


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
        touched = touched | (mirrored.alpha > FAINT)
    touched = (touched & (picture.matte < mattes.SOLID))[:, 0]  # n, h, w
    if not bool(touched.any()):
        return picture
    tint = srgb_to_linear(torch.tensor(colour, device=density.device))
    light, cover = _ground_light(density[:, 0][touched], tint, mirrored, touched)
    laid = _multiplied if picture.alpha is None else _added
    return laid(picture, touched, light, cover)


def _ground_light(dark: Tensor, tint: Tensor, mirrored: Picture | None, touched: Tensor) -> tuple[Tensor, Tensor]:
    """What is laid on the ground at the touched pixels: light added `(3, k)`, and share of the ground hidden `(3, k)`.

    The hidden share differs by channel for a coloured shadow, which multiplies.
    """
    hidden = dark * (1 - tint)[:, None]
    if mirrored is None:
        return torch.zeros_like(hidden), hidden
    assert mirrored.alpha is not None
    shows = mirrored.alpha[:, 0][touched]
    image = srgb_to_linear(_gather(mirrored.rgb, touched))
    return shows * image, 1 - (1 - hidden) * (1 - shows)


def _multiplied(picture: Picture, touched: Tensor, light: Tensor, hidden: Tensor) -> Picture:
    """On an opaque picture: `C - (C - m F) hidden + (1 - m) light`."""
    assert picture.matte is not None
    matte = picture.matte[:, 0][touched]
    shown = srgb_to_linear(_gather(picture.rgb, touched))
    ground = shown
    edge = matte > 0
    if bool(edge.any()):
        own = matte * srgb_to_linear(_gather(_edge_colours(picture, touched), touched))
        ground = torch.where(edge, (shown - own).clamp(min=0), shown)
    result = shown - ground * hidden + (1 - matte) * light
    return picture.replace(rgb=_scatter(picture.rgb, touched, result))


def _added(picture: Picture, touched: Tensor, light: Tensor, hidden: Tensor) -> Picture:
    """On a picture with alpha: the shadow and the reflection under it, alpha grows.

    Transparency is one number, a multiplying colour three: the mean of the hidden shares is kept, and the colour
    that gives the right shadow on white.
    """
    assert picture.alpha is not None
    alpha = picture.alpha[:, 0][touched]
    own = alpha * srgb_to_linear(_gather(picture.rgb, touched))
    opaque = hidden.amax(0)
    under = light + (opaque - hidden)
    total = alpha + (1 - alpha) * opaque
    result = (own + (1 - alpha) * under) / total.clamp(min=1e-9)
    grown = picture.alpha.clone()
    grown[:, 0][touched] = total
    return picture.replace(rgb=_scatter(picture.rgb, touched, result), alpha=grown)


def _gather(rgb: Tensor, touched: Tensor) -> Tensor:
    """`(n, 3, h, w)` → `(3, k)`."""
    return torch.stack([rgb[:, channel][touched] for channel in range(3)])


def _scatter(rgb: Tensor, touched: Tensor, linear: Tensor) -> Tensor:
    """A copy of rgb with the touched pixels replaced by `(3, k)` in linear light."""
    result = rgb.clone()
    encoded = linear_to_srgb(linear.clamp(0, 1)).clamp(0, 1)
    for channel in range(3):
        result[:, channel][touched] = encoded[channel]
    return result


def _edge_colours(picture: Picture, touched: Tensor) -> Tensor:
    """`mattes.foreground`, computed only around the touched edge; elsewhere the picture itself."""
    assert picture.matte is not None
    ys, xs = np.nonzero((touched & (picture.matte[:, 0] > 0)).any(0).cpu().numpy())
    y0, y1, x0, x1 = (
        max(0, int(v)) for v in (ys.min() - HALO_PX, ys.max() + HALO_PX, xs.min() - HALO_PX, xs.max() + HALO_PX)
    )
    box = (..., slice(y0, y1 + 1), slice(x0, x1 + 1))
    result = picture.rgb.clone()
    result[box] = mattes.foreground(picture.rgb[box].contiguous(), picture.matte[box].contiguous())
    return result
