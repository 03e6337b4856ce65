"""Autoencoders and their second stages, on Fashion-MNIST and Toyshop."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from packshot.training.preset import Preset, falling, flat

FASHION: Mapping[str, Any] = {"size": 28, "channels": 1, "data": "fashion-mnist"}
TOYSHOP: Mapping[str, Any] = {"size": 64, "data": "toyshop"}
ADAM: Mapping[str, Any] = {
    "total_images": 600_000,
    "batch": 64,
    "learning_rate": falling(1e-3, 1e-5, 600_000, 5_000),
    "beta1": 0.9,
    "beta2": flat(0.99),
    "average_images": 5_000,
}
SMALL: Mapping[str, Any] = {"latent_dim": 32, "width": 24, "max_width": 96}
FLOW: Mapping[str, Any] = {**ADAM, "learning_rate": falling(2e-3, 1e-5, 600_000, 5_000)}

ROWS: Mapping[str, Preset] = {
    "fashion-vae": Preset(
        what="conditional VAE with learned variance (σ-VAE)",
        objective="vae",
        networks={"autoencoder": ("vae", SMALL)},
        columns=("category",),
        settings=ADAM,
        augment=("mirror",),
        **FASHION,
    ),
    "fashion-vae-fixed": Preset(
        what="the same with a fixed variance of 1: what learning it is worth",
        objective="vae",
        networks={"autoencoder": ("vae", SMALL)},
        columns=("category",),
        rules={"variance": "fixed", "sigma": 1.0},
        settings=ADAM,
        augment=("mirror",),
        **FASHION,
    ),
    "fashion-beta-vae": Preset(
        what="β-VAE, β 4 at a fixed variance",
        objective="vae",
        networks={"autoencoder": ("vae", {**SMALL, "latent_dim": 10})},
        rules={"variance": "fixed", "sigma": 0.3, "beta": flat(4.0)},
        settings=ADAM,
        augment=("mirror",),
        **FASHION,
    ),
    "fashion-vae-gan": Preset(
        what="VAE-GAN: the critic's features as the likelihood",
        objective="vaegan",
        networks={"autoencoder": ("vae", SMALL), "critic": ("dcgan-critic", {"width": 24, "max_width": 96})},
        columns=("category",),
        settings={
            **ADAM,
            "total_images": 300_000,
            "learning_rate": falling(4e-4, 1e-5, 300_000),
            "beta1": 0.5,
        },
        augment=("mirror",),
        **FASHION,
    ),
    "fashion-vqvae": Preset(
        what="VQ-VAE: a map of 7 × 7 codes out of 256",
        objective="discrete",
        networks={"autoencoder": ("vqvae", {"width": 24, "max_width": 96, "codes": 256, "code_dim": 16})},
        settings=ADAM,
        augment=("mirror",),
        **FASHION,
    ),
    "fashion-fsq": Preset(
        what="FSQ: a map of 7 × 7 codes out of 240, without a codebook",
        objective="discrete",
        networks={"autoencoder": ("fsq", {"width": 24, "max_width": 96, "levels": (8, 6, 5)})},
        settings=ADAM,
        augment=("mirror",),
        **FASHION,
    ),
    "fashion-flow": Preset(
        what="second stage on a trained fashion-vae: a flow of its codes (--set autoencoder=FILE)",
        objective="flow",
        networks={"flow": ("latent-flow", {"width": 256})},
        settings=FLOW,
        **FASHION,
    ),
    "toyshop-vae": Preset(
        what="conditional σ-VAE on Toyshop, 64 px: category, colour, material",
        objective="vae",
        networks={"autoencoder": ("vae", {"latent_dim": 64, "width": 24, "max_width": 96})},
        columns=("category", "colour", "material"),
        settings={**ADAM, "batch": 32},
        augment=("mirror",),
        **TOYSHOP,
    ),
    "toyshop-flow": Preset(
        what="second stage on a trained toyshop-vae: a flow of its codes (--set autoencoder=FILE)",
        objective="flow",
        networks={"flow": ("latent-flow", {"width": 256})},
        settings={**FLOW, "batch": 32},
        **TOYSHOP,
    ),
}
