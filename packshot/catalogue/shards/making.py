"""Making many samples: in several processes, in shards, and so that any stop costs the pictures under way alone.

    FOLDER/settings.json     what is made; a run with other settings is refused
    FOLDER/parts/NUMBER.tar  finished samples whose shard is not full yet
    FOLDER/NAME-00000.tar    finished shards, and index.json
    FOLDER/failed.jsonl      pictures that could not be made, and why

A sample is a function of the settings and its number, so it is the same whatever was made before or beside it. Workers
are replaced after a few hundred samples, one that dies is replaced at once, and what killed two of them is set aside.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from packshot.catalogue.shards.files import (
    INDEX,
    Sample,
    Shard,
    read_index,
    read_samples,
    sound,
    write_index,
    write_shard,
)
from packshot.errors import CatalogueError

SETTINGS, PARTS, FAILED, LOCK = "settings.json", "parts", "failed.jsonl", ".lock"
ATTEMPTS = 2  # at a sample that kills its process
PER_WORKER = 300
Maker = Callable[[dict[str, Any], int], Sample]


@dataclass(frozen=True)
class Job:
    """What is to be made. settings: given to the maker, kept, and compared when a job goes on.

    name: of the shards. count: samples, numbered from `first`. per_shard: samples in each. compress: `.tar.xz`.
    facts: what the index should say beside.
    """

    name: str
    count: int
    settings: dict[str, Any]
    first: int = 0
    per_shard: int = 500
    compress: bool = False
    facts: dict[str, Any] = field(default_factory=dict)

    def shard_name(self, number: int) -> str:
        return f"{self.name}-{number:05}.tar" + (".xz" if self.compress else "")

    def numbers(self, shard: int) -> range:
        """The samples of one shard."""
        start = self.first + shard * self.per_shard
        return range(start, min(start + self.per_shard, self.first + self.count))

    def shards(self) -> range:
        """The numbers of all shards."""
        return range(-(-self.count // self.per_shard))


@dataclass(frozen=True)
class Progress:
    """How far a job is. made: samples made by this run; done: of all; rate: samples a second of this run."""

    done: int
    total: int
    made: int
    failed: int
    rate: float
    seconds_left: float


@dataclass
class _State:
    job: Job
    folder: Path
    done: set[int]
    failed: dict[int, str]
    shards: dict[int, Shard]


def make(
    folder: str | Path,
    job: Job,
    maker: Maker,
    *,
    workers: int = 1,
    on_progress: Callable[[Progress], None] | None = None,
) -> tuple[list[Shard], dict[int, str]]:
    """Make what is missing, and give all shards with the reasons of samples that failed.

    maker: a function at the top of a module. workers: processes, 0 = one a processor core.
    Raises CatalogueError if the folder holds another job, or is being worked on.
    """
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    with _locked(target):
        _settle_settings(target, job)
        (target / PARTS).mkdir(exist_ok=True)
        state = _state(target, job)
        for number in job.shards():
            _close(state, number)
        todo = [n for s in job.shards() for n in job.numbers(s) if n not in state.done and n not in state.failed]
        report = _Reporter(state, on_progress)
        if todo:
            _work(state, todo, maker, workers or os.cpu_count() or 1, report)
        shutil.rmtree(target / PARTS, ignore_errors=True)
    return [state.shards[s] for s in sorted(state.shards)], state.failed


def _settle_settings(folder: Path, job: Job) -> None:
    told = {"name": job.name, "first": job.first, "per_shard": job.per_shard, "compress": job.compress, **job.settings}
    path = folder / SETTINGS
    if path.is_file():
        kept = json.loads(path.read_text(encoding="utf-8"))
        if different := sorted(k for k in {*kept, *told} if kept.get(k) != told.get(k)):
            there = ", ".join(f"{k}: there {kept.get(k)!r}, now {told.get(k)!r}" for k in different)
            raise CatalogueError(f"{folder}: holds another job ({there}); choose another folder")
        return
    if any(p.name != LOCK for p in folder.iterdir()):
        raise CatalogueError(f"{folder}: is not empty and holds no job; choose another folder")
    path.write_text(json.dumps(told, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def _state(folder: Path, job: Job) -> _State:
    """What is there: shards by the index, loose samples by their names, failures by their list."""
    state = _State(job, folder, set(), {}, {})
    listed = read_index(folder)[0] if (folder / INDEX).is_file() else []
    numbers = {job.shard_name(s): s for s in job.shards()}
    for line in (folder / FAILED).read_text(encoding="utf-8").splitlines() if (folder / FAILED).is_file() else ():
        with suppress(ValueError, KeyError):
            state.failed[json.loads(line)["number"]] = json.loads(line)["reason"]
    for shard in listed:
        number = numbers.get(shard.name)
        if number is None or not sound(folder, shard):  # a damaged one is made again
            continue
        wanted = [n for n in job.numbers(number) if n not in state.failed]
        if shard.samples == len(wanted):
            state.shards[number] = shard
            state.done |= set(wanted)
        else:  # the job has grown: its last shard is taken apart again
            _take_apart(state, shard)
    state.done |= {int(p.stem) for p in (folder / PARTS).glob("*.tar")}
    return state


def _take_apart(state: _State, shard: Shard) -> None:
    for sample in read_samples(state.folder, [shard], []):
        write_shard(state.folder / PARTS / f"{int(sample.key)}.tar", [sample])


def _close(state: _State, number: int) -> None:
    """Write the shard if all of its samples are there, and the index with it."""
    wanted = [n for n in state.job.numbers(number) if n not in state.failed]
    if number in state.shards or not wanted or not state.done.issuperset(wanted):
        return
    parts = [state.folder / PARTS / f"{n}.tar" for n in wanted]
    path = state.folder / state.job.shard_name(number)
    state.shards[number] = write_shard(path, map(read_part, parts), wanted[0])
    write_index(state.folder, [state.shards[s] for s in sorted(state.shards)], state.job.facts)
    for part in parts:
        part.unlink()


def read_part(path: Path) -> Sample:
    """The one sample of a file in `parts/`."""
    import tarfile

    members = {}
    with tarfile.open(path) as archive:
        for member in archive:
            key, _, ending = member.name.partition(".")
            file = archive.extractfile(member)
            assert file is not None
            members[ending] = file.read()
    return Sample(key, members)


# -- processes --------------------------------------------------------------------------------------------------------


def _work(state: _State, todo: list[int], maker: Maker, workers: int, report: _Reporter) -> None:
    queue, tries = list(reversed(todo)), dict.fromkeys(todo, 0)
    while queue:
        with _executor(workers) as pool:
            under_way: dict[Future[str], int] = {}
            try:
                while queue or under_way:
                    while queue and len(under_way) < 2 * workers:
                        number = queue.pop()
                        under_way[pool.submit(_one, maker, state.folder, state.job.settings, number)] = number
                    for future in wait(under_way, return_when=FIRST_COMPLETED).done:
                        reason = future.result()
                        _finished(state, under_way.pop(future), reason, report)
            except BrokenProcessPool:
                left = sorted(under_way.values())
                workers_lost(state, left, tries, queue, report)
                workers = 1 if any(tries[n] for n in left) and len(left) > 1 else workers  # to find out which one it is


def workers_lost(state: _State, left: list[int], tries: dict[int, int], queue: list[int], report: _Reporter) -> None:
    """A process died: what was under way is tried again, unless it was there each time."""
    for number in reversed(left):
        if (state.folder / PARTS / f"{number}.tar").is_file():
            _finished(state, number, "", report)
            continue
        tries[number] += 1
        if tries[number] > ATTEMPTS and number == left[0]:
            _finished(state, number, f"its process died {tries[number]} times", report)
        else:
            queue.append(number)


def _executor(workers: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(
        workers, mp_context=get_context("spawn"), initializer=_prepare, initargs=(os.getpid(),),
        max_tasks_per_child=PER_WORKER,
    )  # fmt: skip


def _prepare(parent: int) -> None:
    """One thread each; and no worker outlives the process that it works for."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = "1"

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    if sys.platform != "win32":
        threading.Thread(target=watch, daemon=True).start()


