"""The task `find`: products of a catalogue under the roots that fit words, or look like a picture."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from packshot.serve.direct.checking import admit
from packshot.serve.direct.desk import Desk
from packshot.serve.direct.frames import Blobs

MEMORY = 256 << 20  # the encoder, and the vectors that are looked at at a time
PROBLEMS = 20  # pictures that could not be read, told by name


def find(desk: Desk, arguments: Mapping[str, Any], blobs: Blobs) -> tuple[dict[str, Any], Blobs]:
    """`{products, pictures, new, unread, problems, model, notes}`, best first; the blob `picture` is what to look like.

    arguments: catalogue (a folder), top (the root it lies under), text, without (lists), count. Paths are told below
    `top`; None for a picture that lies elsewhere.
    """
    from packshot.catalogue.catalogue import Catalogue
    from packshot.models.searching.search import find as found_in

    opened, top = Catalogue(arguments["catalogue"]), Path(arguments["top"])
    if blobs:
        admit(desk, blobs)
    desk.need(MEMORY)
    with desk.scratch() as folder:
        like = Path(folder) / "picture"
        if blobs:
            like.write_bytes(blobs["picture"])
        answer = found_in(
            opened,
            arguments["text"],
            [like] if blobs else [],
            arguments["without"],
            count=arguments["count"],
            device="cpu",
        )
    told = answer.refreshed
    names = {str(like): "picture"}
    products = [
        {
            "sku": one.sku,
            "title": one.title,
            "path": _below(opened.pictures / one.path, top),
            "score": round(one.score, 4),
            "cosines": {names.get(wish, wish): cosine for wish, cosine in one.cosines.items()},
        }
        for one in answer.products
    ]
    problems = [str(problem) for problem in told.problems[:PROBLEMS]]
    counts = {"pictures": told.pictures, "new": told.new, "unread": told.unread}
    return {"products": products, **counts, "problems": problems, "model": answer.model, "notes": answer.notes}, {}


def _below(path: Path, top: Path) -> str | None:
    """A path as callers name it."""
    found = path.resolve()
    return found.relative_to(top).as_posix() if found.is_relative_to(top) else None
