"""Recolouring against photos of the same garment in another colour: `python -m benchmarks.recolour [--split train]`.

The pairs (`PACKSHOT_DATA/products/recolour_pairs.csv`) show one studio photo in two colours, aligned to the pixel.
Every method is told the same: where (the true mask, or packshot's own choice of colour) and the mean colour to reach,
measured in the true picture. Inside the true mask the result is compared with the true picture; outside it with the
input. Hue shift: HSV of the mean colour, hue turned, saturation and value scaled. Lab shift: the mean moved in CIELAB,
which is Reinhard et al. 2001 (IEEE CG&A 21(5)) without its spreads, as no picture of the target is given.
"""

from __future__ import annotations

import argparse
import csv
import os
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from packshot.evaluation.tables import markdown_table
from packshot.imaging.colour import delta_e_2000, lab_to_rgb, linear_to_srgb, rgb_to_lab, srgb_to_linear
from packshot.imaging.picture import Picture
from packshot.imaging.retouching.recolouring import lab_of
from packshot.imaging.retouching.selection import select
from packshot.operations.operation import Context
from packshot.operations.recolour import Recolour

CHANGED = 12  # difference of 8-bit values from which a pixel of a pair counts as changed
BACKGROUND = 247  # brightness of the studio's white


@dataclass(frozen=True)
class Pair:
    """Input, truth and mask, `(1, 3, h, w)` and `(1, 1, h, w)`; mean sRGB colours of the changed region."""

    name: str
    rgb: Tensor
    truth: Tensor
    mask: Tensor
    old: tuple[float, float, float]
    new: tuple[float, float, float]


def nothing(pair: Pair, weight: Tensor) -> Tensor:
    return pair.rgb


def hue_shift(pair: Pair, weight: Tensor) -> Tensor:
    import cv2

    old, new = (cv2.cvtColor(np.float32([[c]]), cv2.COLOR_RGB2HSV)[0, 0] for c in (pair.old, pair.new))
    hsv = cv2.cvtColor(np.ascontiguousarray(pair.rgb[0].permute(1, 2, 0).numpy()), cv2.COLOR_RGB2HSV)
    hsv[..., 0] = (hsv[..., 0] + new[0] - old[0]) % 360
    hsv[..., 1:] = np.clip(hsv[..., 1:] * (new[1:] / np.maximum(old[1:], 1e-3)), 0, 1)
    shifted = torch.from_numpy(cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)).permute(2, 0, 1)[None]
    return blend(pair.rgb, shifted, weight)


def lab_shift(pair: Pair, weight: Tensor) -> Tensor:
    step = torch.tensor(lab_of(pair.new)) - torch.tensor(lab_of(pair.old))
    return blend(pair.rgb, lab_to_rgb(rgb_to_lab(pair.rgb) + step.reshape(1, 3, 1, 1)), weight)


def packshot(pair: Pair, weight: Tensor) -> Tensor:
    to = "rgb({:.0f} {:.0f} {:.0f})".format(*(255 * c for c in pair.new))
    operation = Recolour(to=to, region="mask", parts="all")
    return operation.apply(Picture(pair.rgb, mask=weight), Context()).picture.rgb


METHODS: dict[str, Callable[[Pair, Tensor], Tensor]] = {
    "nothing done": nothing,
    "hue shift (HSV)": hue_shift,
    "Lab mean shift": lab_shift,
    "packshot recolour": packshot,
}


def blend(before: Tensor, after: Tensor, weight: Tensor) -> Tensor:
    """In linear light, so that no method is handicapped at soft edges."""
    return linear_to_srgb(torch.lerp(srgb_to_linear(before), srgb_to_linear(after.clamp(0, 1)), weight)).clamp(0, 1)


def true_mask(pair: Pair) -> Tensor:
    return pair.mask


def own_choice(pair: Pair, source: bool) -> Tensor:
    """What packshot takes for the garment inside the not-white part, told the old colour or nothing."""
    seen = (pair.rgb.amin(1, keepdim=True) * 255 < BACKGROUND).float()
    chosen = select(pair.rgb, seen, lab_of(pair.old) if source else None, Recolour(to="red").tolerance)
    return torch.zeros_like(seen) if chosen is None else chosen.weight


