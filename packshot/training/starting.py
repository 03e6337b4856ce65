"""Transfer: a run that begins with the weights of another one, for catalogues that are too small to begin with nothing.

Source: Wang et al. 2018, "Transferring GANs: Generating Images from Limited Data", §3: both players are taken over,
which does better than the generator alone. Weights that another condition or size gives another shape start fresh.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import nn

from packshot import checkpoint
from packshot.checkpoint import Checkpoint
from packshot.errors import ParameterError
from packshot.models import find


def begin_from(networks: Mapping[str, nn.Module], place: str | Path) -> dict[str, float]:
    """Take over what fits by name and shape; gives, by role, the share of weights that was.

    place: a run's folder, with a checkpoint for every role, or one checkpoint, whose card names its role. Raises
    ParameterError if nothing fits, BadCheckpoint.
    """
    taken = {}
    for role, stored in _found(networks, place).items():
        own = networks[role].state_dict()
        fitting = {k: v for k, v in stored.tensors.items() if k in own and own[k].shape == v.shape}
        with torch.no_grad():
            for name, value in fitting.items():
                own[name].copy_(value)
        total = sum(value.numel() for value in own.values())
        taken[role] = sum(value.numel() for value in fitting.values()) / max(total, 1)
    if not any(taken.values()):
        raise ParameterError(
            f"start: nothing in {place} fits; expected a run of the same preset, or one of its checkpoints, "
            f"for {', '.join(networks)}"
        )
    return taken


def _found(networks: Mapping[str, nn.Module], place: str | Path) -> dict[str, Checkpoint]:
    folder = Path(place)
    if folder.is_dir():
        files = {role: folder / f"{role}.safetensors" for role in networks}
        return {role: checkpoint.read(path) for role, path in files.items() if path.is_file()}
    stored = checkpoint.read(find(str(place)))
    role = str(stored.card.get("role", ""))
    return {role: stored} if role in networks else {}
