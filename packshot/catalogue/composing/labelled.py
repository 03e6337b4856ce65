"""Pictures whose pixels have classes: parts of toys, kinds of garments; other crops and another camera each time."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from packshot.catalogue.catalogue import PRODUCTS, Catalogue
from packshot.catalogue.composing import light
from packshot.catalogue.composing.camera import photographed
from packshot.catalogue.composing.light import Bytes
from packshot.catalogue.dataset.order import Order
from packshot.catalogue.dataset.pictures import Pictures
from packshot.errors import ParameterError

UNKNOWN = 255  # in a layer: class not known
GROUND = "ground"


class Labelled:
    """`image` `(n, 3, s, s)` and `truth` `(n, 1, s, s)` bytes: the number of the class, UNKNOWN where it has none.

    names: of the classes, the ground first. test: pictures of the split `test`, else all others. still: no changes.
    Raises ParameterError without a layer `layout` or names for its numbers.
    """

    def __init__(
        self, pictures: Pictures, side: int, seed: int = 0, *, test: bool = False, still: bool = False
    ) -> None:
        if "layout" not in pictures.layers:
            raise ParameterError(f"{pictures.folder}: has no layer layout, only {', '.join(pictures.layers)}")
        self.pictures, self.side, self.seed, self.still = pictures, side, seed, still
        self.names, self.numbers = classes_of(pictures)
        rows = [
            n
            for n, row in enumerate(pictures.rows)
            if (row.get("split") == "test") == test and "layout" not in row.get("missing", ())
        ]
        self.order = Order(rows, seed, shuffle=not still)
        self.total = len(rows)

    @property
    def licences(self) -> tuple[str, ...]:
        """Of the pictures."""
        rows = self.pictures.rows
        return tuple(sorted({str(rows[n].get("licence") or "unstated") for n in self.order.indices}))

    def take(self, start: int, count: int) -> dict[str, Tensor]:
        """The pictures at places `start … start + count` of the stream."""
        side = self.side
        image, truth = np.empty((count, side, side, 3), np.uint8), np.empty((count, side, side, 1), np.uint8)
        for row, number in enumerate(self.order.take(start, count)):
            image[row], truth[row, ..., 0] = self._one(int(number), np.random.default_rng([self.seed, start + row]))
        return {name: torch.from_numpy(x).permute(0, 3, 1, 2) for name, x in (("image", image), ("truth", truth))}

    def _one(self, number: int, random: light.Random) -> tuple[Bytes, Bytes]:
        photo = np.ascontiguousarray(self.pictures.layers["photo"][number].numpy().transpose(1, 2, 0))
        layout = self.numbers[number][self.pictures.layers["layout"][number, 0].numpy()]
        size = (self.side, self.side)
        if self.still:
            return _resized(photo, size), cv2.resize(layout, size, interpolation=cv2.INTER_NEAREST_EXACT)
        h, w = layout.shape
        high, wide = (int(max(8, n * random.uniform(0.7, 1.0))) for n in (h, w))
        top, left = int(random.integers(h - high + 1)), int(random.integers(w - wide + 1))
        photo, layout = (x[top : top + high, left : left + wide] for x in (photo, layout))
        if random.random() < 0.5:
            photo, layout = photo[:, ::-1], layout[:, ::-1]
        seen = photographed(light.linear(_resized(photo, size)), random)
        return seen, cv2.resize(np.ascontiguousarray(layout), size, interpolation=cv2.INTER_NEAREST_EXACT)


def _resized(photo: Bytes, size: tuple[int, int]) -> Bytes:
    how = cv2.INTER_AREA if photo.shape[0] > size[0] else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(np.ascontiguousarray(photo), size, interpolation=how))


def classes_of(pictures: Pictures) -> tuple[tuple[str, ...], list[NDArray[np.uint8]]]:
    """Names of all classes, the ground first, and for each picture a table of 256: number in its layer → class.

    Shards of the toyshop number the parts within a category (`regions`); a catalogue numbers one list (`classes` in
    its facts, the ground first).
    """
    regions: Mapping[str, list[str]] = pictures.facts.get("regions", {})
    if regions:
        names = (GROUND, *sorted({part for parts in regions.values() for part in parts}))
        place = {name: number for number, name in enumerate(names)}
        tables = {kind: _table([0, *(place[part] for part in parts)]) for kind, parts in regions.items()}
        none = _table([0])
        return names, [tables.get(str(row.get("category", "")), none) for row in pictures.rows]
    named = pictures.facts.get("classes") or _facts_of(pictures).get("classes")
    if not named or len(named) > UNKNOWN:
        raise ParameterError(
            f"{pictures.folder}: the numbers of its layout have no names; expected `regions` in the index of shards, "
            f"or `classes`, up to {UNKNOWN} of them, in the facts of the catalogue"
        )
    return (GROUND, *map(str, named[1:])), [_table(list(range(len(named))))] * len(pictures)


def _table(numbers: list[int]) -> NDArray[np.uint8]:
    found = np.full(256, UNKNOWN, np.uint8)
    found[: len(numbers)] = numbers
    return found


def _facts_of(pictures: Pictures) -> dict[str, Any]:
    folder = Path(str(pictures.facts.get("made_from", "")))
    return Catalogue(folder).facts if (folder / PRODUCTS).is_file() else {}
