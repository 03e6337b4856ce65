"""MNIST (LeCun, Cortes & Burges) and Fashion-MNIST (Xiao, Rasul & Vollgraf 2017): IDX files, gzipped or not.

IDX: two zero bytes, type (8 = unsigned byte), number of dimensions, the dimensions as big-endian 32-bit numbers, data.
"""

from __future__ import annotations

import gzip
import io
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from packshot.catalogue.product import Image, Product
from packshot.catalogue.sources import Entry
from packshot.catalogue.sources.fetch import published_as
from packshot.errors import CatalogueError

FASHION = ("T-shirt/top", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot")
DIGITS = tuple("0123456789")
SETS = {
    "mnist": (DIGITS, "MNIST", "CC-BY-SA-3.0", "digit "),
    "fashion-mnist": (FASHION, "Fashion-MNIST", "MIT", ""),
}
PARTS = (("train", "train"), ("t10k", "test"))
MAX_BYTES = 1 << 30


def read_idx(path: Path) -> NDArray[np.uint8]:
    """The array of an IDX file of bytes. Raises CatalogueError if it is none, cut off or too long."""
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise CatalogueError(f"{path.name}: cannot be read: {error}") from error
    if len(data) < 4 or data[:3] != b"\0\0\x08" or not 1 <= data[3] <= 4 or len(data) < 4 + 4 * data[3]:
        raise CatalogueError(f"{path.name}: expected an IDX file of bytes, starting 00 00 08; got {data[:4].hex(' ')}")
    shape = struct.unpack(f">{data[3]}I", data[4 : 4 + 4 * data[3]])
    values = np.frombuffer(data, np.uint8, offset=4 + 4 * data[3])
    expected = int(np.prod(shape, dtype=object))
    if len(values) != expected:
        raise CatalogueError(f"{path.name}: expected {expected:,} values for shape {shape}, got {len(values):,}")
    return values.reshape(shape)


def read_part(folder: Path, part: str) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """(pictures (n, h, w), labels (n,)) of `train` or `t10k`. Raises CatalogueError if they are missing or unlike."""
    pictures, labels = (
        read_idx(_found(folder, f"{part}-{what}")) for what in ("images-idx3-ubyte", "labels-idx1-ubyte")
    )
    if pictures.ndim != 3 or labels.shape != pictures.shape[:1]:
        raise CatalogueError(f"{folder}: expected a label for each of {len(pictures):,} pictures, got {len(labels):,}")
    return pictures, labels


def _found(folder: Path, name: str) -> Path:
    names = (f"{name}.gz", name, f"{name.replace('-idx', '.idx')}.gz", name.replace("-idx", ".idx"))
    for candidate in names:
        if (folder / candidate).is_file():
            return folder / candidate
    raise CatalogueError(f"{folder}: expected {names[0]} or {names[1]} in it")


def products(place: Path, kind: str) -> Iterator[Entry]:
    """Every picture as a product with an exact PNG; the makers' train and test parts are the splits."""
    from PIL import Image as Pillow

    names, source, licence, before = SETS[kind]
    if (other := published_as(_found(place, "t10k-labels-idx1-ubyte"))) not in ("", kind):
        raise CatalogueError(f"{place}: these are the files of {other} by their checksum; read them as {other}")
    for part, split in PARTS:
        pictures, labels = read_part(place, part)
        if int(labels.max(initial=0)) >= len(names):
            raise CatalogueError(f"{place}: expected labels 0 to {len(names) - 1}, got {int(labels.max())}")
        for number, (pixels, label) in enumerate(zip(pictures, labels, strict=True)):
            data = io.BytesIO()
            Pillow.fromarray(pixels).save(data, "PNG", compress_level=1)
            path, (h, w) = f"pictures/{split}/{number // 1000:03}/{number:05}.png", pixels.shape
            yield Entry(
                Product(
                    sku=f"{split}-{number:05}", title=before + names[label], category=names[label], split=split,
                    images=(Image(path=path, width=w, height=h),), source=source, licence=licence,
                ),
                {path: data.getvalue()},
            )  # fmt: skip
