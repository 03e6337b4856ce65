"""The pictures a network is shown: real ones from a catalogue or a folder, with what it has to be told of them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from torch import Tensor

from packshot.catalogue.catalogue import PRODUCTS
from packshot.catalogue.dataset.pack import pack
from packshot.catalogue.dataset.pictures import PACK, Pictures
from packshot.catalogue.dataset.words import Words
from packshot.catalogue.ingest import ingest
from packshot.catalogue.shards.files import INDEX
from packshot.errors import PackshotError, ParameterError
from packshot.models.sampling import TOKENS
from packshot.training.columns import columns_of, labels_as
from packshot.training.explaining.subject import Subject
from packshot.training.material import pictures_of

MOST = 2000  # pictures whose codes are averaged
SPLITS = ("test", "validation", "")  # where pictures are taken from first


@dataclass(frozen=True)
class Shown:
    """Pictures `(n, c, h, w)` in [-1, 1], and what is told with them. names: column → value of each picture."""

    image: Tensor
    condition: Tensor | None
    names: dict[str, list[str]]
    texts: tuple[str, ...] = ()

    def __len__(self) -> int:
        """How many."""
        return len(self.image)

    def __getitem__(self, rows: Sequence[int] | Tensor) -> Shown:
        """Some of them."""
        chosen = [int(row) for row in rows]
        return Shown(
            self.image[chosen],
            None if self.condition is None else self.condition[chosen],
            {name: [values[row] for row in chosen] for name, values in self.names.items()},
            tuple(self.texts[row] for row in chosen) if self.texts else (),
        )

    def tokens(self, words: Sequence[str] | None) -> Tensor | None:
        """`(n, t)` for a network that was trained on texts, from its words."""
        return None if not words else Words(words).tokens(self.texts or [""] * len(self), TOKENS)


def shown_of(place: str | Path, subject: Subject, seed: int, most: int = MOST, size: int = 0) -> Shown:
    """At most `most` pictures as the subject takes them, held-out ones where there are any, in an order of the seed.

    place: what `packshot train` learns from, or any folder of photos or table that `packshot catalogue make` reads.
    size: side in px, if not the subject's own. Raises ParameterError or CatalogueError where there are fewer than two
    pictures, or none with the attributes it is told of.
    """
    with TemporaryDirectory(prefix="packshot-explain-") as folder:
        pictures = _opened(place, subject, Path(folder), (seed, most, size or subject.size))
        rows = _held_out(pictures)
        rows = rows[torch.randperm(len(rows), generator=torch.Generator().manual_seed(seed))][:most]
        if len(rows) < 2:
            raise ParameterError(f"pictures: {place}: expected at least 2, got {len(rows)}")
        image = pictures.gather(rows).float() / 127.5 - 1
        condition = _condition(pictures, subject, rows)
        parts = [pictures.column(name) for name in subject.stored.card.get("texts", ())]
        texts = tuple(" ".join(filter(None, (part[int(row)] for part in parts))) for row in rows) if parts else ()
        return replace(_named(pictures, rows), image=image, condition=condition, texts=texts)


def _opened(place: str | Path, subject: Subject, folder: Path, limits: tuple[int, int, int]) -> Pictures:
    at, (seed, most, size) = Path(place), limits
    if str(place) != "toyshop" and not at.exists():
        raise ParameterError(f"pictures: there is no {at}; name a folder of photos, a catalogue, or toyshop")
    if str(place) == "toyshop" or any((at / name).is_file() for name in (PRODUCTS, INDEX, PACK)):
        try:
            return pictures_of(place, size, subject.channels)
        except ParameterError as error:
            told = f"{subject.name} takes {size} px with {subject.channels} channels"
            raise ParameterError(f"pictures: {place}: {told}: {error}") from None
    try:
        found = ingest(at, folder / "catalogue", pictures="refer", products="picture")
        _thinned(found.folder / PRODUCTS, seed, most)
        return pack(found.open(), folder / "pack", size, grey=subject.channels == 1, layers=("photo",))[0]
    except PackshotError as error:
        raise ParameterError(f"pictures: {place}: no pictures could be read: {error}") from None


def _thinned(products: Path, seed: int, most: int) -> None:
    """A catalogue of a moment, cut down to what will be looked at."""
    lines = products.read_text(encoding="utf-8").splitlines(keepends=True)
    if len(lines) > most:
        products.write_text("".join(random.Random(seed).sample(lines, most)), encoding="utf-8")


def _held_out(pictures: Pictures) -> Tensor:
    return next(rows for split in SPLITS if len(rows := pictures.where(split)) or not split)


def _condition(pictures: Pictures, subject: Subject, rows: Tensor) -> Tensor | None:
    if not subject.condition_dim:
        return None
    if not subject.attributes:
        raise ParameterError(f"{subject.name}: its card does not name the attributes that it is told of")
    missing = {name: values for name, values in subject.attributes.items() if not any(pictures.column(name))}
    if missing:
        wanted = "; ".join(f"{name} ({', '.join(values[:4])} …)" for name, values in missing.items())
        raise ParameterError(
            f"pictures: {subject.name} has to be told {wanted} of every picture, and these have none of it; "
            "name a catalogue like the one it was trained on"
        )
    return columns_of(labels_as(pictures, subject.attributes))["condition"][rows]


def _named(pictures: Pictures, rows: Tensor) -> Shown:
    columns = sorted({name for row in rows for name in pictures.rows[int(row)].get("attributes", {})})
    names = {}
    for column in ("category", *columns):
        values = pictures.column(column)
        names[column] = [values[int(row)] for row in rows]
    return Shown(torch.empty(0), None, {name: values for name, values in names.items() if any(values)})
