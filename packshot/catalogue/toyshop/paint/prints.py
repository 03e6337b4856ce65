"""What is printed and painted on toys: letters, numbers, stars, faces. Pictures are (h, w, 4) float32 RGBA, sRGB."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image, ImageDraw, ImageFont

from packshot.catalogue.toyshop.paint.palette import srgb

Picture = NDArray[np.float32]
Ink = tuple[int, int, int, int]
FINER = 3  # drawn this many times larger, then averaged: smooth edges


class Canvas:
    """A transparent picture to draw on. Coordinates: x to the right and y up, the height is 1, the width `aspect`."""

    def __init__(self, pixels: int, aspect: float = 1.0, ground: str | None = None) -> None:
        self.aspect, self.side = aspect, pixels * FINER
        size = (int(pixels * aspect) * FINER, pixels * FINER)
        self.image = Image.new("RGBA", size, _ink(ground) if ground else (0, 0, 0, 0))
        self.pen = ImageDraw.Draw(self.image)

    def polygon(self, points: ArrayLike, colour: str) -> None:
        """A filled outline (n, 2)."""
        self.pen.polygon(self._places(points), fill=_ink(colour))

    def disc(self, x: float, y: float, radius: float, colour: str, squash: float = 1.0) -> None:
        """A filled circle, or an ellipse `squash` times as high."""
        (a, b), (c, d) = self._places([(x - radius, y + radius * squash), (x + radius, y - radius * squash)])
        self.pen.ellipse((a, b, c, d), fill=_ink(colour))

    def line(self, points: ArrayLike, width: float, colour: str) -> None:
        """A stroke with round joints and ends through points (n, 2)."""
        places = self._places(points)
        self.pen.line(places, fill=_ink(colour), width=max(int(width * self.side), 1), joint="curve")
        r = width * self.side / 2
        for x, y in (places[0], places[-1]):
            self.pen.ellipse((x - r, y - r, x + r, y + r), fill=_ink(colour))

    def band(self, low: float, high: float, colour: str) -> None:
        """A stripe over the whole width."""
        self.polygon([(0, low), (self.aspect, low), (self.aspect, high), (0, high)], colour)

    def text(self, x: float, y: float, height: float, words: str, colour: str) -> None:
        """Words centred on (x, y); height of the letters as a share of the picture's."""
        font = ImageFont.load_default(size=height * self.side * 1.36)
        self.pen.text(
            self._places([(x, y)])[0],
            words,
            fill=_ink(colour),
            font=font,
            anchor="mm",
            stroke_width=int(height * self.side * 0.035),
        )

    def picture(self) -> Picture:
        """The finished picture."""
        full = np.asarray(self.image, np.float32) / 255
        h, w = full.shape[0] // FINER, full.shape[1] // FINER
        blocks = full[: h * FINER, : w * FINER].reshape(h, FINER, w, FINER, 4)
        alpha = blocks[..., 3:].mean((1, 3))
        colour = (blocks[..., :3] * blocks[..., 3:]).mean((1, 3)) / np.maximum(alpha, 1e-4)
        return np.concatenate([np.where(alpha > 0, colour, full[:, :, :3].mean((0, 1))), alpha], -1).astype(np.float32)

    def _places(self, points: ArrayLike) -> list[tuple[float, float]]:
        return [(float(x) * self.side, (1 - float(y)) * self.side) for x, y in np.asarray(points, float)]


def star(
    x: float, y: float, radius: float, points: int = 5, inner: float = 0.45, turn: float = 90.0
) -> NDArray[np.float64]:
    """Outline of a star (2 points, 2), one tip at `turn` degrees."""
    angle = np.radians(turn) + np.arange(2 * points) * np.pi / points
    size = radius * np.where(np.arange(2 * points) % 2, inner, 1.0)
    return np.stack([x + size * np.cos(angle), y + size * np.sin(angle)], 1)


def flower(canvas: Canvas, x: float, y: float, size: float, petals: str, heart: str, count: int = 5) -> None:
    """A folk-art flower: round petals about a dot."""
    for angle in np.arange(count) * 2 * np.pi / count + 0.3:
        canvas.disc(x + 0.62 * size * np.cos(angle), y + 0.62 * size * np.sin(angle), 0.45 * size, petals)
    canvas.disc(x, y, 0.38 * size, heart)


def leaf(canvas: Canvas, x: float, y: float, size: float, degrees: float, colour: str) -> None:
    """A pointed leaf that starts at (x, y)."""
    t = np.linspace(0, 1, 12)
    half = 0.22 * np.sin(np.pi * t)
    outline = np.concatenate([np.stack([t, half], 1), np.stack([t, -half], 1)[::-1]]) * size
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    canvas.polygon(outline @ np.array([[c, s], [-s, c]]) + (x, y), colour)


def label(words: str, ink: str, pixels: int = 256, disc: str | None = None, rim: str | None = None) -> Picture:
    """A word or number, on a round spot with a rim if asked."""
    canvas = Canvas(pixels)
    if rim:
        canvas.disc(0.5, 0.5, 0.47, rim)
    if disc:
        canvas.disc(0.5, 0.5, 0.42 if rim else 0.47, disc)
    canvas.text(0.5, 0.5, 0.52 if disc else 0.8, words, ink)
    return canvas.picture()


def over_all(colour: NDArray[np.float64]) -> Picture:
    """An opaque picture from sRGB colours (h, w, 3)."""
    return np.concatenate([colour, np.ones((*colour.shape[:2], 1))], -1).astype(np.float32)


def globe(pixels: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Directions (h, w, 3) of the texels of a turned ball whose v runs by arc length, and the polar angle (h, w)."""
    v, u = np.meshgrid((np.arange(pixels) + 0.5) / pixels, (np.arange(2 * pixels) + 0.5) / (2 * pixels), indexing="ij")
    polar, angle = np.pi * v, 2 * np.pi * u + np.pi / 2  # row 0 is the top
    place = np.stack([np.sin(polar) * np.cos(angle), np.sin(polar) * np.sin(angle), np.cos(polar)], -1)
    return place, polar


def paint(shape: tuple[int, ...], layers: Sequence[tuple[NDArray[np.float64], str]], base: str) -> NDArray[np.float64]:
    """Colours laid over a base one after another; each layer is (coverage (h, w) in [0, 1], colour)."""
    picture = np.broadcast_to(srgb(base), (*shape, 3)).copy()
    for cover, colour in layers:
        picture += cover[..., None] * (srgb(colour) - picture)
    return picture


def _ink(colour: str | None) -> Ink:
    r, g, b = (srgb(colour or "black") * 255).round().astype(int)
    return int(r), int(g), int(b), 255
