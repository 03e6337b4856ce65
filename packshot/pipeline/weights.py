"""The weights of operations: loaded once per process, noted in each step, hashed into the settings of a run."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING

from packshot.errors import ParameterError, WeightsNotFound

if TYPE_CHECKING:
    from packshot.models import Model
    from packshot.pipeline.recipe import Recipe

Loader = Callable[[str, bool], "Model"]


@lru_cache(maxsize=8)
def load(name: str, commercial: bool) -> Model:
    """The weights of a name or file, ready to run on the best device; kept for the next picture."""
    from packshot import models

    return models.load(name, commercial=commercial)


def noted(loader: Loader, used: dict[str, str]) -> Loader:
    """The same loader, which writes name → digest of what it gives into `used`."""

    def load_and_note(name: str, commercial: bool) -> Model:
        model = loader(name, commercial)
        used[model.name or name] = model.digest
        return model

    return load_and_note


def named_weights(recipe: Recipe) -> dict[str, str]:
    """Weights that the steps of a pipeline use → SHA-256 of their file, so that other weights make other settings.

    Raises WeightsNotFound before the first picture if any are missing.
    """
    from packshot.models import digest_of, find

    found: dict[str, str] = {}
    for name in _names(recipe):
        try:
            found[name] = digest_of(find(name))
        except WeightsNotFound as error:
            raise WeightsNotFound(f"pipeline {recipe.name}: {error}; or set its method to classical") from None
    return found


def _names(recipe: Recipe) -> tuple[str, ...]:
    names: dict[str, None] = dict.fromkeys(recipe.weights)
    for _, values in recipe.variants():
        for step in recipe.steps:
            try:
                names |= dict.fromkeys(step.build(values).weights())
            except ParameterError:
                continue  # it waits for an attribute of the product
    return tuple(names)
