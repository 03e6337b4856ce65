"""Masters drawn by code: one product of known place, in every way a file can hold it."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image


def drawn(
    width: int, height: int, box: tuple[int, int, int, int], shape: str = "ellipse", seed: int = 0
) -> Image.Image:
    """RGBA: a smooth, plainly coloured product in `box` (x0, y0, x1, y1 px) on nothing."""
    rng = np.random.default_rng(seed)
    ys, xs = np.mgrid[:height, :width] + 0.5
    x0, y0, x1, y1 = box
    u, v = (2 * xs - x0 - x1) / max(1, x1 - x0), (2 * ys - y0 - y1) / max(1, y1 - y0)
    inside = (u**2 + v**2 <= 1) if shape == "ellipse" else (np.abs(u) <= 1) & (np.abs(v) <= 1)
    colour = rng.integers(20, 170, 3)
    shade = np.clip(colour + 30 * (u[..., None] - v[..., None]) * (np.abs(u) <= 1)[..., None], 0, 190)
    pixels = np.dstack([shade, 255.0 * inside])
    return Image.fromarray(pixels.round().astype(np.uint8), "RGBA")


def on(picture: Image.Image, colour: tuple[int, int, int]) -> Image.Image:
    """The same, opaque."""
    ground = Image.new("RGBA", picture.size, (*colour, 255))
    ground.alpha_composite(picture)
    return ground.convert("RGB")


def noise(width: int, height: int, seed: int) -> Image.Image:
    """Nothing but noise."""
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8).astype(np.uint8))


def encoded(picture: Image.Image, mode: str) -> bytes:
    """The picture's file in a mode: RGBA, LA and P as PNG; RGB and CMYK and L as JPEG; I;16 as PNG."""
    file = io.BytesIO()
    if mode in ("RGB", "CMYK", "L"):
        flat = on(picture, (255, 255, 255)) if picture.mode == "RGBA" else picture
        flat.convert(mode).save(file, "JPEG", quality=95, subsampling=0)
    elif mode == "I;16":
        grey = np.asarray((on(picture, (255, 255, 255)) if picture.mode == "RGBA" else picture).convert("L"), np.uint16)
        Image.fromarray(grey * 257).save(file, "PNG")
    elif mode == "P":
        picture.convert("RGBA").quantize(64).save(file, "PNG")
    else:
        picture.convert(mode).save(file, "PNG")
    return file.getvalue()
