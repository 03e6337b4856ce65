"""A stock: cut-outs, grounds and whole scenes as bytes in one mapped file, to compose training pictures from.

    STOCK/stock.json   format, and of every piece: kind, h, w, channels, split, licence, source
    STOCK/stock.u8     the pieces one after another, (h, w, channels) bytes each, without headers

A cut-out has four channels: the product's own colour, sRGB, and its opacity; so has a scene, whose colour is that of
the whole photograph. A ground has three.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from packshot.errors import CatalogueError

STOCK, PIXELS, FORMAT = "stock.json", "stock.u8", 1
Kind = Literal["cutout", "ground", "scene"]
CHANNELS: dict[Kind, int] = {"cutout": 4, "ground": 3, "scene": 4}
Bytes = NDArray[np.uint8]


class Piece(NamedTuple):
    """What is known of a piece. split: `test` stays out of training. licence: "" = not stated."""

    kind: Kind
    h: int
    w: int
    split: str
    licence: str
    source: str


class Stock:
    """A stock, opened. Raises CatalogueError if the folder is none, of another format, or incomplete."""

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        facts = _facts(self.folder / STOCK)
        self.pieces = tuple(Piece(**piece) for piece in facts["pieces"])
        sizes = [piece.h * piece.w * CHANNELS[piece.kind] for piece in self.pieces]
        self.starts: list[int] = [0, *np.cumsum(sizes, dtype=np.int64).tolist()]
        path = self.folder / PIXELS
        if not path.is_file() or path.stat().st_size != self.starts[-1]:
            raise CatalogueError(f"{path}: expected {self.starts[-1]:,} bytes; gather the stock again")
        self.pixels = np.memmap(path, np.uint8, "r")

    def __len__(self) -> int:
        return len(self.pieces)

    def __getitem__(self, number: int) -> Bytes:
        """`(h, w, channels)` bytes of one piece, mapped."""
        piece = self.pieces[number]
        whole: Bytes = self.pixels[self.starts[number] : self.starts[number + 1]]
        return whole.reshape(piece.h, piece.w, CHANNELS[piece.kind])

    def numbers(self, kind: Kind, test: bool = False) -> list[int]:
        """The pieces of a kind that are, or are not, held out for tests."""
        return [n for n, piece in enumerate(self.pieces) if piece.kind == kind and (piece.split == "test") == test]

    @property
    def licences(self) -> tuple[str, ...]:
        """Of all pieces that are learned from."""
        return tuple(sorted({piece.licence or "unstated" for piece in self.pieces if piece.split != "test"}))


class StockWriter:
    """Adds pieces to a folder; `finish` makes a stock of it."""

    def __init__(self, folder: Path, file: IO[bytes]) -> None:
        self.folder, self.file = folder, file
        self.pieces: list[Piece] = []

    def add(self, kind: Kind, pixels: Bytes, *, split: str = "", licence: str = "", source: str = "") -> None:
        """Add `(h, w, channels)` bytes."""
        h, w, channels = pixels.shape
        assert channels == CHANNELS[kind], f"{kind}: {channels} channels"
        self.file.write(np.ascontiguousarray(pixels).tobytes())
        self.pieces.append(Piece(kind, h, w, split, licence, source))

    def finish(self, facts: dict[str, Any]) -> None:
        """Write the table of pieces."""
        told = {"format": FORMAT, **facts, "pieces": [piece._asdict() for piece in self.pieces]}
        (self.folder / STOCK).write_text(json.dumps(told, ensure_ascii=False) + "\n", encoding="utf-8")


@contextmanager
def writing(folder: Path) -> Iterator[StockWriter]:
    """A writer of the stock in an empty folder."""
    with (folder / PIXELS).open("wb") as file:
        yield StockWriter(folder, file)


def _facts(path: Path) -> dict[str, Any]:
    try:
        facts: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if facts["format"] != FORMAT or not facts["pieces"]:
            raise KeyError("format")
    except (OSError, ValueError, KeyError, TypeError):
        raise CatalogueError(
            f"{path.parent}: expected a stock of format {FORMAT} ({STOCK}); `packshot catalogue stock` gathers one"
        ) from None
    return facts
