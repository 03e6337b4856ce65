"""Make `docs/pictures/overview.jpg` for the README from the samples, with the built-in pipelines.

    python scripts/overview_picture.py

Rows: samples. Columns: the photo, packshot-white, studio-shadow, packshot-transparent, two colourways.
"""

from __future__ import annotations

from pathlib import Path

import torch

import packshot
from packshot.imaging import files, geometry, mattes
from packshot.imaging.picture import Picture

ROOT = Path(__file__).resolve().parents[1]
SAMPLES = ("TS-ROBOT", "TS-RINGS", "TS-DOG", "TS-BLOCKS")
COLOURS = ("#2f7d4f", "#6b3fa0")
CELL, GAP = 256, 6


def cell(picture: Picture) -> torch.Tensor:
    """A square of `CELL` px: `(1, 3, CELL, CELL)`; what is transparent shows a checkerboard."""
    small = geometry.resize(picture, (CELL, CELL))
    if small.alpha is None:
        return small.rgb
    y, x = torch.meshgrid(torch.arange(CELL) // 12, torch.arange(CELL) // 12, indexing="ij")
    checks = torch.where((x + y) % 2 == 0, 1.0, 0.88).expand(1, 3, CELL, CELL)
    return mattes.over(small.rgb, small.alpha, checks)


def row(name: str) -> list[torch.Tensor]:
    """The pictures of one sample."""
    photo = packshot.open(ROOT / "packshot" / "samples" / f"{name}.jpg")
    made = [photo]
    for pipeline in ("packshot-white", "studio-shadow", "packshot-transparent"):
        made.append(photo.apply(packshot.load_pipeline(pipeline)))
    made += [photo.apply(packshot.load_pipeline("colourways"), colour=colour) for colour in COLOURS]
    return [cell(p.picture) for p in made]


def main() -> None:
    """Write the overview."""
    rows = [row(name) for name in SAMPLES]
    h, w = (n * CELL + (n - 1) * GAP for n in (len(rows), len(rows[0])))
    sheet = torch.ones(1, 3, h, w)
    for i, cells in enumerate(rows):
        for j, part in enumerate(cells):
            y, x = i * (CELL + GAP), j * (CELL + GAP)
            sheet[..., y : y + CELL, x : x + CELL] = part
    target = ROOT / "docs" / "pictures" / "overview.jpg"
    files.write(Picture(sheet), target, quality=88)
    print(target.relative_to(ROOT), target.stat().st_size // 1024, "kB")


if __name__ == "__main__":
    main()
