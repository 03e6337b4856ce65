"""The report of a run: one self-contained `report.html` to look at and `report.json` with the measured numbers.

Entries are streamed to both files as they come, so memory does not grow with the catalogue. On the page every
entry is a block of inert JSON and its thumbnails are blocks of inert text; the browser decodes what is looked at.
The page is closed by its Content-Security-Policy: no network, no script or style but its own.
"""

from __future__ import annotations

import json
import math
import os
import tempfile
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, Any, Literal, get_args
from urllib.parse import quote

from packshot.errors import FileError, PackshotError, ParameterError
from packshot.evaluation import report_page
from packshot.evaluation.thumbnails import Frame, Thumbnail, thumbnail

Status = Literal["done", "flagged", "failed"]
Source = Path | bytes | Thumbnail
Json = dict[str, Any]

PAGE_LIMIT = 2000  # entries on the page: so many done ones, and as many that need attention
MEASURES_LIMIT = 200  # names of numbers that are summed up


@dataclass(frozen=True)
class After:
    """One output: its picture, the link to it (relative to the report; a file beside it needs none), a name."""

    picture: Source
    link: str = ""
    label: str = ""


@dataclass(frozen=True)
class Entry:
    """What the report says of one photo. All text may come from strangers.

    titles: the title in other languages, by code; the page shows `zh` where it speaks Chinese.
    before, afters: the photo and its outputs, as files, encoded bytes or ready thumbnails; none if it failed early.
    frame: where the (first) output lies in the photo, so that the slider compares like with like; None = shown whole.
    numbers, fidelity: measured values, units in the names; steps: `Step.to_json()` of each; marks: name → value.
    """

    sku: str
    image: str
    status: Status
    title: str = ""
    category: str = ""
    before: Source | None = None
    afters: tuple[After, ...] = ()
    frame: Frame | None = None
    reasons: tuple[str, ...] = ()
    numbers: Mapping[str, float] = field(default_factory=dict)
    fidelity: Mapping[str, float] = field(default_factory=dict)
    steps: Sequence[Mapping[str, Any]] = ()
    marks: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    titles: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.status not in get_args(Status):
            raise ParameterError(f"status: expected one of {', '.join(get_args(Status))}, got {self.status!r}")


@dataclass(frozen=True)
class Summary:
    """What the report says of the run as a whole.

    date: ISO 8601. seconds: wall-clock time of this run; processed: photos worked on in it (None = all entries).
    limits: name of a number → what it may be at most (`ssim` and `confidence`: at least).
    """

    pipeline: str
    version: str
    date: str
    seconds: float = 0.0
    processed: int | None = None
    catalogue: str = ""
    device: str = ""
    limits: Mapping[str, float] = field(default_factory=dict)


def write_report(
    folder: Path,
    entries: Iterable[Entry],
    summary: Summary | Callable[[], Summary],
    *,
    page_limit: int = PAGE_LIMIT,
    workers: int = 2,
) -> Path:
    """Write `report.html` and `report.json` into `folder` and return the path of the page.

    entries: read once, a few ahead of what is written; the files appear whole, when all have come.
    summary: may be a function, which is called once the entries have run out (a run that is still going on).
    page_limit: the page holds so many done entries and as many of the others; `report.json` holds all.
    workers: threads that make thumbnails.
    Raises ParameterError on a bad limit, FileError if the folder cannot be written.
    """
    if page_limit < 1 or workers < 1:
        raise ParameterError(f"page_limit, workers: expected at least 1, got {page_limit}, {workers}")
    folder = Path(folder)
    page_path = folder / "report.html"
    with _whole(page_path) as page, _whole(folder / "report.json") as numbers:
        _write(folder, page, numbers, _Room(page_limit).admit(entries), summary, workers)
    return page_path


def _write(
    folder: Path,
    page: IO[bytes],
    numbers: IO[bytes],
    entries: Iterable[tuple[Entry, bool]],
    summary: Summary | Callable[[], Summary],
    workers: int,
) -> None:
    head, tail = report_page.template()
    totals = _Totals()
    page.write(head)
    numbers.write(b'{"format": "packshot-report/1",\n"entries": [')
    for index, (entry, pictures) in enumerate(_illustrated(entries, workers)):
        totals.add(entry)
        facts = _facts(folder, entry)
        numbers.write(b",\n" if index else b"\n")
        numbers.write(_utf8(json.dumps(facts, ensure_ascii=False, allow_nan=False, default=str)))
        if pictures is not None:
            page.write(report_page.entry(index, facts, *pictures))
    said = _closing(summary() if callable(summary) else summary, totals)
    numbers.write(_utf8("\n],\n" + json.dumps(said, ensure_ascii=False, allow_nan=False, indent=1)[2:] + "\n"))
    page.write(report_page.summary(said) + tail)


class _Room:
    """Which entries still find room on the page."""

    def __init__(self, limit: int) -> None:
        self.left = {"done": limit, "attention": limit}

    def admit(self, entries: Iterable[Entry]) -> Iterator[tuple[Entry, bool]]:
        for entry in entries:
            kind = "done" if entry.status == "done" else "attention"
            self.left[kind] -= 1
            yield entry, self.left[kind] >= 0


# ---- thumbnails, a few ahead of the writing ----

Pictures = tuple[Thumbnail | None, tuple[Thumbnail | None, ...]]


