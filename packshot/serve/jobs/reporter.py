"""What a job says while it works: files become results, progress becomes events. All of it is on disk when told.

While the database or the file store cannot be reached it tries again, until the lease has run out.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

from packshot.errors import Unavailable
from packshot.pipeline.record import Record
from packshot.pipeline.run import Progress
from packshot.serve.files.blobs import Blobs
from packshot.serve.files.trouble import FULL
from packshot.serve.files.uploads import type_of
from packshot.serve.jobs.leases import Lease, Made
from packshot.serve.jobs.rows import Told

T = TypeVar("T")
TOLD_SECONDS = 1.0  # between two events that tell nothing but progress
FACTS = ("sku", "image", "variant", "reason", "notes", "fidelity", "marks", "checks", "size", "seconds")
FULL_DISK = (*(os.strerror(number) for number in FULL), "disk is full")  # as the system and as SQLite say it
TEXTS = (".json", ".jsonl", ".html", ".xml", ".csv", ".yaml", ".md")
INNER = frozenset({"catalogue/catalogue.json", "catalogue/products.jsonl"})  # where the photos lie on this machine
NOT_SENT = (".lock", ".part", ".sqlite")


class Stop(BaseException):
    """The job is to stop now. No Exception: no step takes it for a fault. why: pause, cancel, shutdown or full."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class Reporter:
    """Reports of one job in hand.

    obey: a command stops it at its next report, otherwise only by the worker's signal. why: it is asked to stop.
    """

    def __init__(self, lease: Lease, blobs: Blobs, out: Path, wait: Callable[[float], Any] = time.sleep) -> None:
        self.lease, self.blobs, self.out, self.wait = lease, blobs, out, wait
        self.obey, self.why = True, ""
        self.hidden = f"{out.parent}{os.sep}"  # where the job lies on this machine is nobody's business
        self.progress: dict[str, Any] = dict(lease.job.progress)
        self._told = 0.0

    def say(self, name: str, **data: Any) -> None:
        """Tell an event."""
        self._report([(name, data)])

    def pictures(self, progress: Progress) -> None:
        """A reader of a pipeline's progress: its newest record becomes a result and an event."""
        self.progress = told_of(progress)
        record = progress.record
        if record is not None and record.status == "failed" and is_full(record.reason):
            raise Stop("full")
        if record is None:
            self.numbers(self.progress, progress.finished, now=True)
            return
        made = self.made(record)
        data = {**_event(made), "finished": progress.finished, "total": progress.total}
        self._report([("result", data)], [made], progress.finished)

    def numbers(self, progress: Mapping[str, Any], reach: float, *, now: bool = False) -> None:
        """Progress in numbers; told as an event once a second, and always if `now`."""
        self.progress = dict(progress)
        due = now or time.monotonic() - self._told > TOLD_SECONDS
        if due:
            self._told = time.monotonic()
            self._report([("progress", self.progress)], reach=reach)

    def file(self, path: Path, told: str, *, status: str = "", record: str = "", reach: float, **facts: Any) -> None:
        """A file that is never written again becomes a result, told of by an event."""
        name = path.relative_to(self.out).as_posix() if status else ""
        made = self._file(path, True, record, name, facts, status)
        self._report([(told, {"name": made.name, "status": status, **facts})], [made], reach)

    def made(self, record: Record) -> Made:
        """The result of a record; its picture is kept in the store."""
        facts = {key: value for key, value in asdict(record).items() if key in FACTS}
        facts["reason"] = record.reason.replace(self.hidden, "")
        subject = json.dumps(record.key)
        if not record.output:
            return Made(_failed(record), "", 0, "", record.status, subject, facts, record.line())
        return self._file(self.out / record.output, True, record.line(), subject, facts, record.status)

    def catch_up(self, records: Iterable[Record]) -> None:
        """Report records that a killed worker wrote down but did not report."""
        known = self.known()
        for record in records:
            there = record.output and (self.out / record.output).is_file()
            missing = known.get(record.output) != record.output_sha256 if there else _failed(record) not in known
            if missing and (there or not record.output):
                made = self.made(record)
                self._report([("result", _event(made))], [made])

    def known(self) -> dict[str, str]:
        """Name → digest of what was reported so far."""
        return {result.name: result.digest for result, _ in self.again(lambda: list(self.lease.records()))}

    def rest(self) -> None:
        """All other files in the output folder become results: reports, lists, sheets."""
        known = {result.name: result.digest for result, _ in self.lease.records() if result.status}
        for path in sorted(self.out.rglob("*")):
            name = path.relative_to(self.out).as_posix()
            inner = path.name.startswith(".") or path.suffix in NOT_SENT or name in INNER
            if path.is_file() and name not in known and not inner:
                with self._without_places(path) as shown:
                    blob = self.again(lambda file=shown: self.blobs.adopt(self.lease.job.tenant, file))  # type: ignore[misc]
                self._report([], [Made(name, blob.digest, blob.size, type_of(name))])

    @contextmanager
    def _without_places(self, path: Path) -> Iterator[Path]:
        """The file, or a copy in which the job's own folder is not named where it is a text that names it."""
        if path.suffix not in TEXTS:
            yield path
            return
        copy = path.with_name(f".{path.name}.part")
        with path.open("rb") as source, copy.open("wb") as target:
            for line in source:
                target.write(line.replace(self.hidden.encode(), b""))
        try:
            yield copy
        finally:
            copy.unlink()

    def _file(
        self,
        path: Path,
        link: bool = False,
        record: str = "",
        subject: str = "",
        facts: Mapping[str, Any] | None = None,
        status: str = "",
    ) -> Made:
        name = path.relative_to(self.out).as_posix()
        blob = self.again(lambda: self.blobs.adopt(self.lease.job.tenant, path, link=link))
        return Made(name, blob.digest, blob.size, type_of(name), status, subject, facts or {}, record)

    def _report(self, told: list[Told], made: Iterable[Made] = (), reach: float | None = None) -> None:
        wanted = self.again(lambda: self.lease.report(told, list(made), self.progress, reach))
        if wanted and self.obey:
            raise Stop(wanted)

    def again(self, do: Callable[[], T]) -> T:
        """Do it, again and again while the database or the store cannot be reached."""
        pause = 0.2
        while True:
            try:
                return do()
            except Unavailable:
                self.wait(pause)
                pause = min(pause * 2, 5.0)


def is_full(reason: str) -> bool:
    """Whether something came to nothing because the disk is full, by its words."""
    return any(words in reason for words in FULL_DISK)


def _event(made: Made) -> dict[str, Any]:
    """What an event tells of a result."""
    told = {key: made.facts[key] for key in ("sku", "image", "variant", "reason")}
    return {"name": made.name if made.digest else "", **told, "status": made.status}


def _failed(record: Record) -> str:
    """What a photo that came to nothing is called; no file's name has a colon."""
    return f"failed:{record.image or record.sku}" + (f"#{record.variant}" if record.variant else "")


def told_of(progress: Progress) -> dict[str, Any]:
    """Progress of a pipeline as plain JSON."""
    eta = progress.eta
    counts = {key: getattr(progress, key) for key in ("done", "flagged", "failed", "skipped", "skipped_flagged")}
    return {
        "finished": progress.finished,
        "total": progress.total,
        **counts,
        "seconds": round(progress.seconds, 2),
        "rate": round(progress.rate, 3),
        "eta": None if eta is None else round(eta, 1),
    }
