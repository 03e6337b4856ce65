"""Worker processes: started, replaced, stopped; training that is paused and goes on; work that does not obey."""

import os
import signal
import time

import pytest

from benchmarks.faults import Server
from packshot.serve.backend import Backend
from packshot.serve.jobs.control import Control
from packshot.serve.jobs.model import JobRequest
from packshot.serve.jobs.reporter import Reporter
from tests.serve.conftest import wait_until


@pytest.fixture
def control(settings):
    backend = Backend.open(settings)
    made = Control(backend)
    made.start()
    yield made
    made.stop(20)
    assert made.alive() == 0
    backend.close()


def training(backend, **changes):
    few = {"batch": 2, "log_images": 2, "sample_images": 1000, "samples": 2, "save_minutes": 1000}
    request = JobRequest(kind="train", parameters={"preset": "toyshop-judge", "settings": {**few, **changes}})
    return backend.jobs.submit("shop", request)[0].id


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_training_stops_goes_on_and_outlives_its_worker(control):
    backend = control.backend
    job = training(backend)

    def images(after=0):
        seen = [event.data["images"] for event in backend.jobs.events("shop", job, after) if event.name == "progress"]
        return seen[-1] if seen else 0

    def state():
        found = backend.jobs.job("shop", job)
        assert found.state not in ("failed", "done"), found.error
        return found.state

    wait_until(lambda: state() == "running" and images(), 600)
    backend.jobs.command("shop", job, "pause")
    wait_until(lambda: state() == "paused", 120)
    paused = images()
    names = {result.name for result in backend.jobs.results("shop", job)}
    assert names >= {"state.safetensors", "log.jsonl", "classifier.safetensors"}
    last = backend.jobs.job("shop", job).last_event
    backend.jobs.command("shop", job, "resume")
    wait_until(lambda: images(last), 300)
    first = next(e.data["images"] for e in backend.jobs.events("shop", job, last) if e.name == "progress")
    assert paused < first <= paused + 4, "it went on from the state that pausing saved"

    worker = Server(backend.settings, bare=True).workers()[0]
    attempts = backend.jobs.job("shop", job).attempts
    os.kill(worker, signal.SIGKILL)
    wait_until(lambda: backend.jobs.job("shop", job).attempts == attempts + 1, 120)
    assert "lost" in [event.name for event in backend.jobs.events("shop", job)]
    assert control.replaced() >= 1
    again = backend.jobs.job("shop", job).last_event
    wait_until(lambda: images(again), 300)

    control.stop(60)
    assert state() == "queued"
    assert [event.name for event in backend.jobs.events("shop", job)][-2:] == ["stopped", "queued"]


def test_what_does_not_obey_in_time_is_cut_off(settings, tmp_path):
    """The process of a job that hears no signal ends, and the job is where its caller wants it."""
    from packshot.serve.jobs.leases import Leases
    from packshot.serve.jobs.worker import Pulse

    backend = Backend.open(settings)
    job = backend.jobs.submit("shop", JobRequest(kind="pipeline"))[0].id
    lease = Leases(backend.database, "w", seconds=3.0).claim()
    backend.jobs.command("shop", job, "pause")
    child = os.fork()
    if not child:  # it works on and on
        backend.database.engine.dispose(close=False)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        pulse = Pulse(lease, Reporter(lease, backend.blobs, tmp_path), grace=1.5)
        pulse.start()
        time.sleep(60)
        os._exit(9)
    assert os.waitpid(child, 0)[1] == 0
    found = backend.jobs.job("shop", job)
    assert found.state == "paused"
    assert [event.name for event in backend.jobs.events("shop", job)][-2:] == ["cut off", "paused"]
    backend.close()
