"""Finished pictures into marketplace channels, as `packshot fit` does it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from packshot.errors import ParameterError
from packshot.operations.operation import parameter
from packshot.serve.jobs.kinds.kind import Kind, Work, policy_of
from packshot.serve.jobs.kinds.pipeline import RECORDS

if TYPE_CHECKING:
    from packshot.pipeline.recipe import Recipe


class Fit(Kind):
    """Fit finished pictures (cut-outs, packshots, photos) to channels: ground, fill, size, bytes, name, check."""

    records: ClassVar[str] = RECORDS

    channels: tuple[str, ...] = Field(
        ..., description="channels; GET /v1/channels lists them", min_length=1, max_length=100
    )
    max_upscale: float = parameter(2.0, "pixels are enlarged no further than this", ge=1, le=16)
    alt: str = parameter("", "id of an uploaded CSV of alternative texts: sku, image, en, zh", max_length=100)
    channel_file: str = parameter("", "id of an uploaded file of your own channels (YAML)", max_length=100)
    limit: int = parameter(0, "only the first so many photos; 0 = all", ge=0, le=10_000_000)
    policy: str = parameter("", "how files are marked: default, google, eu, cn-visible, cn-art9, all", max_length=100)
    producer: str = parameter("", "your provider code, for China's metadata label", max_length=200)
    report: bool = parameter(True, "write report.html and report.json")

    def check(self) -> None:
        from packshot.provenance import policies
        from packshot.publish import channels

        for name in () if self.channel_file else self.channels:
            channels.find(name)
        policies.find(policy_of(self.policy, self.producer) or "default")

    def uploads(self) -> tuple[str, ...]:
        return tuple(filter(None, (self.alt, self.channel_file)))

    def run(self, work: Work) -> None:
        from packshot.publish.fit import fit
        from packshot.serve.jobs.kinds.records import settled

        with settled(work, self.records):
            done = fit(work.pictures(), self.channels, work.out, pipeline=self._recipe(work), **self._options(work))
            for problem in (*done.problems, *done.identifiers):
                work.reporter.say("note", text=str(problem), serious=problem.serious)
            tallies = {name: vars(tally) for name, tally in done.tallies.items()}
            work.reporter.say("channels", tallies=tallies, left_over=done.left_over)

    def _recipe(self, work: Work) -> Recipe | None:
        """What is done to a photo before it is fitted."""
        return None

    def _options(self, work: Work) -> dict[str, Any]:
        def local(name: str, field: str) -> Path | None:
            try:
                return work.named(name) if name else None
            except ParameterError as error:
                raise ParameterError(f"{field}: {error}") from None

        return {
            "alt": local(self.alt, "alt"),
            "channel_file": local(self.channel_file, "channel_file"),
            "max_upscale": self.max_upscale,
            "limit": self.limit or None,
            "report": self.report,
            "policy": policy_of(self.policy, self.producer) or None,
            "signing": work.signing,
            "workers": work.processes,
            "on_progress": work.reporter.pictures,
        }
