"""A styled picture is made at a working size and brought back to the photo's, with the photo's finest detail on it."""

from __future__ import annotations

from torch import Tensor

from packshot.errors import ParameterError
from packshot.imaging.geometry import resize_layer

LEAST = 32  # px: the shortest side that is worked on


def working(rgb: Tensor, side: int) -> Tensor:
    """`(n, 3, h, w)` with its longest side at most `side` px, each side at least LEAST; as it is if that holds."""
    h, w = rgb.shape[2:]
    factor = min(1.0, side / max(h, w))
    size = max(LEAST, round(h * factor)), max(LEAST, round(w * factor))
    return rgb if size == (h, w) else resize_layer(rgb, size, linear=True).clamp(0, 1)


def brought_back(styled: Tensor, rgb: Tensor, detail: float = 1.0) -> Tensor:
    """A styled working picture at the photo's size `(n, 3, h, w)`.

    detail: how much of what the photo has beyond the working size is laid on it (0 = none). Enlarging leaves soft what
    was drawn; where the photo is not larger than its working size nothing changes.
    """
    if detail < 0:
        raise ParameterError(f"detail: expected at least 0, got {detail}")
    size = (rgb.shape[2], rgb.shape[3])
    small = (styled.shape[2], styled.shape[3])
    if size == small:
        return styled
    large = resize_layer(styled, size, linear=True)
    if detail and size[0] * size[1] > small[0] * small[1]:
        coarse = resize_layer(resize_layer(rgb, small, linear=True), size, linear=True)
        large = large + detail * (rgb - coarse)
    return large.clamp(0, 1)
