"""What a person wishes for, in words and by name, as what a generator can be told: one door for every kind of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from torch import Tensor

from packshot.catalogue.dataset.conditions import PICTURE, TEXT, Value
from packshot.catalogue.dataset.prompts import Understood, clean, understand
from packshot.errors import ParameterError
from packshot.imaging.picture import Picture
from packshot.models.drawing import as_spelt
from packshot.models.flowing import How
from packshot.models.sampling import Sampler

AWAY = -1.0  # how strongly what is not wanted pushes away, in units of the guidance


@dataclass(frozen=True)
class Wish:
    """prompt: words in English or Chinese. wanted: attribute → value, which go before those of the prompt. against:
    `NAME=VALUE` or words of what is not wanted. weights: attribute (or text, picture) → how much it counts, 1 = as it
    is, below 0 = not wanted. how: None = the network's own. like: a picture to be like. known: `(1, c + 1, h, w)`, see
    `Sampler.tuned`.
    """

    prompt: str = ""
    wanted: Mapping[str, str] = field(default_factory=dict)
    against: Sequence[str] = ()
    weights: Mapping[str, float] = field(default_factory=dict)
    how: How | None = None
    like: Picture | None = None
    known: Tensor | None = None


def wish_of(sampler: Sampler, text: str, wanted: Mapping[str, str]) -> Wish:
    """What a service is asked for: words are a prompt to those that may be told anything, a text to the others."""
    return Wish(text if sampler.open else "", wanted)


@dataclass(frozen=True)
class Granted:
    """A sampler that draws what was wished for, with `wanted` and `text` to ask it with; told: lines for a person."""

    sampler: Sampler
    wanted: dict[str, str]
    text: str
    told: tuple[str, ...]


def granted(sampler: Sampler, wish: Wish, text: str = "") -> Granted:
    """The wish as this network can be told it. text: words for it in place of the prompt, if given.

    Raises ParameterError for what it cannot be told, naming what it can; for a prompt that says nothing to it.
    """
    vocabulary = sampler.vocabulary
    said = understand(wish.prompt, vocabulary) if wish.prompt else Understood("")
    reads = TEXT in vocabulary.places or sampler.words is not None
    if wish.prompt and not (said.wanted or said.unwanted or reads):
        known = "; ".join(f"{name}: {', '.join(values[:12])}" for name, values in sampler.attributes.items())
        raise ParameterError(f"prompt {wish.prompt[:80]!r}: {sampler.name} understands none of it; it knows {known}")
    wanted = said.wanted | as_spelt(wish.wanted, sampler.attributes)
    words = text or (said.prompt if reads else "")
    always: dict[str, Value] = {}
    if wish.like is not None:
        always[PICTURE] = sampler.vector(picture=wish.like.rgb)
    pulls: list[tuple[dict[str, Value], float]] = [({name: value}, AWAY) for name, value in said.unwanted.items()]
    pulls += [(_against(sampler, told), AWAY) for told in wish.against]
    asked: dict[str, Value] = {**wanted, **always}
    if words and TEXT in vocabulary.places and TEXT in wish.weights:
        asked[TEXT] = sampler.vector(words)
    for name, weight in wish.weights.items():
        pulls.append((_weighted(name, asked), weight - 1))
        if weight < 0:
            wanted.pop(name, None)
            always.pop(name, None)
            words = "" if name == TEXT else words
            pulls[-1] = pulls[-1][0], weight
    steered = pulls or always or wish.how is not None or wish.known is not None
    found = sampler.tuned(wish.how, pulls, wish.known, always) if steered else sampler
    found.condition(wanted, 0)
    return Granted(found, wanted, words, _told(said, reads, bool(wish.prompt)))


def _against(sampler: Sampler, told: str) -> dict[str, Value]:
    """`NAME=VALUE`, or words: what of them is understood, else their vector."""
    name, sign, value = told.partition("=")
    if sign:
        return dict(as_spelt({name.strip(): value.strip()}, sampler.attributes))
    said = understand(told, sampler.vocabulary)
    if said.wanted:
        return dict(said.wanted)
    if TEXT in sampler.vocabulary.places:
        return {TEXT: sampler.vector(clean(told))}
    raise ParameterError(f"not {told[:80]!r}: {sampler.name} understands none of it; say it as colour=red")


def _weighted(name: str, asked: Mapping[str, Value]) -> dict[str, Value]:
    if name not in asked:
        raise ParameterError(f"weight: {name} is not asked for; asked for is {', '.join(asked) or 'nothing by name'}")
    return {name: asked[name]}


def _told(said: Understood, reads: bool, prompted: bool) -> tuple[str, ...]:
    if not prompted:
        return ()
    lines = [f"understood  {said.told()}"]
    if reads:
        lines.append("words       the whole prompt as a vector")
    if said.words:
        lines.append(f"{'not by name' if reads else 'ignored'}  {', '.join(said.words)}")
    return tuple(lines)


def grid_of(text: str, sampler: Sampler) -> tuple[tuple[str, tuple[str, ...]], tuple[str, tuple[str, ...]]]:
    """`colour × material` or `colour=red,#ff8800 x material=felt,metal` → the rows' and the columns' name and values.

    Raises ParameterError for anything but two attributes with values.
    """
    parts = [part.strip() for part in text.replace("×", " x ").replace("*", " x ").split(" x ")]
    if len(parts) != 2 or not all(parts):
        raise ParameterError(f"grid {text[:80]!r}: expected two attributes, such as 'colour x material'")
    axes = []
    for part in parts:
        name, sign, values = part.partition("=")
        name = name.strip()
        group = sampler.vocabulary.group(name)
        chosen = tuple(value.strip() for value in values.split(",") if value.strip()) if sign else group.values
        if not chosen:
            raise ParameterError(f"grid: say which values of {name}, such as '{name}=0,30,60'")
        spelt = tuple(as_spelt({name: value}, sampler.attributes)[name] for value in chosen)
        for value in spelt:
            group.encode(value)
        axes.append((name, spelt))
    if axes[0][0] == axes[1][0]:
        raise ParameterError(f"grid: expected two different attributes, got {axes[0][0]} twice")
    return axes[0], axes[1]
