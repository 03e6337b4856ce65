"""Fashion-MNIST at 28 px, grey, ten classes: every generator with a fitting objective, sized for CPU minutes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from packshot.training.preset import Preset, falling, flat
from packshot.training.rows.common import batch_norm, classifier, penalised, players, spectral_norm

HEAD: Mapping[str, Any] = {"size": 28, "channels": 1, "columns": ("category",), "data": "fashion-mnist"}
BATCH_NORM = batch_norm(700_000, 64)
SPECTRAL = spectral_norm(500_000, 64)
PENALISED = penalised(400_000, 64)

ROWS: Mapping[str, Preset] = {
    "fashion-dcgan-tutorial": Preset(
        what="the public DCGAN tutorial's recipe on Fashion-MNIST: the baseline",
        objective="gan",
        networks=players("dcgan", {"z_dim": 64}, width=32),
        size=28,
        channels=1,
        rules={"loss": "non-saturating"},
        settings={"batch": 128, "learning_rate": flat(2e-4), "beta1": 0.5, "beta2": flat(0.999), "average_images": 0},
        data="fashion-mnist",
    ),
    "fashion-dcgan": Preset(
        what="DCGAN with projection, averaged weights and a falling rate",
        objective="gan",
        networks=players("dcgan", {"z_dim": 64}, width=32, max_width=256),
        rules={"loss": "non-saturating"},
        settings=BATCH_NORM,
        augment=("mirror",),
        **HEAD,
    ),
    "fashion-cgan": Preset(
        what="residual conditional GAN: projection and auxiliary classifier, hinge loss, spectral norm",
        objective="gan",
        networks=players("cgan", {"z_dim": 64}, width=24, max_width=96),
        rules={"loss": "hinge", "auxiliary": 0.2},
        settings=SPECTRAL,
        augment=("mirror",),
        **HEAD,
    ),
    "fashion-sagan": Preset(
        what="SAGAN: self-attention, hinge loss, spectral norm in both players",
        objective="gan",
        networks=players("sagan", {"z_dim": 64}, width=24, max_width=96),
        rules={"loss": "hinge"},
        settings=SPECTRAL,
        augment=("mirror",),
        **HEAD,
    ),
    "fashion-progan": Preset(
        what="ProGAN: grows from 7 to 28 px, WGAN-GP",
        objective="growing",
        networks=players("progan", {"z_dim": 64}, width=24, max_width=96),
        rules={
            "loss": "wasserstein",
            "penalty": "gradient",
            "gamma": flat(10.0),
            "hold_images": 60_000,
            "fade_images": 60_000,
        },
        settings=PENALISED,
        augment=("mirror",),
        **HEAD,
    ),
    "fashion-stylegan2": Preset(
        what="StyleGAN2: style mixing, lazy path length and R1",
        objective="stylegan",
        networks=players("stylegan2", {"z_dim": 64, "w_dim": 64}, width=24, max_width=96),
        rules={"loss": "non-saturating", "penalty": "r1", "gamma": falling(0.5, 0.05, 400_000), "penalty_every": 8},
        settings=PENALISED,
        augment=("mirror",),
        **HEAD,
    ),
    "fashion-r3gan": Preset(
        what="R3GAN with dense convolutions: relativistic pairing, R1 and R2",
        objective="gan",
        networks=players("r3gan", {"z_dim": 64}, width=24, max_width=96, blocks=1, group_size=0),
        rules={"loss": "relativistic", "penalty": "r1+r2", "gamma": falling(0.5, 0.05, 400_000), "penalty_every": 4},
        settings=penalised(400_000, 64, 5e-4, 5e-5),
        augment=("mirror",),
        **HEAD,
    ),
    "fashion-unet": Preset(
        what="U-Net generator: noise map and attribute map to picture, DCGAN critic",
        objective="gan",
        networks={
            "generator": ("unet-generator", {"z_dim": 784, "width": 16, "depth": 2}),
            "critic": ("dcgan-critic", {"width": 32, "max_width": 256}),
        },
        rules={"loss": "non-saturating"},
        settings=batch_norm(400_000, 64),
        augment=("mirror",),
        **HEAD,
    ),
    "fashion-features": Preset(
        what="classifier of Fashion-MNIST: the feature space of the Fashion-MNIST measures",
        objective="classify",
        networks={"classifier": ("features", {"width": 16})},
        settings=classifier(240_000, 128),
        augment=("mirror",),
        reproduces="92 % of the test pictures named",
        **HEAD,
    ),
}
