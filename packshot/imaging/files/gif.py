"""Animated GIFs with an XMP packet: written frame by frame, and the packet read back.

Sources: GIF89a specification (blocks, application extensions); XMP specification part 3, §1.1.2 (the packet stands
unwrapped in the application extension `XMP DataXMP`, followed by 258 bytes that bring any reader of sub-blocks to its
end). Pillow writes frames and palettes, and knows of no XMP in a GIF. GIF has 256 colours a frame: a frame with no more
is kept exactly, others get a palette of their own without dithering, whose grain would flicker from frame to frame.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from packshot.errors import ParameterError
from packshot.imaging.files.encode import quantise
from packshot.imaging.mattes import over
from packshot.imaging.picture import Picture

XMP_BLOCK = b"\x21\xff\x0bXMP DataXMP"
TRAILER = b"\x01" + bytes(range(255, -1, -1)) + b"\x00"
COLOURS = 256
TICK_MS = 10  # GIF counts hundredths of a second


@dataclass(frozen=True)
class Frames:
    """An animation as it reads back: `(h, w, 3)` uint8 each, and for how long each is shown, ms."""

    pixels: tuple[NDArray[np.uint8], ...]
    milliseconds: tuple[int, ...]


def encode_gif(frames: Sequence[Picture], *, frame_ms: int = 80, xmp: bytes | None = None) -> bytes:
    """An animation without end of Pictures of one size (`n = 1`); transparent parts over white.

    Equal frames that follow each other are stored once and shown longer. Raises ParameterError for no frames, frames of
    several sizes, or a frame time that is not in 20 … 60,000 ms.
    """
    check_frames(frames)
    if not 2 * TICK_MS <= frame_ms <= 60_000:
        raise ParameterError(f"frame_ms: expected 20 to 60,000, got {frame_ms}")
    images = [_paletted(frame) for frame in frames]
    buffer = io.BytesIO()
    options: dict[str, Any] = {"duration": frame_ms, "loop": 0, "disposal": 1, "optimize": False}
    images[0].save(buffer, "GIF", save_all=True, append_images=images[1:], **options)
    data = buffer.getvalue()
    at = 13 + _colour_table(data[10])
    return data if xmp is None else data[:at] + XMP_BLOCK + xmp + TRAILER + data[at:]


def check_frames(frames: Sequence[Picture]) -> None:
    """Raise ParameterError unless there are frames, all of one size."""
    if not frames or len({frame.size for frame in frames}) != 1:
        sizes = ", ".join(f"{w} x {h}" for h, w in dict.fromkeys(frame.size for frame in frames)) or "none"
        raise ParameterError(f"frames: expected one or more of one size, got {sizes}")


def read_gif(data: bytes) -> Frames:
    """The frames of a GIF as they are shown."""
    pixels, milliseconds = [], []
    with Image.open(io.BytesIO(data), formats=("GIF",)) as image:
        for number in range(getattr(image, "n_frames", 1)):
            image.seek(number)
            pixels.append(np.asarray(image.convert("RGB")))
            milliseconds.append(int(image.info.get("duration", 0)))
    return Frames(tuple(pixels), tuple(milliseconds))


def gif_xmp(data: bytes) -> bytes | None:
    """The XMP packet of a GIF, None if there is none. Damaged blocks end the search; nothing is raised."""
    at = 13 + _colour_table(data[10]) if len(data) > 13 else len(data)
    while at < len(data) - 1 and data[at] in (0x21, 0x2C):
        extension = data[at] == 0x21
        start = at + 2 if extension else at + 10 + _colour_table(data[min(at + 9, len(data) - 1)]) + 1
        end = _end_of_blocks(data, start)
        if data.startswith(XMP_BLOCK, at):
            packet = data[at + len(XMP_BLOCK) : end]
            return packet[: -len(TRAILER)] if packet.endswith(TRAILER) else None
        at = end
    return None


def _end_of_blocks(data: bytes, at: int) -> int:
    """Where the sub-blocks that begin at `at` have ended."""
    while at < len(data) and data[at]:
        at += data[at] + 1
    return at + 1


def _colour_table(flags: int) -> int:
    """Bytes of the colour table that a screen or an image descriptor announces."""
    return 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0


def _paletted(frame: Picture) -> Image.Image:
    """The frame with its 256 colours at most."""
    if frame.alpha is not None:
        white = torch.ones(1, 3, 1, 1, dtype=frame.rgb.dtype)
        frame = frame.replace(rgb=over(frame.rgb, frame.alpha, white), alpha=None)
    pixels = quantise(frame)
    packed = pixels.astype(np.uint32) @ np.array([1 << 16, 1 << 8, 1], np.uint32)
    colours, places = np.unique(packed, return_inverse=True)
    if len(colours) > COLOURS:
        return Image.fromarray(pixels).quantize(COLOURS, Image.Quantize.MEDIANCUT, 2, dither=Image.Dither.NONE)
    image = Image.fromarray(places.reshape(packed.shape).astype(np.uint8), "P")
    image.putpalette(np.stack([colours >> 16, colours >> 8 & 255, colours & 255], axis=1).astype(np.uint8).tobytes())
    return image
