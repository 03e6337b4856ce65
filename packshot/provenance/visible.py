"""The visible label AI生成 that China asks for on generated pictures, drawn from strokes: no font is needed.

Source: GB 45438-2025 §5.2 (text with an AI element and a generation element, at an edge or corner, height at least
5 % of the shortest side). Whether the standard means the em box or the glyph is not settled, so every glyph's own ink
is that high. White on a dark, slightly transparent plate: contrast at least 7 : 1 (WCAG 2.2, 1.4.6) on any picture.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from packshot.errors import MarkError
from packshot.imaging.picture import Picture
from packshot.provenance.policies import Corner

TEXT = "AI生成"
SHARE = 0.05  # of the shortest side
LEAST_PX = 16  # smaller ink cannot be read
PLATE, OPACITY = 0.03, 0.8  # sRGB of the plate, and how much of it covers the picture
STROKE = 0.095  # width of a stroke, in heights
GAP, PADDING, MARGIN = 0.2, 0.38, 0.4  # in heights: between glyphs, ink to plate, plate to the picture's edge
SUPERSAMPLED = 4

Strokes = tuple[tuple[tuple[float, float], ...], ...]  # polylines; x in heights, y from 0 (top) to 1
GLYPHS: dict[str, Strokes] = {
    "A": (((0.0, 1.0), (0.36, 0.0), (0.72, 1.0)), ((0.12, 0.67), (0.60, 0.67))),
    "I": (((0.14, 0.0), (0.14, 1.0)), ((0.0, 0.0), (0.28, 0.0)), ((0.0, 1.0), (0.28, 1.0))),
    "生": (
        ((0.26, 0.04), (0.20, 0.22), (0.12, 0.34), (0.02, 0.46)),
        ((0.20, 0.27), (0.90, 0.27)),
        ((0.14, 0.61), (0.86, 0.61)),
        ((0.53, 0.0), (0.53, 1.0)),
        ((0.0, 1.0), (1.0, 1.0)),
    ),
    "成": (
        ((0.13, 0.25), (0.97, 0.25)),
        ((0.13, 0.25), (0.13, 0.58), (0.10, 0.80), (0.0, 1.0)),
        ((0.13, 0.51), (0.43, 0.51), (0.42, 0.74), (0.37, 0.82), (0.26, 0.79)),
        ((0.54, 0.0), (0.56, 0.28), (0.64, 0.60), (0.75, 0.84), (0.86, 0.99), (0.93, 0.97), (0.97, 0.78)),
        ((0.88, 0.42), (0.78, 0.63), (0.62, 0.83), (0.40, 1.0)),
        ((0.70, 0.03), (0.86, 0.14)),
    ),
}
CORNERS: tuple[Corner, ...] = ("bottom-right", "bottom-left", "top-right", "top-left")


@dataclass(frozen=True)
class Labelled:
    """A picture with the label on it. height_px: of the ink. box: of the plate (top, left, bottom, right), px.

    covered: share of the product that lies under the plate, 0 if no product is known.
    """

    picture: Picture
    corner: Corner
    height_px: int
    box: tuple[int, int, int, int]
    covered: float

    def words(self) -> str:
        """For records."""
        under = f", covers {self.covered:.1%} of the product" if self.covered else ""
        return f"{TEXT}, {self.corner}, {self.height_px} px high{under}"


def draw(picture: Picture, corner: Corner = "auto") -> Labelled:
    """The picture with the label in a corner; `auto` takes the one where it covers least of the product.

    Raises MarkError if the picture is too small to hold a label that can be read.
    """
    height_px = max(math.ceil(SHARE * min(picture.size)) + 1, LEAST_PX)
    ink = coverage(height_px)
    pad, margin = round(PADDING * height_px), round(MARGIN * height_px)
    plate_height, plate_width = ink.shape[0] + 2 * pad, ink.shape[1] + 2 * pad
    if plate_height > picture.height or plate_width > picture.width:
        raise MarkError(
            f"visible label: {picture.width} x {picture.height} px has no room for {TEXT} at {height_px} px, "
            f"which takes {plate_width} x {plate_height} px"
        )
    tried = [_box(picture, name, plate_height, plate_width, margin) for name in CORNERS]
    shares = [_share(picture, box) for box in tried]
    chosen = CORNERS.index(corner) if corner != "auto" else int(np.argmin(shares))
    return Labelled(_over(picture, ink, tried[chosen], pad), CORNERS[chosen], height_px, tried[chosen], shares[chosen])


def coverage(height_px: int) -> NDArray[np.float32]:
    """The text as `(height_px, width)` coverage in [0, 1]; every glyph's ink fills the whole height."""
    scale = height_px * SUPERSAMPLED
    width = max(1, round(STROKE * scale))
    canvases = []
    for glyph in TEXT:
        strokes = GLYPHS[glyph]
        right = max(x for stroke in strokes for x, _ in stroke)
        canvas = np.zeros((scale, round(right * scale) + width), np.uint8)
        for stroke in strokes:
            points = [(x * scale + width / 2, width / 2 + y * (scale - width)) for x, y in stroke]
            fixed = np.round(np.array(points) * 16).astype(np.int32)  # cv2 takes sixteenths of a pixel
            cv2.polylines(canvas, [fixed], False, 255, width, cv2.LINE_AA, 4)
        canvases += [canvas, np.zeros((scale, round(GAP * scale)), np.uint8)]
    text = np.concatenate(canvases[:-1], axis=1)
    small = cv2.resize(text, (round(text.shape[1] / SUPERSAMPLED), height_px), interpolation=cv2.INTER_AREA)
    return np.asarray(small / np.float32(255), np.float32)


def _box(picture: Picture, corner: Corner, height: int, width: int, margin: int) -> tuple[int, int, int, int]:
    inset_y = min(margin, (picture.height - height) // 2)
    inset_x = min(margin, (picture.width - width) // 2)
    top = inset_y if corner.startswith("top") else picture.height - inset_y - height
    left = inset_x if corner.endswith("left") else picture.width - inset_x - width
    return top, left, top + height, left + width


def _share(picture: Picture, box: tuple[int, int, int, int]) -> float:
    if picture.matte is None:
        return 0.0
    top, left, bottom, right = box
    whole = float(picture.matte.sum())
    return float(picture.matte[..., top:bottom, left:right].sum()) / whole if whole else 0.0


def _over(picture: Picture, ink: NDArray[np.float32], box: tuple[int, int, int, int], pad: int) -> Picture:
    top, left, bottom, right = box
    rgb = picture.rgb.clone()
    here = rgb[..., top:bottom, left:right]
    white = torch.zeros(bottom - top, right - left, dtype=rgb.dtype, device=rgb.device)
    white[pad : pad + ink.shape[0], pad : pad + ink.shape[1]] = torch.from_numpy(ink).to(rgb)
    plate = here * (1 - OPACITY) + PLATE * OPACITY
    rgb[..., top:bottom, left:right] = plate * (1 - white) + white
    alpha = picture.alpha
    if alpha is not None:
        alpha = alpha.clone()
        alpha[..., top:bottom, left:right] = 1
    return picture.replace(rgb=rgb, alpha=alpha)
