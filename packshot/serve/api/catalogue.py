"""`/v1/catalogue`: pictures in folders of this machine that the service may read; one of them as an uploaded file."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from packshot.errors import UnsafePath
from packshot.provenance.encoding import FORMATS
from packshot.serve.api import files, forms, problems
from packshot.serve.api.problems import JSON
from packshot.serve.api.service import FileCaller, Service, Serving, aside
from packshot.serve.files import roots
from packshot.serve.files.uploads import Upload
from packshot.serve.guards.access import Caller

router = APIRouter(tags=["files"])
MOST = 500  # entries of a folder that are listed
SUFFIXES = {*FORMATS, ".heic", ".heif", ".bmp", ".gif"}
PATH = "a path under the service's roots, as a listing gives it"


class Named(BaseModel):
    """A picture of a catalogue."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str = Field(min_length=1, max_length=4096, description=PATH)


BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Named"}}},
    }
}


@router.get("/v1/catalogue", summary="Folders and pictures under the service's roots")
async def listed(
    service: Serving, caller: FileCaller, path: Annotated[str, Query(description=PATH, max_length=4096)] = ""
) -> Response:
    """Names, paths and sizes; hidden ones are left out. `more`: there are others."""
    problems.refuse_text([path], "path")
    return JSON(await aside(listing, service.settings.roots, path))


@router.post(
    "/v1/catalogue/file", status_code=201, summary="A picture of a catalogue as an uploaded file", openapi_extra=BODY
)
async def taken(request: Request, service: Serving, caller: FileCaller) -> Response:
    """Copied, so that later changes of the folder change nothing."""
    given = forms.parsed(await request.body(), "body", dict)
    wanted = forms.checked(Named, given)
    made = await aside(_taken, service, caller, wanted.path)
    return JSON(files.told(made), 201, {"Location": f"/v1/files/{made.id}"})


def listing(known: tuple[Path, ...], path: str) -> dict[str, Any]:
    """What a folder under one of the roots holds; of no path, the roots themselves. Raises UnsafePath."""
    folders: list[dict[str, Any]] = []
    pictures: list[dict[str, Any]] = []
    more = False
    tops = [root.resolve() for root in known]
    asked = [(top, top) for top in tops] if not path else _placed(roots.inside(path, known), tops)
    for top, folder in asked:
        for entry in _entries(folder):
            told = {"name": entry.name, "path": Path(entry.path).relative_to(top).as_posix()}
            if len(folders) + len(pictures) >= MOST:
                more = True
            elif entry.is_dir():
                folders.append(told)
            elif Path(entry.name).suffix.lower() in SUFFIXES:
                pictures.append(told | {"bytes": entry.stat().st_size})
    return {"path": path, "folders": folders, "pictures": pictures, "more": more}


def _entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    """What lies in a folder, in the order of names: no hidden ones, and no links, which may lead elsewhere."""
    if not folder.is_dir():
        raise UnsafePath(f"path {folder.name!r}: expected a folder")
    try:
        with os.scandir(folder) as found:
            entries = sorted(found, key=lambda one: one.name.lower())
    except OSError as error:
        raise UnsafePath(f"path {folder.name!r}: cannot be read ({error.strerror})") from None
    yield from (entry for entry in entries if not entry.name.startswith(".") and not entry.is_symlink())


def _placed(found: Path, tops: list[Path]) -> list[tuple[Path, Path]]:
    """The root that a folder lies under, and the folder."""
    return [(top, found) for top in tops if found.is_relative_to(top)][:1]


def _taken(service: Service, caller: Caller, path: str) -> Upload:
    found = roots.inside(path, service.settings.roots)
    if not found.is_file() or found.suffix.lower() not in SUFFIXES:
        raise UnsafePath(f"path {path[:200]!r}: expected a picture ({', '.join(sorted(SUFFIXES))})")
    uploads = service.backend.uploads
    try:
        file = found.open("rb")
    except OSError as error:
        raise UnsafePath(f"path {path[:200]!r}: cannot be read ({error.strerror})") from None
    with file:
        blob = uploads.blobs.put(caller.tenant, file, service.settings.file_bytes)
    return uploads.add(caller.tenant, found.name, blob)
