"""Autoencoders and their second stages, on Fashion-MNIST and Toyshop."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from packshot.training.preset import Preset, falling, flat
from packshot.training.rows.transformers import TOLD

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
CODES: Mapping[str, Any] = {**FLOW, "learning_rate": falling(1e-3, 1e-5, 600_000, 10_000), "weight_decay": 0.05}
WRITER: Mapping[str, Any] = {"width": 128, "heads": 4, "blocks": 4}

MAP: Mapping[str, Any] = {"width": 24, "max_width": 96, "halvings": 3, "levels": (8, 5, 5, 5)}

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
    "fashion-latent-flow": Preset(
        what="second stage on a trained fashion-vae: a flow of its codes (--set autoencoder=FILE)",
        objective="flow",
        networks={"flow": ("latent-flow", {"width": 256})},
        settings=FLOW,
        **FASHION,
    ),
    "fashion-mixture": Preset(
        what="second stage on a trained fashion-vae: ten Gaussians over its codes (--set autoencoder=FILE)",
        objective="mixture",
        networks={"mixture": ("mixture", {})},
        settings={"batch": 64},
        **FASHION,
    ),
    "fashion-codes": Preset(
        what="second stage on a trained fashion-fsq or fashion-vqvae: a transformer writes codes by category "
        "(--set autoencoder=FILE)",
        objective="codes",
        networks={"prior": ("code-transformer", WRITER)},
        columns=("category",),
        settings=CODES,
        augment=("mirror",),
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
    "toyshop-latent-flow": Preset(
        what="second stage on a trained toyshop-vae: a flow of its codes (--set autoencoder=FILE)",
        objective="flow",
        networks={"flow": ("latent-flow", {"width": 256})},
        settings={**FLOW, "batch": 32},
        **TOYSHOP,
    ),
    "toyshop-mixture": Preset(
        what="second stage on a trained toyshop-vae: ten Gaussians over its codes (--set autoencoder=FILE)",
        objective="mixture",
        networks={"mixture": ("mixture", {})},
        settings={"batch": 32},
        **TOYSHOP,
    ),
    "toyshop-fsq": Preset(
        what="FSQ on Toyshop, 64 px: a map of 8 × 8 codes out of 1,000",
        objective="discrete",
        networks={"autoencoder": ("fsq", MAP)},
        settings={**ADAM, "batch": 32},
        augment=("mirror",),
        **TOYSHOP,
    ),
    "toyshop-codes": Preset(
        what="second stage on a trained toyshop-fsq: a transformer writes codes by any of what a flow is told "
        "(--set autoencoder=FILE)",
        objective="codes",
        networks={"prior": ("code-transformer", WRITER)},
        told=TOLD,
        settings={**CODES, "batch": 32},
        augment=("mirror",),
        **TOYSHOP,
    ),
}
