"""Jobs at work: every kind to its end, stopped and gone on with, after a crash, on a full disk, with hostile input."""

import hashlib
import inspect
import io
import json
import os
import signal
import subprocess
import threading
import time
import zipfile
from contextlib import contextmanager

import pytest
from sqlalchemy import delete, select

from packshot.errors import ChannelError, NotKnown, ParameterError, RecipeError, UnsafePath
from packshot.serve.backend import Backend
from packshot.serve.database.engine import Database
from packshot.serve.database.schema import metadata
from packshot.serve.database.schema import results as results_table
from packshot.serve.jobs import kinds
from packshot.serve.jobs.model import JobRequest
from packshot.serve.jobs.place import folder_of
from packshot.serve.jobs.worker import Worker
from tests.pipeline import drawn
from tests.serve.conftest import wait_until
from tests.serve.objects import s3_server

RECIPE = "steps:\n  - cutout: {method: classical}\n  - background\n  - frame: {width: 64, height: 64}\n"
PICTURES = ("a/0.jpg", "a/1.jpg", "b/0.jpg")


@pytest.fixture
def backend(settings):
    made = Backend.open(settings)
    yield made
    made.close()


@contextmanager
def hired(backend):
    """A worker in this process, with its signal."""
    made = Worker(backend)
    before = signal.signal(signal.SIGTERM, made.leave)
    yield made
    signal.signal(signal.SIGTERM, before)
    made.alive.close()


@pytest.fixture
def worker(backend):
    with hired(backend) as made:
        yield made


@pytest.fixture(scope="session")
def photos():
    return [drawn.jpeg(number, 72) for number in range(len(PICTURES))]


def upload(backend, name, data):
    return backend.uploads.add("shop", name, backend.blobs.put("shop", io.BytesIO(data))).id


def handed(backend, kind, parameters=None, files=(), **more):
    request = JobRequest(kind=kind, parameters=parameters or {}, files=tuple(files), **more)
    kinds.checked(request)
    return backend.jobs.submit("shop", request)[0].id


def pictures(backend, photos):
    return [upload(backend, name, data) for name, data in zip(PICTURES, photos, strict=True)]


def do(worker, backend, job):
    """Let the worker do its next job, which must be this one."""
    lease = worker.leases.claim()
    assert lease.job.id == job
    worker.do(lease)
    found = backend.jobs.job("shop", job)
    assert not found.error, found.error
    return found


def told(backend, job, name):
    return [event.data for event in backend.jobs.events("shop", job) if event.name == name]


def content(backend, job, name):
    result = backend.jobs.result("shop", job, name)
    return b"".join(backend.blobs.pieces("shop", result.digest))


def names(backend, job):
    return {result.name for result in backend.jobs.results("shop", job)}


def test_a_pipeline_from_uploads_to_marked_pictures(backend, worker, photos):
    from packshot.provenance.verify import verify

    job = handed(backend, "pipeline", {"recipe": RECIPE}, pictures(backend, photos))
    done = do(worker, backend, job)
    assert (done.state, done.progress["finished"], done.progress["done"]) == ("done", 3, 3)
    assert names(backend, job) >= {*PICTURES, "edits.jsonl", "report.html", "report.json"}
    assert [event["name"] for event in told(backend, job, "result")] == list(PICTURES)
    picture = content(backend, job, "a/1.jpg")
    path = backend.work / "picture.jpg"
    path.write_bytes(picture)
    assert verify(path).content_credentials
    for name in names(backend, job):
        assert str(backend.work).encode() not in content(backend, job, name), f"{name} names the service's folders"


def test_paused_and_gone_on_with(backend, worker, photos):
    job = handed(backend, "pipeline", {"recipe": RECIPE, "report": False}, pictures(backend, photos))
    for command, state, finished in (("pause", "paused", 1), ("cancel", "cancelled", 2)):
        lease = worker.leases.claim()
        backend.jobs.command("shop", job, command)
        worker.do(lease)
        assert backend.jobs.job("shop", job).state == state
        assert len(told(backend, job, "result")) <= finished
        backend.jobs.command("shop", job, "resume" if state == "paused" else "retry")
    assert do(worker, backend, job).progress["finished"] == 3
    assert sorted(event["name"] for event in told(backend, job, "result")) == sorted(PICTURES)


