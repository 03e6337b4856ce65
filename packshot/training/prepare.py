"""From a preset and a catalogue to an objective and a stream of pictures."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from pydantic import ValidationError
from torch import Tensor

from packshot.catalogue.dataset import changes
from packshot.catalogue.dataset.conditions import Vocabulary
from packshot.catalogue.dataset.order import Order
from packshot.catalogue.dataset.pictures import Labels, Pictures
from packshot.catalogue.dataset.stream import Stream, mirrored
from packshot.catalogue.dataset.tokens import Tokens
from packshot.catalogue.dataset.words import Words
from packshot.catalogue.translation import paired
from packshot.errors import ParameterError, complaints
from packshot.training.building import KINDS, objective_of
from packshot.training.columns import columns_of, labels_as, labels_of, only, texts_of, vectors_of
from packshot.training.contrasting import contrasting
from packshot.training.first_stage import SECOND, FirstStage
from packshot.training.flowing import flowing, given_of, telling, told_of
from packshot.training.material import pictures_of
from packshot.training.objective import Objective
from packshot.training.objectives.codes import CodePrior
from packshot.training.objectives.restore import RestoreSettings
from packshot.training.objectives.style import StyleRules
from packshot.training.presets import Preset
from packshot.training.restoring import RESTORING, crops_of
from packshot.training.restoring import objective_of as restoring_objective_of
from packshot.training.segmenting import segmenting
from packshot.training.settings import Settings
from packshot.training.source import Source
from packshot.training.styling import STYLING, styling
from packshot.training.translating import TRANSLATING, UNPAIRED, pictures_for, translating, translating_domains


@dataclass(frozen=True)
class Prepared:
    """Ready to train. attributes: column → names of its values, in the order of the condition's entries.

    words: of the texts that networks are told, None where there are none. first: the autoencoder a second stage is on.
    card: what cards say beside what every card does.
    vocabulary: of conditions that may be left open. encoder: whose vectors of texts and pictures these hold, and its
    file, None if it is of another library.
    """

    objective: Objective
    stream: Source
    settings: Settings
    attributes: dict[str, tuple[str, ...]]
    licences: tuple[str, ...]
    pictures: int
    words: Words | Tokens | None = None
    first: FirstStage | None = None
    vocabulary: Vocabulary | None = None
    encoder: Any = None
    encoder_file: Path | None = None
    card: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Asked:
    """What a family of objectives is prepared from. rules: of the objective, settled; columns: None = the preset's."""

    preset: Preset
    place: str | Path
    settings: Settings
    rules: Mapping[str, Any]
    columns: Sequence[str] | None

    def own(self) -> Any:
        """The rules as the objective's own model of them."""
        return KINDS[self.preset.objective].rules(**self.rules)


def prepare(
    preset: Preset, catalogue: str | Path, changes: Mapping[str, Any], columns: Sequence[str] | None = None
) -> Prepared:
    """Pack the catalogue at the preset's size and build networks and objective.

    changes: settings of the loop or rules of the objective, by name. columns: attributes that make the condition, in
    place of the preset's, of which those that the catalogue lacks are left out. Raises ParameterError for unknown
    settings, for columns asked for that the catalogue lacks, and where a classifier has nothing to name.
    """
    settings, rules = _settled(preset, changes)
    family = FAMILIES.get(preset.objective, _generating)
    return family(Asked(preset, catalogue, settings, rules, columns))


