"""Drawing in two stages: noise → a code → a picture, by the autoencoder that the second stage was trained on.

The second stage is a latent flow or a mixture over the codes of a VAE, or a transformer over the code maps of a VQ-VAE
or FSQ. The autoencoder lies beside it; its card names file and digest, so that no other one is taken for it.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn

from packshot import checkpoint
from packshot.checkpoint import Checkpoint
from packshot.errors import BadCheckpoint

KINDS = ("latent-flow", "mixture", "code-transformer")
STEPS = 20  # of the flow
GUIDANCE = 1.5  # of a transformer over codes


class TwoStages(nn.Module):
    """`decode(noise, condition)` as a VAE's, with codes where the autoencoder really has them.

    noise_dim: length of the noise; a mixture takes one number more, which chooses the component, a transformer one for
    each place. Raises BadCheckpoint if the autoencoder is missing or another one.
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
        self.kind = second.network
        self.guidance = GUIDANCE if second.card.get("conditions") else 1.0  # where conditions may be left open
        if self.kind == "code-transformer":
            self.noise_dim = int(second.config["side"]) ** 2
        else:
            self.noise_dim = int(second.config["latent_dim"]) + (self.kind == "mixture")
        self.told, self.decoder_told = (int(c.config.get("condition_dim", 0)) for c in (second, first))
        self.condition_dim = self.told or self.decoder_told

    def decode(self, noise: Tensor, condition: Tensor | None = None) -> Tensor:
        """`(n, noise_dim)` → pictures `(n, c, h, w)` in [-1, 1]."""
        if self.kind == "code-transformer":
            known = condition if self.told else None
            indices = self.codes.draw(noise, known, self.guidance)
            out: Tensor = self.autoencoder.decode(self.autoencoder.look_up(indices))
            return out
        code = self.codes_of(noise, condition)
        out = self.autoencoder.decode(code, condition if self.decoder_told else None)
        return out

    def codes_of(self, noise: Tensor, condition: Tensor | None = None) -> Tensor:
        """`(n, noise_dim)` → codes `(n, latent_dim)` of the autoencoder, by a flow or a mixture."""
        if self.kind == "mixture":
            choice = 0.5 * (1 + torch.erf(noise[:, -1] / math.sqrt(2)))  # from N(0, 1) to U(0, 1)
            found: Tensor = self.codes(noise[:, :-1], choice)
            return found
        out: Tensor = self.codes.transport(noise, condition if self.told else None, STEPS)
        return out
