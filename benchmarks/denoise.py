"""Noise, JPEG and blur: colour PSNR on BSD100 and product photographs, beside classical methods.

usage: python -m benchmarks denoise [--every N] [--weights NAME|FILE …]     (`pip install bm3d` adds BM3D)

White Gaussian noise of known strength, neither clipped nor rounded; JPEG in colour at half resolution; motion of 9 px
and defocus of radius 2 px with noise of 1/255. A network is put to the tables of its name: noise, JPEG, blur;
`restore-vae` to all. Networks are told the noise's strength, as BM3D and non-local means are.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import torch
from torch import Tensor
from torch.nn import functional

from benchmarks import _restoring as shared
from packshot import models
from packshot.catalogue import damages
from packshot.catalogue.augment import blurs
from packshot.catalogue.augment.jpeg import jpeg
from packshot.evaluation import restoration

WEIGHTS = ("denoise", "dejpeg", "deblur", "restore-vae")
SIGMAS, QUALITIES = (15, 25, 50), (10, 20, 40)
NLM = (
    0.7  # h of OpenCV's non-local means, in standard deviations: the best of 0.3 to 1.1 on every 20th picture of BSD100
)
FIGURES = {"dB": ".2f", "ms": ".0f"}

Tables = dict[str, dict[str, Callable[[Tensor], tuple[Tensor, float]]]]


def damaged(number: int) -> Tables:
    """table → column → function of a picture to (given, what the network is told). number: of the picture, the seed."""
    generator = torch.Generator().manual_seed(number)

    def noisy(sigma: float) -> Callable[[Tensor], tuple[Tensor, float]]:
        return lambda x: (x + sigma / 255 * torch.randn(x.shape, generator=generator), sigma / 255)

    def coded(quality: int) -> Callable[[Tensor], tuple[Tensor, float]]:
        return lambda x: (jpeg(x, torch.full((1,), float(quality))), 1 - quality / 100)

    def blurry(kernel: Tensor) -> Callable[[Tensor], tuple[Tensor, float]]:
        return lambda x: (noisy(1)(blurs.blurred(x, kernel))[0], 0.0)

    angle = torch.rand(1, generator=generator) * math.pi
    return {
        "noise": {f"σ {sigma}": noisy(sigma) for sigma in SIGMAS},
        "JPEG": {f"q {quality}": coded(quality) for quality in QUALITIES},
        "blur": {
            "motion 9 px": blurry(damages.motion(torch.tensor([9.0]), angle)),
            "defocus 2 px": blurry(damages.defocus(torch.tensor([2.0]))),
        },
    }


def classical(table: str, level: float) -> Iterator[tuple[str, shared.Method]]:
    """Methods without weights."""
    yield "given", lambda x: x
    if table != "noise":
        return
    h = NLM * 255 * level
    yield (
        "OpenCV NLM",
        lambda x: shared.from_numpy(cv2.fastNlMeansDenoisingColored(shared.to_numpy(x), None, h, h, 7, 21)),
    )
    try:
        import bm3d  # type: ignore[import-not-found]
    except ImportError:
        return
    yield "BM3D", lambda x: torch.from_numpy(
        bm3d.bm3d_rgb(x[0].permute(1, 2, 0).double().numpy(), level)
    ).permute(2, 0, 1)[None].float()  # fmt: skip


def suits(name: str, table: str) -> bool:
    """Whether a network belongs into a table, by its name."""
    return "vae" in name or {"noise": "noise", "JPEG": "jpeg", "blur": "blur"}[table] in name


def by(model: models.Model, level: float) -> shared.Method:
    return lambda x: shared.by(model)(
        functional.pad(x, (0, 0, 0, 0, 0, 1), value=level) if model.channels_in == 4 else x
    )


def main(arguments: list[str] | None = None) -> None:
    options = shared.options(arguments, 20, WEIGHTS)
    if not options.data:
        print("needs PACKSHOT_DATA with sr-bench and products")
        return
    networks = list(shared.opened(options.weights))
    found: dict[str, list[shared.Score]] = {"noise": [], "JPEG": [], "blur": []}
    data = Path(options.data)
    for place, pictures in (
        ("BSD100", shared.bsd100(data, options.every)),
        ("products", shared.products(data, options.every)),
    ):
        for number, truth in enumerate(pictures):
            for table, columns in damaged(number).items():
                for column, make in columns.items():
                    given, told = make(truth)
                    level = 0.0 if table == "JPEG" else told
                    methods = dict(classical(table, level))
                    for name, model in networks:
                        if suits(name, table):
                            methods[name] = by(model, 0.0 if "vae" in name else told)
                    for name, method in methods.items():
                        out, seconds = shared.timed(method, given)
                        values = {"dB": restoration.psnr(truth, out), "ms": 1000 * seconds}
                        found[table].append(shared.Score(name, f"{place} {column}", values))
    for table, scores in found.items():
        print(f"### {table}\n\n{shared.table(scores, FIGURES)}\n", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
