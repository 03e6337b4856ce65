"""Jobs as callers see them: hand in, look, command, read events and results. One tenant never sees another's.

Handing in twice with the same idempotency key makes one job. The queue is bounded, and so is what one tenant may have
open. Everything a caller is told has been committed to disk before.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, func, insert, select
from sqlalchemy.exc import IntegrityError

from packshot.errors import Busy, Conflict, NotKnown, ParameterError
from packshot.serve.database.counters import spend
from packshot.serve.database.engine import Database
from packshot.serve.database.schema import deliveries, events, jobs, results
from packshot.serve.jobs import outbox, rows
from packshot.serve.jobs.model import COMMANDS, FINISHED, OPEN, Command, Event, Job, JobRequest, Result, State

MOST_AT_ONCE = 1000
LONGEST_KEY = 255


@dataclass(frozen=True)
class Bounds:
    """How much is taken on. queued: jobs that wait, of everybody. open: unfinished ones of a tenant. daily: 0 = any."""

    queued: int = 1000
    open: int = 200
    daily: int = 0


class JobStore:
    """The callers' side. `tenant` None sees and commands everybody's jobs (an administrator)."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def submit(
        self, tenant: str, request: JobRequest, *, key: str = "", bounds: Bounds | None = None
    ) -> tuple[Job, bool]:
        """The job, and whether it is new (False: `key` was used for the same request before).

        Raises Conflict if the key was used for another request, Busy if the queue or the tenant's share is full.
        """
        if len(key) > LONGEST_KEY:
            raise ParameterError(f"idempotency key: expected at most {LONGEST_KEY} characters, got {len(key)}")
        try:
            return self._submitted(tenant, request, key, bounds or Bounds())
        except IntegrityError:  # the same key came in at the same moment
            return self._submitted(tenant, request, key, bounds or Bounds())

    def job(self, tenant: str | None, job: str) -> Job:
        """A job by id. Raises NotKnown."""
        with self.database.reading() as c:
            return rows.job_of(rows.find(c, tenant, job))

    def jobs(
        self,
        tenant: str | None,
        *,
        states: Sequence[State] = (),
        kind: str = "",
        before: str = "",
        limit: int = 50,
    ) -> list[Job]:
        """Jobs, the newest first. before: id of the last one already seen."""
        query = select(jobs).order_by(jobs.c.created.desc(), jobs.c.id.desc()).limit(_bounded(limit))
        query = query if tenant is None else query.where(jobs.c.tenant == tenant)
        query = query.where(jobs.c.state.in_(states)) if states else query
        query = query.where(jobs.c.kind == kind) if kind else query
        with self.database.reading() as c:
            if before:
                seen = rows.find(c, tenant, before)
                older = (jobs.c.created < seen["created"]) | (
                    (jobs.c.created == seen["created"]) & (jobs.c.id < seen["id"])
                )
                query = query.where(older)
            return [rows.job_of(row) for row in c.execute(query).mappings()]

    def counts(self, tenant: str | None = None) -> dict[str, int]:
        """State → how many jobs."""
        query = select(jobs.c.state, func.count()).group_by(jobs.c.state)
        query = query if tenant is None else query.where(jobs.c.tenant == tenant)
        with self.database.reading() as c:
            return {state: int(number) for state, number in c.execute(query)}

    def command(self, tenant: str | None, job: str, command: Command) -> Job:
        """Pause, resume, cancel or retry; twice is as once. Raises NotKnown, Conflict, ParameterError."""
        if command not in COMMANDS:
            raise ParameterError(f"command: expected one of {', '.join(COMMANDS)}; got {command!r}")
        with self.database.writing() as c:
            row = rows.find(c, tenant, job, lock=True)
            now = self.database.now(c)
            told, values = _commanded(row, command, now)
            if values:
                rows.change(c, job, now, [(told, {})] if told else [], **values)
                outbox.note(c, job, now)
            return rows.job_of(rows.find(c, tenant, job))

    def events(self, tenant: str | None, job: str, after: int = 0, limit: int = MOST_AT_ONCE) -> list[Event]:
        """Events with numbers above `after`, in order. Raises NotKnown."""
        query = select(events).where(events.c.job == job, events.c.number > after)
        with self.database.reading() as c:
            rows.find(c, tenant, job)
            found = c.execute(query.order_by(events.c.number).limit(_bounded(limit))).mappings()
            return [rows.event_of(row) for row in found]

    def results(
        self, tenant: str | None, job: str, *, after: str = "", status: str = "", limit: int = MOST_AT_ONCE
    ) -> list[Result]:
        """Results in the order of their names. after: name of the last one already seen. Raises NotKnown."""
        query = select(results).where(results.c.job == job, results.c.name > after)
        query = query.where(results.c.status == status) if status else query
        with self.database.reading() as c:
            rows.find(c, tenant, job)
            found = c.execute(query.order_by(results.c.name).limit(_bounded(limit))).mappings()
            return [rows.result_of(row) for row in found]

    def result(self, tenant: str | None, job: str, name: str) -> Result:
        """A result by name. Raises NotKnown."""
        with self.database.reading() as c:
            rows.find(c, tenant, job)
            row = c.execute(select(results).where(results.c.job == job, results.c.name == name)).mappings().first()
        if row is None:
            raise NotKnown(
                f"result {name[:200]!r}: job {job} has none of that name; GET /v1/jobs/{job}/results lists them"
            )
        found = rows.result_of(row)
        if not found.digest:
            raise NotKnown(f"result {name[:200]!r}: came to nothing ({found.facts.get('reason', 'failed')})")
        return found

    def delete(self, tenant: str | None, job: str) -> None:
        """Forget a finished job with its events and results. Raises NotKnown, Conflict if it is not finished."""
        with self.database.writing() as c:
            row = rows.find(c, tenant, job, lock=True)
            if row["state"] not in FINISHED:
                raise Conflict(f"job {job}: is {row['state']}; cancel it before it is deleted")
            forget(c, [job])

    def _submitted(self, tenant: str, request: JobRequest, key: str, bounds: Bounds) -> tuple[Job, bool]:
        with self.database.writing(alone=True) as c:
            if key:
                before = c.execute(select(jobs).where(jobs.c.tenant == tenant, jobs.c.key == key)).mappings().first()
                if before is not None:
                    return _same(rows.job_of(before), request, key), False
            now = self.database.now(c)
            _check_room(c, tenant, bounds)
            spend(c, tenant, "jobs", now, 1, bounds.daily)
            job = "job_" + secrets.token_hex(12)
            values = {"tenant": tenant, "key": key or None, "kind": request.kind, "state": "queued"}
            text = rows.dump(request.model_dump(mode="json"))
            c.execute(insert(jobs).values(id=job, request=text, created=now, queued=now, **values))
            rows.change(c, job, now, [("queued", {})])
            return rows.job_of(rows.find(c, tenant, job)), True


