"""The folder for what a user keeps between runs: own weights, caches, the signing certificate. Torch-free."""

from __future__ import annotations

import os
from pathlib import Path

from packshot.errors import FileError


def home() -> Path:
    """`$PACKSHOT_HOME`, else `~/.packshot`. Raises FileError where there is neither."""
    try:
        return Path(os.environ.get("PACKSHOT_HOME") or Path.home() / ".packshot")
    except RuntimeError:  # an account without a home, as some containers have
        raise FileError("this account has no home folder; set PACKSHOT_HOME to a folder of its own") from None
