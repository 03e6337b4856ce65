"""How functions of single pixels are computed: in strips that fit the cache, and by OpenCV where that is quicker.

OpenCV's power of float32 is 3 to 7 times as fast as PyTorch's and differs from it by up to 3e-7; PyTorch stays for
gradients, other devices and other types, and as the reference that the tests hold the quick way to.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import torch
from torch import Tensor

Plane = np.ndarray[Any, Any]

STRIP = 1 << 17  # values worked on at once; 0.5 MB


def quick(x: Tensor) -> bool:
    """Whether OpenCV may work on it: CPU floats, no gradient, more than one (which it takes for a scalar)."""
    graph = x.requires_grad and torch.is_grad_enabled()
    return x.device.type == "cpu" and x.dtype == torch.float32 and x.numel() > 1 and not graph


def power(x: Tensor, exponent: float) -> Tensor:
    """`x ** exponent` of values ≥ 0."""
    if not quick(x):
        return x**exponent
    return torch.from_numpy(cv2.pow(flat(x), exponent)).view(x.shape)


def joined(x: Tensor, knee: float, below: Tensor, above: Tensor) -> Tensor:
    """`below` where `x ≤ knee`, else `above`; may write into `above`."""
    if not quick(x):
        return torch.where(x <= knee, below, above)
    joined = cv2.copyTo(flat(below), cv2.compare(flat(x), knee, cv2.CMP_LE), flat(above))
    return torch.from_numpy(joined).view(x.shape)


def flat(x: Tensor) -> Plane:
    """All values as one row, sharing memory where the layout allows."""
    return x.detach().reshape(1, -1).numpy()


def in_strips(function: Callable[..., Tensor], *pictures: Tensor) -> Tensor:
    """A pixelwise function, strip by strip of rows; all at once if small, on another device, or for gradients."""
    first = pictures[0]
    if first.numel() <= STRIP or not all(quick(x) for x in pictures):
        return function(*pictures)
    shaped = [x if x.ndim == 4 else x.reshape(1, 1, -1, 1) for x in pictures]
    n, c, h, w = shaped[0].shape
    rows, out = max(1, STRIP // (n * c * w)), None
    for y in range(0, h, rows):
        strip = function(*(x[:, :, y : y + rows] for x in shaped))
        out = strip.new_empty((n, strip.shape[1], h, w)) if out is None else out
        out[:, :, y : y + rows] = strip
    assert out is not None
    return out if first.ndim == 4 else out.view(first.shape)