def test_what_a_killed_worker_made_but_did_not_report_is_reported(backend, worker, photos):
    job = handed(backend, "pipeline", {"recipe": RECIPE, "report": False}, pictures(backend, photos))
    do(worker, backend, job)
    before = {name: content(backend, job, name) for name in PICTURES}
    with backend.database.writing() as c:
        c.execute(delete(results_table).where(results_table.c.name != "a/0.jpg"))
    backend.jobs.command("shop", job, "retry")
    assert do(worker, backend, job).progress["skipped"] == 3
    assert {name: content(backend, job, name) for name in PICTURES} == before


def test_a_job_goes_on_on_another_machine(settings, photos, postgres, monkeypatch, tmp_path):
    """PostgreSQL and S3 are what the two machines share: results and their records come back from there."""
    old = Database(postgres.url, create=True)
    metadata.drop_all(old.engine)
    old.close()
    with s3_server("pictures") as address:
        for name, value in (("ENDPOINT_URL", address), ("ACCESS_KEY_ID", "test"), ("SECRET_ACCESS_KEY", "test")):
            monkeypatch.setenv(f"AWS_{name}", value)
        shared = {"store": postgres.url, "files": "s3://pictures/packshot"}
        here, there = (
            Backend.open(settings.model_copy(update={**shared, "data": tmp_path / place}))
            for place in ("here", "there")
        )
        job = handed(here, "pipeline", {"recipe": RECIPE}, pictures(here, photos))
        with hired(here) as first:
            lease = first.leases.claim()
            here.jobs.command("shop", job, "pause")
            first.do(lease)
        there.jobs.command("shop", job, "resume")
        with hired(there) as second:
            done = do(second, there, job)
        assert done.progress["skipped"] + done.progress["done"] == 3
        assert len(content(here, job, "edits.jsonl").decode().splitlines()) == 3
        assert sorted(event["name"] for event in told(here, job, "result")) == sorted(PICTURES)
        for backend in (here, there):
            backend.close()


def test_the_database_is_gone_for_a_while_and_nothing_is_lost(backend, worker, photos):
    job = handed(backend, "pipeline", {"recipe": RECIPE, "report": False}, pictures(backend, photos))
    path, away = backend.database.path, backend.database.path.with_suffix(".away")

    def vanish():
        wait_until(lambda: told(backend, job, "result"))
        path.rename(away)
        time.sleep(1.0)
        away.rename(path)

    vanishing = threading.Thread(target=vanish)
    lease = worker.leases.claim()
    vanishing.start()
    worker.do(lease)
    vanishing.join()
    assert backend.jobs.job("shop", job).state == "done"
    assert [event["name"] for event in told(backend, job, "result")] == list(PICTURES)
    assert names(backend, job) >= set(PICTURES)


def test_a_bad_picture_fails_alone_and_can_be_tried_again(backend, worker, photos):
    files = [upload(backend, "good.jpg", photos[0]), upload(backend, "torn.jpg", photos[1][:900])]
    job = handed(backend, "pipeline", {"recipe": RECIPE, "report": False}, files)
    done = do(worker, backend, job)
    assert (done.state, done.progress["failed"]) == ("done", 1)
    failed = backend.jobs.results("shop", job, status="failed")
    assert [result.name for result in failed] == ["failed:torn.jpg"]
    assert "torn.jpg" in failed[0].facts["reason"]
    with pytest.raises(NotKnown, match="came to nothing"):
        backend.jobs.result("shop", job, "failed:torn.jpg")
    backend.jobs.command("shop", job, "retry")
    assert do(worker, backend, job).progress["skipped"] == 1
    assert len(backend.jobs.results("shop", job, status="failed")) == 1


