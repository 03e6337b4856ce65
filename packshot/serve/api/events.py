"""`GET /v1/jobs/{id}/events`: what happens to a job, as Server-Sent Events (WHATWG HTML §9.2).

Events are numbered and kept, so a caller that comes back with Last-Event-ID misses none and gets none twice.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request
from starlette.responses import Response, StreamingResponse

from packshot.errors import Busy, Unavailable
from packshot.serve.api import problems
from packshot.serve.api.service import JobCaller, Service, Serving, aside
from packshot.serve.guards.access import Caller
from packshot.serve.jobs.model import FINISHED, Event

router = APIRouter(tags=["jobs"])
PAUSE, LONGEST_PAUSE = 0.1, 1.0  # seconds between two looks; longer while nothing happens
BEAT = 15.0  # seconds of silence before a comment is sent, so that proxies keep the line open
MOST_STREAMS = 256


@router.get("/v1/jobs/{id}/events", summary="What happens to a job, as it happens", response_class=Response)
async def events(
    request: Request,
    id: str,
    service: Serving,
    caller: JobCaller,
    after: Annotated[int, Query(description="only events with greater numbers", ge=0, le=1 << 53)] = 0,
    follow: Annotated[bool, Query(description="false: what there is, as JSON, without waiting")] = True,
    last_event_id: Annotated[str, Header(description="number of the last event seen", max_length=20)] = "",
) -> Response:
    """Ends when the job has, and is 204 from then on; `follow=false` gives the events so far as JSON."""
    if last_event_id:
        if not (last_event_id.isascii() and last_event_id.isdigit()):
            raise problems.plain(422, f"Last-Event-ID: expected a number, got {problems.shown(last_event_id)}")
        after = max(after, min(int(last_event_id), 1 << 53))
    found = await aside(service.backend.jobs.events, caller.sees, id, after)
    if not follow:
        return problems.JSON({"events": [event.model_dump(mode="json") for event in found]})
    if not found and (await aside(service.backend.jobs.job, caller.sees, id)).state in FINISHED:
        return Response(status_code=204)  # tells a browser not to come back
    if service.streams >= MOST_STREAMS:
        raise Busy(f"{service.streams} streams of events are open already", 10.0)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(
        _stream(request, service, caller, id, after), media_type="text/event-stream", headers=headers
    )


async def _stream(request: Request, service: Service, caller: Caller, job: str, after: int) -> AsyncIterator[bytes]:
    service.streams += 1
    try:
        yield b"retry: 2000\n\n"
        pause, spoken = PAUSE, time.monotonic()
        while not service.closing and not await request.is_disconnected():
            try:
                state = (await aside(service.backend.jobs.job, caller.sees, job)).state
                found = await aside(service.backend.jobs.events, caller.sees, job, after)
            except Unavailable:
                await asyncio.sleep(LONGEST_PAUSE)
                continue
            for event in found:
                after = event.number
                yield frame(event)
            if not found and state in FINISHED:
                return
            if found:
                pause, spoken = PAUSE, time.monotonic()
                continue
            if time.monotonic() - spoken > BEAT:
                spoken = time.monotonic()
                yield b": still here\n\n"
            await asyncio.sleep(pause)
            pause = min(LONGEST_PAUSE, pause * 1.5)
    finally:
        service.streams -= 1


def frame(event: Event) -> bytes:
    """An event on the wire; its JSON is one line of ASCII, so nothing in it can end the frame."""
    data = problems.dumped({"at": event.at.isoformat(), **event.data})
    return f"id: {event.number}\nevent: {event.name}\ndata: {data}\n\n".encode("ascii")
