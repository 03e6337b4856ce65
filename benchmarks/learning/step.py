"""Pictures a second of the training loop beside the plain way, the same networks and equal work, in one run.

    python -m benchmarks step [--rounds 6] [--steps 16] [--threads 1]

Rounds of the two alternate; the ratio is taken round by round. By processor time with one thread, which other work on
the machine disturbs least; with more threads by the clock. Below it, what lazy penalties gain.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from torch import Tensor

from benchmarks.learning import plain
from benchmarks.learning.records import spread, told
from packshot import networks
from packshot.evaluation.tables import markdown_table
from packshot.training.loop import train
from packshot.training.objectives.gan import Gan, GanSettings
from packshot.training.schedule import constant
from packshot.training.settings import Settings
from packshot.training.source import Arrays

RATE, BETAS = 2e-4, (0.5, 0.999)
FAR = 10**9


@dataclass(frozen=True)
class Case:
    """A pair of networks, its game and its batch. lazy: steps between two penalties that are tried beside every one."""

    name: str
    pair: str
    size: int
    channels: int
    batch: int
    loss: str
    entries: dict[str, Any]
    gamma: float = 0.0
    fakes: bool = False
    half_life: float = 0.0
    lazy: tuple[int, ...] = ()


SMALL = {"width": 8, "max_width": 32, "blocks": 1, "group_size": 0}
CASES = (
    Case("DCGAN, 32 px grey, no average", "dcgan", 32, 1, 128, "non-saturating", {"width": 32}),
    Case("DCGAN, 64 px colour, average", "dcgan", 64, 3, 64, "non-saturating",
         {"width": 32, "max_width": 256}, half_life=5000),
    Case("R3GAN, 32 px grey, R1 and R2, average", "r3gan", 32, 1, 64, "relativistic", SMALL, 0.1, True, 5000,
         (4, 8, 16)),
)  # fmt: skip


def pair_of(case: Case) -> tuple[torch.nn.Module, torch.nn.Module]:
    """Fresh networks, the same each time."""
    torch.manual_seed(0)
    shape = {"size": case.size, "channels": case.channels}
    found = networks.build(f"{case.pair}-generator", {**shape, "z_dim": 64, **case.entries})
    return found, networks.build(f"{case.pair}-critic", {**shape, **case.entries})


def pictures(case: Case, count: int = 512) -> Tensor:
    """Drawn bytes: what they show is no matter here."""
    generator = torch.Generator().manual_seed(0)
    coarse = torch.rand(count, case.channels, 8, 8, generator=generator)
    return (torch.nn.functional.interpolate(coarse, case.size, mode="bilinear") * 255).to(torch.uint8)


def objective_of(case: Case, every: int = 1) -> Gan:
    """Our side of a case."""
    penalty = "none" if not case.gamma else "r1+r2" if case.fakes else "r1"
    rules = GanSettings(loss=case.loss, penalty=penalty, gamma=constant(case.gamma), penalty_every=every)
    return Gan(*pair_of(case), rules)


def settings_of(case: Case, steps: int) -> Settings:
    """Our loop with the plain way's optimiser."""
    return Settings(
        total_images=steps * case.batch, batch=case.batch, learning_rate=constant(RATE), beta1=BETAS[0],
        beta2=constant(BETAS[1]), average_images=case.half_life, log_images=FAR, sample_images=FAR, samples=1,
    )  # fmt: skip


def ours(case: Case, steps: int, clock: Callable[[], float], every: int = 1) -> Callable[[], float]:
    """A call that trains for so many steps and gives pictures a second."""
    objective, source = objective_of(case, every), Arrays({"image": pictures(case)})
    folder = TemporaryDirectory()  # goes on from round to round
    before = [0, 0.0]

    def work() -> float:
        settings = settings_of(case, before[0] // case.batch + steps)
        done = train(objective, source, settings, Path(folder.name), watch_diversity=False, clock=clock)
        rate = (done.images - before[0]) / (done.seconds - before[1])
        before[:] = done.images, done.seconds
        return rate

    return work


def theirs(case: Case, steps: int, clock: Callable[[], float]) -> Callable[[], float]:
    """The same by the plain way."""
    trainer = plain.Plain(
        *pair_of(case), case.loss, RATE, BETAS, case.gamma, case.fakes, case.half_life
    )  # fmt: skip
    work = plain.steps(trainer, plain.batches(pictures(case), case.batch), 64, steps)

    def timed() -> float:
        began = clock()
        seen = work()
        return seen / (clock() - began)

    return timed


def compared(case: Case, rounds: int, steps: int, clock: Callable[[], float]) -> tuple[dict[str, Any], ...]:
    """Row of the case, and a row for each laziness."""
    runs = {"plain": theirs(case, steps, clock), "ours": ours(case, steps, clock)}
    runs |= {f"every {k}": ours(case, steps, clock, k) for k in case.lazy}
    rates: dict[str, list[float]] = {name: [] for name in runs}
    for number in range(rounds + 1):  # the first one warms up
        for name, work in runs.items():
            rate = work()
            if number:
                rates[name].append(rate)
    ratios = [a / b for a, b in zip(rates["ours"], rates["plain"], strict=True)]
    row = {
        "case": case.name, "batch": case.batch, "plain": told(rates["plain"], 0), "ours": told(rates["ours"], 0),
        "ratio": told(ratios), "N": rounds, "number": spread(ratios)[0],
    }  # fmt: skip
    lazy = []
    for name in list(runs)[2:]:
        gains = [a / b for a, b in zip(rates[name], rates["ours"], strict=True)]
        lazy.append({"case": case.name, "penalties": name, "rate": told(rates[name], 0), "gain": told(gains)})
    return row, *lazy


def main(argv: list[str]) -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rounds", type=int, default=6)
    options.add_argument("--steps", type=int, default=16, help="of each side in a round; a multiple of the laziness")
    options.add_argument("--threads", type=int, default=1)
    options.add_argument("--cases", default="", help="only those whose name begins so")
    given = options.parse_args(argv)
    torch.set_num_threads(given.threads)
    clock = time.process_time if given.threads == 1 else time.perf_counter
    found = [compared(c, given.rounds, given.steps, clock) for c in CASES if c.name.startswith(given.cases)]
    what = "processor seconds, one thread" if given.threads == 1 else f"the clock, {given.threads} threads"
    print(f"Pictures a second by {what}; {given.rounds} rounds of {given.steps} steps, mean ± standard deviation.\n")
    print(markdown_table([row for row, *_ in found], ["case", "batch", "plain", "ours", "ratio", "N"]))
    lazy = [row for _, *rows in found for row in rows]
    if lazy:
        print("\nPenalties in every k-th step, against every step:\n")
        print(markdown_table(lazy, ["case", "penalties", "rate", "gain"]))
