"""Recipes that come over the network: built-in ones by name or the YAML itself, and no path of the caller's in them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from packshot.errors import RecipeError
from packshot.pipeline import recipe as recipes
from packshot.pipeline.recipe import Recipe
from packshot.serve.direct.references import pictures, refuse_places
from packshot.serve.jobs.place import UPLOAD


def load(pipeline: str, text: str, overrides: Mapping[str, Any]) -> Recipe:
    """A built-in pipeline, or the recipe in `text`. Raises RecipeError, UnsafePath.

    Pictures that its steps name are ids of uploads, weights are names; neither can be a `$name`, which a caller's table
    could fill in with a path.
    """
    if text:
        found = recipes.parse(text.encode(), "recipe", overrides)
    else:
        known = recipes.builtin()
        if pipeline not in known:
            raise RecipeError(f"pipeline {pipeline[:80]!r}: expected one of {', '.join(known)}, or its YAML in recipe")
        found = recipes.load(pipeline, overrides)
    for step in found.steps:
        refuse_places(step.operation, step.parameters, uploads(found))
    return found


def uploads(recipe: Recipe) -> tuple[str, ...]:
    """Ids of uploads that the steps name."""
    names = [name for step in recipe.steps for name in pictures(step.operation, step.parameters)]
    return tuple(dict.fromkeys(name for name in names if UPLOAD.fullmatch(name)))


def with_files(recipe: Recipe, named: Callable[[str], Path]) -> Recipe:
    """The recipe with the local files of the uploads that it names."""
    steps = []
    for step in recipe.steps:
        local = dict(step.parameters)
        for name in pictures(step.operation, step.parameters):
            path = str(named(name))
            local = {k: v.replace(name, path) if isinstance(v, str) else v for k, v in local.items()}
        steps.append(replace(step, parameters=local))
    return replace(recipe, steps=tuple(steps))
