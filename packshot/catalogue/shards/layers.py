"""Layers of a picture ⇄ members of a sample: which file format holds which layer, and how exactly.

photo, and the same view of the product in other colours (recoloured), another main colour (repainted) or another
material (remade): WebP, lossy.
matte: PNG, 8 bits, exact. layout: PNG, a number a part, exact. depth: PNG, 16 bits; the centimetres
of one step are in the sample's JSON (`depth_cm`). normals, albedo: PNG, 8 bits. material: PNG, a number a material,
exact. linear: OpenEXR of float32, light before the camera, exact: `world.develop` makes the picture of it, bit for bit.
master: PNG, 16 bits, the same light clipped to [0, 1] and sRGB-encoded.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from packshot.catalogue.shards import exr
from packshot.errors import PackshotError, UnreadableFile

Pixels = NDArray[Any]
ENDINGS = {
    "photo": "photo.webp",
    "matte": "matte.png",
    "layout": "layout.png",
    "depth": "depth.png",
    "normals": "normals.png",
    "albedo": "albedo.png",
    "material": "material.png",
    "linear": "linear.exr",
    "master": "master.png",
    "recoloured": "recoloured.webp",
    "repainted": "repainted.webp",
    "remade": "remade.webp",
}
PHOTOS = ("photo", "recoloured", "repainted", "remade")
INDEXED = ("layout", "material")
DEPTH_STEPS = 65535


def encoded(layer: str, pixels: Pixels, *, quality: int = 85, effort: int = 9) -> bytes:
    """One layer as a file.

    pixels: photos, normals, albedo (h, w, 3) bytes; matte, layout, material (h, w) bytes; depth (h, w) and master
    (h, w, 3) uint16; linear (h, w, 3) float. quality: of the WebP. effort: of PNG's deflate; 0 stores, for a shard
    that is compressed as a whole.
    """
    from PIL import Image

    data = io.BytesIO()
    if layer == "linear":
        return exr.write(pixels)
    if layer == "master":
        import cv2

        done, coded = cv2.imencode(".png", np.ascontiguousarray(pixels[..., ::-1]))
        assert done
        return bytes(coded)
    if layer in PHOTOS:
        Image.fromarray(pixels).save(data, "WEBP", quality=quality, method=6)
    elif layer in INDEXED and effort:
        _indexed(pixels).save(data, "PNG", compress_level=effort, optimize=True)
    else:
        Image.fromarray(np.ascontiguousarray(pixels)).save(data, "PNG", compress_level=effort)
    return data.getvalue()


def _indexed(pixels: Pixels) -> Any:
    """A palette picture whose pixels are the numbers, drawn in different greys, so that few parts take few bits."""
    from PIL import Image

    image = Image.fromarray(pixels).copy()
    most = int(pixels.max(initial=0))
    image = Image.frombytes("P", image.size, image.tobytes())
    image.putpalette([value for i in range(most + 1) for value in (255 * i // max(most, 1),) * 3])
    return image


def decoded(layer: str, data: bytes) -> Pixels:
    """The pixels of a layer, as given to `encoded`. Raises UnreadableFile if it is damaged."""
    from PIL import Image

    try:
        if layer == "linear":
            return exr.read(data)
        if layer == "master":
            import cv2

            coded = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
            if coded is None:
                raise ValueError("is no PNG")
            return np.ascontiguousarray(coded[..., ::-1])
        with Image.open(io.BytesIO(data), formats=("PNG", "WEBP")) as image:
            image.load()
            return (
                np.asarray(image).copy()
                if image.mode in ("L", "P", "RGB", "I;16")
                else np.asarray(image.convert("RGB"))
            )
    except PackshotError:
        raise
    except Exception as error:
        raise UnreadableFile(f"{layer}: cannot be decoded: {error}") from error


def bytes_of(layer: str, pixels: Pixels) -> NDArray[np.uint8]:
    """A layer as (c, h, w) bytes, as a pack holds it: 16 bits and light are brought to 8."""
    if layer == "linear":
        shown = np.clip(pixels.astype(np.float32), 0, 1)
        pixels = (np.where(shown <= 0.0031308, 12.92 * shown, 1.055 * shown ** (1 / 2.4) - 0.055) * 255 + 0.5).astype(
            np.uint8
        )
    elif pixels.dtype != np.uint8:
        pixels = (pixels.astype(np.uint32) >> 8).astype(np.uint8)
    grid = pixels[None] if pixels.ndim == 2 else pixels.transpose(2, 0, 1)
    return np.ascontiguousarray(grid)


def layers_in(members: Mapping[str, bytes]) -> list[str]:
    """The layers that a sample has."""
    return [layer for layer, ending in ENDINGS.items() if ending in members]
