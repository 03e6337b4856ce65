"""`/v1/files`: what callers bring for jobs, and results kept for them. Streamed to the store, never held in memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.responses import Response, StreamingResponse

from packshot.serve.api import forms, problems
from packshot.serve.api.problems import JSON
from packshot.serve.api.service import FileCaller, Service, Serving, aside
from packshot.serve.files.blobs import Blob
from packshot.serve.files.uploads import Upload
from packshot.serve.guards import ssrf
from packshot.serve.guards.access import Caller
from packshot.serve.guards.headers import attached

router = APIRouter(tags=["files"])
PIECE = 1 << 20
SHOWN = ("image/jpeg", "image/png", "image/webp", "image/avif", "image/gif")  # what a browser may show from here


class Fetch(BaseModel):
    """A file to fetch. url: http or https, of a public address."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str = Field(min_length=8, max_length=2048)
    name: str = Field("", max_length=1000)


BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "properties": {
                        "file": {"type": "string", "format": "binary"},
                        "name": {"type": "string", "description": "its path in a folder, such as shoes/1.jpg"},
                    },
                    "required": ["file"],
                    "additionalProperties": False,
                }
            },
            "application/json": {"schema": {"$ref": "#/components/schemas/Fetch"}},
        },
    }
}


@router.post(
    "/v1/files", status_code=201, summary="Bring a file: as a form, or by a public address", openapi_extra=BODY
)
async def upload(request: Request, service: Serving, caller: FileCaller) -> Response:
    """The part `file` (with its path as `name`, if it comes from a folder), or JSON `{"url": …}`."""
    kind = request.headers.get("content-type", "").lower()
    if kind.startswith("application/json"):
        made = await _fetched(request, service, caller)
    elif kind.startswith("multipart/form-data"):
        made = await _received(request, service, caller)
    else:
        raise problems.plain(415, f"expected multipart/form-data or JSON, got {problems.shown(kind)}")
    return JSON(told(made), 201, {"Location": f"/v1/files/{made.id}"})


def told(upload: Upload) -> dict[str, Any]:
    """An upload as callers see it."""
    return upload.model_dump(mode="json") | {"url": f"/v1/files/{upload.id}/content"}


async def _received(request: Request, service: Service, caller: Caller) -> Upload:
    try:
        async with request.form(max_files=1, max_fields=2, max_part_size=forms.TEXT_BYTES) as parts:
            file, name = parts.get("file"), parts.get("name")
            if not isinstance(file, UploadFile) or set(parts) - {"file", "name"}:
                raise problems.plain(422, "file: expected one part called file, with a file name", field="file")
            path = name if isinstance(name, str) and name else file.filename or "file"
            problems.refuse_text([path], "name")
            return await aside(_kept, service, caller, path, file)
    except HTTPException as error:
        raise problems.plain(400, f"the form is malformed: {error.detail}") from None


def _kept(service: Service, caller: Caller, name: str, file: UploadFile) -> Upload:
    uploads = service.backend.uploads
    blob = uploads.blobs.put(caller.tenant, file.file, service.settings.file_bytes)
    return uploads.add(caller.tenant, name, blob)


async def _fetched(request: Request, service: Service, caller: Caller) -> Upload:
    given = forms.parsed(await request.body(), "body", dict)
    wanted = forms.checked(Fetch, given)
    return await aside(_fetch, service, caller, wanted)


def _fetch(service: Service, caller: Caller, wanted: Fetch) -> Upload:
    s, uploads = service.settings, service.backend.uploads
    reach = ssrf.Reach(s.fetch_networks, s.fetch_seconds)
    with uploads.blobs.writer(caller.tenant, s.upload_bytes) as writer:
        for piece in ssrf.pieces(wanted.url, reach, s.upload_bytes):
            writer.write(piece)
        blob: Blob = writer.finish()
    return uploads.add(caller.tenant, wanted.name or ssrf.name_of(wanted.url), blob)


@router.get("/v1/files/{id}", summary="What is known of a file")
async def file(id: str, service: Serving, caller: FileCaller) -> Response:
    """Name, size, SHA-256 and media type."""
    return JSON(told(await aside(service.backend.uploads.find, caller.tenant, id)))


@router.get("/v1/files/{id}/content", summary="The bytes of a file", response_class=Response)
async def content(
    id: str,
    service: Serving,
    caller: FileCaller,
    download: Annotated[bool, Query(description="as an attachment")] = False,
) -> Response:
    """The file itself."""
    found = await aside(service.backend.uploads.find, caller.tenant, id)
    return await bytes_of(service, found.tenant, found.digest, found.name, found.size, found.media_type, download)


@router.delete("/v1/files/{id}", status_code=204, summary="Forget a file", response_class=Response)
async def delete(id: str, service: Serving, caller: FileCaller) -> Response:
    """Forget it; jobs that use it keep what they have."""
    await aside(service.backend.uploads.delete, caller.tenant, id)
    return Response(status_code=204)


async def bytes_of(
    service: Service, tenant: str, digest: str, name: str, size: int, media_type: str, download: bool
) -> Response:
    """Bytes of the store as an answer; what a browser might run is always an attachment."""
    blobs = service.backend.blobs
    inline = media_type in SHOWN and not download
    headers = {
        "Content-Disposition": attached(name, inline),
        "Content-Length": str(size),
        "ETag": f'"{digest[:32]}"',
        "Cache-Control": "private, max-age=3600",
    }
    pieces: Iterator[bytes] = await aside(blobs.pieces, tenant, digest)
    first = await aside(next, pieces, b"")  # so that what is gone is a problem and not half an answer

    def _rest() -> Iterator[bytes]:
        yield first
        yield from pieces

    kind = media_type if inline else "application/octet-stream" if media_type.startswith("text/html") else media_type
    return StreamingResponse(_rest(), media_type=kind, headers=headers)
