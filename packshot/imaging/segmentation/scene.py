"""Where a picture's ground lies, where its shadow, and where the product: the geometry that rules speak of.

The ground is the smooth backdrop that meets the border (`imaging.backdrop`), as it is lit and shaded
(`imaging.shade`), found in a copy of 192 px; the product's outline is then placed in the larger copy by its
difference from the ground. White at the border is ground wherever it holds a corner, for a product may fill most of
the frame; other grounds have to hold most of the border. Where neither holds, no product can be told from its scene
without weights: `plain` is then False, and rules that need the product say so instead of guessing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from packshot.imaging.segmentation.backdrop import Surface, behind, length, ring_of, surfaces
from packshot.imaging.segmentation.regions import reached, widened
from packshot.imaging.segmentation.shade import lit

Mask = NDArray[Any]  # (h, w) bool
Pixels = NDArray[Any]  # (h, w, 3) uint8

SMALL_PX = 192
PLAIN_SHARE = 0.62  # of the border that plain surfaces must take
PLAIN_NOISE = 2.5  # Lab units
WHITE = (94.0, 4.0)  # least Lab lightness and most chroma of a white ground
LEAST_PX = 24  # smaller pictures are not looked into
SPECK = 2e-5  # of the picture: smaller pieces are dust
VISIBLE = 3.5  # Lab units from the ground that make a pixel visible
DIM = 1.5  # Lab lightness by which shade is darker than its ground
SOFT_PX = 2  # px: thinner shade is the fringe of an edge
FACING = 0.3  # of the rim of a shade that must face the ground
OPAQUE = 20  # alpha from which a pixel belongs to something


@dataclass(frozen=True)
class Scene:
    """Masks at the size of the copy looked at. Everything is empty if the ground is not plain.

    plain: the border is one plain ground. ground: free pixels out of any shade, connected with the border.
    shade: soft shadow on it. things: all that is neither: the product, and what was laid beside it.
    depth: how dark the shade is, Lab lightness below the ground, `(h, w)`. colour: the ground's mean, 8-bit sRGB.
    """

    plain: bool
    ground: Mask
    shade: Mask
    things: Mask
    depth: NDArray[Any]
    colour: tuple[int, int, int]

    @property
    def box(self) -> tuple[int, int, int, int] | None:
        """`(x0, y0, x1, y1)` of all things, exclusive at the end; None if there is nothing."""
        return box_of(self.things)


def box_of(mask: Mask) -> tuple[int, int, int, int] | None:
    """Bounding box of a mask."""
    columns, rows = np.flatnonzero(mask.any(0)), np.flatnonzero(mask.any(1))
    if not len(columns):
        return None
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def scene_of(rgb: Pixels, alpha: Mask | None) -> Scene:
    """The scene of a picture; a transparent one knows its product already."""
    if alpha is not None and (alpha < 255 - OPAQUE).mean() > 0.01:
        return _transparent(rgb, alpha)
    if min(rgb.shape[:2]) < LEAST_PX:
        return _unknown(rgb)
    small = _shrunk(rgb)
    lab = cv2.cvtColor(small.astype(np.float32) / 255, cv2.COLOR_RGB2Lab)
    backdrop = _backdrop(surfaces(lab))
    return _placed(rgb, lab, backdrop) if backdrop else _unknown(rgb)


def _backdrop(found: list[Surface]) -> list[Surface]:
    """The surfaces that are the ground: white ones in a corner, else what lies behind, if it is plain."""
    white = [s for s in found if s.corners >= 1 and s.noise < PLAIN_NOISE and _white(s)]
    if white:
        return white
    backdrop = behind(found)
    return backdrop if _plain_share(backdrop) >= PLAIN_SHARE else []


def _white(surface: Surface) -> bool:
    lightness, a, b = surface.colour.reshape(-1, 3).mean(0)
    return bool(lightness >= WHITE[0] and np.hypot(a, b) <= WHITE[1])


def _plain_share(backdrop: list[Surface]) -> float:
    return sum(s.share for s in backdrop if s.noise < PLAIN_NOISE)


def _unknown(rgb: Pixels) -> Scene:
    empty = np.zeros(rgb.shape[:2], bool)
    border = rgb[ring_of(rgb.shape[:2])] if min(rgb.shape[:2]) > 1 else rgb.reshape(-1, 3)
    return Scene(False, empty, empty, empty, np.zeros(rgb.shape[:2], np.float32), _rounded(border.mean(0)))


def _transparent(rgb: Pixels, alpha: Mask) -> Scene:
    things = _dusted(alpha > 255 // 2)
    ground = alpha <= OPAQUE
    shade = ~things & ~ground & ~widened(things, 2)
    depth = np.where(shade, alpha.astype(np.float32) * (100 / 255), 0)
    return Scene(True, ground, shade, things, depth, (255, 255, 255))


def _placed(rgb: Pixels, lab: NDArray[Any], backdrop: list[Surface]) -> Scene:
    """The masks of the small copy, their outlines placed in the large one."""
    known = lit(lab, backdrop)
    h, w = rgb.shape[:2]
    large = cv2.cvtColor(rgb.astype(np.float32) / 255, cv2.COLOR_RGB2Lab)
    colour = cv2.resize(known.colour.astype(np.float32), (w, h), interpolation=cv2.INTER_LINEAR)
    apart = length(large - colour)
    visible = apart > max(VISIBLE, 5 * known.noise)
    reach = max(2, round(1.5 * max(h, w) / max(lab.shape[:2])))
    shade = _enlarged(known.shade, (h, w)) & visible
    core = ~_enlarged(known.ground | known.shade, (h, w))
    things = visible & ~shade & (core | ~_enlarged(known.ground, (h, w)) | _small_marks(visible, shade, reach))
    things = _dusted(_filled(things))
    shade &= ~things
    ground = reached(~widened(things, reach) & ~shade, ring_of((h, w)))
    depth = np.where(shade, np.maximum(colour[..., 0] - large[..., 0], 0), 0).astype(np.float32)
    shade = _cast(shade & (depth > DIM), ground)
    mean = rgb[ground].mean(0) if ground.any() else rgb[ring_of((h, w))].mean(0)
    return Scene(True, ground, shade, things, depth, _rounded(mean))


def _cast(shade: Mask, ground: Mask) -> Mask:
    """Shade that lies on the ground: of some width, with a good part of its rim facing the ground."""
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * SOFT_PX + 1, 2 * SOFT_PX + 1))
    wide = cv2.morphologyEx(shade.astype(np.uint8), cv2.MORPH_OPEN, kernel)
    count, labels = cv2.connectedComponents(wide, connectivity=8)
    if count < 2:
        return np.asarray(wide > 0)
    rim = cv2.dilate(labels.astype(np.float32), np.ones((9, 9), np.uint8)).astype(np.int64)
    rim[wide > 0] = 0
    around, facing = (np.bincount(rim[where], minlength=count) for where in (rim > 0, (rim > 0) & ground))
    cast = facing >= FACING * np.maximum(around, 1)
    cast[0] = False
    return np.asarray(cast[labels])


def _small_marks(visible: Mask, shade: Mask, reach: int) -> Mask:
    """What is visible but too fine for the small copy: letters and lines, not the fringe of something larger."""
    return visible & ~widened(shade, reach)


def _filled(mask: Mask) -> Mask:
    """Holes of a few pixels closed, so that a pattern in the ground's colour does not tear a product apart."""
    kernel = np.ones((3, 3), np.uint8)
    return np.asarray(cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_CLOSE, kernel) > 0)


def _dusted(mask: Mask) -> Mask:
    """Without pieces smaller than `SPECK`."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    if count < 2:
        return mask
    keep = stats[:, cv2.CC_STAT_AREA] >= max(4, SPECK * mask.size)
    keep[0] = False
    return np.asarray(keep[labels])


def _enlarged(mask: Mask, size: tuple[int, int]) -> Mask:
    return np.asarray(cv2.resize(mask.astype(np.float32), size[::-1], interpolation=cv2.INTER_LINEAR) > 0.5)


def _shrunk(rgb: Pixels) -> Pixels:
    h, w = rgb.shape[:2]
    step = max(1.0, max(h, w) / SMALL_PX)
    size = max(1, round(w / step)), max(1, round(h / step))
    return np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA))


def _rounded(colour: NDArray[Any]) -> tuple[int, int, int]:
    red, green, blue = (round(float(v)) for v in colour[:3])
    return red, green, blue
