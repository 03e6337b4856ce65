"""Collection of what is no longer needed, by age; run once an hour by the server, and at will.

Deleted are: finished jobs, their events and results, `keep_days` after their end; uploads that no unfinished job names,
`keep_days` after their last use; the oldest finished jobs of a tenant whose files are more than `storage_mb`; counters
after two months; then bytes that no upload and no result names any more, folders of jobs there are no more, unfinished
writes of killed processes. Nothing of an unfinished job is ever touched. Bytes younger than an hour stay: their upload
may be about to be written down.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterable, Iterator
from itertools import islice

from sqlalchemy import Connection, delete, select

from packshot.serve.backend import Backend
from packshot.serve.database.schema import deliveries, jobs, results, uploads
from packshot.serve.jobs import kinds, store
from packshot.serve.jobs.model import FINISHED, OPEN, JobRequest

DAY = 86400.0
YOUNG = 3600.0  # seconds
AT_ONCE = 200


def collect(backend: Backend, *, young: float = YOUNG) -> dict[str, int]:
    """Delete what is no longer needed; how many of what. young: seconds that bytes are left alone."""
    keep = backend.settings.keep_days * DAY
    counted = {"jobs": _old_jobs(backend, keep), "uploads": _old_uploads(backend, keep)}
    counted["over quota"] = _over_quota(backend)
    counted["files"] = _orphans(backend, young)
    counted["folders"] = _folders(backend)
    counted["parts"] = backend.blobs.sweep_parts(young)
    with backend.database.writing() as c:
        over = deliveries.c.state != "waiting", deliveries.c.made < backend.database.now(c) - keep
        counted["deliveries"] = c.execute(delete(deliveries).where(*over)).rowcount
    backend.counters.forget()
    return counted


def _old_jobs(backend: Backend, keep: float) -> int:
    deleted = 0
    while True:
        with backend.database.writing() as c:
            oldest = backend.database.now(c) - keep
            query = select(jobs.c.id).where(jobs.c.state.in_(FINISHED), jobs.c.ended < oldest).limit(AT_ONCE)
            found = list(c.execute(query.with_for_update()).scalars())
            store.forget(c, found)
        deleted += len(found)
        if not found:
            return deleted


def _old_uploads(backend: Backend, keep: float) -> int:
    """Uploads of unfinished jobs are counted as used now first; then the rest goes by age."""
    deleted = 0
    with backend.database.writing() as c:
        now = backend.database.now(c)
        for part in _parts(_needed(c), AT_ONCE):
            c.execute(uploads.update().where(uploads.c.id.in_(part)).values(used=now))
        deleted += c.execute(delete(uploads).where(uploads.c.used < now - keep)).rowcount
    return deleted


def _over_quota(backend: Backend) -> int:
    """Finished jobs of tenants that store more than they may, the oldest first, until they do not."""
    deleted = 0
    if not backend.uploads.storage:
        return 0
    with backend.database.reading() as c:
        tenants = list(c.execute(select(jobs.c.tenant).distinct()).scalars())
    for tenant in tenants:
        while backend.uploads.stored(tenant) > backend.uploads.storage:
            with backend.database.writing() as c:
                mine = select(jobs.c.id).where(jobs.c.tenant == tenant, jobs.c.state.in_(FINISHED))
                found = list(c.execute(mine.order_by(jobs.c.ended).limit(1)).scalars())
                store.forget(c, found)
            deleted += len(found)
            if not found:
                break
    return deleted


def _needed(c: Connection) -> Iterator[str]:
    """Ids of the uploads that unfinished jobs work on."""
    for text in c.execute(select(jobs.c.request).where(jobs.c.state.in_(OPEN))).scalars():
        request = JobRequest.model_validate(json.loads(text))
        yield from request.files
        yield from kinds.build(request.kind, request.parameters).uploads()


def _orphans(backend: Backend, young: float) -> int:
    """Bytes that nothing names any more."""
    deleted = 0
    old = ((tenant, digest) for tenant, digest, at in backend.blobs.all() if time.time() - at >= young)
    for tenant, digest in old:
        with backend.database.reading() as c:
            named = any(
                c.execute(select(t.c.digest).where(t.c.tenant == tenant, t.c.digest == digest).limit(1)).first()
                for t in (uploads, results)
            )
        if not named:
            backend.blobs.delete(tenant, digest)
            deleted += 1
    return deleted


def _folders(backend: Backend) -> int:
    """Folders of jobs there are no more."""
    deleted = 0
    for folder in backend.work.glob("*/job_*"):
        with backend.database.reading() as c:
            known = c.execute(select(jobs.c.id).where(jobs.c.id == folder.name)).first()
        if known is None:
            shutil.rmtree(folder, ignore_errors=True)
            deleted += 1
    return deleted


def _parts(items: Iterable[str], size: int) -> Iterator[list[str]]:
    stream = iter(items)
    while part := list(islice(stream, size)):
        yield part
