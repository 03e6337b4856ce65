"""CIFAR-10 (Krizhevsky 2009), the binary version: a label byte and 3 × 32 × 32 bytes each. Pickles are not read."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from packshot.catalogue.product import Image, Product
from packshot.catalogue.sources import Entry
from packshot.errors import CatalogueError

NAMES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
FILES = (*((f"data_batch_{i}.bin", "train") for i in range(1, 6)), ("test_batch.bin", "test"))
SIDE = 32
RECORD = 1 + 3 * SIDE * SIDE
MAX_BYTES = 10_000_000 * RECORD // 100


def read_batches(place: Path) -> Iterator[tuple[str, NDArray[np.uint8], NDArray[np.uint8]]]:
    """(split, pictures (n, 3, 32, 32), labels (n,)) of every file. place: the folder, or the archive as published.

    Raises CatalogueError if a file is missing or damaged.
    """
    for (name, split), data in _files(place):
        if not data or len(data) % RECORD:
            raise CatalogueError(f"{name}: expected records of {RECORD:,} bytes, got {len(data):,} bytes")
        records = np.frombuffer(data, np.uint8).reshape(-1, RECORD)
        if int(records[:, 0].max()) >= len(NAMES):
            raise CatalogueError(f"{name}: expected labels 0 to 9, got {int(records[:, 0].max())}")
        yield split, records[:, 1:].reshape(-1, 3, SIDE, SIDE), records[:, 0]


def _files(place: Path) -> Iterator[tuple[tuple[str, str], bytes]]:
    if place.is_file():
        yield from _of_archive(place)
        return
    inner = place / "cifar-10-batches-bin"
    archive = place / "cifar-10-binary.tar.gz"
    if archive.is_file() and not inner.is_dir():
        yield from _of_archive(archive)
        return
    folder = inner if inner.is_dir() else place
    if (folder / "data_batch_1").exists() or (place / "cifar-10-batches-py").exists():
        raise CatalogueError(f"{place}: is the Python version, which is pickled; get the binary version")
    for wanted in FILES:
        if not (folder / wanted[0]).is_file():
            raise CatalogueError(f"{folder}: expected {wanted[0]} in it")
        yield wanted, (folder / wanted[0]).read_bytes()


def _of_archive(path: Path) -> Iterator[tuple[tuple[str, str], bytes]]:
    splits, found = dict(FILES), set()
    try:
        with tarfile.open(path, "r|*") as archive:
            for member in archive:
                name = Path(member.name).name
                if name not in splits or not member.isfile():
                    continue
                if member.size > MAX_BYTES:
                    raise CatalogueError(f"{name}: expected about 30 MB, got {member.size:,} bytes")
                file = archive.extractfile(member)
                assert file is not None
                found.add(name)
                yield (name, splits[name]), file.read()
    except (tarfile.TarError, OSError, EOFError) as error:
        raise CatalogueError(f"{path.name}: cannot be read: {error}") from error
    if missing := set(splits) - found:
        raise CatalogueError(f"{path.name}: expected {', '.join(sorted(missing))} in it; is it the binary version?")


def products(place: Path, kind: str) -> Iterator[Entry]:
    """Every picture as a product with an exact PNG."""
    from PIL import Image as Pillow

    counts = {"train": 0, "test": 0}
    for split, pictures, labels in read_batches(place):
        for pixels, label in zip(pictures, labels, strict=True):
            number = counts[split]
            counts[split] += 1
            data = io.BytesIO()
            Pillow.fromarray(np.ascontiguousarray(pixels.transpose(1, 2, 0))).save(data, "PNG", compress_level=1)
            path = f"pictures/{split}/{number // 1000:03}/{number:05}.png"
            yield Entry(
                Product(
                    sku=f"{split}-{number:05}", title=NAMES[label], category=NAMES[label], split=split,
                    images=(Image(path=path, width=SIDE, height=SIDE),), source="CIFAR-10",
                    licence="no licence stated",
                ),
                {path: data.getvalue()},
            )  # fmt: skip
