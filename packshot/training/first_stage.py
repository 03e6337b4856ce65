"""The first of two stages: a trained autoencoder, and what a second stage needs to know of it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packshot import checkpoint
from packshot.errors import ParameterError

# Objective of a second stage → the autoencoders it is for.
SECOND: Mapping[str, tuple[str, ...]] = {
    "flow": ("vae",),
    "mixture": ("vae",),
    "codes": ("vqvae", "fsq"),
    "matching": ("fsq",),
}


@dataclass(frozen=True)
class FirstStage:
    """A trained autoencoder that a second stage builds on."""

    stored: checkpoint.Checkpoint

    @classmethod
    def read(cls, path: str | Path, objective: str) -> FirstStage:
        """From a checkpoint. Raises BadCheckpoint, ParameterError if the objective is not for such an autoencoder."""
        kinds = SECOND[objective]
        if not str(path):
            raise ParameterError(
                f"autoencoder: name the .safetensors of a trained {' or '.join(kinds)} (--set autoencoder=PATH)"
            )
        stored = checkpoint.read(Path(path))
        if stored.network not in kinds:
            raise ParameterError(
                f"autoencoder: expected a trained {' or '.join(kinds)}, got a {stored.network} ({stored.path.name})"
            )
        return cls(stored)

    @property
    def attributes(self) -> dict[str, tuple[str, ...]]:
        """What its condition is made of."""
        return {name: tuple(values) for name, values in self.stored.card.get("attributes", {}).items()}

    @property
    def licences(self) -> tuple[str, ...]:
        """Of the data it was trained on."""
        return tuple(self.stored.card.get("data_licences", ("unstated",)))

    @property
    def size(self) -> int:
        """Side of its pictures, px."""
        return int(self.stored.config["size"])

    @property
    def channels(self) -> int:
        """Of its pictures."""
        return int(self.stored.config["channels"])

    @property
    def given(self) -> dict[str, Any]:
        """What it decides of a second stage's config."""
        config = self.stored.config
        if "latent_dim" in config:
            return {"latent_dim": config["latent_dim"]}
        codes = config["codes"] if "codes" in config else math.prod(config["levels"])
        return {"codes": codes, "side": self.size >> int(config["halvings"])}
