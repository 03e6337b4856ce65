"""Style transfer, method by method: `python -m benchmarks.style [--tables …] [--weights METHOD=FILE …] [OPTIONS]`.

    methods      style distance in two feature spaces, content kept, flicker, seconds at 256, 512 and 1024 px
    scales       optimise from coarse to fine against one size, at the same number of steps
    constraints  optimise with and without edges, content, total variation
    distances    optimise under each distance of styles
    consistency  spread of the style distance over a catalogue: one bank for all against a reference a photo
    robustness   networks on noisy and JPEG-coded photos (--weights, with and without training by PGD)

Photos: the samples that ship, or --photos FOLDER. Styles: drawn patterns, or --styles FILES. Spaces: random filters of
another seed than the one optimised in, and SqueezeNet v1.0 where PACKSHOT_DATA holds its development copy. Style
distance: squared 2-Wasserstein distance of Gaussians of standardised features (1 = as far as the unstyled photo).
Seconds are processor time of one thread. Flicker: a pan of 2 px a frame, in levels of 255, beside the photograph's own.
"""

from __future__ import annotations

import argparse
import os
import statistics as spread
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from packshot.evaluation.tables import markdown_table
from packshot.imaging import compare, files
from packshot.imaging.geometry import resize_layer
from packshot.imaging.picture import Picture
from packshot.imaging.sheets import tiled
from packshot.imaging.styling import patterns
from packshot.imaging.styling.motion import Flicker, motion
from packshot.losses.style.statistics import gaussian_distance, mean_covariance
from packshot.models import features
from packshot.models.features import FeatureSpace
from packshot.models.styling.bank import bank_of
from packshot.models.styling.optimising import Plan, optimise
from packshot.operations.operation import Context
from packshot.operations.restyle import Restyle
from packshot.pipeline import weights
from packshot.pipeline.work import open_named_picture

SAMPLES = Path(__file__).parents[1] / "packshot" / "samples"
STYLES = ("pattern:strokes", "pattern:mosaic", "pattern:weave")
REFERENCE = "weights-dev/squeezenet/squeezenet_v1.0_deepcompression_decoded.npz"
SIDE = 256
TABLES = ("methods", "scales", "constraints", "distances", "consistency", "robustness")


def spaces() -> list[FeatureSpace]:
    found = [features.filters(seed=99)]
    data = os.environ.get("PACKSHOT_DATA")
    if data and (Path(data) / REFERENCE).is_file():
        found.append(features.find(f"squeezenet={Path(data) / REFERENCE}"))
    return found


def distance(style: Tensor, picture: Tensor, space: FeatureSpace) -> float:
    """Mean over maps of the Gaussian distance of features standardised by the style's moments."""
    total = []
    with torch.no_grad():
        for s, x in zip(space.of_style(style), space.of_style(picture), strict=False):
            s, x = s.flatten(2), x.flatten(2)
            mean, deviation = s.mean(2, keepdim=True), s.std(2, keepdim=True).clamp(min=0.02)
            pair = (mean_covariance((v - mean) / deviation) for v in (s, x))
            total.append(float(gaussian_distance(*pair)))
    return float(np.mean(total))


@dataclass(frozen=True)
class Case:
    photo: Tensor
    style: str

    def style_picture(self) -> Tensor:
        name = self.style
        picture = patterns.named(name, SIDE) if patterns.is_pattern(name) else files.read(Path(name)).rgb
        return resize_layer(picture, (SIDE, SIDE), linear=True).clamp(0, 1)


def sized(rgb: Tensor, side: int) -> Tensor:
    factor = side / max(rgb.shape[2:])
    size = max(1, round(rgb.shape[2] * factor)), max(1, round(rgb.shape[3] * factor))
    return resize_layer(rgb, size, linear=True).clamp(0, 1)


def run(operation: Restyle, photo: Tensor) -> tuple[Tensor, float]:
    context = Context(open_picture=open_named_picture, load_model=weights.load)
    began = time.process_time()
    rgb = operation.apply(Picture(photo), context).picture.rgb
    return rgb, time.process_time() - began


