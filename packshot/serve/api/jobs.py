"""`/v1/jobs`: hand in, look, pause, resume, cancel, retry; results one by one or as a zip."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, cast

from fastapi import APIRouter, Header, Query, Request
from starlette.responses import Response, StreamingResponse

from packshot.serve.api import forms, problems
from packshot.serve.api.files import bytes_of
from packshot.serve.api.problems import JSON
from packshot.serve.api.service import JobCaller, Service, Serving, aside
from packshot.serve.api.tables import scope_of
from packshot.serve.files import roots
from packshot.serve.files.zips import Entry, zipped
from packshot.serve.guards import ssrf
from packshot.serve.guards.access import Caller
from packshot.serve.guards.headers import attached
from packshot.serve.guards.keys import Scope
from packshot.serve.jobs import kinds
from packshot.serve.jobs.model import Command, Job, JobRequest, Result, State

router = APIRouter(tags=["jobs"])
PAGE = 1000
BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/JobRequest"}}},
    }
}


def told(job: Job) -> dict[str, Any]:
    """A job as callers see it, with where to go on."""
    at = f"/v1/jobs/{job.id}"
    links = {"self": at, "events": f"{at}/events", "results": f"{at}/results", "zip": f"{at}/zip"}
    return job.model_dump(mode="json") | {"links": links}


@router.post("/v1/jobs", status_code=201, summary="Hand in a job", openapi_extra=BODY)
async def submit(
    request: Request,
    service: Serving,
    caller: JobCaller,
    idempotency_key: Annotated[
        str, Header(description="the same key and request twice make one job", max_length=255)
    ] = "",
) -> Response:
    """201 with the job, or 200 with the job that the same Idempotency-Key made before."""
    given = forms.parsed(await request.body(), "body", dict)
    problems.refuse_text([idempotency_key], "Idempotency-Key")
    wanted = forms.checked(JobRequest, given)
    needed = cast(Scope, scope_of(wanted.kind))
    if not caller.may(needed):
        raise problems.plain(403, f"key {caller.name} lacks the scope {needed}, which jobs of kind {wanted.kind} need")
    job, is_new = await aside(_submitted, service, caller, wanted, idempotency_key)
    return JSON(told(job), 201 if is_new else 200, {"Location": f"/v1/jobs/{job.id}"})


def _submitted(service: Service, caller: Caller, wanted: JobRequest, key: str) -> tuple[Job, bool]:
    backend = service.backend
    kind = kinds.checked(wanted)
    if wanted.files or kind.uploads():
        backend.uploads.find_all(caller.tenant, (*wanted.files, *kind.uploads()))
    if wanted.catalogue:
        roots.inside(wanted.catalogue, service.settings.roots)
    if wanted.webhook:
        ssrf.resolved(wanted.webhook, ssrf.Reach(service.settings.fetch_networks, service.settings.fetch_seconds))
    return backend.jobs.submit(caller.tenant, wanted, key=key, bounds=backend.bounds)


@router.get("/v1/jobs", summary="Jobs, the newest first")
async def listed(
    service: Serving,
    caller: JobCaller,
    state: Annotated[list[State] | None, Query(description="only these states")] = None,
    kind: Annotated[str, Query(description="only this kind", max_length=64)] = "",
    before: Annotated[str, Query(description="id of the last job of the page before", max_length=100)] = "",
    limit: Annotated[int, Query(ge=1, le=PAGE)] = 50,
) -> Response:
    """A page of jobs, and how many there are in each state."""
    store = service.backend.jobs
    problems.refuse_text([kind, before], "query")
    found = await aside(store.jobs, caller.sees, states=state or (), kind=kind, before=before, limit=limit)
    counts = await aside(store.counts, caller.sees)
    return JSON({"jobs": [told(job) for job in found], "counts": counts, "more": len(found) == limit})


@router.get("/v1/jobs/{id}", summary="A job as it stands")
async def one(id: str, service: Serving, caller: JobCaller) -> Response:
    """State, progress, and what was asked for."""
    return JSON(told(await aside(service.backend.jobs.job, caller.sees, id)))


@router.delete("/v1/jobs/{id}", status_code=204, summary="Forget a finished job", response_class=Response)
async def delete(id: str, service: Serving, caller: JobCaller) -> Response:
    """Forget it with its events and results."""
    await aside(service.backend.jobs.delete, caller.sees, id)
    return Response(status_code=204)


@router.post("/v1/jobs/{id}/{command}", summary="Pause, resume, cancel or retry; twice is as once")
async def command(id: str, command: Command, service: Serving, caller: JobCaller) -> Response:
    """The job afterwards; a job at work obeys soon (`wanted` says what it has yet to obey)."""
    return JSON(told(await aside(service.backend.jobs.command, caller.sees, id, command)))


@router.get("/v1/jobs/{id}/results", summary="The results of a job so far")
async def results(
    id: str,
    service: Serving,
    caller: JobCaller,
    after: Annotated[str, Query(description="name of the last result of the page before", max_length=1000)] = "",
    status: Annotated[str, Query(description="only done, flagged or failed ones", max_length=16)] = "",
    limit: Annotated[int, Query(ge=1, le=PAGE)] = PAGE,
) -> Response:
    """In the order of their names."""
    problems.refuse_text([after, status], "query")
    found = await aside(service.backend.jobs.results, caller.sees, id, after=after, status=status, limit=limit)
    return JSON({"results": [_result(id, result) for result in found], "more": len(found) == limit})


def _result(job: str, result: Result) -> dict[str, Any]:
    from urllib.parse import quote

    return result.model_dump(mode="json") | {"url": f"/v1/jobs/{job}/results/{quote(result.name)}"}


@router.get("/v1/jobs/{id}/results/{name:path}", summary="One result", response_class=Response)
async def result(
    id: str,
    name: str,
    service: Serving,
    caller: JobCaller,
    download: Annotated[bool, Query(description="as an attachment")] = False,
) -> Response:
    """The file itself."""
    problems.refuse_text([name], "name")
    found = await aside(service.backend.jobs.result, caller.sees, id, name)
    return await bytes_of(service, found.tenant, found.digest, found.name, found.size, found.media_type, download)


@router.get("/v1/jobs/{id}/zip", summary="All results as a zip, made while it is sent", response_class=Response)
async def archive(id: str, service: Serving, caller: JobCaller) -> Response:
    """Memory does not grow with the number of results."""
    job = await aside(service.backend.jobs.job, caller.sees, id)
    headers = {"Content-Disposition": attached(f"{job.kind}-{job.id}.zip")}
    return StreamingResponse(zipped(_entries(service, caller, id)), media_type="application/zip", headers=headers)


def _entries(service: Service, caller: Caller, job: str) -> Iterator[Entry]:
    after, blobs = "", service.backend.blobs
    while found := service.backend.jobs.results(caller.sees, job, after=after, limit=PAGE):
        for result in (one for one in found if one.digest):  # what failed has no file
            tenant, digest = result.tenant, result.digest
            yield Entry(result.name, result.size, lambda t=tenant, d=digest: blobs.open(t, d))  # type: ignore[misc]
        after = found[-1].name
