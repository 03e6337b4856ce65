"""The simplest second stage: a Gaussian mixture fitted to the codes of a trained autoencoder.

Source: Ghosh et al. 2020, §4. Expectation maximisation is no gradient descent, so this stands beside the loop.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from packshot import checkpoint, networks
from packshot.imaging.files import write_atomic
from packshot.training.building import FirstStage
from packshot.training.material import pictures_of
from packshot.training.prepare import columns_of, labels_as

BATCH = 250
BESIDE = "autoencoder.safetensors"


@dataclass(frozen=True)
class Fitted:
    """path: of the mixture, its autoencoder beside it. log_likelihood: before each turn, nats a code."""

    path: Path
    log_likelihood: tuple[float, ...]


def fit_mixture(
    autoencoder: str | Path,
    catalogue: str | Path,
    folder: str | Path,
    *,
    components: int = 10,
    turns: int = 50,
    seed: int = 0,
) -> Fitted:
    """Fit a mixture to the codes of a catalogue's training pictures; writes `folder/{mixture, autoencoder}`.

    Raises BadCheckpoint, ParameterError if the autoencoder has no codes or there are fewer pictures than components.
    """
    first = FirstStage.read(autoencoder)
    codes = codes_of(first, catalogue, seed)
    mixture: Any = networks.build("mixture", {"latent_dim": codes.shape[1], "components": components})
    mixture.start(codes, torch.randperm(len(codes), generator=torch.Generator().manual_seed(seed)))
    found = tuple(mixture.refine(codes) for _ in range(turns))
    path = Path(folder) / "mixture.safetensors"
    card = {k: v for k, v in first.stored.card.items() if k in ("attributes", "licence", "data_licences", "trained_on")}
    card |= {"role": "mixture", "pictures": len(codes), "decoder": {"file": BESIDE, "digest": first.stored.digest}}
    checkpoint.write(path, mixture, "mixture", card)
    write_atomic(path.parent / BESIDE, first.stored.path.read_bytes())
    return Fitted(path, found)


@torch.inference_mode()
def codes_of(first: FirstStage, catalogue: str | Path, seed: int = 0) -> Tensor:
    """Codes `(n, latent_dim)`, one drawn for each training picture."""
    pictures = pictures_of(catalogue, first.size, first.channels)
    condition = columns_of(labels_as(pictures, first.attributes)).get("condition")
    rows = pictures.where(split="train")
    rows = rows if len(rows) else torch.arange(len(pictures))
    network: Any = first.stored.build()
    generator, found = torch.Generator().manual_seed(seed), []
    for part in torch.split(rows, BATCH):
        x = pictures.gather(part).float() / 127.5 - 1
        mean, log_variance = network.encode(x, None if condition is None else condition[part])
        found.append(mean + (0.5 * log_variance).exp() * torch.randn(mean.shape, generator=generator))
    return torch.cat(found)
