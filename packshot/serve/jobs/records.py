"""The record behind a result: what the job's own log says of it, kept with the result."""

from __future__ import annotations

import json

from sqlalchemy import select

from packshot.errors import NotKnown
from packshot.pipeline.record import NAMES, Record
from packshot.serve.database.engine import Database
from packshot.serve.database.schema import results
from packshot.serve.jobs import rows


def record_of(database: Database, tenant: str | None, job: str, name: str) -> Record:
    """The record of a result by its name. Raises NotKnown, also for results that have none (reports, sheets)."""
    with database.reading() as c:
        rows.find(c, tenant, job)
        line = c.execute(select(results.c.record).where(results.c.job == job, results.c.name == name)).scalar()
    if not line:
        raise NotKnown(f"result {name[:200]!r}: job {job} keeps no record of it")
    return Record(**{key: value for key, value in json.loads(line).items() if key in NAMES})
