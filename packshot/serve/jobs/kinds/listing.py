"""Photos into marketplace channels, as `packshot listing` does it."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from packshot.operations.operation import parameter
from packshot.pipeline.recipe import LIMIT_BYTES, Recipe
from packshot.serve.jobs.kinds import recipes
from packshot.serve.jobs.kinds.fit import Fit
from packshot.serve.jobs.kinds.kind import Work


class Listing(Fit):
    """The main job: photos in; cut out, fitted, named, marked and checked for every channel."""

    pipeline: str = parameter("packshot-white", "how a photo becomes a master: a built-in pipeline", max_length=100)
    recipe: str = parameter("", "instead of a built-in one: a pipeline as YAML", max_length=LIMIT_BYTES)
    overrides: dict[str, Any] = Field({}, description="changed parameters by name, such as cutout.method: classical")

    def check(self) -> None:
        super().check()
        recipes.load(self.pipeline, self.recipe, self.overrides)

    def uploads(self) -> tuple[str, ...]:
        return (*super().uploads(), *recipes.uploads(recipes.load(self.pipeline, self.recipe, self.overrides)))

    def _recipe(self, work: Work) -> Recipe | None:
        return recipes.with_files(recipes.load(self.pipeline, self.recipe, self.overrides), work.named)
