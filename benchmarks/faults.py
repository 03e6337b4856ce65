"""Killing the service again and again: nothing is lost, nothing is there twice.

    python -m benchmarks.faults [--kills 50] [--jobs 12] [--photos 8] [--workers 2] [--bare] [--seed 0]

A stream of jobs is handed in, each twice with one idempotency key, while `kill -9` strikes the server or one of its
workers at random moments; a killed server is started again. In the end every job must be done, exactly once, with one
result for every photo whose bytes are there and are a picture, told by exactly one event, and events numbered without a
gap. --bare: without HTTP, jobs are handed in through the store, and a server is nothing but the workers' control.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image

from packshot.evaluation.tables import markdown_table
from packshot.serve.backend import Backend
from packshot.serve.jobs.model import FINISHED, JobRequest
from packshot.serve.jobs.worker import workers_folder
from packshot.serve.settings import Settings

RECIPE = "steps:\n  - cutout: {method: classical}\n  - background\n  - frame: {width: 64, height: 64}\n"
CONTROL = """
import json, sys, time
from packshot.serve.backend import Backend
from packshot.serve.jobs.control import Control
from packshot.serve.settings import Settings
if __name__ == "__main__":
    control = Control(Backend.open(Settings(**json.loads(sys.argv[1]))))
    control.start()
    time.sleep(1e6)
