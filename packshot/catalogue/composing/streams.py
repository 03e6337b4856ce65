"""What a training loop takes from: composed pictures with their opacity, or labelled pictures with their classes.

`take(start, count)` depends on the seed and the places alone.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from packshot.catalogue.composing.picture import Composer


class Composed:
    """`image` `(n, 3, s, s)` and `truth` `(n, 1, s, s)`, bytes, channels innermost; truth is 255 times the opacity.

    small: so many places at the beginning of the stream are composed at half the side.
    """

    def __init__(self, composer: Composer, small: int = 0) -> None:
        self.composer, self.small = composer, small
        self.total = len(composer.cutouts) + len(composer.scenes)

    def take(self, start: int, count: int) -> dict[str, Tensor]:
        """The pictures at places `start … start + count` of the stream."""
        side = self.composer.side // (2 if start < self.small else 1)
        image, truth = np.empty((count, side, side, 3), np.uint8), np.empty((count, side, side, 1), np.uint8)
        for row in range(count):
            image[row], truth[row, ..., 0] = self.composer.picture(start + row, side)
        return {
            "image": torch.from_numpy(image).permute(0, 3, 1, 2),
            "truth": torch.from_numpy(truth).permute(0, 3, 1, 2),
        }
