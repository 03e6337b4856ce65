"""Autoencoders in one stage and in two, Fashion-MNIST at 32 px, the same processor time each.

    PACKSHOT_DATA=… python -m benchmarks autoencoders [--seconds 300] [--seeds 3] [--rows …]

What is drawn in two stages spends two thirds of the time on the autoencoder and one third on where its codes lie; a
mixture needs less. Draws: FD in own features. Reconstructions of the test pictures (from the mean code): squared error
of values in [0, 1], FD. Bits a value: the negative evidence lower bound on the 8-bit test pictures, with the decoder's
Gaussian summed over each step of 8 bits (its tails go to the outermost ones), so that it is a bound on a code length;
the shared deviation is that of the preset, or what training pictures say where it is learned. One code a picture is
drawn. Not defined for networks that minimise no such bound.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from benchmarks.learning.fashion import SIDE
from benchmarks.learning.measures import Ruler, at_size, write_pictures
from benchmarks.learning.options import Bench, opened, parser
from benchmarks.learning.records import told
from benchmarks.learning.trials import trained
from packshot import checkpoint
from packshot.evaluation.distances import frechet_distance, moments
from packshot.evaluation.tables import markdown_table
from packshot.losses.latent import kl_to_standard_normal
from packshot.training import presets
from packshot.training.conditions import one_hots

FIRST, SECOND = 2 / 3, 1 / 3
ASIDE = 2_000  # training pictures that the deviation is read from


@dataclass(frozen=True)
class Stage:
    """A row: its preset, the rule of its likelihood (a fixed deviation, 0 = learned, None = no bound), its share."""

    preset: str
    sigma: float | None = None
    conditional: bool = True
    share: float = 1.0
    after: str = ""


ROWS: Mapping[str, Stage] = {
    "VAE, variance 1": Stage("fashion-vae-fixed", 1.0),
    "VAE, learned variance": Stage("fashion-vae", 0.0),
    "VAE, learned variance, without condition": Stage("fashion-vae", 0.0, conditional=False),
    "β-VAE, β 4": Stage("fashion-beta-vae", 0.3),
    "VAE-GAN": Stage("fashion-vae-gan"),
    "first stage: VAE": Stage("fashion-vae", 0.0, share=FIRST),
    "two stages: VAE, mixture": Stage("fashion-mixture", share=SECOND, after="first stage: VAE"),
    "two stages: VAE, flow": Stage("fashion-latent-flow", share=SECOND, after="first stage: VAE"),
    "first stage: VQ-VAE": Stage("fashion-vqvae", share=FIRST),
    "two stages: VQ-VAE, transformer": Stage("fashion-codes", share=SECOND, after="first stage: VQ-VAE"),
    "first stage: FSQ": Stage("fashion-fsq", share=FIRST),
    "two stages: FSQ, transformer": Stage("fashion-codes", share=SECOND, after="first stage: FSQ"),
}


def main(argv: list[str]) -> None:
    options = parser(__doc__, seconds=300, seeds=3)
    options.add_argument("--rows", default="|".join(ROWS), help="only these, separated by |")
    bench = opened("autoencoders", options, argv)
    for seed in bench.seeds:
        for row in bench.told.rows.split("|"):
            run_row(bench, row, seed)
    bench.finish(tables(bench))


def run_row(bench: Bench, row: str, seed: int) -> dict[str, Any] | None:
    """Train and measure a row, its first stage before it; None if that failed."""
    stage = ROWS[row]
    rules: dict[str, Any] = {}
    if stage.after:
        first = run_row(bench, stage.after, seed)
        if first is None or "file" not in first:
            return None
        rules["autoencoder"] = first["file"]
    preset = at_size(presets.find(stage.preset), SIDE)
    preset = replace(preset, rules={**preset.rules, **rules})
    if not stage.conditional:
        preset = replace(preset, columns=())
    own = replace(bench, seconds=bench.seconds * stage.share)
    measure = partial(measured, bench.ruler, stage)
    draw = partial(show_again, bench.ruler) if preset.objective == "discrete" else None
    return next(iter(trained(own, row, preset, seed, measure=measure, draw=draw)), None)


def measured(ruler: Ruler, stage: Stage, path: Path, seed: int) -> dict[str, Any]:
    """Draws, reconstructions and bits, as far as they are defined."""
    stored = checkpoint.read(path)
    found: dict[str, Any] = {}
    if stored.network not in ("vqvae", "fsq"):
        found |= ruler.measure(path, seed, accuracy=False)
    if not stage.after:
        found |= reconstructed(ruler, stored)
    if stage.sigma is not None:
        found["bits"] = bits(ruler, stored, stage.sigma)
    return found


def reconstructed(ruler: Ruler, stored: checkpoint.Checkpoint) -> dict[str, float]:
    """Squared error in [0, 1] and FD of the test pictures decoded again."""
    network: Any = stored.build()
    found, error = [], 0.0
    with torch.inference_mode():
        for part in torch.split(ruler.test, 250):
            x, condition = inputs(ruler, stored, part)
            again = again_of(network, x, condition).clamp(-1, 1)
            error += float(((again - x) / 2).square().mean((1, 2, 3)).sum())
            found.append(((again + 1) * 127.5).round().to(torch.uint8))
    distance = frechet_distance(ruler.real_moments, moments(ruler.features(torch.cat(found))))
    return {"error": error / len(ruler.test), "reconstruction_fd": distance}


@torch.inference_mode()
def show_again(ruler: Ruler, place: Path, path: Path) -> str:
    """Test pictures, each with itself decoded again at its right."""
    stored = checkpoint.read(path)
    x, condition = inputs(ruler, stored, ruler.test[:40])
    both = torch.stack([x, again_of(stored.build(), x, condition).clamp(-1, 1)], dim=1).flatten(0, 1)
    return write_pictures(place, ((both + 1) * 127.5).round().to(torch.uint8), 10)


def again_of(network: Any, x: Tensor, condition: Tensor | None) -> Tensor:
    """Pictures decoded from their mean or discrete codes."""
    if hasattr(network, "to_code"):
        out: Tensor = network.decode(network.encode(x, condition)[0], condition)
        return out
    found: Tensor = network(x).picture
    return found


def inputs(ruler: Ruler, stored: checkpoint.Checkpoint, rows: Tensor) -> tuple[Tensor, Tensor | None]:
    """Pictures in [-1, 1] and the condition that the network knows."""
    x = ruler.pictures.gather(rows).float() / 127.5 - 1
    if not stored.config.get("condition_dim"):
        return x, None
    names = stored.card["attributes"]["category"]
    own = torch.tensor([names.index(name) for name in ruler.labels.names])
    return x, one_hots(own[ruler.labels.codes[rows]][:, None], [len(names)])


@torch.inference_mode()
def bits(ruler: Ruler, stored: checkpoint.Checkpoint, sigma: float) -> float:
    """Bits a value of the test pictures. sigma: the decoder's deviation, 0 = that of training pictures."""
    network: Any = stored.build()
    generator = torch.Generator().manual_seed(0)

    def decoded(rows: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        x, condition = inputs(ruler, stored, rows)
        mean, log_variance = network.encode(x, condition)
        z = mean + (0.5 * log_variance).exp() * torch.randn(mean.shape, generator=generator)
        return x, network.decode(z, condition), kl_to_standard_normal(mean, log_variance)

    if not sigma:
        some = ruler.training[torch.randperm(len(ruler.training), generator=generator)[:ASIDE]]
        errors = [(x - again).square().mean() for x, again, _ in map(decoded, torch.split(some, 250))]
        sigma = float(torch.stack(errors).mean().sqrt())
    total = 0.0
    for part in torch.split(ruler.test, 250):
        x, again, divergence = decoded(part)
        total += float(-log_probability(x, again, sigma).sum()) + float(divergence) * len(part)
    return total / (len(ruler.test) * x[0].numel() * math.log(2))


def log_probability(x: Tensor, mean: Tensor, sigma: float) -> Tensor:
    """log P of the 8-bit step around every value of x in [-1, 1] under N(mean, σ²); all 256 steps add up to 1."""
    half, x, mean = 1 / 255, ((x.double() + 1) * 127.5).round() / 127.5 - 1, mean.double()
    low = torch.where(x <= -1 + half, -torch.inf, (x - half - mean) / sigma)
    high = torch.where(x >= 1 - half, torch.inf, (x + half - mean) / sigma)
    turned = low > 0  # in the upper tail differences cancel: look at it from the other side
    low, high = torch.where(turned, -high, low), torch.where(turned, -low, high)
    upper = torch.special.log_ndtr(high)
    return upper + torch.log1p(-torch.exp(torch.special.log_ndtr(low) - upper))


def tables(bench: Bench) -> str:
    """One line a row, mean over seeds ± deviation."""
    lines = []
    for row, stage in ROWS.items():
        seconds = bench.seconds * stage.share
        found = bench.found(row, seconds)
        values = {k: [r[k] for r in found if k in r] for k in ("fd", "error", "reconstruction_fd", "bits", "images")}
        spent = bench.seconds if stage.after else seconds
        lines.append(
            {"network": row, "FD-own of draws": told(values["fd"]), "squared error again": told(values["error"], 4),
             "FD-own again": told(values["reconstruction_fd"]), "bits a value": told(values["bits"], 3),
             "thousand images": told([i / 1000 for i in values["images"]], 0), "CPU minutes": f"{spent / 60:.3g}",
             "seeds": len(found), "N": bench.ruler.count,
             "ended": ", ".join(sorted({r["verdict"] for r in found})) or "not run"}
        )  # fmt: skip
    return markdown_table(lines, list(lines[0]))
