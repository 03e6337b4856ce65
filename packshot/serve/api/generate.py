"""`POST /v1/generate`: one new picture at once, for previews and small numbers; jobs of kind `generate` make many."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from packshot.operations.operation import parameter
from packshot.provenance import policies
from packshot.serve.api import forms, problems
from packshot.serve.api.service import EditCaller, Serving
from packshot.serve.direct.references import WEIGHTS
from packshot.serve.guards.headers import attached
from packshot.serve.jobs.kinds.generate import Generate
from packshot.serve.jobs.kinds.kind import policy_of

router = APIRouter(tags=["generate"])
JOB = Generate.model_fields  # what a job of kind generate takes, said there
MOST_SEED = (1 << 53) - 1  # what every JSON reader keeps exactly
MOST_STEPS = 100


class Numbered(BaseModel):
    """A picture of a seed: the same number of the same seed is the same picture."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    seed: int = Field(0, ge=0, le=MOST_SEED, description=JOB["seed"].description)
    number: int = Field(0, ge=0, le=1_000_000, description="which picture of the seed")
    attributes: dict[str, str] = Field({}, description=JOB["attributes"].description)


class Between(Numbered):
    """Where a way leads to. steps: the whole way and back as an animation of so many steps; 0 = the picture at `at`."""

    at: float = parameter(0.5, "place on the way: 0 = the first picture, 1 = the other", ge=0, le=1)
    straight: bool = parameter(False, "along the line, not the great circle")
    steps: int = Field(0, ge=0, le=MOST_STEPS, description="an animation there and back of so many steps; 0 = none")


class Draw(Numbered):
    """What is asked of `POST /v1/generate`."""

    checkpoint: str = parameter(..., "weights by name (GET /v1/models)", max_length=200)
    text: str = JOB["text"]  # type: ignore[assignment]
    truncation: float = JOB["truncation"]  # type: ignore[assignment]
    between: Between | None = Field(None, description="instead of the picture: one on the way from it to this one")
    policy: str = JOB["policy"]  # type: ignore[assignment]
    producer: str = JOB["producer"]  # type: ignore[assignment]


BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Draw"}}},
    }
}
ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "the picture with its marks; an animation where `between.steps` is set",
        "headers": {"Packshot-Report": {"description": "seed, attributes, marks", "schema": {"type": "string"}}},
        "content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in ("image/png", "image/gif")},
    }
}


@router.post(
    "/v1/generate",
    summary="A new picture from a trained network, at once",
    response_class=Response,
    openapi_extra=BODY,
    responses=ANSWERS,
)
async def generate(request: Request, service: Serving, caller: EditCaller) -> Response:
    """Every file says that a trained algorithm made it."""
    asked = _asked(forms.parsed(await request.body(), "body", dict))
    policy = policy_of(asked.policy, asked.producer)
    policies.find(policy or "default")
    await service.spend_edit(caller)
    if await request.is_disconnected():
        return Response(status_code=499)
    done = await service.do("draw", asked.model_dump() | {"policy": policy}, {})
    moving = done.said["frames"] > 1
    name = f"{asked.checkpoint}-{asked.seed}-{asked.number:05d}.{'gif' if moving else 'png'}"
    headers = {"Content-Disposition": attached(name, inline=True), "Packshot-Report": problems.dumped(dict(done.said))}
    return Response(done.blobs["picture"], media_type="image/gif" if moving else "image/png", headers=headers)


def _asked(given: dict[str, Any]) -> Draw:
    asked = forms.checked(Draw, given)
    if not WEIGHTS.fullmatch(asked.checkpoint):
        words = "the name of weights; GET /v1/models lists them"
        raise problems.plain(
            422,
            f"checkpoint: expected {words}, got {problems.shown(asked.checkpoint)}",
            field="checkpoint",
            expected=words,
        )
    problems.refuse_text([asked.checkpoint, asked.text, *asked.attributes, *asked.attributes.values()], "body")
    return asked
