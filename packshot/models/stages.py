"""Drawing in two stages: noise → a code (a latent flow or a mixture) → a picture (the autoencoder it was trained on).

The autoencoder lies beside the second stage; its card names file and digest, so that no other one is taken for it.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn

from packshot import checkpoint
from packshot.checkpoint import Checkpoint
from packshot.errors import BadCheckpoint

KINDS = ("latent-flow", "mixture")
STEPS = 20  # of the flow


class TwoStages(nn.Module):
    """`decode(noise, condition)` as a VAE's, with codes where the autoencoder really has them.

    noise_dim: length of the noise; a mixture takes one number more, which chooses the component.
    Raises BadCheckpoint if the autoencoder is missing or another one.
    """

    def __init__(self, second: Checkpoint) -> None:
        super().__init__()
        told = second.card.get("decoder") or {}
        path = second.path.parent / str(told.get("file", ""))
        if not told or not path.is_file():
            raise BadCheckpoint(f"{second.path.name}: its autoencoder {path.name!r} is not beside it")
        first = checkpoint.read(path)
        if first.digest != told.get("digest"):
            raise BadCheckpoint(f"{path.name}: not the autoencoder that {second.path.name} was trained on")
        self.codes: Any = second.build()
        self.autoencoder: Any = first.build()
        self.is_mixture = second.network == "mixture"
        self.noise_dim = int(second.config["latent_dim"]) + self.is_mixture
        self.condition_dim = int(first.config.get("condition_dim", 0))

    def decode(self, noise: Tensor, condition: Tensor | None = None) -> Tensor:
        """`(n, noise_dim)` → pictures `(n, c, h, w)` in [-1, 1]."""
        if self.is_mixture:
            choice = 0.5 * (1 + torch.erf(noise[:, -1] / math.sqrt(2)))  # from N(0, 1) to U(0, 1)
            code = self.codes(noise[:, :-1], choice)
        else:
            code = self.codes.transport(noise, condition, STEPS)
        out: Tensor = self.autoencoder.decode(code, condition)
        return out
