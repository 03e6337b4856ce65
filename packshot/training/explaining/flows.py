"""Flows: how a picture comes out of noise, and what each part of it looks at while it does.

Attention is that of the network itself (Vaswani et al. 2017, eq. 1), meant over its heads: from every patch to the
token of a condition, shown over the picture that is foreseen. It tells where a word is read, not what it does there.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from packshot.evaluation.explaining.drawing import coloured, normalised, overlaid
from packshot.models.flowing import Flow, foreseeing
from packshot.models.sampling import Sampler, seeds_of
from packshot.training.explaining.parts import Figure, Section, grid
from packshot.training.explaining.subject import Subject

PICTURES, SHOWN_TIMES = 4, (0.0, 0.1, 0.25, 0.5, 0.75, 1.0)
LOOKING = 0.25  # the time at which attention is shown: the product is placed, its colours are being decided
MOST_GROUPS = 10


def explain_flow(subject: Subject, seed: int) -> Iterator[Section]:
    """The sections that only a flow has."""
    sampler = subject.sampler
    assert sampler is not None, "a flow has a sampler"
    points, told = _ways(sampler, seed)
    times = ", ".join(f"{time:g}" for time in SHOWN_TIMES)
    across = tuple(f"{time:g}" for time in SHOWN_TIMES)
    columns = len(SHOWN_TIMES)
    yield Section("foreseen", {"times": times}, (Figure("foreseen", grid(points[1]), columns, True, across=across),))
    if told is not None:
        yield _attention(sampler, points[0], told)


def _ways(sampler: Sampler, seed: int) -> tuple[tuple[Tensor, list[Tensor]], Tensor | None]:
    """(points at the time LOOKING, rows of pictures foreseen), and what they were told: one value of each attribute."""
    flow: Any = sampler.network
    seeds = seeds_of(seed, PICTURES)
    told = None
    if sampler.condition_dim:
        wishes = [_wish(sampler, number) for number in range(PICTURES)]
        told = torch.cat([sampler.vocabulary.encode(wish) for wish in wishes]).to(sampler.device)
    x = sampler.noises(seeds).to(sampler.device).view(-1, *flow.shape)
    field = foreseeing(flow.network, told, flow.how)
    rows: list[list[Tensor]] = [[] for _ in seeds]
    looked = x
    with torch.inference_mode():
        for now, then in zip(SHOWN_TIMES, (*SHOWN_TIMES[1:], 1.0), strict=True):
            found = field(x, min(now, 0.999)) if now < 1 else x
            for row, picture in zip(rows, coloured(flow.pictures(found)).cpu(), strict=True):
                row.append(picture)
            if now == LOOKING:
                looked = x
            x = found if then == 1 else x + (then - now) * (found - x) / (1 - now)
    return (looked, [torch.stack(row) for row in rows]), told


def _wish(sampler: Sampler, number: int) -> dict[str, str]:
    """One value of every attribute, others for every number."""
    return {name: values[number * 5 % len(values)] for name, values in sampler.attributes.items()}


def _attention(sampler: Sampler, points: Tensor, told: Tensor) -> Section:
    """Picture, then where each condition is read, over the blocks' and heads' mean."""
    flow: Any = sampler.network
    names = [group.name for group in sampler.vocabulary.groups][:MOST_GROUPS]
    time = points.new_full((len(points),), LOOKING)
    with torch.inference_mode():
        maps = flow.network.attention(points, time, told).mean((0, 2))  # (n, tokens, groups + tokens)
        seen = coloured(flow.pictures(flow.network.picture(points, time, told).clamp(-1, 1))).cpu()
    side = int(maps.shape[1] ** 0.5)
    rows = []
    for number in range(len(points)):
        looks = maps[number, :, : len(names)].T.reshape(len(names), 1, side, side).cpu()
        wide = F.interpolate(looks, size=seen.shape[2:], mode="bilinear")[:, 0]
        own = seen[number : number + 1]
        rows.append(torch.cat([own, overlaid(own.expand(len(names), -1, -1, -1) * 2 - 1, normalised(wide))]))
    down = tuple(", ".join(_wish(sampler, number).values()) for number in range(len(points)))
    share = {name: float(maps[:, :, place].sum(1).mean() / maps.shape[1]) for place, name in enumerate(names)}
    figure = Figure("attention", grid(rows), 1 + len(names), True, across=("@picture", *names), down=down)
    return Section("attention", {"time": f"{LOOKING:g}"}, (figure,), numbers=share)


def is_flow(subject: Subject) -> bool:
    """Whether its pictures flow."""
    return subject.sampler is not None and isinstance(subject.sampler.network, Flow)
