"""Critics and classifiers: where they look on real and on generated pictures, and whether that can be believed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from packshot.errors import ParameterError
from packshot.evaluation.explaining.drawing import coloured, mosaic, overlaid
from packshot.evaluation.explaining.faithfulness import STEPS, Curves, compare
from packshot.evaluation.explaining.looking import METHODS, Looking, Method, beside, choose, look
from packshot.evaluation.explaining.sanity import Sanity, cascade
from packshot.evaluation.explaining.watching import Score, Station, levels, stations, watch
from packshot.training.explaining.material import Shown
from packshot.training.explaining.parts import Chart, Figure, Section, grid, plain
from packshot.training.explaining.subject import Subject

SHOWN = 8  # pictures in a figure
MAPS_SHOWN = 2  # pictures whose feature maps are shown
MAPS_PX = 64  # side of one feature map at most
LAYER_PX = 200  # side of all maps of a layer together, about
COMPANIONS = 3


@dataclass(frozen=True)
class Judged:
    """One set of pictures under one question. score: what maps are made of. value: what is watched while deleting.

    sayings: what the network says of each picture, in a few words.
    """

    name: str
    shown: Shown
    score: Score
    value: Score
    sayings: tuple[str, ...]
    generated: bool


def explain_judge(subject: Subject, real: Shown | None, made: Shown | None, seed: int) -> Iterator[Section]:
    """The sections of a critic or a classifier. Raises ParameterError if there are no pictures at all."""
    sets = [(name, shown) for name, shown in (("real", real), ("generated", made)) if shown is not None and len(shown)]
    if not sets:
        raise ParameterError(f"pictures: {subject.name} is a {subject.kind}; name pictures to show it (--pictures)")
    for name, shown in sets:
        if not (shown.image.isfinite().all() and shown.image.shape[1] == subject.channels):
            raise ParameterError(f"pictures: {name} ones have {shown.image.shape[1]} channels, not {subject.channels}")
    for question, judged in _questions(subject, sets, seed):
        yield from _answered(subject.network, question, judged, seed)
    yield _layers(subject, sets[0][1], generated=sets[0][0] == "generated")


def _questions(subject: Subject, sets: list[tuple[str, Shown]], seed: int) -> Iterator[tuple[str, list[Judged]]]:
    if subject.kind == "critic":
        yield "critic", _critic_sets(subject, sets, seed)
        return
    for head, (attribute, values) in enumerate(subject.attributes.items() or _unnamed(subject)):
        yield attribute, [_classified(subject, head, attribute, values, name, shown) for name, shown in sets]


def _unnamed(subject: Subject) -> list[tuple[str, list[str]]]:
    """Classes by number, where a card does not name them."""
    with torch.no_grad():
        heads = subject.network(torch.zeros(1, subject.channels, subject.size, subject.size, device=subject.device))
    return [(f"attribute {i + 1}", [str(k) for k in range(head.shape[1])]) for i, head in enumerate(heads)]


def _critic_sets(subject: Subject, sets: list[tuple[str, Shown]], seed: int) -> list[Judged]:
    """Scores in standard deviations of the critic's own scores on all pictures here, 0 = their mean."""
    scored = {name: _critic_score(subject, shown, seed) for name, shown in sets}
    with torch.no_grad():
        raw = {name: scored[name](shown.image.to(subject.device)) for name, shown in sets}
    every = torch.cat(list(raw.values()))
    mean, spread = float(every.mean()), float(every.std().clamp(min=1e-6)) if len(every) > 1 else 1.0
    found = []
    for name, shown in sets:
        value = partial(_standing, scored[name], mean, spread)
        sayings = tuple(f"{(float(s) - mean) / spread:+.1f}" for s in raw[name])
        found.append(Judged(name, shown, scored[name], value, sayings, name == "generated"))
    return found


def _standing(score: Score, mean: float, spread: float, x: Tensor) -> Tensor:
    return (score(x) - mean) / spread


def _critic_score(subject: Subject, shown: Shown, seed: int) -> Score:
    """The critic's score, told what it has to be told; in company where it compares the pictures of a batch."""
    network: Any = subject.network
    condition = None if shown.condition is None else shown.condition.to(subject.device)
    tokens = shown.tokens(subject.stored.card.get("words"))

    def score(x: Tensor, told: Tensor | None = condition, read: Tensor | None = tokens) -> Tensor:
        times = len(x) // len(shown)
        more = [] if read is None else [read.to(x.device).repeat(times, 1)]
        out: Tensor = network(x, None if told is None else told.repeat(times, 1), *more)
        return out

    x = shown.image.to(subject.device)
    if len(shown) > COMPANIONS and _compares(network, x):
        rows = torch.randperm(len(x), generator=torch.Generator().manual_seed(seed))[:COMPANIONS]
        return beside(score, x[rows])
    return score


def _compares(network: Any, x: Tensor) -> bool:
    """Whether the critic's features of a picture change with the pictures beside it."""
    with torch.no_grad():
        four = x[: COMPANIONS + 1]
        together, alone = network.features(four), torch.cat([network.features(picture[None]) for picture in four])
    return not torch.allclose(together, alone, rtol=1e-3, atol=1e-4)


