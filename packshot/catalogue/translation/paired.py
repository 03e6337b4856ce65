"""Pairs for a translator, made as they are read: what is given, as bytes beside the photograph that should come of it.

| pair | given | wanted | layers needed |
|---|---|---|---|
| drawing | a drawing by an unsteady hand (`drawings`) | photograph | layout, or matte |
| layout | numbers of parts | photograph | layout |
| colour, material | photograph | the same product and view in another main colour, material | repainted, remade |

With ground `white` the product stands before paper (`grounds`), and in half of the pictures it is nearer or farther
and not quite in the middle, as people draw. All of it depends on seed and place in the stream alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional as F

from packshot.catalogue.augment.draws import uniform
from packshot.catalogue.dataset.changes import Change
from packshot.catalogue.dataset.pictures import Labels, Pictures
from packshot.catalogue.pairs import unit
from packshot.catalogue.translation.drawings import drawn
from packshot.catalogue.translation.grounds import on_white
from packshot.errors import ParameterError

PairName = Literal["drawing", "layout", "colour", "material"]
Ground = Literal["own", "white"]
GIVEN: Mapping[str, tuple[str, int]] = {
    "drawing": ("drawing", 1),
    "layout": ("layout", 1),
    "colour": ("photo", 3),
    "material": ("photo", 3),
}
VARIANT = {"colour": "repainted", "material": "remade"}
NEARER, ASIDE = (0.75, 1.2), 0.08  # by how much a product is moved, of the side


def layers_of(pictures: Pictures, name: str, ground: Ground) -> dict[str, str]:
    """Name in the batch → layer of the pack. Raises ParameterError naming the layer that is missing."""
    have = [layer for layer in pictures.layers if layer == "photo" or len(pictures.where(has=(layer,)))]
    layers = {"image": "photo"}
    if name in VARIANT:
        layers["variant"] = VARIANT[name]
    if name == "layout" or (name == "drawing" and "layout" in have):
        layers["layout"] = "layout"
    if ground == "white" or (name == "drawing" and "layout" not in layers):
        layers["matte"] = "matte"
    for layer in layers.values():
        if layer not in have:
            told = ", ".join(have)
            raise ParameterError(f"{pictures.folder}: pair {name} needs the layer {layer!r}; its pictures have {told}")
    return layers


def labels_wanted(pictures: Pictures, name: str, labels: Mapping[str, Labels]) -> dict[str, Labels]:
    """Attributes of what is wanted: of the variant where one is, and that is what a translator is told."""
    if name not in VARIANT:
        return dict(labels)
    found = {}
    for column, label in labels.items():
        own = pictures.column(column)
        values = [
            (row.get(VARIANT[name]) or {}).get(column) or was for row, was in zip(pictures.rows, own, strict=True)
        ]
        names = tuple(sorted({*label.names, *filter(None, values)}))
        codes = {value: code for code, value in enumerate(names)}
        found[column] = Labels(torch.tensor([codes.get(value or "", -1) for value in values]), names)
    return found


def paired(name: str, ground: Ground) -> Change:
    """Batches of a `Stream` with layers as `layers_of` says → `image`, what is wanted, and `beside`, what is given."""

    def change(batch: dict[str, Tensor], generator: torch.Generator) -> dict[str, Tensor]:
        layers = {key: value for key, value in batch.items() if value.ndim == 4}
        rest = {key: value for key, value in batch.items() if value.ndim != 4}
        layers = _mirrored(layers, generator)
        if ground == "white":
            layers = _moved(layers, generator)
        wanted = {key: unit(value) for key, value in layers.items() if key in ("image", "variant", "matte")}
        for key in ("image", "variant"):
            if ground == "white" and key in wanted:
                wanted[key] = on_white(wanted[key], wanted["matte"])
        given, truth = MAKERS[name](wanted, layers, generator)
        return {**rest, "image": _bytes(truth), "beside": given}

    return change


def _drawing(wanted: dict[str, Tensor], layers: dict[str, Tensor], generator: torch.Generator) -> tuple[Tensor, Tensor]:
    layout = layers["layout"] if "layout" in layers else (layers["matte"] > 127).to(torch.uint8)
    return _bytes(drawn(wanted["image"], layout, generator)), wanted["image"]


def _layout(wanted: dict[str, Tensor], layers: dict[str, Tensor], generator: torch.Generator) -> tuple[Tensor, Tensor]:
    return layers["layout"], wanted["image"]


def _variant(wanted: dict[str, Tensor], layers: dict[str, Tensor], generator: torch.Generator) -> tuple[Tensor, Tensor]:
    return _bytes(wanted["image"]), wanted["variant"]


Maker = Callable[[dict[str, Tensor], dict[str, Tensor], torch.Generator], tuple[Tensor, Tensor]]
MAKERS: Mapping[str, Maker] = {"drawing": _drawing, "layout": _layout, "colour": _variant, "material": _variant}


def _mirrored(layers: dict[str, Tensor], generator: torch.Generator) -> dict[str, Tensor]:
    chosen = torch.rand(len(layers["image"]), 1, 1, 1, generator=generator) < 0.5
    return {name: torch.where(chosen, value.flip(3), value) for name, value in layers.items()}


def _moved(layers: dict[str, Tensor], generator: torch.Generator) -> dict[str, Tensor]:
    """Half of the pictures nearer or farther and aside, all their layers alike; numbers stay numbers."""
    image = layers["image"]
    n, _, h, w = image.shape
    moved = uniform(image, 0, 1, generator).view(n) < 0.5
    scale = torch.where(moved, 1 / uniform(image, *NEARER, generator).view(n), torch.ones(n))
    shift = (torch.rand(n, 2, generator=generator) * 2 - 1) * 2 * ASIDE * moved[:, None]
    if not bool(moved.any()):
        return layers
    theta = torch.zeros(n, 2, 3)
    theta[:, 0, 0], theta[:, 1, 1], theta[:, :, 2] = scale, scale, shift
    grid = F.affine_grid(theta[moved], [int(moved.sum()), 1, h, w], align_corners=False)
    found = {}
    for name, value in layers.items():
        how, border = (
            ("nearest", "zeros") if name == "layout" else ("bilinear", "zeros" if name == "matte" else "border")
        )
        found[name] = value.clone()
        sampled = F.grid_sample(value[moved].float(), grid, mode=how, padding_mode=border, align_corners=False)
        found[name][moved] = sampled.round().clamp(0, 255).to(torch.uint8)
    return found


def _bytes(x: Tensor) -> Tensor:
    return (x * 255).round().clamp(0, 255).to(torch.uint8)
