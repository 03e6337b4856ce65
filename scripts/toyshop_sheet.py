"""Render one picture of each of the first products of a toyshop world, and lay them on a sheet for the documents.

    python scripts/toyshop_sheet.py [--seed 2] [--products 18] [--size 256] [--quality data] [--columns 6]
                                    [--out docs/pictures/toyshop-256.jpg]

Every run of 18 products has every category once. Pictures are listed with what they show, so that a fault can be named
by its number. Needs the extra `synth`.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from packshot.catalogue.toyshop.scenes.sampling import VIEWS
from packshot.catalogue.toyshop.world import describe, render
from packshot.provenance import marks

BYTES = 300_000


def main() -> int:
    """Render, tell, write."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--seed", type=int, default=2)
    options.add_argument("--products", type=int, default=18)
    options.add_argument("--size", type=int, default=256, help="px")
    options.add_argument("--quality", choices=("draft", "data", "fine"), default="data")
    options.add_argument("--columns", type=int, default=6)
    options.add_argument("--out", type=Path, default=Path("docs/pictures/toyshop-256.jpg"))
    chosen = options.parse_args()
    tiles = []
    for product in range(chosen.products):
        d = describe(chosen.seed, product * VIEWS)
        print(f"{d.index}: {d.item.material} {d.item.category}, {d.light.kind}, {d.background.kind}", flush=True)
        tiles.append(render(d, chosen.size, chosen.quality).rgb)
    tiles += [np.full_like(tiles[0], 255)] * (-len(tiles) % chosen.columns)
    rows = [np.concatenate(tiles[i : i + chosen.columns], 1) for i in range(0, len(tiles), chosen.columns)]
    save(Image.fromarray(np.concatenate(rows, 0)), chosen.out)
    return 0


def save(sheet: Image.Image, path: Path) -> None:
    """As JPEG of at most BYTES, marked as a rendering."""
    for quality in range(92, 50, -3):
        sheet.save(path, "JPEG", quality=quality, optimize=True, xmp=marks.packet("digitalCreation"))
        if path.stat().st_size <= BYTES:
            return


if __name__ == "__main__":
    cv2.setNumThreads(1)
    sys.exit(main())
