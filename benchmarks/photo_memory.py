"""Peak memory of a worker that takes one large photo through `packshot-white`.

    python -m benchmarks.photo_memory [--megapixels 24] [--photos 2] [--kind jpg]

The photo is a rendered sample enlarged, with grain. Two worker processes; the figure is the highest
high-water mark of one of them (`VmHWM`, read from `/proc` twenty times a second, so Linux alone). The same run with a
photo of 0.6 megapixels shows what the interpreter and its libraries take.
"""

from __future__ import annotations

import argparse
import re
import shutil
import tempfile
import threading
from pathlib import Path

import cv2
import numpy as np

import packshot
from benchmarks.catalogue_run import descendants
from packshot.evaluation.tables import markdown_table
from packshot.pipeline.catalogues import run_catalogue

SAMPLE = Path(packshot.__file__).parent / "samples" / "TS-BLOCKS.jpg"
SMALL_MEGAPIXELS = 0.6


class Peaks(threading.Thread):
    """High-water marks in MB of all processes under this one, by process id, until stopped."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.mb: dict[int, float] = {}
        self.stopped = threading.Event()

    def run(self) -> None:
        while not self.stopped.wait(0.05):
            for pid in descendants():
                self.mb[pid] = max(self.mb.get(pid, 0.0), high_water_mb(pid))


def high_water_mb(pid: int) -> float:
    """`VmHWM` of a process, 0 if it is gone."""
    try:
        found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    except OSError:
        return 0.0
    return int(found[1]) / 1024 if found else 0.0


def enlarged(megapixels: float) -> np.ndarray:
    """The sample photo at so many megapixels, BGR, with grain that no resize would leave."""
    side = round((megapixels * 1e6) ** 0.5)
    pixels = cv2.resize(cv2.imread(str(SAMPLE)), (side, side), interpolation=cv2.INTER_CUBIC)
    grain = np.random.default_rng(0).integers(-3, 4, pixels.shape, dtype=np.int8)
    return np.asarray(cv2.add(pixels, grain, dtype=cv2.CV_8U))


def measured(megapixels: float, photos: int, kind: str) -> dict[str, float]:
    """One run over so many copies of the photo: peak in MB of one worker."""
    folder = Path(tempfile.mkdtemp(prefix="packshot-bench-"))
    (folder / "photos").mkdir()
    for i in range(photos):
        cv2.imwrite(str(folder / "photos" / f"{i}.{kind}"), enlarged(megapixels))
    peaks = Peaks()
    peaks.start()
    outcome = run_catalogue("packshot-white", folder / "photos", folder / "out", workers=2, report=False)
    peaks.stopped.set()
    peaks.join()
    shutil.rmtree(folder)
    return {"megapixels": megapixels, "photos": outcome.progress.finished, "worker, MB": max(peaks.mb.values())}


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megapixels", type=float, default=24.0)
    parser.add_argument("--photos", type=int, default=2, help="copies of the photo")
    parser.add_argument("--kind", choices=("jpg", "png"), default="jpg")
    options = parser.parse_args(argv)
    rows = [measured(size, options.photos, options.kind) for size in (SMALL_MEGAPIXELS, options.megapixels)]
    formats = {"worker, MB": ".0f"}
    print(markdown_table(rows, ["megapixels", "photos", *formats], formats))


if __name__ == "__main__":
    main()
