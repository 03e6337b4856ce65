"""Around work that keeps records of its own: what a killed attempt did not report is reported, the rest at the end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from packshot.pipeline.record import Index
from packshot.serve.jobs.kinds.kind import Work


@contextmanager
def settled(work: Work, records: str) -> Iterator[None]:
    """Everything in the output folder is a result in the end, and every newest record is told of."""
    _catch_up(work, records)
    yield
    _catch_up(work, records)
    work.reporter.rest()


def _catch_up(work: Work, records: str) -> None:
    index = Index(work.out / records)
    try:
        work.reporter.catch_up(index.newest())
    finally:
        index.close()
