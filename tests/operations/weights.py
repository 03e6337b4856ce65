"""Tiny networks with random weights, saved as checkpoints under the names that operations ask for."""

from __future__ import annotations

from pathlib import Path

import torch

from packshot import checkpoint, models, networks
from packshot.operations.operation import Context

TINY = {"width": 4, "blocks": 2, "gain": 1}


def write(folder: Path, name: str, *, scale: int = 1, channels_in: int = 3, licence: str = "MIT") -> Path:
    """A SPAN of about 700 weights, its last convolution strong enough to change every picture."""
    torch.manual_seed(7)
    network = networks.build("span", {**TINY, "scale": scale, "channels_in": channels_in})
    with torch.no_grad():
        network.last.weight.mul_(4)
        network.last.bias.fill_(0.05)
    path = folder / f"{name}.safetensors"
    checkpoint.write(path, network.fused(), "span", {"licence": licence})
    return path


def context(folder: Path) -> Context:
    """A context whose models lie in `folder`."""
    return Context(
        load_model=lambda name, commercial: models.load(
            name if Path(name).is_file() else str(folder / f"{name}.safetensors"), "cpu", "torch", commercial
        )
    )


def write_cutter(folder: Path, name: str = "cutout", *, classes: int = 1, licence: str = "MIT") -> Path:
    """A tiny `guided-unet` that takes for product what is darker than 0.7 (mean of sRGB values): logit 0 there.

    classes: with more than one, class 0 is the ground (brighter than 0.7) and class 1 the product.
    """
    torch.manual_seed(7)
    network = networks.build("guided-unet", {"widths": [4, 6], "blocks": [0, 0], "guides": 1, "classes": classes})
    with torch.no_grad():
        network.guide.weight.zero_()
        network.guide.weight[:, :, 1, 1] = -1 / 3
        network.guide.bias.fill_(1.0)  # relu(1 - (4 · mean - 2)): above 0 below 0.75
        network.lines.weight.zero_()
        network.lines.bias.zero_()
        slope, offset = network.lines.bias.view(classes, 2).T
        slope[min(1, classes - 1)], offset[min(1, classes - 1)] = 40.0, -8.0
        offset[2:] = -50.0
    path = folder / f"{name}.safetensors"
    card = {"licence": licence, "role": "segmenter", "input_px": 320}
    checkpoint.write(path, network.eval().fused(), "guided-unet", card, torch.float16)
    return path


def write_translator(folder: Path, takes: str, name: str = "", **more: object) -> Path:
    """A tiny translator with random weights that change every picture: a U-Net of drawings, SPADE, or of photos.

    more: entries of the card's `translation`; `attributes` and `licence`: of the card itself.
    """
    torch.manual_seed(7)
    told = dict(more.pop("attributes", {"category": ["ball", "car"], "colour": ["red", "sky blue"]}))
    dim = sum(len(values) for values in told.values())
    kind, config = {
        "drawing": ("unet-translator", {"channels_in": 1, "width": 4, "max_width": 8, "depth": 2}),
        "layout": ("spade", {"channels_in": 8, "width": 4, "max_width": 8, "depth": 1, "hidden": 4, "look_dim": 2}),
        "photo": ("resnet-translator", {"width": 4, "blocks": 1, "gated": False}),
    }[takes]
    network = networks.build(kind, {**config, "condition_dim": dim})
    licence = more.pop("licence", "MIT")
    card = {"licence": licence, "translation": {"takes": takes, "side": 32, **more}, "attributes": told}
    path = folder / f"{name or takes}.safetensors"
    checkpoint.write(path, network.eval(), kind, card, torch.float16)
    return path
