"""Known data sets as catalogues: Fashion-MNIST, MNIST, CIFAR-10, Amazon Berkeley Objects.

    collect(kind, folder or archive, out) ─▶ out/{products.jsonl, catalogue.json, pictures/…}

Each is read from where it lies; `fetch` downloads the first three when asked, and checks what came. A set = one file
here with `products(place) -> Iterator[Entry]`, and one line in KINDS.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import cast

from packshot.catalogue.catalogue import Catalogue, Writer, require_empty
from packshot.catalogue.problems import PROBLEMS, Problem, ProblemLog
from packshot.catalogue.product import Product
from packshot.errors import ParameterError

# kind: (module of this folder, whether the pictures stay where they are)
KINDS: dict[str, tuple[str, bool]] = {
    "mnist": ("idx", False),
    "fashion-mnist": ("idx", False),
    "cifar10": ("cifar", False),
    "abo": ("abo", True),
}


@dataclass(frozen=True)
class Entry:
    """One product of a known set. files: what to write for it, path in the catalogue → bytes of a picture file."""

    product: Product
    files: dict[str, bytes]


Reader = Callable[[Path, str], Iterator[Entry | Problem]]


def recognised(place: Path) -> str:
    """The kind of a known set in a folder or archive, "" if it is none. Which MNIST: by checksum."""
    from packshot.catalogue.sources.fetch import published_as

    names = {p.name for p in place.iterdir()} if place.is_dir() else {place.name}
    if any("idx3-ubyte" in name for name in names):
        told = "fashion-mnist" if "fashion" in str(place.resolve()).lower() else "mnist"
        return published_as(place / "t10k-labels-idx1-ubyte.gz") or told
    if names & {"data_batch_1.bin", "cifar-10-batches-bin", "cifar-10-binary.tar.gz"}:
        return "cifar10"
    return "abo" if {"listings", "images"} <= names or "abo-listings.tar" in names else ""


def collect(
    kind: str, place: str | Path, out: str | Path, *, on_product: Callable[[int], None] | None = None
) -> tuple[Catalogue, list[Problem]]:
    """Write a known set as a catalogue, and give it with what could not be read.

    place: the folder or archive as its makers publish it. Raises ParameterError for an unknown kind, CatalogueError if
    the set is not there, is damaged, or `out` is not empty.
    """
    if kind not in KINDS:
        raise ParameterError(f"kind: expected one of {', '.join(KINDS)}; got {kind!r}")
    folder = Path(out)
    require_empty(folder)
    folder.mkdir(parents=True, exist_ok=True)
    log = ProblemLog(folder / PROBLEMS)
    facts = {"made_from": str(Path(place).resolve()), "kind": kind}
    module, refers = KINDS[kind]
    if refers:
        facts["pictures"] = facts["made_from"]
    reader = cast(Reader, import_module(f"packshot.catalogue.sources.{module}").products)
    with Writer(folder, facts) as writer:
        for found in reader(Path(place), kind):
            if isinstance(found, Problem):
                log.add(found)
                continue
            for path, data in found.files.items():
                target = folder / path
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(data)
            writer.write(found.product)
            if on_product is not None:
                on_product(writer.count)
    log.close()
    return Catalogue(folder), log.first
