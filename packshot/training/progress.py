"""The one record of progress: lines of `log.jsonl`. The terminal, the page and the trackers only read it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Progress:
    """Where training stands.

    images: seen so far. seconds: of training, all sessions together. rate: images a second since the last line.
    losses: means since the last line. numbers: learning rates, gradient norms, diversity, scores.
    sample: path of a grid drawn now, relative to the run's folder. verdict: empty while all is well, else why it ended.
    limit_seconds: when training ends at the latest, 0 = only `total_images` ends it.
    """

    images: int
    total_images: int
    seconds: float
    rate: float = 0.0
    losses: Mapping[str, float] = field(default_factory=dict)
    numbers: Mapping[str, float] = field(default_factory=dict)
    sample: str = ""
    verdict: str = ""
    limit_seconds: float = 0.0

    @property
    def seconds_left(self) -> float:
        """At the present rate, or until the time is up if that comes first."""
        by_images = (self.total_images - self.images) / self.rate if self.rate > 0 else float("inf")
        by_time = self.limit_seconds - self.seconds if self.limit_seconds else float("inf")
        return max(0.0, min(by_images, by_time))

    def line(self) -> str:
        """One JSON object; numbers rounded to six figures, empty entries left out."""
        pairs = {k: _rounded(v) for k, v in vars(self).items() if v or k in ("images", "seconds")}
        return json.dumps(pairs, ensure_ascii=False)


Reader = Callable[[Progress], None]


class LogFile:
    """Appends lines to `log.jsonl`; lines beyond the state that training resumes from are dropped first."""

    def __init__(self, path: Path, images: int) -> None:
        self.path = path
        kept = [p.line() for p in read(path) if p.images <= images and not p.verdict]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(line + "\n" for line in kept), encoding="utf-8")

    def __call__(self, progress: Progress) -> None:
        with self.path.open("a", encoding="utf-8") as file:
            file.write(progress.line() + "\n")


def read(path: Path) -> list[Progress]:
    """The lines of a log, a torn last one left out; empty if there is no log."""
    found = []
    for line in path.read_text(encoding="utf-8").splitlines() if path.is_file() else ():
        try:
            found.append(Progress(**{"total_images": 0, **json.loads(line)}))
        except (json.JSONDecodeError, TypeError):
            continue
    return found


def terminal(progress: Progress) -> None:
    """One line on the terminal: images, rate, time left, losses."""
    left = f"{progress.seconds_left / 60:.0f} min left" if progress.rate > 0 else ""
    losses = "  ".join(f"{k} {v:.3g}" for k, v in progress.losses.items())
    print(f"{progress.images:>10,} images  {progress.rate:6.0f}/s  {left:>14}  {losses}", flush=True)
    if progress.verdict:
        print(progress.verdict, flush=True)


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return float(f"{value:.6g}")
    return {k: _rounded(v) for k, v in value.items()} if isinstance(value, Mapping) else value
