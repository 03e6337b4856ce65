"""How often: a bucket of tokens for every key, and for every address that tries keys."""

from __future__ import annotations

import time
from collections import OrderedDict

from packshot.errors import Busy

MOST_KNOWN = 10_000  # buckets; the longest unused is forgotten


class Rates:
    """Buckets that fill up with time; an empty one refuses. Not thread-safe: the event loop alone uses it."""

    def __init__(self) -> None:
        self.buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def spend(self, name: str, per_minute: int, now: float | None = None) -> None:
        """Take one token of a bucket that holds and regains `per_minute`; 0 = unbounded. Raises Busy."""
        if per_minute <= 0:
            return
        now = time.monotonic() if now is None else now
        left, at = self.buckets.pop(name, (float(per_minute), now))
        left = min(float(per_minute), left + (now - at) * per_minute / 60)
        empty = left < 1
        self.buckets[name] = (left if empty else left - 1, now)
        while len(self.buckets) > MOST_KNOWN:
            self.buckets.popitem(last=False)
        if empty:
            wait = (1 - left) * 60 / per_minute
            raise Busy(f"rate: at most {per_minute:,} requests a minute", wait)

    def spent(self, name: str, per_minute: int, now: float | None = None) -> bool:
        """Whether a bucket is empty, without taking anything."""
        now = time.monotonic() if now is None else now
        left, at = self.buckets.get(name, (float(per_minute), now))
        return left + (now - at) * per_minute / 60 < 1
