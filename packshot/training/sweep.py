"""Trying settings: every combination of some values, each a run of its own with its share of the budget.

FOLDER/00, 01, …     the runs
FOLDER/sweep.jsonl   what came of those that ended; the same call goes on with what is left

Losses of adversarial games do not rank generators. A table is put in order only where a feature network is given, by
the Fréchet distance to held-out pictures.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from packshot.errors import ParameterError, TrainingTrouble
from packshot.training import progress
from packshot.training.loop import LOG
from packshot.training.presets import Preset
from packshot.training.progress import Reader
from packshot.training.run import Run, run

RECORD = "sweep.jsonl"
MOST = 200  # combinations


@dataclass(frozen=True)
class Trial:
    """One combination: its values as told, its run's folder, and how it ended. numbers: last losses, scores."""

    values: Mapping[str, str]
    folder: str
    images: int = 0
    minutes: float = 0.0
    verdict: str = ""
    numbers: Mapping[str, float] = field(default_factory=dict)

    def row(self) -> dict[str, Any]:
        """As a row of a table."""
        ended = {"images": self.images, "minutes": round(self.minutes, 1), "verdict": self.verdict}
        return {"run": self.folder, **self.values, **ended, **self.numbers}


def sweep(
    preset: str | Preset,
    catalogue: str | Path,
    folder: str | Path,
    ranges: Mapping[str, Sequence[Any]],
    *,
    minutes: float | None = None,
    changes: Mapping[str, Any] | None = None,
    columns: Sequence[str] | None = None,
    features: str | Path = "",
    pictures: int = 2_000,
    device: str = "auto",
    readers: Sequence[Reader] = (),
    track: Sequence[str] = (),
) -> list[Trial]:
    """Train every combination of `ranges` (setting or rule → its values); goes on where a sweep was stopped.

    minutes: for all runs together, shared alike; without it each run takes its preset's budget. features: checkpoint
    whose Fréchet distance on `pictures` generated pictures ranks the trials, best first. track: trackers that every run
    is shown to. A run that comes to grief is a row with its reason. Raises ParameterError for no or too many
    combinations, or settings that do not exist.
    """
    trials = list(combinations(ranges))
    share = {} if minutes is None else {"minutes": minutes / len(trials)}
    target = Path(folder)
    known = {json.dumps(trial.values): trial for trial in read(target / RECORD)}
    found = []
    for index, values in enumerate(trials):
        told = {name: shown(value) for name, value in values.items()}
        done = known.get(json.dumps(told))
        if done is None:
            own = target / f"{index:02d}"
            changed = {**(changes or {}), **values, **share}
            shown_to = partial(run, readers=readers, track=track)
            start = partial(shown_to, preset, catalogue, own, changes=changed, columns=columns, device=device)
            trial = _tried(own, told, start)
            if trial.verdict == "stopped":
                break
            done = _scored(trial, own, catalogue, features, pictures, device)
            target.mkdir(parents=True, exist_ok=True)
            with (target / RECORD).open("a", encoding="utf-8") as file:
                file.write(json.dumps(asdict(done)) + "\n")
        found.append(done)
    return sorted(found, key=_distance) if features else found


def combinations(ranges: Mapping[str, Sequence[Any]]) -> Iterator[dict[str, Any]]:
    """Every combination of values, the last name changing fastest."""
    count = 1
    for name, values in ranges.items():
        if not values:
            raise ParameterError(f"sweep: {name}: expected at least one value")
        count *= len(values)
    if not ranges or count > MOST:
        raise ParameterError(f"sweep: expected 1 to {MOST} combinations, got {count if ranges else 0}")
    for values in itertools.product(*ranges.values()):
        yield dict(zip(ranges, values, strict=True))


def read(path: Path) -> list[Trial]:
    """The trials of a record; a torn last line is left out."""
    found = []
    for line in path.read_text(encoding="utf-8").splitlines() if path.is_file() else ():
        try:
            found.append(Trial(**json.loads(line)))
        except (json.JSONDecodeError, TypeError):
            continue
    return found


def shown(value: Any) -> str:
    """A value in few letters; a schedule that stays as its number."""
    if isinstance(value, Mapping) and value.get("start") == value.get("end") is not None:
        value = value["start"]
    return str(value)


def _tried(folder: Path, told: Mapping[str, str], start: Callable[[], Run]) -> Trial:
    try:
        done = start()
    except TrainingTrouble as trouble:
        return Trial(told, folder.name, verdict=str(trouble))
    lines = progress.read(folder / LOG)
    losses = dict(lines[-1].losses) if lines else {}
    return Trial(told, folder.name, done.outcome.images, done.outcome.seconds / 60, done.outcome.verdict, losses)


def _scored(
    trial: Trial, folder: Path, catalogue: str | Path, features: str | Path, pictures: int, device: str
) -> Trial:
    """With the Fréchet distance of its generator, where there is one and a feature network was given."""
    generator = next((folder / f"{r}.safetensors" for r in DRAWS if (folder / f"{r}.safetensors").is_file()), None)
    if not features or generator is None:
        return trial
    from packshot.training.scoring import score

    found = score(generator, catalogue, features, count=pictures, device=device).rows()[0]
    distances = {name: value for name, value in found.items() if name.startswith(DISTANCES)}
    return Trial(trial.values, trial.folder, trial.images, trial.minutes, trial.verdict, {**distances, **trial.numbers})


DISTANCES = ("FD-", "FID", "KD-", "KID")
DRAWS = ("generator", "flow", "mixture", "prior", "autoencoder")


def _distance(trial: Trial) -> float:
    return next((value for name, value in trial.numbers.items() if name.startswith(DISTANCES[:2])), float("inf"))
