"""Reflection of a product in a glossy ground: mirrored column by column below the line it stands on, fading.

Mirroring each column at its own contact row is what an upright product of any footprint does in a level mirror seen
from not too high. It shows product pixels outside the product; the matte does not grow.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from packshot.imaging import mattes
from packshot.imaging.blur import blurred
from packshot.imaging.colour import linear_to_srgb, srgb_to_linear
from packshot.imaging.picture import Picture
from packshot.imaging.scenery.layering import TAPER, taper
from packshot.imaging.scenery.shadows import Outline
from packshot.imaging.scenery.standing import GROUND_SLOPE, Plane, contact_line, lowest

SHINE = 0.45  # share of the light that the ground mirrors at the contact


def reflection(
    picture: Picture,
    shape: Outline,
    *,
    length: float = 0.8,
    blur: float = 0.04,
    strength: float = 1.0,
    camera: float = 18.0,
) -> Picture:
    """The mirrored product as a picture of the same size; its alpha says how much of it shows. `n = 1`.

    length: where it has faded to nothing; blur: how soft it is there, both in lengths of the product's longest side.
    strength: 1 = as glossy acrylic shows it. camera: how far it looks down, degrees.
    """
    assert picture.matte is not None
    h, w = picture.size
    size = shape.length * shape.scale
    base = _mirror_line(picture.matte[0, 0].numpy(), shape, camera)
    reach = max(1.0, length * size)
    y0, y1 = max(0, math.floor(base.min())), min(h, math.ceil(base.max() + reach))
    x0, x1 = max(0, math.floor(shape.x)), min(w, math.ceil(shape.x + shape.inside.shape[1] * shape.scale))
    alpha = torch.zeros_like(picture.matte)
    shine = 1 - (1 - SHINE) ** strength
    if y1 <= y0 or x1 <= x0:
        return Picture(picture.rgb, alpha=alpha)
    top = max(0, math.floor(base.min() - reach))
    source = _premultiplied(picture, (slice(top, min(h, math.ceil(base.max()) + 1)), slice(x0, x1)))
    rows = np.arange(y0, y1, dtype=np.float32)[:, None] + 0.5
    below = rows - base[None, x0:x1]  # how far below the contact, px
    places = base[None, x0:x1] - below - top - 0.5
    columns = np.broadcast_to(np.arange(x1 - x0, dtype=np.float32), below.shape)
    image = cv2.remap(source, np.ascontiguousarray(columns), places.astype(np.float32), cv2.INTER_LINEAR)
    far = np.clip(below / reach, 0, 1).astype(np.float32)
    image = _softened(image, far, blur * size)
    shows = image[..., 3]
    rgb = picture.rgb.clone()
    colour = torch.from_numpy(image[..., :3] / np.maximum(shows, 1e-6)[..., None]).permute(2, 0, 1)
    rgb[0, :, y0:y1, x0:x1] = linear_to_srgb(colour.clamp(0, 1)).clamp(0, 1)
    shows = shine * shows * (below > 0) * (1 - far) ** 2 * taper(h, TAPER * max(h, w))[y0:y1, None]
    alpha[0, 0, y0:y1, x0:x1] = torch.from_numpy(np.clip(shows, 0, 1))
    return Picture(rgb, alpha=alpha)


def _mirror_line(matte: Plane, shape: Outline, camera: float) -> NDArray[np.float32]:
    """Row at which each picture column is mirrored: the contact line, at full resolution where the product touches."""
    w = matte.shape[1]
    sine = math.sin(math.radians(camera))
    base, touching = contact_line(shape.inside, GROUND_SLOPE * sine, shape.length, sine)
    place = (np.arange(w) + 0.5 - shape.x) / shape.scale
    column = np.clip(np.floor(place).astype(int), 0, len(base) - 1)
    coarse = shape.y + shape.scale * np.interp(place, np.arange(len(base)) + 0.5, base)
    fine = lowest(matte > 0.5)
    close = touching[column] & (np.abs(fine - coarse) < 2 * shape.scale + 1)
    known = np.nonzero(close)[0]
    return (np.interp(np.arange(w), known, fine[known]) if len(known) else coarse).astype(np.float32)


def _premultiplied(picture: Picture, box: tuple[slice, slice]) -> NDArray[np.float32]:
    """Linear light times matte, and the matte, `(h, w, 4)` of a box."""
    assert picture.matte is not None
    rgb, matte = (x[(..., *box)].contiguous() for x in (picture.rgb, picture.matte))
    if picture.alpha is None:
        rgb = mattes.foreground(rgb, matte)
    stacked: Tensor = torch.cat((srgb_to_linear(rgb) * matte, matte), 1)[0].permute(1, 2, 0)
    return np.ascontiguousarray(stacked.numpy())


def _softened(image: NDArray[np.float32], far: Plane, sigma: float) -> NDArray[np.float32]:
    """Blurred more and more, up to `sigma` px where `far` is 1."""
    if sigma < 0.5:
        return image
    levels = [image, *(blurred(image, max(0.5, share * sigma)) for share in (0.33, 1.0))]
    place = np.clip(np.where(far < 0.33, far / 0.33, 1 + (far - 0.33) / 0.67), 0, 2)
    result: NDArray[np.float32] = sum(  # type: ignore[assignment]
        np.clip(1 - np.abs(place - i), 0, 1)[..., None] * level for i, level in enumerate(levels)
    )
    return result
