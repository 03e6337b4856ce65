"""From exposed light to an 8-bit picture, the way a small camera does it: lens, sensor, tone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from packshot.catalogue.toyshop.paint.palette import encode

Image = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Response:
    """How the camera sees.

    key: linear value that the mean brightness is exposed to. balance: gains of red and blue (1, 1 = neutral).
    adapt: how much of the light's own colour the automatic white balance removes (0..1).
    vignette: darkening of the corners, share. blur_px: lens and demosaicking, standard deviation at 768 px.
    electrons: full well of the sensor (fewer = more noise). contrast: strength of the S curve.
    """

    key: float = 0.30
    balance: tuple[float, float] = (1.0, 1.0)
    adapt: float = 0.8
    vignette: float = 0.10
    blur_px: float = 0.55
    electrons: float = 5000.0
    contrast: float = 0.18
    seed: int = 0


def take(light: Image, response: Response) -> NDArray[np.uint8]:
    """Exposed linear light (h, w, 3), 1 = white, as 8-bit sRGB. Uses vignette, electrons, contrast and seed."""
    seen = light * _vignette(light.shape[:2], response.vignette)
    encoded = _curve(encode(_shoulder(_sensor(seen, response))), response.contrast)
    return np.asarray(np.clip(encoded * 255 + 0.5, 0, 255), np.uint8)


def _vignette(shape: tuple[int, int], strength: float) -> Image:
    y, x = np.mgrid[-1 : 1 : shape[0] * 1j, -1 : 1 : shape[1] * 1j].astype(np.float32)
    shade: Image = 1 - strength * ((x**2 + y**2) / 2) ** 1.3
    return shade[..., None]


def _sensor(light: Image, response: Response) -> Image:
    """Shot and read noise; neighbouring pixels share a little of it, as after demosaicking."""
    rng = np.random.default_rng(response.seed)
    spread = np.sqrt(np.maximum(light, 0) / response.electrons + 2.0 / response.electrons**2 * 25)
    grain = rng.standard_normal(light.shape).astype(np.float32)
    shared = cv2.GaussianBlur(grain, (0, 0), 0.8) * 2.2
    return np.asarray(light + (0.6 * grain + 0.55 * shared) * spread, np.float32)


def _shoulder(light: Image, knee: float = 0.72) -> Image:
    """Roll off highlights above the knee instead of clipping them."""
    over = np.maximum(light - knee, 0) / (1 - knee)
    return np.where(light > knee, knee + (1 - knee) * np.tanh(0.8 * over), np.maximum(light, 0)).astype(np.float32)


def _curve(encoded: Image, contrast: float) -> Image:
    smooth = encoded * encoded * (3 - 2 * encoded)
    return encoded + contrast * (smooth - encoded)
