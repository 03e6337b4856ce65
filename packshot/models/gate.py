"""The accuracy gate: an engine is used only where its pictures are the plain network's, to a tenth of a decibel.

A float32 engine may differ by rounding alone. One of less precision is measured at the network's own work, on parts of
the sample pictures whose truth is known: enlarged from a shrunk copy, or freed of noise. It may be `LOSS` dB further
from the truth than the plain network, and must lie within `NEAR` dB of it, for weights that do their work badly.
Networks that segment have no truth there: the shares of their classes must lie within `NEAR` dB.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from packshot.errors import ModelError

if TYPE_CHECKING:
    from packshot.models.engines import Runner

ROUNDING = 1e-4  # of the output's range: most that a float32 engine may differ
LOSS = 0.1  # dB that an engine of less precision may cost
NEAR = 40.0  # dB between its results and the plain ones
EXACT = frozenset({"torch", "compile", "onnx", "openvino"})
SIDE_PX = 96  # of the pictures looked at
COUNT = 6
NOISE = 0.15  # standard deviation of the strongest noise


def check(engine: str, network: nn.Module, run: Runner, work: tuple[Tensor, Tensor], name: str) -> float:
    """PSNR in dB of an engine's results against the plain network's, capped at 99.

    network: the plain one, on the processor. work: `examples`. Raises ModelError if the engine does not pass.
    """
    given, truth = work
    with torch.inference_mode():
        plain = network(given)
    found = run(given)
    gap, spread = float((found - plain).abs().max()), float((plain.max() - plain.min()).clamp(min=1e-6))
    if engine in EXACT and not gap <= ROUNDING * spread:
        raise ModelError(
            f"{name}: the {engine} engine differs from torch by {gap / spread:.2g} of the range; use torch"
        )
    found, plain = _shares(found, network), _shares(plain, network)
    near = _psnr(found, plain)
    loss = _psnr(plain, truth) - _psnr(found, truth) if truth.shape == plain.shape else 0.0
    if not (near >= NEAR and loss <= LOSS):
        raise ModelError(
            f"{name}: the {engine} engine costs {loss:.2f} dB and lies {near:.1f} dB from torch, "
            f"expected at most {LOSS:g} dB and at least {NEAR:g} dB; use torch or onnx"
        )
    return near


def _shares(x: Tensor, network: nn.Module) -> Tensor:
    """Logits of a network that segments as shares of its classes, for it is them that are used; else as they are."""
    classes = getattr(getattr(network, "config", None), "classes", None)
    if not isinstance(classes, int):
        return x
    return x.sigmoid() if classes == 1 else x.softmax(1)


def _psnr(a: Tensor, b: Tensor) -> float:
    return min(99.0, -10 * math.log10(max(float((a - b).square().mean()), 1e-10)))


def examples(channels: int, scale: int) -> tuple[Tensor, Tensor]:
    """`(given, truth)`: parts of the samples `(n, channels, side, side)` as a network gets them, and as they should be.

    channels: 3, or 4 with the level of noise. scale: what it enlarges by; enlarging networks get no noise.
    """
    from importlib.resources import files

    from packshot.imaging.bicubic import shrunk
    from packshot.imaging.files import read

    side, parts = SIDE_PX * scale, []
    folder = files("packshot").joinpath("samples")
    for path in sorted((p for p in folder.iterdir() if p.name.endswith(".jpg")), key=str)[:COUNT]:
        rgb = read(path.read_bytes()).rgb
        y, x = ((n - side) // 2 for n in rgb.shape[2:])
        parts.append(rgb[..., y : y + side, x : x + side])
    truth = torch.cat(parts)
    if scale > 1:
        given, levels = shrunk(truth, scale), torch.zeros(COUNT, 1, 1, 1)
    else:
        levels = torch.linspace(0, NOISE, COUNT).view(-1, 1, 1, 1)
        noise = torch.randn(truth.shape, generator=torch.Generator().manual_seed(1))
        given = (truth + levels * noise).clamp(0, 1)
    return torch.cat([given, levels.expand(-1, channels - 3, *given.shape[2:])], 1), truth
