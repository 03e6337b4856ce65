"""A check over many pictures: on several processes, results kept on disk, so that memory does not grow with them."""

from __future__ import annotations

import datetime as dt
import json
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from packshot.errors import ChannelError, FileError, MissingExtra, ParameterError
from packshot.imaging.writing import reader
from packshot.pipeline.pool import Pool, default_workers
from packshot.publish import channels
from packshot.publish.channel import Channel
from packshot.publish.check import check_picture, unreadable
from packshot.publish.findings import WEIGHT, Finding, Judge, Outcome, worst
from packshot.publish.gathering import Shot, shots_of
from packshot.publish.looking.photo import read
from packshot.publish.looking.texts import How, resolved
from packshot.publish.mending import filled, mend

PRELOAD = ("packshot.publish.check", "packshot.publish.rules.ground", "packshot.publish.rules.added")


@dataclass(frozen=True)
class Job:
    """One picture and the channels it is meant for."""

    number: int
    shot: Shot
    channels: tuple[str, ...]


@dataclass(frozen=True)
class Result:
    """What a check says of one picture (or, with `path` empty, of a product) in one channel."""

    picture: str
    path: str
    sku: str
    channel: str
    findings: tuple[Finding, ...]

    @property
    def outcome(self) -> Outcome:
        """The gravest finding."""
        return worst(self.findings)

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        said = {"picture": self.picture, "sku": self.sku, "channel": self.channel, "outcome": self.outcome}
        return {**said, "findings": [finding.to_json() for finding in self.findings]}


