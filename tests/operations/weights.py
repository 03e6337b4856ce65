"""Tiny networks with random weights, saved as checkpoints under the names that operations ask for."""

from __future__ import annotations

from pathlib import Path

import torch

from packshot import checkpoint, models, networks
from packshot.operations.operation import Context

TINY = {"width": 4, "blocks": 2, "gain": 1}


def write(folder: Path, name: str, *, scale: int = 1, channels_in: int = 3, licence: str = "MIT") -> Path:
    """A SPAN of about 700 weights, its last convolution strong enough to change every picture."""
    torch.manual_seed(7)
    network = networks.build("span", {**TINY, "scale": scale, "channels_in": channels_in})
    with torch.no_grad():
        network.last.weight.mul_(4)
        network.last.bias.fill_(0.05)
    path = folder / f"{name}.safetensors"
    checkpoint.write(path, network.fused(), "span", {"licence": licence})
    return path


def context(folder: Path) -> Context:
    """A context whose models lie in `folder`."""
    return Context(
        load_model=lambda name, commercial: models.load(
            name if Path(name).is_file() else str(folder / f"{name}.safetensors"), "cpu", "torch", commercial
        )
    )
