"""Toyshop at 64 px (category × colour), and at 256 px for a GPU: every generator with a fitting objective."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from packshot.training.preset import Preset, falling, flat
from packshot.training.rows.common import batch_norm, penalised, players, spectral_norm

HEAD: Mapping[str, Any] = {"size": 64, "columns": ("category", "colour"), "data": "toyshop"}
BOTH = ("mirror", "diffaugment")
BATCH_NORM = batch_norm(400_000, 32)
SPECTRAL = spectral_norm(250_000, 32)
PENALISED = penalised(250_000, 32)
LARGE = {**penalised(4_000_000, 32, 2e-3, 2e-4), "average_images": 10_000, "samples": 16}

ROWS: Mapping[str, Preset] = {
    "toyshop-judge": Preset(
        what="judge of Toyshop pictures: names category, colour and material; for evaluation, never a training signal",
        objective="classify",
        networks={"classifier": ("attributes", {"width": 32, "dropout": 0.1})},
        rules={"smoothing": 0.05},
        settings={
            "total_images": 400_000,
            "batch": 64,
            "learning_rate": falling(3e-3, 1e-6, 400_000, 5_000),
            "beta1": 0.9,
            "beta2": flat(0.999),
            "weight_decay": 0.05,
            "average_images": 3_000,
            "precision": "bfloat16",
        },
        augment=("mirror", "turn", "shift", "ground", "recolour"),
        **{**HEAD, "columns": ("category", "colour", "material")},
    ),
    "toyshop-dcgan": Preset(
        what="DCGAN with projection on Toyshop, 64 px",
        objective="gan",
        networks=players("dcgan", {"z_dim": 64}, width=32, max_width=256),
        rules={"loss": "non-saturating"},
        settings=BATCH_NORM,
        augment=BOTH,
        **HEAD,
    ),
    "toyshop-cgan": Preset(
        what="residual conditional GAN on Toyshop, 64 px",
        objective="gan",
        networks=players("cgan", {"z_dim": 64}, width=16, max_width=128),
        rules={"loss": "hinge", "auxiliary": 0.2},
        settings=SPECTRAL,
        augment=BOTH,
        **HEAD,
    ),
    "toyshop-sagan": Preset(
        what="SAGAN on Toyshop, 64 px",
        objective="gan",
        networks=players("sagan", {"z_dim": 64}, width=16, max_width=128),
        rules={"loss": "hinge"},
        settings=SPECTRAL,
        augment=BOTH,
        **HEAD,
    ),
    "toyshop-progan": Preset(
        what="ProGAN on Toyshop, grows from 4 to 64 px",
        objective="growing",
        networks=players("progan", {"z_dim": 64}, width=16, max_width=128),
        rules={
            "loss": "wasserstein",
            "penalty": "gradient",
            "gamma": flat(10.0),
            "hold_images": 20_000,
            "fade_images": 20_000,
        },
        settings=PENALISED,
        augment=("mirror",),
        **HEAD,
    ),
    "toyshop-stylegan2": Preset(
        what="StyleGAN2 on Toyshop, 64 px, adaptive augmentation",
        objective="stylegan",
        networks=players("stylegan2", {"z_dim": 64, "w_dim": 64}, width=16, max_width=128),
        rules={"loss": "non-saturating", "penalty": "r1", "gamma": falling(1.0, 0.1, 250_000), "penalty_every": 8},
        settings=PENALISED,
        augment=("mirror", "ada"),
        **HEAD,
    ),
    "toyshop-r3gan": Preset(
        what="R3GAN with dense convolutions on Toyshop, 64 px",
        objective="gan",
        networks=players("r3gan", {"z_dim": 64}, width=16, max_width=128, blocks=1, group_size=0),
        rules={"loss": "relativistic", "penalty": "r1+r2", "gamma": falling(1.0, 0.1, 250_000), "penalty_every": 4},
        settings=penalised(250_000, 32, 5e-4, 5e-5),
        augment=BOTH,
        **HEAD,
    ),
    "toyshop-unet": Preset(
        what="U-Net generator on Toyshop, 64 px, DCGAN critic",
        objective="gan",
        networks={
            "generator": ("unet-generator", {"z_dim": 4096, "width": 8, "depth": 4}),
            "critic": ("dcgan-critic", {"width": 32, "max_width": 256}),
        },
        rules={"loss": "non-saturating"},
        settings=batch_norm(250_000, 32),
        augment=BOTH,
        **HEAD,
    ),
    "toyshop-product": Preset(
        what="product-information GAN on Toyshop: category, colour and title to picture, matching-aware",
        objective="product",
        networks=players("product", {"z_dim": 64}, width=16, max_width=128),
        texts=("title", "description"),
        rules={"loss": "hinge", "agreement": 0.2, "reconstruction": 0.2},
        settings=SPECTRAL,
        augment=BOTH,
        **HEAD,
    ),
    "toyshop-progan-256": Preset(
        what="ProGAN on Toyshop at 256 px, for a GPU",
        objective="growing",
        networks=players("progan", {"z_dim": 256}, width=32, max_width=256),
        rules={
            "loss": "wasserstein",
            "penalty": "gradient",
            "gamma": flat(10.0),
            "hold_images": 200_000,
            "fade_images": 200_000,
        },
        settings={**LARGE, "learning_rate": falling(1e-3, 2e-4, 4_000_000)},
        augment=("mirror",),
        **{**HEAD, "size": 256},
    ),
    "toyshop-stylegan2-256": Preset(
        what="StyleGAN2 on Toyshop at 256 px, for a GPU",
        objective="stylegan",
        networks=players("stylegan2", {"z_dim": 256, "w_dim": 256}, width=32, max_width=256),
        rules={"loss": "non-saturating", "penalty": "r1", "gamma": flat(2.0), "penalty_every": 16},
        settings=LARGE,
        augment=("mirror", "ada"),
        **{**HEAD, "size": 256},
    ),
}
