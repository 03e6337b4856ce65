"""`/v1/check`: a picture against channels; `/v1/verify`: its marks. POST sends the picture, GET names an upload."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from packshot.serve.api import forms, problems
from packshot.serve.api.forms import Form
from packshot.serve.api.problems import JSON
from packshot.serve.api.service import EditCaller, Service, Serving
from packshot.serve.guards.access import Caller

router = APIRouter(tags=["check"])
MOST_CHANNELS = 64
TEXTS = {
    "file": "id of an uploaded file, in place of the part picture",
    "channel": "channels, commas between",
    "name": "what the file is called, for rules about names; else the part's own name",
    "text": "how writing is looked for: auto, ocr or strokes",
    "today": "a date: rules that come into force later are warnings",
}
WAYS = ("auto", "ocr", "strokes")


def _body(*texts: str) -> dict[str, Any]:
    properties: dict[str, Any] = {"picture": {"type": "string", "format": "binary", "description": "the picture"}}
    properties |= {key: {"type": "string", "description": TEXTS[key]} for key in texts}
    if "text" in texts:
        properties["text"] |= {"enum": list(WAYS), "default": "auto"}
        properties["today"] |= {"format": "date"}
    schema = {"type": "object", "properties": properties, "additionalProperties": False}
    schema |= {"required": ["channel"]} if "channel" in texts else {}
    return {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": schema}}}}


@router.post("/v1/check", summary="Judge a picture by the rules of channels", openapi_extra=_body(*TEXTS))
async def check(request: Request, service: Serving, caller: EditCaller) -> Response:
    """Every finding with the rule's source, its date, and how to mend a breach."""
    form = await forms.read(request, service, TEXTS)
    return await _checked(service, caller, form)


@router.get("/v1/check", summary="Judge an uploaded picture by the rules of channels")
async def check_file(
    service: Serving,
    caller: EditCaller,
    file: Annotated[str, Query(description=TEXTS["file"], max_length=100)],
    channel: Annotated[str, Query(description=TEXTS["channel"], max_length=4000)],
    name: Annotated[str, Query(description=TEXTS["name"], max_length=1000)] = "",
    text: Annotated[Literal["auto", "ocr", "strokes"], Query(description=TEXTS["text"])] = "auto",
    today: Annotated[str, Query(description=TEXTS["today"], max_length=10)] = "",
) -> Response:
    """As the POST, for a file that was uploaded before."""
    texts = {"file": file, "channel": channel, "name": name, "text": text, "today": today}
    return await _checked(service, caller, Form(texts={k: v for k, v in texts.items() if v}))


async def _checked(service: Service, caller: Caller, form: Form) -> Response:
    from packshot.publish import channels

    wanted = [name.strip() for name in form.texts.get("channel", "").split(",") if name.strip()]
    if not 0 < len(wanted) <= MOST_CHANNELS:
        words = f"1 to {MOST_CHANNELS} ids of channels, commas between"
        raise problems.plain(422, f"channel: expected {words}, got {len(wanted)}", field="channel", expected=words)
    for name in wanted:
        channels.find(name)
    arguments = {"channels": wanted, "text": _way(form), "today": _day(form)}
    await _picture(service, caller, form)
    arguments["name"] = form.texts.get("name") or form.names.get("picture", "")
    await service.spend_edit(caller)
    return JSON(dict((await service.do("check", arguments, form.blobs)).said))


def _way(form: Form) -> str:
    way = form.texts.get("text") or "auto"
    if way not in WAYS:
        words = ", ".join(WAYS)
        raise problems.plain(
            422, f"text: expected one of {words}; got {problems.shown(way)}", field="text", expected=words
        )
    return way


def _day(form: Form) -> str:
    text = form.texts.get("today", "")
    try:
        return dt.date.fromisoformat(text).isoformat() if text else ""
    except ValueError:
        raise problems.plain(
            422, f"today: expected a date such as 2026-11-21, got {problems.shown(text)}", field="today"
        ) from None


@router.post("/v1/verify", summary="Read the marks of a picture and say whether they hold", openapi_extra=_body("file"))
async def verify(request: Request, service: Serving, caller: EditCaller) -> Response:
    """IPTC Digital Source Type, China's AIGC label, C2PA manifest: trusted, valid, tampered, unreadable or missing."""
    form = await forms.read(request, service, {"file": TEXTS["file"]})
    return await _verified(service, caller, form)


@router.get("/v1/verify", summary="Read the marks of an uploaded picture")
async def verify_file(
    service: Serving, caller: EditCaller, file: Annotated[str, Query(description=TEXTS["file"], max_length=100)]
) -> Response:
    """As the POST, for a file that was uploaded before."""
    return await _verified(service, caller, Form(texts={"file": file}))


async def _verified(service: Service, caller: Caller, form: Form) -> Response:
    await _picture(service, caller, form)
    await service.spend_edit(caller)
    return JSON(dict((await service.do("verify", {}, form.blobs)).said))


async def _picture(service: Service, caller: Caller, form: Form) -> None:
    if "file" in form.texts and "picture" not in form.blobs:
        form.blobs["picture"], form.names["picture"] = await forms.uploaded(service, caller, form.texts["file"])
    if set(form.blobs) != {"picture"}:
        got = ", ".join(map(problems.shown, form.blobs)) or "none"
        raise problems.plain(
            422, f"picture: expected the one part picture (or the text file), got {got}", field="picture"
        )
