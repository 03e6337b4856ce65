"""What jobs can do: name → parameter model, one kind a file. Importing this needs no torch."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from pydantic import ValidationError

from packshot.errors import ParameterError, complaints
from packshot.serve.jobs.kinds.kind import Kind, Source
from packshot.serve.jobs.model import JobRequest

TABLE: dict[str, str] = {
    "pipeline": "packshot.serve.jobs.kinds.pipeline:Pipeline",
    "listing": "packshot.serve.jobs.kinds.listing:Listing",
    "fit": "packshot.serve.jobs.kinds.fit:Fit",
    "check": "packshot.serve.jobs.kinds.check:Check",
    "generate": "packshot.serve.jobs.kinds.generate:Generate",
    "train": "packshot.serve.jobs.kinds.train:Train",
    "bench": "packshot.serve.jobs.kinds.bench:Bench",
}


def find(name: str) -> type[Kind]:
    """The kind of a name. Raises ParameterError listing those there are."""
    if name not in TABLE:
        raise ParameterError(f"kind: expected one of {', '.join(TABLE)}; got {name[:80]!r}")
    module, _, attribute = TABLE[name].partition(":")
    found: type[Kind] = getattr(import_module(module), attribute)
    return found


def build(name: str, parameters: Mapping[str, Any]) -> Kind:
    """A kind with its parameters checked. Raises ParameterError naming each that is wrong."""
    try:
        return find(name)(**parameters)
    except ValidationError as error:
        raise ParameterError("; ".join(complaints(error, name))) from None


def checked(request: JobRequest) -> Kind:
    """The kind of a request, if it is one that can be begun. Raises ParameterError, RecipeError, ChannelError, ….

    Uploads and catalogue are not looked for here (`Uploads.find_all`, `files.roots.inside`).
    """
    kind = build(request.kind, request.parameters)
    given = bool(request.files) + bool(request.catalogue)
    if given > 1:
        raise ParameterError("files, catalogue: expected one of them, got both")
    if kind.source == "needed" and not given:
        raise ParameterError(f"files: {request.kind} needs pictures: ids of uploads in files, or a path in catalogue")
    if kind.source == "none" and given:
        raise ParameterError(f"files: {request.kind} works on none; leave files and catalogue out")
    kind.check()
    return kind


__all__ = ["TABLE", "Kind", "Source", "build", "checked", "find"]
