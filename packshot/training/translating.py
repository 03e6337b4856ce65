"""From a preset of translation and what there is to learn from, to an objective, its stream, and what the card says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import torch
from torch import Tensor, nn

from packshot import networks
from packshot.catalogue.composing.labelled import classes_of
from packshot.catalogue.dataset.order import Order
from packshot.catalogue.dataset.pictures import Labels, Pictures
from packshot.catalogue.dataset.stream import Stream
from packshot.catalogue.translation import paired
from packshot.errors import ParameterError
from packshot.training.material import pictures_of
from packshot.training.objectives.pix2pix import Pix2Pix
from packshot.training.objectives.spade import SpadeGan
from packshot.training.objectives.translation import PairedRules
from packshot.training.preset import Preset
from packshot.training.source import Source

Columns: TypeAlias = Mapping[str, Tensor]
PAIRED: dict[str, type[Pix2Pix]] = {"pix2pix": Pix2Pix, "spade": SpadeGan}
UNPAIRED: dict[str, Any] = {}
TRANSLATING = (*PAIRED, *UNPAIRED)
COMBINATIONS = 300  # of values that occur together, kept in the card
FIRST = "category"  # what a seed never decides


@dataclass(frozen=True)
class Translating:
    """Ready to train. card: what a card says of the translation (see `models.translating`)."""

    objective: Any
    stream: Source
    licences: tuple[str, ...]
    pictures: int
    card: Mapping[str, Any]


def pictures_for(preset: Preset, place: str, rules: PairedRules) -> Pictures:
    """The pictures of a place with the layers that a pair needs. Raises ParameterError, CatalogueError."""
    variants = paired.VARIANT.values()
    return pictures_of(place, preset.size, preset.channels, ("photo", "matte", "layout", *variants))


def translating_pairs(
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
