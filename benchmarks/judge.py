"""How well a classifier of attributes (`toyshop-judge`) names products it has never seen, and what it mixes up.

The test split is told apart: products whose combination of category with colour or material training saw, and those
whose combination it never saw. --mistakes writes a sheet of pictures that were named wrongly.

usage: python -m benchmarks judge [--weights toyshop/judge.safetensors] [--catalogue toyshop] [--mistakes sheet.png]
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from collections import Counter
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageDraw
from torch import Tensor

from packshot import checkpoint
from packshot.catalogue.dataset.pictures import Pictures
from packshot.catalogue.opening import open_pictures

WANTED = {"category": 0.98, "colour": 0.95, "material": 0.90}
PAIRS, SHOWN, CELL = 6, 12, 128
SHIPPED = Path(__file__).parent.parent / "toyshop" / "judge.safetensors"


@torch.inference_mode()
def named(weights: Path, pictures: Pictures, rows: Tensor) -> dict[str, np.ndarray]:
    """Attribute → its names as the classifier tells them, of these pictures."""
    stored = checkpoint.read(weights)
    network = stored.build().eval()
    parts = [network(pictures.gather(some).float() / 127.5 - 1) for some in torch.split(rows, 200)]
    attributes = stored.card["attributes"]
    return {
        name: np.array(attributes[name])[torch.cat([part[i] for part in parts]).argmax(1).numpy()]
        for i, name in enumerate(attributes)
    }


def table(told: dict[str, np.ndarray], truth: dict[str, np.ndarray], unseen: np.ndarray) -> None:
    """Print shares of right names."""
    print(f"| attribute | wanted | test split ({len(unseen):,}) | seen combinations ({(~unseen).sum():,}) "
          f"| combinations held out ({unseen.sum():,}) |\n| --- | ---: | ---: | ---: | ---: |")  # fmt: skip
    for name, found in told.items():
        right = found == truth[name]
        shares = [right.mean(), *(right[some].mean() if some.any() else np.nan for some in (~unseen, unseen))]
        wanted = f"{WANTED[name]:.0%}" if name in WANTED else "–"
        print(f"| {name} | {wanted} | " + " | ".join(f"{share:.1%}" for share in shares) + " |")


def confusions(told: dict[str, np.ndarray], truth: dict[str, np.ndarray]) -> None:
    """Print what is most often taken for what."""
    for name, found in told.items():
        wrong = Counter((t, f) for t, f in zip(truth[name], found, strict=True) if t != f)
        of = Counter(truth[name])
        most = ", ".join(f"{t} → {f} {n}/{of[t]}" for (t, f), n in wrong.most_common(PAIRS))
        print(f"\n{name}: {sum(wrong.values())} wrong; {most}")


def sheet(told: dict[str, np.ndarray], truth: dict[str, np.ndarray], photos: Tensor, path: Path) -> None:
    """A row of mistakes for each attribute, with what it is and what it was taken for."""
    page = Image.new("RGB", (SHOWN * CELL, len(told) * (CELL + 26)), "white")
    pen = ImageDraw.Draw(page)
    for row, (name, found) in enumerate(told.items()):
        for column, place in enumerate(np.flatnonzero(found != truth[name])[:SHOWN]):
            picture = Image.fromarray(photos[place].permute(1, 2, 0).numpy()).resize((CELL, CELL))
            page.paste(picture, (column * CELL, row * (CELL + 26) + 26))
            text = f"{truth[name][place]}\ntaken for {found[place]}"
            pen.text((column * CELL + 2, row * (CELL + 26)), text, "black")
    page.save(path)


def main(arguments: list[str]) -> None:
    options = ArgumentParser(prog="python -m benchmarks judge")
    options.add_argument("--weights", type=Path, default=SHIPPED)
    options.add_argument("--catalogue", default="toyshop")
    options.add_argument("--mistakes", type=Path)
    chosen = options.parse_args(arguments)
    if not chosen.weights.is_file():
        print(f"skipped: {chosen.weights} is not there; docs/toyshop.md says how it is made")
        return
    pictures, _ = open_pictures(chosen.catalogue)
    rows = pictures.where(split="test")
    told = named(chosen.weights, pictures, rows)
    truth = {name: np.array(pictures.column(name))[rows.numpy()] for name in told}
    table(told, truth, np.array([bool(value) for value in pictures.column("held out")])[rows.numpy()])
    confusions(told, truth)
    if chosen.mistakes:
        sheet(told, truth, pictures.gather(rows), chosen.mistakes)


if __name__ == "__main__":
    main(sys.argv[1:])
