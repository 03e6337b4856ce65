"""Memory for pictures in work, given out before they are decoded: what does not fit waits, or is told to come back."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from packshot.errors import Busy, TooLarge

MEMINFO, CGROUP = Path("/proc/meminfo"), Path("/sys/fs/cgroup")
LEAST = 256 << 20  # budget where nothing can be found out
RESERVE = 128 << 20  # left to the machine whatever the budget says


class Memory:
    """A budget of bytes. Thread-safe; who waits longest is served first."""

    def __init__(self, budget: int = 0) -> None:
        self.budget = budget or max(LEAST, available() // 2)
        self.used = 0
        self._changed = threading.Condition()
        self._waiting: list[object] = []

    def take(self, bytes_: int, seconds: float) -> None:
        """Wait at most so long until `bytes_` may be used. Raises TooLarge if never, Busy if not now."""
        if bytes_ > self.budget:
            raise TooLarge(
                f"the picture would take {_mb(bytes_)} MiB of memory in work, and this server has "
                f"{_mb(self.budget)} MiB for pictures (--memory-mb)"
            )
        me, until = object(), time.monotonic() + seconds
        with self._changed:
            self._waiting.append(me)
            try:
                while self._waiting[0] is not me or not self._fits(bytes_):
                    left = until - time.monotonic()
                    if left <= 0:
                        raise Busy(f"no memory free for another {_mb(bytes_)} MiB", max(1.0, seconds / 2))
                    self._changed.wait(min(left, 0.5))
                self.used += bytes_
            finally:
                self._waiting.remove(me)
                self._changed.notify_all()

    def give_back(self, bytes_: int) -> None:
        """The bytes are free again."""
        with self._changed:
            self.used -= bytes_
            self._changed.notify_all()

    @contextmanager
    def taken(self, bytes_: int, seconds: float) -> Iterator[None]:
        """`take`, and give back afterwards."""
        self.take(bytes_, seconds)
        try:
            yield
        finally:
            self.give_back(bytes_)

    def _fits(self, bytes_: int) -> bool:
        if self.used == 0:
            return True  # alone: the budget allows it, and nothing of ours would ever make room
        return self.used + bytes_ <= self.budget and available() >= bytes_ + RESERVE


def available() -> int:
    """Bytes that this process could still use: what the machine has free, within its control group. 0 = unknown."""
    found = [n for n in (_machine(), _group()) if n is not None]
    return min(found, default=0)


def _machine() -> int | None:
    try:
        for line in MEMINFO.read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except (OSError, ValueError):
        pass
    return None


def _group() -> int | None:
    try:
        most = (CGROUP / "memory.max").read_text().strip()
        return None if most == "max" else int(most) - int((CGROUP / "memory.current").read_text())
    except (OSError, ValueError):
        return None


def _mb(bytes_: int) -> str:
    return f"{bytes_ / (1 << 20):,.0f}"
