"""What there is to choose from: operations, kinds of jobs, pipelines, presets, channels, policies, weights, limits."""

from __future__ import annotations

import inspect
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from packshot import operations
from packshot.operations.operation import Operation
from packshot.provenance import policies
from packshot.provenance.encoding import Encoding
from packshot.serve import webhooks
from packshot.serve.api import problems
from packshot.serve.api.problems import JSON
from packshot.serve.api.service import AnyCaller, JobCaller, Serving, aside
from packshot.serve.direct import references
from packshot.serve.guards.keys import SCOPES
from packshot.serve.jobs import kinds

router = APIRouter(tags=["tables"])


def operation(name: str, model: type[Operation]) -> dict[str, Any]:
    """An operation with all that a form needs."""
    pictures, weights = references.named(model)
    words = inspect.getdoc(model) or name
    return {
        "name": name,
        "title": words.splitlines()[0],
        "description": words,
        "may_change_product": model.may_change_product,
        "needs_matte": model.needs_matte,
        "finds_product": model.finds_product,
        "digital_source_type": model.digital_source_type,
        "pictures": list(pictures),
        "weights": list(weights),
        "schema": model.model_json_schema(),
    }


@router.get("/v1/operations", summary="Every operation with its parameters, defaults, ranges and units")
async def listed_operations(caller: AnyCaller) -> Response:
    """All operations, and how a picture may be written (`output`)."""
    rows = [operation(name, operations.find(name)) for name in operations.TABLE]
    return JSON({"operations": rows, "output": Encoding.model_json_schema(), "policies": list(policies.TABLE)})


@router.get("/v1/operations/{name}", summary="One operation")
async def one_operation(name: str, caller: AnyCaller) -> Response:
    """One operation with its parameters."""
    if name not in operations.TABLE:
        raise problems.plain(404, f"operation {problems.shown(name)}: expected one of {', '.join(operations.TABLE)}")
    return JSON(operation(name, operations.find(name)))


@router.get("/v1/jobs/kinds", summary="Every kind of job with its parameters")
async def listed_kinds(caller: AnyCaller) -> Response:
    """All kinds of jobs."""
    found = {name: kinds.find(name) for name in kinds.TABLE}
    rows = [
        {
            "name": name,
            "title": (inspect.getdoc(model) or name).splitlines()[0],
            "description": inspect.getdoc(model) or name,
            "source": model.source,
            "scope": scope_of(name),
            "schema": model.model_json_schema(),
        }
        for name, model in found.items()
    ]
    return JSON({"kinds": rows})


def scope_of(kind: str) -> str:
    """The scope that handing in a kind of job needs."""
    return "train" if kind == "train" else "jobs"


@router.get("/v1/pipelines", summary="The pipelines that come with packshot")
async def listed_pipelines(caller: AnyCaller) -> Response:
    """Name, titles and YAML of every built-in pipeline."""
    from packshot.pipeline import recipe

    rows = []
    for name, path in recipe.builtin().items():
        loaded = recipe.load(name)
        steps = [{"operation": step.operation, "parameters": dict(step.parameters)} for step in loaded.steps]
        told = {"title": dict(loaded.title), "description": dict(loaded.description), "steps": steps}
        each = {key: list(values) for key, values in loaded.each.items()}
        rows.append({"name": name, **told, "each": each, "yaml": path.read_text(encoding="utf-8")})
    return JSON({"pipelines": rows})


@router.get("/v1/presets", summary="What can be trained")
async def listed_presets(caller: AnyCaller) -> Response:
    """Every preset of training."""
    from packshot.training import presets

    rows = [
        {
            "name": name,
            "what": row.what,
            "objective": row.objective,
            "networks": {role: network for role, (network, _) in row.networks.items()},
            "size": row.size,
            "channels": row.channels,
            "columns": list(row.columns),
            "data": row.data,
            "reproduces": row.reproduces,
            "minutes": row.minutes,
            "settings": dict(row.settings),
        }
        for name, row in presets.TABLE.items()
    ]
    return JSON({"presets": rows})


@router.get("/v1/channels", summary="Marketplaces and ad slots, with their rules and sources")
async def listed_channels(caller: AnyCaller) -> Response:
    """Every channel."""
    from packshot.publish import channels

    return JSON({"channels": [channel.model_dump(mode="json") for channel in channels.load().values()]})


@router.get("/v1/policies", summary="How files can be marked")
async def listed_policies(caller: AnyCaller) -> Response:
    """Every policy of marks."""
    rows = [policy.model_dump(mode="json") for policy in policies.TABLE.values()]
    return JSON({"policies": rows, "schema": policies.Policy.model_json_schema(), "changeable": policies.CHANGEABLE})


@router.get("/v1/models", summary="Weights that are here: card, licence, engine, what was measured")
async def listed_models(service: Serving, caller: AnyCaller) -> Response:
    """Every file of weights."""
    done = await service.do("models", {}, {})
    return JSON(dict(done.said))


@router.get("/v1/models/{name}", summary="One file of weights with its card")
async def one_model(name: str, service: Serving, caller: AnyCaller) -> Response:
    """The card of weights."""
    done = await service.do("models", {}, {})
    for row in done.said["models"]:
        if row["name"] == name:
            return JSON(row)
    raise problems.plain(404, f"weights {problems.shown(name)}: not here; GET /v1/models lists those that are")


@router.get("/v1/limits", summary="What this service allows")
async def limits(service: Serving, caller: AnyCaller) -> Response:
    """Limits of this service, for this caller."""
    s = service.settings
    said = {
        "upload_bytes": s.upload_bytes,
        "file_bytes": s.file_bytes,
        "json_bytes": s.json_bytes,
        "max_pixels": s.max_pixels,
        "parts": s.parts,
        "edit_seconds": s.edit_seconds,
        "requests_per_minute": caller.requests_per_minute,
        "edits_per_day": caller.edits_per_day,
        "keep_days": s.keep_days,
        "roots": [root.name for root in s.roots],
    }
    return JSON(said)


@router.get("/v1/webhooks/secret", summary="The key by which webhooks of your jobs are signed")
async def secret(service: Serving, caller: JobCaller) -> Response:
    """As standardwebhooks.com has it: `whsec_` and the base64 of the key."""
    return JSON({"secret": await aside(webhooks.secret_of, service.backend.database, caller.tenant)})


@router.get("/v1/me", summary="Who calls")
async def me(service: Serving, caller: AnyCaller) -> Response:
    """Name, tenant and scopes of the caller; whether the service works without keys."""
    scopes = [scope for scope in SCOPES if caller.may(scope)]
    return JSON({"name": caller.name, "tenant": caller.tenant, "scopes": scopes, "local": service.access.open})
