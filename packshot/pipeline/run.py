"""A pipeline over a catalogue: resumable, bounded in memory, one record per result, nothing lost.

A result is skipped if its last record says done or flagged, under the same settings, from the same source bytes,
and its file is still there with the same content. Everything else is done again.
"""

from __future__ import annotations

import hashlib
import os
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from pathlib import Path, PurePosixPath
from typing import IO, Any, Protocol

from packshot import operations
from packshot.errors import FileError
from packshot.pipeline.pool import Pool, default_workers
from packshot.pipeline.recipe import Recipe
from packshot.pipeline.record import Index, Log, Record
from packshot.pipeline.weights import named_weights
from packshot.pipeline.work import Job, process, read_bytes
from packshot.provenance.encoding import SUFFIXES

RECORDS = "edits.jsonl"
PRELOAD = ("packshot.pipeline.work", *(place.split(":")[0] for place in operations.TABLE.values()))
NAME_BYTES = 180  # longest part of an output path, before the suffix

Claim = Callable[[str], bool]  # reserves an output path; False if it was given out before


@dataclass(frozen=True)
class Item:
    """One photo of a catalogue.

    image: its path there; source: where its bytes are; name: path of its results without suffix, `/` between folders.
    refused: why the picture must not be opened (it lies outside the catalogue, it is a URL): recorded as failed.
    """

    sku: str
    image: str
    source: str
    name: str
    values: Mapping[str, Any] = field(default_factory=dict)
    refused: str = ""


@dataclass(frozen=True)
class Progress:
    """Where a run stands after one more result. total: number of results, None if not known beforehand.

    skipped: kept from an earlier run; skipped_flagged: how many of these are flagged.
    """

    done: int
    flagged: int
    failed: int
    skipped: int
    total: int | None
    seconds: float
    record: Record | None = None
    skipped_flagged: int = 0

    @property
    def finished(self) -> int:
        """Results there are, of this run and of earlier ones."""
        return self.done + self.flagged + self.failed + self.skipped

    @property
    def rate(self) -> float:
        """Results per second of this run."""
        made = self.done + self.flagged + self.failed
        return made / self.seconds if self.seconds > 0 else 0.0

    @property
    def eta(self) -> float | None:
        """Seconds left, or None if unknown."""
        return None if self.total is None or not self.rate else (self.total - self.finished) / self.rate


class Work(Protocol):
    """What is done to every photo. It travels to the worker processes, so it must pickle."""

    def __call__(self, job: Job) -> list[Record]:
        """All results of one photo, one record per output; nothing is raised for a bad picture."""

    def names(self, item: Item, claim: Claim) -> dict[str, str]:
        """Variant → output path of every result the photo should have, the same on every run."""

    def settings(self, variant: str) -> str:
        """Digest of everything that decides the pixels of a variant."""

    def job(self, item: Item, out: Path, outputs: Mapping[str, str]) -> Job:
        """What the worker is told of a photo; `outputs`: those of its `names` that are not there yet."""

    def places(self, name: str) -> tuple[str, ...]:
        """Where the result called `name` may have been put."""


@dataclass(frozen=True)
class RecipeWork:
    """A pipeline as work: one result for every variant of the recipe."""

    recipe: Recipe
    digest: str

    def __call__(self, job: Job) -> list[Record]:
        return process(job, self.recipe, self.digest)

    def names(self, item: Item, claim: Claim) -> dict[str, str]:
        suffix = SUFFIXES[self.recipe.output["format"]]
        return {variant: output_name(item.name, variant, suffix, claim) for variant, _ in self.recipe.variants()}

    def settings(self, variant: str) -> str:
        return self.digest

    def job(self, item: Item, out: Path, outputs: Mapping[str, str]) -> Job:
        return Job(item.sku, item.image, item.source, str(out), outputs, {"sku": item.sku, **item.values}, item.refused)

    def places(self, name: str) -> tuple[str, ...]:
        return (name,)


def run(
    recipe: Recipe,
    items: Iterable[Item],
    out: Path,
    *,
    total: int | None = None,
    workers: int | None = None,
) -> Iterator[Progress]:
    """Work through `items`, yielding after every result; the records are in `out/edits.jsonl`.

    total: number of photos, if known. workers: processes (default: one per processor).
    Raises FileError if `out` cannot be written or another run is writing to it.
    """
    work = RecipeWork(recipe, recipe.digest(named_pictures(recipe)))
    results = None if total is None else total * len(list(recipe.variants()))
    yield from carry_out(work, items, out, total=results, workers=workers)


