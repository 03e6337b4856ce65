"""A worker: a process that takes up jobs one after another. It may be killed at any moment; what it did is kept.

A second thread renews the lease, sees what the caller wants (pause, cancel) and interrupts the work; work that does not
obey in time is cut off by ending the process, which is no more than a kill. Without its lease the process ends at once.
"""

from __future__ import annotations

import os
import shutil
import signal
import threading
import time
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

from packshot.errors import Unavailable
from packshot.pipeline.pool import begin_process, one_thread
from packshot.serve.backend import Backend
from packshot.serve.jobs import alive, kinds
from packshot.serve.jobs.kinds.kind import Work
from packshot.serve.jobs.leases import Lease, LeaseLost, Leases
from packshot.serve.jobs.model import State
from packshot.serve.jobs.place import Place, restore
from packshot.serve.jobs.reporter import Reporter, Stop, is_full
from packshot.serve.jobs.rows import Told
from packshot.serve.settings import MIB, Settings

if TYPE_CHECKING:
    from packshot.provenance.credentials import Signing

POLL_SECONDS = 0.25
LOOK_SECONDS = 2.0  # between two looks for dead workers, and at most between two renewals
JOBS_PER_WORKER = 200  # a worker is replaced after so many jobs: whatever a library leaks does not add up
AGAIN_SECONDS = 20.0  # between two signals to a job that is to stop
LOST = 3  # exit status: the lease is another's
AFTER: dict[str, State] = {"pause": "paused", "cancel": "cancelled", "shutdown": "queued", "full": "queued"}


def work(given: dict[str, Any]) -> None:
    """What a worker process does, from its settings as plain JSON until SIGTERM or the end of its parent."""
    begin_process()
    settings = Settings(**given)
    worker = Worker(Backend.open(settings, create=False))
    signal.signal(signal.SIGTERM, worker.leave)
    worker.run()


class Worker:
    """Takes up jobs until it is told to leave."""

    def __init__(self, backend: Backend) -> None:
        s = backend.settings
        self.backend = backend
        self.alive = alive.Alive(workers_folder(s))
        self.leases = Leases(
            backend.database,
            self.alive.name,
            seconds=s.lease_seconds,
            max_losses=s.max_losses,
            running=s.max_running_per_key,
        )
        self.leaving, self.busy = False, False
        self._looked = 0.0

    def leave(self, number: int, frame: FrameType | None) -> None:
        """SIGTERM: the job in hand goes back to the queue, or obeys what its caller wants."""
        pulse = self.pulse if self.busy else None
        why = pulse.reporter.why if pulse is not None else ""
        self.leaving = self.leaving or not why
        if pulse is not None:
            raise Stop(why or "shutdown")

    def run(self) -> None:
        """Until it is told to leave, or has done its share."""
        done = 0
        while not self.leaving and done < JOBS_PER_WORKER:
            try:
                lease = self._next()
            except Unavailable as error:
                time.sleep(min(error.retry_after, LOOK_SECONDS))
                continue
            if lease is None:
                time.sleep(POLL_SECONDS)
                continue
            self.do(lease)
            done += 1
        self.alive.close()

    def do(self, lease: Lease) -> None:
        """One job, to its end or as far as it may go now."""
        place = Place(self.backend.work, lease.job, self.backend.uploads, self.backend.settings.roots)
        reporter = Reporter(lease, self.backend.blobs, place.out)
        self.pulse = Pulse(lease, reporter, self.backend.settings.grace_seconds)
        self.pulse.start()
        try:
            state, error = self._done(lease, place, reporter)
        except (Stop, KeyboardInterrupt) as stop:
            why = stop.why if isinstance(stop, Stop) else reporter.why or "shutdown"
            self.leaving = self.leaving or why == "shutdown"
            state, error = AFTER[why], ""
        self.pulse.close()
        with suppress(LeaseLost):
            told: list[Told] = [("stopped", {})] if state == "queued" else []
            reporter.again(lambda: lease.end(state, error, told, reporter.progress))
        if state == "queued" and not self.leaving:
            time.sleep(LOOK_SECONDS)

    def _done(self, lease: Lease, place: Place, reporter: Reporter) -> tuple[State, str]:
        """The state the job is in now, and why it failed."""
        self.busy = True
        try:
            kind = kinds.checked(lease.job.request)
            source = place.prepare()
            restore(lease, self.backend.blobs, place.out, kind.records)
            kind.run(self._work(lease, place, reporter, source))
            return "done", ""
        except LeaseLost:
            os._exit(LOST)
        except Unavailable:
            return "queued", ""
        except Exception as error:
            state, why = _failed(error)
            return state, why.replace(reporter.hidden, "")
        finally:
            self.busy = False

    def _work(self, lease: Lease, place: Place, reporter: Reporter, source: Path | None) -> Work:
        s = self.backend.settings
        processes = s.job_processes if not lease.losses else max(2, s.job_processes)  # a deadly picture is found alone
        one_thread()
        return Work(source, place.out, reporter, place.named, processes, s.device, signing_of(s))

    def _next(self) -> Lease | None:
        """The next job; none while the disk is full."""
        now = time.monotonic()
        if now - self._looked > LOOK_SECONDS:
            self._looked = now
            folder = workers_folder(self.backend.settings)
            gone = alive.dead(folder, self.leases.holders())
            if gone:
                self.leases.lost(gone)
            alive.sweep(folder)
        lease = self.leases.claim() if self._has_room() else None
        return lease

    def _has_room(self) -> bool:
        work = self.backend.work
        work.mkdir(parents=True, exist_ok=True)
        return shutil.disk_usage(work).free >= self.backend.settings.free_mb * MIB


