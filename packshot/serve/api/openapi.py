"""`/openapi.json`: FastAPI's document with packshot's parameter models, and the problems any address may give."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel

from packshot import operations
from packshot.provenance.encoding import Encoding
from packshot.serve.api.catalogue import Named
from packshot.serve.api.files import Fetch
from packshot.serve.api.generate import Draw
from packshot.serve.jobs.model import Event, Job, JobRequest, Result

REFERENCE = "#/components/schemas/{model}"
PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "RFC 9457: what was wrong, where, and how to mend it",
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "field": {"type": "string", "description": "the parameter that is wrong"},
        "expected": {"type": "string"},
        "got": {"type": "string"},
        "mend": {"type": "string", "description": "what to do about it"},
        "errors": {"type": "array", "items": {"type": "object"}, "description": "every parameter that is wrong"},
        "request_id": {"type": "string"},
    },
    "required": ["type", "title", "status", "detail"],
}
ANSWER = {
    "description": "a problem",
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
}
STATUSES = ("400", "401", "403", "404", "408", "409", "413", "415", "421", "422", "429", "503", "504")


def document(app: FastAPI) -> dict[str, Any]:
    """The document, made once."""
    if app.openapi_schema is None:
        made = get_openapi(
            title=app.title,
            version=app.version,
            description="Product photos to listing-ready pictures. Errors are problems (RFC 9457).",
            routes=app.routes,
        )
        schemas = made.setdefault("components", {}).setdefault("schemas", {})
        for model in models():
            add(schemas, model)
        schemas["Problem"] = PROBLEM
        made["components"]["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
        made["security"] = [{"key": []}, {}]
        for path in made["paths"].values():
            for operation in path.values():
                operation["responses"].pop("422", None)
                operation["responses"] |= {status: ANSWER for status in STATUSES}
        app.openapi_schema = made
    return app.openapi_schema


def models() -> list[type[BaseModel]]:
    """Models that stand under the schemas."""
    own = [operations.find(name) for name in operations.TABLE]
    return [*own, Encoding, Draw, Fetch, Named, JobRequest, Job, Event, Result]


def add(schemas: dict[str, Any], model: type[BaseModel]) -> None:
    """A model's schema, and those it refers to."""
    schema = model.model_json_schema(ref_template=REFERENCE)
    schemas |= schema.pop("$defs", {})
    schemas[model.__name__] = schema
