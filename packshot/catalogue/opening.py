"""One door to training data: a pack, a folder of shards, a catalogue, or the word `toyshop`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from packshot.catalogue.catalogue import PRODUCTS
from packshot.catalogue.dataset.pictures import PACK, Pictures
from packshot.catalogue.problems import Problem
from packshot.errors import CatalogueError, ParameterError


def open_pictures(place: str | Path, size: int | None = None, **options: Any) -> tuple[Pictures, list[Problem]]:
    """Pictures of one size to train on, and what of them was lost.

    place: `toyshop` (64 px, or `size`), a pack, a folder of shards, or a catalogue, which is packed at `size` px on
    first use; options (fit, ground, grey, layers) are those of `dataset.pack.pack`.
    Raises ParameterError if a catalogue comes without a size, or the pictures there have another one; CatalogueError
    if there is nothing of the kind.
    """
    from packshot.catalogue.shards.files import INDEX
    from packshot.catalogue.toyshop.sets.shipped import SHIPPED_SIZE, shards_folder, unpacked

    folder = Path(place)
    if str(place) == "toyshop" and not any((folder / name).is_file() for name in (PRODUCTS, INDEX, PACK)):
        folder = shards_folder(size or SHIPPED_SIZE)
    if (folder / PRODUCTS).is_file():
        from packshot.catalogue.dataset.pack import packed

        if size is None:
            raise ParameterError(f"size: expected the side of the pictures in px to pack the catalogue {folder}")
        return packed(folder, size, **options)
    problems: list[Problem] = []
    if (folder / PACK).is_file():
        found = Pictures(folder)
    elif (folder / INDEX).is_file():
        found, problems = unpacked(folder)
    else:
        raise CatalogueError(f"{folder}: expected a catalogue ({PRODUCTS}), shards ({INDEX}) or a pack ({PACK}) in it")
    if size is not None and found.size != (size, size):
        raise ParameterError(f"size: the pictures in {folder} have {found.size[1]} px, not {size}; leave it out")
    return found, problems
