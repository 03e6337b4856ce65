"""For any catalogue, at 64 px."""

from __future__ import annotations

from collections.abc import Mapping

from packshot.training.preset import Preset, falling, flat
from packshot.training.rows.common import classifier

ROWS: Mapping[str, Preset] = {
    "catalogue-gan": Preset(
        what="conditional GAN at 64 px for any catalogue, small data allowed",
        objective="gan",
        networks={
            "generator": ("dcgan-generator", {"z_dim": 64, "width": 32}),
            "critic": ("dcgan-critic", {"width": 32}),
        },
        size=64,
        columns=("category",),
        rules={"loss": "non-saturating"},
        settings={"batch": 64, "learning_rate": flat(2e-4), "beta1": 0.5, "beta2": flat(0.99), "average_images": 5000},
        augment=("mirror", "diffaugment"),
    ),
    "catalogue-vae": Preset(
        what="σ-VAE at 64 px for any catalogue",
        objective="vae",
        networks={"autoencoder": ("vae", {"latent_dim": 64, "width": 32})},
        size=64,
        columns=("category",),
        settings={
            "batch": 64,
            "learning_rate": falling(1e-3, 1e-5, 1_000_000, 5_000),
            "beta1": 0.9,
            "beta2": flat(0.99),
        },
        augment=("mirror",),
    ),
    "catalogue-latent-flow": Preset(
        what="second stage on a trained catalogue-vae: a flow of its codes (--set autoencoder=FILE)",
        objective="flow",
        networks={"flow": ("latent-flow", {"width": 256})},
        size=64,
        settings={
            "batch": 64,
            "learning_rate": falling(2e-3, 1e-5, 600_000, 5_000),
            "total_images": 600_000,
            "beta1": 0.9,
            "average_images": 5_000,
        },
    ),
    "catalogue-mixture": Preset(
        what="second stage on a trained catalogue-vae: ten Gaussians over its codes (--set autoencoder=FILE)",
        objective="mixture",
        networks={"mixture": ("mixture", {})},
        size=64,
    ),
    "catalogue-fsq": Preset(
        what="FSQ at 64 px for any catalogue: a map of 8 × 8 codes out of 1,000",
        objective="discrete",
        networks={"autoencoder": ("fsq", {"width": 32, "halvings": 3, "levels": (8, 5, 5, 5)})},
        size=64,
        settings={
            "batch": 64,
            "learning_rate": falling(1e-3, 1e-5, 1_000_000, 5_000),
            "beta1": 0.9,
            "beta2": flat(0.99),
        },
        augment=("mirror",),
    ),
    "catalogue-codes": Preset(
        what="second stage on a trained catalogue-fsq: a transformer writes its codes (--set autoencoder=FILE)",
        objective="codes",
        networks={"prior": ("code-transformer", {"width": 128, "heads": 4, "blocks": 4})},
        size=64,
        columns=("category",),
        settings={
            "batch": 64,
            "learning_rate": falling(1e-3, 1e-5, 600_000, 10_000),
            "total_images": 600_000,
            "beta1": 0.9,
            "weight_decay": 0.05,
            "average_images": 5_000,
        },
        augment=("mirror",),
    ),
    "catalogue-clip": Preset(
        what="pictures and texts in one space, English and Chinese: search, and text for other networks",
        objective="contrast",
        networks={"encoder": ("clip", {})},
        size=64,
        texts=("title", "description"),
        settings={
            "total_images": 640_000,
            "batch": 128,
            "learning_rate": falling(1.5e-3, 1e-6, 640_000, 10_000),
            "beta1": 0.9,
            "beta2": flat(0.98),
            "weight_decay": 0.05,
            "clip_norm": 5.0,
            "average_images": 20_000,
            "precision": "bfloat16",
        },
    ),
    "catalogue-features": Preset(
        what="classifier of category, colour and material: the feature space of a catalogue's measures",
        objective="classify",
        networks={"classifier": ("features", {"width": 16})},
        size=64,
        columns=("category", "colour", "material"),
        settings=classifier(200_000, 64),
        augment=("mirror", "turn", "shift"),
    ),
}