class Pulse(threading.Thread):
    """Renews a lease and brings the caller's commands to the main thread until it is closed."""

    def __init__(self, lease: Lease, reporter: Reporter, grace: float) -> None:
        super().__init__(daemon=True)
        self.lease, self.reporter, self.grace = lease, reporter, grace
        self.closed = threading.Event()
        self.turn = threading.Lock()
        self.every = min(lease.of.seconds / 3, LOOK_SECONDS)

    def run(self) -> None:
        """Until it is closed; the process ends where the lease is lost or a command is not obeyed in time."""
        renewed = time.monotonic()
        asked = signalled = 0.0
        while not self.closed.wait(self.every):
            with self.turn:
                if self.closed.is_set():
                    return
                now = time.monotonic()
                try:
                    wanted = self.lease.renew()
                    renewed = now
                except LeaseLost:
                    os._exit(LOST)
                except Unavailable:
                    if now - renewed > self.lease.of.seconds:
                        os._exit(LOST)
                    continue
                self.reporter.why = wanted
                asked = (asked or now) if wanted else 0.0
                if asked and now - asked > self.grace:
                    self._cut_off(wanted)
                if asked and (not signalled or now - signalled > AGAIN_SECONDS):
                    signalled = now
                    _interrupt()

    def close(self) -> None:
        """The job is at its end: no renewal is under way any more, and none follows."""
        with self.turn:
            self.closed.set()

    def _cut_off(self, wanted: str) -> None:
        with suppress(Exception):
            self.lease.end(AFTER[wanted], told=[("cut off", {})])
        os._exit(0)


def _interrupt() -> None:
    """SIGTERM to the main thread, which is where Python's handlers run."""
    main = threading.main_thread().ident
    if hasattr(signal, "pthread_kill") and main is not None:
        signal.pthread_kill(main, signal.SIGTERM)
    else:
        import _thread

        _thread.interrupt_main(signal.SIGTERM)


def _failed(error: Exception) -> tuple[State, str]:
    """What becomes of a job that raised: it failed with a reason, or waits where the disk is full."""
    from packshot.pipeline.work import explain

    why = explain(error)
    return ("queued", "") if is_full(why) else ("failed", why)


def signing_of(settings: Settings) -> Signing | None:
    """The service's own signature, None for packshot's local authority."""
    from packshot.provenance.credentials import Signing

    own = settings.c2pa_cert is not None
    return (
        Signing(settings.c2pa_cert, settings.c2pa_key, timestamp_url=settings.c2pa_timestamp or None) if own else None
    )


def workers_folder(settings: Settings) -> Path:
    """Where workers show that they live."""
    return settings.data.absolute() / "workers"
