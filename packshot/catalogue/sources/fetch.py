"""Downloads of known data sets, when asked: over fixed addresses, whole and with the right checksum, or not at all.

Amazon Berkeley Objects is not among them: its makers publish no checksums, and it has 3 GB even when small.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

from packshot.catalogue.dataset.cache import cache_folder
from packshot.errors import CatalogueError, ParameterError

BLOCK = 1 << 20
SECONDS = 60


@dataclass(frozen=True)
class Download:
    """One file. md5: as its makers publish it. size: bytes that it may have at most."""

    name: str
    base: str
    md5: str
    size: int


MNIST = "https://ossci-datasets.s3.amazonaws.com/mnist/"
FASHION = "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"
IMAGES, LABELS = 30_000_000, 100_000
SETS: dict[str, tuple[Download, ...]] = {
    "mnist": (
        Download("train-images-idx3-ubyte.gz", MNIST, "f68b3c2dcbeaaa9fbdd348bbdeb94873", IMAGES),
        Download("train-labels-idx1-ubyte.gz", MNIST, "d53e105ee54ea40749a09fcbcd1e9432", LABELS),
        Download("t10k-images-idx3-ubyte.gz", MNIST, "9fb629c4189551a2d022fa330f9573f3", IMAGES),
        Download("t10k-labels-idx1-ubyte.gz", MNIST, "ec29112dd5afa0611ce80d1b7f02629c", LABELS),
    ),
    "fashion-mnist": (
        Download("train-images-idx3-ubyte.gz", FASHION, "8d4fb7e6c68d591d4c3dfef9ec88bf0d", IMAGES),
        Download("train-labels-idx1-ubyte.gz", FASHION, "25c81989df183df01b3e8a0aad5dffbe", LABELS),
        Download("t10k-images-idx3-ubyte.gz", FASHION, "bef4ecab320f06d8554ea6380940ec79", IMAGES),
        Download("t10k-labels-idx1-ubyte.gz", FASHION, "bb300cfdad3c16e7a12a480ee83cd310", LABELS),
    ),
    "cifar10": (
        Download("cifar-10-binary.tar.gz", "https://www.cs.toronto.edu/~kriz/", "c32a1d4ab5d03f1284b67883e8d87530",
                 180_000_000),
    ),
}  # fmt: skip


def fetch(kind: str, folder: str | Path | None = None, *, on_bytes: Callable[[int], None] | None = None) -> Path:
    """Download a set to a folder (by default below `cache_folder()`); files already there with the right sum stay.

    Raises ParameterError for a kind that has no download, CatalogueError if one fails or has the wrong checksum.
    """
    if kind not in SETS:
        raise ParameterError(f"kind: expected one of {', '.join(SETS)} to download; got {kind!r}")
    target = Path(folder) if folder else cache_folder() / "downloads" / kind
    target.mkdir(parents=True, exist_ok=True)
    for download in SETS[kind]:
        if md5_of(target / download.name) != download.md5:
            _get(download, target / download.name, on_bytes)
    return target


def published_as(file: Path) -> str:
    """The set that a file is of by its published checksum, "" if it is none of them."""
    sums = {download.md5: kind for kind, downloads in SETS.items() for download in downloads}
    return sums.get(md5_of(file), "")


def md5_of(path: Path) -> str:
    """Hex MD5 of a file, the sum that makers of data sets publish; "" if there is none."""
    if not path.is_file():
        return ""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def _get(download: Download, path: Path, on_bytes: Callable[[int], None] | None) -> None:
    temporary = path.with_name(f".{path.name}-{os.getpid()}-{secrets.token_hex(4)}.part")
    address, got = download.base + download.name, 0
    try:
        with urlopen(address, timeout=SECONDS) as answer, temporary.open("xb") as file:
            while block := answer.read(BLOCK):
                got += len(block)
                if got > download.size:
                    raise CatalogueError(f"{address}: is longer than {download.size:,} bytes; not kept")
                file.write(block)
                if on_bytes is not None:
                    on_bytes(got)
        if (found := md5_of(temporary)) != download.md5:
            raise CatalogueError(f"{address}: expected MD5 {download.md5}, got {found}; not kept")
        os.replace(temporary, path)
    except OSError as error:
        raise CatalogueError(
            f"{address}: could not be downloaded: {error}; get it another way and name its folder"
        ) from error
    finally:
        temporary.unlink(missing_ok=True)
