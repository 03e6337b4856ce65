"""Launches of several processes take turns: two at once may be given the same port."""

from __future__ import annotations

import fcntl
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def turn() -> Iterator[None]:
    with (Path(tempfile.gettempdir()) / "packshot-launch.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
