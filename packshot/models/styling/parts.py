"""Named parts of a product from a segmentation network, to give each its own style."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor
from torch.nn import functional as F

from packshot.imaging.styling import regions, sizes

if TYPE_CHECKING:
    from packshot.models import Model

SIDE = 320  # px at which parts are told


def parts_of(model: Model, rgb: Tensor) -> dict[str, Tensor]:
    """Part → weight `(1, 1, h, w)`, summing to 1: the network's classes, by the names on its card where there are.

    A network of one class tells product and background.
    """
    small = sizes.working(rgb, SIDE)
    down, across = -small.shape[2] % model.multiple, -small.shape[3] % model.multiple
    logits = model.run(F.pad(small, (0, across, 0, down), mode="replicate"))[:, :, : small.shape[2], : small.shape[3]]
    logits = F.interpolate(logits, size=rgb.shape[2:], mode="bilinear", align_corners=False)
    if logits.shape[1] == 1:
        return regions.of_matte(logits.sigmoid())
    return regions.of_parts(logits.softmax(1), tuple(model.card.get("classes", ())))
