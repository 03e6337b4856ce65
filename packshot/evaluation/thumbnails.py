"""Small WebP pictures for the report: a result as it is, and its photo seen through the result's frame.

A result is cropped, moved and enlarged against its photo. Laid over each other as they are, the product would
jump under the slider; so the photo is carried into the frame of the result first, and only the edit differs.

These are made by the thousand, so they are resized in encoded light and compressed at WebP's effort 2: half the
time of its usual effort 4 for 6 % more bytes (measured on product photos). They carry no profile: they are sRGB.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from packshot.errors import ParameterError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from packshot.imaging.picture import Picture

SIDE_PX = 400
DETAIL = 4  # a photo seen through a frame is decoded at most so many times larger than its thumbnail
QUALITY = 72
EFFORT = 2
BUDGET_BYTES = 9_000  # so that a pair stays below 25 KB once written as base64
Row = tuple[float, float, float]


@dataclass(frozen=True)
class Frame:
    """Where a result lies in its photo: its size in px and the 3 × 3 transform from its pixels to the photo's."""

    height: int
    width: int
    to_source: tuple[Row, Row, Row]

    @classmethod
    def of(cls, picture: Picture) -> Frame:
        """The frame of a result that is at hand."""
        a, b, c = ((float(x), float(y), float(z)) for x, y, z in picture.to_source.tolist())
        return cls(picture.height, picture.width, (a, b, c))


@dataclass(frozen=True)
class Thumbnail:
    """A small WebP and what the page must know of it; `clear` = something shines through."""

    webp: bytes
    width: int
    height: int
    clear: bool = False


def thumbnail(
    source: Path | bytes | Picture,
    frame: Frame | None = None,
    side_px: int = SIDE_PX,
    budget_bytes: int = BUDGET_BYTES,
) -> Thumbnail:
    """A thumbnail of a file or picture, its longer side at most `side_px`.

    frame: show the picture through the frame of the result made from it; what lies outside of it stays clear.
    budget_bytes: quality, and at last size, give way to come near it; 0 = any.
    Raises FileError if the file cannot be read, ParameterError on a side below 1 px or a frame that cannot be.
    """
    import torch

    from packshot.imaging import files, geometry

    if side_px < 1:
        raise ParameterError(f"side_px: expected at least 1, got {side_px}")
    if isinstance(source, (Path, bytes)):
        source = files.open_picture(source, max_side_px=side_px if frame is None else DETAIL * side_px).picture
    if frame is None:
        h, w = _fitting(*source.size, side_px)
        to_opened = geometry.scale_shift(source.width / w, source.height / h, 0, 0)
    else:
        h, w = _fitting(frame.height, frame.width, side_px)
        to_frame = geometry.scale_shift(frame.width / w, frame.height / h, 0, 0)
        to_source = torch.tensor(frame.to_source, dtype=torch.float64) @ to_frame
        to_opened = torch.linalg.inv(source.to_source) @ to_source
    return _encoded(_seen(source, to_opened.numpy(), (h, w)), budget_bytes)


def _fitting(height: int, width: int, side_px: int) -> tuple[int, int]:
    if min(height, width) < 1:
        raise ParameterError(f"frame: expected at least 1 × 1 px, got {width} × {height}")
    scale = min(1.0, side_px / max(height, width))
    return max(1, round(height * scale)), max(1, round(width * scale))


def _seen(picture: Picture, to_opened: NDArray[np.float64], size: tuple[int, int]) -> NDArray[np.uint8]:
    """`(h, w, 3 or 4)` bytes of the picture through a transform from the thumbnail's px to its own."""
    import cv2
    import numpy as np

    from packshot.imaging.files.encode import quantise

    h, w = size
    if np.array_equal(to_opened, np.eye(3)) and size == picture.size:
        return quantise(picture)
    pixels = _premultiplied(picture)
    x, y, z = to_opened @ (w / 2, h / 2, 1)
    jacobian = (to_opened[:2, :2] - np.outer((x / z, y / z), to_opened[2, :2])) / z
    step = float(np.sqrt(abs(np.linalg.det(jacobian))))  # own px per thumbnail px, at the centre
    if not np.isfinite(step) or step == 0:
        raise ParameterError(f"frame: expected a transform that can be inverted, got {to_opened.tolist()}")
    if step > 1:
        small = _fitting(*picture.size, max(1, round(max(picture.size) / step)))
        pixels = cv2.resize(pixels, small[::-1], interpolation=cv2.INTER_AREA)
        to_opened = np.diag((small[1] / picture.width, small[0] / picture.height, 1.0)) @ to_opened
    half = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1]])  # from indices, as OpenCV counts, to coordinates
    to_index = np.linalg.inv(half) @ to_opened @ half
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return _straight(cv2.warpPerspective(pixels, to_index, (w, h), flags=flags, borderMode=cv2.BORDER_CONSTANT))


def _premultiplied(picture: Picture) -> NDArray[np.float32]:
    """`(h, w, 4)` in 0..1, colour times alpha."""
    import cv2
    import numpy as np

    planes = [plane.numpy() for plane in picture.rgb[0]]
    if picture.alpha is None:
        merged: NDArray[np.float32] = cv2.merge([*planes, np.ones_like(planes[0])])
        return merged
    alpha = picture.alpha[0, 0].numpy()
    merged = cv2.merge([*(plane * alpha for plane in planes), alpha])
    return merged


def _straight(pixels: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Bytes, colour no longer times alpha; without alpha where it is 1 everywhere."""
    import cv2
    import numpy as np

    *planes, alpha = cv2.split(pixels)
    if alpha.min() > 1 - 1 / 512:
        planes = [cv2.convertScaleAbs(plane, alpha=255) for plane in planes]
    else:
        scale = 255 / np.maximum(alpha, 1 / 512)
        planes = [cv2.convertScaleAbs(plane * scale) for plane in planes] + [cv2.convertScaleAbs(alpha, alpha=255)]
    merged: NDArray[np.uint8] = cv2.merge(planes)
    return merged


def _encoded(pixels: NDArray[np.uint8], budget: int) -> Thumbnail:
    """The usual quality, or once more a lower one that should meet the budget; at half the size if it is far off."""
    import cv2

    h, w, channels = pixels.shape
    data = _webp(pixels, QUALITY)
    if 0 < budget < len(data):
        data = _webp(pixels, max(15, round(QUALITY * (budget / len(data)) ** 1.3)))
    if 0 < 2 * budget < len(data):
        return _encoded(cv2.resize(pixels, (-(-w // 2), -(-h // 2)), interpolation=cv2.INTER_AREA), budget)
    return Thumbnail(data, w, h, channels == 4 and bool((pixels[..., 3] < 255).any()))


def _webp(pixels: NDArray[np.uint8], quality: int) -> bytes:
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "webp", quality=quality, method=EFFORT)
    return file.getvalue()
