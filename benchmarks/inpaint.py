"""Holes: PSNR inside free-form holes of 5 to 25 % on product photographs, beside OpenCV's Telea and Navier–Stokes.

usage: python -m benchmarks inpaint [--every N] [--weights NAME|FILE …] [--write FOLDER]

`patch` is packshot's own without weights; `+ rim` spreads what a filling misses at the rim of the hole.
--write keeps sheets: given, each method, truth.
"""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import torch
from torch import Tensor

from benchmarks import _restoring as shared
from packshot import models
from packshot.catalogue import damages
from packshot.evaluation import restoration
from packshot.imaging import files
from packshot.imaging.picture import Picture
from packshot.imaging.restoring import filling

WEIGHTS = ("inpaint", "restore-vae")
RADIUS = 5  # px, of OpenCV's methods
FIGURES = {"dB": ".2f", "SSIM": ".4f", "ms": ".0f"}


def opencv(flag: int) -> shared.Method:
    def fill(x: Tensor) -> Tensor:
        mask = x[0, 3].byte().numpy()
        return shared.from_numpy(cv2.inpaint(shared.to_numpy(x[:, :3]), mask, RADIUS, flag))

    return fill


def patches(x: Tensor) -> Tensor:
    return filling.fill(x[:, :3], x[:, 3:] > 0.5, "patch")


def network(model: models.Model, rim: bool) -> shared.Method:
    def fill(x: Tensor) -> Tensor:
        found, mask = model.run(x).clamp(0, 1), x[:, 3:]
        if rim:
            given, filled = (t[0].permute(1, 2, 0).contiguous().numpy() for t in (x[:, :3], found))
            closed = filling.closed(given, filled, mask[0, 0].numpy() > 0.5)
            found = torch.from_numpy(closed).permute(2, 0, 1)[None].float().clamp(0, 1)
        return x[:, :3] * (1 - mask) + found * mask

    return fill


def main(arguments: list[str] | None = None) -> None:
    write = None
    words = list(arguments or [])
    if "--write" in words:
        at = words.index("--write")
        write = Path(words[at + 1])
        del words[at : at + 2]
    options = shared.options(words, 20, WEIGHTS)
    if not options.data:
        print("needs PACKSHOT_DATA with products")
        return
    methods = {"Telea": opencv(cv2.INPAINT_TELEA), "Navier–Stokes": opencv(cv2.INPAINT_NS), "patch": patches}
    for name, model in shared.opened(options.weights):
        methods |= {name: network(model, False), f"{name} + rim": network(model, True)}
    scores: list[shared.Score] = []
    for number, truth in enumerate(shared.products(Path(options.data), options.every)):
        mask = hole(truth, number)
        given = torch.cat([truth * (1 - mask), mask], 1)
        sheet = [given[:, :3] + mask]
        for name, method in methods.items():
            found, seconds = shared.timed(method, given)
            values = {"dB": restoration.psnr(truth, found, mask > 0.5), "ms": 1000 * seconds}
            values["SSIM"] = restoration.ssim_y(truth, found, 0)
            scores.append(shared.Score(name, "products", values))
            sheet.append(found)
        if write is not None:
            files.write(Picture(torch.cat([*sheet, truth], 3).clamp(0, 1)), write / f"{number:03d}.png")
    print(shared.table(scores, FIGURES))


def hole(truth: Tensor, number: int) -> Tensor:
    """`(1, 1, h, w)`: of 5 to 25 %."""
    generator = torch.Generator().manual_seed(number)
    h, w = truth.shape[2:]
    while True:
        mask = damages.free_form(1, h, w, generator)
        if 0.05 <= float(mask.mean()) <= 0.25:
            return mask


if __name__ == "__main__":
    main(sys.argv[1:])