def judged(case: Case, rgb: Tensor, told: list[FeatureSpace]) -> dict[str, float]:
    style = case.style_picture()
    row = {}
    for space in told:
        row[f"style, {space.name}"] = distance(style, rgb, space) / distance(style, case.photo, space)
    row["SSIM of luma"] = compare.ssim(*(x.mean(1, keepdim=True) for x in (case.photo, rgb)))
    row["edges moved, px"] = compare.edge_shift_px(case.photo, rgb)
    return row


def mean_rows(rows: list[dict[str, float]]) -> dict[str, float]:
    return {key: float(np.mean([row[key] for row in rows])) for key in rows[0]}


def ways(told: list[str]) -> dict[str, dict]:
    found: dict[str, dict] = {
        f"colour, {t}": {"method": "colour", "transfer": t} for t in ("reinhard", "monge-kantorovich", "histogram")
    }
    found["optimise"] = {"method": "optimise", "features": "filters"}
    data = os.environ.get("PACKSHOT_DATA")
    if data and (Path(data) / REFERENCE).is_file():
        found["optimise, SqueezeNet (reference)"] = {
            "method": "optimise",
            "features": f"squeezenet={Path(data) / REFERENCE}",
        }
    for text in told:
        method, _, file = text.partition("=")
        found[f"{method}, {Path(file).parent.name or Path(file).stem}"] = {"method": method, "model": file}
    return found


def flicker(how: dict, case: Case, frames: int = 4) -> tuple[float, float]:
    wide = sized(case.photo, SIDE + 16)
    shown = [wide[:, :, :, 2 * i : wide.shape[3] - 2 * (frames - i)].contiguous() for i in range(frames)]
    made = [run(Restyle(style=case.style, size=SIDE, **how), frame)[0] for frame in shown]
    own, photographs = Flicker(), Flicker()
    for i in range(1, frames):
        moved = motion(shown[i - 1], shown[i])
        own.add(made[i - 1], made[i], moved)
        photographs.add(shown[i - 1], shown[i], moved)
    return own.levels, photographs.levels


def methods(cases: list[Case], options: argparse.Namespace) -> Iterator[tuple[dict, list[Tensor]]]:
    told = spaces()
    for name, how in ways(options.weights).items():
        rows, pictures = [], []
        for case in cases:
            rgb, _ = run(Restyle(style=case.style, size=SIDE, **how), case.photo)
            rows.append(judged(case, rgb, told))
            pictures.append(rgb)
        row = {"method": name, **mean_rows(rows)}
        if options.flicker:
            row["flicker"], row["photograph's"] = flicker(how, cases[0])
        for side in options.sides:
            photo = sized(cases[0].photo, side)
            row[f"s at {side} px"] = run(Restyle(style=cases[0].style, size=side, **how), photo)[1]
        yield row, pictures


def plans(cases: list[Case], named: dict[str, Plan]) -> Iterator[tuple[dict, list[Tensor]]]:
    told, space = spaces(), features.find("filters")
    for name, plan in named.items():
        rows, pictures, began = [], [], time.process_time()
        for case in cases:
            done = optimise(case.photo, bank_of([case.style_picture()]), space, plan)
            rows.append(judged(case, done.rgb, told))
            pictures.append(done.rgb)
        yield {"way": name, **mean_rows(rows), "s": (time.process_time() - began) / len(cases)}, pictures


def scales(cases, options):
    yield from plans(cases, {
        "one size, 90 steps": Plan(SIDE, 1, 90),
        "two sizes, 45 steps each": Plan(SIDE, 2, 45),
        "three sizes, 30 steps each": Plan(SIDE, 3, 30),
        "three sizes that agree": Plan(SIDE, 3, 30, agreement=1.0),
        "three sizes, Adam": Plan(SIDE, 3, 30, solver="adam"),
    })  # fmt: skip


def constraints(cases, options):
    yield from plans(cases, {
        "all": Plan(SIDE),
        "without edges": Plan(SIDE, edges=0),
        "without content features": Plan(SIDE, content=0),
        "without total variation": Plan(SIDE, variation=0),
        "none": Plan(SIDE, edges=0, content=0, variation=0),
        "pixels": Plan(SIDE, content_loss="pixels"),
        "cross-entropy": Plan(SIDE, content_loss="cross-entropy"),
        "self-similarity": Plan(SIDE, content_loss="self-similarity"),
    })  # fmt: skip


