"""Folders of this machine that callers may name: those under the service's roots, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from packshot.errors import UnsafePath

HOW = "start the service with --roots FOLDER to allow one, or upload the files"


def inside(path: str, roots: Sequence[Path]) -> Path:
    """The path of a catalogue a caller named, links followed. Raises UnsafePath unless it lies under a root.

    A relative path is looked for under every root in turn. Whether something exists outside is never told.
    """
    if "\0" in path or "://" in path:
        raise UnsafePath(f"catalogue {path[:200]!r}: expected the path of a folder or file, not a URL")
    if not roots:
        raise UnsafePath(f"catalogue {path[:200]!r}: this service reads no folders; {HOW}")
    for root in roots:
        top = root.resolve()
        found = (top / path).resolve()  # an absolute path stands for itself
        if found.is_relative_to(top) and _exists(found):
            return found
    raise UnsafePath(f"catalogue {path[:200]!r}: there is none under the folders this service may read; {HOW}")


def _exists(path: Path) -> bool:
    """Whether something is there; a name that no disk could have is nothing."""
    try:
        return path.exists()
    except (OSError, ValueError):
        return False
