"""Two domains: pictures of values of an attribute in one catalogue, or of two places; without pairs.

A domain is told as `ATTRIBUTE:VALUE` or `ATTRIBUTE:VALUE|VALUE|…` of a catalogue, or as a place: a folder of pictures,
a catalogue, a pack, shards. Both streams depend on seed and place in the stream alone, each in an order of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from packshot.catalogue.dataset.order import Order
from packshot.catalogue.dataset.pictures import OWN_COLUMNS, Pictures
from packshot.catalogue.dataset.stream import Stream, mirrored
from packshot.errors import ParameterError

LEAST = 2  # pictures of a domain
HOW = "ATTRIBUTE:VALUE, such as material:raw wood, of --catalogue, or a folder, catalogue, pack or shards"
Open = Callable[[str], Pictures]


@dataclass(frozen=True)
class Domain:
    """column, values: what it was told by, "" and () for a place. rows: numbers of its pictures."""

    name: str
    pictures: Pictures
    rows: Tensor
    column: str = ""
    values: tuple[str, ...] = ()

    @property
    def has_mattes(self) -> bool:
        """Whether it is known of each of its pictures where the product is."""
        if "matte" not in self.pictures.layers:
            return False
        rows = self.pictures.rows
        return not any("matte" in rows[int(n)].get("missing", ()) for n in self.rows)

    @property
    def licences(self) -> tuple[str, ...]:
        """Of its pictures."""
        return tuple(sorted({str(self.pictures.rows[int(n)].get("licence") or "unstated") for n in self.rows}))


def domains(a: str, b: str, catalogue: str, opened: Open) -> tuple[Domain, Domain]:
    """Both domains. catalogue: what attributes are of, "" = none. opened: place → pictures of the wanted size.

    Raises ParameterError naming the domain: not told, no such attribute or value, fewer than two pictures, or pictures
    that are in both; CatalogueError, FileError from places.
    """
    first, second = (_domain(letter, text, catalogue, opened) for letter, text in (("a", a), ("b", b)))
    if first.pictures.folder == second.pictures.folder:
        both = set(first.rows.tolist()) & set(second.rows.tolist())
        if both:
            raise ParameterError(
                f"a, b: {len(both):,} pictures are in both {first.name!r} and {second.name!r}; expected different ones"
            )
    if first.name == second.name:
        first, second = (
            Domain(f"{d.name} ({letter})", d.pictures, d.rows) for letter, d in (("a", first), ("b", second))
        )
    return first, second


def values_in(text: str) -> list[str]:
    """The values of `VALUE|VALUE|…`."""
    return [value.strip() for value in text.split("|") if value.strip()]


def _domain(letter: str, text: str, catalogue: str, opened: Open) -> Domain:
    if not text:
        raise ParameterError(f"{letter}: name the domain (--{letter}): {HOW}")
    column, sign, told = text.partition(":")
    if catalogue and sign and not Path(text).exists():
        return _of_attribute(letter, column.strip(), values_in(told), opened(catalogue))
    if not Path(text).exists() and text != "toyshop":
        why = "; an attribute needs --catalogue" if sign else ""
        raise ParameterError(f"{letter}: {text!r} is no place here{why}; expected {HOW}")
    pictures = opened(text)
    rows = pictures.where(split="train")
    rows = rows if len(rows) else torch.arange(len(pictures))
    return _enough(letter, Domain(Path(text).resolve().name, pictures, rows))


def _of_attribute(letter: str, column: str, values: Sequence[str], pictures: Pictures) -> Domain:
    found = pictures.column(column)
    known = sorted({value for value in found if value})
    if not known:
        attributes = sorted({name for row in pictures.rows for name in row.get("attributes", {})})
        raise ParameterError(
            f"{letter}: no picture has a {column!r}; expected one of {', '.join((*OWN_COLUMNS, *attributes))}"
        )
    for value in values or [""]:
        if value not in known:
            raise ParameterError(
                f"{letter}: no picture has the {column} {value!r}; expected some of {', '.join(known)}"
            )
    chosen = [n for n, value in enumerate(found) if value in values]
    train = [n for n in chosen if pictures.rows[n].get("split", "train") == "train"]
    rows = torch.tensor(train or chosen, dtype=torch.int64)
    return _enough(letter, Domain(" or ".join(values), pictures, rows, column, tuple(values)))


def _enough(letter: str, domain: Domain) -> Domain:
    if len(domain.rows) < LEAST:
        told = f"{len(domain.rows)} picture" + "s" * (len(domain.rows) != 1)
        raise ParameterError(f"{letter}: {domain.name!r} has {told} to learn from; expected at least {LEAST}")
    return domain


class TwoDomains:
    """`image`, a picture of a, and `beside`, one of b, `(n, 3, h, w)` bytes; where both have mattes, these as two more
    planes of `beside`. Pictures of both are mirrored at random. total: pictures of the larger domain.
    """

    def __init__(self, a: Domain, b: Domain, seed: int = 0) -> None:
        self.mattes = a.has_mattes and b.has_mattes
        layers = {"image": "photo"} | ({"matte": "matte"} if self.mattes else {})
        self.streams = [
            Stream(d.pictures, Order(d.rows.numpy(), 2 * seed + number), layers=layers, change=mirrored)
            for number, d in enumerate((a, b))
        ]
        self.total = max(len(a.rows), len(b.rows))

    def take(self, start: int, count: int) -> dict[str, Tensor]:
        """The pictures at places `start … start + count` of both streams."""
        first, second = (stream.take(start, count) for stream in self.streams)
        planes = [second["image"], *([first["matte"], second["matte"]] if self.mattes else [])]
        return {"image": first["image"], "beside": torch.cat(planes, 1)}