def distances(cases, options):
    kinds = ("gram", "gaussian", "moments", "sliced", "histogram")
    yield from plans(cases, {kind: Plan(SIDE, style_loss=kind) for kind in kinds})


def consistency(cases, options):
    """Each photo in the style of all references together, or of one of them in turn; one map or one a photo."""
    told, names = spaces()[0], list(STYLES)
    together = ", ".join(names)
    photos = list(dict.fromkeys(id(case.photo) for case in cases))
    held = {id(case.photo): case.photo for case in cases}
    target = torch.cat([patterns.named(name, SIDE) for name in names], 3)
    pool = options.out / "catalogue-palette.png"
    columns = torch.cat([sized(held[key], 64).flatten(2) for key in photos], 2)
    files.write(Picture(columns[:, :, : columns.shape[2] // 64 * 64].reshape(1, 3, 64, -1)), pool)
    for name, how in {
        "one bank, one map": lambda i: {"style": together, "source": str(pool)},
        "one bank, a map a photo": lambda i: {"style": together},
        "a reference a photo": lambda i: {"style": names[i % len(names)]},
    }.items():
        made = [run(Restyle(method="colour", **how(i)), held[key])[0] for i, key in enumerate(photos)]
        far = [distance(target, rgb, told) for rgb in made]
        yield {"way": name, "style, mean": float(np.mean(far)), "style, deviation": spread.pstdev(far)}, made


def robustness(cases, options):
    """Damage moves a photo a little; how far does it move what is made of it?"""
    import cv2

    generator = torch.Generator().manual_seed(0)

    def noisy(x):
        return (x + 0.04 * torch.randn(x.shape, generator=generator)).clamp(0, 1)

    def coded(x):
        pixels = (255 * x[0].permute(1, 2, 0)).round().byte().numpy()[..., ::-1]
        data = cv2.imencode(".jpg", np.ascontiguousarray(pixels), [cv2.IMWRITE_JPEG_QUALITY, 30])[1]
        return torch.from_numpy(cv2.imdecode(data, 1)[..., ::-1].astype(np.float32) / 255).permute(2, 0, 1)[None]

    for name, how in ways(options.weights).items():
        if "model" not in how:
            continue
        row, pictures = {"network": name}, []
        for damage, harm in (("noise σ 10", noisy), ("JPEG 30", coded)):
            ratios = []
            for case in cases:
                operation, worse = Restyle(style=case.style, size=SIDE, **how), harm(case.photo)
                a, b = run(operation, case.photo)[0], run(operation, worse)[0]
                ratios.append(float((a - b).square().mean() / (case.photo - worse).square().mean()) ** 0.5)
                pictures.append(b)
            row[f"{damage}: change out / in"] = float(np.mean(ratios))
        yield row, pictures


RUN: dict[str, Callable] = {name: globals()[name] for name in TABLES}


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tables", nargs="+", choices=TABLES, default=["methods"])
    parser.add_argument("--photos", type=Path, default=SAMPLES)
    parser.add_argument("--styles", nargs="+", default=list(STYLES))
    parser.add_argument("--count", type=int, default=2, help="photos")
    parser.add_argument("--weights", nargs="*", default=[], metavar="METHOD=FILE")
    parser.add_argument("--sides", type=int, nargs="*", default=[256, 512])
    parser.add_argument("--flicker", action="store_true")
    parser.add_argument("--out", type=Path, default=Path("out/bench/style"), help="where sheets go")
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    options.out.mkdir(parents=True, exist_ok=True)
    paths = sorted(p for p in options.photos.iterdir() if p.suffix.lower() in (".jpg", ".png"))[: options.count]
    held = [sized(files.read(path).rgb, SIDE) for path in paths]
    for name in options.tables:
        pairs = [Case(photo, style) for photo in held for style in options.styles]
        rows, pictures = [], []
        for row, made in RUN[name](pairs, options):
            rows.append(row)
            pictures += [resize_layer(x, (160, 160), linear=True).clamp(0, 1) for x in made]
            columns = [k for k in rows[0]]
            files.write(Picture(tiled(torch.cat(pictures), 4, len(made))[None]), options.out / f"{name}.png")
        print(f"\n### {name}\n")
        print(markdown_table(rows, columns, {k: ".3f" for k in columns if isinstance(rows[0][k], float)}), flush=True)


if __name__ == "__main__":
    main()
