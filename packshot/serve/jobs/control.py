"""Starts the workers with the server, replaces those that die, stops them with it; collects old files, sends webhooks.

Workers are forked from a process that has imported the heavy modules once, so a new one is there in milliseconds. They
end with the process that started them, however that ends.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.process import BaseProcess

from packshot.errors import Unavailable
from packshot.pipeline.pool import default_workers, process_context
from packshot.serve import webhooks
from packshot.serve.backend import Backend
from packshot.serve.jobs import collecting
from packshot.serve.jobs.worker import work

PRELOAD = (
    "packshot.serve.jobs.worker",
    "packshot.pipeline.work",
    "packshot.pipeline.catalogues",
    "packshot.publish.fit",
)
LOOK_SECONDS = 0.2
COLLECT_SECONDS = 3600.0
SLOW_SECONDS = 5.0  # a worker that lived shorter is replaced only after a pause, which grows
LONGEST_PAUSE = 30.0
log = logging.getLogger("packshot.serve.jobs")


@dataclass
class Seat:
    """The place of one worker. since: when it was started; not_before: when the next may be; pause: until then."""

    process: BaseProcess | None = None
    since: float = 0.0
    not_before: float = 0.0
    pause: float = 0.0
    replaced: int = 0


@dataclass
class Control:
    """The workers of a server. `start` at its start returns at once, `stop` at its end when all have stopped."""

    backend: Backend
    seats: list[Seat] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._over = threading.Event()
        self._threads: list[threading.Thread] = []
        self._context = process_context(PRELOAD)

    def start(self) -> None:
        """Start the workers, and what watches them."""
        count = self.backend.settings.workers or default_workers()
        self.seats = [Seat() for _ in range(count)]
        sender = webhooks.Sender(self.backend)
        for name, task, every in (
            ("workers", self._look, LOOK_SECONDS),
            ("collection", lambda: collecting.collect(self.backend), COLLECT_SECONDS),
            ("webhooks", sender.send_due, 1.0),
        ):
            thread = threading.Thread(
                target=self._repeat, args=(name, task, every), name=f"packshot-{name}", daemon=True
            )
            self._threads.append(thread)
            thread.start()

    def stop(self, seconds: float | None = None) -> None:
        """Tell the workers to leave; jobs under way go back to the queue. Who does not leave in time is killed."""
        self._over.set()
        for thread in self._threads:
            if thread.name == "packshot-workers":
                thread.join(5)
        processes = [seat.process for seat in self.seats if seat.process is not None]
        for process in processes:
            process.terminate()
        until = time.monotonic() + (self.backend.settings.grace_seconds if seconds is None else seconds)
        for process in processes:
            process.join(max(0.0, until - time.monotonic()))
            if process.is_alive():
                process.kill()
                process.join(5)

    def alive(self) -> int:
        """How many workers are there now."""
        return sum(seat.process is not None and seat.process.is_alive() for seat in self.seats)

    def replaced(self) -> int:
        """How many workers had to be replaced so far."""
        return sum(seat.replaced for seat in self.seats)

    def _look(self) -> None:
        """Fill every empty seat."""
        now = time.monotonic()
        for seat in self.seats:
            if seat.process is not None and not seat.process.is_alive():
                self._ended(seat, now)
            if seat.process is None and now >= seat.not_before and not self._over.is_set():
                given = self.backend.settings.model_dump(mode="json")
                seat.process = self._context.Process(target=work, args=(given,), name="packshot-worker")  # type: ignore[attr-defined]
                seat.process.start()
                seat.since = now

    def _ended(self, seat: Seat, now: float) -> None:
        assert seat.process is not None
        code = seat.process.exitcode
        seat.process.join()
        seat.process = None
        if code == 0:
            return
        seat.replaced += 1
        short = now - seat.since < SLOW_SECONDS
        seat.pause = min(max(0.1, seat.pause * 2), LONGEST_PAUSE) if short else 0.0
        seat.not_before = now + seat.pause
        log.warning("a worker ended with status %s; its job goes on with another", code)

    def _repeat(self, name: str, task: Callable[[], object], every: float) -> None:
        """Do it again and again; trouble is logged and never ends it."""
        while not self._over.is_set():
            try:
                task()
            except Unavailable as error:
                log.warning("%s: %s", name, error)
                self._over.wait(error.retry_after)
            except Exception:
                log.exception("%s: unexpected trouble; it is tried again", name)
                self._over.wait(5.0)
            with suppress(RuntimeError):
                self._over.wait(every)
