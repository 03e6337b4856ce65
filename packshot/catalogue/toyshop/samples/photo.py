"""From light to a JPEG-ready picture of a sample: exposure by the mean, white balance, lens, sensor, tone, 8 bits."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from packshot.catalogue.toyshop.studio.camera import Response, take

Image = NDArray[np.floating[Any]]


def develop(light: Image, response: Response, illuminant: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Linear light (h, w, 3) of any scale to 8-bit sRGB (h, w, 3). illuminant: linear RGB of the main light."""
    brightness = light @ np.array([0.2126, 0.7152, 0.0722], np.float32)
    exposed = light * np.float32(response.key / max(float(np.exp(np.log(brightness + 1e-4).mean())), 1e-6))
    white = np.asarray(illuminant, float) / illuminant[1]
    gains = white**-response.adapt * np.array([response.balance[0], 1.0, response.balance[1]])
    return take(soften(exposed * gains.astype(np.float32), response.blur_px), response)


def soften(image: Image, blur_px: float) -> Image:
    """The lens blur, scaled to the picture's size; apply the same to the matte."""
    sigma = blur_px * image.shape[0] / 768
    return image if sigma < 0.15 else cv2.GaussianBlur(image, (0, 0), sigma, borderType=cv2.BORDER_REFLECT)
