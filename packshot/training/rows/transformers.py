"""Transformers that draw: flows of pixels and of codes, for any catalogue and for the two sets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from packshot.training.preset import Preset, falling, flat

TOLD = ("category", "colour", "second colour", "third colour", "material", "azimuth", "elevation", "background")
SMALL: Mapping[str, Any] = {"patch": 8, "width": 160, "depth": 6, "heads": 4, "refine": 16}


def learning(images: int, batch: int, rate: float = 1e-3, average_images: float = 10_000) -> dict[str, Any]:
    """The loop's settings of a flow: Adam, warmed up, falling; long averaging."""
    return {
        "total_images": images,
        "batch": batch,
        "learning_rate": falling(rate, 1e-5, images, 5_000),
        "beta1": 0.9,
        "beta2": flat(0.99),
        "clip_norm": 1.0,
        "average_images": average_images,
    }


ROWS: Mapping[str, Preset] = {
    "fashion-flow": Preset(
        what="DiT by flow matching on Fashion-MNIST, patches of 4 px",
        objective="matching",
        networks={"flow": ("dit", {"patch": 4, "width": 128, "depth": 6, "heads": 4, "refine": 8})},
        size=28,
        channels=1,
        told=("category",),
        settings=learning(600_000, 64),
        augment=("mirror",),
        data="fashion-mnist",
    ),
    "toyshop-flow": Preset(
        what="DiT by flow matching on Toyshop: patches of 8 px, the picture foretold; any of category, three colours, "
        "material, view and background, texts and a likeness (--set words=FILE), known pixels",
        objective="matching",
        networks={"flow": ("dit", SMALL)},
        size=64,
        told=TOLD,
        rules={"masks": 0.25},
        settings=learning(430_000, 32),
        augment=("mirror",),
        data="toyshop",
    ),
    "toyshop-flow-fine": Preset(
        what="the same with patches of 4 px: four times the work",
        objective="matching",
        networks={"flow": ("dit", {**SMALL, "patch": 4, "refine": 0})},
        size=64,
        told=TOLD,
        rules={"masks": 0.25},
        settings=learning(430_000, 32),
        augment=("mirror",),
        data="toyshop",
    ),
    "toyshop-fsq-256": Preset(
        what="FSQ on Toyshop at 256 px, for a GPU: a map of 32 × 32 codes, six numbers each",
        objective="discrete",
        networks={"autoencoder": ("fsq", {"width": 64, "max_width": 256, "halvings": 3, "levels": (8, 8, 8, 5, 5, 5)})},
        size=256,
        settings={**learning(2_000_000, 32), "clip_norm": None},
        augment=("mirror",),
        data="toyshop",
    ),
    "toyshop-flow-256": Preset(
        what="DiT by flow matching over the codes of a trained toyshop-fsq-256, for a GPU (--set autoencoder=FILE)",
        objective="matching",
        networks={"flow": ("dit", {"patch": 2, "width": 384, "depth": 12, "heads": 6, "code": 256})},
        size=256,
        told=TOLD,
        rules={"masks": 0.25},
        settings={**learning(4_000_000, 128, 5e-4, 50_000), "precision": "bfloat16"},
        augment=("mirror",),
        data="toyshop",
    ),
    "catalogue-flow": Preset(
        what="DiT by flow matching for any catalogue, 64 px",
        objective="matching",
        networks={"flow": ("dit", SMALL)},
        size=64,
        told=("category", "colour", "material"),
        rules={"masks": 0.25},
        settings=learning(400_000, 32),
        augment=("mirror",),
    ),
}
