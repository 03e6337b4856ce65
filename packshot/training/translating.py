"""From a preset of translation and what there is to learn from, to an objective, its stream, and what the card says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import torch
from pydantic import BaseModel
from torch import Tensor, nn

from packshot import networks
from packshot.catalogue.composing.labelled import classes_of
from packshot.catalogue.dataset.order import Order
from packshot.catalogue.dataset.pictures import Labels, Pictures
from packshot.catalogue.dataset.stream import Stream, mirrored
from packshot.catalogue.translation import paired
from packshot.catalogue.translation.domains import Domain, TwoDomains, domains
from packshot.catalogue.translation.folders import is_plain, packed_folder
from packshot.errors import ParameterError
from packshot.training.material import pictures_of, warn_of
from packshot.training.objectives.branches import BranchedStarGan
from packshot.training.objectives.cut import Cut
from packshot.training.objectives.cyclegan import CycleGan
from packshot.training.objectives.dualgan import DualGan
from packshot.training.objectives.pix2pix import Pix2Pix
from packshot.training.objectives.spade import SpadeGan
from packshot.training.objectives.stargan import StarGan
from packshot.training.objectives.translation import PairedRules, StarRules, UnpairedRules
from packshot.training.preset import Preset
from packshot.training.source import Source

Columns: TypeAlias = Mapping[str, Tensor]
PAIRED: dict[str, type[Pix2Pix]] = {"pix2pix": Pix2Pix, "spade": SpadeGan}
UNPAIRED: dict[str, type[CycleGan] | type[Cut]] = {"cyclegan": CycleGan, "dualgan": DualGan, "cut": Cut}
STAR: dict[str, type[StarGan]] = {"stargan": StarGan, "stargan-branches": BranchedStarGan}
TRANSLATING = (*PAIRED, *UNPAIRED, *STAR)
COMBINATIONS = 300  # of values that occur together, kept in the card
FIRST = "category"  # what a seed never decides


@dataclass(frozen=True)
class Translating:
    """Ready to train. card: what a card says of the translation (see `models.translating`); attributes: domains told;
    source: where from, if not from one catalogue.
    """

    objective: Any
    stream: Source
    licences: tuple[str, ...]
    pictures: int
    card: Mapping[str, Any]
    attributes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    source: str = ""


def pictures_for(preset: Preset, place: str) -> Pictures:
    """The pictures of a place with whatever layers a pair may need. Raises ParameterError, CatalogueError."""
    variants = paired.VARIANT.values()
    return pictures_of(place, preset.size, preset.channels, ("photo", "matte", "layout", *variants))


def translating(
    preset: Preset, pictures: Pictures, rules: Any, labels: Mapping[str, Labels], columns: Columns, seed: int
) -> Translating:
    """What learns from one catalogue: pairs, or attributes. Raises ParameterError as they do."""
    made = _star if preset.objective in STAR else _pairs
    return made(preset, pictures, rules, labels, columns, seed)


def _pairs(
    preset: Preset, pictures: Pictures, rules: PairedRules, labels: Mapping[str, Labels], columns: Columns, seed: int
) -> Translating:
    """Networks, objective and pairs. Raises ParameterError for a layer that is missing or parts without a plane."""
    layers = paired.layers_of(pictures, rules.pair, rules.ground)
    rows = pictures.where(split="train", has=layers.values())
    rows = rows if len(rows) else pictures.where(has=layers.values())
    if not len(rows):
        raise ParameterError(f"{pictures.folder}: no picture has all of the layers {', '.join(layers.values())}")
    sizes = [len(label.names) for label in labels.values()]
    built = build(preset, {"condition_dim": sum(sizes)})
    parts = _parts(pictures, built["translator"]) if rules.pair == "layout" else {}
    change = paired.paired(rules.pair, rules.ground)
    stream = Stream(pictures, Order(rows.numpy(), seed), layers=layers, columns=columns, change=change)
    licences = tuple(sorted({v or "unstated" for v in pictures.column("licence")}))
    card = {
        "takes": paired.GIVEN[rules.pair][0],
        "pair": rules.pair,
        "side": preset.size,
        "ground": rules.ground,
        "parts": parts,
        **_drawn(labels, rows),
    }
    return Translating(PAIRED[preset.objective](built, rules, sizes), stream, licences, len(rows), card)  # type: ignore[arg-type]


def translating_domains(preset: Preset, place: str, rules: BaseModel, seed: int) -> Translating:
    """Networks, objective and pictures of two domains. place: the catalogue that attributes are of, "" = none.

    Raises ParameterError, FileError, CatalogueError where a domain is not there, as `catalogue.translation.domains`.
    """
    assert isinstance(rules, UnpairedRules)

    def opened(where: str) -> Pictures:
        if not is_plain(where):
            return pictures_of(where, preset.size, preset.channels, ("photo", "matte"))
        pictures, problems = packed_folder(where, preset.size)
        warn_of(where, problems)
        return pictures

    a, b = domains(rules.a, rules.b, place, opened)
    built = build(preset, {})
    objective = UNPAIRED[preset.objective](built, rules, preset.size)  # type: ignore[arg-type]
    stream = TwoDomains(a, b, seed)
    both = preset.objective != "cut"
    told = {"domains": [_told(a), _told(b)], "must": [_column(a, b)] if both else []}
    card: dict[str, Any] = {"takes": "photo", "side": preset.size, "ground": "own", **told}
    attributes = {_column(a, b): (a.name, b.name)} if both else {}
    licences = tuple(sorted({*a.licences, *b.licences}))
    source = "" if a.column or b.column else f"{a.name}, {b.name}"
    return Translating(objective, stream, licences, len(a.rows) + len(b.rows), card, attributes, source)


def _column(a: Domain, b: Domain) -> str:
    """The attribute that tells both domains apart; `domain` where no single one does."""
    return a.column if a.column and a.column == b.column else "domain"


def _told(domain: Domain) -> dict[str, Any]:
    return {"name": domain.name, "column": domain.column, "values": list(domain.values), "pictures": len(domain.rows)}


def _star(
    preset: Preset, pictures: Pictures, rules: StarRules, labels: Mapping[str, Labels], columns: Columns, seed: int
) -> Translating:
    """Networks, objective and labelled pictures. Raises ParameterError without attributes, or with only one value."""
    if not labels:
        raise ParameterError(
            "columns: name the attributes to exchange (--column); these pictures have none of the preset's"
        )
    for name, label in labels.items():
        if len(label.names) < 2:
            raise ParameterError(
                f"columns: {name}: has one value only, {label.names[0]!r}; there is nothing to exchange"
            )
    rows = pictures.where(split="train")
    rows = rows if len(rows) else torch.arange(len(pictures))
    sizes = [len(label.names) for label in labels.values()]
    codes = torch.stack([label.codes[rows] for label in labels.values()], 1)
    whole = (codes >= 0).all(1)
    known = torch.unique(codes[whole], dim=0)
    rows = rows[whole] if rules.values else rows
    if not len(known):
        raise ParameterError(f"columns: no picture has all of {', '.join(labels)}; name fewer")
    built = build(preset, {"condition_dim": sum(sizes), "classes": tuple(sizes), "branches": sum(sizes)})
    layers = {"image": "photo"}
    layers |= {"beside": "matte"} if Domain("", pictures, rows).has_mattes else {}
    own = {name: value for name, value in columns.items() if name in ("label", "condition")}
    stream = Stream(pictures, Order(rows.numpy(), seed), layers=layers, columns=own, change=mirrored)
    card = {"takes": "photo", "side": preset.size, "ground": "own"}
    licences = tuple(sorted({v or "unstated" for v in pictures.column("licence")}))
    return Translating(STAR[preset.objective](built, rules, sizes, known), stream, licences, len(rows), card)


def build(preset: Preset, given: Mapping[str, Any]) -> dict[str, nn.Module]:
    """Fresh networks by role, with what the data decides filled in where a config has a place for it."""
    found = {}
    for role, (name, entries) in preset.networks.items():
        fields = networks.find(name)[0].__dataclass_fields__
        found[role] = networks.build(name, {**{k: v for k, v in given.items() if k in fields}, **entries})
    return found


def _parts(pictures: Pictures, translator: nn.Module) -> dict[str, list[str]]:
    """Category → names of its parts ("" = whatever the category). Raises ParameterError if planes are too few."""
    regions = pictures.facts.get("regions")
    named = {str(k): list(v) for k, v in regions.items()} if regions else {"": list(classes_of(pictures)[0][1:])}
    planes, most = int(translator.config.channels_in), 1 + max(map(len, named.values()))  # type: ignore[union-attr, arg-type]
    if most > planes:
        raise ParameterError(
            f"layout: {pictures.folder} has up to {most} parts, the ground among them, and the translator {planes} "
            "planes; give the preset's translator and critic more `channels_in`"
        )
    return named


def _drawn(labels: Mapping[str, Labels], rows: Tensor) -> dict[str, Any]:
    """What a seed may decide, and which values of it occur together."""
    drawn = [name for name in labels if name != FIRST]
    if not drawn:
        return {}
    codes = torch.stack([labels[name].codes[rows] for name in drawn], 1)
    known = torch.unique(codes[(codes >= 0).all(1)], dim=0)
    step = max(1, -(-len(known) // COMBINATIONS))
    return {"drawn": drawn, "combinations": known[::step].tolist()}
