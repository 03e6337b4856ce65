"""The state of a run as one `.safetensors` file: enough to go on as if nothing had happened, bit for bit on a CPU.

Random numbers need no state: those of a step follow from seed and images seen (`loop.seed_of`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import save
from torch import Tensor, nn
from torch.optim import Optimizer

from packshot.checkpoint import contents
from packshot.errors import BadCheckpoint
from packshot.imaging.files import write_atomic

FORMAT, VERSION = "packshot-training", "1"


@dataclass
class State:
    """Everything that training changes. images, seconds: spent so far."""

    networks: Mapping[str, nn.Module]
    averages: Mapping[str, nn.Module]
    optimisers: Mapping[str, Optimizer]
    images: int = 0
    steps: int = 0
    seconds: float = 0.0


def write(path: Path, state: State) -> None:
    """Write the state; atomic, so that a kill leaves the one before."""
    counters = {k: getattr(state, k) for k in ("images", "steps", "seconds")}
    write_atomic(path, save(_tensors(state), {"format": FORMAT, "version": VERSION, "counters": json.dumps(counters)}))


def read(path: Path, state: State) -> None:
    """Put a stored state into the networks and optimisers of `state`.

    Raises BadCheckpoint if the file is damaged, foreign, or of other networks.
    """
    metadata, found = contents(path)
    if metadata.get("format") != FORMAT or metadata.get("version") != VERSION:
        raise BadCheckpoint(f"{path}: no training state of packshot (format {metadata.get('format')!r})")
    _fill(path, state, found)
    for name, value in json.loads(metadata["counters"]).items():
        setattr(state, name, value)


def _tensors(state: State) -> dict[str, Tensor]:
    found: dict[str, Tensor] = {}
    for kind, networks in (("network", state.networks), ("average", state.averages)):
        for role, network in networks.items():
            found |= {f"{kind}/{role}/{name}": tensor for name, tensor in network.state_dict().items()}
    for player, optimiser in state.optimisers.items():
        for index, parameter in enumerate(_parameters(optimiser)):
            found |= {f"optimiser/{player}/{index}/{k}": v for k, v in optimiser.state.get(parameter, {}).items()}
    return {name: tensor.detach().cpu().clone().contiguous() for name, tensor in found.items()}


def _fill(path: Path, state: State, found: dict[str, Tensor]) -> None:
    for kind, networks in (("network", state.networks), ("average", state.averages)):
        for role, network in networks.items():
            prefix = f"{kind}/{role}/"
            own = {name[len(prefix) :]: tensor for name, tensor in found.items() if name.startswith(prefix)}
            try:
                network.load_state_dict(own)
            except RuntimeError as error:
                raise BadCheckpoint(f"{path}: its {role} is another network ({error})") from None
    for player, optimiser in state.optimisers.items():
        for index, parameter in enumerate(_parameters(optimiser)):
            prefix = f"optimiser/{player}/{index}/"
            own = {name[len(prefix) :]: tensor for name, tensor in found.items() if name.startswith(prefix)}
            optimiser.state[parameter] = {k: v if k == "step" else _like(v, parameter) for k, v in own.items()}


def _like(value: Tensor, parameter: Tensor) -> Tensor:
    """On the parameter's device and in its memory layout."""
    return torch.empty_like(parameter).copy_(value)


def _parameters(optimiser: Optimizer) -> list[Tensor]:
    return [p for group in optimiser.param_groups for p in group["params"]]
