"""A published network beside ours: IMDN (Hui, Gao, Yang & Wang 2019, figures 2 to 4), from its authors' weights.

For comparison in development alone: its files state no licence, and nothing of them ships. That it gives its published
38.00 dB on Set5 at ×2 also says that the measure is the literature's.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional

Weights = Mapping[str, Tensor]
BLOCKS, KEPT, LEAK = 6, 16, 0.05


def imdn(path: Path) -> Weights:
    """The weights of a file `IMDN_x2.pth` and the like."""
    found = torch.load(path, map_location="cpu", weights_only=True)
    return {name.removeprefix("module."): value for name, value in found.items()}


def imdn_enlarged(weights: Weights, scale: int, x: Tensor) -> Tensor:
    """`(n, 3, h, w)` in [0, 1] → `(n, 3, scale·h, scale·w)`."""
    head = _conv(weights, "fea_conv", x)
    found, parts = head, []
    for number in range(1, BLOCKS + 1):
        found = _block(weights, f"IMDB{number}", found)
        parts.append(found)
    joined = functional.leaky_relu(_conv(weights, "c.0", torch.cat(parts, 1)), LEAK)
    found = _conv(weights, "LR_conv", joined) + head
    return functional.pixel_shuffle(_conv(weights, "upsampler.0", found), scale)


def _conv(weights: Weights, name: str, x: Tensor) -> Tensor:
    kernel = weights[f"{name}.weight"]
    return functional.conv2d(x, kernel, weights[f"{name}.bias"], padding=kernel.shape[-1] // 2)


def _block(weights: Weights, name: str, x: Tensor) -> Tensor:
    """Information multi-distillation: at each step some channels are kept and the rest go on."""
    kept, rest = [], x
    for step in (1, 2, 3):
        found = functional.leaky_relu(_conv(weights, f"{name}.c{step}", rest), LEAK)
        keep, rest = found[:, :KEPT], found[:, KEPT:]
        kept.append(keep)
    found = torch.cat([*kept, _conv(weights, f"{name}.c4", rest)], 1)
    contrast = found.std((2, 3), correction=0, keepdim=True) + found.mean((2, 3), keepdim=True)
    narrow = torch.relu(_conv(weights, f"{name}.cca.conv_du.0", contrast))
    found = found * torch.sigmoid(_conv(weights, f"{name}.cca.conv_du.2", narrow))
    return _conv(weights, f"{name}.c5", found) + x
