"""Gaussian blur whose cost does not grow with its width: a wide one is made on a smaller copy."""

from __future__ import annotations

import math
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

Layer = NDArray[np.float32]  # (h, w) or (h, w, c)

NARROW = 2.5  # px, standard deviation up to which nothing is shrunk
BORDERS = {"nothing": cv2.BORDER_CONSTANT, "mirror": cv2.BORDER_REFLECT}


def blurred(layer: Layer, sigma: float, border: Literal["nothing", "mirror"] = "nothing") -> Layer:
    """Gaussian blur of a layer `(h, w)` or `(h, w, c)`; outside there is nothing (0), or its mirror image.

    sigma: standard deviation, px. Wider than 2.5 px it is an approximation: averaged, blurred, interpolated.
    """
    if sigma < 0.3:
        return layer
    h, w = layer.shape[:2]
    factor = max(1, int(min(sigma / NARROW, h, w)))
    kind = BORDERS[border]
    if factor == 1:
        soft: Layer = cv2.GaussianBlur(layer, (0, 0), sigma, borderType=kind)
        return soft
    size = math.ceil(w / factor), math.ceil(h / factor)
    padded = cv2.copyMakeBorder(layer, 0, size[1] * factor - h, 0, size[0] * factor - w, kind)
    small = cv2.resize(padded, size, interpolation=cv2.INTER_AREA)
    left = max(0.1, (sigma / factor) ** 2 - 1 / 12 - 1 / 4)  # variance that averaging and interpolation do not bring
    small = cv2.GaussianBlur(small, (0, 0), math.sqrt(left), borderType=kind)
    soft = cv2.resize(small, (size[0] * factor, size[1] * factor), interpolation=cv2.INTER_LINEAR)[:h, :w]
    return soft
