"""Folders that are made once and used by many: built beside their place, then renamed into it.

Two processes that need the same folder at the same time both build it and the first to finish wins; nobody ever sees
half a folder, and a build that was killed leaves only a `.part` folder, cleared by the next one a day later.
"""

from __future__ import annotations

import os
import secrets
import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from packshot.errors import CatalogueError
from packshot.imaging.home import home

STALE_SECONDS = 86400


def cache_folder() -> Path:
    """Where data that can be made again is kept: `$PACKSHOT_HOME/cache`, else `~/.packshot/cache`."""
    return home() / "cache"


def once(folder: Path, build: Callable[[Path], None], mark: str) -> Path:
    """`folder`, built by `build(temporary folder)` unless it is there already. mark: a file it must hold."""
    if (folder / mark).is_file():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    _clear_stale(folder)
    temporary = folder.with_name(f".{folder.name}-{os.getpid()}-{secrets.token_hex(4)}.part")
    temporary.mkdir()
    try:
        build(temporary)
        settle(temporary, folder, mark)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return folder


def discard(folder: Path) -> None:
    """Take a folder away, in one step for those who look for it."""
    aside = folder.with_name(f".{folder.name}-{os.getpid()}-{secrets.token_hex(4)}.part")
    with suppress(FileNotFoundError):
        os.rename(folder, aside)
    shutil.rmtree(aside, ignore_errors=True)


def settle(temporary: Path, folder: Path, mark: str) -> None:
    """Rename a finished folder into place; if another process was first, its folder stays."""
    assert (temporary / mark).is_file(), f"built without {mark}"
    try:
        os.rename(temporary, folder)
    except OSError:
        if not (folder / mark).is_file():
            raise CatalogueError(f"{folder}: expected {mark} in it, or no such folder; move it away") from None


def _clear_stale(folder: Path) -> None:
    for left in folder.parent.glob(f".{folder.name}-*.part"):
        with suppress(OSError):
            if time.time() - left.stat().st_mtime > STALE_SECONDS:
                shutil.rmtree(left)
