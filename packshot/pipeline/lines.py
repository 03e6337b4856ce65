"""A YAML file as plain values, and the line each of them stands on, so that a complaint can name it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from packshot.errors import RecipeError

Place = tuple[str | int, ...]  # keys and list positions that lead to a value


def read(data: bytes, name: str) -> tuple[Any, Mapping[Place, int]]:
    """The values and the lines, counted from 1. `name` is what messages call the file.

    Raises RecipeError for what is no YAML, for a key given twice (YAML would keep the last and say nothing), and for
    aliases (a few lines of them can stand for gigabytes).
    """
    node = _compose(data, name)
    lines = _lines(node, name)
    try:
        return yaml.safe_load(data), lines
    except (yaml.YAMLError, RecursionError) as error:
        raise RecipeError(f"{name}: not valid YAML ({error})") from None


def _compose(data: bytes, name: str) -> yaml.Node | None:
    try:
        for event in yaml.parse(data, yaml.SafeLoader):
            if isinstance(event, yaml.AliasEvent):
                line = event.start_mark.line + 1 if event.start_mark else 1
                raise RecipeError(f"{name}, line {line}: anchors and aliases are not allowed")
        node: yaml.Node | None = yaml.compose(data, yaml.SafeLoader)
    except (yaml.YAMLError, RecursionError) as error:
        mark: Any = getattr(error, "problem_mark", None)
        where = f", line {int(mark.line) + 1}" if mark is not None else ""
        problem = getattr(error, "problem", None) or str(error) or type(error).__name__
        raise RecipeError(f"{name}{where}: not valid YAML: {problem}") from None
    return node


def _lines(node: yaml.Node | None, name: str, place: Place = ()) -> dict[Place, int]:
    if node is None:
        return {}
    found = {place: node.start_mark.line + 1}
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            inner, line = (*place, str(key.value)), key.start_mark.line + 1
            if inner in found:
                raise RecipeError(f"{name}, line {line}: {key.value}: given before, in line {found[inner]}; keep one")
            found |= _lines(value, name, inner)
            found[inner] = line
    elif isinstance(node, yaml.SequenceNode):
        for i, value in enumerate(node.value):
            found |= _lines(value, name, (*place, i))
    return found