def test_listing_fit_and_check(backend, worker, photos):
    parameters = {"channels": ["ebay"], "overrides": {"cutout.method": "classical"}, "limit": 1, "report": False}
    files = pictures(backend, photos)[:1]
    job = handed(backend, "listing", parameters, files)
    assert do(worker, backend, job).progress["finished"] == 1
    made = [result for result in backend.jobs.results("shop", job) if result.status]
    assert len(made) == 1
    assert made[0].facts["checks"], "what the channel's rules said of it"
    assert told(backend, job, "channels")[0]["tallies"]["ebay"]
    fitted = upload(backend, "0.jpg", content(backend, job, made[0].name))
    job = handed(backend, "fit", {"channels": ["ebay"], "report": False}, [fitted])
    assert do(worker, backend, job).progress["finished"] == 1
    job = handed(backend, "check", {"channels": ["ebay"], "text": "strokes"}, [fitted])
    assert do(worker, backend, job).progress["finished"] == 1
    assert names(backend, job) == {"check.html", "check.json", "check.xml"}
    assert json.loads(content(backend, job, "check.json"))["results"]


def test_generate_goes_on_with_the_next_number(backend, worker):
    parameters = {"checkpoint": "fashion-gan", "count": 3, "seed": 5}
    job = handed(backend, "generate", parameters)
    lease = worker.leases.claim()
    backend.jobs.command("shop", job, "pause")
    worker.do(lease)
    first = content(backend, job, "00000.png")
    backend.jobs.command("shop", job, "resume")
    assert do(worker, backend, job).progress == {"finished": 3, "total": 3}
    assert content(backend, job, "00000.png") == first
    assert [event["name"] for event in told(backend, job, "result")] == ["00000.png", "00001.png", "00002.png"]
    assert names(backend, job) == {"00000.png", "00001.png", "00002.png", "generated.jsonl", "sheet.png"}


def test_train_tells_its_curve_and_leaves_its_networks(backend, worker, photos):
    table = "sku,title,category,colour,material,image\n" + "".join(
        f"S{n},a thing,{'toy' if n else 'ball'},red,wood,{name}\n" for n, name in enumerate(PICTURES)
    )
    files = [*pictures(backend, photos), upload(backend, "products.csv", table.encode())]
    few = {"batch": 2, "log_images": 2, "sample_images": 4, "samples": 2}
    job = handed(backend, "train", {"preset": "toyshop-judge", "settings": few, "images": 4}, files)
    done = do(worker, backend, job)
    assert (done.state, done.progress["images"], done.progress["verdict"]) == ("done", 4, "finished")
    curve = told(backend, job, "progress")
    assert [point["images"] for point in curve] == [2, 4]
    assert all(point["losses"] for point in curve)
    assert names(backend, job) >= {"classifier.safetensors", "log.jsonl", "training.html", "state.safetensors"}


def test_a_full_disk_puts_the_job_off_and_no_picture_fails(backend, worker, photos):
    job = handed(backend, "pipeline", {"recipe": RECIPE, "report": False}, pictures(backend, photos))
    place = folder_of(backend.work, "shop", job) / "out"
    place.mkdir(parents=True)
    if (
        os.geteuid()
        or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8k", "tmpfs", place], check=False).returncode
    ):
        pytest.skip("a small file system can only be mounted by root")
    try:
        worker.do(worker.leases.claim())
        assert backend.jobs.job("shop", job).state == "queued"
        assert backend.jobs.events("shop", job)[-2].name == "stopped"
        assert backend.jobs.results("shop", job, status="failed") == []
    finally:
        subprocess.run(["umount", "-l", place], check=True)
    done = do(worker, backend, job)
    assert (done.state, done.progress["failed"]) == ("done", 0)
    assert names(backend, job) >= set(PICTURES)


def test_with_too_little_room_no_job_is_taken_up(backend, worker):
    handed(backend, "generate", {"checkpoint": "fashion-gan"})
    worker.backend = Backend.open(backend.settings.model_copy(update={"free_mb": 1 << 24}))
    assert worker._next() is None
    worker.backend.close()
    worker.backend = backend