def _generating(asked: Asked) -> Prepared:
    """Pictures with labels and texts: generators, autoencoders, second stages and classifiers."""
    preset, settings, rules, columns = asked.preset, asked.settings, asked.rules, asked.columns
    first = None
    if preset.objective in SECOND:
        first = FirstStage.read(rules.get("autoencoder", ""), preset.objective)
    if first is not None:
        preset = replace(preset, size=first.size, channels=first.channels)
    wanted = tuple(_layers(preset).values())
    pictures = pictures_of(asked.place, preset.size, preset.channels, wanted)
    labels = _labels(pictures, preset, columns, first)
    rows = pictures.where(split="train")
    if not len(rows):
        rows = torch.arange(len(pictures))
    if preset.told:
        return _open(replace(asked, preset=preset), pictures, rows, first)
    words, tokens = texts_of(pictures, preset.texts, rows)
    given = columns_of(labels) | ({} if tokens is None else {"tokens": tokens})
    given |= vectors_of(pictures, preset.texts, str(rules.get("encoder", "")))
    stream = Stream(
        pictures, Order(rows.numpy(), settings.seed), layers=_layers(preset), columns=given,
        change=change_of(preset.augment, tuple(labels)),
    )  # fmt: skip
    torch.manual_seed(settings.seed)
    sizes = tuple(len(label.names) for label in labels.values())
    return Prepared(
        objective_of(preset, rules, sizes, 0 if words is None else len(words), first),
        stream,
        settings,
        {column: label.names for column, label in labels.items()},
        tuple(sorted({value or "unstated" for value in pictures.column("licence")})),
        len(rows),
        words,
        first,
    )


def _restoring(asked: Asked) -> Prepared:
    """Crops of photographs of any size, without labels."""
    own = asked.own()
    assert isinstance(own, RestoreSettings)
    crops, album = crops_of(asked.place, asked.preset.size, own.shrink, asked.settings.seed)
    torch.manual_seed(asked.settings.seed)
    return Prepared(restoring_objective_of(asked.preset, own), crops, asked.settings, {}, album.licences, len(album))


def _segmenting(asked: Asked) -> Prepared:
    """Composed pictures with their opacity, or labelled ones with the names of their classes."""
    torch.manual_seed(asked.settings.seed)
    made = segmenting(asked.preset, asked.place, asked.own(), asked.settings.seed)
    return Prepared(made.objective, made.stream, asked.settings, made.attributes, made.licences, made.pictures)


def _contrasting(asked: Asked) -> Prepared:
    """Pictures with what is said of them."""
    torch.manual_seed(asked.settings.seed)
    made = contrasting(asked.preset, asked.place, asked.own(), asked.settings.seed)
    card = {"input_px": asked.preset.size}
    return Prepared(
        made.objective, made.stream, asked.settings, {}, made.licences, made.pictures, made.tokens, card=card
    )


def _styling(asked: Asked) -> Prepared:
    """Crops of photographs, and pictures whose style is learned."""
    torch.manual_seed(asked.settings.seed)
    own = asked.own()
    assert isinstance(own, StyleRules)
    made = styling(asked.preset, asked.place, own, asked.settings.seed)
    return Prepared(made.objective, made.stream, asked.settings, {}, made.licences, made.pictures)


def _open(asked: Asked, pictures: Pictures, rows: Tensor, first: FirstStage | None) -> Prepared:
    """A transformer over codes, told any part of what may be told."""
    preset, settings, columns = asked.preset, asked.settings, asked.columns
    vocabulary = told_of(pictures, preset.told if columns is None else columns, rows, columns is not None, {})
    change = telling(vocabulary, "mirror" in preset.augment)
    stream = Stream(pictures, Order(rows.numpy(), settings.seed), columns=given_of(pictures, vocabulary), change=change)
    torch.manual_seed(settings.seed)
    objective = objective_of(preset, asked.rules, vocabulary.sizes, 0, first)
    assert isinstance(objective, CodePrior)
    objective.sizes = vocabulary.sizes
    licences = tuple(sorted({value or "unstated" for value in pictures.column("licence")}))
    return Prepared(objective, stream, settings, dict(vocabulary.attributes), licences, len(rows), first=first,
                    vocabulary=vocabulary)  # fmt: skip