"""
PATIENCE = 900.0  # seconds until everything must be done after the last kill


@dataclass
class Server:
    """A server process that is killed and started again on the same folder and port."""

    settings: Settings
    bare: bool
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        given = self.settings.model_dump(mode="json", exclude_defaults=True)
        if self.bare:
            command = [sys.executable, "-c", CONTROL, json.dumps(given)]
        else:
            flags = [f"--{name.replace('_', '-')}={value}" for name, value in given.items() if name != "studio"]
            command = [sys.executable, "-m", "packshot", "serve", "--no-studio", *flags]
        with (self.settings.data / "server.log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def workers(self) -> list[int]:
        """Processes that hold the lock by which a worker shows that it lives (`/proc/locks`)."""
        marks = {path.stat().st_ino for path in workers_folder(self.settings).glob("*.*") if path.exists()}
        rows = [line.split() for line in Path("/proc/locks").read_text().splitlines() if " FLOCK " in line]
        return [int(row[4]) for row in rows if len(row) > 5 and int(row[5].rpartition(":")[2]) in marks]


@dataclass
class Told:
    """What came of it. kills: of what, how often; handed: key → ids of the jobs it made; wrong: what must not be."""

    kills: Counter[str] = field(default_factory=Counter)
    handed: dict[str, set[str]] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    seconds: float = 0.0
    attempts: int = 0
    refused: int = 0


def photo(number: int, side: int = 96) -> bytes:
    """A coloured disc on a light ground, as JPEG."""
    rng = np.random.default_rng(number)
    y, x = np.mgrid[:side, :side] / side - 0.5
    inside = (x**2 + y**2 < 0.09)[..., None]
    pixels = np.where(inside, rng.integers(20, 200, 3), 240) + rng.normal(0, 1.5, (side, side, 3))
    buffer = io.BytesIO()
    Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(buffer, "JPEG", quality=92)
    return buffer.getvalue()


def torment(
    folder: Path,
    *,
    kills: int,
    jobs: int,
    photos: int,
    workers: int = 2,
    bare: bool = False,
    seed: int = 0,
    servers: float = 0.4,
    pauses: tuple[float, float] = (0.1, 1.5),
) -> Told:
    """Kill `kills` times (a share of `servers` of them the server) over `jobs` jobs of `photos` photos each."""
    rng, told = random.Random(seed), Told()
    folder.mkdir(parents=True, exist_ok=True)
    settings = Settings(data=folder, workers=workers, port=_free_port(), free_mb=0, max_losses=1000, studio=False)
    backend = Backend.open(settings)
    files = [
        backend.uploads.add("local", f"{n}.jpg", backend.blobs.put("local", io.BytesIO(photo(n))))
        for n in range(photos)
    ]
    request = JobRequest(kind="pipeline", parameters={"recipe": RECIPE}, files=tuple(file.id for file in files))
    server, began = Server(settings, bare), time.monotonic()
    server.start()
    handing = threading.Thread(target=_hand_in, args=(backend, settings, request, jobs, bare, told))
    handing.start()
    try:
        _strike(server, backend, rng, kills, servers, pauses, told)
        _wait(backend, handing, jobs, server)
    finally:
        server.kill()
    told.seconds = time.monotonic() - began
    _judge(backend, photos, jobs, told)
    backend.close()
    return told


def _hand_in(backend: Backend, settings: Settings, request: JobRequest, jobs: int, bare: bool, told: Told) -> None:
    """Hand in every job twice with one key, however often the server is not there."""
    for number in range(jobs):
        key = f"order-{number}"
        for _ in range(2):
            while True:
                try:
                    job = (
                        backend.jobs.submit("local", request, key=key)[0].id if bare else _post(settings, request, key)
                    )
                    told.handed.setdefault(key, set()).add(job)
                    break
                except OSError:
                    told.refused += 1
                    time.sleep(0.2)


def _post(settings: Settings, request: JobRequest, key: str) -> str:
    asked = urllib.request.Request(
        f"http://127.0.0.1:{settings.port}/v1/jobs",
        request.model_dump_json().encode(),
        {"Content-Type": "application/json", "Idempotency-Key": key},
    )
    with urllib.request.urlopen(asked, timeout=30) as answer:
        return str(json.load(answer)["id"])


def _strike(
    server: Server,
    backend: Backend,
    rng: random.Random,
    kills: int,
    servers: float,
    pauses: tuple[float, float],
    told: Told,
) -> None:
    """Every kill falls into a time in which a job is at work."""
    while told.kills.total() < kills:
        _until(lambda: bool(backend.jobs.counts().get("running")), PATIENCE)
        time.sleep(rng.uniform(*pauses))
        if rng.random() < servers:
            server.kill()
            told.kills["server"] += 1
            time.sleep(rng.uniform(0, 0.3))
            server.start()
            continue
        found = server.workers()
        if found:
            with suppress(ProcessLookupError):
                os.kill(rng.choice(found), signal.SIGKILL)
                told.kills["worker"] += 1


def _wait(backend: Backend, handing: threading.Thread, jobs: int, server: Server) -> None:
    def over() -> bool:
        assert server.process is not None
        assert server.process.poll() is None, "the server ended by itself"
        counts = backend.jobs.counts()
        return not handing.is_alive() and sum(counts.get(state, 0) for state in FINISHED) >= jobs

    _until(over, PATIENCE)


def _until(true: object, seconds: float) -> None:
    until = time.monotonic() + seconds
    while not true():  # type: ignore[operator]
        if time.monotonic() > until:
            raise TimeoutError(f"not so after {seconds:g} s")
        time.sleep(0.05)


def _judge(backend: Backend, photos: int, jobs: int, told: Told) -> None:
    """Say everything that must not be."""
    found = backend.jobs.jobs(None, limit=1000)
    told.attempts = sum(job.attempts for job in found)
    if len(found) != jobs or any(len(ids) != 1 for ids in told.handed.values()) or len(told.handed) != jobs:
        told.wrong.append(f"{len(found)} jobs of {jobs} that were handed in; {told.handed}")
    for job in found:
        if job.state != "done" or job.progress.get("finished") != photos:
            told.wrong.append(f"{job.id}: {job.state}, {job.progress}, {job.error}")
        events = backend.jobs.events(None, job.id)
        if [event.number for event in events] != list(range(1, len(events) + 1)):
            told.wrong.append(f"{job.id}: events have gaps")
        seen = Counter(event.data["name"] for event in events if event.name == "result")
        names = {f"{n}.jpg" for n in range(photos)}
        if seen != Counter(names):
            told.wrong.append(f"{job.id}: told {seen}")
        results = {result.name: result for result in backend.jobs.results(None, job.id) if result.status}
        if set(results) != names:
            told.wrong.append(f"{job.id}: has {sorted(results)}")
        for name, result in results.items():
            data = b"".join(backend.blobs.pieces("local", result.digest))
            if hashlib.sha256(data).hexdigest() != result.digest or Image.open(io.BytesIO(data)).size != (64, 64):
                told.wrong.append(f"{job.id}: {name} is not what it was")


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def main(options: list[str]) -> None:
    """Torment a service and print what came of it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.faults")
    for name, default in (("kills", 50), ("jobs", 12), ("photos", 8), ("workers", 2), ("seed", 0)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--bare", action="store_true")
    with tempfile.TemporaryDirectory(prefix="packshot-faults-", ignore_cleanup_errors=True) as folder:
        given = vars(parser.parse_args(options))
        told = torment(Path(folder) / "serve", **given)
    row = {
        "kills of the server": told.kills["server"],
        "kills of a worker": told.kills["worker"],
        "jobs": given["jobs"],
        "pictures": given["jobs"] * given["photos"],
        "times a job was taken up": told.attempts,
        "calls that found no server": told.refused,
        "wrong": len(told.wrong),
        "seconds": round(told.seconds),
    }
    print(markdown_table([row], list(row), {}))
    for wrong in told.wrong:
        print(wrong)
    if told.wrong:
        sys.exit(1)


if __name__ == "__main__":
    main(sys.argv[1:])