REGIONS: dict[str, Callable[[Pair], Tensor]] = {
    "true mask": true_mask,
    "chosen, old colour told": lambda pair: own_choice(pair, True),
    "chosen, nothing told": lambda pair: own_choice(pair, False),
}


def measure(pairs: Iterable[Pair]) -> tuple[int, list[dict[str, object]]]:
    """The number of pairs, and one row a region and method: ΔE2000 to the truth inside, change outside, time."""
    found: dict[tuple[str, str], list[tuple[float, float, float]]] = {}
    for pair in pairs:
        for region, choose in REGIONS.items():
            weight = choose(pair)
            for method, apply in METHODS.items():
                started = time.process_time()
                result = apply(pair, weight)
                seconds = time.process_time() - started
                inside, outside = delta_e(result, pair.truth, pair.mask), delta_e(result, pair.rgb, 1 - pair.mask)
                found.setdefault((region, method), []).append((inside, outside, seconds))
    return max(map(len, found.values()), default=0), [
        {
            "region": region,
            "method": method,
            "median": np.median([v[0] for v in values]),
            "mean": np.mean([v[0] for v in values]),
            "p90": np.percentile([v[0] for v in values], 90),
            "outside": np.mean([v[1] for v in values]),
            "ms": 1000 * np.median([v[2] for v in values]),
        }
        for (region, method), values in found.items()
    ]


def delta_e(a: Tensor, b: Tensor, where: Tensor) -> float:
    """Mean CIEDE2000 where `where` is 1."""
    chosen = where[0, 0] > 0.5
    x, y = (rgb_to_lab(v[0][:, chosen][None, :, :, None]) for v in (a, b))
    return float(delta_e_2000(x, y).mean())


def load(data: Path, split: str, both_ways: bool, names_ok: bool) -> Iterator[Pair]:
    """The pairs of a split, a → b, and b → a too if asked."""
    with (data / "recolour_pairs.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if split in ("all", row["split"])]
    if names_ok:
        rows = [row for row in rows if row["name_check_a"] == row["name_check_b"] == "ok"]
    for row in rows:
        a, b = (np.asarray(Image.open(data / row[key]).convert("RGB")) for key in ("path_a", "path_b"))
        mask = np.abs(a.astype(int) - b).max(2) > CHANGED
        name = f"{row['group']} {row['colour_a']} {row['colour_b']}"
        yield _pair(name, a, b, mask)
        if both_ways:
            yield _pair(name + " back", b, a, mask)


def _pair(name: str, a: np.ndarray, b: np.ndarray, mask: np.ndarray) -> Pair:
    means = [tuple(float(v) for v in x[mask].mean(0) / 255) for x in (a, b)]
    rgb, truth = (torch.from_numpy(np.ascontiguousarray(x.transpose(2, 0, 1))).float()[None] / 255 for x in (a, b))
    return Pair(name, rgb, truth, torch.from_numpy(mask.astype(np.float32))[None, None], means[0], means[1])


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--split", choices=("train", "test", "each"), default="each")
    parser.add_argument("--both-ways", action="store_true", help="also from the second colour to the first")
    parser.add_argument("--names-ok", action="store_true", help="only pairs whose colour words fit their pixels")
    arguments = parser.parse_args(argv)
    root = os.environ.get("PACKSHOT_DATA")
    if not root:
        print("set PACKSHOT_DATA to the folder that holds products/recolour_pairs.csv")
        return
    torch.set_num_threads(1)
    columns = {
        "region": "region",
        "method": "method",
        "median": "ΔE2000 inside, median",
        "mean": "mean",
        "p90": "p90",
        "outside": "changed outside, mean",
        "ms": "CPU ms a picture",
    }
    for split in ("train", "test") if arguments.split == "each" else (arguments.split,):
        pairs = load(Path(root) / "products", split, arguments.both_ways, arguments.names_ok)
        count, rows = measure(pairs)
        print(f"\n{split}: {count} pairs\n")
        formats = {key: ".2f" for key in ("median", "mean", "p90", "outside")} | {"ms": ".0f"}
        print(markdown_table(rows, columns, formats), flush=True)


if __name__ == "__main__":
    main()
