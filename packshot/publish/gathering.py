"""The pictures a check runs over: a file, a folder, or a catalogue, each with the product it shows.

In a catalogue the product is the row. In a folder it is told by the name: what stands before the variant in Amazon's
names (`ASIN.PT01.jpg`), else the name without a number or a view's name at its end (`mug-2.jpg`, `mug_back.jpg` and
`mug.jpg` show one product). Links that lead out of the folder are named as such and not followed.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath

from packshot.catalogue.catalogue import PRODUCTS, Catalogue
from packshot.catalogue.folders import VIEWS
from packshot.catalogue.names import PICTURE_SUFFIXES
from packshot.errors import FileError
from packshot.publish.filenames import HELD

VARIANT = re.compile(r"^([A-Z0-9]{10}|\d{8,14})\.[A-Z0-9]{4}$")
NUMBERED = re.compile(r"^(.{2,}?)[ ._~-]+(?:\(?\d{1,2}\)?)$")
VIEW = re.compile(r"^(.{2,}?)[ ._~-]+([^\W\d_]+)$")


@dataclass(frozen=True)
class Shot:
    """One picture to check. name: relative, for people; sku: of its product; first: of that product's pictures."""

    path: Path
    name: str
    sku: str
    first: bool
    trouble: str = ""


def shots_of(source: Path) -> Iterator[Shot]:
    """Every picture of a source, in order. Raises FileError if there is no such thing, CatalogueError for a bad one."""
    if source.is_file() and source.name != PRODUCTS:
        yield Shot(source, source.name, product_of_name(source.name), True)
    elif (source / PRODUCTS).is_file() or source.name == PRODUCTS:
        yield from _catalogued(Catalogue(source))
    elif source.is_dir():
        yield from _foldered(source)
    else:
        raise FileError(f"{source}: no such file or folder")


def _catalogued(catalogue: Catalogue) -> Iterator[Shot]:
    last: str | None = None
    for shot in catalogue.images():
        yield Shot(shot.path, shot.image.path or shot.key, shot.product.sku, shot.product.sku != last)
        last = shot.product.sku


def _foldered(folder: Path) -> Iterator[Shot]:
    seen: set[str] = set()
    for path in _files(folder):
        name = path.relative_to(folder).as_posix()
        sku = (PurePath(name).parent / product_of_name(path.name)).as_posix()
        trouble = "" if _inside(path, folder) else "a link that leads out of the folder"
        yield Shot(path, name, sku, sku not in seen, trouble)
        seen.add(sku)


def _files(folder: Path) -> Iterator[Path]:
    """Pictures by their endings, folders and files in order; what begins with a dot is left out.

    So is what `fit` held back from the channels' folders: it is known to be refused, and why.
    """
    from packshot.pipeline.run import RECORDS

    for place, folders, names in os.walk(folder):
        held = HELD if RECORDS in names else ""
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name != held)
        for name in sorted(names, key=_natural):
            if not name.startswith(".") and PurePath(name).suffix.lower() in PICTURE_SUFFIXES:
                yield Path(place) / name


def _natural(name: str) -> list[tuple[int, int, str]]:
    """`mug.jpg`, `mug-2.jpg`, `mug-10.jpg`."""
    parts = re.findall(r"\d+|\D+", name)
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts]


def _inside(path: Path, folder: Path) -> bool:
    return not path.is_symlink() or path.resolve().is_relative_to(folder.resolve())


def product_of_name(name: str) -> str:
    """What a file name says of its product.

    >>> [product_of_name(n) for n in ("B012345678.PT01.jpg", "mug-2.jpg", "mug_back.png", "mug.jpg", "7.jpg")]
    ['B012345678', 'mug', 'mug', 'mug', '7']
    """
    stem = PurePath(name).stem
    if found := VARIANT.match(stem):
        return found[1]
    if found := NUMBERED.match(stem):
        return found[1]
    found = VIEW.match(stem)
    return found[1] if found and found[2].lower() in VIEWS else stem
