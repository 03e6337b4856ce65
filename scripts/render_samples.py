"""Render the sample pictures that ship with packshot: 16 toys as a small seller would photograph them.

    python scripts/render_samples.py [--only SKU ...] [--samples 32] [--size 768] [--out packshot/samples] [--again]

Writes SKU.jpg and mattes/SKU.png for every row of products.csv; pictures already there are skipped unless --again.
The same arguments give the same pixels (same versions of Mitsuba, Pillow and OpenCV). Needs the extra `synth`.
"""

from __future__ import annotations

import argparse
import io
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from packshot.catalogue.toyshop.samples.build import build
from packshot.catalogue.toyshop.samples.denoise import denoise
from packshot.catalogue.toyshop.samples.photo import develop, soften
from packshot.catalogue.toyshop.samples.render import Rendering, render
from packshot.catalogue.toyshop.samples.style import Style
from packshot.catalogue.toyshop.studio.camera import Response
from packshot.catalogue.toyshop.studio.setup import Studio, blackbody
from packshot.imaging.files.icc import srgb_profile
from packshot.provenance import marks

FOLDER = Path(__file__).resolve().parent.parent / "packshot" / "samples"
BYTES = 150_000  # of one JPEG


@dataclass(frozen=True)
class Sample:
    """One picture: which toy, in which look, photographed how."""

    sku: str
    category: str
    seed: int
    style: Style
    studio: Studio
    response: Response = field(default_factory=Response)


# fmt: off
WOOD, PAINT, LACQUER = "varnished wood", "painted wood", "lacquered wood"
SAMPLES = (
    Sample("TS-BLOCKS", "block tower", 3, Style(("blue", "red", "yellow"), PAINT),
           Studio("softbox", "sweep", "grey", 24, 12, fill=0.78, offset=(0.02, -0.01), side=-0.6, seed=11),
           Response(key=0.28, balance=(1.02, 0.95), seed=1)),
    Sample("TS-CAR", "car", 1, Style(("red", "cream", "blue"), PAINT),
           Studio("window", "table", "natural", -34, 17, fill=0.72, offset=(-0.02, 0.0), side=-0.75, height=38,
                  seed=12),
           Response(key=0.31, seed=2)),
    Sample("TS-TRAIN", "train", 2, Style(("green", "black", "red"), PAINT),
           Studio("softbox", "desk", "brown", -38, 20, fill=0.74, side=0.55, height=50, ambient=0.3, seed=13),
           Response(key=0.28, balance=(1.04, 0.93), seed=3)),
    Sample("TS-RINGS", "stacking rings", 4, Style(("red", "white", "blue"), "glossy plastic"),
           Studio("window", "sweep", "white", 0, 16, fill=0.7, side=0.7, height=40, kelvin=6200, seed=14),
           Response(key=0.4, balance=(1.06, 0.9), seed=4)),
    Sample("TS-BALL", "ball", 2, Style(("red", "yellow", "blue"), "rubber"),
           Studio("hard sun", "table", "brown", 20, 22, fill=0.62, offset=(-0.03, 0.02), side=-0.45, height=40,
                  ambient=0.55,
                  seed=15),
           Response(key=0.25, seed=5)),
    Sample("TS-ROBOT", "robot", 5, Style(("turquoise", "red", "yellow"), "painted tin"),
           Studio("softbox", "sweep", "grey", 22, 10, fill=0.8, side=0.6, height=45, seed=16),
           Response(key=0.22, balance=(0.97, 1.04), seed=6)),
    Sample("TS-TOP", "spinning top", 3, Style(("purple", "yellow", "mint"), LACQUER),
           Studio("window", "fabric", "cream", 10, 17, f_number=16, fill=0.6, side=-0.6, height=38,
                  kelvin=6400, seed=17),
           Response(key=0.34, seed=7)),
    Sample("TS-DOLLS", "nesting dolls", 6, Style(("red", "navy", "yellow"), LACQUER),
           Studio("mixed", "sweep", "cream", 4, 11, fill=0.72, side=-0.7, height=42, lamp=0.7, seed=18),
           Response(key=0.34, seed=8)),
    Sample("TS-DUCK", "duck", 3, Style(("yellow", "orange", "white"), "rubber"),
           Studio("softbox", "sweep", "#a9c9de", -42, 14, fill=0.64, offset=(0.03, 0.0), side=-0.5, height=55, seed=19),
           Response(key=0.36, seed=9)),
    Sample("TS-DRUM", "drum", 4, Style(("blue", "red", "yellow"), PAINT),
           Studio("window", "table", "natural", 12, 24, fill=0.7, side=0.7, height=40, kelvin=6800, seed=20),
           Response(key=0.3, seed=10)),
    Sample("TS-BOAT", "sailboat", 7, Style(("navy", "red", "white"), PAINT),
           Studio("window", "sweep", "grey", 24, 11, fill=0.8, side=-0.65, height=45, kelvin=7000, seed=21),
           Response(key=0.31, balance=(0.97, 1.06), seed=11)),
    Sample("TS-ROCKET", "rocket", 8, Style(("white", "red", "navy"), "glossy plastic"),
           Studio("softbox", "sweep", "#efc6cd", 14, 12, fill=0.8, side=0.5, height=50, seed=22),
           Response(key=0.36, seed=12)),
    Sample("TS-TEDDY", "teddy", 9, Style(("#b08254", "cream", "red"), "plush"),
           Studio("window", "table", "brown", 14, 12, fill=0.78, side=-0.6, height=42, ambient=0.3, seed=23),
           Response(key=0.28, balance=(1.03, 0.94), seed=13)),
    Sample("TS-XYLO", "xylophone", 2, Style(("natural", "silver", "red"), LACQUER),
           Studio("softbox", "desk", "natural", 18, 36, fill=0.8, side=-0.5, height=58, seed=24),
           Response(key=0.33, balance=(1.0, 0.97), seed=14)),
    Sample("TS-DOG", "pull dog", 1, Style(("#d2a873", "turquoise", "orange"), WOOD),
           Studio("softbox", "sweep", "#bfdccf", -26, 18, fill=0.8, side=-0.55, height=46, seed=25),
           Response(key=0.38, seed=15)),
    Sample("TS-CAMERA", "camera", 4, Style(("#c9a67c", "mint", "orange"), WOOD),
           Studio("mixed", "fabric", "grey", 20, 22, fill=0.74, side=0.6, height=40, lamp=0.6, seed=26),
           Response(key=0.26, seed=16)),
)
# fmt: on


