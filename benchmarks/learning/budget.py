"""Training for a number of processor seconds of one thread, with schedules that fit into them.

How many pictures that is, is found by a short trial; every value that changes with pictures seen (learning rate,
penalty, growth) is stretched to it, as far as the preset stretches it over its own budget.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from packshot.training.loop import train
from packshot.training.prepare import prepare
from packshot.training.preset import Preset
from packshot.training.run import Run, run
from packshot.training.settings import Settings

ENDLESS = 10**9  # images: the budget in seconds ends a run
GROWTH = 0.6  # share of all images in which networks grow
TRIAL = 0.03  # share of the budget that the trial takes


def images_in(preset: Preset, pack: Path, seconds: float) -> int:
    """Pictures that a preset sees in so many processor seconds, by a trial."""
    if preset.objective == "mixture":
        return 1  # expectation maximisation has no schedules
    spell = max(0.3, TRIAL * seconds)
    if preset.objective != "growing":
        return max(1, round(seconds * _rate(preset, pack, minutes=spell / 60)))
    grown = _grows(preset, 1, 1)
    late = 1 / _rate(grown, pack, minutes=spell / 60)
    small = 8 * int(preset.settings.get("batch", 64))
    while_growing = 1 / _rate(_grows(preset, small, small), pack, total_images=small * 2 * _doublings(preset))
    return max(1, round(seconds / (GROWTH * while_growing + (1 - GROWTH) * late)))


def fitted(preset: Preset, images: int) -> Preset:
    """The preset with its schedules stretched from its own budget to so many images; it ends by time alone."""
    factor = images / int(preset.settings.get("total_images", Settings().total_images))
    settings = {name: _stretched(value, factor) for name, value in preset.settings.items()}
    looks = {
        "log_images": max(1, images // 40),
        "sample_images": max(1, images // 4),
        "watch_images": max(50_000, images // 4),
    }
    rules = {name: _stretched(value, factor) for name, value in preset.rules.items()}
    found = replace(
        preset,
        settings={**settings, **looks, "total_images": ENDLESS, "watch_images": max(50_000, images // 4)},
        rules=rules,
    )
    if preset.objective == "growing":
        part = max(1, round(GROWTH * images / (2 * _doublings(preset))))
        found = _grows(found, part, part)
    return found


def pieces(
    preset: Preset,
    pack: Path,
    folder: Path,
    seconds: float,
    shares: Sequence[float],
    changes: Mapping[str, Any],
    start: str = "",
) -> Iterator[tuple[float, Run]]:
    """Train up to each share of the budget in turn, giving the run as it then stands; goes on where it was stopped."""
    for share in shares:
        now = {**changes, "minutes": seconds * share / 60}
        done = run(preset, pack, folder, changes=now, device="cpu", clock=time.process_time, start=start)
        if done.outcome.verdict == "stopped":
            raise SystemExit("stopped and saved; the same command goes on")
        yield share, done


def _rate(preset: Preset, pack: Path, **ending: Any) -> float:
    """Pictures a processor second."""
    changes = {"log_images": ENDLESS, "sample_images": ENDLESS, "samples": 1, "total_images": ENDLESS, **ending}
    prepared = prepare(preset, pack, changes)
    with TemporaryDirectory() as folder:
        done = train(
            prepared.objective, prepared.stream, prepared.settings, Path(folder), clock=time.process_time,
            watch_diversity=False,
        )  # fmt: skip
    return done.images / done.seconds


def _stretched(value: Any, factor: float) -> Any:
    """A schedule over its images times the factor; anything else as it is."""
    if not (isinstance(value, Mapping) and {"start", "end"} <= value.keys()):
        return value
    return {k: max(1, round(v * factor)) if k in ("images", "warm_up_images") and v else v for k, v in value.items()}


def _grows(preset: Preset, hold: int, fade: int) -> Preset:
    return replace(preset, rules={**preset.rules, "hold_images": hold, "fade_images": fade})


def _doublings(preset: Preset) -> int:
    from packshot.networks.layers.configs import pyramid

    return len(pyramid(preset.size)) - 1
