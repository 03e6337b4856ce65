"""What an operation that may change the product did to it: figures of before and after, of a part of large pictures."""

from __future__ import annotations

import torch
from torch import Tensor

from packshot.imaging import compare, geometry, mattes
from packshot.imaging.colour import delta_e_2000, rgb_to_lab

WINDOW_PX = 1400  # side of the part of a larger picture that is measured
INNER_PX = 2


def change(before: Tensor, after: Tensor, matte: Tensor | None = None) -> dict[str, float]:
    """Figures of two pictures `(1, 3, h, w)` of one size: the product's where a matte is known, else the whole's.

    delta_e_p99, edge_shift_px, ssim: as the product lock measures them. delta_e_mean: of the mean colours.
    """
    y0, y1, x0, x1 = place((before.shape[2], before.shape[3]), matte)
    before, after = before[:, :, y0:y1, x0:x1], after[:, :, y0:y1, x0:x1]
    matte = None if matte is None else matte[:, :, y0:y1, x0:x1]
    where = torch.ones_like(before[:, :1], dtype=torch.bool) if matte is None else mattes.inner(matte, INNER_PX)
    if not bool(where.any()):
        return {}
    found = compare.fidelity(before, after, where)
    found["delta_e_of_mean"] = mean_shift(before, after, where)
    return {key: found[key] for key in ("delta_e_p99", "delta_e_of_mean", "edge_shift_px", "ssim")}


def mean_shift(before: Tensor, after: Tensor, where: Tensor) -> float:
    """CIEDE2000 between the mean encoded colours of two pictures where `(1, 1, h, w)` is true."""
    a, b = (rgb_to_lab(x[0][:, where[0, 0]].mean(1).view(1, 3, 1, 1)) for x in (before, after))
    return float(delta_e_2000(a, b))


def place(size: tuple[int, int], matte: Tensor | None) -> tuple[int, int, int, int]:
    """Rows and columns `(y0, y1, x0, x1)` of the part of a large picture that is measured: around the product."""
    h, w = size
    box = None if matte is None else geometry.bounding_box(matte)
    across, down = ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2) if box else (w / 2, h / 2)
    y0, x0 = (int(min(max(0, middle - WINDOW_PX / 2), max(0, n - WINDOW_PX))) for middle, n in ((down, h), (across, w)))
    return y0, min(h, y0 + WINDOW_PX), x0, min(w, x0 + WINDOW_PX)
