"""Plain folders of pictures as packs: squares of one size, cut from the middle, kept in the cache."""

from __future__ import annotations

import hashlib
from pathlib import Path

from packshot.catalogue.catalogue import PRODUCTS
from packshot.catalogue.dataset.cache import cache_folder, once
from packshot.catalogue.dataset.pack import Fitting, photo_bytes
from packshot.catalogue.dataset.pictures import PACK, Pictures
from packshot.catalogue.dataset.writing import PackWriter
from packshot.catalogue.names import PICTURE_SUFFIXES
from packshot.catalogue.problems import PROBLEMS, Problem, keep_problems, read_problems
from packshot.catalogue.shards.files import INDEX
from packshot.errors import CatalogueError, FileError, PackshotError

SHIPPED = "toyshop"  # the word that names the set which comes along, whatever folder is called so


def is_plain(place: str | Path) -> bool:
    """Whether a place is a folder that is no catalogue, pack or set of shards."""
    folder = Path(place)
    return (
        str(place) != SHIPPED
        and folder.is_dir()
        and not any((folder / mark).is_file() for mark in (PRODUCTS, PACK, INDEX))
    )


def packed_folder(place: str | Path, size: int) -> tuple[Pictures, list[Problem]]:
    """The pictures of a folder and those below it at `size` px a side, and what could not be read.

    Made again when a file changes (by name, size and time). Raises FileError if there are no pictures, CatalogueError
    if none can be read.
    """
    folder = Path(place)
    paths = sorted(p for p in folder.rglob("*") if p.suffix.lower() in PICTURE_SUFFIXES and p.is_file())
    if not paths:
        raise FileError(
            f"{folder}: no pictures in it; expected files such as {', '.join(sorted(PICTURE_SUFFIXES)[:4])}"
        )
    stamp = hashlib.sha256(str(folder.resolve()).encode())
    for path in paths:
        facts = path.stat()
        stamp.update(f"{path.relative_to(folder)} {facts.st_size} {facts.st_mtime_ns}\n".encode())
    name = f"{folder.resolve().name}-{size}-{stamp.hexdigest()[:16]}"
    made = once(cache_folder() / "packs" / name, lambda temporary: _write(folder, paths, temporary, size), PACK)
    return Pictures(made), list(read_problems(made / PROBLEMS))


def _write(folder: Path, paths: list[Path], temporary: Path, size: int) -> None:
    from packshot.imaging.files import open_picture

    fitting, problems = Fitting(size, "crop"), []
    with PackWriter(temporary, (size, size), {"photo": 3}, facts={"made_from": str(folder)}, replace=True) as writer:
        for number, path in enumerate(paths):
            try:
                picture = open_picture(path, max_side_px=max(4 * size, 512)).picture
                row = {"sku": path.stem, "key": str(path.relative_to(folder)), "title": path.stem}
                writer.add(row, {"photo": photo_bytes(picture.rgb, picture.alpha, fitting)})
            except (PackshotError, OSError) as error:
                problems.append(Problem(number + 1, "image", str(error), file=path.name))
        if not writer.count:
            raise CatalogueError(f"{folder}: none of its {len(paths)} pictures can be read: {problems[0].reason}")
    keep_problems(temporary / PROBLEMS, problems)
