"""Tiny generators with random weights, whose own pictures are what is rebuilt; and a judge."""

from __future__ import annotations

from pathlib import Path

import torch

from packshot import checkpoint, networks
from packshot.models.sampling import Sampler

ATTRIBUTES = {"category": ["ball", "boat"], "colour": ["blue", "green", "red"]}
SIZE = 16
GAN = {"size": SIZE, "channels": 3, "condition_dim": 5, "z_dim": 6, "width": 8, "max_width": 16}
VAE = {"size": SIZE, "channels": 3, "condition_dim": 5, "latent_dim": 6, "width": 8, "max_width": 16}
STYLE = {**GAN, "w_dim": 8, "mapping_layers": 2}
CONFIGS = {"cgan-generator": GAN, "dcgan-generator": GAN, "stylegan2-generator": STYLE, "vae": VAE}


def written(folder: Path, name: str, attributes: dict[str, list[str]] | None = None, **entries: object) -> Path:
    """A file of weights: a generator with random ones, loud enough that codes show."""
    torch.manual_seed(3)
    network = networks.build(name, {**CONFIGS[name], **entries})
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_var.fill_(0.1 if name == "cgan-generator" else 0.001)
    if name == "vae":
        for parameter in network.decoder.parameters():
            parameter.data *= 1.5
    path = folder / f"{name}.safetensors"
    told = attributes if attributes is not None else ATTRIBUTES if entries.get("condition_dim", 5) else {}
    checkpoint.write(path, network, name, {"attributes": told, "licence": "CC0-1.0"})
    return path


def sampler(folder: Path, name: str, **entries: object) -> Sampler:
    """What draws its pictures."""
    return Sampler(checkpoint.read(written(folder, name, **entries)))


def judge(folder: Path, centred_on: torch.Tensor | None = None) -> Path:
    """A classifier with random weights that names the same attributes; of pictures `(n, 3, h, w)` not all alike."""
    torch.manual_seed(5)
    network = networks.build("features", {"channels": 3, "classes": (2, 3), "width": 8}).eval()
    if centred_on is not None:
        with torch.no_grad():
            for head, logits in zip(network.heads, network(2 * centred_on - 1), strict=True):
                head.bias -= logits.mean(0)
    path = folder / "judge.safetensors"
    checkpoint.write(path, network, "features", {"attributes": ATTRIBUTES, "licence": "CC0-1.0"})
    return path