def forget(c: Connection, found: Sequence[str]) -> None:
    """Delete jobs with all that belongs to them, inside a transaction that writes."""
    for table in (events, results, deliveries):
        c.execute(delete(table).where(table.c.job.in_(found)))
    c.execute(delete(jobs).where(jobs.c.id.in_(found)))


def _same(job: Job, request: JobRequest, key: str) -> Job:
    if job.request.digest() != request.digest():
        raise Conflict(
            f"idempotency key {key[:80]!r}: was used for another request, which became {job.id}; use a new one"
        )
    return job


def _check_room(c: Connection, tenant: str, bounds: Bounds) -> None:
    waiting = c.execute(select(func.count()).where(jobs.c.state == "queued")).scalar_one()
    if waiting >= bounds.queued:
        raise Busy(f"queue: {waiting:,} jobs wait already, at most {bounds.queued:,}; come back later", 15.0)
    mine = c.execute(select(func.count()).where(jobs.c.tenant == tenant, jobs.c.state.in_(OPEN))).scalar_one()
    if mine >= bounds.open:
        raise Busy(
            f"quota: {mine:,} of your jobs are unfinished, at most {bounds.open:,}; wait for some or cancel", 15.0
        )


def _commanded(row: RowMapping, command: Command, now: float) -> tuple[str, dict[str, Any]]:
    """The event to tell and the columns to set; nothing to set if it is so already."""
    state, wanted = row["state"], row["wanted"]
    again = {"state": "queued", "wanted": "", "error": "", "losses": 0, "reach": 0.0, "queued": now, "ended": None}
    ways: dict[tuple[str, str], tuple[str, dict[str, Any]]] = {
        ("pause", "queued"): ("paused", {"state": "paused"}),
        ("pause", "paused"): ("", {}),
        ("pause", "running"): ("", {}) if wanted else ("pausing", {"wanted": "pause"}),
        ("resume", "queued"): ("", {}),
        ("resume", "paused"): ("resumed", again),
        ("resume", "running"): ("resumed", {"wanted": ""}) if wanted == "pause" else ("", {}),
        ("cancel", "queued"): ("cancelled", {"state": "cancelled", "ended": now}),
        ("cancel", "paused"): ("cancelled", {"state": "cancelled", "ended": now}),
        ("cancel", "running"): ("", {}) if wanted == "cancel" else ("cancelling", {"wanted": "cancel"}),
        ("cancel", "cancelled"): ("", {}),
        ("retry", "done"): ("queued", again),
        ("retry", "failed"): ("queued", again),
        ("retry", "cancelled"): ("queued", again),
        ("retry", "queued"): ("", {}),
    }
    way = ways.get((command, state))
    if way is None:
        fits = " or ".join(sorted(then for what, then in ways if what == command))
        raise Conflict(f"job {row['id']}: is {state}; {command} is for jobs that are {fits}")
    return way


def _bounded(limit: int) -> int:
    if not 1 <= limit <= MOST_AT_ONCE:
        raise ParameterError(f"limit: expected 1 to {MOST_AT_ONCE}, got {limit}")
    return limit
