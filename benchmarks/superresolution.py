"""Enlarging: PSNR and SSIM of luma on Set5, Set14, BSD100 and product photographs, beside bicubic and Lanczos.

usage: python -m benchmarks superresolution [--every N] [--weights NAME|FILE …]

Protocol of the literature: MATLAB's bicubic made the small pictures, results are rounded to 8 bits, as many pixels as
the scale are left out along the border. Time is processor time of all pictures of a column, in ms a picture.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image
from torch import Tensor

from benchmarks import _published as published
from benchmarks import _restoring as shared
from packshot.evaluation import restoration
from packshot.imaging.bicubic import bicubic, shrunk
from packshot.imaging.compare import delta_e_map

WEIGHTS = ("upscale-x2", "upscale-x3", "upscale-x4", "swinir-light-x2")
FIGURES = {"dB": ".2f", "SSIM": ".4f", "ΔE": ".2f", "ms": ".0f"}


def material(data: Path, scale: int, every: int) -> Iterator[tuple[str, Tensor, Tensor]]:
    """(set, small, large)."""
    for name in ("Set5", "Set14"):
        yield from ((name, small, large) for small, large in shared.standard_set(data, name, scale))
    for name, pictures in (("BSD100", shared.bsd100(data, every)), ("products", shared.products(data, every, scale))):
        for large in pictures:
            h, w = (side // scale * scale for side in large.shape[2:])
            yield name, shrunk(large[:, :, :h, :w], scale), large[:, :, :h, :w]


def lanczos(scale: int) -> shared.Method:
    def enlarge(x: Tensor) -> Tensor:
        h, w = x.shape[2:]
        large = Image.fromarray(shared.to_numpy(x)).resize((scale * w, scale * h), Image.Resampling.LANCZOS)
        return shared.from_numpy(np.asarray(large))

    return enlarge


def main(arguments: list[str] | None = None) -> None:
    options = shared.options(arguments, 20, WEIGHTS)
    if not options.data:
        print("needs PACKSHOT_DATA with sr-bench and products")
        return
    networks = list(shared.opened(options.weights))
    for scale in (2, 3, 4):
        methods: dict[str, shared.Method] = {
            "bicubic": lambda x, s=scale: bicubic(x, (s * x.shape[2], s * x.shape[3])),  # type: ignore[misc]
            "Lanczos": lanczos(scale),
        }
        file = Path(options.data) / "weights-dev" / "sr-imdn" / f"IMDN_x{scale}.pth"
        if file.is_file():
            methods["IMDN (published)"] = partial(published.imdn_enlarged, published.imdn(file), scale)
        methods |= {name: shared.by(model) for name, model in networks if model.scale == scale}
        scores = []
        for column, small, large in material(Path(options.data), scale, options.every):
            for name, method in methods.items():
                found, seconds = shared.timed(method, small)
                found = restoration.rounded(found)
                values = {
                    "dB": restoration.psnr_y(large, found, scale),
                    "SSIM": restoration.ssim_y(large, found, scale),
                    "ms": 1000 * seconds,
                }
                if column == "products":
                    values["ΔE"] = float(delta_e_map(large, found).mean())
                scores.append(shared.Score(name, column, values))
        print(f"### ×{scale}\n\n{shared.table(scores, FIGURES)}\n", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
