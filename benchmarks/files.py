"""Seconds to read and write one 12 MP photo, against plain Pillow: python -m benchmarks.files

The photo is drawn (smooth colour waves and grain, 4000 x 3000); each figure is the best of 5. Plain
Pillow does the least a program can do: open, convert("RGB"), numpy array; or fromarray, save. It applies no
orientation, no profile and embeds none.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from PIL import Image

from packshot.imaging.files import encode, icc, open_picture

LYING = bytes.fromhex("457869660000 49492a0008000000 0100 120103000100000006000000 00000000")  # orientation 6
WIDTH, HEIGHT, RUNS = 4000, 3000, 5


def photo() -> np.ndarray:
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    waves = [np.sin(x / 97 + y / 131) * 100, np.sin(x / 57 - y / 71) * 90, np.cos(x / 37) * 80]
    grain = np.random.default_rng(0).normal(0, 4, (HEIGHT, WIDTH, 3))
    return np.clip(128 + np.stack(waves, -1) + grain, 0, 255).astype(np.uint8)


def best(work: Callable[[], Any]) -> tuple[float, float]:
    """The least (wall clock, processor time) of several runs, s."""
    walls, cpus = [], []
    for _ in range(RUNS):
        wall, cpu = time.perf_counter(), time.process_time()
        work()
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    return min(walls), min(cpus)


def saved(image: Image.Image, format: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def main(argv: list[str] | None = None) -> None:
    pixels = photo()
    image = Image.fromarray(pixels)
    jpeg = saved(image, "JPEG", quality=92, subsampling=0)
    p3 = saved(image, "JPEG", quality=92, subsampling=0, icc_profile=icc.rgb_profile("P3", icc.DISPLAY_P3))
    turned = saved(image, "JPEG", quality=92, subsampling=0, exif=LYING)
    png = saved(image, "PNG", compress_level=1)
    picture = open_picture(jpeg).picture

    def plain(data: bytes) -> np.ndarray:
        return np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).astype(np.float32) / 255

    rows = {
        "Pillow: decode JPEG to uint8": lambda: np.asarray(Image.open(io.BytesIO(jpeg)).convert("RGB")),
        "Pillow: decode JPEG to float": lambda: plain(jpeg),
        "open_picture JPEG": lambda: open_picture(jpeg),
        "open_picture JPEG, turned": lambda: open_picture(turned),
        "open_picture JPEG, Display P3": lambda: open_picture(p3),
        "open_picture JPEG, 512 px thumbnail": lambda: open_picture(jpeg, max_side_px=512),
        "open_picture PNG": lambda: open_picture(png),
        "Pillow: encode JPEG 95 4:4:4 from uint8": lambda: saved(
            Image.fromarray(pixels), "JPEG", quality=95, subsampling=0
        ),
        "encode JPEG 95 4:4:4": lambda: encode(picture),
        "encode JPEG under 2 MB": lambda: encode(picture, max_bytes=2_000_000),
        "Pillow: encode PNG, its default": lambda: saved(Image.fromarray(pixels), "PNG"),
        "encode PNG": lambda: encode(picture, "png"),
        "encode TIFF": lambda: encode(picture, "tiff"),
    }  # fmt: skip
    for name, work in rows.items():
        wall, cpu = best(work)
        print(f"{name:42s}{wall * 1000:8.0f} ms{cpu * 1000:8.0f} ms of processor", flush=True)


if __name__ == "__main__":
    main()