def test_no_table_leads_out_of_the_callers_own_files(backend, worker, photos, tmp_path):
    """A table that names files of the machine, and facts that move the whole catalogue there."""
    secret = tmp_path / "secret.jpg"
    secret.write_bytes(photos[0])
    rows = [str(secret), "../../../../secret.jpg", f"file://{secret}", "good.jpg"]
    table = "sku,image\n" + "".join(f"S{n},{row}\n" for n, row in enumerate(rows))
    facts = json.dumps({"pictures": str(tmp_path)})
    product = json.dumps({"sku": "P", "images": [{"path": "secret.jpg"}]})
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.writestr("catalogue.json", facts)
        zipped.writestr("products.jsonl", product)
    for files in (
        [("table.csv", table.encode()), ("good.jpg", photos[1])],
        [("catalogue.json", facts.encode()), ("products.jsonl", product.encode()), ("good.jpg", photos[1])],
        [("all.zip", archive.getvalue())],
    ):
        ids = [upload(backend, name, data) for name, data in files]
        job = handed(backend, "pipeline", {"recipe": RECIPE, "report": False}, ids)
        worker.do(worker.leases.claim())
        made = [result.name for result in backend.jobs.results("shop", job) if result.status and result.digest]
        assert set(made) <= {"S3.jpg", "good.jpg", "P.jpg"}
        for name in made:
            source = json.loads(_record(backend, job, name))["source_sha256"]
            assert source == hashlib.sha256(photos[1]).hexdigest()


def _record(backend, job, name):
    with backend.database.reading() as c:
        mine = results_table.c.job == job, results_table.c.name == name
        return c.execute(select(results_table.c.record).where(*mine)).scalar_one()


@pytest.mark.parametrize(
    ("error", "kind", "parameters"),
    [
        (ParameterError, "copy", {}),
        (ParameterError, "pipeline", {"widht": 3}),
        (RecipeError, "pipeline", {"pipeline": "/etc/passwd"}),
        (RecipeError, "pipeline", {"pipeline": "../builtin/packshot-white"}),
        (RecipeError, "pipeline", {"overrides": {"frame.fill": 7}}),
        (RecipeError, "pipeline", {"recipe": "steps: [{cutout: {}}, {background: {kind: 3}}]"}),
        (UnsafePath, "pipeline", {"recipe": "steps: [cutout, {background: {kind: picture, picture: /etc/x.png}}]"}),
        (UnsafePath, "pipeline", {"recipe": "steps: [cutout, {background: {kind: picture, picture: $image}}]"}),
        (UnsafePath, "pipeline", {"recipe": "steps: [{cutout: {model: ../../secret}}]"}),
        (UnsafePath, "listing", {"channels": ["ebay"], "overrides": {"cutout.model": "/tmp/x.safetensors"}}),
        (ChannelError, "listing", {"channels": ["nowhere"]}),
        (ParameterError, "fit", {"channels": []}),
        (ParameterError, "check", {"channels": ["ebay"], "text": "magic"}),
        (ParameterError, "generate", {"checkpoint": "/etc/passwd"}),
        (ParameterError, "generate", {"checkpoint": "fashion-gan", "count": 0}),
        (ParameterError, "train", {"preset": "nothing"}),
        (ParameterError, "train", {"preset": "toyshop-judge", "start": "../x"}),
    ],
)
def test_what_could_not_even_be_begun_is_refused_when_it_is_handed_in(error, kind, parameters):
    needs_none = kind in ("generate", "train")
    with pytest.raises(error):
        kinds.checked(JobRequest(kind=kind, parameters=parameters, files=() if needs_none else ("file_1",)))


def test_files_and_catalogue_are_one_or_the_other():
    for request in (
        JobRequest(kind="pipeline"),
        JobRequest(kind="pipeline", files=("file_1",), catalogue="shop"),
        JobRequest(kind="generate", parameters={"checkpoint": "fashion-gan"}, files=("file_1",)),
    ):
        with pytest.raises(ParameterError, match="files"):
            kinds.checked(request)


@pytest.mark.parametrize(("kind", "verb"), [("listing", "fit.listing"), ("fit", "fit.fit"), ("check", "check.check")])
def test_defaults_are_those_of_the_command_line(kind, verb):
    from importlib import import_module

    module, name = verb.split(".")
    flags = inspect.signature(getattr(import_module(f"packshot.cli.{module}"), name)).parameters
    fields = kinds.find(kind).model_fields
    shared = {key for key in fields if key in flags and not fields[key].is_required()}
    assert shared >= ({"max_upscale", "report"} if kind != "check" else {"text"})
    for key in shared:
        assert (fields[key].default or None) == (flags[key].default or None), key