def _classified(subject: Subject, head: int, attribute: str, values: list[str], name: str, shown: Shown) -> Judged:
    network = subject.network
    with torch.no_grad():
        shares = network(shown.image.to(subject.device))[head].softmax(1)
    best = shares.argmax(1)
    rows = torch.arange(len(best), device=best.device)

    def logit(x: Tensor) -> Tensor:
        out: Tensor = network(x)[head][rows, best]
        return out

    def probability(x: Tensor) -> Tensor:
        out: Tensor = network(x)[head].softmax(1)[rows, best]
        return out

    truth = shown.names.get(attribute)
    sayings = []
    for row, kind in enumerate(best.tolist()):
        said = f"{values[kind]} {float(shares[row, kind]):.2f}"
        wrong = truth is not None and truth[row] and truth[row] != values[kind]
        sayings.append(f"{said} ≠ {truth[row]}" if wrong and truth else said)
    return Judged(name, shown, logit, probability, tuple(sayings), name == "generated")


def _answered(network: nn.Module, question: str, sets: list[Judged], seed: int) -> Iterator[Section]:
    """Where it looks, whether deleting what is marked matters, whether the maps depend on what was learned."""
    kind = "critic" if question == "critic" else "classifier"
    facts = {"attribute": question, "steps": STEPS, "seed": seed}
    ways = stations(network, sets[0].score, _on(network, sets[0].shown))
    chosen = {method: choose(ways, method) for method in METHODS}
    figures, charts, rows = [], [], []
    for judged in sets:
        x = _on(network, judged.shown)
        found = {method: look(network, judged.score, x, method=method, station=chosen[method]) for method in METHODS}
        figures.append(_looks(question, judged, found))
        table, means = compare(judged.value, x, {m: (f.maps, f.station.side) for m, f in found.items()}, seed=seed)
        rows += [{"pictures": judged.name, **asdict(row)} for row in table]
        charts.append(_chart(f"deletion_{kind}_{judged.name}", means))
    layers = {method: f"{s.name} ({s.side} × {s.side} px, {s.channels})" for method, s in chosen.items()}
    places = {method.replace("-", "_"): layer for method, layer in layers.items()}
    yield Section(f"looks_{kind}", {**facts, **places}, tuple(figures))
    n = {judged.name: len(judged.shown) for judged in sets}
    told = {**facts, "n": max(n.values())}
    yield Section(f"faithful_{kind}", told, charts=tuple(charts), rows=tuple(rows), numbers={"n": n, "layers": layers})
    yield _sanity(network, sets[0], chosen, facts, kind)


def _on(network: nn.Module, shown: Shown) -> Tensor:
    return shown.image.to(next(network.parameters()).device)


def _looks(question: str, judged: Judged, found: dict[Any, Looking]) -> Figure:
    some = judged.shown[range(min(SHOWN, len(judged.shown)))]
    rows = [coloured(some.image)]
    rows += [overlaid(some.image, f.maps[: len(some)].cpu()) for f in found.values()]
    notes = judged.sayings[: len(some)] + ("",) * (len(some) * len(found))
    name = f"looks-{plain(question)}-{judged.name}"
    return Figure(
        name,
        grid(rows),
        len(some),
        judged.generated,
        down=(f"@{judged.name}", *(f"@{method}" for method in found)),
        notes=notes,
    )


def _chart(kind: str, means: dict[str, Curves]) -> Chart:
    return Chart(kind, {name: [round(float(v), 5) for v in run.deletion[0]] for name, run in means.items()})


def _sanity(
    network: nn.Module, judged: Judged, chosen: Mapping[Method, Station], facts: dict[str, Any], kind: str
) -> Section:
    x = _on(network, judged.shown)
    rows: list[dict[str, Any]] = []
    told: dict[str, Any] = {}
    for method, station in chosen.items():
        maps = partial(_coarse, network, judged.score, x, method, station)
        found: Sanity = cascade(network, maps, partial(judged.score, x), seed=facts["seed"])
        told[method] = asdict(found)
        shares = {f"{share:.0%}": value for share, value in zip(found.shares, found.correlations, strict=True)}
        rows.append({"order": method, **shares, "other": found.other, "n": found.n})
    return Section(f"sanity_{kind}", {**facts, "n": len(x)}, rows=tuple(rows), numbers=told)


def _coarse(network: nn.Module, score: Score, x: Tensor, method: Method, station: Station) -> Tensor:
    return look(network, score, x, method=method, station=station).coarse


def _layers(subject: Subject, shown: Shown, generated: bool) -> Section:
    """Feature maps of a few pictures, layer by layer."""
    some = shown[range(min(MAPS_SHOWN, len(shown)))]
    network: Any = subject.network
    with torch.no_grad():
        run = network.features if subject.kind == "critic" else network
        _, found = watch(network, lambda: run(some.image.to(subject.device)))
    return layer_section("layers_judge", f"layers-{subject.kind}", some.image, levels(found), generated)


def layer_section(key: str, name: str, pictures: Tensor, found: list[Any], generated: bool) -> Section:
    """Rows: pictures; columns: the picture, then 16 maps of each layer."""
    side = min(MAPS_PX, pictures.shape[2])
    rows = []
    for index, picture in enumerate(coloured(pictures).cpu()):
        mosaics = [mosaic(layer.output[index].cpu(), side) for layer in found]
        h, w = mosaics[0].shape[1:]
        large = torch.nn.functional.interpolate(picture[None], (h, w), mode="nearest-exact")
        rows.append(torch.cat([large, torch.stack(mosaics)]))
    across = ("@picture", *(f"{layer.name} · {layer.side} px · {layer.output.shape[1]}" for layer in found))
    return Section(key, figures=(Figure(name, grid(rows), 1 + len(found), generated, across=across, tile_px=LAYER_PX),))