def _illustrated(entries: Iterable[tuple[Entry, bool]], workers: int) -> Iterator[tuple[Entry, Pictures | None]]:
    """Each entry with its thumbnails (None = not on the page), in order, at most `2 * workers` ahead."""
    waiting: deque[tuple[Entry, Future[Pictures] | None]] = deque()
    with ThreadPoolExecutor(workers, thread_name_prefix="thumbnails") as pool:
        for entry, admitted in entries:
            waiting.append((entry, pool.submit(_pictures, entry) if admitted else None))
            if len(waiting) > 2 * workers:
                yield _finished(*waiting.popleft())
        while waiting:
            yield _finished(*waiting.popleft())


def _finished(entry: Entry, pictures: Future[Pictures] | None) -> tuple[Entry, Pictures | None]:
    return entry, None if pictures is None else pictures.result()


def _pictures(entry: Entry) -> Pictures:
    before = None if entry.before is None else _small(entry.before, entry.frame)
    return before, tuple(_small(after.picture) for after in entry.afters)


def _small(source: Source, frame: Frame | None = None) -> Thumbnail | None:
    """The thumbnail, or None for a file that cannot be shown (that is often why the entry failed)."""
    if isinstance(source, Thumbnail):
        return source
    try:
        return thumbnail(source, frame)
    except (PackshotError, OSError):
        return None


# ---- what is written ----


def _facts(folder: Path, entry: Entry) -> Json:
    """All that is known of an entry but its pictures, as plain JSON values."""
    return {
        "sku": entry.sku,
        "image": entry.image,
        "status": entry.status,
        "title": entry.title,
        "titles": dict(entry.titles),
        "category": entry.category,
        "reasons": list(entry.reasons),
        "numbers": _finite(entry.numbers),
        "fidelity": _finite(entry.fidelity),
        "steps": [_plain(step) for step in entry.steps],
        "marks": dict(entry.marks),
        "seconds": _rounded(entry.seconds),
        "outputs": [{"label": after.label, "link": _link(folder, after)} for after in entry.afters],
    }


def _link(folder: Path, after: After) -> str:
    """The link to an output, percent-encoded; empty for anything that leaves the folder or is no relative path."""
    link = after.link
    if not link and isinstance(after.picture, Path) and after.picture.is_relative_to(folder):
        link = after.picture.relative_to(folder).as_posix()
    path = PurePosixPath(link)
    if not link or path.is_absolute() or ".." in path.parts or "\\" in link or "\0" in link:
        return ""
    return "./" + quote(str(path), errors="surrogateescape")


def _finite(numbers: Mapping[str, float]) -> dict[str, float | None]:
    return {str(name): _rounded(value) for name, value in numbers.items()}


def _rounded(value: float) -> float | None:
    """Six significant digits; None for what is no number (NaN, infinity)."""
    return float(f"{value:.6g}") if isinstance(value, (int, float)) and math.isfinite(value) else None


def _plain(value: Any) -> Any:
    """The value with every number in it finite, as JSON wants it."""
    if isinstance(value, Mapping):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _utf8(text: str) -> bytes:
    """UTF-8; half a surrogate pair (from an undecodable file name) becomes its JSON escape."""
    return text.encode("utf-8", "backslashreplace")


class _Totals:
    """Counts by status; of every number measured on a picture that did not fail: how often, mean, least, most.

    ready: the same of `delta_e_p99` in pictures that are done. Of a flagged one the cut-out may be wrong, and then a
    figure taken inside it says nothing of the product.
    """

    def __init__(self) -> None:
        self.counts: dict[str, int] = dict.fromkeys(get_args(Status), 0)
        self.values: dict[str, tuple[int, float, float, float]] = {}  # name → count, sum, least, most
        self.ready = (0, 0.0)  # count, most

    def add(self, entry: Entry) -> None:
        self.counts[entry.status] += 1
        change = entry.fidelity.get("delta_e_p99")
        if entry.status == "done" and change is not None and _rounded(change) is not None:
            self.ready = (self.ready[0] + 1, max(self.ready[1], float(change)))
        for name, value in {**entry.numbers, **entry.fidelity}.items():
            if entry.status != "failed" and _rounded(value) is not None:
                self._measure(str(name), float(value))

    def _measure(self, name: str, value: float) -> None:
        if name in self.values:
            count, total, least, most = self.values[name]
            self.values[name] = (count + 1, total + value, min(least, value), max(most, value))
        elif len(self.values) < MEASURES_LIMIT:
            self.values[name] = (1, value, value, value)

    def to_json(self) -> Json:
        measures = {
            name: {"count": count, "mean": _rounded(total / count), "min": _rounded(least), "max": _rounded(most)}
            for name, (count, total, least, most) in sorted(self.values.items())
        }
        ready = {"count": self.ready[0], "delta_e_p99_max": _rounded(self.ready[1])}
        return {"entries": sum(self.counts.values()), **self.counts, "ready": ready, "measures": measures}


def _closing(summary: Summary, totals: _Totals) -> Json:
    """The summary of the run with what was counted along the way."""
    counted = totals.to_json()
    processed = counted["entries"] if summary.processed is None else summary.processed
    said = {**asdict(summary), "processed": processed, "limits": _finite(summary.limits)}
    said["photos_per_second"] = _rounded(processed / summary.seconds) if summary.seconds > 0 else None
    return {**said, "totals": counted}


@contextmanager
def _whole(path: Path) -> Iterator[IO[bytes]]:
    """A file that appears under its name only when all of it is written."""
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.stem}-", suffix=path.suffix, dir=path.parent)
    except OSError as error:
        raise FileError(f"{path}: the report cannot be written here: {error.strerror}") from error
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
