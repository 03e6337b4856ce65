"""The processes that work at once, as the server sees them.

Processes and not threads: an edit holds Python's lock for much of its time, a decoder that crashes or hangs takes one
process along and not the server, and one that is over its time can be ended. Each is talked to by a thread of its own,
which waits in the operating system, so that the event loop never waits. docs/service.md has the measurement.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from multiprocessing.connection import Connection
from typing import Any

from packshot.errors import Busy, PackshotError, TooLarge, Unavailable
from packshot.pipeline.pool import default_workers, process_context
from packshot.serve.direct import frames, tasks
from packshot.serve.direct.desk import Limits
from packshot.serve.direct.frames import Blobs
from packshot.serve.direct.worker import main
from packshot.serve.guards.admission import Memory

PATIENCE = 0.5  # seconds in the queue after which it is asked whether the caller is still there
STARTS = 180.0  # seconds a process has to get warm


class Failed(PackshotError):
    """A worker process met an error of packshot's. kind: name of its class."""

    def __init__(self, kind: str, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.kind, self.retry_after = kind, retry_after


class Fault(RuntimeError):
    """A worker process met a fault of packshot's own. where: file and line; trace: for the log."""

    def __init__(self, kind: str, where: str, trace: str) -> None:
        super().__init__(f"{kind} in {where}")
        self.where, self.trace = where, trace


class Gone(Exception):
    """Nobody waits for it any more."""


class Died(Exception):
    """The process died in the middle of the work."""


class TooSlow(PackshotError):
    """It took longer than allowed, and the process was ended."""


@dataclass(eq=False)
class Hand:
    """One process and the line to it."""

    process: Any
    line: Connection
    warm: bool = False

    def end(self) -> None:
        """End it at once."""
        self.process.kill()
        self.process.join(5)
        self.line.close()


@dataclass(frozen=True)
class Done:
    """What came of a piece of work. waited, seconds: in the queue, and at work."""

    said: Mapping[str, Any]
    blobs: Blobs
    waited: float
    seconds: float


@dataclass(eq=False)
class Pool:
    """Processes for direct work. `await start()` before, `await stop()` after.

    workers: 0 = one per processor. queue: most pieces of work that wait. seconds: most time of one.
    """

    limits: Limits
    memory: Memory
    workers: int = 0
    queue: int = 64
    seconds: float = 120.0
    busy: int = 0
    mean: float = 0.5  # seconds of a piece of work, smoothed: what callers are told to wait by
    _idle: deque[Hand] = field(default_factory=deque)
    _waiting: deque[asyncio.Future[Hand]] = field(default_factory=deque)
    _stopped: bool = False

    def __post_init__(self) -> None:
        self.workers = self.workers or default_workers()
        self._threads = ThreadPoolExecutor(self.workers, "direct")
        self._context = process_context(tasks.PRELOAD)
        self._hands: set[Hand] = set()
        self._unborn: set[Hand] = set()  # started, not warm yet

    @property
    def waiting(self) -> int:
        """Pieces of work that wait."""
        return len(self._waiting)

    @property
    def ready(self) -> bool:
        """Whether at least one process is warm."""
        return bool(self._hands)

    async def start(self) -> None:
        """Start all processes; they get warm in the background."""
        self._loop = asyncio.get_running_loop()
        self._starting = [self._loop.create_task(self._another()) for _ in range(self.workers)]

    async def stop(self) -> None:
        """End all processes; what is at work is lost."""
        self._stopped = True
        for task in self._starting:
            task.cancel()
        for hand in [*self._hands, *self._unborn]:
            hand.process.kill()
        await asyncio.to_thread(self._threads.shutdown, True, cancel_futures=True)
        for hand in list(self._hands):
            hand.end()

    async def do(
        self, task: str, arguments: Mapping[str, Any], blobs: Blobs, gone: Callable[[], Awaitable[bool]] | None = None
    ) -> Done:
        """Have a piece of work done. gone: whether nobody waits for it any more, asked when its turn comes.

        A process that dies under it may have been killed by somebody else, so it is tried once more in another.
        Raises Busy, Failed, Fault, Gone, TooSlow or Unavailable.
        """
        self.refuse_more()
        asked = time.monotonic()
        try:
            return await self._done(task, arguments, blobs, gone, asked)
        except Died:
            pass
        try:
            return await self._done(task, arguments, blobs, gone, asked)
        except Died:
            why = "two processes died working on it: the file is made to do harm, or memory ran out"
            raise Failed("UnreadableFile", f"picture: {why}") from None

    async def _done(
        self,
        task: str,
        arguments: Mapping[str, Any],
        blobs: Blobs,
        gone: Callable[[], Awaitable[bool]] | None,
        asked: float,
    ) -> Done:
        hand = await self._take()
        begun = time.monotonic()
        if gone is not None and begun - asked > PATIENCE and await gone():
            self._free(hand)
            raise Gone
        self.busy += 1
        work = self._loop.run_in_executor(self._threads, self._converse, hand, task, arguments, blobs)
        work.add_done_callback(lambda future: self._after(hand, future, begun))
        said, made = await asyncio.shield(work)
        return Done(said, made, begun - asked, time.monotonic() - begun)

    def refuse_more(self) -> None:
        """Raise Busy if the queue is full."""
        if self.waiting >= self.queue and not self._idle:
            raise Busy(f"{self.waiting} pieces of work are waiting already", self.wait_of(self.waiting))

    def wait_of(self, places: int) -> float:
        """Seconds until so many pieces of work are done, as things go."""
        return min(300.0, max(1.0, (places + 1) * self.mean / self.workers))

    async def _take(self) -> Hand:
        if self._idle:
            return self._idle.pop()
        place: asyncio.Future[Hand] = self._loop.create_future()
        self._waiting.append(place)
        try:
            return await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled():
                self._free(place.result())
            raise
        finally:
            with contextlib.suppress(ValueError):
                self._waiting.remove(place)

    def _free(self, hand: Hand) -> None:
        while self._waiting:
            place = self._waiting.popleft()
            if not place.done():
                place.set_result(hand)
                return
        self._idle.append(hand)

    def _after(self, hand: Hand, future: asyncio.Future[Any], begun: float) -> None:
        self.busy -= 1
        self.mean += 0.1 * (time.monotonic() - begun - self.mean)
        if not future.cancelled():
            future.exception()  # seen, even where the caller has gone
        if hand.warm and hand.process.is_alive() and not hand.line.closed:
            self._free(hand)
            return
        self._hands.discard(hand)
        if not self._stopped:
            self._starting = [task for task in self._starting if not task.done()]
            self._starting.append(self._loop.create_task(self._another()))

    async def _another(self) -> None:
        """Start a process and wait in a thread until it is warm; tried again, ever more slowly, while it fails."""
        pause = 0.5
        while not self._stopped:
            hand = await asyncio.to_thread(self._started)
            if hand is not None:
                self._hands.add(hand)
                self._free(hand)
                return
            await asyncio.sleep(pause)
            pause = min(30.0, pause * 2)

    def _started(self) -> Hand | None:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(target=main, args=(theirs, asdict(self.limits)), daemon=True)  # type: ignore[attr-defined]
        process.start()
        theirs.close()
        hand = Hand(process, ours)
        self._unborn.add(hand)
        try:
            if ours.poll(STARTS):
                frames.receive(ours)
                hand.warm = True
                return hand
        except (EOFError, OSError):
            pass
        finally:
            self._unborn.discard(hand)
        hand.end()
        return None

    def _converse(
        self, hand: Hand, task: str, arguments: Mapping[str, Any], blobs: Blobs
    ) -> tuple[Mapping[str, Any], Blobs]:
        """In a thread: ask, grant memory, wait for the answer until the time is over."""
        until, taken = time.monotonic() + self.seconds, 0
        try:
            frames.send(hand.line, {"task": task, "arguments": arguments}, blobs)
            while True:
                if not hand.line.poll(max(0.0, until - time.monotonic())):
                    hand.warm = False
                    hand.end()
                    raise TooSlow(f"stopped after {self.seconds:g} s; send a smaller picture, or make a job of it")
                said, made = frames.receive(hand.line)
                if "need" not in said:
                    if said["last"]:
                        hand.warm = False
                        hand.end()
                    return _told(said), made
                taken += self._granted(hand, int(said["need"]), max(0.0, until - time.monotonic()))
        except (EOFError, OSError):
            hand.warm = False
            hand.end()
            if self._stopped:
                raise Unavailable("the service is stopping", 5.0) from None
            raise Died from None
        finally:
            self.memory.give_back(taken)

    def _granted(self, hand: Hand, bytes_: int, seconds: float) -> int:
        try:
            self.memory.take(bytes_, min(seconds, self.seconds / 4))
        except (Busy, TooLarge) as error:
            after = getattr(error, "retry_after", 0.0)
            kind = type(error).__name__
            frames.send(hand.line, {"granted": False, "why": str(error), "kind": kind, "retry_after": after})
            return 0
        frames.send(hand.line, {"granted": True})
        return bytes_


def _told(said: Mapping[str, Any]) -> Mapping[str, Any]:
    if "failed" in said:
        raise Failed(**said["failed"])
    if "fault" in said:
        raise Fault(**said["fault"])
    done: Mapping[str, Any] = said["done"]
    return done
