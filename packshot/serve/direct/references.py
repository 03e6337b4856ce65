"""What parameters may name when they come over the network: uploaded pictures and known weights, never a path."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from packshot import operations
from packshot.errors import UnsafePath
from packshot.operations.operation import ModelFile, Operation

WEIGHTS = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)*")


def named(operation: type[Operation]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names of the parameters that name a picture, and of those that name weights."""
    fields = operation.model_fields.items()
    weights = tuple(key for key, info in fields if any(isinstance(m, ModelFile) for m in info.metadata))
    return operation.picture_fields(), weights


def pictures(operation: str, parameters: Mapping[str, Any]) -> tuple[str, ...]:
    """Names of the pictures that the parameters of an operation name."""
    return operations.find(operation).picture_names(parameters)


def refuse_places(operation: str, parameters: Mapping[str, Any], given: Collection[str]) -> None:
    """Raise UnsafePath where a parameter names a picture that is not among those `given`, or weights by a path."""
    for name in pictures(operation, parameters):
        if name not in given:
            raise UnsafePath(
                f"{_place(operation, parameters, name)}: expected the name of a part of this request or the id of an "
                f"uploaded file, got {name[:200]!r}; a service opens no path or address of its caller's"
            )
    for key in named(operations.find(operation))[1]:
        value = parameters.get(key)
        if value and not (isinstance(value, str) and WEIGHTS.fullmatch(value) and ".." not in value):
            raise UnsafePath(
                f"{operation}.{key}: expected weights by name, got {value!r:.200}; GET /v1/models lists those here"
            )


def refuse_mask(step: Mapping[str, Any], given: Collection[str]) -> None:
    """Raise UnsafePath where what was drawn for a step is not among the pictures `given`."""
    if step.get("mask") and step["mask"] not in given:
        raise UnsafePath(
            f"{step['operation']}: mask: expected the name of a part of this request or the id of an uploaded file, "
            f"got {step['mask'][:200]!r}"
        )


def _place(operation: str, parameters: Mapping[str, Any], name: str) -> str:
    keys = [key for key, value in parameters.items() if isinstance(value, str) and name in value]
    return ".".join([operation, *keys[:1]])
