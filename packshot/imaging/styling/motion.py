"""Frames that follow each other: where things went, what was hidden, and how much a styled clip flickers.

Sources: Kroeger et al. 2016 (DIS optical flow, OpenCV's); Sundaram, Brox & Keutzer 2010, eq. 5 (what is hidden: flow
there and back does not return); Ruder, Dosovitskiy & Brox 2016 (a styled frame begins from the one before along the
flow); Lai et al. 2018, eq. 6 (warping error). Flow is taken between the photographs, never between styled frames.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Field = NDArray[np.float32]

LEAST_PX = 24  # a shorter side has no flow to speak of: nothing moves
MARGIN = 0.5  # px that flow there and back may miss by, beside a hundredth of its length
DIFFERENT = 0.12  # luma by which a place must not change to count as the same thing


@dataclass(frozen=True)
class Motion:
    """From the frame before to this one. flow: `(h, w, 2)` px from here to there; seen: `(1, 1, h, w)`, 1 = it is the
    same thing in both, 0 = hidden, new, or lost.
    """

    flow: Field
    seen: Tensor

    def brought(self, before: Tensor) -> Tensor:
        """A picture `(1, c, h, w)` of the frame before as it lies in this one."""
        h, w = self.flow.shape[:2]
        y, x = np.mgrid[0:h, 0:w].astype(np.float32)
        planes = [
            cv2.remap(np.ascontiguousarray(plane), x + self.flow[..., 0], y + self.flow[..., 1], cv2.INTER_LINEAR,
                      borderMode=cv2.BORDER_REPLICATE)
            for plane in before[0].numpy()
        ]  # fmt: skip
        return torch.from_numpy(np.stack(planes))[None]


def motion(before: Tensor, now: Tensor) -> Motion:
    """How things went from one photograph `(1, 3, h, w)` to the next of the same size."""
    a, b = _grey(before), _grey(now)
    if min(a.shape) < LEAST_PX:
        still = np.zeros((*a.shape, 2), np.float32)
        return Motion(still, (torch.from_numpy(np.abs(a - b)) < DIFFERENT).float()[None, None])
    back, forth = _flow(b, a), _flow(a, b)
    there = Motion(back, torch.ones(1, 1, *a.shape))
    returned = there.brought(torch.from_numpy(forth.transpose(2, 0, 1))[None])[0].numpy().transpose(1, 2, 0) + back
    length = (back**2).sum(2) + ((returned - back) ** 2).sum(2)
    known = (returned**2).sum(2) < 0.01 * length + MARGIN
    alike = np.abs(there.brought(torch.from_numpy(a)[None, None])[0, 0].numpy() - b) < DIFFERENT
    soft = cv2.GaussianBlur((known & alike).astype(np.float32), (0, 0), 1.0)
    return Motion(back, torch.from_numpy(np.clip(2 * soft - 1, 0, 1))[None, None])


def smoothed(before: Tensor, now: Tensor, moved: Motion, keep: float) -> Tensor:
    """A styled frame with `keep` (0 … 1) of the styled frame before it, wherever that is the same thing."""
    share = keep * moved.seen
    return now + share * (moved.brought(before) - now)


def warping_error(before: Tensor, now: Tensor, moved: Motion) -> tuple[float, float]:
    """(sum of squares over places seen in both, mean over channels; how many places): of two styled frames."""
    squares = (moved.seen * (now - moved.brought(before)).square()).mean(1)
    return float(squares.sum(dtype=torch.float64)), float(moved.seen.sum(dtype=torch.float64))


@dataclass
class Flicker:
    """Root mean squared warping error of a clip, frame by frame, in levels of 255."""

    squares: float = 0.0
    places: float = 0.0

    def add(self, before: Tensor, now: Tensor, moved: Motion) -> None:
        """Count one more pair of frames."""
        squares, places = warping_error(before, now, moved)
        self.squares, self.places = self.squares + squares, self.places + places

    @property
    def levels(self) -> float:
        """The figure so far; 0 without frames."""
        return 255 * (self.squares / self.places) ** 0.5 if self.places else 0.0


def _grey(rgb: Tensor) -> Field:
    return np.asarray(cv2.cvtColor(np.ascontiguousarray(rgb[0].permute(1, 2, 0).numpy()), cv2.COLOR_RGB2GRAY))


def _flow(a: Field, b: Field) -> Field:
    finder = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    eight = [np.clip(np.rint(255 * x), 0, 255).astype(np.uint8) for x in (a, b)]
    return np.asarray(finder.calc(eight[0], eight[1], None), np.float32)
