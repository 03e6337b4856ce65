"""Albums from what there is: catalogues, packs, folders of photographs, leaves drawn by code.

Pictures are shrunk before they go in: what a camera and a JPEG coder left in them (noise, blocks, softness) is averaged
away, so that they can stand for the truth that restoring is to find. Pictures of the split `test` stay out.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from packshot.catalogue.catalogue import PRODUCTS, Catalogue
from packshot.catalogue.dataset.album import ALBUM, CELLS, FORMAT, PIXELS, Album, detailed
from packshot.catalogue.dataset.cache import cache_folder, once
from packshot.catalogue.dataset.leaves import dead_leaves
from packshot.catalogue.dataset.pack import row_of
from packshot.catalogue.dataset.pictures import PACK, Pictures
from packshot.catalogue.names import PICTURE_SUFFIXES
from packshot.catalogue.problems import Problem
from packshot.errors import CatalogueError, PackshotError, ParameterError

LEAST = 64  # px: pictures with a shorter side stay out
LEAF_SIDE = 384  # px of a picture of leaves
LEAVES = "leaves"  # the source that is drawn: `leaves`, or `leaves:200` for so many pictures
OWN = "CC0-1.0"  # licence of what is drawn

Bytes = NDArray[np.uint8]


class Found(NamedTuple):
    """pixels: (h, w, 3). licence: "" = not stated."""

    pixels: Bytes
    licence: str


def album_of(place: str | Path, shrinks: tuple[float, ...] = (0.67,)) -> Album:
    """The album at a place, or one made of what is there, kept under `cache_folder()` and made again when it changes.

    Raises CatalogueError, ParameterError as `build` does.
    """
    folder = Path(place)
    if (folder / ALBUM).is_file():
        return Album(folder)
    told = "-".join(f"{shrink:g}" for shrink in shrinks)
    stamp = _stamp(str(place))
    target = cache_folder() / "albums" / f"{folder.resolve().name}-{told}-{stamp}"

    def make(temporary: Path) -> None:
        _write(temporary, [str(place)], shrinks)

    return Album(once(target, make, ALBUM))


def build(
    sources: Iterable[str | Path], out: str | Path, shrinks: tuple[float, ...] = (0.67,)
) -> tuple[Album, list[Problem]]:
    """Write an album of everything that the sources hold, and give it with what could not be read.

    sources: catalogues, packs, folders of photographs, or `leaves:COUNT`. shrinks: every photograph goes in once for
    each of these factors of its size. Raises ParameterError for a factor beyond (0, 1], CatalogueError for a source
    with nothing in it and if `out` is taken.
    """
    target = Path(out)
    if target.exists() and any(target.iterdir()):
        raise CatalogueError(f"{target}: is there already; choose another folder")
    if not shrinks or any(not 0 < shrink <= 1 for shrink in shrinks):
        raise ParameterError(f"shrinks: expected factors above 0 and at most 1, got {shrinks}")
    problems: list[Problem] = []
    if target.exists():
        target.rmdir()

    def make(temporary: Path) -> None:
        problems.extend(_write(temporary, [str(source) for source in sources], shrinks))

    return Album(once(target, make, ALBUM)), problems


def _write(folder: Path, sources: list[str], shrinks: tuple[float, ...]) -> list[Problem]:
    problems: list[Problem] = []
    sizes: list[tuple[int, int]] = []
    cells: list[NDArray[np.int32]] = []
    licences: set[str] = set()
    with (folder / PIXELS).open("wb") as file:
        for source in sources:
            for found in _pictures(source, shrinks, problems):
                if min(found.pixels.shape[:2]) < LEAST:
                    continue
                places = detailed(found.pixels)
                cells.append(np.insert(places, 0, len(sizes), axis=1))
                sizes.append((found.pixels.shape[0], found.pixels.shape[1]))
                licences.add(found.licence or "unstated")
                file.write(np.ascontiguousarray(found.pixels).tobytes())
    if not sizes or not sum(map(len, cells)):
        told = problems[0].reason if problems else f"no picture has {LEAST} px a side and anything in it"
        raise CatalogueError(f"{', '.join(sources)}: no pictures to take crops from: {told}")
    np.save(folder / CELLS, np.concatenate(cells).astype(np.int32))
    facts = {"format": FORMAT, "made_from": sources, "shrinks": list(shrinks), "licences": sorted(licences)}
    (folder / ALBUM).write_text(json.dumps({**facts, "sizes": sizes}, ensure_ascii=False) + "\n", encoding="utf-8")
    return problems


def _pictures(source: str, shrinks: tuple[float, ...], problems: list[Problem]) -> Iterator[Found]:
    name, _, count = source.partition(":")
    folder = Path(source)
    if name == LEAVES and not folder.exists():
        if count and not count.isdigit():
            raise ParameterError(f"{source}: expected leaves:COUNT, such as leaves:200")
        for number in range(int(count or 100)):
            yield Found(dead_leaves(LEAF_SIDE, number), OWN)
    elif (folder / PRODUCTS).is_file():
        yield from _of_catalogue(Catalogue(folder), shrinks, problems)
    elif (folder / PACK).is_file() or source == "toyshop":
        yield from _of_pack(source)
    elif folder.is_dir():
        paths = sorted(p for p in folder.rglob("*") if p.suffix.lower() in PICTURE_SUFFIXES and p.is_file())
        for number, path in enumerate(paths):
            yield from _of_file(path, "", shrinks, problems, number)
    else:
        raise CatalogueError(
            f"{source}: expected an album, a catalogue, a pack, a folder of photographs or leaves:COUNT"
        )


def _of_catalogue(catalogue: Catalogue, shrinks: tuple[float, ...], problems: list[Problem]) -> Iterator[Found]:
    for shot in catalogue.images():
        row = row_of(shot)
        if row.get("split") != "test":
            yield from _of_file(shot.path, str(row.get("licence", "")), shrinks, problems, shot.row)


def _of_file(
    path: Path, licence: str, shrinks: tuple[float, ...], problems: list[Problem], row: int
) -> Iterator[Found]:
    from packshot.imaging.files import open_picture
    from packshot.imaging.geometry import resize

    try:
        picture = open_picture(path).picture
    except (PackshotError, OSError) as error:
        problems.append(Problem(row + 1, "image", str(error), file=path.name))
        return
    for shrink in shrinks:
        size = max(1, round(picture.height * shrink)), max(1, round(picture.width * shrink))
        rgb = (picture if shrink == 1 else resize(picture, size)).rgb[0]
        yield Found((rgb.clamp(0, 1) * 255).round().byte().permute(1, 2, 0).numpy(), licence)


def _of_pack(source: str) -> Iterator[Found]:
    from packshot.catalogue.opening import open_pictures

    pictures: Pictures = open_pictures(source)[0]
    licences, splits = pictures.column("licence"), pictures.column("split")
    photos = pictures.layers["photo"]
    for number, (licence, split) in enumerate(zip(licences, splits, strict=True)):
        if split != "test":
            yield Found(photos[number].expand(3, -1, -1).permute(1, 2, 0).numpy(), str(licence or ""))


def _stamp(place: str) -> str:
    """Changes when a picture of the place does, or what a catalogue says of it."""
    folder = Path(place)
    total = hashlib.sha256(str(folder.resolve()).encode())
    if (folder / PRODUCTS).is_file():
        total.update((folder / PRODUCTS).read_bytes())
        paths = [shot.path for shot in Catalogue(folder).images()]
    else:
        paths = sorted(p for p in folder.rglob("*") if p.is_file()) if folder.is_dir() else []
    for path in paths:
        with suppress(OSError):
            facts = path.stat()
            total.update(f"{path.name} {facts.st_size} {facts.st_mtime_ns}\n".encode())
    return total.hexdigest()[:16]
