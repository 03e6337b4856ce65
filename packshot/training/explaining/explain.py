"""`explain`: everything that can be shown of one checkpoint, as figures with their marks, numbers, and one page.

OUT/explain.html    the page, self-contained
OUT/explain.json    every number, with counts, seed and layer
OUT/*.png           the figures, each stating that a network had a part in it
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from packshot import checkpoint
from packshot.errors import ParameterError
from packshot.imaging.files import write_atomic
from packshot.imaging.picture import Picture
from packshot.models import find, resolve_device
from packshot.provenance.export import export
from packshot.provenance.policies import Policy
from packshot.provenance.policies import find as find_policy
from packshot.provenance.step import Step
from packshot.training.explaining.codecs import explain_codec
from packshot.training.explaining.flows import explain_flow, is_flow
from packshot.training.explaining.generators import drawn, explain_generator
from packshot.training.explaining.judges import explain_judge
from packshot.training.explaining.material import shown_of
from packshot.training.explaining.page import page
from packshot.training.explaining.parts import Section
from packshot.training.explaining.subject import Subject, open_subject

CRITIC, GENERATOR = "critic.safetensors", "generator.safetensors"  # as a run leaves them side by side
COUNT = 32


@dataclass(frozen=True)
class Explanation:
    """What was found. networks: name → digest of every network that was looked into."""

    title: str
    kind: str
    sections: tuple[Section, ...]
    networks: Mapping[str, str]
    seed: int

    def rows(self) -> list[dict[str, Any]]:
        """The rows of numbers of all sections, for a terminal."""
        return [{"section": section.key, **row} for section in self.sections for row in section.rows]


def explain(
    weights: str | Path,
    out: str | Path,
    *,
    pictures: str | Path | None = None,
    critic: str | Path | None = None,
    count: int = COUNT,
    seed: int = 0,
    device: str = "auto",
    policy: str | Policy = "default",
) -> Explanation:
    """Look into a checkpoint and write all of it to the folder `out`.

    pictures: a catalogue, shards, a pack, `toyshop`, or any folder of photos; classifiers and discrete autoencoders
    need them. critic: a critic or classifier to show what a generator draws; the `critic.safetensors` beside it unless
    named. A critic is shown what the `generator.safetensors` beside it draws. count: pictures that maps are tested on.
    Raises ParameterError where there is nothing to explain, pictures are missing or do not fit, or critic and
    generator are not of one kind; WeightsNotFound, BadCheckpoint, CatalogueError, DeviceError.
    """
    if count < 2:
        raise ParameterError(f"count: expected at least 2 pictures, got {count}")
    place, target = resolve_device(device), Path(out)
    subject = open_subject(checkpoint.read(find(str(weights))), place)
    other = _partner(subject, critic, place)
    found = Explanation(
        subject.name,
        subject.kind,
        tuple(_sections(subject, other, pictures, count, seed)),
        {s.name: s.stored.digest for s in (subject, other) if s is not None},
        seed,
    )
    _write(found, target, find_policy(policy), subject)
    return found


def _sections(
    subject: Subject, other: Subject | None, pictures: str | Path | None, count: int, seed: int
) -> Iterator[Section]:
    judge = subject if subject.kind in ("critic", "classifier") else other
    if subject.kind == "generator":
        yield from explain_flow(subject, seed) if is_flow(subject) else ()
        yield from explain_generator(subject, seed)
    if subject.kind == "autoencoder":
        yield from _codec(subject, pictures, seed)
    if judge is None:
        return
    generator = other if judge is subject else subject
    size = generator.size if generator is not None else 0
    real = shown_of(pictures, judge, seed, count, size) if pictures is not None else None
    made = None
    if generator is not None and generator.sampler is not None:
        _check_fit(generator, judge)
        made = drawn(generator.sampler, count, seed, real)
    yield from explain_judge(judge, real, made, seed)


def _codec(subject: Subject, pictures: str | Path | None, seed: int) -> Iterator[Section]:
    if pictures is not None:
        yield from explain_codec(subject, shown_of(pictures, subject, seed), seed)
    elif subject.sampler is None:
        raise ParameterError(
            f"pictures: {subject.name} has no prior to draw from; name pictures to encode (--pictures)"
        )
    else:
        yield from explain_generator(subject, seed)


def _partner(subject: Subject, critic: str | Path | None, device: str) -> Subject | None:
    """The critic of a generator, or the generator of a critic, where one is named or lies beside it."""
    if critic is not None and subject.kind not in ("generator", "autoencoder"):
        raise ParameterError(f"critic: {subject.name} is a {subject.kind} itself; leave --critic out")
    beside = {"generator": CRITIC, "critic": GENERATOR}.get(subject.kind, "")
    path = find(str(critic)) if critic is not None else subject.stored.path.parent / beside
    if not path.is_file():
        return None
    found = open_subject(checkpoint.read(path), device)
    wanted = ("generator",) if subject.kind == "critic" else ("critic", "classifier")
    if found.kind not in wanted:
        raise ParameterError(f"{wanted[0]}: expected a {' or '.join(wanted)} in {path.name}, got a {found.kind}")
    return found


def _check_fit(generator: Subject, judge: Subject) -> None:
    """A critic belongs to its generator; a classifier takes any size."""
    facts = [(s.channels, s.size, s.condition_dim and s.attributes) for s in (judge, generator)]
    if judge.kind == "classifier":
        facts = [(channels, 0, 0) for channels, *_ in facts]
    if facts[0] != facts[1]:
        a, b = (f"{s.size} px, {s.channels} channels, told {told or 'nothing'}" for s, (*_, told) in
                zip((judge, generator), facts, strict=True))  # fmt: skip
        raise ParameterError(f"critic: {judge.name} and {generator.name} do not belong together: {a}; {b}")


def _write(found: Explanation, target: Path, policy: Policy, subject: Subject) -> None:
    for section in found.sections:
        for figure in section.figures:
            term = "trainedAlgorithmicMedia" if figure.generated else "dataDrivenMedia"
            step = Step(
                "explain", {"figure": figure.name}, found.seed, digital_source_type=term, weights=found.networks
            )
            export(Picture(figure.sheet()[None].contiguous()), target / f"{figure.name}.png", (step,), policy)
    told = {
        "weights": str(subject.stored.path),
        "kind": found.kind,
        "network": subject.stored.network,
        "networks": dict(found.networks),
        "seed": found.seed,
        "torch": torch.__version__,
        "sections": [
            {
                "section": s.key,
                "facts": dict(s.facts),
                "rows": [dict(row) for row in s.rows],
                "numbers": dict(s.numbers),
            }
            | {"curves": {chart.kind: dict(chart.curves) for chart in s.charts}}
            for s in found.sections
        ],
    }
    write_atomic(target / "explain.json", json.dumps(told, indent=1, ensure_ascii=False).encode())
    write_atomic(target / "explain.html", page(found.title, found.kind, subject.stored, found.sections).encode())
