"""What the benchmark of translation compares: cases with a true target, and methods that are told the same of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from packshot.catalogue.dataset.pictures import Pictures
from packshot.catalogue.pairs import unit
from packshot.catalogue.toyshop.scenes.tables import PAINTS
from packshot.catalogue.translation.drawings import exact
from packshot.catalogue.translation.grounds import on_white
from packshot.imaging import mattes
from packshot.imaging.names import parse_colour
from packshot.imaging.picture import Picture
from packshot.imaging.retouching.recolouring import lab_of, recolour
from packshot.imaging.styling.colours import palette, transfer
from packshot.imaging.translating import layouts
from packshot.models.translating import Translator, translator_of
from packshot.operations import translating
from packshot.operations.operation import Context

TASKS = ("drawing", "layout", "colour", "two paints", "material")
VARIANT = {"colour": "repainted", "two paints": "recoloured", "material": "remade"}
PAINTED = ("colour", "two paints")
TOLD = {"colour": ("colour",), "two paints": ("colour",), "material": ("material",)}  # of references, besides category
ROLES = ("colour", "second colour", "third colour")
REFERENCES = 400  # training pictures that references are chosen from


@dataclass(frozen=True)
class Case:
    """One picture to translate, `(1, c, h, w)` in [0, 1]. wanted: the truth; told: what every method is told of it.

    was: attributes of what is given. reference: a training picture and its matte that show what is asked for.
    """

    number: int
    given: Tensor
    wanted: Tensor
    matte: Tensor
    told: dict[str, str]
    was: dict[str, str]
    layout: Tensor
    reference: tuple[Tensor, Tensor] | None = None


Method = Callable[[Case], Tensor | None]


@dataclass(frozen=True)
class Named:
    """A method: its name in the table, what tells it from others, the tasks it is for."""

    name: str
    run: Method
    digest: str = ""
    tasks: tuple[str, ...] = field(default=TASKS)


def cases(task: str, pictures: Pictures, rows: Tensor, known: Pictures) -> Iterator[Case]:
    """The cases of a task; none of a pack without the layers it needs. known: pictures that training had."""
    layer = VARIANT.get(task)
    if layer is not None and layer not in pictures.layers:
        return
    pool = known.where(split="train").tolist()[:REFERENCES]
    for number in rows.tolist():
        row = pictures.rows[number]
        photo, matte = (unit(pictures.gather([number], name)) for name in ("photo", "matte"))
        layout, was = pictures.gather([number], "layout").long(), {"category": row["category"], **row["attributes"]}
        if layer is not None:
            new = {**was, **{k: v for k, v in row[layer].items() if v}}
            told = {name: new[name] for name in ("category", *(ROLES if task in PAINTED else ("material",)))}
            if all(was.get(name) == value for name, value in told.items()):
                continue  # bare wood keeps its colour
            wanted = unit(pictures.gather([number], layer))
            yield Case(number, photo, wanted, matte, told, was, layout, _reference(known, pool, new, TOLD[task]))
            continue
        told = {name: was[name] for name in ("category", "material", *ROLES) if was.get(name)}
        wanted = on_white(photo, matte)
        given = exact(wanted, layout) if task == "drawing" else layouts.painted(layout)
        yield Case(number, given, wanted, matte, told, was, layout)


def _reference(
    pictures: Pictures, pool: list[int], asked: dict[str, str], names: tuple[str, ...]
) -> tuple[Tensor, Tensor] | None:
    """A training picture that has what is asked for; of the same category if there is one."""
    fitting = [n for n in pool if all(pictures.rows[n]["attributes"].get(name) == asked[name] for name in names)]
    if not fitting:
        return None
    same = [n for n in fitting if pictures.rows[n]["category"] == asked["category"]]
    chosen = (same or fitting)[0]
    photo, matte = (unit(pictures.gather([chosen], name)) for name in ("photo", "matte"))
    return photo, matte


def baselines() -> list[Named]:
    """What every network has to beat."""
    return [
        Named("copy of the input", shown),
        Named("filled with the paints asked for", _filled, tasks=("drawing", "layout")),
        Named("recolour to the paint asked for", _recoloured, tasks=PAINTED),
        Named("colours of a reference (Monge-Kantorovich)", _transferred, tasks=tuple(VARIANT)),
    ]


def shown(case: Case) -> Tensor:
    """A drawing as ink on paper, a layout or a photo as it is."""
    return 1 - case.given.expand(-1, 3, -1, -1) if case.given.shape[1] == 1 else case.given


def _filled(case: Case) -> Tensor:
    """Parts in the paints asked for, the ground in studio white, ink on top of it where there is ink."""
    paints = [torch.tensor(parse_colour(PAINTS[case.told.get(r) or case.told["colour"]][0])) for r in ROLES]
    number = (case.layout - 1).clamp(min=0) % len(paints)
    shown = torch.stack(paints)[number[:, 0]].permute(0, 3, 1, 2)
    white = on_white(torch.ones_like(case.wanted), torch.zeros_like(case.matte))
    whole = torch.where(case.layout > 0, shown, white)
    return whole * (1 - case.given) if case.given.shape[1] == 1 else whole


def _recoloured(case: Case) -> Tensor:
    """The whole product's main colour moved to the paint asked for, as `recolour` moves it."""
    target = lab_of(parse_colour(PAINTS[case.told["colour"]][0]))
    return recolour(case.given, case.matte, target).rgb


