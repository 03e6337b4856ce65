"""Forms of direct work: pictures as parts, or by the id of an uploaded file; the rest as small texts of JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request

from packshot.serve.api import problems
from packshot.serve.api.service import Service, aside
from packshot.serve.guards.access import Caller

Model = TypeVar("Model", bound=BaseModel)

TEXT_BYTES = 1 << 20
FILE_ID = "file_"
DEEPEST = 32


@dataclass
class Form:
    """What came: pictures by the name of their part, what they are called, and texts."""

    blobs: dict[str, bytes] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)

    def json(self, name: str, expected: type[Any], default: Any) -> Any:
        """A part that holds JSON of a kind. Raises Problem."""
        return default if name not in self.texts else parsed(self.texts[name], name, expected)

    def whole(self, name: str, least: int, most: int, default: int) -> int:
        """A part that holds a whole number. Raises Problem."""
        text = self.texts.get(name, "").strip()
        if not text:
            return default
        try:
            value = int(text) if len(text) <= 20 else most + 1
        except ValueError:
            value = least - 1
        if not least <= value <= most:
            words = f"a whole number from {least} to {most}"
            raise problems.plain(
                422, f"{name}: expected {words}, got {problems.shown(text)}", field=name, expected=words
            )
        return value


async def read(request: Request, service: Service, known: Mapping[str, str]) -> Form:
    """The form of a request. known: name → help of the parts that are texts; all others are pictures."""
    kind = request.headers.get("content-type", "")
    if not kind.lower().startswith("multipart/form-data"):
        raise problems.plain(
            415,
            f"expected multipart/form-data, got {problems.shown(kind)}",
            mend="curl -F picture=@mug.jpg sends one",
        )
    service.pool.refuse_more()  # before the body is read
    found, limit = Form(), service.settings.parts
    try:
        async with request.form(max_files=limit, max_fields=limit, max_part_size=TEXT_BYTES) as parts:
            service.hold(request, sum(part.size or 0 for part in parts.values() if isinstance(part, UploadFile)))
            for name, part in parts.multi_items():
                await _add(found, name, part, known)
    except HTTPException as error:
        raise problems.plain(400, f"the form is malformed: {error.detail}") from None
    return found


async def _add(form: Form, name: str, part: UploadFile | str, known: Mapping[str, str]) -> None:
    if name in form.texts or name in form.blobs:
        raise problems.plain(422, f"{problems.shown(name)}: stands twice in the form", field=name)
    problems.refuse_text([name], "form")
    if isinstance(part, UploadFile) and name not in known:
        form.blobs[name] = await part.read()
        form.names[name] = part.filename or ""
    elif isinstance(part, UploadFile):
        form.texts[name] = _text(name, await part.read(TEXT_BYTES + 1))
    elif name in known:
        form.texts[name] = part
    else:
        expected = ", ".join(known)
        raise problems.plain(
            422, f"{problems.shown(name)}: no such field; expected a file, or one of {expected}", field=name
        )


def _text(name: str, data: bytes) -> str:
    try:
        if len(data) <= TEXT_BYTES:
            return data.decode("utf-8")
    except UnicodeDecodeError:
        pass
    raise problems.plain(422, f"{name}: expected at most {TEXT_BYTES:,} bytes of UTF-8 text", field=name)


def parsed(text: str | bytes, name: str, expected: type[Any]) -> Any:
    """JSON of a kind, of bounded depth, without texts or numbers that nothing could keep. Raises Problem."""
    words = "an object" if expected is dict else "a list"
    try:
        value = json.loads(text, parse_constant=_refused)
        shallow(value)
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError) as error:
        why = "nested too deep" if isinstance(error, RecursionError) else str(error)
        raise problems.plain(
            422, f"{name}: expected {words} of JSON, got what is none ({why})", field=name, expected=f"{words} of JSON"
        ) from None
    if not isinstance(value, expected):
        raise problems.plain(
            422,
            f"{name}: expected {words} of JSON, got {problems.shown(value)}",
            field=name,
            expected=f"{words} of JSON",
        )
    return value


def checked(model: type[Model], given: Mapping[str, Any], where: str = "") -> Model:
    """The model made from what came. where: before the names of fields. Raises Problem naming what is wrong."""
    try:
        return model(**given)
    except ValidationError as error:
        raise problems.of_validation(error, where, model) from None


def _refused(text: str) -> Any:
    raise ValueError(f"{text} is no number of JSON")


def shallow(value: Any, depth: int = 0) -> None:
    """Raise RecursionError for JSON nested deeper than anything packshot takes, ValueError for NUL in a text."""
    if depth > DEEPEST:
        raise RecursionError
    if isinstance(value, str) and "\0" in value:
        raise ValueError("a text holds NUL")
    entries = [*value, *value.values()] if isinstance(value, dict) else value if isinstance(value, list) else ()
    for entry in entries:
        shallow(entry, depth + 1)


async def uploaded(service: Service, caller: Caller, name: str) -> tuple[bytes, str]:
    """The bytes of an uploaded file and what it is called. Raises NotKnown, or Problem if it is too large to edit."""
    backend, most = service.backend, service.settings.upload_bytes
    upload = await aside(backend.uploads.find, caller.tenant, name)
    if upload.size > most:
        raise problems.plain(
            413, f"{name}: {upload.size:,} bytes, at most {most:,} are worked on at once", field="file"
        )

    def _bytes() -> bytes:
        with backend.blobs.open(upload.tenant, upload.digest) as file:
            return file.read(most + 1)

    return await aside(_bytes), upload.name
