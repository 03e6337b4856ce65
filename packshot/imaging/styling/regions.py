"""Where a style goes: a picture divided into soft regions that sum to 1.

`edges` are the places of structure (squared gradient of luma over a few pixels, against its own median), so that a
strong style can stay on flats and a mild one on outlines and print; `matte` is product and background.
"""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np
import torch
from torch import Tensor

from packshot.errors import ParameterError
from packshot.imaging.mattes import over

WHOLE = "all"
STRUCTURE = 0.0025  # squared gradient of luma, mean over the window, at which structure is half sure
REACH = 0.006  # of the longest side: the window


def whole(rgb: Tensor) -> dict[str, Tensor]:
    """One region."""
    return {WHOLE: torch.ones_like(rgb[:, :1])}


def of_matte(matte: Tensor) -> dict[str, Tensor]:
    """`product` and `background` of a matte `(1, 1, h, w)`."""
    return {"product": matte, "background": 1 - matte}


def of_edges(rgb: Tensor) -> dict[str, Tensor]:
    """`edges` and `flats` of a picture `(1, 3, h, w)`."""
    h, w = rgb.shape[2:]
    luma = cv2.cvtColor(np.ascontiguousarray(rgb[0].permute(1, 2, 0).numpy()), cv2.COLOR_RGB2GRAY)
    sigma = max(0.8, REACH * max(h, w))
    luma = cv2.GaussianBlur(luma, (0, 0), 0.7)
    gy, gx = (np.gradient(luma, axis=axis) if luma.shape[axis] > 1 else luma * 0 for axis in (0, 1))
    energy = cv2.GaussianBlur(np.maximum(gx * gx, gy * gy).astype(np.float32), (0, 0), sigma)
    sure = torch.from_numpy(energy / (energy + STRUCTURE))[None, None]
    return {"edges": sure, "flats": 1 - sure}


def of_parts(probabilities: Tensor, names: tuple[str, ...] = ()) -> dict[str, Tensor]:
    """Parts of a segmentation network: probabilities `(1, k, h, w)` that sum to 1; names, else part0, part1 …."""
    count = probabilities.shape[1]
    told = names if len(names) == count else tuple(f"part{i}" for i in range(count))
    return {name: probabilities[:, i : i + 1] for i, name in enumerate(told)}


def blended(rgb: Tensor, regions: Mapping[str, Tensor], styled: Mapping[str, Tensor]) -> Tensor:
    """The photo `(1, 3, h, w)` with each region in its own style; regions without a style stay the photo's.

    Where a region's weight is exactly 1 its pixels are exactly the styled ones, where all weights of styled regions are
    exactly 0 exactly the photo's. Raises ParameterError for a style of a region that there is not.
    """
    for name in styled:
        if name not in regions:
            raise ParameterError(f"style: no region {name!r} here; there are {', '.join(regions)}")
    if not styled:
        return rgb
    total = (1 - torch.stack([regions[name].clamp(0, 1) for name in styled]).sum(0)).clamp(min=0)  # what stays photo
    result = rgb
    for name, picture in styled.items():
        weight = regions[name].clamp(0, 1)
        total = total + weight
        result = over(picture, torch.where(total > 0, weight / total.clamp(min=1e-6), 0).clamp(0, 1), result)
    return result
