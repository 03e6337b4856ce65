"""Small copies of photos, as segmentation looks at them."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from packshot.imaging.mattes import resized
from packshot.imaging.segmentation.backdrop import Field


def shrunk(rgb: Tensor, longest: int, size: tuple[int, int] | None = None) -> Field:
    """`(1, 3, h, w)` at most `longest` px on the longest side, or at a size `(h, w)`: `(h, w, 3)`."""
    h, w = rgb.shape[2:]
    step = max(1.0, max(h, w) / longest)
    size = size or (max(1, round(h / step)), max(1, round(w / step)))
    return np.dstack([resized(p, size) for p in rgb[0].detach().cpu().to(torch.float32).numpy()])
