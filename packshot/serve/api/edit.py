"""`POST /v1/edit/{operation}`: one photo edited at once; `POST /v1/edit`: several steps in one go.

An address for every operation is made from its parameter model, so that OpenAPI shows defaults, ranges and units.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel
from starlette.responses import Response

from packshot import operations
from packshot.errors import ParameterError
from packshot.provenance import policies
from packshot.provenance.encoding import Encoding
from packshot.serve.api import forms, problems
from packshot.serve.api.forms import Form
from packshot.serve.api.service import EditCaller, Service, Serving, aside
from packshot.serve.direct import references
from packshot.serve.guards.access import Caller
from packshot.serve.guards.headers import attached

TEXTS = {
    "file": "id of an uploaded file, in place of the part picture",
    "parameters": "parameters of the operation as a JSON object; what is left out has its default",
    "steps": "operations in their order, as a JSON list of {operation, parameters}; mask names the part with what was "
    "drawn for that step",
    "output": "format, quality and so on as a JSON object; PNG where something is transparent, else JPEG",
    "seed": "random seed, a whole number from 0",
    "policy": "how the file is marked",
    "producer": "your provider code, for China's metadata label",
}
MOST_STEPS = 32
MOST_SEED = (1 << 53) - 1  # what every JSON reader keeps exactly
REPORT_BYTES = 6000  # longest header Packshot-Report; proxies take 8 KiB of headers at most, if not told otherwise
TYPES = {name: f"image/{name}" for name in ("jpeg", "png", "webp", "avif", "tiff")}

router = APIRouter(tags=["edit"])


def add_routes(to: APIRouter) -> None:
    """One address for every operation, and the one for several steps."""
    for name in operations.TABLE:
        model = operations.find(name)
        to.add_api_route(
            f"/v1/edit/{name}",
            _route(name),
            methods=["POST"],
            summary=(inspect.getdoc(model) or name).splitlines()[0],
            description=inspect.getdoc(model) or name,
            operation_id=f"edit_{name}",
            response_class=Response,
            openapi_extra={"requestBody": _body(name, model)},
            responses=ANSWERS,
        )
    to.add_api_route(
        "/v1/edit",
        _steps,
        methods=["POST"],
        summary="Several operations on one photo, without a file in between",
        operation_id="edit_steps",
        response_class=Response,
        openapi_extra={"requestBody": _body("", None)},
        responses=ANSWERS,
    )


def _route(name: str) -> Callable[..., Awaitable[Response]]:
    async def edit(request: Request, service: Serving, caller: EditCaller) -> Response:
        form = await forms.read(request, service, {k: v for k, v in TEXTS.items() if k != "steps"})
        steps = [{"operation": name, "parameters": form.json("parameters", dict, {})}]
        return await _edited(request, service, caller, form, steps)

    return edit


async def _steps(request: Request, service: Serving, caller: EditCaller) -> Response:
    form = await forms.read(request, service, {k: v for k, v in TEXTS.items() if k != "parameters"})
    steps = form.json("steps", list, [])
    if len(steps) > MOST_STEPS:
        words = f"a list of at most {MOST_STEPS} steps (none: the photo as it was read)"
        raise problems.plain(422, f"steps: expected {words}, got {len(steps)}", field="steps", expected=words)
    return await _edited(request, service, caller, form, [_step(step, i) for i, step in enumerate(steps)])


def _step(step: Any, i: int) -> dict[str, Any]:
    step = {"operation": step} if isinstance(step, str) else step
    known = {"operation", "parameters", "mask"}
    if not isinstance(step, dict) or not isinstance(step.get("operation"), str) or set(step) - known:
        words = "{operation, parameters} and perhaps mask"
        raise problems.plain(
            422, f"steps.{i}: expected {words}, got {problems.shown(step)}", field=f"steps.{i}", expected=words
        )
    parameters = step.get("parameters") or {}
    if not isinstance(parameters, dict):
        raise problems.plain(422, f"steps.{i}.parameters: expected an object", field=f"steps.{i}.parameters")
    found = {"operation": step["operation"], "parameters": parameters}
    if step.get("mask") in (None, ""):
        return found
    if not isinstance(step["mask"], str):
        raise problems.plain(422, f"steps.{i}.mask: expected the name of a part", field=f"steps.{i}.mask")
    return found | {"mask": step["mask"]}


async def _edited(
    request: Request, service: Service, caller: Caller, form: Form, steps: list[dict[str, Any]]
) -> Response:
    checked = [_checked(step) for step in steps]
    arguments = {"steps": checked, "seed": form.whole("seed", 0, MOST_SEED, 0), "output": _output(form)}
    arguments["policy"] = _policy(form)
    await _pictures(service, caller, form, checked)
    await service.spend_edit(caller)
    done = await service.do("edit", arguments, form.blobs, request)
    request.scope["state"]["facts"] |= {"operations": [step["operation"] for step in checked]}
    return await _answer(request, service, caller, dict(done.said), done.blobs["picture"], form)


def _checked(step: Mapping[str, Any]) -> dict[str, Any]:
    """The step with its parameters as the model has them. Raises Problem naming each that is wrong."""
    name, parameters = step["operation"], step["parameters"]
    if name not in operations.TABLE:
        raise ParameterError(f"operation: expected one of {', '.join(operations.TABLE)}; got {problems.shown(name)}")
    model = operations.find(name)
    forms.checked(model, parameters, name)
    return dict(step)


def _output(form: Form) -> dict[str, Any]:
    given: dict[str, Any] = form.json("output", dict, {})
    forms.checked(Encoding, given, "output")
    return given


def _policy(form: Form) -> dict[str, str]:
    given = {"name": form.texts.get("policy") or "default"}
    given |= {"producer": form.texts["producer"]} if form.texts.get("producer") else {}
    policies.find(given)
    return given


async def _pictures(service: Service, caller: Caller, form: Form, steps: list[dict[str, Any]]) -> None:
    """Fetch what is named by ids, and refuse names that are neither parts nor ids."""
    if "file" in form.texts:
        if "picture" in form.blobs:
            raise problems.plain(422, "picture: expected the part picture or the text file, got both", field="picture")
        form.blobs["picture"], form.names["picture"] = await forms.uploaded(service, caller, form.texts["file"])
    if "picture" not in form.blobs:
        raise problems.plain(
            422,
            "picture: expected the part picture (or the text file), got none",
            field="picture",
            expected="a picture",
        )
    used = {"picture", "mask"}
    for step in steps:
        drawn = [step["mask"]] if "mask" in step else []
        for name in (*references.pictures(step["operation"], step["parameters"]), *drawn):
            if name not in form.blobs and name.startswith(forms.FILE_ID):
                form.blobs[name], _ = await forms.uploaded(service, caller, name)
            used.add(name)
        references.refuse_places(step["operation"], step["parameters"], form.blobs)
        references.refuse_mask(step, form.blobs)
    spare = sorted(set(form.blobs) - used)
    if spare:
        raise problems.plain(422, f"{spare[0]}: no parameter names this part", field=spare[0])


async def _answer(
    request: Request, service: Service, caller: Caller, said: dict[str, Any], data: bytes, form: Form
) -> Response:
    kind = TYPES[said["format"]]
    name = named(form.names.get("picture", ""), said["format"])
    if wants_json(request.headers.get("accept", "")):
        upload = await aside(kept, service, caller, name, data, kind)
        links = {"file": upload.id, "url": f"/v1/files/{upload.id}"}
        return problems.JSON(said | links)
    headers = {"Content-Disposition": attached(name, inline=True), "Packshot-Report": reported(said)}
    return Response(data, media_type=kind, headers=headers)


def reported(said: Mapping[str, Any]) -> str:
    """The report as a header: whole, or without its longest parts where those do not fit."""
    left = dict(said)
    for part in ("", "steps", "marks", "notes", "flags", "numbers"):
        left.pop(part, None)
        text = problems.dumped(left)
        if len(text) <= REPORT_BYTES:
            return text
    return "{}"


def kept(service: Service, caller: Caller, name: str, data: bytes, kind: str) -> Any:
    """Keep a result as a file of the caller's."""
    uploads = service.backend.uploads
    with uploads.blobs.writer(caller.tenant) as writer:
        writer.write(data)
        return uploads.add(caller.tenant, name, writer.finish(), kind)


