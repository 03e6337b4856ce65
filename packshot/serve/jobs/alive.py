"""Which workers are alive: each holds the lock of a file of its own, which the kernel lets go however it dies.

So the jobs of a killed worker are taken up at once by others that share its folder; where that cannot be seen (another
machine) they wait until the lease has run out.
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import IO

HOME = "home"  # file that names the folder itself: a worker of another folder is never judged


class Alive:
    """The mark of a living worker; `name` is the worker's. Kept until `close` or the end of the process."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.name = f"{_home(folder)}.{secrets.token_hex(8)}"
        self.path = folder / self.name
        self._file: IO[str] = self.path.open("x")
        _lock(self._file, wait=True)

    def close(self) -> None:
        """The worker ends."""
        with suppress(OSError):
            self.path.unlink()
        self._file.close()


def dead(folder: Path, workers: Iterable[str]) -> list[str]:
    """Those of the workers of this folder that are not alive any more."""
    try:
        home = _home(folder)
    except OSError:
        return []
    return [name for name in workers if name.partition(".")[0] == home and _is_dead(folder / name)]


def sweep(folder: Path, older_than: float = 3600.0) -> None:
    """Delete the marks of the dead, if older than so many seconds."""
    for path in folder.glob("*.*"):
        with suppress(OSError):
            if time.time() - path.stat().st_mtime > older_than and _is_dead(path):
                path.unlink()


def _is_dead(path: Path) -> bool:
    try:
        with path.open("r+") as file:
            return _lock(file)
    except FileNotFoundError:
        return True
    except OSError:
        return False


def _home(folder: Path) -> str:
    """What the folder is called by its workers: random, made once."""
    path = folder / HOME
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        mine = folder / f".{secrets.token_hex(8)}"
        mine.write_text(secrets.token_hex(8), encoding="ascii")
        with suppress(FileExistsError):
            os.link(mine, path)
        mine.unlink()
    return path.read_text(encoding="ascii")


def _lock(file: IO[str], wait: bool = False) -> bool:
    """Whether the file's lock could be had. Without advisory locks (Windows) nobody is ever known to be dead."""
    try:
        import fcntl
    except ImportError:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except OSError:
        return False
    return True
