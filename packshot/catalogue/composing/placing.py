"""A cut-out as it stands in the picture: recoloured, sized, turned, placed; premultiplied linear light and opacity."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np

from packshot.catalogue.composing.light import Bytes, Floats, Random, linear, tint

LUMINANCE: Floats = np.array([0.2126, 0.7152, 0.0722], np.float32)  # of linear Rec. 709


class Placed(NamedTuple):
    """light: `(s, s, 3)`, premultiplied by alpha `(s, s)`."""

    light: Floats
    alpha: Floats


def placed(cutout: Bytes, side: int, share: float, random: Random, tone: str = "") -> Placed:
    """A cut-out `(h, w, 4)` in a picture of `side` px. share: its longer side over that of the picture.

    tone: `white` or `black` for a product of that colour. One in seven reaches over the frame.
    """
    rgba = _coloured(cutout, random, tone)
    h, w = rgba.shape[:2]
    scale = share * side / max(h, w)
    if scale < 1:
        h, w = max(1, round(h * scale)), max(1, round(w * scale))
        rgba, scale = cv2.resize(rgba, (w, h), interpolation=cv2.INTER_AREA), 1.0
    move = _move(h, w, side, scale, random)
    warped = cv2.warpAffine(rgba, move, (side, side), flags=cv2.INTER_LINEAR)
    return Placed(warped[..., :3], np.clip(warped[..., 3], 0, 1))


def _coloured(cutout: Bytes, random: Random, tone: str) -> Floats:
    """Premultiplied linear light `(h, w, 4)`, under another light or of another colour."""
    alpha = cutout[..., 3:].astype(np.float32) / 255
    colour = linear(cutout[..., :3])
    colour = _toned(colour, tone, random) if tone else _varied(colour, random)
    found: Floats = np.concatenate([np.clip(colour, 0, 1) * alpha, alpha], 2)
    return found


def _varied(colour: Floats, random: Random) -> Floats:
    """Faded, its channels changed about, of another contrast and brightness, in another light."""
    grey = colour @ LUMINANCE
    faded = 1 - random.uniform(0, 0.9) if random.random() < 0.35 else 1.0
    found: Floats = (grey[..., None] + faded * (colour - grey[..., None])).astype(np.float32)
    if random.random() < 0.25:
        found = found[..., random.permutation(3)]
    gamma, gain = np.float32(np.exp(random.normal(0, 0.15))), np.float32(np.exp(random.normal(0, 0.25)))
    result: Floats = np.maximum(found, 0) ** gamma * gain * tint(random, 0.06)
    return result


def _toned(colour: Floats, tone: str, random: Random) -> Floats:
    """The product made of white or of black stuff: its shading is kept, its colour nearly gone."""
    grey = np.sqrt(np.clip(colour @ LUMINANCE, 0, 1))
    low, high = np.percentile(grey, [5, 95])
    shade = np.clip((grey - low) / max(high - low, 0.05), 0, 1)
    if tone == "white":
        value = random.uniform(0.55, 0.75) + shade * random.uniform(0.15, 0.3)
    else:
        value = random.uniform(0.0, 0.015) + shade**2 * random.uniform(0.02, 0.1)
    own = 0.06 * (colour - colour.mean(2, keepdims=True))
    found: Floats = (value[..., None] + own).astype(np.float32)
    return found


def _move(h: int, w: int, side: int, scale: float, random: Random) -> Floats:
    """Affine matrix from the cut-out's pixels to the picture's."""
    turn = random.uniform(-np.pi, np.pi) if random.random() < 0.12 else random.normal(0, 0.12)
    stretch = np.exp(random.normal(0, 0.06))
    flip = -1.0 if random.random() < 0.5 else 1.0
    shear = random.normal(0, 0.05)
    cos, sin = np.cos(turn), np.sin(turn)
    across = np.array([[cos, -sin], [sin, cos]]) @ np.array([[flip * stretch, shear], [0, 1 / stretch]]) * scale
    corners = np.array([[-w, -h], [w, -h], [w, h], [-w, h]]) / 2 @ across.T
    reach = np.abs(corners).max(0)
    if random.random() < 0.14:
        centre = random.uniform(0, side, 2)
    else:
        slack = np.maximum(side / 2 - reach, 0)
        centre = side / 2 + random.uniform(-1, 1, 2) * slack
    shift = centre - across @ np.array([w / 2, h / 2])
    found: Floats = np.concatenate([across, shift[:, None]], 1).astype(np.float32)
    return found


def glassy(product: Placed, random: Random) -> Placed:
    """The product as if it were of clear plastic or glass: thinner inside than at its edge."""
    depth = cv2.distanceTransform((product.alpha > 0.5).astype(np.uint8), cv2.DIST_L2, 3)
    inside = np.clip(depth / max(2.0, 0.12 * float(depth.max())), 0, 1)
    clear = 1 - random.uniform(0.2, 0.7) * inside.astype(np.float32)
    return Placed(product.light * clear[..., None], product.alpha * clear)
