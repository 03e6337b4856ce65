"""What a camera and a shop's software do to a composed picture: white balance, exposure, softness, noise, JPEG."""

from __future__ import annotations

import cv2
import numpy as np

from packshot.catalogue.composing.light import Bytes, Floats, Random, blurred, encoded, tint


def photographed(light: Floats, random: Random) -> Bytes:
    """Linear light `(h, w, 3)` → sRGB bytes as they come out of a JPEG."""
    if random.random() < 0.5:
        light = light * tint(random, 0.08)
    if random.random() < 0.5:
        light = light * np.float32(np.exp(random.normal(0, 0.15)))
    rgb = encoded(light)
    if random.random() < 0.3:
        middle = np.float32(random.uniform(0.3, 0.6))
        rgb = middle + (rgb - middle) * np.float32(random.uniform(0.75, 1.25))
    if random.random() < 0.35:
        rgb = blurred(rgb, random.uniform(0.3, 1.1))
    if random.random() < 0.6:
        noise = random.standard_normal(rgb.shape, np.float32)
        if random.random() < 0.3:
            noise = cv2.GaussianBlur(noise, (0, 0), 0.7) * np.float32(2)
        rgb = rgb + noise * np.float32(random.uniform(0.5, 6) / 255)
    pixels = np.clip(rgb * 255 + 0.5, 0, 255).astype(np.uint8)
    return jpeg(pixels, int(random.integers(35, 97))) if random.random() < 0.8 else pixels


def jpeg(pixels: Bytes, quality: int) -> Bytes:
    """`(h, w, 3)` bytes as they come back from a JPEG file."""
    data = cv2.imencode(".jpg", pixels[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    read = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR))
    return np.ascontiguousarray(read[..., ::-1])
