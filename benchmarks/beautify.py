"""Light and colour put right: ΔE2000 to the clean render of a toy, before and after `beautify`, on planted faults.

usage: python -m benchmarks beautify [--count 200] [--weights NAME|FILE …] [--sheet FILE]

Toys of the test split (`toyshop`, 64 px) with a cast (each channel's linear light times a factor of its own), wrong
exposure (−1.5 to 0.6 stops), haze (a veil over the linear light), and all of them; mean ΔE2000 inside the product. The
operation knows the product's matte, as it does behind `cutout`. The same faults for every method.
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor

from packshot import operations
from packshot.catalogue.opening import open_pictures
from packshot.errors import WeightsNotFound
from packshot.evaluation.tables import markdown_table
from packshot.imaging import files
from packshot.imaging.colour import delta_e_2000, linear_to_srgb, rgb_to_lab, srgb_to_linear
from packshot.imaging.picture import Picture
from packshot.imaging.sheets import tiled
from packshot.operations.operation import Context
from packshot.pipeline.weights import load

Fault = Callable[[Tensor, torch.Generator], Tensor]
SHOWN = 8


def _between(low: float, high: float, generator: torch.Generator, count: int = 1) -> Tensor:
    return low + (high - low) * torch.rand(1, count, 1, 1, generator=generator)


def cast(linear: Tensor, generator: torch.Generator) -> Tensor:
    """Warm to cold and green to magenta, the mean of the logarithms kept."""
    gains = 0.18 * torch.randn(1, 3, 1, 1, generator=generator)
    return linear * (gains - gains.mean()).exp()


def exposure(linear: Tensor, generator: torch.Generator) -> Tensor:
    """One in four over, the others under."""
    over = bool(torch.rand((), generator=generator) < 0.25)
    return linear * torch.exp2(_between(0.3, 0.6, generator) if over else _between(-1.5, -0.5, generator))


def haze(linear: Tensor, generator: torch.Generator) -> Tensor:
    """A veil of light over everything."""
    veil = _between(0.05, 0.15, generator)
    return linear * (1 - veil) + veil


FAULTS: dict[str, tuple[Fault, ...]] = {
    "cast": (cast,),
    "exposure": (exposure,),
    "haze": (haze,),
    "all": (haze, exposure, cast),
}


def planted(rgb: Tensor, name: str, number: int) -> Tensor:
    """A picture with the faults of a name, 8 bits a channel as a file has them; number: the seed."""
    linear, generator = srgb_to_linear(rgb), torch.Generator().manual_seed(number)
    for fault in FAULTS[name]:
        linear = fault(linear, generator)
    return (linear_to_srgb(linear.clamp(0, 1)) * 255).round() / 255


def far(a: Tensor, b: Tensor, matte: Tensor) -> float:
    """Mean ΔE2000 inside the product."""
    return float(delta_e_2000(rgb_to_lab(a), rgb_to_lab(b))[matte > 0.5].mean())


def main(argv: list[str] | None = None) -> None:
    """Measure and print; the faults and what became of them as a sheet."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks beautify")
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--weights", nargs="*", default=["curves"], help="names or files")
    parser.add_argument("--sheet", default="", help="write the first toys, their faults and the results to this file")
    parser.add_argument("--threads", type=int, default=1)
    chosen = parser.parse_args(argv or [])
    torch.set_num_threads(chosen.threads)
    pictures, _ = open_pictures("toyshop")
    rows = pictures.where(split="test")[: chosen.count].tolist()
    beautify, methods = operations.find("beautify"), {"measured corrections": {"method": "classical"}}
    for name in chosen.weights:
        try:
            load(name, False)
            methods[f"network {Path(name).stem}"] = {"method": "network", "model": name}
        except WeightsNotFound as error:
            print(f"(left out: {str(error).partition(';')[0]})")
    sums: dict[tuple[str, str], list[float]] = defaultdict(list)
    shown: dict[str, list[Tensor]] = defaultdict(list)
    for number in rows:
        rgb, matte = (pictures.gather([number], name).float() / 255 for name in ("photo", "matte"))
        for fault in FAULTS:
            given = planted(rgb, fault, number)
            sums["given", fault].append(far(given, rgb, matte))
            made = {"given": given}
            for method, parameters in methods.items():
                done = beautify(**parameters).apply(Picture(given, matte=matte), Context(load_model=load))
                made[method] = done.picture.rgb
                sums[method, fault].append(far(made[method], rgb, matte))
            if fault == "all" and len(shown["given"]) < SHOWN:
                for key, one in {"truth": rgb, **made}.items():
                    shown[key].append(one)
    table = []
    for method in ("given", *methods):
        means = {fault: sum(sums[method, fault]) / len(rows) for fault in FAULTS}
        shares = {fault: means[fault] / (sum(sums["given", fault]) / len(rows)) for fault in FAULTS}
        table.append({"method": method} | {k: f"{v:.2f} ({shares[k]:.0%})" for k, v in means.items()})
    print(markdown_table(table, {"method": f"ΔE2000, {len(rows)} toys", **{k: k for k in FAULTS}}))
    if chosen.sheet:
        files.write(
            Picture(tiled(torch.cat([x for row in shown.values() for x in row]), columns=SHOWN)[None]), chosen.sheet
        )
        print(f"{chosen.sheet}: {', '.join(shown)}")


if __name__ == "__main__":
    main(sys.argv[1:])
