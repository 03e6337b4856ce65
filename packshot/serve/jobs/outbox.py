"""Webhooks are written down in the transaction that ends a job, so that none is lost and none is sent for nothing."""

from __future__ import annotations

import secrets

from sqlalchemy import Connection, insert

from packshot.serve.database.schema import deliveries
from packshot.serve.jobs import rows
from packshot.serve.jobs.model import FINISHED


def note(c: Connection, job: str, now: float) -> None:
    """Put a delivery into the outbox if the job has ended and its caller wants to be told."""
    found = rows.job_of(rows.find(c, None, job))
    if found.state not in FINISHED or not found.request.webhook:
        return
    body = {"event": f"job.{found.state}", "job": found.model_dump(mode="json", exclude={"request": {"files"}})}
    row = {"id": "hook_" + secrets.token_hex(12), "tenant": found.tenant, "job": job, "url": found.request.webhook}
    row |= {"body": rows.dump({"id": row["id"], **body}), "state": "waiting"}
    c.execute(insert(deliveries).values(**row, next_at=now, made=now))
