"""Errors as RFC 9457 problems: what was wrong, where, what was expected, what came, how to mend it.

Statuses and titles stand in one table over the tree of `packshot.errors`. The members `field`, `expected`, `got` and
`mend` are there where they are known: from a model's own complaint, or read out of a message, which all have the form
"field: expected X, got Y; mend".
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError
from starlette.responses import Response

from packshot import errors
from packshot.errors import PackshotError

MEDIA_TYPE = "application/problem+json"
ENDINGS = frozenset(
    (
        "jpg",
        "jpeg",
        "png",
        "webp",
        "avif",
        "tif",
        "tiff",
        "gif",
        "bmp",
        "heic",
        "zip",
        "csv",
        "json",
        "jsonl",
        "yaml",
        "svg",
    )
)
MOST_SHOWN = 200  # characters of a value that came


@dataclass(frozen=True)
class Row:
    """How one class of errors is answered. mend: what to do where the message does not say it."""

    status: int
    slug: str
    title: str
    mend: str = ""


TABLE: tuple[tuple[type[Exception], Row], ...] = (  # the most special first
    (errors.NotKnown, Row(404, "not-found", "There is nothing of this name", "list what is there with a GET")),
    (errors.Conflict, Row(409, "conflict", "This does not fit what is there", "look at the state with a GET first")),
    (errors.Busy, Row(429, "busy", "Too much at once", "wait as long as Retry-After says, then try again")),
    (errors.Unavailable, Row(503, "unavailable", "Not available now", "wait as long as Retry-After says, try again")),
    (errors.ServiceError, Row(500, "service", "The service failed", "tell who runs it the request id")),
    (errors.MissingExtra, Row(422, "missing-extra", "This server lacks an optional part", "ask who runs it")),
    (
        errors.UnreadableFile,
        Row(415, "unreadable-file", "Not a picture packshot reads", "send JPEG, PNG, WebP or TIFF"),
    ),
    (errors.TooLarge, Row(413, "too-large", "Over a limit", "send a smaller file; GET /v1/limits tells the limits")),
    (errors.UnsafePath, Row(403, "unsafe-path", "Not a place this service opens", "upload the file to /v1/files")),
    (errors.FileError, Row(422, "file", "A file that cannot be used")),
    (errors.CatalogueError, Row(422, "catalogue", "A catalogue that cannot be opened")),
    (errors.RecipeError, Row(422, "pipeline", "A pipeline with a mistake")),
    (errors.ChannelError, Row(422, "channel", "No such channel", "GET /v1/channels lists them")),
    (errors.LockBreach, Row(422, "product-changed", "The edit changed the product, so nothing came of it")),
    (errors.MarkError, Row(422, "marks", "Marks that are malformed or did not survive")),
    (errors.DeviceError, Row(422, "device", "No such device here")),
    (errors.LicenceRefused, Row(403, "licence", "The licence does not permit this")),
    (errors.WeightsNotFound, Row(422, "weights-not-found", "No such weights here", "GET /v1/models lists them")),
    (errors.ModelError, Row(422, "weights", "Weights that cannot be used")),
    (errors.ParameterError, Row(422, "parameter", "A parameter is out of range or of the wrong kind")),
    (PackshotError, Row(422, "request", "This cannot be done")),
)
BY_NAME = {kind.__name__: kind for kind, _ in TABLE}
STATUS = {  # problems of the protocol itself, which no class of packshot's stands for
    400: Row(400, "bad-request", "The request is malformed"),
    401: Row(
        401, "key", "A key is needed", "send it as Authorization: Bearer KEY; `packshot serve key NAME` makes one"
    ),
    403: Row(403, "forbidden", "Not allowed"),
    404: Row(404, "not-found", "There is nothing at this address", "GET /openapi.json lists all addresses"),
    405: Row(405, "method", "This address does not take this method", "see the Allow header, or GET /openapi.json"),
    408: Row(408, "slow", "The request came too slowly", "send it again over a better connection"),
    413: Row(413, "too-large", "Over a limit", "send less; GET /v1/limits tells the limits"),
    415: Row(415, "media-type", "Not a media type this address takes"),
    421: Row(421, "host", "Not a host name this service answers to", "start it with --hosts NAME to allow more"),
    422: Row(422, "request", "This cannot be done"),
    429: Row(429, "busy", "Too much at once", "wait as long as Retry-After says, then try again"),
    500: Row(500, "fault", "A fault of packshot's own", "tell who runs this service the request id"),
    503: Row(503, "unavailable", "Not available now", "wait as long as Retry-After says, then try again"),
    504: Row(504, "too-slow", "It took too long and was stopped", "send a smaller picture, or make a job of it"),
}


class Problem(Exception):
    """A problem to answer with. members: `field`, `expected`, `got`, `mend` and others. headers: sent along."""

    def __init__(self, row: Row, detail: str, headers: Mapping[str, str] | None = None, **members: Any) -> None:
        super().__init__(detail)
        self.row, self.detail, self.headers = row, detail, dict(headers or {})
        self.members = {key: value for key, value in members.items() if value not in ("", None)}

    def to_json(self, request_id: str = "") -> dict[str, Any]:
        """As RFC 9457 has it."""
        said: dict[str, Any] = {
            "type": f"urn:packshot:problem:{self.row.slug}",
            "title": self.row.title,
            "status": self.row.status,
            "detail": self.detail,
        }
        said |= {"mend": self.row.mend} if self.row.mend else {}
        return said | self.members | ({"request_id": request_id} if request_id else {})

    def response(self, request_id: str = "") -> Response:
        """As an answer."""
        return JSON(self.to_json(request_id), self.row.status, self.headers, MEDIA_TYPE)


class JSON(Response):
    """JSON in pure ASCII: whatever a text holds, it can be sent; numbers that are none are null."""

    media_type = "application/json"

    def __init__(
        self, content: Any, status: int = 200, headers: Mapping[str, str] | None = None, media_type: str | None = None
    ) -> None:
        super().__init__(content, status, dict(headers or {}), media_type)

    def render(self, content: Any) -> bytes:
        return dumped(content).encode("ascii")


def dumped(content: Any) -> str:
    """JSON text of plain values in ASCII; infinite numbers and NaN are null."""
    try:
        return json.dumps(content, separators=(",", ":"), allow_nan=False)
    except ValueError:
        return json.dumps(_finite(content), separators=(",", ":"), allow_nan=False)


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: _finite(entry) for key, entry in value.items()}
    return [_finite(entry) for entry in value] if isinstance(value, list | tuple) else value


def plain(status: int, detail: str, headers: Mapping[str, str] | None = None, **members: Any) -> Problem:
    """A problem of the protocol itself."""
    return Problem(STATUS.get(status) or Row(status, f"http-{status}", "HTTP error"), detail, headers, **members)


def of_error(error: PackshotError) -> Problem:
    """The problem behind an error of packshot's."""
    row = next(row for kind, row in TABLE if isinstance(error, kind))
    after = getattr(error, "retry_after", None)
    headers = {} if after is None else retry_after(after)
    return Problem(row, " ".join(str(error).split()), headers, **read(str(error)))


