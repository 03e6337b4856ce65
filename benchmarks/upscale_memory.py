"""Peak memory and time of enlarging a large photo twice, streamed by tiles into a memory-mapped result.

    python -m benchmarks.upscale_memory [--megapixels 24] [--model upscale-x2] [--width 32]

Runs in a process of its own; the figure is its high-water mark (`VmHWM`, so Linux alone), Python and its libraries
included. Without weights of that name a SPAN of `--width` channels with random weights stands in: the memory is the
same.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

LIMIT_GB = 1.5


def work(megapixels: float, model: str, width: int) -> None:
    import torch

    from benchmarks.photo_memory import high_water_mb
    from packshot import checkpoint, models, networks
    from packshot.errors import WeightsNotFound
    from packshot.imaging import mapped
    from packshot.imaging.picture import Picture
    from packshot.operations.operation import Context
    from packshot.operations.upscale import Upscale
    from packshot.pipeline.lock import apply_locked

    height = round((megapixels * 1e6 / 1.5) ** 0.5)
    rgb = torch.empty(1, 3, height, round(1.5 * height)).uniform_(0, 1)
    try:
        path = models.find(model)
    except WeightsNotFound:
        path = Path(tempfile.mkdtemp()) / "random.safetensors"
        network = networks.build("span", {"scale": 2, "width": width, "fused": True})
        checkpoint.write(path, network, "span", {"licence": "CC0-1.0"})
    base = high_water_mb(_pid())
    started = time.perf_counter()
    run = Context(load_model=lambda name, commercial: models.load(str(path), "cpu"))
    done = apply_locked(Upscale(factor=2.0), Picture(rgb), run)
    seconds = time.perf_counter() - started
    result = done.result.picture
    print(
        f"{rgb.shape[3]} x {height} -> {result.width} x {result.height} px by {path.stem}: {seconds:.0f} s on "
        f"{torch.get_num_threads()} threads, {high_water_mb(_pid()) / 1024:.2f} GB at most "
        f"({base / 1024:.2f} GB before), {'memory-mapped' if mapped.is_mapped(result.rgb) else 'in memory'}"
    )


def _pid() -> int:
    import os

    return os.getpid()


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megapixels", type=float, default=24)
    parser.add_argument("--model", default="upscale-x2")
    parser.add_argument("--width", type=int, default=32)
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    told = parser.parse_args(arguments)
    if told.here:
        work(told.megapixels, told.model, told.width)
        return
    command = [sys.executable, "-m", "benchmarks.upscale_memory", "--here", "--megapixels", str(told.megapixels)]
    subprocess.run([*command, "--model", told.model, "--width", str(told.width)], check=True)


if __name__ == "__main__":
    main()