def _transferred(case: Case) -> Tensor | None:
    """Colours of the product moved to those of a training picture's product that has what is asked for."""
    if case.reference is None:
        return None
    photo, matte = case.reference
    if not bool((matte > 0.5).any()) or not bool((case.matte > 0.5).any()):
        return None
    moved = transfer(case.given, palette(case.given, case.matte), palette(photo, matte))
    return mattes.over(moved, case.matte, case.given)


def networks(weights: list[str]) -> list[Named]:
    """Methods of weights, `NAME=FILE` or a name; drawings and layouts told all, and told nothing."""
    found = []
    for text in weights:
        name, sign, file = text.partition("=")
        translator = translator_of(file if sign else name)
        label = name if sign else Path(name).stem
        if translator.takes == "photo":
            domains = {each.get("column", "") for each in translator.facts.get("domains", ())}
            tasks = tuple(task for task in VARIANT if any(role in translator.attributes for role in _roles(task)))
            tasks = ("two paints",) if "colour" in domains else tasks or tuple(VARIANT)
            found.append(Named(label, _of_photo(translator), translator.digest, tasks))
            continue
        tasks = (translator.takes,)
        found.append(Named(f"{label}, told all", _of_drawn(translator, True), translator.digest, tasks))
        found.append(Named(f"{label}, told the category alone", _of_drawn(translator, False), translator.digest, tasks))
    return found


def _roles(task: str) -> tuple[str, ...]:
    return ROLES if task in PAINTED else ("material", "domain")


def _of_drawn(translator: Translator, everything: bool) -> Method:
    def run(case: Case) -> Tensor:
        told = case.told if everything else {"category": case.told["category"]}
        known = {k: v for k, v in told.items() if v in translator.attributes.get(k, ())}
        given = case.given if translator.takes == "drawing" else case.layout
        return translator.translated(given, known)

    return run


def _of_photo(translator: Translator) -> Method:
    """As the operations use it: a window around the product, its change brought back. None where it cannot be asked."""

    def run(case: Case) -> Tensor | None:
        told = asked_of(translator, case)
        if told is None:
            return None
        with torch.inference_mode():
            picture = Picture(case.given.contiguous())
            return translating.product(picture, case.matte, Context(), translator, told, 0, 1.0)

    return run


def asked_of(translator: Translator, case: Case) -> dict[str, str] | None:
    """How weights are told what is wanted of a case; None where their domains do not part it from what is given."""
    held = {str(each["name"]): set(each["values"]) for each in translator.facts.get("domains", ())}
    if held:
        wanted, was = (_domain(held, attributes) for attributes in (case.told, case.was))
        if wanted is None or was is None or wanted == was:
            return None
        way = next(iter(translator.attributes), None)
        if way is None:
            return {} if wanted == list(held)[-1] else None
        return {way: wanted}
    changed = {k: v for k, v in case.told.items() if k != "category" and case.was.get(k) != v}
    known = {k: v for k, v in changed.items() if v in translator.attributes.get(k, ())}
    return known or None


def _domain(held: dict[str, set[str]], attributes: dict[str, str]) -> str | None:
    return next((name for name, values in held.items() if values & set(attributes.values())), None)


@lru_cache(maxsize=1)
def judge_of(path: str) -> tuple[Any, dict[str, list[str]]]:
    """A classifier of attributes and their values."""
    from packshot import checkpoint

    stored = checkpoint.read(Path(path))
    return stored.build().eval(), {k: list(v) for k, v in stored.card["attributes"].items()}


@torch.inference_mode()
def judged(path: str, made: Tensor) -> dict[str, np.ndarray]:
    """Attribute → names as the judge tells them, of uint8 pictures `(n, 3, h, w)`."""
    network, attributes = judge_of(path)
    parts = [network(some.float() / 127.5 - 1) for some in torch.split(made, 100)]
    return {
        name: np.array(values)[torch.cat([part[i] for part in parts]).argmax(1).numpy()]
        for i, (name, values) in enumerate(attributes.items())
    }
