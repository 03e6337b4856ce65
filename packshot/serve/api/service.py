"""What the routes share: settings, keys, the backend, the processes for direct work, metrics."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable, Mapping
from functools import partial
from logging import ERROR
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Request
from starlette.requests import ClientDisconnect

from packshot.errors import Busy
from packshot.provenance.credentials import Signing
from packshot.serve.api import problems
from packshot.serve.backend import Backend
from packshot.serve.direct.desk import Limits
from packshot.serve.direct.frames import Blobs
from packshot.serve.direct.pool import Done, Failed, Fault, Gone, Pool, TooSlow
from packshot.serve.guards import logs
from packshot.serve.guards.access import Access, Caller
from packshot.serve.guards.admission import Memory
from packshot.serve.guards.keys import Keys, Scope
from packshot.serve.guards.metrics import Metrics
from packshot.serve.jobs.control import Control
from packshot.serve.settings import MIB, Settings

T = TypeVar("T")


class Service:
    """One running service. The backend is opened and the processes start with the application's lifespan."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.access = Access(settings, Keys(settings.keys_file))
        self.metrics = Metrics()
        self.memory = Memory(settings.memory_mb * MIB)
        self.streams = 0  # open streams of events
        self.held = 0  # bytes of uploads that wait for direct work
        self.closing = False  # streams end, so that the server can
        self._scratch = tempfile.TemporaryDirectory(prefix="packshot-serve-", ignore_cleanup_errors=True)
        cert, key, timestamp = settings.c2pa_cert, settings.c2pa_key, settings.c2pa_timestamp
        Signing(cert, key)  # half of one is refused before the first request
        limits = Limits(settings.max_pixels, self._scratch.name, str(cert or ""), str(key or ""), timestamp)
        self.pool = Pool(limits, self.memory, settings.edit_workers, settings.edit_queue, settings.edit_seconds)
        self.backend: Backend
        self.control: Control | None = None

    async def start(self, workers: bool = False) -> None:
        """Open the backend, start the processes; `workers`: those for jobs too."""
        self.backend = await asyncio.to_thread(Backend.open, self.settings)
        await self.pool.start()
        if workers:
            self.control = Control(self.backend)
            await asyncio.to_thread(self.control.start)
        self._measure()

    async def stop(self) -> None:
        """End the processes, close the backend; jobs under way go back to the queue."""
        await self.pool.stop()
        if self.control is not None:
            await asyncio.to_thread(self.control.stop)
        await asyncio.to_thread(self.backend.close)
        self._scratch.cleanup()

    async def do(self, task: str, arguments: Mapping[str, Any], blobs: Blobs, request: Request | None = None) -> Done:
        """Have a worker process do a task; errors become problems. request: dropped if its caller goes meanwhile."""
        outcome, seconds = "failed", 0.0
        try:
            done = await self.pool.do(task, arguments, blobs, None if request is None else request.is_disconnected)
            outcome, seconds = "done", done.seconds
            return done
        except Gone:
            outcome = "gone"
            raise ClientDisconnect from None
        except Failed as error:
            raise problems.of_name(error.kind, str(error), error.retry_after) from None
        except TooSlow as error:
            outcome = "too slow"
            raise problems.plain(504, str(error)) from None
        except Fault as error:
            outcome = "fault"
            logs.note("fault", ERROR, task=task, where=error.where, trace=error.trace)
            raise problems.plain(500, "the picture met a fault of packshot's own") from None
        finally:
            self.metrics.worked(task, outcome, seconds)

    def hold(self, request: Request, bytes_: int) -> None:
        """Count what a request holds in memory until it is answered. Raises Busy where that would be too much."""
        most = max(2 * self.settings.upload_bytes, self.memory.budget // 4)
        if self.held + bytes_ > most:
            raise Busy(f"{self.held >> 20:,} MiB of uploads are waiting already", self.pool.wait_of(self.pool.waiting))
        self.held += bytes_
        request.scope["state"].setdefault("after", []).append(lambda: self._release(bytes_))

    def _release(self, bytes_: int) -> None:
        self.held -= bytes_

    async def spend_edit(self, caller: Caller) -> None:
        """Count a direct edit or check against the caller's day. Raises Busy."""
        if caller.edits_per_day:
            await asyncio.to_thread(self.backend.counters.spend, caller.tenant, "edits", 1, caller.edits_per_day)

    def _measure(self) -> None:
        gauge, pool = self.metrics.gauge, self.pool
        gauge("direct_waiting", "pieces of direct work that wait", lambda: pool.waiting)
        gauge("direct_busy", "processes at direct work", lambda: pool.busy)
        gauge("direct_held_bytes", "uploads in memory for direct work", lambda: self.held)
        gauge("direct_memory_bytes", "memory given out to pictures in work", lambda: self.memory.used)
        gauge("direct_memory_budget_bytes", "memory there is for pictures in work", lambda: self.memory.budget)
        gauge("event_streams", "open streams of events", lambda: self.streams)


async def aside(function: Callable[..., T], *arguments: Any, **named: Any) -> T:
    """Call what waits for a disk or a database in a thread."""
    return await asyncio.to_thread(partial(function, *arguments, **named))


def service_of(request: Request) -> Service:
    """The service behind a request."""
    found: Service = request.app.state.service
    return found


Serving = Annotated[Service, Depends(service_of)]


def needs(*scopes: Scope) -> Any:
    """A dependency: the caller, if one of these scopes is his."""

    async def caller(request: Request, service: Serving) -> Caller:
        found = service.access.caller(request, *scopes)
        request.scope["state"]["facts"] = {"key": found.name}
        return found

    return Depends(caller)


AnyCaller = Annotated[Caller, needs()]
EditCaller = Annotated[Caller, needs("edit")]
JobCaller = Annotated[Caller, needs("jobs")]
FileCaller = Annotated[Caller, needs("jobs", "edit")]
