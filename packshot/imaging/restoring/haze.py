"""A veil over the whole picture (haze, flare, a dirty lens), found by its darkest places and taken off, within bounds.

The model of haze I = J t + A (1 - t) with one transmission t for the whole picture; t is read off the dark channel (He,
Sun & Tang 2009, eqs. 5, 12): somewhere a photo has something dark in one channel. Departures: t is one number, as a
shop's distances are; A is the light of the brightest places; where the darkest places are too light for a veil, nothing
is done.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import torch
from torch import Tensor

from packshot.imaging.colour import linear_to_srgb, srgb_to_linear

PATCH_PX = 5  # of the copy: smaller dark specks do not count
COPY_PX = 400  # longest side of the copy that is looked at
DARKEST = 0.005  # share of the pixels taken as the darkest
BRIGHTEST = 0.01
FAINT = 0.012  # linear light: less is no veil
STRONGEST = 0.3  # linear light: more is a light product, not a veil
LEFT = 0.9  # share of the veil that is taken, for nothing is wholly black


@dataclass(frozen=True)
class Veil:
    """amount: linear light that is added everywhere, per channel. t: transmission, 1 = none."""

    amount: tuple[float, float, float]
    t: float


def find(rgb: Tensor, matte: Tensor | None = None) -> Veil | None:
    """The veil over `(1, 3, h, w)`; None if there is none to be told. matte: where the product is, if known."""
    step = max(1.0, max(rgb.shape[2:]) / COPY_PX)
    size = round(rgb.shape[3] / step), round(rgb.shape[2] / step)
    linear = srgb_to_linear(rgb)[0].permute(1, 2, 0).cpu().numpy()
    small = cv2.resize(linear, (max(1, size[0]), max(1, size[1])), interpolation=cv2.INTER_AREA)
    dark = cv2.dilate(small.min(2), np.ones((PATCH_PX, PATCH_PX), np.uint8))  # a dark place, not a dark pixel
    depth = np.quantile(dark, DARKEST)
    light = np.quantile(small.reshape(-1, 3), 1 - BRIGHTEST, axis=0)
    places = small[dark <= max(depth, 1e-6)]
    colour = np.minimum(places.mean(0) if len(places) else np.zeros(3), light)
    floor = float(colour.min())
    if not FAINT < floor < STRONGEST:
        return None
    t = 1 - LEFT * floor / max(float(light.mean()), 1e-3)
    red, green, blue = (float(v) for v in LEFT * floor * light / max(float(light.mean()), 1e-3))
    return Veil((red, green, blue), t)


def lifted(rgb: Tensor, veil: Veil, strength: float = 1.0) -> Tensor:
    """`(n, 3, h, w)` without a share of the veil; what was as light as the light itself stays so."""
    amount = strength * torch.tensor(veil.amount).view(1, 3, 1, 1)
    t = 1 - strength * (1 - veil.t)
    return linear_to_srgb(((srgb_to_linear(rgb) - amount) / t).clamp(0, 1))
