"""Which file of weights draws: a name, a file, or the second stage of a run's folder; attributes as it spells them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from packshot.errors import ParameterError
from packshot.models import find

DRAWING = ("flow", "mixture", "prior", "generator", "autoencoder")  # roles in a run's folder, the second stage first


def drawing_in(place: str) -> Path:
    """The checkpoint of a name or a file; of a run's folder, the network that draws. Raises ParameterError if none."""
    folder = Path(place)
    if not folder.is_dir():
        return find(place)
    for role in DRAWING:
        if (folder / f"{role}.safetensors").is_file():
            return folder / f"{role}.safetensors"
    raise ParameterError(f"{place}: a folder without {', '.join(f'{role}.safetensors' for role in DRAWING)}")


def as_spelt(wanted: Mapping[str, str], known: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """The attributes with their values spelt as the network knows them; small and capital letters are alike."""
    found = {}
    for name, value in wanted.items():
        alike = [own for own in known.get(name, ()) if own.casefold() == value.casefold()]
        found[name] = alike[0] if len(alike) == 1 else value
    return found
