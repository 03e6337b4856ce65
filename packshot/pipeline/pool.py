"""Worker processes that survive a picture which kills one of them, and die with their parent."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from multiprocessing.connection import wait as wait_for_any
from multiprocessing.context import BaseContext, ForkServerContext, ForkServerProcess
from multiprocessing.process import BaseProcess
from types import ModuleType
from typing import Any, Generic, TypeVar

J = TypeVar("J")
R = TypeVar("R")

QUEUED_PER_WORKER = 2
JOBS_PER_WORKER = 200  # a worker is replaced after so many jobs: whatever a library leaks does not add up


class Pool(Generic[J, R]):
    """Runs `work(job)` for a stream of jobs on `workers` processes with a bounded queue; results in any order.

    workers = 1 works in this process. `died(job)` makes the result of a job that killed its process twice.
    """

    def __init__(self, work: Callable[[J], R], died: Callable[[J], R], workers: int, preload: tuple[str, ...]) -> None:
        self.work, self.died, self.workers = work, died, workers
        self.context = process_context(preload)

    def map(self, jobs: Iterable[J]) -> Iterator[tuple[J, R]]:
        """`(job, result)` of every job, as they get ready."""
        if self.workers == 1:
            one_thread()
            for job in jobs:
                yield job, self.work(job)
            return
        stream = iter(jobs)
        while True:
            suspects = yield from self._until_broken(stream)
            if not suspects:
                return
            for job in suspects:
                yield job, self._alone(job)

    def _until_broken(self, stream: Iterator[J]) -> Generator[tuple[J, R], None, list[J]]:
        """Work until the stream ends (returns []) or a process dies (returns the jobs that were under way)."""
        pending: dict[Future[R], J] = {}
        executor = self._executor(self.workers)
        try:
            while True:
                for job in islice(stream, self.workers * QUEUED_PER_WORKER - len(pending)):
                    pending[executor.submit(self.work, job)] = job
                if not pending:
                    return []
                ready, _ = wait(pending, return_when=FIRST_COMPLETED)
                for future in ready:
                    result = future.result()
                    yield pending.pop(future), result
        except BrokenProcessPool:
            return list(pending.values())
        finally:
            executor.shutdown(wait=False, cancel_futures=True)

    def _alone(self, job: J) -> R:
        """One job in a process of its own: if that dies too, this job is the cause."""
        with self._executor(1) as executor:
            try:
                return executor.submit(self.work, job).result()
            except BrokenProcessPool:
                return self.died(job)

    def _executor(self, workers: int) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(workers, self.context, begin_process, max_tasks_per_child=JOBS_PER_WORKER)


def default_workers() -> int:
    """One per processor this process may use, at most one per 2 GiB of memory."""
    try:
        processors = len(os.sched_getaffinity(0))
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return max(1, os.cpu_count() or 1)
    return max(1, min(processors, memory // (2 << 30)))


def one_thread() -> None:
    """One thread per process: throughput comes from processes, and sums do not depend on the number of threads."""
    import cv2
    import torch

    torch.set_num_threads(1)
    cv2.setNumThreads(1)


def process_context(preload: tuple[str, ...]) -> BaseContext:
    """Processes forked from a clean server that has imported the heavy modules once, where that exists."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = _Context()
    context.set_forkserver_preload(list(preload))
    return context


class _Process(ForkServerProcess):
    """A process that does not import the script that was started.

    multiprocessing imports it in every worker so that functions defined there can be called; workers of packshot call
    packshot alone, and a script without an `if __name__ == "__main__":` would start itself again in each of them.
    """

    @staticmethod
    def _Popen(process_obj: BaseProcess) -> Any:  # noqa: N802 (the name multiprocessing gives it)
        script = sys.modules["__main__"]
        sys.modules["__main__"] = ModuleType("__main__")
        try:
            return ForkServerProcess._Popen(process_obj)  # type: ignore[attr-defined]
        finally:
            sys.modules["__main__"] = script


class _Context(ForkServerContext):
    Process = _Process


def begin_process() -> None:
    """What every worker process does first: leave ctrl-C to its parent, end with it, keep to one thread."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # ctrl-C is the parent's to handle
    threading.Thread(target=_die_with_parent, daemon=True).start()
    one_thread()


def _die_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait_for_any([parent.sentinel])
        os._exit(1)
