"""A drawing as lines: what a person draws or photographs, brought to the size and thickness that a network learned.

Lines are dark on a light sheet (the other way round is turned); the sheet may be shaded, as paper in a photo is: its
light is estimated by a closing wider than any line (Serra 1982) and divided out. Made smaller, lines keep their
darkest value, as a mean would wash thin ones out, and are brought to about the thickness asked for.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from packshot.errors import ParameterError
from packshot.imaging import geometry
from packshot.imaging.compare import luma
from packshot.imaging.translating.windows import FILL

Plane = NDArray[np.float32]

FAINT, FULL = 0.12, 0.45  # darkness, relative to the sheet, at which a line begins and is whole
WIDEST = 0.08  # of the longest side: the thickest line
LEAST = 2e-4  # share of the sheet that must be line


class Drawing(NamedTuple):
    """lines: `(1, 1, h, w)` in [0, 1], 1 on a line. turned: it was light on dark. box: where it is, px."""

    lines: Tensor
    turned: bool
    box: tuple[int, int, int, int]

    @property
    def share(self) -> float:
        """Longest side of what is drawn, of the sheet's."""
        x0, y0, x1, y1 = self.box
        return max(x1 - x0, y1 - y0) / max(self.lines.shape[2:])


def read(rgb: Tensor, alpha: Tensor | None = None) -> Drawing:
    """Lines of a drawing `(1, 3, h, w)`. Raises ParameterError if there is none."""
    shown = rgb if alpha is None else rgb * alpha + (1 - alpha)
    grey = luma(shown)[0, 0].numpy()
    frame = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    turned = float(np.median(frame)) < 0.35
    grey = 1 - grey if turned else grey
    darkness = 1 - grey / np.maximum(_sheet(grey), 0.05)
    lines = np.clip((darkness - FAINT) / (FULL - FAINT), 0, 1).astype(np.float32)
    found = torch.from_numpy(lines)[None, None]
    box = geometry.bounding_box(found)
    if box is None or float((found > 0.5).float().mean()) < LEAST:
        raise ParameterError("picture: expected a drawing, dark lines on a light sheet; got a sheet without lines")
    return Drawing(found, turned, box)


def _sheet(grey: Plane) -> Plane:
    """The light of the sheet without the lines on it, found on a small copy."""
    h, w = grey.shape
    step = max(1.0, max(h, w) / 256)
    small = cv2.resize(grey, (max(1, round(w / step)), max(1, round(h / step))), interpolation=cv2.INTER_AREA)
    width = max(3, round(WIDEST * max(small.shape))) | 1
    closed = cv2.morphologyEx(small, cv2.MORPH_CLOSE, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (width, width)))
    smooth = cv2.GaussianBlur(closed, (0, 0), width / 2, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(cv2.resize(smooth, (w, h), interpolation=cv2.INTER_LINEAR))


def at(lines: Tensor, size: tuple[int, int], thickness: float = 2.0) -> Tensor:
    """Lines `(1, 1, h, w)` at another size, about `thickness` px thick where they were thinner."""
    if size[0] < lines.shape[2] or size[1] < lines.shape[3]:
        lines = functional.adaptive_max_pool2d(lines, size)
    elif tuple(lines.shape[2:]) != size:
        lines = functional.interpolate(lines, size, mode="bilinear", align_corners=False)
    while thickness_of(lines) < 0.7 * thickness:
        lines = functional.max_pool2d(functional.pad(lines, (0, 1, 0, 1)), 2, 1)  # one px more
    return lines


def thickness_of(lines: Tensor) -> float:
    """Mean thickness of lines, px: twice their area for the length of their outline; infinite without any."""
    drawn = functional.pad((lines > 0.5).float(), (1, 1, 1, 1))
    sides = (drawn[:, :, 1:] != drawn[:, :, :-1]).sum() + (drawn[..., 1:] != drawn[..., :-1]).sum()
    return float(2 * drawn.sum() / sides) if float(sides) else float("inf")


def framed(lines: Tensor, box: tuple[int, int, int, int], fill: float = FILL) -> tuple[Tensor, tuple[int, int]]:
    """What is drawn, in the middle of a square sheet of which its longest side takes the share `fill`.

    With the place `(x, y)` of the new sheet's corner on the old one, px.
    """
    x0, y0, x1, y1 = box
    part = lines[:, :, y0:y1, x0:x1]
    side = max(1, round(max(part.shape[2:]) / fill))
    top, left = (side - part.shape[2]) // 2, (side - part.shape[3]) // 2
    sheet = functional.pad(part, (left, side - part.shape[3] - left, top, side - part.shape[2] - top))
    return sheet, (x0 - left, y0 - top)
