"""Rows of the tables as jobs, events and results, and the few statements that both sides of the store share."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, RowMapping, insert, select, update

from packshot.errors import NotKnown
from packshot.serve.database.schema import events, jobs
from packshot.serve.jobs.model import Event, Job, JobRequest, Result, moment

Told = tuple[str, Mapping[str, Any]]  # name and data of an event


def dump(value: Any) -> str:
    """As JSON, compact; surrogates of odd file names are written as escapes, which every database takes."""
    return json.dumps(value, ensure_ascii=True, separators=(",", ":"))


def job_of(row: RowMapping) -> Job:
    """A row of `jobs`."""
    return Job(
        id=row["id"],
        tenant=row["tenant"],
        kind=row["kind"],
        state=row["state"],
        wanted=row["wanted"],
        request=JobRequest.model_validate_json(row["request"]),
        created=moment(row["created"]),
        started=moment(row["started"]),
        ended=moment(row["ended"]),
        progress=json.loads(row["progress"]),
        error=row["error"],
        attempts=row["attempt"],
        last_event=row["last_event"],
    )


def event_of(row: RowMapping) -> Event:
    """A row of `events`."""
    return Event(number=row["number"], at=moment(row["at"]), name=row["name"], data=json.loads(row["data"]))


def result_of(row: RowMapping) -> Result:
    """A row of `results`."""
    plain = {name: row[name] for name in ("name", "tenant", "digest", "size", "media_type", "status")}
    return Result(**plain, facts=json.loads(row["facts"]), made=moment(row["made"]))


def find(c: Connection, tenant: str | None, job: str, *, lock: bool = False) -> RowMapping:
    """The row of a tenant's job (None: anybody's). Raises NotKnown; another tenant's job is not told apart."""
    query = select(jobs).where(jobs.c.id == job)
    if tenant is not None:
        query = query.where(jobs.c.tenant == tenant)
    row = c.execute(query.with_for_update() if lock else query).mappings().first()
    if row is None:
        raise NotKnown(f"job {job[:80]!r}: there is none of that id; GET /v1/jobs lists yours")
    return row


def change(c: Connection, job: str, now: float, told: Iterable[Told] = (), **values: Any) -> None:
    """Set columns of a job and append events to it, numbered on from its last. The row is locked until the commit."""
    happened = list(told)
    numbered = {"last_event": jobs.c.last_event + len(happened), **values}
    last = c.execute(update(jobs).where(jobs.c.id == job).values(numbered).returning(jobs.c.last_event)).scalar_one()
    append(c, job, now, last, happened)


def append(c: Connection, job: str, now: float, last: int, happened: list[Told]) -> None:
    """Write events whose numbers were reserved: the newest is `last`."""
    first = last - len(happened) + 1
    rows = [
        {"job": job, "number": first + i, "at": now, "name": name, "data": dump(data)}
        for i, (name, data) in enumerate(happened)
    ]
    if rows:
        c.execute(insert(events), rows)