def main() -> int:
    """Render what is missing; 0 when everything is there."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--only", nargs="*", default=[], metavar="SKU")
    options.add_argument("--samples", type=int, default=32, help="light paths a pixel")
    options.add_argument("--size", type=int, default=768, help="side of the picture, px")
    options.add_argument("--out", type=Path, default=FOLDER)
    options.add_argument("--again", action="store_true", help="render even what is there")
    chosen = options.parse_args()
    unknown = set(chosen.only) - {s.sku for s in SAMPLES}
    if unknown:
        options.error(f"--only: no sample {', '.join(sorted(unknown))}; there are {', '.join(s.sku for s in SAMPLES)}")
    wanted = [s for s in SAMPLES if not chosen.only or s.sku in chosen.only]
    (chosen.out / "mattes").mkdir(parents=True, exist_ok=True)
    for number, sample in enumerate(wanted, 1):
        start = time.perf_counter()
        done = (chosen.out / "mattes" / f"{sample.sku}.png").exists() and (chosen.out / f"{sample.sku}.jpg").exists()
        if done and not chosen.again:
            print(f"[{number}/{len(wanted)}] {sample.sku}: there already", flush=True)
            continue
        size = photograph(sample, chosen.out, chosen.size, chosen.samples)
        seconds = time.perf_counter() - start
        print(f"[{number}/{len(wanted)}] {sample.sku}: {size / 1000:.0f} kB in {seconds:.0f} s", flush=True)
    return 0


def photograph(sample: Sample, out: Path, size: int, samples: int) -> int:
    """Render, develop and write one picture and its matte; the size of the JPEG in bytes."""
    cell = 0.034 * 768 / size  # about one pixel
    style = Style(sample.style.colours, sample.style.material, float(np.clip(cell, 0.034, 0.12)))
    parts = build(sample.category, np.random.default_rng(sample.seed), style)
    rendering = render(parts, sample.studio, size, samples, guides=True)
    picture = develop(_clean(rendering), sample.response, blackbody(sample.studio.kelvin))
    matte = np.round(soften(rendering.matte, sample.response.blur_px) * 255).astype(np.uint8)
    jpeg = _jpeg(picture)
    Image.fromarray(matte).save(out / "mattes" / f"{sample.sku}.png", optimize=True)
    (out / f"{sample.sku}.jpg").write_bytes(jpeg)
    return len(jpeg)


def _clean(rendering: Rendering) -> NDArray[np.float32]:
    guides = rendering.guides
    assert guides is not None
    layers = [(guides[..., :3], 0.08), (guides[..., 3:6], 0.35), (guides[..., 6:], 1.5)]
    return denoise(*rendering.halves, layers, strength=0.55)


def _jpeg(picture: NDArray[np.uint8]) -> bytes:
    """Quality 92 without colour subsampling, less if the file would be too large; marked as a rendering."""
    mark = marks.packet("digitalCreation")
    options = {"subsampling": 0, "optimize": True, "icc_profile": srgb_profile(), "xmp": mark}
    for quality in range(92, 70, -2):
        buffer = io.BytesIO()
        Image.fromarray(picture).save(buffer, "JPEG", quality=quality, **options)
        if buffer.tell() <= BYTES:
            break
    return buffer.getvalue()


if __name__ == "__main__":
    cv2.setNumThreads(1)
    sys.exit(main())
