"""From a preset of restoration and photographs to an objective and a stream of crops."""

from __future__ import annotations

from pathlib import Path

from packshot import checkpoint, networks
from packshot.catalogue.dataset.album import Album, Crops
from packshot.catalogue.dataset.albums import album_of
from packshot.training.objectives.restore import Inpaint, Restore, RestoreSettings, RestoreVae
from packshot.training.preset import Preset

RESTORING: dict[str, type[Restore]] = {"restore": Restore, "inpaint": Inpaint, "restore-vae": RestoreVae}


def crops_of(place: str | Path, side: int, shrink: float, seed: int) -> tuple[Crops, Album]:
    """Crops of `side` px of the photographs at a place: an album, a catalogue, a pack, a folder, `leaves:COUNT`."""
    album = album_of(place, (shrink,))
    return Crops(album, side, seed), album


def objective_of(preset: Preset, settings: RestoreSettings) -> Restore:
    """Fresh networks and their objective, with the teacher that the rules name. Raises BadCheckpoint."""
    built = {role: networks.build(name, dict(entries)) for role, (name, entries) in preset.networks.items()}
    teacher = checkpoint.read(Path(settings.teacher)).build() if settings.teacher else None
    return RESTORING[preset.objective](built["restorer"], built.get("critic"), teacher, settings)
