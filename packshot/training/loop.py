"""The training loop, all of it in one function: phases of an objective over a stream of pictures.

Progress is counted in images. All random numbers of a step follow from the seed and the images seen, so that a run
that was stopped and goes on is, on a CPU, the unbroken run bit for bit. State is written atomically; ctrl-C saves.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType

import torch
from torch import nn
from torch.optim import AdamW, Optimizer

from packshot.training import grids, state
from packshot.training.averaging import Average
from packshot.training.objective import Objective, Phase
from packshot.training.processes import joined
from packshot.training.progress import LogFile, Reader
from packshot.training.settings import Settings
from packshot.training.source import Source, batch_of
from packshot.training.tally import Tally
from packshot.training.watch import DiversityWatch, check_finite

STATE, LOG = "state.safetensors", "log.jsonl"


@dataclass(frozen=True)
class Outcome:
    """How training ended: images and seconds spent, `finished` or why it stopped, the averaged networks."""

    images: int
    seconds: float
    verdict: str
    averages: dict[str, nn.Module]


def train(
    objective: Objective,
    source: Source,
    settings: Settings,
    folder: Path,
    *,
    device: str = "cpu",
    readers: Sequence[Reader] = (),
    watch_diversity: bool = True,
    attempt: int = 0,
    clock: Callable[[], float] = time.monotonic,
) -> Outcome:
    """Train until the budget is spent, going on from `folder/state.safetensors` if it is there.

    attempt: number of rewinds after trouble; another one draws other noise. clock: what seconds and minutes are
    counted by; `time.process_time` where other work on the machine must not count.
    Writes `folder/{state.safetensors, log.jsonl, samples/}`. Raises TrainingTrouble when training diverges or
    collapses (the last good state stays), BadCheckpoint if the stored state is of another run.
    """
    place = torch.device(device)
    with joined(place) as processes, _interrupts() as interrupted:
        networks = {role: _placed(net, place, settings.channels_last) for role, net in objective.networks.items()}
        processes.same_weights(t for net in networks.values() for t in net.state_dict().values())
        phases, players = objective.phases(), _players(objective.phases())
        optimisers = {player: _adam(parameters, settings) for player, parameters in players.items()}
        average = Average({role: networks[role] for role in objective.averaged}, settings.average_images)
        now = state.State(networks, average.networks, optimisers)
        if (folder / STATE).is_file():
            state.read(folder / STATE, now)
        readers = (LogFile(folder / LOG, now.images), *readers) if processes.first else ()
        share = settings.batch // processes.world
        whole, first = share * processes.world, share * processes.rank
        tally, watch = Tally(now.images, now.seconds), DiversityWatch(settings.watch_images)
        saved = time.monotonic()
        precision = torch.autocast(place.type, torch.bfloat16) if settings.precision == "bfloat16" else nullcontext()
        verdict = ""
        while not verdict:
            began = clock()
            seed = seed_of(settings.seed, now.images, attempt)
            torch.manual_seed(seed + 1 + processes.rank)
            batch = batch_of(
                source.take(now.images + first, share),
                place,
                images_seen=now.images,
                whole=whole,
                first=first,
                generator=torch.Generator(place).manual_seed(seed),
                channels_last=settings.channels_last,
            )
            for player, parameters in players.items():
                optimiser = optimisers[player]
                optimiser.zero_grad(set_to_none=True)
                due = [phase for phase in phases if phase.player == player and now.steps % phase.every == 0]
                total, moved = torch.zeros((), device=place), dict[int, nn.Parameter]()
                for number, phase in enumerate(due, 1):
                    with precision:
                        losses = phase.losses(batch)
                        total = total + torch.stack([loss.float() for loss in losses.values()]).sum() * phase.strength
                    moved |= {id(p): p for p in phase.parameters}
                    tally.losses(losses)
                    if number == len(due) or not due[number].joined:
                        torch.autograd.backward(total, inputs=list(moved.values()))
                        total, moved = torch.zeros((), device=place), {}
                processes.average(parameters)
                tally.norm(player, _clip(parameters, settings.clip_norm))
                _set_rates(optimiser, settings, player, now.images)
                optimiser.step()
                for phase in phases:
                    if phase.player == player and phase.after is not None:
                        phase.after()
            now.images, now.steps = now.images + whole, now.steps + 1
            average.update(now.images, whole)
            now.seconds += clock() - began
            # What follows only looks: budget, log, samples, state.
            late = now.seconds >= 60 * (settings.minutes or float("inf"))
            halted = processes.any(interrupted() or late, place)
            verdict = "finished" if now.images >= settings.total_images else ""
            verdict = verdict or (("time is up" if late else "stopped") if halted else "")
            if verdict or _passed(now.images, whole, settings.log_images):
                check_finite(*tally.means(), now.images)
                progress = tally.progress(now, settings, verdict)
                if processes.first and (verdict or _passed(now.images, whole, settings.sample_images)):
                    drawn, real = grids.draw(objective, average.networks, batch, settings, now.images)
                    name = grids.write(folder, drawn, now.images)
                    numbers = watch.look(drawn, real, now.images) if watch_diversity else {}
                    progress = replace(progress, sample=name, numbers={**progress.numbers, **numbers})
                for reader in readers:
                    reader(progress)
                tally = Tally(now.images, now.seconds)
                if processes.first and (verdict or time.monotonic() - saved > 60 * settings.save_minutes):
                    state.write(folder / STATE, now)
                    saved = time.monotonic()
    return Outcome(now.images, now.seconds, verdict, dict(average.networks))


def seed_of(seed: int, images: int, attempt: int = 0) -> int:
    """The seed of a step: another one for every step, run and attempt."""
    return (seed * 1_000_003 + images * 8_191 + attempt * 999_983) % (1 << 62)


def _placed(network: nn.Module, place: torch.device, channels_last: bool) -> nn.Module:
    network = network.to(place).train()
    return network.to(memory_format=torch.channels_last) if channels_last else network  # type: ignore[call-overload]


def _players(phases: tuple[Phase, ...]) -> dict[str, tuple[nn.Parameter, ...]]:
    """Player → all parameters of its phases, each once, in order."""
    players: dict[str, dict[int, nn.Parameter]] = {}
    for phase in phases:
        players.setdefault(phase.player, {}).update({id(p): p for p in phase.parameters})
    return {player: tuple(parameters.values()) for player, parameters in players.items()}


def _adam(parameters: Sequence[nn.Parameter], settings: Settings) -> Optimizer:
    """AdamW (Loshchilov & Hutter 2019); without weight decay it is Adam (Kingma & Ba 2015)."""
    betas = (settings.beta1, settings.beta2.at(0))
    return AdamW(
        parameters, settings.learning_rate.at(0), betas, eps=1e-8, weight_decay=settings.weight_decay, fused=True
    )


def _set_rates(optimiser: Optimizer, settings: Settings, player: str, images: int) -> None:
    for group in optimiser.param_groups:
        group["lr"] = settings.learning_rate.at(images) * settings.rates.get(player, 1.0)
        group["betas"] = (settings.beta1, settings.beta2.at(images))


def _clip(parameters: Sequence[nn.Parameter], clip_norm: float | None) -> torch.Tensor:
    """The norm of the player's gradient, which is scaled down to `clip_norm` if it is larger."""
    grads = [p.grad for p in parameters if p.grad is not None]
    norm = nn.utils.get_total_norm(grads)
    if clip_norm is not None:
        nn.utils.clip_grads_with_norm_(parameters, clip_norm, norm)
    return norm


def _passed(images: int, step: int, every: int) -> bool:
    """Whether this step crossed a multiple of `every`."""
    return images // every > (images - step) // every


@contextmanager
def _interrupts() -> Iterator[Callable[[], bool]]:
    """Turns ctrl-C and SIGTERM into a flag read between steps; a second ctrl-C interrupts at once."""
    told = threading.Event()

    def tell(number: int, frame: FrameType | None) -> None:
        if told.is_set():
            raise KeyboardInterrupt
        told.set()

    if threading.current_thread() is not threading.main_thread():
        yield told.is_set
        return
    before = {number: signal.signal(number, tell) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield told.is_set
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
