"""`create_app(settings)`: the whole service as an ASGI application."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from packshot.errors import PackshotError
from packshot.serve.api import (
    catalogue,
    checks,
    edit,
    events,
    files,
    generate,
    health,
    jobs,
    openapi,
    previews,
    problems,
    tables,
)
from packshot.serve.api.service import Service
from packshot.serve.guards.door import Door
from packshot.serve.settings import Settings
from packshot.version import __version__

ROUTERS: tuple[APIRouter, ...] = (
    tables.router, edit.router, generate.router, checks.router, files.router, catalogue.router,
    events.router, previews.router, jobs.router, health.router
)  # fmt: skip


def create_app(settings: Settings, *, workers: bool = False) -> FastAPI:
    """The service. workers: start the processes that work on jobs along with it, and end them with it.

    Raises ParameterError, FileError or MissingExtra if the settings cannot be begun with.
    """
    service = Service(settings)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        await service.start(workers)
        try:
            yield
        finally:
            await service.stop()

    app = FastAPI(title="packshot", version=__version__, docs_url=None, redoc_url=None, lifespan=lifespan)
    app.state.service = service
    if not edit.router.routes:
        edit.add_routes(edit.router)
    for router in ROUTERS:
        app.include_router(router)
    _answer_errors(app)
    app.openapi = lambda: openapi.document(app)  # type: ignore[method-assign]
    if settings.studio:
        _add_studio(app, settings)
    app.add_middleware(Door, settings=settings, access=service.access, metrics=service.metrics)
    return app


def _add_studio(app: FastAPI, settings: Settings) -> None:
    from packshot.serve.studio import mount

    mount.mount(app, settings)


def _answer_errors(app: FastAPI) -> None:
    def told(request: Request, problem: problems.Problem) -> Response:
        return problem.response(request.scope["state"].get("request_id", ""))

    async def own(request: Request, error: Any) -> Response:
        return told(request, error)

    async def packshots(request: Request, error: Any) -> Response:
        return told(request, problems.of_error(error))

    async def malformed(request: Request, error: Any) -> Response:
        return told(request, of_request(error))

    async def http(request: Request, error: Any) -> Response:
        detail = {404: "there is nothing at this address", 405: f"this address does not take {request.method}"}
        return told(
            request, problems.plain(error.status_code, detail.get(error.status_code, str(error.detail)), error.headers)
        )

    app.add_exception_handler(problems.Problem, own)
    app.add_exception_handler(PackshotError, packshots)
    app.add_exception_handler(RequestValidationError, malformed)
    app.add_exception_handler(HTTPException, http)


def of_request(error: RequestValidationError) -> problems.Problem:
    """The problem behind a query, a path or a header that does not fit."""
    found = []
    for item in error.errors():
        place, *rest = [str(part) for part in item["loc"]]
        name = ".".join(rest) or place
        found.append(problems.Complaint(name, str(item["msg"]), problems.shown(item.get("input")), f"see the {place}"))
    first = found[0]
    details = "; ".join(f"{c.field}: {c.expected}, got {c.got}" for c in found)
    members: dict[str, Any] = {"errors": [vars(c) for c in found], **vars(first)}
    return problems.plain(422, details, **members)
