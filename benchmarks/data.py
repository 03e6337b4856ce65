"""Data for training: pictures a second into the loop, the cost of each augmentation, packing of real photos.

Rates are for one thread and by processor time, so that other work on the machine does not count. Rendering: `toyshop`.

usage: python -m benchmarks data [--only loading|augmenting|packing]          (PACKSHOT_DATA adds packing)
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import torch

from packshot.catalogue.augment import ada, colours, degrade, diffaugment, jpeg, moves
from packshot.catalogue.dataset.order import Order
from packshot.catalogue.dataset.pictures import Pictures, to_signed
from packshot.catalogue.dataset.stream import Stream, mirrored
from packshot.catalogue.dataset.writing import PackWriter

PICTURES, SIDE = 12_000, 64
SECONDS = 3.0


def rate(step: Callable[[], int], seconds: float = SECONDS) -> float:
    """Pictures a second of processor time, of a step that gives how many it made; best of three spells."""
    step()
    best = 0.0
    for _ in range(3):
        began, made = time.process_time(), 0
        while time.process_time() - began < seconds / 3:
            made += step()
        best = max(best, made / (time.process_time() - began))
    return best


def pack(folder: Path, side: int = SIDE, count: int = PICTURES) -> Pictures:
    random = np.random.default_rng(0)
    with PackWriter(folder, (side, side), {"photo": 3, "matte": 1}) as writer:
        for i in range(count):
            photo = random.integers(0, 256, (3, side, side), np.uint8)
            writer.add({"sku": str(i), "category": str(i % 16)}, {"photo": photo, "matte": photo[:1]})
    return writer.open()


def loading(folder: Path) -> None:
    pictures = pack(folder / "pack")
    order = Order(np.arange(len(pictures)))
    labels = pictures.labels("category").codes
    print(f"| {SIDE} px into the loop, batch | bytes | float in [-1, 1] | mirrored, with labels, float |")
    print("| ---: | ---: | ---: | ---: |")
    for batch in (32, 64, 256):
        plain = Stream(pictures, order)
        full = Stream(pictures, order, columns={"label": labels}, change=mirrored)
        rates = [
            rate(taking(stream, batch, finish)) for stream, finish in ((plain, False), (plain, True), (full, True))
        ]
        print(f"| {batch} | {rates[0]:,.0f} | {rates[1]:,.0f} | {rates[2]:,.0f} |", flush=True)


def taking(stream: Stream, batch: int, finish: bool) -> Callable[[], int]:
    place = 0

    def step() -> int:
        nonlocal place
        image = stream.take(place, batch)["image"]
        place += batch
        if finish:
            to_signed(image)
        return batch

    return step


def augmenting() -> None:
    x, generator = torch.rand(64, 3, SIDE, SIDE), torch.Generator().manual_seed(0)
    quality = torch.full((64,), 60.0)
    steps: dict[str, Callable[[], object]] = {
        "flip": lambda: moves.flip(x, generator),
        "shift": lambda: moves.shift(x, generator),
        "cutout": lambda: moves.cutout(x, generator),
        "colour jitter": lambda: colours.jitter(x, generator),
        "JPEG": lambda: jpeg.jpeg(x, quality),
        "two-stage degradation, 64 to 16 px": lambda: degrade.degrade(x, generator, 4),
        "DiffAugment, all three": lambda: diffaugment.diffaugment(x, generator),
        "ADA blit + geometry + colour, p 0.5": lambda: ada.ada(x, 0.5, generator),
        "ADA, all groups, p 0.5": lambda: ada.ada(x, 0.5, generator, ada.GROUPS),
    }
    print("\n| augmentation of 64 pictures of 64 px | pictures a second |")
    print("| --- | ---: |")
    for name, step in steps.items():

        def one(step: Callable[[], object] = step) -> int:
            step()
            return len(x)

        print(f"| {name} | {rate(one):,.0f} |", flush=True)


def packing(folder: Path) -> None:
    from packshot.catalogue.dataset.pack import pack as packed
    from packshot.catalogue.ingest import ingest

    data = os.environ.get("PACKSHOT_DATA")
    if not data:
        print("\npacking real photos: skipped, PACKSHOT_DATA is not set")
        return
    source = Path(data) / "products" / "clothing"
    ingest(source, folder / "shop", pictures="refer")
    began = time.process_time()
    pictures, problems = packed(folder / "shop", folder / "real", SIDE)
    spent = time.process_time() - began
    print(
        f"\npacking {len(pictures)} real photos to {SIDE} px: {len(pictures) / spent:,.0f} a second, "
        f"{len(problems)} lost"
    )


def main(arguments: list[str]) -> None:
    options = ArgumentParser(prog="python -m benchmarks data")
    options.add_argument("--only", choices=("loading", "augmenting", "packing"), help="one of the tables")
    chosen = options.parse_args(arguments).only
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory() as folder:
        if chosen in (None, "loading"):
            loading(Path(folder))
        if chosen in (None, "augmenting"):
            augmenting()
        if chosen in (None, "packing"):
            packing(Path(folder))


if __name__ == "__main__":
    main(sys.argv[1:])
