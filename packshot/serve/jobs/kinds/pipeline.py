"""A pipeline over photos or a catalogue, as `packshot run` does it."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import Field

from packshot.operations.operation import parameter
from packshot.pipeline.recipe import LIMIT_BYTES, Recipe
from packshot.serve.jobs.kinds import recipes
from packshot.serve.jobs.kinds.kind import Kind, Work, policy_of

RECORDS = "edits.jsonl"


class Pipeline(Kind):
    """Run a pipeline over photos or a catalogue: pictures, records and a report."""

    records: ClassVar[str] = RECORDS

    pipeline: str = parameter("packshot-white", "a built-in pipeline; GET /v1/pipelines lists them", max_length=100)
    recipe: str = parameter("", "instead of a built-in one: a pipeline as YAML", max_length=LIMIT_BYTES)
    overrides: dict[str, Any] = Field({}, description="changed parameters by name, such as frame.fill: 0.9")
    limit: int = parameter(0, "only the first so many photos; 0 = all", ge=0, le=10_000_000)
    policy: str = parameter("", "how files are marked: default, google, eu, cn-visible, cn-art9, all", max_length=100)
    producer: str = parameter("", "your provider code, for China's metadata label", max_length=200)
    report: bool = parameter(True, "write report.html and report.json")

    def check(self) -> None:
        self._recipe()

    def uploads(self) -> tuple[str, ...]:
        return recipes.uploads(self._recipe())

    def run(self, work: Work) -> None:
        from packshot.pipeline.catalogues import run_catalogue
        from packshot.serve.jobs.kinds.records import settled

        with settled(work, self.records):
            outcome = run_catalogue(
                recipes.with_files(self._recipe(), work.named),
                work.pictures(),
                work.out,
                workers=work.processes,
                limit=self.limit or None,
                on_progress=work.reporter.pictures,
                report=self.report,
                signing=work.signing,
            )
            for problem in outcome.problems:
                work.reporter.say("note", text=str(problem), serious=problem.serious)

    def _recipe(self) -> Recipe:
        marks = {f"policy.{key}": value for key, value in policy_of(self.policy, self.producer).items()}
        return recipes.load(self.pipeline, self.recipe, {**self.overrides, **marks})
