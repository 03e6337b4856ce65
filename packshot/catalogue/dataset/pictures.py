"""A pack: many pictures of one size as raw bytes that are mapped into memory, with their labels and texts.

    PACK/pack.json     format, count, size, layers, how it was made, checksums
    PACK/rows.jsonl    what is known of each picture, one line each, in the order of the bytes
    PACK/photo.u8      (n, 3 or 1, h, w) bytes without any header; likewise matte.u8, layout.u8, depth.u8, …

Nothing is decoded while training: a batch is a gather of bytes (and the operating system's page cache keeps what fits).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from packshot.catalogue.dataset.order import Order
from packshot.errors import CatalogueError, ParameterError

PACK, ROWS, FORMAT = "pack.json", "rows.jsonl", 1
OWN_COLUMNS = ("sku", "key", "title", "category", "description", "split", "source", "licence")


class Labels(NamedTuple):
    """codes: (n,) int64, -1 where there is no value. names: what each code stands for, in order."""

    codes: Tensor
    names: tuple[str, ...]


@dataclass(frozen=True)
class Batch:
    """layers: uint8 tensors (b, c, h, w). indices: (b,) int64, numbers in the pack. seen: pictures taken so far."""

    layers: Mapping[str, Tensor]
    indices: Tensor
    seen: int

    def __getitem__(self, layer: str) -> Tensor:
        return self.layers[layer]


class Pictures:
    """A pack, opened. Raises CatalogueError if it is none, of another format, or incomplete.

    layers: name → uint8 tensor (n, c, h, w) over the mapped file; change nothing in it.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        self.facts = _facts(self.folder / PACK)
        self.size: tuple[int, int] = (self.facts["size"][0], self.facts["size"][1])
        self.layers = {name: self._mapped(name, channels) for name, channels in self.facts["layers"].items()}

    def __len__(self) -> int:
        return int(self.facts["count"])

    def _mapped(self, name: str, channels: int) -> Tensor:
        path, shape = self.folder / f"{name}.u8", (len(self), channels, *self.size)
        expected = int(np.prod(shape))
        size = path.stat().st_size if path.is_file() else -1
        if size != expected:
            told = "is missing" if size < 0 else f"holds {size:,} bytes"
            raise CatalogueError(f"{path}: {told}, expected {expected:,}; delete {self.folder} to have it made again")
        if not expected:
            return torch.empty(shape, dtype=torch.uint8)
        return torch.from_numpy(np.memmap(path, np.uint8, "c", shape=shape))

    @cached_property
    def rows(self) -> list[dict[str, Any]]:
        """What is known of each picture: sku, title, category, attributes, split, …; read on first use."""
        with (self.folder / ROWS).open(encoding="utf-8") as lines:
            rows = [json.loads(line) for line in lines]
        if len(rows) != len(self):
            raise CatalogueError(f"{self.folder / ROWS}: expected {len(self):,} rows, got {len(rows):,}")
        return rows

    def column(self, name: str) -> list[str]:
        """One value a picture, "" where there is none: sku, key, title, category, description, split, source,
        licence, `title.zh` and `description.zh` (any language code), else the attribute of that name.
        """
        return [value_of(row, name) for row in self.rows]

    def labels(self, column: str, names: Sequence[str] | None = None) -> Labels:
        """A column as numbers. names: the classes and their order, if not those found, sorted; others become -1.

        Raises ParameterError if no picture has a value.
        """
        values = self.column(column)
        chosen = tuple(sorted({v for v in values if v}) if names is None else names)
        if not any(v in chosen for v in set(values)):
            known = sorted({name for row in self.rows for name in row.get("attributes", {})})
            raise ParameterError(
                f"column: no picture has a {column!r}; expected one of {', '.join((*OWN_COLUMNS, *known))}"
            )
        codes = {name: code for code, name in enumerate(chosen)}
        return Labels(torch.tensor([codes.get(v, -1) for v in values], dtype=torch.int64), chosen)

    def where(self, split: str = "", has: Iterable[str] = (), **values: str) -> Tensor:
        """(m,) numbers of the pictures of a split ("" = any) that have all the layers `has` and these values."""
        wanted, needed = dict(values), set(has)
        if split:
            wanted["split"] = split
        keep = [
            number
            for number, row in enumerate(self.rows)
            if all(value_of(row, n) == v for n, v in wanted.items()) and not needed & set(row.get("missing", ()))
        ]
        return torch.tensor(keep, dtype=torch.int64)

    def gather(self, indices: Any, layer: str = "photo") -> Tensor:
        """(b, c, h, w) bytes of the pictures with these numbers, copied out."""
        if layer not in self.layers:
            raise ParameterError(f"layer: expected one of {', '.join(self.layers)}; got {layer!r}")
        return self.layers[layer].index_select(0, torch.as_tensor(indices, dtype=torch.int64))

    def batches(self, order: Order, size: int, *, seen: int = 0, layers: Sequence[str] = ("photo",)) -> Iterator[Batch]:
        """Batches without end, in an order; `seen` = pictures already taken, to go on where a run stopped."""
        for after, indices in order.batches(size, seen):
            chosen = torch.from_numpy(indices)
            yield Batch({name: self.gather(chosen, name) for name in layers}, chosen, after)

    def verify(self) -> list[str]:
        """What does not have the checksum it was made with; empty if all is well. Reads everything."""
        sums: dict[str, str] = self.facts["sha256"]
        return [name for name, kept in sums.items() if sha256_of(self.folder / name) != kept]


def value_of(row: Mapping[str, Any], name: str) -> str:
    """The value of a column in one row (see `Pictures.column`), "" if it has none."""
    if name in OWN_COLUMNS:
        return str(row.get(name, ""))
    stem, _, language = name.partition(".")
    if language and stem in ("title", "description"):
        return str(row.get(f"{stem}s", {}).get(language, ""))
    return str(row.get("attributes", {}).get(name, ""))


def to_unit(x: Tensor, out: Tensor | None = None) -> Tensor:
    """Bytes → float32 in [0, 1]."""
    x = x.to(torch.float32) if out is None else out.copy_(x)
    return x.mul_(1 / 255)


def to_signed(x: Tensor) -> Tensor:
    """Bytes → float32 in [-1, 1]."""
    return x.to(torch.float32).mul_(2 / 255).sub_(1)


def sha256_of(path: Path) -> str:
    """Hex SHA-256 of a file, read piece by piece; "" if there is none."""
    if not path.is_file():
        return ""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _facts(path: Path) -> dict[str, Any]:
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise CatalogueError(f"{path}: expected a pack; `packshot catalogue pack CATALOGUE OUT` makes one") from None
    if not isinstance(facts, dict) or facts.get("format") != FORMAT:
        raise CatalogueError(
            f"{path}: expected format {FORMAT}, got {facts.get('format') if isinstance(facts, dict) else facts!r}"
        )
    return facts
