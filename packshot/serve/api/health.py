"""`/healthz` it is alive, `/readyz` it can work, `/metrics` how it goes."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from packshot.errors import PackshotError
from packshot.serve.api.problems import JSON, plain, retry_after
from packshot.serve.api.service import Serving, aside
from packshot.version import __version__

router = APIRouter(tags=["health"])


@router.get("/healthz", summary="Whether the server is alive")
async def alive() -> Response:
    """Always 200 while it answers at all."""
    return JSON({"status": "alive", "packshot": __version__})


@router.get("/readyz", summary="Whether it can work: processes, database, files")
async def ready(service: Serving) -> Response:
    """200, or 503 with what is missing."""
    control = service.control
    missing = [] if control is None or control.alive() else ["no process for jobs is there yet"]
    missing += [] if service.pool.ready else ["no process for direct work is warm yet"]
    try:
        await aside(service.backend.check)
    except PackshotError as error:
        missing.append(str(error))
    if missing:
        raise plain(503, "; ".join(missing), retry_after(2))
    return JSON({"status": "ready"})


@router.get("/metrics", summary="Numbers for Prometheus", response_class=Response)
async def metrics(request: Request, service: Serving) -> Response:
    """Needs a key with the scope metrics, where keys are needed."""
    service.access.caller(request, "metrics")
    for state, number in (await aside(service.backend.jobs.counts)).items():
        service.metrics.jobs.labels(state).set(number)
    return Response(await aside(service.metrics.page), media_type="text/plain; version=0.0.4; charset=utf-8")
