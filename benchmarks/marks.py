"""What the provenance marks cost a picture, by format: python -m benchmarks.marks

A drawn picture of 1600 x 1600 px (coloured waves and grain on white), three steps of history, one thread. Each figure
is the median of 9: stating the marks and writing the XMP packet, signing, reading the signature back; beside them the
whole export (encode, sign, decode, verify, write to disk), and the bytes that all marks add.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch

from packshot.imaging import files
from packshot.imaging.picture import Picture
from packshot.provenance import export as exporting
from packshot.provenance import manifest, origin, policies
from packshot.provenance.credentials import Signing
from packshot.provenance.encoding import Encoding
from packshot.provenance.statement import state
from packshot.provenance.step import Step

SIDE, RUNS = 1600, 9
HISTORY = (Step("cutout"), Step("background"), Step("frame"))
SUFFIXES = (".jpg", ".png", ".webp", ".avif", ".tif")


def drawn() -> Picture:
    y, x = np.mgrid[0:SIDE, 0:SIDE].astype(np.float32)
    waves = np.stack([np.sin(x / 97 + y / 131) * 60, np.sin(x / 57 - y / 71) * 50, np.cos(x / 37) * 40])
    product = 120 + waves + np.random.default_rng(0).normal(0, 3, waves.shape)
    inside = (np.hypot(x - SIDE / 2, y - SIDE / 2) < SIDE * 0.4)[None]
    rgb = np.where(inside, product, 255).clip(0, 255).astype(np.uint8)
    return Picture(torch.from_numpy(rgb.astype(np.float32) / 255)[None])


def milliseconds(work: Callable[[], Any], runs: int = RUNS) -> float:
    times = []
    for _ in range(runs):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return statistics.median(times) * 1000


def row(suffix: str, picture: Picture, source: origin.Origin, folder: Path) -> str:
    path, policy = folder / f"out{suffix}", policies.find("default")
    encoding = Encoding.of_path(path)
    bare = files.encode(picture, encoding.format).data
    signed = exporting._Signed(state(picture, HISTORY, policy, source), source, Signing(), encoding, b"")
    done = exporting.export(picture, path, HISTORY, policy, source=source)

    def stated() -> None:
        exporting._packet(state(picture, HISTORY, policy, source), source, encoding.format)

    parts = [
        milliseconds(stated),
        milliseconds(lambda: signed.sign(bare)),
        milliseconds(lambda: manifest.read(path.read_bytes(), f"image/{encoding.format}")),
    ]
    whole = milliseconds(lambda: exporting.export(picture, path, HISTORY, policy, source=source), 5)
    cells = [encoding.format, *(f"{part:.1f}" for part in (*parts, sum(parts), whole)), f"{done.bytes - len(bare):,}"]
    return f"| {' | '.join(cells)} | {done.bytes:,} |"


def main(_: list[str] | None = None) -> None:
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory() as name:
        os.environ["PACKSHOT_HOME"] = name
        started = time.perf_counter()
        manifest.signer(Signing())
        first = time.perf_counter() - started
        picture = drawn()
        photo = files.encode(picture, "jpeg").data
        source = origin.origin(files.open_picture(photo).source, photo)
        print(f"first signature of a new computer (key made, library loaded): {first * 1000:.0f} ms, once\n")
        print("| format | state and packet, ms | sign, ms | read back, ms | marks together, ms | export, ms "
              "| marks, bytes | file, bytes |")  # fmt: skip
        print("|---|---|---|---|---|---|---|---|")
        for suffix in SUFFIXES:
            print(row(suffix, picture, source, Path(name)), flush=True)


if __name__ == "__main__":
    main()
