"""How fast each engine runs weights on this machine, as `packshot models bench`; the fastest is remembered."""

from __future__ import annotations

from dataclasses import asdict
from typing import ClassVar

from pydantic import Field

from packshot.errors import ParameterError
from packshot.operations.operation import parameter
from packshot.serve.direct.references import WEIGHTS
from packshot.serve.jobs.kinds.kind import Kind, Source, Work


class Bench(Kind):
    """Time every engine on weights; the fastest that passes the accuracy gate is used from then on."""

    source: ClassVar[Source] = "none"

    models: tuple[str, ...] = Field(..., description="weights by name; GET /v1/models lists them", min_length=1)
    size: int = parameter(256, "side of the picture", unit="px", ge=32, le=2048)

    def check(self) -> None:
        from packshot import checkpoint, models
        from packshot.models import bench
        from packshot.serve.direct.editing import known_weights

        for name in self.models:
            if not WEIGHTS.fullmatch(name):
                raise ParameterError(f"models: expected names of weights, got {name!r}")
            known_weights(name)
            bench.check(checkpoint.read(models.find(name)))

    def run(self, work: Work) -> None:
        from packshot import checkpoint, models
        from packshot.models import bench, engines

        total, finished = len(self.models) * len(engines.TABLE), 0
        for name in self.models:
            stored, rows = checkpoint.read(models.find(name)), []
            for row in bench.measured(stored, self.size):
                rows.append(row)
                finished += 1
                work.reporter.say("note", text=f"{name}: {row.engine}", **asdict(row))
                work.reporter.numbers({"finished": finished, "total": total}, finished, now=True)
            chosen = bench.remember(stored, rows)
            work.reporter.say("note", text=f"{name}: fastest exact enough is {chosen}", model=name, engine=chosen)
