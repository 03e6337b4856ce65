"""`/v1/catalogue`: pictures in folders of this machine that the service may read: listed, searched, taken."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from packshot.catalogue.catalogue import PRODUCTS
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
MOST_WISHES, MOST_FOUND = 8, 200
Wishes = Annotated[list[Annotated[str, Query(max_length=10_000)]], Query(max_length=MOST_WISHES)]


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
    """Names, paths and sizes; hidden ones are left out. `more`: there are others; `catalogue`: it can be searched."""
    problems.refuse_text([path], "path")
    return JSON(await aside(listing, service.settings.roots, path))


@router.get("/v1/catalogue/find", summary="Products of a catalogue that fit words, or look like a picture")
async def found(
    service: Serving,
    caller: FileCaller,
    path: Annotated[str, Query(description="a catalogue's folder under the service's roots", max_length=4096)],
    text: Annotated[Wishes, Query(description="what to look for, in English or Chinese; repeatable")] = [],  # noqa: B006
    without: Annotated[Wishes, Query(description="what to keep away from; repeatable")] = [],  # noqa: B006
    file: Annotated[str, Query(description="an uploaded picture whose like to look for", max_length=100)] = "",
    count: Annotated[int, Query(ge=1, le=MOST_FOUND, description="how many products")] = 12,
) -> Response:
    """Best first. The first search looks at every picture once and keeps what it saw; one that took too long goes on
    where it was when asked again.
    """
    problems.refuse_text([path], "path")
    top, folder = await aside(_placed, service.settings.roots, path)
    blobs = {"picture": (await forms.uploaded(service, caller, file))[0]} if file else {}
    await service.spend_edit(caller)
    arguments = {"catalogue": str(folder), "top": str(top), "text": text, "without": without, "count": count}
    return JSON(dict((await service.do("find", arguments, blobs)).said))


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
    asked = [_placed(known, path)] if path else [(top, top) for top in tops]
    for top, folder in asked:
        for entry in _entries(folder):
            told = {"name": entry.name, "path": Path(entry.path).relative_to(top).as_posix()}
            if len(folders) + len(pictures) >= MOST:
                more = True
            elif entry.is_dir():
                folders.append(told)
            elif Path(entry.name).suffix.lower() in SUFFIXES:
                pictures.append(told | {"bytes": entry.stat().st_size})
    searchable = bool(path) and any((folder / PRODUCTS).is_file() for _, folder in asked)
    return {"path": path, "folders": folders, "pictures": pictures, "more": more, "catalogue": searchable}


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


def _placed(known: tuple[Path, ...], path: str) -> tuple[Path, Path]:
    """The root that a folder lies under, and the folder. Raises UnsafePath."""
    folder = roots.inside(path, known)
    return next(top for top in (root.resolve() for root in known) if folder.is_relative_to(top)), folder


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
