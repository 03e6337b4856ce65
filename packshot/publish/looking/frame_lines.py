"""A border, frame or letter-box drawn into a picture: straight steps that run along whole sides, near the edge.

For every row near the top (and bottom, and column near the left and right) the share of its length over which the
step to the next one goes the same way and is visible. A drawn line or the end of a bar does so along nearly all of
it; a product or a horizon hardly ever on all four sides, or on two facing ones at the same depth.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[Any]  # (h, w, 3) uint8
Plane = NDArray[Any]

DEEPEST = 0.12  # of the side: how far inside the picture a border's line may lie
STEP = 4.0  # 8-bit levels that make a step visible
ALONG = 0.93  # of the length that the step must keep up
ENDS = 0.13  # of the length at either end that is not looked at: corners may be rounded or mitred
EVEN = 8.0  # deviation along a letter-box bar, 8-bit levels, at most
LEAST_PX = 32
SAME_DEPTH = 0.02  # difference in depth, share of the side, between two facing bars


@dataclass(frozen=True)
class Border:
    """A border found. sides: which; depth: of its innermost line, px of the picture looked at; bars: letter-box."""

    sides: tuple[str, ...]
    depth: int
    bars: bool = False


def border_of(rgb: Pixels) -> Border | None:
    """The border of a picture `(h, w, 3)`, or None."""
    h, w = rgb.shape[:2]
    if min(h, w) < LEAST_PX:
        return None
    planes = rgb.astype(np.float32)
    found = {
        "top": _line(planes),
        "bottom": _line(planes[::-1]),
        "left": _line(planes.transpose(1, 0, 2)),
        "right": _line(planes.transpose(1, 0, 2)[::-1]),
    }
    depths = {side: depth for side, depth in found.items() if depth is not None}
    if len(depths) == 4:
        return Border(tuple(depths), max(depths.values()))
    return _bars(planes, depths)


def _line(planes: Plane) -> int | None:
    """Depth, px, of the outermost step that runs along the first rows; None if there is none."""
    h, w = planes.shape[:2]
    deep = max(2, round(DEEPEST * h))
    trimmed = planes[: deep + 1, round(ENDS * w) : w - round(ENDS * w)]
    step = np.diff(trimmed, axis=0)
    strongest = np.take_along_axis(step, np.abs(step).argmax(2)[..., None], axis=2)[..., 0]
    along = np.maximum((strongest > STEP).mean(1), (strongest < -STEP).mean(1))
    hits = np.flatnonzero(along >= ALONG)
    return int(hits[0]) + 1 if len(hits) else None


def _bars(planes: Plane, depths: dict[str, int]) -> Border | None:
    """Two facing bars of one even colour each, equally deep: a picture padded to another shape."""
    h, w = planes.shape[:2]
    for pair, length in ((("top", "bottom"), h), (("left", "right"), w)):
        if not all(side in depths for side in pair):
            continue
        first, last = (depths[side] for side in pair)
        turned = planes if pair[0] == "top" else planes.transpose(1, 0, 2)
        bars = turned[:first], turned[::-1][:last]
        even = all(float(bar.reshape(-1, 3).std(0).max()) < EVEN for bar in bars)
        if even and first > 1 and abs(first - last) <= max(2, SAME_DEPTH * length):
            return Border(pair, max(first, last), bars=True)
    return None
