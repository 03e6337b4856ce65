"""What autoencoders with discrete codes give."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class Quantised:
    """What an autoencoder with discrete codes gives for n pictures.

    picture: `(n, channels, size, size)` in [-1, 1]; code: `(n, d, h, w)` before, entries: after quantisation (both
    carry gradients of their own); indices: `(n, h, w)` whole numbers.
    """

    picture: Tensor
    code: Tensor
    entries: Tensor
    indices: Tensor
