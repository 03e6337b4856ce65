"""Worker processes: order does not matter, memory is bounded, a killed worker costs one picture at most."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from packshot.pipeline.pool import Pool, default_workers

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")


def square(job):
    return job * job


def square_or_die(job):
    if job == 7:
        os.kill(os.getpid(), signal.SIGKILL)
    return job * job


def dead(job):
    return -1


@pytest.mark.parametrize("workers", [1, 3])
def test_every_job_has_its_result(workers):
    pool = Pool(square, dead, workers, ())
    assert dict(pool.map(range(50))) == {n: n * n for n in range(50)}


def test_a_job_that_kills_its_process_is_named_and_the_others_are_done():
    pool = Pool(square_or_die, dead, 2, ())
    found = dict(pool.map(range(20)))
    assert found == {n: -1 if n == 7 else n * n for n in range(20)}


def test_jobs_are_taken_from_the_stream_as_they_are_needed():
    taken = []

    def stream():
        for n in range(1000):
            taken.append(n)
            yield n

    results = Pool(square, dead, 2, ()).map(stream())
    for _ in range(10):
        next(results)
    assert len(taken) <= 10 + 2 * 2 + 2
    results.close()


def test_workers_die_with_their_parent(tmp_path):
    code = (
        "import os, sys, time\n"
        "from packshot.pipeline.pool import Pool\n"
        "from tests.pipeline.test_pool import note_and_wait, dead\n"
        f"for _ in Pool(note_and_wait, dead, 2, ()).map([{str(tmp_path)!r}] * 4): pass\n"
    )
    root = Path(__file__).parents[2]
    parent = subprocess.Popen([sys.executable, "-c", code], cwd=root)
    deadline = time.time() + 60
    while len(list(tmp_path.iterdir())) < 2 and time.time() < deadline:
        time.sleep(0.05)
    parent.kill()
    parent.wait()
    workers = [int(p.name) for p in tmp_path.iterdir()]
    assert len(workers) >= 2
    while any(alive(pid) for pid in workers) and time.time() < deadline:
        time.sleep(0.05)
    assert not any(alive(pid) for pid in workers)


def note_and_wait(folder):
    (Path(folder) / str(os.getpid())).touch()
    time.sleep(120)


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
    except OSError:
        return False


def test_default_workers_are_at_least_one():
    assert default_workers() >= 1