def _flowing(asked: Asked) -> Prepared:
    """Pictures with whatever can be told of them."""
    torch.manual_seed(asked.settings.seed)
    made = flowing(asked.preset, asked.place, asked.own(), asked.columns, asked.settings.seed)
    return Prepared(made.objective, made.stream, asked.settings, dict(made.vocabulary.attributes), made.licences,
                    made.pictures, first=made.first, vocabulary=made.vocabulary,
                    encoder=made.encoder, encoder_file=made.words)  # fmt: skip


def _translating(asked: Asked) -> Prepared:
    """Pairs, two domains, or pictures whose attributes are exchanged."""
    preset, settings = asked.preset, asked.settings
    torch.manual_seed(settings.seed)
    own = asked.own()
    where = "" if str(asked.place) == "." else str(asked.place)
    if preset.objective in UNPAIRED:
        made, named = translating_domains(preset, where, own, settings.seed), {}
    else:
        pictures = pictures_for(preset, where)
        labels = paired.labels_wanted(pictures, getattr(own, "pair", ""), labels_of(pictures, preset, asked.columns))
        labels = only(pictures, labels, getattr(own, "values", ""))
        made = translating(preset, pictures, own, labels, columns_of(labels), settings.seed)
        named = {column: label.names for column, label in labels.items()}
    card = {"translation": made.card, "trained_on": made.source} if made.source else {"translation": made.card}
    return Prepared(
        made.objective, made.stream, settings, named | dict(made.attributes), made.licences, made.pictures, card=card
    )


def _labels(
    pictures: Pictures, preset: Preset, columns: Sequence[str] | None, first: FirstStage | None
) -> dict[str, Labels]:
    """A second stage is told what its autoencoder is told; where that is nothing, what its own preset says."""
    if first is None or not first.attributes:
        return labels_of(pictures, preset, columns)
    if columns is not None and list(columns) != list(first.attributes):
        told = ", ".join(first.attributes)
        raise ParameterError(f"columns: the autoencoder is told {told}, so is its second stage; leave columns out")
    return labels_as(pictures, first.attributes)


def change_of(names: Sequence[str], columns: Sequence[str]) -> changes.Change | None:
    """What happens to pictures and labels as they are read, by the names of a preset. columns: of the labels."""
    told_by_shape = ("category",)
    by_colour = [place for place, name in enumerate(columns) if name not in told_by_shape]
    table: dict[str, changes.Change] = {
        "mirror": mirrored,
        "turn": changes.turned,
        "shift": changes.shifted,
        "ground": changes.regrounded,
        "recolour": changes.recoloured(by_colour),
    }
    return changes.in_turn([table[name] for name in names if name in table])


def _layers(preset: Preset) -> dict[str, str]:
    """Name in the batch → layer of the pack."""
    return {"image": "photo", "matte": "matte"} if "ground" in preset.augment else {"image": "photo"}


def _settled(preset: Preset, changes: Mapping[str, Any]) -> tuple[Settings, dict[str, Any]]:
    """Settings of the loop and rules of the objective, with the changes in whichever of them knows the name."""
    own = {k: v for k, v in changes.items() if k in Settings.model_fields}
    rules = {k: v for k, v in changes.items() if k not in Settings.model_fields}
    known = set(KINDS[preset.objective].rules.model_fields)
    for name in rules:
        if name not in known:
            names = ", ".join(sorted({*Settings.model_fields, *known}))
            raise ParameterError(f"{name}: no setting of the loop and no rule of {preset.objective}; expected {names}")
    rules = {**preset.rules, **rules}
    try:
        KINDS[preset.objective].rules(**rules)
        return Settings(**{**preset.settings, **own}), rules
    except ValidationError as error:
        raise ParameterError("; ".join(complaints(error, ""))) from None


FAMILIES: Mapping[str, Callable[[Asked], Prepared]] = {
    **dict.fromkeys(RESTORING, _restoring),
    "segment": _segmenting,
    "contrast": _contrasting,
    **dict.fromkeys(STYLING, _styling),
    **dict.fromkeys(TRANSLATING, _translating),
    "matching": _flowing,
}  # objectives that are not here are prepared by `_generating`
