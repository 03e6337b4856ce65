"""The folder for what a user keeps between runs: own weights, caches, the signing certificate. Torch-free."""

from __future__ import annotations

import os
from pathlib import Path


def home() -> Path:
    """`$PACKSHOT_HOME`, else `~/.packshot`."""
    return Path(os.environ.get("PACKSHOT_HOME") or Path.home() / ".packshot")
