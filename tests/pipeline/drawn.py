"""Photos drawn by code: a coloured solid with a soft shadow on a light sweep, cheap and never twice the same."""

import io

import numpy as np
from PIL import Image, ImageDraw, ImageFilter


def photo(number: int, side: int = 96) -> Image.Image:
    rng = np.random.default_rng(number)
    light = np.linspace(0.97, 0.86, side)[:, None, None] * np.ones((1, side, 3)) * [1, 0.99, 0.97]
    image = Image.fromarray((light * 255).astype(np.uint8))
    centre, radius = side * (0.5 + 0.06 * rng.standard_normal(2)), side * rng.uniform(0.2, 0.32)
    half = radius * np.array([1, 0.8])
    box = [float(v) for v in (*(centre - half), *(centre + half))]
    shadow = Image.new("L", image.size, 0)
    ImageDraw.Draw(shadow).ellipse([box[0], box[3] - radius * 0.35, box[2], box[3] + radius * 0.15], fill=90)
    shadow = shadow.filter(ImageFilter.GaussianBlur(side / 30))
    image.paste(Image.new("RGB", image.size, (90, 90, 95)), mask=shadow)
    colour = tuple(int(c) for c in rng.integers(20, 200, 3))
    draw = ImageDraw.Draw(image)
    (draw.ellipse if number % 2 else draw.rectangle)(box, fill=colour)
    noise = rng.normal(0, 1.5, (side, side, 3))
    return Image.fromarray((np.asarray(image) + noise).clip(0, 255).astype(np.uint8))


def jpeg(number: int, side: int = 96) -> bytes:
    buffer = io.BytesIO()
    photo(number, side).save(buffer, "JPEG", quality=93)
    return buffer.getvalue()


def folder(path, count: int, side: int = 96):
    """`count` photos in subfolders that share file names."""
    for number in range(count):
        place = path / ("red", "blue", "green")[number % 3]
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{number // 3:03}.jpg").write_bytes(jpeg(number, side))
    return path
