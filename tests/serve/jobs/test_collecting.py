"""What is old goes, what is needed stays."""

import io
import os

import pytest
from sqlalchemy import update

from packshot.errors import NotKnown
from packshot.serve.backend import Backend
from packshot.serve.database.schema import jobs, uploads
from packshot.serve.jobs.collecting import collect
from packshot.serve.jobs.leases import Leases, Made
from packshot.serve.jobs.model import JobRequest
from packshot.serve.jobs.place import folder_of

OLD = 1e9


@pytest.fixture
def backend(settings):
    made = Backend.open(settings)
    yield made
    made.close()


def upload(backend, tenant="shop"):
    return backend.uploads.add(tenant, "1.jpg", backend.blobs.put(tenant, io.BytesIO(os.urandom(1000))))


def worked(backend, files=(), end="done"):
    """A job with one result of 1,000 bytes."""
    job, _ = backend.jobs.submit("shop", JobRequest(kind="pipeline", files=tuple(files)))
    lease = Leases(backend.database, "w").claim()
    blob = backend.blobs.put("shop", io.BytesIO(os.urandom(1000)))
    lease.report(made=[Made("1.jpg", blob.digest, blob.size, "image/jpeg", "done", "1")])
    folder_of(backend.work, "shop", job.id).mkdir(parents=True)
    if end:
        lease.end(end)
    return job.id


def aged(backend, *ids):
    with backend.database.writing() as c:
        c.execute(update(jobs).where(jobs.c.id.in_(ids)).values(ended=OLD, created=OLD))
        c.execute(update(uploads).where(uploads.c.id.in_(ids)).values(used=OLD))


def test_old_jobs_and_uploads_go_with_their_bytes(backend):
    old, new = upload(backend), upload(backend)
    finished, recent = worked(backend, [old.id]), worked(backend, [new.id])
    aged(backend, finished, old.id)
    counted = collect(backend, young=0)
    assert (counted["jobs"], counted["uploads"], counted["files"], counted["folders"]) == (1, 1, 2, 1)
    for gone in (lambda: backend.jobs.job("shop", finished), lambda: backend.uploads.find("shop", old.id)):
        with pytest.raises(NotKnown):
            gone()
    kept = backend.jobs.result("shop", recent, "1.jpg")
    assert len(b"".join(backend.blobs.pieces("shop", kept.digest))) == 1000
    assert len(list(backend.blobs.all())) == 2
    assert not folder_of(backend.work, "shop", finished).exists()
    assert folder_of(backend.work, "shop", recent).exists()
    assert sum(collect(backend, young=0).values()) == 0


def test_nothing_of_an_unfinished_job_is_touched(backend):
    needed, named = upload(backend), upload(backend)
    recipe = f"steps:\n  - cutout\n  - background: {{kind: picture, picture: {named.id}}}\n"
    request = JobRequest(kind="pipeline", parameters={"recipe": recipe}, files=(needed.id,))
    job, _ = backend.jobs.submit("shop", request)
    backend.jobs.command("shop", job.id, "pause")
    aged(backend, job.id, needed.id, named.id)
    counted = collect(backend, young=0)
    assert (counted["jobs"], counted["uploads"], counted["files"]) == (0, 0, 0)
    assert backend.uploads.find("shop", named.id) == named


def test_bytes_just_written_stay(backend):
    backend.blobs.put("shop", io.BytesIO(b"about to be written down"))
    assert collect(backend)["files"] == 0
    assert collect(backend, young=0)["files"] == 1


def test_the_oldest_finished_jobs_go_when_a_tenant_stores_too_much(backend):
    _, _, third = (worked(backend) for _ in range(3))
    open_job = worked(backend, end="")
    small = Backend.open(backend.settings.model_copy(update={"storage_mb": 1}))
    object.__setattr__(small.uploads, "storage", 2500)
    assert collect(small, young=0)["over quota"] == 2
    assert {job.id for job in backend.jobs.jobs("shop")} == {third, open_job}
    object.__setattr__(small.uploads, "storage", 10)
    assert collect(small, young=0)["over quota"] == 1
    assert {job.id for job in backend.jobs.jobs("shop")} == {open_job}
    small.close()
