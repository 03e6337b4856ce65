"""An album: pictures of any size as bytes in one mapped file, to take crops from while training.

    ALBUM/album.json   format, (h, w) of every picture, licences, from what it was made
    ALBUM/album.u8     the pictures one after another, (h, w, 3) bytes each, without headers
    ALBUM/cells.npy    (cells, 3): picture, top, left of every square of 32 px in which there is something to see

A crop is a function of the seed and of its place in the endless stream, and of nothing else: it lies around a cell
drawn at random, mirrored and turned in one of eight ways. Blank ground, of which product photos have much, has no
cells.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from packshot.catalogue.dataset.order import mixed
from packshot.errors import CatalogueError, ParameterError

ALBUM, PIXELS, CELLS, FORMAT = "album.json", "album.u8", "cells.npy", 1
CELL = 32  # px
Cells = NDArray[np.int32]
LEAST_DETAIL = 2.0  # mean difference between neighbouring pixels of a cell, in grey levels of 255


class Album:
    """Pictures to take crops from. Raises CatalogueError if the folder is none, of another format, or incomplete."""

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        self.facts = _facts(self.folder / ALBUM)
        self.sizes: NDArray[np.int64] = np.asarray(self.facts["sizes"], np.int64).reshape(-1, 2)
        ends = np.cumsum(3 * self.sizes.prod(1))
        self.offsets = np.concatenate([[0], ends])[:-1]
        path = self.folder / PIXELS
        if not path.is_file() or path.stat().st_size != int(ends[-1]):
            raise CatalogueError(f"{path}: expected {int(ends[-1]):,} bytes; make the album again")
        self.pixels = np.memmap(path, np.uint8, "r")
        self.cells: Cells = np.load(self.folder / CELLS, allow_pickle=False)

    def __len__(self) -> int:
        return len(self.sizes)

    @property
    def largest(self) -> int:
        """The largest side, px, that a crop can have."""
        return int(self.sizes.min(1).max())

    def cells_for(self, side: int) -> Cells:
        """The cells of all pictures that are large enough for a crop of `side` px."""
        found: Cells = self.cells[(self.sizes.min(1) >= side)[self.cells[:, 0]]]
        return found

    @property
    def licences(self) -> tuple[str, ...]:
        """Of the pictures."""
        return tuple(self.facts["licences"])

    def picture(self, number: int) -> NDArray[np.uint8]:
        """`(h, w, 3)` bytes of one picture, mapped."""
        h, w = self.sizes[number]
        start = self.offsets[number]
        whole: NDArray[np.uint8] = self.pixels[start : start + 3 * h * w].reshape(h, w, 3)
        return whole

    def crop(self, cells: Cells, drawn: int, side: int) -> NDArray[np.uint8]:
        """The `(side, side, 3)` crop around one of the cells that a random number of 64 bits stands for."""
        drawn, cell = divmod(drawn, len(cells))
        number, top, left = (int(v) for v in cells[cell])
        picture = self.picture(number)
        drawn, down = divmod(drawn, CELL)
        drawn, right = divmod(drawn, CELL)
        h, w = picture.shape[:2]
        y = min(max(top + down - side // 2, 0), h - side)
        x = min(max(left + right - side // 2, 0), w - side)
        found = picture[y : y + side, x : x + side]
        found = found[:, ::-1] if drawn & 1 else found
        found = found[::-1] if drawn & 2 else found
        return found.transpose(1, 0, 2) if drawn & 4 else found


class Crops:
    """The stream of crops that a training loop takes from: `image`, (n, 3, side, side) bytes, channels innermost.

    Pictures that are too small for it are left out. Raises ParameterError if all of them are.
    """

    def __init__(self, album: Album, side: int, seed: int = 0) -> None:
        self.cells = album.cells_for(side)
        if side < 1 or not len(self.cells):
            raise ParameterError(f"side: expected 1 to {album.largest} px, as the album's pictures allow; got {side}")
        self.album, self.side, self.seed = album, side, seed
        self.total = len(self.cells)

    def take(self, start: int, count: int) -> dict[str, Tensor]:
        """The crops at places `start … start + count` of the stream."""
        key = mixed(np.array([self.seed % 2**64], np.uint64))
        drawn = mixed(np.arange(start, start + count, dtype=np.uint64) ^ key)
        image = np.empty((count, self.side, self.side, 3), np.uint8)
        for row, number in zip(image, drawn.tolist(), strict=True):
            row[:] = self.album.crop(self.cells, number, self.side)
        return {"image": torch.from_numpy(image).permute(0, 3, 1, 2)}


def detailed(picture: NDArray[np.uint8]) -> Cells:
    """`(cells, 2)`: top and left of every cell of an `(h, w, 3)` picture in which there is detail."""
    grey = picture.mean(2, dtype=np.float32)
    rough = np.zeros_like(grey)
    rough[1:] += np.abs(np.diff(grey, axis=0)) / 2
    rough[:, 1:] += np.abs(np.diff(grey, axis=1)) / 2
    rows, columns = (side // CELL for side in grey.shape)
    means = rough[: rows * CELL, : columns * CELL].reshape(rows, CELL, columns, CELL).mean((1, 3))
    return (np.argwhere(means >= LEAST_DETAIL) * CELL).astype(np.int32)


def _facts(path: Path) -> dict[str, Any]:
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
        if facts["format"] != FORMAT or not facts["sizes"]:
            raise KeyError("format")
    except (OSError, ValueError, KeyError, TypeError):
        raise CatalogueError(f"{path.parent}: expected an album of format {FORMAT} ({ALBUM})") from None
    found: dict[str, Any] = facts
    return found
