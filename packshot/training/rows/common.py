"""What rows share: pairs of players of one family, and the loop's settings for a way of keeping a critic in check."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from packshot.training.preset import falling, flat


def players(family: str, noise: Mapping[str, int], **both: int) -> dict[str, tuple[str, Mapping[str, Any]]]:
    """Generator and critic of a family. noise: lengths of the generator's codes. both: config of either."""
    return {"generator": (f"{family}-generator", {**noise, **both}), "critic": (f"{family}-critic", both)}


def batch_norm(images: int, batch: int) -> dict[str, Any]:
    """Batch norm in both players: Adam as DCGAN has it, the rate falling to nothing, which averaging cannot replace."""
    rate = falling(4e-4, 1e-5, images)
    return {**_shared(images, batch, rate), "beta1": 0.5}


def spectral_norm(images: int, batch: int) -> dict[str, Any]:
    """No momentum, the critic faster than the generator (Heusel et al. 2017; Zhang et al. 2019, section 4.2)."""
    rate = falling(4e-4, 1e-5, images)
    return {**_shared(images, batch, rate), "rates": {"generator": 0.5}}


def penalised(images: int, batch: int, start: float = 2e-3, end: float = 1e-4) -> dict[str, Any]:
    """Equalised or norm-free layers under a gradient penalty; start, end: of the rate."""
    return _shared(images, batch, falling(start, end, images))


def classifier(images: int, batch: int) -> dict[str, Any]:
    """A feature network that learns to name attributes: AdamW, warmed up."""
    learning = {"learning_rate": falling(2e-3, 1e-5, images, 10_000), "beta1": 0.9, "beta2": flat(0.999)}
    return {"total_images": images, "batch": batch, **learning, "weight_decay": 0.01}


def _shared(images: int, batch: int, rate: dict[str, float]) -> dict[str, Any]:
    learning = {"learning_rate": rate, "beta2": flat(0.99), "average_images": 5_000}
    return {"total_images": images, "batch": batch, **learning}
