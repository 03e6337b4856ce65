"""From a preset of restoration and photographs to an objective and a stream of crops."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import nn

from packshot import checkpoint, networks
from packshot.catalogue.dataset.album import Album, Crops
from packshot.catalogue.dataset.albums import album_of
from packshot.errors import BadCheckpoint
from packshot.training.objectives.restore import Inpaint, Restore, RestoreSettings, RestoreVae
from packshot.training.preset import Preset

RESTORING: dict[str, type[Restore]] = {"restore": Restore, "inpaint": Inpaint, "restore-vae": RestoreVae}


def crops_of(place: str | Path, side: int, shrink: float, seed: int) -> tuple[Crops, Album]:
    """Crops of `side` px of the photographs at a place: an album, a catalogue, a pack, a folder, `leaves:COUNT`."""
    album = album_of(place, (shrink,))
    return Crops(album, side, seed), album


def objective_of(preset: Preset, settings: RestoreSettings) -> Restore:
    """Fresh networks, or those of `start`, and their objective. Raises BadCheckpoint if a file does not fit."""
    built = {role: networks.build(name, dict(entries)) for role, (name, entries) in preset.networks.items()}
    restorer = built["restorer"]
    if settings.start:
        adopt(restorer, checkpoint.read(Path(settings.start)))
    teacher = checkpoint.read(Path(settings.teacher)).build() if settings.teacher else None
    return RESTORING[preset.objective](restorer, built.get("critic"), teacher, settings)


@torch.no_grad()
def adopt(network: nn.Module, stored: checkpoint.Checkpoint) -> None:
    """Take over every weight that a checkpoint has in the same place and shape, as of the same network at another
    scale.

    A fused convolution becomes the plain branch of a wide one, whose other branches then add nothing at first.
    Raises BadCheckpoint if nothing fits.
    """
    own = network.state_dict()
    fitting: dict[str, Any] = {}
    for name, value in stored.tensors.items():
        wide = f"{name.removesuffix('.weight')}.plain"
        place = name if name in own else wide
        if place in own and own[place].shape == value.shape:
            fitting[place] = value.to(own[place])
            after = f"{place.removesuffix('.plain')}.after"
            if place == wide and after in own:
                fitting[after] = torch.zeros_like(own[after])
    if not fitting:
        raise BadCheckpoint(f"{stored.path.name}: start: no weight of this {stored.network} fits the network to train")
    network.load_state_dict({**own, **fitting})
