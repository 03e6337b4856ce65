"""Jobs as workers see them: take one up, say that it lives, report, end it. At least once, and never by two at a time.

A worker holds a job by a lease that it renews. Whoever lost it (the job's `worker` and `attempt` are no longer its own)
can write nothing any more, so what a stopped and revived worker says comes to nothing. A job whose worker is gone goes
back into the queue; one that loses worker after worker without getting any further has failed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, RowMapping, case, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from packshot.serve.database.engine import Database
from packshot.serve.database.schema import jobs, results
from packshot.serve.jobs import outbox, rows
from packshot.serve.jobs.model import Job, Result, State


class LeaseLost(Exception):
    """The job is another worker's by now."""


@dataclass(frozen=True)
class Made:
    """A result to report; see `model.Result`. subject: the photo and variant it is of, "" for other files.

    record: the line of the job's own records that tells of it.
    """

    name: str
    digest: str
    size: int
    media_type: str
    status: str = ""
    subject: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    record: str = ""


class Leases:
    """The workers' side of the store, for one worker. running: most jobs of one tenant at work at once, 0 = any."""

    def __init__(
        self, database: Database, worker: str, *, seconds: float = 30.0, max_losses: int = 5, running: int = 0
    ) -> None:
        self.database, self.worker, self.seconds = database, worker, seconds
        self.max_losses, self.running = max_losses, running

    def claim(self) -> Lease | None:
        """The job that has waited longest, of the tenant with the fewest at work; None if none waits."""
        with self.database.reading() as c:
            now = self.database.now(c)
            waits = (jobs.c.state == "queued") | ((jobs.c.state == "running") & (jobs.c.lease_until < now))
            if c.execute(select(jobs.c.id).where(waits).limit(1)).first() is None:
                return None
        with self.database.writing(alone=True) as c:
            now = self.database.now(c)
            stale = select(jobs).where(jobs.c.state == "running", jobs.c.lease_until < now).with_for_update()
            self._lose(c, c.execute(stale).mappings().all(), now)
            row = self._next(c)
            if row is None:
                return None
            attempt = row["attempt"] + 1
            values = {"state": "running", "worker": self.worker, "attempt": attempt, "wanted": ""}
            values |= {"lease_until": now + self.seconds, "started": row["started"] or now}
            rows.change(c, row["id"], now, [("started", {"attempt": attempt})], **values)
            return Lease(self, rows.job_of(rows.find(c, None, row["id"])), row["losses"])

    def lost(self, workers: Sequence[str]) -> int:
        """Give the jobs of workers that are known to be dead back to the queue; how many there were."""
        with self.database.writing() as c:
            mine = select(jobs).where(jobs.c.state == "running", jobs.c.worker.in_(workers)).with_for_update()
            found = c.execute(mine).mappings().all()
            self._lose(c, found, self.database.now(c))
            return len(found)

    def holders(self) -> list[str]:
        """The workers that hold a job."""
        with self.database.reading() as c:
            return list(c.execute(select(jobs.c.worker).where(jobs.c.state == "running").distinct()).scalars())

    def _next(self, c: Connection) -> RowMapping | None:
        busy = select(jobs.c.tenant, func.count().label("n")).where(jobs.c.state == "running").group_by(jobs.c.tenant)
        held = busy.subquery()
        count = func.coalesce(held.c.n, 0)
        query = select(jobs).outerjoin(held, held.c.tenant == jobs.c.tenant).where(jobs.c.state == "queued")
        query = query.where(count < self.running) if self.running else query
        return c.execute(query.order_by(count, jobs.c.queued, jobs.c.id).limit(1)).mappings().first()

    def _lose(self, c: Connection, found: Iterable[RowMapping], now: float) -> None:
        for row in found:
            losses = row["losses"] + 1
            told: list[rows.Told] = [("lost", {"attempt": row["attempt"]})]
            values: dict[str, Any] = {"worker": "", "lease_until": 0.0, "losses": losses, "queued": row["queued"]}
            state, why = _after_loss(row["wanted"], losses, self.max_losses)
            if state != "queued":
                told.append((state, {"error": why} if why else {}))
            values |= {"state": state, "wanted": "", "error": why}
            values |= {"ended": now} if state in ("failed", "cancelled") else {}
            rows.change(c, row["id"], now, told, **values)
            outbox.note(c, row["id"], now)