def carry_out(
    work: Work, items: Iterable[Item], out: Path, *, total: int | None = None, workers: int | None = None
) -> Iterator[Progress]:
    """Do any work on `items` as `run` does a pipeline: resumable, recorded. total: number of results, if known."""
    with _exclusive(out), Log(out / RECORDS) as log:
        _remove_torn(out)
        index = Index(out / RECORDS)
        counts = dict.fromkeys(("done", "flagged", "failed", "skipped", "skipped_flagged"), 0)
        started = time.perf_counter()

        def progress(record: Record | None) -> Progress:
            return Progress(**counts, total=total, seconds=time.perf_counter() - started, record=record)

        def jobs() -> Iterator[Job]:
            for job, kept in _plan(work, items, out, index):
                counts["skipped"] += len(kept)
                counts["skipped_flagged"] += sum(record.status == "flagged" for record in kept)
                if job.outputs:
                    yield job

        pool = Pool(work, partial(_died, work=work), workers or default_workers(), PRELOAD)
        try:
            for _, records in pool.map(jobs()):
                for record in records:
                    log.add(record)
                    counts[record.status] += 1
                    yield progress(record)
        finally:
            index.close()
        yield progress(None)


def named_pictures(recipe: Recipe) -> dict[str, str]:
    """Files that parameters name → SHA-256, so that another background or other weights make other settings."""
    found = named_weights(recipe)
    for step in recipe.steps:
        for values in [dict(step.parameters), *(_filled_in(step.parameters, own) for _, own in recipe.variants())]:
            for name in operations.find(step.operation).picture_names(values):
                if not name.startswith("$") and name not in found:
                    found[name] = hashlib.sha256(read_bytes(name)).hexdigest()
    return found


def _filled_in(parameters: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters with the `$names` that `each` gives filled in; a product's own stay as they are."""
    return {
        key: values.get(value[1:], value) if isinstance(value, str) and value.startswith("$") else value
        for key, value in parameters.items()
    }


def _plan(work: Work, items: Iterable[Item], out: Path, index: Index) -> Iterator[tuple[Job, list[Record]]]:
    """`(job, records kept from an earlier run)` of every photo; a job without outputs has nothing left to do."""
    for item in items:
        digest: list[str] = []
        names = work.names(item, index.claim)
        wanted, kept = {}, []
        for variant, name in names.items():
            record = index.last((item.sku, item.image, variant))
            if (
                record is None
                or record.settings != work.settings(variant)
                or record.output not in work.places(name)
                or not _is_kept(record, item, out, digest)
            ):
                wanted[variant] = name
            else:
                kept.append(record)
        yield work.job(item, out, wanted), kept


def _is_kept(record: Record, item: Item, out: Path, digest: list[str]) -> bool:
    """Whether an earlier result of the same settings still stands. `digest` holds the source's hash once needed."""
    if record.status == "failed":
        return False
    try:
        if hashlib.sha256((out / record.output).read_bytes()).hexdigest() != record.output_sha256:
            return False
        if not digest:
            digest.append(hashlib.sha256(read_bytes(item.source)).hexdigest())
    except (OSError, FileError):
        return False
    return digest[0] == record.source_sha256


def output_name(name: str, variant: str, suffix: str, claim: Claim) -> str:
    """The path of a result inside the output folder: the catalogue's tree kept, no two results the same.

    `red/1` → `red/1.jpg`; where that is taken already, `red/1-2.jpg`, `red/1-3.jpg`, ….
    No name leads out of the folder: `..`, roots and device names lose their meaning. claim: reserves a path, False
    if it was given out before.
    """
    *folders, stem = [safe_name(part) for part in PurePosixPath(name.replace("\\", "/")).parts] or ["_"]
    tail = f"-{variant}" if variant else ""
    for number in count(1):
        path = "/".join([*folders, stem + (f"-{number}" if number > 1 else "") + tail + suffix])
        if claim(path):
            return path
    raise AssertionError("count() never ends")


def safe_name(part: str) -> str:
    """A name that every file system takes: no control or reserved characters, no device names, bounded length."""
    part = re.sub(r'[\x00-\x1f\x7f<>:"|?*/\\]', "_", part).rstrip(". ") or "_"
    if re.fullmatch(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?", part):
        part = "_" + part
    encoded = part.encode("utf-8", "surrogateescape")
    return part if len(encoded) <= NAME_BYTES else encoded[:NAME_BYTES].decode("utf-8", "ignore")


def _died(job: Job, work: Work) -> list[Record]:
    reason = "the worker process died while working on this picture (out of memory, or a fault in a library)"
    return [
        Record(job.sku, job.image, variant, job.source, "", work.settings(variant), "failed", reason=reason)
        for variant in job.outputs
    ]


@contextmanager
def _exclusive(out: Path) -> Iterator[None]:
    """Hold the output folder: two runs writing the same records would lose some."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        file = (out / f".{RECORDS}.lock").open("a")
    except OSError as error:
        raise FileError(f"output folder {out}: cannot be written ({error.strerror or error})") from None
    with file:
        _hold(file, out)
        yield
        with suppress(OSError):
            os.unlink(file.name)


def _hold(file: IO[str], out: Path) -> None:
    try:
        import fcntl
    except ImportError:  # Windows: without advisory locks the caller has to take care
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise FileError(f"output folder {out}: another run is writing to it; wait for it or choose another") from None


def _remove_torn(out: Path) -> None:
    """Temporary files of a run that was killed in the middle of a write."""
    for path in out.rglob(".*.part"):
        with suppress(OSError):
            path.unlink()
