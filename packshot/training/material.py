"""The pictures to learn from, through the one door of the catalogue: a catalogue, shards, a pack, or `toyshop`."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path

from packshot.catalogue.dataset.pictures import Pictures
from packshot.catalogue.opening import open_pictures
from packshot.catalogue.problems import Problem
from packshot.errors import ParameterError

TOLD = 3  # lost pictures that are named one by one


def pictures_of(place: str | Path, size: int, channels: int, layers: Sequence[str] = ("photo",)) -> Pictures:
    """Photos of `size` px with 1 or 3 channels. What could not be read is warned of, with the first few by name.

    layers: that a catalogue is packed with; shards and packs come with those they have.

    Raises ParameterError if what is there has another size or number of channels, CatalogueError if nothing is.
    """
    pictures, problems = open_pictures(place, size, grey=channels == 1, layers=tuple(layers))
    warn_of(place, problems)
    held = pictures.layers["photo"].shape[1]
    if held != channels:
        raise ParameterError(f"{place}: its pictures have {held} channels, {channels} are needed")
    return pictures


def warn_of(place: str | Path, problems: Sequence[Problem]) -> None:
    """Warn of pictures that could not be read, the first few by name."""
    if problems:
        named = "; ".join(str(problem) for problem in problems[:TOLD])
        warnings.warn(f"{place}: {len(problems)} pictures are missing from the training data: {named}", stacklevel=3)
