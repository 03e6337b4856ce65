"""What takes the loop's place for a mixture: expectation maximisation over the codes of all pictures.

The same record of progress, budget in minutes and sample grid as the loop's. A turn is one look at every picture; it
takes seconds, so nothing is kept to go on from: the same command fits the same mixture again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from packshot.errors import TrainingTrouble
from packshot.training import grids
from packshot.training.loop import LOG, Outcome, seed_of
from packshot.training.objective import Batch
from packshot.training.objectives.mixture import MixtureFit
from packshot.training.processes import joined
from packshot.training.progress import LogFile, Progress, Reader
from packshot.training.settings import Settings
from packshot.training.source import Source, batch_of

BATCH = 250
LOSS = "negative_log_likelihood"


def fit(
    objective: MixtureFit,
    source: Source,
    pictures: int,
    settings: Settings,
    folder: Path,
    *,
    device: str = "cpu",
    readers: Sequence[Reader] = (),
    clock: Callable[[], float] = time.monotonic,
) -> Outcome:
    """Fit the mixture to one code of each of `pictures` pictures, for `objective.settings.turns` turns.

    Writes `folder/{log.jsonl, samples/}`; the loss is in nats a code, before each turn. Raises TrainingTrouble if it is
    no number, ParameterError if there are fewer pictures than components.
    """
    place, began, turns = torch.device(device), clock(), objective.settings.turns
    mixture: Any = objective.networks["mixture"].to(place)
    with joined(place) as processes:
        readers = (LogFile(folder / LOG, 0), *readers) if processes.first else ()
        codes, last = _codes(objective, source, pictures, settings, place)
        mixture.start(codes, torch.randperm(pictures, generator=torch.Generator().manual_seed(settings.seed)))
        for turn in range(1, turns + 1):
            loss = -mixture.refine(codes)
            if loss != loss or abs(loss) == float("inf"):
                raise TrainingTrouble(f"{LOSS}: no number after turn {turn}; try fewer components")
            seconds = clock() - began
            late = seconds >= 60 * (settings.minutes or float("inf"))
            verdict = "finished" if turn == turns else "time is up" if late else ""
            seen, rate = turn * pictures, turn * pictures / max(seconds, 1e-9)
            sample = _sampled(objective, last, settings, folder, seen) if verdict and processes.first else ""
            for reader in readers:
                reader(Progress(seen, turns * pictures, seconds, rate, {LOSS: loss}, sample=sample, verdict=verdict))
            if verdict:
                return Outcome(seen, seconds, verdict, {})
    raise AssertionError("at least one turn")


def _codes(
    objective: MixtureFit, source: Source, pictures: int, settings: Settings, place: torch.device
) -> tuple[Tensor, Batch]:
    """Codes `(pictures, latent_dim)`, and the first batch they came from."""
    found, first = [], None
    for start in range(0, pictures, BATCH):
        count = min(BATCH, pictures - start)
        batch = batch_of(
            source.take(start, count),
            place,
            images_seen=start,
            whole=count,
            first=0,
            generator=torch.Generator(place).manual_seed(seed_of(settings.seed, start)),
            channels_last=settings.channels_last,
        )
        first = first or batch
        found.append(objective.codes(batch))
    assert first is not None, "a catalogue has pictures"
    return torch.cat(found), first


def _sampled(objective: MixtureFit, batch: Batch, settings: Settings, folder: Path, images: int) -> str:
    drawn, _ = grids.draw(objective, objective.networks, batch, settings, images)
    return grids.write(folder, drawn, images)