@dataclass
class Checked:
    """All results of a check, in the order of the pictures; iterating reads them from a temporary file.

    counts: rule → outcome → how often. outcomes: of pictures and products, by channel. text: how writing was found.
    """

    source: str
    channels: Mapping[str, Channel]
    text: str
    today: dt.date
    pictures: int = 0
    seconds: float = 0.0
    counts: dict[str, Counter[Outcome]] = field(default_factory=dict)
    outcomes: dict[str, Counter[Outcome]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._file = tempfile.TemporaryFile("w+b")  # noqa: SIM115
        self._places: list[tuple[int, int]] = []

    def add(self, number: int, results: list[Result]) -> None:
        """Keep the results of one picture."""
        for result in results:
            for finding in result.findings:
                self.counts.setdefault(finding.rule, Counter())[finding.outcome] += 1
            self.outcomes.setdefault(result.channel, Counter())[result.outcome] += 1
            self._places.append((number, self._file.seek(0, 2)))
            row = {**result.to_json(), "path": result.path}
            self._file.write(json.dumps(row, ensure_ascii=True).encode() + b"\n")

    def __iter__(self) -> Iterator[Result]:
        for _, place in sorted(self._places):
            self._file.seek(place)
            row = json.loads(self._file.readline())
            findings = tuple(Finding(**finding) for finding in row["findings"])
            yield Result(row["picture"], row["path"], row["sku"], row["channel"], findings)

    def __len__(self) -> int:
        return len(self._places)

    @property
    def outcome(self) -> Outcome:
        """The gravest of all."""
        every = [outcome for counter in self.outcomes.values() for outcome in counter]
        return max(every, key=WEIGHT.__getitem__, default="pass")

    def exit_code(self, strict: bool = False) -> int:
        """1 if a picture fails (with `strict`: if one is warned about), else 0."""
        return int(WEIGHT[self.outcome] >= WEIGHT["warn" if strict else "fail"])

    def close(self) -> None:
        """Give the temporary file back."""
        self._file.close()


def check_all(
    source: str | Path,
    names: tuple[str, ...],
    *,
    overrides: Path | None = None,
    text: How = "auto",
    today: dt.date | None = None,
    workers: int | None = None,
    limit: int | None = None,
    on_progress: Callable[[int], None] | None = None,
) -> Checked:
    """Check every picture of a file, folder or catalogue for channels.

    names: ids; none: pictures in subfolders named like channels are checked for these. Of a catalogue's product, a
    slot that takes one picture is given the first. overrides: a user's file of channels. workers: processes.
    Raises ChannelError, FileError, CatalogueError or ParameterError if it could not run at all.
    """
    table = channels.load(overrides)
    for name in names:
        if name not in table:
            raise ChannelError(channels.unknown(name, table))
    day, path = today or dt.date.today(), Path(source)
    jobs = _jobs(path, names, table, limit)
    words = reader.version() if resolved(text) == "ocr" else "by its strokes, no OCR"
    used = {name: table[name] for job in jobs for name in job.channels}
    done = Checked(path.name or str(path), used, words, day)
    counted: Counter[tuple[str, str]] = Counter((name, job.shot.sku) for job in jobs for name in job.channels)
    work = partial(_checked, overrides=overrides, text=text, today=day)
    count = min(len(jobs), workers or default_workers())
    started = dt.datetime.now()
    for job, results in Pool(work, _died, max(1, count), PRELOAD).map(jobs):
        done.add(job.number, results)
        done.pictures += 1
        if on_progress is not None:
            on_progress(done.pictures)
    done.add(len(jobs), _products(counted, used, Judge(day)))
    done.seconds = (dt.datetime.now() - started).total_seconds()
    return done


def _jobs(source: Path, names: tuple[str, ...], table: Mapping[str, Channel], limit: int | None) -> list[Job]:
    jobs: list[Job] = []
    catalogued = not source.is_file() and (source / "products.jsonl").is_file()
    for shot in shots_of(source):
        wanted = names or tuple(part for part in Path(shot.name).parts[:-1] if part in table)
        if catalogued and not shot.first:
            wanted = tuple(name for name in wanted if not _single(table[name]))
        if wanted:
            jobs.append(Job(len(jobs), shot, wanted))
        if limit is not None and len(jobs) >= limit:
            break
    if not jobs:
        what = "pictures" if names else "pictures in subfolders named like channels; name one with --channel"
        raise ParameterError(f"{source}: expected {what}, found none")
    return jobs


def _single(channel: Channel) -> bool:
    return channel.count is not None and channel.count.most == 1


@lru_cache(maxsize=4)
def _table(overrides: Path | None) -> dict[str, Channel]:
    return channels.load(overrides)


def _checked(job: Job, *, overrides: Path | None, text: How, today: dt.date) -> list[Result]:
    """One picture, read once, judged for each of its channels."""
    table, shot = _table(overrides), job.shot
    try:
        if shot.trouble:
            raise FileError(shot.trouble)
        photo = read(shot.path, shot.path.name, text)
        found = {name: check_picture(photo, table[name], today=today) for name in job.channels}
    except (FileError, MissingExtra) as error:
        found = {name: [unreadable(str(error), table[name])] for name in job.channels}
    return [_result(shot, name, findings) for name, findings in found.items()]


def _result(shot: Shot, channel: str, findings: list[Finding]) -> Result:
    told = tuple(replace(f, mend=filled(f.mend, str(shot.path))) if f.mend else f for f in findings)
    return Result(shot.name, "" if shot.trouble else str(shot.path), shot.sku, channel, told)


def _died(job: Job) -> list[Result]:
    table = channels.load()
    why = "the process checking it died: it needs more memory than there is, or a decoder failed"
    fallback = next(iter(table.values()))
    return [_result(job.shot, name, [unreadable(why, table.get(name, fallback))]) for name in job.channels]


def _products(counted: Counter[tuple[str, str]], used: Mapping[str, Channel], judge: Judge) -> list[Result]:
    """How many pictures each product has in each slot; only those are told that breach the rule."""
    results = []
    for (name, sku), pictures in counted.items():
        rule = used[name].count
        if rule is None or (rule.least <= pictures and (rule.most is None or pictures <= rule.most)):
            continue
        expected = f"{rule.least or 1} to {rule.most}" if rule.most else f"at least {rule.least}"
        finding = judge.say("count", rule, False, f"{pictures} pictures", expected, mend("count", used[name]))
        results.append(Result(sku, "", sku, name, (finding,)))
    return results