def _one(maker: Maker, folder: Path, settings: dict[str, Any], number: int) -> str:
    """Make one sample and store it; gives "" or why it could not be made."""
    try:
        sample = maker(settings, number)
    except MemoryError:
        raise
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    write_shard(folder / PARTS / f"{number}.tar", [sample])
    return ""


def _finished(state: _State, number: int, reason: str, report: _Reporter) -> None:
    if reason:
        state.failed[number] = reason
        with (state.folder / FAILED).open("a", encoding="utf-8") as file:
            file.write(json.dumps({"number": number, "reason": reason}, ensure_ascii=False) + "\n")
    else:
        state.done.add(number)
    _close(state, (number - state.job.first) // state.job.per_shard)
    report.one()


class _Reporter:
    """Counts what this run makes and tells it."""

    def __init__(self, state: _State, tell: Callable[[Progress], None] | None) -> None:
        self.state, self.tell, self.made, self.began = state, tell, 0, time.monotonic()

    def one(self) -> None:
        self.made += 1
        if self.tell is None:
            return
        total, failed = self.state.job.count, len(self.state.failed)
        done = len(self.state.done)
        rate = self.made / max(time.monotonic() - self.began, 1e-6)
        self.tell(Progress(done, total, self.made, failed, rate, (total - done - failed) / rate))


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """One run a folder. The lock goes with the process, however it ends."""
    try:
        import fcntl
    except ImportError:  # no such locks on this system
        yield
        return
    with (folder / LOCK).open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise CatalogueError(f"{folder}: another run is at work there; wait for it or stop it") from None
        yield
