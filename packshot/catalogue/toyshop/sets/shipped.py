"""The toyshop set that comes with the repository, and larger ones made on this machine: found, unpacked once, opened.

Looked for in order: `$PACKSHOT_TOYSHOP/SIZE`; in a checkout of the repository `toyshop/SIZE`, which ships, and
`out/toyshop/SIZE`, which `make toyshop` renders; and `$PACKSHOT_HOME/toyshop/SIZE`, where `packshot toyshop render`
puts a set when it is not told a folder.
"""

from __future__ import annotations

import hashlib
import json
import os
import warnings
from pathlib import Path

from packshot.catalogue.dataset.cache import cache_folder, discard, once
from packshot.catalogue.dataset.pictures import PACK, Pictures
from packshot.catalogue.problems import PROBLEMS, Problem, keep_problems, read_problems
from packshot.catalogue.shards.files import INDEX, read_index, sound
from packshot.errors import CatalogueError
from packshot.imaging.home import home

SHIPPED_SIZE = 64


def places(size: int) -> tuple[Path, ...]:
    """Where shards of this size are looked for."""
    named = os.environ.get("PACKSHOT_TOYSHOP")
    checkout = Path(__file__).resolve().parents[4]
    folders = [
        *([Path(named)] if named else []),
        checkout / "toyshop",
        checkout / "out" / "toyshop",
        home() / "toyshop",
    ]
    return tuple(folder / str(size) for folder in folders)


def shards_folder(size: int = SHIPPED_SIZE) -> Path:
    """The folder of shards of this size. Raises CatalogueError that says where it was looked for."""
    for folder in places(size):
        if (folder / INDEX).is_file():
            return folder
    looked = ", ".join(str(folder) for folder in places(size))
    raise CatalogueError(
        f"toyshop {size} px: not found in {looked}; make it with `packshot toyshop render --size {size}`, "
        "or set PACKSHOT_TOYSHOP"
    )


def toyshop(size: int = SHIPPED_SIZE) -> Pictures:
    """The toyshop pictures of a size, with layers photo, matte and layout; unpacked on first use.

    Warns about every shard that is damaged, with what is lost, each time. Raises CatalogueError if there are none.
    """
    pictures, problems = unpacked(shards_folder(size))
    for problem in problems:
        warnings.warn(str(problem), stacklevel=2)
    return pictures


def unpacked(folder: str | Path) -> tuple[Pictures, list[Problem]]:
    """The pack of a folder of shards, made on first use under `cache_folder()`, and what was lost in the making.

    Several processes may ask at once: one pack comes of it. Other shards (by the index), another pack; and a new one
    when a shard that was damaged or missing is sound again.
    """
    from packshot.catalogue.shards.unpack import unpack

    source = Path(folder)
    shards, facts = read_index(source)
    layers = [name for name in facts.get("layers", ("photo", "matte", "layout")) if name != "linear"]
    told = json.dumps([[s.sha256 for s in shards], layers])
    digest = hashlib.sha256(told.encode()).hexdigest()[:16]

    def build(target: Path) -> None:
        _, lost = unpack(source, target, layers=layers)
        keep_problems(target / PROBLEMS, lost)

    place = cache_folder() / "toyshop" / f"{facts.get('size', 0)}-{digest}"
    made = once(place, build, PACK)
    lost = {problem.file for problem in read_problems(made / PROBLEMS) if problem.file}
    if any(shard.name in lost and sound(source, shard) for shard in shards):  # mended since: once more
        discard(place)
        made = once(place, build, PACK)
    return Pictures(made), list(read_problems(made / PROBLEMS))