@dataclass
class Lease:
    """A job in hand. losses: workers lost over it since it last got further."""

    of: Leases
    job: Job
    losses: int

    def renew(self) -> str:
        """Hold it for longer; `pause` or `cancel` where the caller wants that. Raises LeaseLost, Unavailable."""
        with self.of.database.writing() as c:
            until = self.of.database.now(c) + self.of.seconds
            mine = update(jobs).where(*self._mine()).values(lease_until=until).returning(jobs.c.wanted)
            wanted = c.execute(mine).scalar()
        if wanted is None:
            raise LeaseLost(self.job.id)
        return str(wanted)

    def report(
        self,
        told: Sequence[rows.Told] = (),
        made: Sequence[Made] = (),
        progress: Mapping[str, Any] | None = None,
        reach: float | None = None,
    ) -> str:
        """Write down what happened, all or nothing; what the caller wants, as `renew`. Raises LeaseLost, Unavailable.

        reach: how far the job got; further than ever before clears the count of lost workers.
        """
        with self.of.database.writing() as c:
            now = self.of.database.now(c)
            values: dict[str, Any] = {"last_event": jobs.c.last_event + len(told), "lease_until": now + self.of.seconds}
            if progress is not None:
                values["progress"] = rows.dump(progress)
            if reach is not None:
                values["losses"] = case((jobs.c.reach < reach, 0), else_=jobs.c.losses)
                values["reach"] = case((jobs.c.reach < reach, reach), else_=jobs.c.reach)
            mine = update(jobs).where(*self._mine()).values(values).returning(jobs.c.last_event, jobs.c.wanted)
            row = c.execute(mine).first()
            if row is None:
                raise LeaseLost(self.job.id)
            rows.append(c, self.job.id, now, row[0], list(told))
            for one in made:
                _upsert(c, self.job, one, now)
            return str(row[1])

    def end(self, state: State, error: str = "", told: Sequence[rows.Told] = (), progress: Any = None) -> None:
        """Let go of it: finished, paused, or back in the queue. Raises LeaseLost, Unavailable."""
        with self.of.database.writing() as c:
            now = self.of.database.now(c)
            if c.execute(select(jobs.c.id).where(*self._mine()).with_for_update()).first() is None:
                raise LeaseLost(self.job.id)
            values: dict[str, Any] = {"state": state, "wanted": "", "error": error, "worker": "", "lease_until": 0.0}
            values |= {"ended": now} if state in ("done", "failed", "cancelled") else {}
            values |= {"progress": rows.dump(progress)} if progress is not None else {}
            last = (state, {"error": error} if error else {})
            rows.change(c, self.job.id, now, [*told, last], **values)
            outbox.note(c, self.job.id, now)

    def records(self) -> Iterator[tuple[Result, str]]:
        """Results with the lines of the job's own records that tell of them."""
        after = ""
        while True:
            query = select(results).where(results.c.job == self.job.id, results.c.name > after)
            with self.of.database.reading() as c:
                found = c.execute(query.order_by(results.c.name).limit(500)).mappings().all()
            yield from ((rows.result_of(row), row["record"]) for row in found)
            if not found:
                return
            after = found[-1]["name"]

    def _mine(self) -> tuple[Any, ...]:
        held = jobs.c.worker == self.of.worker, jobs.c.attempt == self.job.attempts
        return (jobs.c.id == self.job.id, jobs.c.state == "running", *held)


def _after_loss(wanted: str, losses: int, most: int) -> tuple[State, str]:
    """The state of a job that lost its worker, and why it failed."""
    if wanted == "cancel":
        return "cancelled", ""
    if losses >= most:
        why = f"its worker died {losses} times without getting further: it needs more memory than there is, or a fault"
        return "failed", why + "; retry it with fewer or smaller pictures"
    return ("paused", "") if wanted == "pause" else ("queued", "")


def _upsert(c: Connection, job: Job, one: Made, now: float) -> None:
    """Write a result; an earlier one of the same name, or of the same photo and variant, is gone."""
    if one.subject:
        older = results.c.job == job.id, results.c.subject == one.subject, results.c.name != one.name
        c.execute(delete(results).where(*older))
    values = {"tenant": job.tenant, "digest": one.digest, "size": one.size, "media_type": one.media_type}
    values |= {"status": one.status, "subject": one.subject, "facts": rows.dump(dict(one.facts))}
    values |= {"record": one.record, "made": now}
    insert = (sqlite if c.dialect.name == "sqlite" else postgresql).insert(results)
    row = insert.values(job=job.id, name=one.name, **values)
    c.execute(row.on_conflict_do_update(index_elements=["job", "name"], set_=values))