def named(name: str, format: str) -> str:
    """What the result is called: as the photo was, with the ending of its format."""
    from packshot.provenance.encoding import SUFFIXES

    stem = name.replace("\\", "/").rsplit("/", 1)[-1].rsplit(".", 1)[0] or "picture"
    return stem[:100] + SUFFIXES[format]  # type: ignore[index]


def wants_json(accept: str) -> bool:
    """Whether a caller asks for JSON in place of the picture: it names JSON, and no picture before it."""
    kinds = [part.split(";")[0].strip().lower() for part in accept.split(",")]
    first = next((k for k in kinds if k == "application/json" or k.startswith("image/") or k == "*/*"), "")
    return first == "application/json"


PICTURE = {"type": "string", "format": "binary", "description": "the photo"}
REPORT = {"description": "numbers, flags, fidelity, marks and steps as JSON", "schema": {"type": "string"}}
ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "the edited picture with its marks; with `Accept: application/json` numbers and a link",
        "headers": {"Packshot-Report": REPORT},
        "content": {
            **{kind: {"schema": {"type": "string", "format": "binary"}} for kind in TYPES.values()},
            "application/json": {"schema": {"type": "object"}},
        },
    }
}


def _body(name: str, model: type[BaseModel] | None) -> dict[str, Any]:
    """The request body in OpenAPI: the parts of the form, the parameters as the model's schema."""
    texts: dict[str, dict[str, Any]] = {k: {"type": "string", "description": v} for k, v in TEXTS.items()}
    texts["seed"] = {"type": "integer", "minimum": 0, "maximum": MOST_SEED, "default": 0, "description": TEXTS["seed"]}
    texts["policy"] |= {"enum": list(policies.TABLE), "default": "default"}
    texts["output"] = {"$ref": "#/components/schemas/Encoding"}
    mask = {"type": "string", "format": "binary", "description": "what is drawn on the photo: light parts are edited"}
    parts: dict[str, Any] = {"picture": PICTURE, "mask": mask, **texts}
    encoded = ["output"]
    if model is None:
        parts.pop("parameters")
        step = {
            "type": "object",
            "properties": {
                "operation": {"enum": list(operations.TABLE)},
                "parameters": {"type": "object"},
                "mask": {"type": "string", "description": "part or uploaded file with what was drawn for this step"},
            },
        }
        parts["steps"] = {
            "type": "array",
            "maxItems": MOST_STEPS,
            "items": step | {"required": ["operation"]},
        }
        encoded.append("steps")
    else:
        parts.pop("steps")
        parts["parameters"] = {"$ref": f"#/components/schemas/{model.__name__}"}
        encoded.append("parameters")
    schema = {"type": "object", "properties": parts, "additionalProperties": PICTURE}
    schema |= {"required": ["steps"]} if model is None else {}
    content = {"schema": schema, "encoding": {key: {"contentType": "application/json"} for key in encoded}}
    return {"required": True, "content": {"multipart/form-data": content}}
