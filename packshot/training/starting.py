"""Transfer: a run that begins with the weights of another one, for catalogues that are too small to begin with nothing.

Source: Wang et al. 2018, "Transferring GANs: Generating Images from Limited Data", §3: both players are taken over,
which does better than the generator alone.

Weights are taken by name and shape. Those that belong to a value of an attribute (a colour, a category) or to a word
are taken by the value's or word's name, whatever its number is in either catalogue; what the parent does not know
starts fresh. Which weights these are is found by building the network once more with one value more.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from packshot import checkpoint
from packshot.catalogue.dataset.words import FIRST as FIRST_WORD
from packshot.checkpoint import Checkpoint
from packshot.errors import ParameterError
from packshot.models import find

Attributes = Mapping[str, Sequence[str]]
HEADS = r"(classifiers|heads)\.{}\."  # the layers of one attribute, by its number


@dataclass(frozen=True)
class Parent:
    """Whose weights a network began with, and how much of it.

    file, digest: of the checkpoint. taken: share of the network's weights; fresh: those of which nothing was taken;
    unknown: values of attributes (`colour=mauve`) that the parent was never told of.
    """

    file: str
    digest: str
    taken: float
    fresh: tuple[str, ...]
    unknown: tuple[str, ...]
    trained_on: str
    licence: str
    data_licences: tuple[str, ...]

    def facts(self) -> dict[str, Any]:
        """As a record and a card hold it."""
        return {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(self).items()}


@dataclass(frozen=True)
class Axis:
    """A dimension of a weight in which every place belongs to a value; `tail` places after them belong to none.

    source: name of the weight in the parent. pairs: (place here, place in the parent) of values that both know; own,
    theirs: numbers of values.
    """

    source: str
    dim: int
    pairs: tuple[tuple[int, int], ...]
    own: int
    theirs: int
    tail: int = 0


def begin_from(
    networks: Mapping[str, nn.Module],
    place: str | Path,
    attributes: Attributes | None = None,
    words: Sequence[str] = (),
) -> dict[str, Parent]:
    """Take over what fits; gives the parent of every role that has one.

    place: a run's folder, with a checkpoint for every role, or one checkpoint, whose card names its role. attributes,
    words: of the networks to be trained. Raises ParameterError if nothing fits, BadCheckpoint.
    """
    found = {
        role: _taken_over(networks[role], stored, attributes or {}, words)
        for role, stored in _found(networks, place).items()
    }
    if not any(parent.taken for parent in found.values()):
        raise ParameterError(
            f"start: nothing in {place} fits; expected a run of the same preset, or one of its checkpoints, "
            f"for {', '.join(networks)}"
        )
    return found


def _found(networks: Mapping[str, nn.Module], place: str | Path) -> dict[str, Checkpoint]:
    folder = Path(place)
    if folder.is_dir():
        files = {role: folder / f"{role}.safetensors" for role in networks}
        return {role: checkpoint.read(path) for role, path in files.items() if path.is_file()}
    stored = checkpoint.read(find(str(place)))
    role = str(stored.card.get("role", ""))
    return {role: stored} if role in networks else {}


@torch.no_grad()
def _taken_over(network: nn.Module, stored: Checkpoint, attributes: Attributes, words: Sequence[str]) -> Parent:
    axes = _axes(network, stored, attributes, words)
    factors = _factors(network, stored)
    taken, fresh, own = 0, [], network.state_dict()
    for name, target in own.items():
        axis = axes.get(name)
        source = stored.tensors.get(axis.source if axis else name)
        alone = axis is not None and target.shape[axis.dim] == axis.own  # joined to noise, scales are met by unit_scale
        count = 0 if source is None else _copy(target, source * factors.get(name, 1) if alone else source, axis)
        taken += count
        if not count:
            fresh.append(name)
    total = max(sum(value.numel() for value in own.values()), 1)
    card = stored.card
    known: Attributes = card.get("attributes", {})
    return Parent(
        stored.path.name,
        stored.digest,
        taken / total,
        tuple(fresh),
        tuple(f"{c}={v}" for c, values in attributes.items() for v in values if v not in known.get(c, ())),
        str(card.get("trained_on", "unstated")),
        str(card.get("licence", "unstated")),
        tuple(card.get("data_licences", ("unstated",))),
    )


def _copy(target: Tensor, source: Tensor, axis: Axis | None) -> int:
    """Copy what belongs together; gives how many numbers."""
    if axis is None:
        if source.shape != target.shape:
            return 0
        target.copy_(source)
        return target.numel()
    base = target.shape[axis.dim] - axis.own - axis.tail
    wanted = list(target.shape)
    wanted[axis.dim] = base + axis.theirs + axis.tail
    if list(source.shape) != wanted:
        return 0
    here = [*range(base), *(base + i for i, _ in axis.pairs), *range(base + axis.own, target.shape[axis.dim])]
    there = [*range(base), *(base + i for _, i in axis.pairs), *range(base + axis.theirs, wanted[axis.dim])]
    if here:
        rows = source.index_select(axis.dim, torch.tensor(there)).to(target)
        target.index_copy_(axis.dim, torch.tensor(here, device=target.device), rows)
    return len(here) * target.numel() // target.shape[axis.dim]


def _axes(network: nn.Module, stored: Checkpoint, attributes: Attributes, words: Sequence[str]) -> dict[str, Axis]:
    """The weights of values and words, by name."""
    config: Any = getattr(network, "config", None)
    theirs: Attributes = stored.card.get("attributes", {})
    found: dict[str, Axis] = {}
    if hasattr(config, "condition_dim"):
        own, other = ([(c, v) for c, values in a.items() for v in values] for a in (attributes, theirs))
        if len(own) == config.condition_dim and len(other) == int(stored.config.get("condition_dim", 0)):
            tail = config.text_dim if hasattr(config, "z_dim") and hasattr(config, "text_dim") else 0
            for name, dim in _where(network, condition_dim=config.condition_dim + 1).items():
                found[name] = Axis(name, dim, _pairs(own, other), len(own), len(other), tail)
    if len(getattr(config, "classes", ())) == len(attributes) and hasattr(config, "classes"):
        found |= _of_classes(network, config, attributes, theirs)
    if hasattr(config, "vocabulary"):
        special = tuple(range(FIRST_WORD))
        ours, known = [*special, *words], [*special, *stored.card.get("words", ())]
        for name, dim in _where(network, vocabulary=config.vocabulary + 1).items():
            found[name] = Axis(name, dim, _pairs(ours, known), len(ours), len(known))
    return found


def _of_classes(network: nn.Module, config: Any, attributes: Attributes, theirs: Attributes) -> dict[str, Axis]:
    """The layers that name one attribute each; an attribute may have another number in the parent."""
    found = {}
    for number, (column, values) in enumerate(attributes.items()):
        larger = tuple(k + (i == number) for i, k in enumerate(config.classes))
        other = theirs.get(column, ())
        place = list(theirs).index(column) if column in theirs else -1
        for name, dim in _where(network, classes=larger).items():
            source = re.sub(HEADS.format(number), rf"\g<1>.{place}.", name, count=1)
            found[name] = Axis(source, dim, _pairs(values, other), len(values), len(other))
    return found


def _pairs(own: Sequence[Any], theirs: Sequence[Any]) -> tuple[tuple[int, int], ...]:
    places = {value: place for place, value in enumerate(theirs)}
    return tuple((place, places[value]) for place, value in enumerate(own) if value in places)


def _where(network: nn.Module, **larger: Any) -> dict[str, int]:
    """Weights that have another shape under another config, with the dimension."""
    config: Any = network.config
    with torch.random.fork_rng(devices=[]):
        other = type(network)(replace(config, **larger)).state_dict()
    found = {}
    for name, value in network.state_dict().items():
        if name in other and other[name].dim() == value.dim() and other[name].shape != value.shape:
            found[name] = next(d for d in range(value.dim()) if other[name].shape[d] != value.shape[d])
    return found


def _factors(network: nn.Module, stored: Checkpoint) -> dict[str, float]:
    """Weights that are used times a constant (equalised learning rates), with what makes up for another constant."""
    ours, theirs = _scales(network), _scales(stored.build())
    both = {name: theirs[name] / scale for name, scale in ours.items() if name in theirs}
    return {name: factor for name, factor in both.items() if not math.isclose(factor, 1)}


def _scales(network: nn.Module) -> dict[str, float]:
    found = {}
    for name, module in network.named_modules():
        if hasattr(module, "parametrizations"):
            for weight, steps in module.parametrizations.items():
                if hasattr(steps[0], "scale"):
                    found[f"{name}.parametrizations.{weight}.original"] = float(steps[0].scale)
    return found
