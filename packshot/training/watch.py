"""Trouble noticed: numbers that are no numbers, gradients that explode, generators that draw one picture only."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn import functional as F

from packshot.errors import TrainingTrouble

COLLAPSED = 0.1  # diversity of samples, as a share of that of real pictures, below which they count as the same
PATIENCE = 2  # looks in a row


def check_finite(losses: Mapping[str, float], norms: Mapping[str, float], images: int) -> None:
    """Raise TrainingTrouble if a loss or gradient norm is not a number."""
    for kind, values in (("loss", losses), ("gradient of", norms)):
        for name, value in values.items():
            if not math.isfinite(value):
                raise TrainingTrouble(
                    f"diverged after {images:,} images: {kind} {name} is {value}. The last saved state is kept; "
                    "lower the learning rate, clip the gradient (clip_norm) or strengthen the penalty"
                )


def diversity(pictures: Tensor) -> float:
    """Mean distance between pairs of pictures `(n, c, h, w)`, root mean square over 8×8-pooled pixels."""
    small = F.adaptive_avg_pool2d(pictures.float(), 8).flatten(1)
    n, values = small.shape
    if n < 2:
        return 0.0
    return float(torch.pdist(small).mean() / values**0.5)


class DiversityWatch:
    """Compares samples with real pictures each time a grid is drawn; trouble after `PATIENCE` looks below the limit.

    The first images are free: a generator that has seen few of them draws grey.
    """

    def __init__(self, free_images: int) -> None:
        self.free_images, self.low = free_images, 0

    def look(self, samples: Tensor, real: Tensor, images: int) -> dict[str, float]:
        """The share of real diversity, as a number for the log. Raise TrainingTrouble on collapse."""
        share = diversity(samples) / max(diversity(real), 1e-6)
        self.low = self.low + 1 if share < COLLAPSED and images > self.free_images else 0
        if self.low >= PATIENCE:
            raise TrainingTrouble(
                f"collapsed after {images:,} images: samples differ among themselves by {share:.1%} of what real "
                "pictures do. The last saved state is kept; strengthen the penalty, add augmentation or lower the "
                "critic's learning rate"
            )
        return {"diversity": share}
