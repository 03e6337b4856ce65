"""A training run, as `packshot train` does it: stopped, paused or killed, it goes on from its last saved state."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from pydantic import Field

from packshot.errors import ParameterError
from packshot.operations.operation import parameter
from packshot.serve.direct.references import WEIGHTS
from packshot.serve.jobs.kinds.kind import Kind, Source, Work
from packshot.serve.jobs.place import UPLOAD

STOPPED = "stopped"  # the loop's verdict where it obeyed a signal


class Train(Kind):
    """Train a preset; curves are `progress` events, grids of samples `sample` events, the networks results."""

    source: ClassVar[Source] = "optional"

    preset: str = parameter(..., "what to train; GET /v1/presets lists the presets", max_length=100)
    settings: dict[str, Any] = Field({}, description="changed settings or rules of the preset by name")
    columns: tuple[str, ...] = Field(
        (), description="attributes to condition on [default: the preset's]", max_length=50
    )
    minutes: float = parameter(0.0, "stop after so many minutes; 0 = the preset's own end", ge=0, le=1e6)
    images: int = parameter(0, "stop after so many images; 0 = the preset's own end", ge=0, le=10**12)
    start: str = parameter("", "weights to begin with: by name, or the id of an uploaded checkpoint", max_length=200)

    def check(self) -> None:
        from packshot.training import presets

        presets.find(self.preset)
        if self.start and not WEIGHTS.fullmatch(self.start):
            raise ParameterError(f"start: expected the name of weights or the id of an upload, got {self.start!r}")

    def uploads(self) -> tuple[str, ...]:
        return (self.start,) if UPLOAD.fullmatch(self.start) else ()

    def run(self, work: Work) -> None:
        from packshot.serve.jobs.reporter import Stop
        from packshot.training.progress import Progress
        from packshot.training.run import run

        reporter = work.reporter
        reporter.obey = False  # the loop obeys the worker's signal itself, after it has saved its state

        def follow(progress: Progress) -> None:
            numbers = {**vars(progress), "eta": round(progress.seconds_left, 1) if progress.rate else None}
            reporter.numbers(numbers, progress.images, now=True)
            if progress.sample:
                path = work.out / progress.sample
                reporter.file(path, "sample", reach=progress.images, images=progress.images)

        done = run(
            self.preset,
            self._material(work),
            work.out,
            changes=self._changes(),
            columns=self.columns or None,
            device=work.device,
            readers=(follow,),
            start=str(work.named(self.start)) if UPLOAD.fullmatch(self.start) else self.start,
        )
        reporter.rest()
        if done.outcome.verdict == STOPPED:
            raise Stop(reporter.why or "shutdown")

    def _changes(self) -> dict[str, Any]:
        budget = {"minutes": self.minutes, "total_images": self.images}
        return {**self.settings, **{key: value for key, value in budget.items() if value}}

    def _material(self, work: Work) -> Path | str:
        """What to learn from: pack, shards or catalogue as they are; anything else is read into a catalogue first."""
        from packshot.catalogue.dataset.pictures import PACK
        from packshot.catalogue.shards.files import INDEX
        from packshot.pipeline.catalogues import opened

        if work.source is None:
            return "toyshop"
        if any((work.source / name).is_file() for name in (PACK, INDEX)):
            return work.source
        return opened(work.source, work.out.parent / "catalogue")[0].folder
