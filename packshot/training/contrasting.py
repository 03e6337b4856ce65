"""From a preset of pictures and texts in one space and a catalogue to an objective and its stream."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from pydantic import BaseModel

from packshot import networks
from packshot.catalogue.dataset.captions import Captioned
from packshot.catalogue.dataset.tokens import Tokens
from packshot.training.material import pictures_of
from packshot.training.objectives.contrast import Contrast, ContrastSettings
from packshot.training.preset import Preset


class Contrasting(NamedTuple):
    """tokens: of the texts, learned from those of the training pictures."""

    objective: Contrast
    stream: Captioned
    tokens: Tokens
    licences: tuple[str, ...]
    pictures: int


def contrasting(preset: Preset, place: str | Path, settings: BaseModel, seed: int) -> Contrasting:
    """Pictures of the training split with their titles, descriptions and what is known of them.

    Raises ParameterError or CatalogueError where there is no such thing.
    """
    assert isinstance(settings, ContrastSettings)
    pictures = pictures_of(place, preset.size, preset.channels, ("photo", "matte"))
    rows = pictures.where(split="train")
    if not len(rows):
        rows = pictures.where()
    name, entries = preset.networks["encoder"]
    config = networks.find(name)[0](**entries)
    stream = Captioned(pictures, rows, seed, length=config.length, vocabulary=config.vocabulary)
    network = networks.build(name, {**entries, "channels": preset.channels, "vocabulary": len(stream.tokens)})
    licences = tuple(sorted({value or "unstated" for value in pictures.column("licence")}))
    return Contrasting(Contrast(network, settings), stream, stream.tokens, licences, stream.total)
