"""What searching a large catalogue costs: the first look, a second one, a search; seconds and memory.

A catalogue is planted in a temporary folder: `--products` rows whose pictures are links to a few files, so that looking
and keeping are measured and encoding is not; then as many vectors are planted, of other contents each, and ranked.

usage: python -m benchmarks search [--products 20000]
"""

from __future__ import annotations

import os
import resource
import sys
import time
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from PIL import Image as PillowImage

from packshot.catalogue.catalogue import Catalogue, write_catalogue
from packshot.catalogue.product import Image, Product
from packshot.evaluation.tables import markdown_table
from packshot.models.searching.index import Index
from packshot.models.searching.search import Wish, ranked
from packshot.models.words import Encoder

DIM, FILES = 96, 40


def encoder() -> Encoder:
    """Vectors of noise that depend on the pixels alone."""

    def of_pictures(x: torch.Tensor) -> torch.Tensor:
        found = [torch.randn(DIM, generator=torch.Generator().manual_seed(int(p.sum() * 255))) for p in x]
        return torch.nn.functional.normalize(torch.stack(found), dim=1)

    def of_texts(texts: object) -> torch.Tensor:
        return torch.eye(DIM)[:1]

    return Encoder("planted", DIM, 8, 9, "0" * 64, "CC0-1.0", "cpu", of_texts, of_pictures, len)


def planted(folder: Path, count: int) -> Catalogue:
    """A catalogue of `count` products, one picture each."""
    (folder / "files").mkdir()
    random = np.random.default_rng(0)
    for number in range(FILES):
        pixels = random.integers(0, 256, (16, 16, 3), np.uint8)
        PillowImage.fromarray(pixels).save(folder / "files" / f"{number}.png")

    def products() -> Iterator[Product]:
        for number in range(count):
            path = f"{number:07}.png"
            os.link(folder / "files" / f"{number % FILES}.png", folder / path)
            yield Product(sku=f"SKU-{number}", title=f"Thing {number}", images=(Image(path=path),))

    return write_catalogue(folder, products())


def replant(index: Index, count: int) -> None:
    """Another content and another vector for every picture."""
    random = np.random.default_rng(1)
    with index.vectors.open("wb") as file:
        for first in range(0, count, 8192):
            part = random.normal(size=(min(8192, count - first), DIM)).astype(np.float32)
            file.write((part / np.linalg.norm(part, axis=1, keepdims=True)).astype(np.float16).tobytes())
    index.base.execute("DELETE FROM contents")
    rows = ((number.to_bytes(32, "big"), number) for number in range(count))
    index.base.execute("BEGIN")
    index.base.executemany("INSERT INTO contents VALUES (?, ?)", rows)
    index.base.execute("UPDATE pictures SET row = place")
    index.base.execute("COMMIT")


def timed(what: str, job: Callable[[], object]) -> dict[str, object]:
    """Seconds of the processor, and the most memory that the process has ever held, after a job."""
    before = time.process_time()
    job()
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"step": what, "processor s": time.process_time() - before, "peak MB": megabytes}


def main(arguments: list[str]) -> None:
    options = ArgumentParser(prog="python -m benchmarks search")
    options.add_argument("--products", type=int, default=20_000)
    count = options.parse_args(arguments).products
    torch.set_num_threads(1)
    vector = np.random.default_rng(2).normal(size=(2, DIM)).astype(np.float32)
    wishes = [Wish("a", vector[0]), Wish("b", vector[1], wanted=False)]
    with TemporaryDirectory() as folder:
        rows = [timed("start", lambda: None)]
        catalogue = planted(Path(folder), count)
        rows.append(timed("planting", lambda: None))
        with Index(catalogue, encoder()) as index:
            rows.append(timed("first look", index.refresh))
            rows.append(timed("second look", index.refresh))
            replant(index, count)
            rows.append(timed("search, one wish", lambda: ranked(index, wishes[:1], 12)))
            rows.append(timed("search, two wishes", lambda: ranked(index, wishes, 12)))
    print(f"{count:,} products, one picture each\n")
    print(markdown_table(rows, ["step", "processor s", "peak MB"], {"processor s": ".2f", "peak MB": ".0f"}))


if __name__ == "__main__":
    main(sys.argv[1:])
