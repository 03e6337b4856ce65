"""Fashion-MNIST as packs of 32 px: 28 px with two black pixels around, and packs of some of it.

Of the data set's own parts, `train` is learned from and `test` is measured against.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from packshot.catalogue.dataset.pictures import PACK, Pictures
from packshot.catalogue.dataset.writing import PackWriter
from packshot.catalogue.sources.idx import FASHION, PARTS, read_part

SIDE, BORDER = 32, 2
Change = Callable[[int, Mapping[str, Any]], Mapping[str, Any] | None]


def source() -> Path:
    """The folder of the four IDX files."""
    data = os.environ.get("PACKSHOT_DATA", "")
    if not data:
        raise SystemExit("PACKSHOT_DATA: name the folder that holds fashion-mnist/ with the four IDX files")
    return Path(data) / "fashion-mnist"


def whole(out: Path) -> Path:
    """The pack of all pictures, made once."""
    folder = out / "packs" / "fashion-32"
    if not (folder / PACK).is_file():
        place = source()
        with PackWriter(folder, (SIDE, SIDE), {"photo": 1}) as writer:
            for part, split in PARTS:
                pictures, labels = read_part(place, part)
                padded = np.pad(pictures, ((0, 0), (BORDER, BORDER), (BORDER, BORDER)))
                for number, (pixels, label) in enumerate(zip(padded, labels, strict=True)):
                    name = FASHION[label]
                    row = {"sku": f"{split}-{number:05}", "title": name, "category": name, "split": split}
                    writer.add({**row, "source": "Fashion-MNIST", "licence": "MIT"}, {"photo": pixels[None]})
    return folder


def variant(pack: Path, name: str, change: Change) -> Path:
    """The pack beside `pack` with rows changed by `change(number, row)`; None leaves the picture out. Made once."""
    folder = pack.parent / name
    if not (folder / PACK).is_file():
        pictures = Pictures(pack)
        with PackWriter(folder, pictures.size, pictures.facts["layers"]) as writer:
            for number, row in enumerate(pictures.rows):
                changed = change(number, row)
                if changed is not None:
                    writer.add(changed, {"photo": pictures.layers["photo"][number].numpy()})
    return folder


def some(pack: Path, count: int, seed: int, *, each: bool = False, within: tuple[str, ...] = FASHION) -> Path:
    """`count` training pictures in all, or with `each` of every class, chosen by the seed; all test pictures.

    within: the classes that stay. Smaller choices of a seed are part of its larger ones.
    """
    pictures = Pictures(pack)
    kept: set[int] = set()
    labels, codes = pictures.labels("category"), torch.arange(len(pictures))
    order = torch.randperm(len(pictures), generator=torch.Generator().manual_seed(seed))
    training = set(pictures.where(split="train").tolist())
    chosen = [int(i) for i in codes[order] if int(i) in training and labels.names[labels.codes[i]] in within]
    if each:
        for code in range(len(labels.names)):
            kept.update([i for i in chosen if int(labels.codes[i]) == code][:count])
    else:
        kept.update(chosen[:count])

    def change(number: int, row: Mapping[str, Any]) -> Mapping[str, Any] | None:
        return row if number in kept or (row["split"] == "test" and row["category"] in within) else None

    kind = f"{'each' if each else 'all'}-{count}-seed{seed}" + ("" if within == FASHION else f"-of{len(within)}")
    return variant(pack, f"{pack.name}-{kind}", change)
