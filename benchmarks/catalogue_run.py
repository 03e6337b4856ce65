"""The main job over every real photo: how many a second, how flat the memory, what fails.

    python -m benchmarks.catalogue_run [--photos N] [--plain N] [--out DIR]

Runs `packshot-white` over `$PACKSHOT_DATA/products` (1,951 photos of at most 512 px) and, on a sample of the same
photos, the same steps written in the plainest way: one process, one file after another, Pillow for files, colours,
resizing and compositing, and OpenCV's GrabCut on the whole photo for the cut-out (no small copy, no guided
filter, no lock, no marks, no proof). Memory is the proportional set size of the run's process and its workers.
"""

import argparse
import os
import random
import shutil
import statistics
import tempfile
import threading
import time
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageOps

from packshot.evaluation.tables import markdown_table
from packshot.pipeline.catalogues import run_catalogue
from packshot.pipeline.record import read_records

SIDE, FILL = 1600, 0.85


def plain(source: Path, target: Path) -> None:
    """One photo to a white square, as a short script would do it."""
    image = ImageOps.exif_transpose(Image.open(source)).convert("RGB")
    pixels = np.asarray(image)[:, :, ::-1].copy()
    h, w = pixels.shape[:2]
    mask = np.zeros((h, w), np.uint8)
    margin = max(1, round(0.02 * min(h, w)))
    cv2.grabCut(pixels, mask, (margin, margin, w - 2 * margin, h - 2 * margin), np.zeros((1, 65)), np.zeros((1, 65)),
                5, cv2.GC_INIT_WITH_RECT)  # fmt: skip
    alpha = Image.fromarray(np.where((mask == 1) | (mask == 3), 255, 0).astype(np.uint8))
    box = alpha.getbbox() or (0, 0, w, h)
    scale = FILL * SIDE / max(box[2] - box[0], box[3] - box[1])
    size = max(1, round((box[2] - box[0]) * scale)), max(1, round((box[3] - box[1]) * scale))
    canvas = Image.new("RGB", (SIDE, SIDE), "white")
    product = image.crop(box).resize(size, Image.Resampling.LANCZOS)
    corner = (SIDE - size[0]) // 2, (SIDE - size[1]) // 2
    canvas.paste(product, corner, alpha.crop(box).resize(size, Image.Resampling.LANCZOS))
    canvas.save(target, quality=95, subsampling=0)


def descendants() -> list[int]:
    """Process ids of everything under this process."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            children.setdefault(int(stat.read_text().rsplit(")", 1)[1].split()[1]), []).append(int(stat.parent.name))
        except OSError:
            continue
    todo, found = [os.getpid()], []
    while todo:
        below = children.get(todo.pop(), [])
        todo += below
        found += below
    return found


def memory_mb() -> float:
    """Proportional set size of this process and everything under it, MB (shared pages counted once)."""
    total = 0
    for pid in (os.getpid(), *descendants()):
        try:
            rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
            total += next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
        except (OSError, StopIteration):
            continue
    return total / 1024


class Memory(threading.Thread):
    """Samples the memory twice a second until stopped."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.curve: list[tuple[float, float]] = []
        self.stopped = threading.Event()

    def run(self) -> None:
        started = time.perf_counter()
        while not self.stopped.wait(0.5):
            self.curve.append((time.perf_counter() - started, memory_mb()))


def whole(source: Path, out: Path, photos: int | None) -> dict:
    """The run over the catalogue, with its memory curve."""
    memory = Memory()
    memory.start()
    outcome = run_catalogue("packshot-white", source, out, limit=photos, report=False)
    memory.stopped.set()
    memory.join()
    return {"progress": outcome.progress, "curve": memory.curve}


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=int, default=None, help="only the first so many")
    parser.add_argument("--plain", type=int, default=60, help="photos for the plain script")
    parser.add_argument("--out", type=Path, default=None, help="keep the results here")
    options = parser.parse_args(arguments)
    data = os.environ.get("PACKSHOT_DATA")
    if not data:
        print("skipped: PACKSHOT_DATA is not set")
        return
    out = options.out or Path(tempfile.mkdtemp(prefix="packshot-bench-"))
    source = Path(data) / "products"
    found = whole(source / "manifest.csv", out, options.photos)
    progress, curve = found["progress"], found["curve"]
    records = list(read_records(out / "edits.jsonl"))
    seconds = plain_seconds(random.Random(0).sample(records, min(options.plain, len(records))))
    report(progress, curve, records, seconds)
    if options.out is None:
        shutil.rmtree(out)


def plain_seconds(records: list) -> list[float]:
    """Seconds of the plain script for each photo."""
    times = []
    with tempfile.TemporaryDirectory() as folder:
        cv2.setNumThreads(0)
        for record in records:
            started = time.perf_counter()
            plain(Path(record.source), Path(folder) / "a.jpg")
            times.append(time.perf_counter() - started)
    return times


def report(progress, curve, records, seconds) -> None:
    """Print what was measured."""
    plain_rate = len(seconds) / sum(seconds)
    rows = [
        {"": "packshot run packshot-white, 2 processes", "photos": progress.finished, "photos a second": progress.rate},
        {"": "plain script, one file after another", "photos": len(seconds), "photos a second": plain_rate},
    ]
    rows = [{**row, "ratio": row["photos a second"] / plain_rate} for row in rows]
    print(markdown_table(rows, list(rows[0]), {"photos a second": ".2f", "ratio": ".1f"}))
    print(f"\n{progress.done} done, {progress.flagged} flagged for a person, {progress.failed} failed.")
    for record in [r for r in records if r.status == "failed"][:10]:
        print(f"- {record.image}: {record.reason}")
    steps = max(1, len(curve) // 10)
    tenths = [statistics.fmean(m for _, m in curve[i : i + steps]) for i in range(0, len(curve), steps)][:10]
    print("\nMemory of all processes, MB, by tenth of the run: " + ", ".join(f"{m:.0f}" for m in tenths))
    print(f"Peak {max(m for _, m in curve):.0f} MB.")
    fidelity = [r.fidelity for r in records if r.fidelity]
    if fidelity:
        worst = max(f["delta_e_p99"] for f in fidelity)
        encoded = statistics.median(f["encoded_delta_e_p99"] for f in fidelity if "encoded_delta_e_p99" in f)
        print(f"Product lock: worst ΔE2000 p99 before encoding {worst:.3f}; median after JPEG encoding {encoded:.2f}.")


if __name__ == "__main__":
    main()