def of_name(kind: str, message: str, after: float | None = None) -> Problem:
    """The problem behind an error that a worker process met, by the name of its class."""
    known = BY_NAME.get(kind, PackshotError)
    row = next(row for candidate, row in TABLE if candidate is known)
    members: dict[str, Any] = {**read(message)}
    return Problem(row, message, retry_after(after) if after is not None else {}, **members)


def retry_after(seconds: float) -> dict[str, str]:
    """The header that says when to come back, in whole seconds from 1."""
    return {"Retry-After": str(max(1, math.ceil(seconds)))}


@dataclass(frozen=True)
class Complaint:
    """One parameter that is wrong. field: dotted, `background.colour`."""

    field: str
    expected: str
    got: str
    mend: str = ""


def of_validation(error: ValidationError, where: str, model: type[BaseModel] | None = None) -> Problem:
    """The problem behind what pydantic found in parameters; `model` supplies help texts."""
    found = [_complaint(item, where, model) for item in error.errors(include_url=False)]
    first = found[0]
    details = "; ".join(f"{c.field}: {c.expected}, got {c.got}" if c.got else f"{c.field}: {c.expected}" for c in found)
    row = next(row for kind, row in TABLE if kind is errors.ParameterError)
    members: dict[str, Any] = {"errors": [vars(c) for c in found], **vars(first)}
    return Problem(row, details, **members)


def _complaint(item: Mapping[str, Any], where: str, model: type[BaseModel] | None) -> Complaint:
    place = [str(part) for part in item["loc"]]
    name = ".".join(filter(None, [where, *place]))
    known = {} if model is None else model.model_fields
    if item["type"] == "extra_forbidden":
        options = f"expected one of {', '.join(known)}" if known else "no such field"
        return Complaint(name, f"no such parameter; {options}", shown(item["input"]), "leave it out, or mend its name")
    if item["type"] == "missing":
        return Complaint(name, "required, but not given", "", "give it a value")
    info = known.get(place[0]) if place else None
    message = str(item["msg"]).removeprefix("Value error, ")
    return Complaint(name, message, shown(item["input"]), helped(info) if info is not None else "")


def helped(info: Any) -> str:
    """What a parameter is, its range and its default, in words."""
    bounds = {k: getattr(m, k) for m in info.metadata for k in ("ge", "gt", "le", "lt") if hasattr(m, k)}
    signs = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<"}
    extra = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
    facts = [f"{signs[k]} {v:g}" for k, v in bounds.items()] + ([str(extra["unit"])] if extra.get("unit") else [])
    facts += [] if info.is_required() else [f"default {info.default!r}"]
    return f"{info.description or ''} ({', '.join(facts)})" if facts else str(info.description or "")


def shown(value: Any) -> str:
    """A value that came, short, and nothing in it that a terminal or a page would obey."""
    text = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in repr(value))
    return text if len(text) <= MOST_SHOWN else text[: MOST_SHOWN - 1] + "…"


FIELD = re.compile(r"^(?P<field>[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)?)(?: (?:'[^']*'|\"[^\"]*\"))?: ")
EXPECTED = re.compile(r"\bexpected (?P<expected>.+?)(?=[,;] got |; |$)")
GOT = re.compile(r"[,;] got (?P<got>.+?)(?=; |$)")
MEND = re.compile(r"; (?!got )(?P<mend>.+)$")


def read(message: str) -> dict[str, str]:
    """Field, expected, got and mend as far as a message has them.

    >>> read("fill: expected 0 to 1, got 3; try 0.85")
    {'field': 'fill', 'expected': '0 to 1', 'got': '3', 'mend': 'try 0.85'}
    >>> read("mug.jpg: the JPEG data is cut off")
    {}
    """
    text, found = " ".join(message.split()), dict[str, str]()
    for pattern in (FIELD, EXPECTED, GOT, MEND):
        match = pattern.search(text)
        found |= match.groupdict() if match else {}
    if found.get("field", "").rpartition(".")[2] in ENDINGS:
        del found["field"]  # a file's name
    return found


def refuse_text(texts: Sequence[str], where: str) -> None:
    """Raise a problem for texts that no file or database could keep: NUL, and halves of characters."""
    for text in texts:
        if "\0" in text or any("\ud800" <= c <= "\udfff" for c in text):
            raise plain(400, f"{where}: expected text, got NUL or half a character", field=where)
