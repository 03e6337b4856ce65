"""Small pictures for pages: of an upload, of a result, and of the photo a result was made from, in the result's frame.

A browser cannot show every file that packshot reads (HEIC, TIFF, CMYK), and a page of photos of 24 MP would be a page
of gigabytes. A photo is laid into the frame of its result, so that before and after can be compared place by place.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from packshot.errors import FileError, NotKnown
from packshot.pipeline.record import Record
from packshot.serve.api import problems
from packshot.serve.api.service import FileCaller, JobCaller, Service, Serving, aside
from packshot.serve.guards.access import Caller
from packshot.serve.jobs import place, records

router = APIRouter(tags=["previews"])
LARGEST = 2048
Side = Annotated[int, Query(ge=16, le=LARGEST, description="longest side, px")]


@router.get("/v1/files/{id}/preview", summary="A small picture of an upload", response_class=Response)
async def of_file(request: Request, id: str, service: Serving, caller: FileCaller, px: Side = 640) -> Response:
    """A WebP of it."""
    found = await aside(service.backend.uploads.find, caller.tenant, id)
    return await _seen(request, service, lambda: _bytes(service, found.tenant, found.digest), found.digest, px, None)


@router.get("/v1/jobs/{id}/previews/{name:path}", summary="A small picture of a result", response_class=Response)
async def of_result(
    request: Request,
    id: str,
    name: str,
    service: Serving,
    caller: JobCaller,
    px: Side = 640,
    of: Annotated[Literal["after", "before"], Query(description="before: the photo it was made from")] = "after",
) -> Response:
    """A WebP of a result, or of its photo as it lies in the result's frame."""
    problems.refuse_text([name], "name")
    found = await aside(service.backend.jobs.result, caller.sees, id, name)
    if of == "after":
        if not found.digest:
            raise NotKnown(f"result {problems.shown(name)}: no picture was made")
        return await _seen(
            request, service, lambda: _bytes(service, found.tenant, found.digest), found.digest, px, None
        )
    record = await aside(records.record_of, service.backend.database, caller.sees, id, name)
    frame = {"size": record.size, "to_source": record.to_source} if record.size and record.to_source else None
    mark = f"{record.source_sha256}{found.digest}"
    return await _seen(request, service, lambda: _photo(service, caller, id, record), mark, px, frame)


async def _seen(
    request: Request, service: Service, source: Any, mark: str, px: int, frame: dict[str, Any] | None
) -> Response:
    tag = f'"{mark[:32]}-{mark[64:72]}-{px}"'
    headers = {"ETag": tag, "Cache-Control": "private, max-age=3600"}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    data = await aside(source)
    done = await service.do("preview", {"px": px, "frame": frame}, {"picture": data})
    return Response(done.blobs["picture"], media_type="image/webp", headers=headers)


def _bytes(service: Service, tenant: str, digest: str) -> bytes:
    with service.backend.blobs.open(tenant, digest) as file:
        return file.read(service.settings.file_bytes)


def _photo(service: Service, caller: Caller, job: str, record: Record) -> bytes:
    """The photo of a record: one of the job's uploads, or a file under the roots. Raises NotKnown if it is gone."""
    backend = service.backend
    whole = backend.jobs.job(caller.sees, job)
    gone = NotKnown(f"photo {record.image!r}: is not there any more, or is another one by now")
    if not whole.request.files:
        return _file(service, Path(record.source), gone)
    laid = place.folder_of(backend.work, whole.tenant, job) / "input"
    names = set[str]()
    for upload in backend.uploads.find_all(whole.tenant, whole.request.files):
        if laid / place.unique(upload.name, names) == Path(record.source) and upload.digest == record.source_sha256:
            return _bytes(service, whole.tenant, upload.digest)
    raise gone


def _file(service: Service, path: Path, gone: NotKnown) -> bytes:
    from packshot.serve.files import roots

    try:
        found = roots.inside(str(path), service.settings.roots)
        if found.stat().st_size > service.settings.file_bytes:
            raise gone
        return found.read_bytes()
    except (OSError, FileError):
        raise gone from None
