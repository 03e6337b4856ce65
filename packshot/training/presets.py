"""Presets: literal rows, each with the result it should reproduce and the time it takes. Torch-free."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

from packshot.errors import ParameterError

NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True)
class Preset:
    """What to train, on pictures of which size, under which rules.

    networks: role → (name in the table of networks, entries of its config; size, channels and lengths of conditions
    and classes are filled in). columns: attributes that make the condition (and the classes of a classifier).
    rules: settings of the objective; settings: of the loop. augment: names applied to what the network learns from.
    data: the catalogue it is meant for, "" = any. reproduces: the figure it should reach; minutes: on 2 CPU cores.
    """

    what: str
    objective: Literal["gan", "vae", "classify"]
    networks: Mapping[str, tuple[str, Mapping[str, Any]]]
    size: int
    channels: int = 3
    columns: tuple[str, ...] = ()
    rules: Mapping[str, Any] = field(default_factory=lambda: NOTHING)
    settings: Mapping[str, Any] = field(default_factory=lambda: NOTHING)
    augment: tuple[str, ...] = ()
    data: str = ""
    reproduces: str = ""
    minutes: float = 0.0


def flat(value: float) -> dict[str, float]:
    """A schedule that stays."""
    return {"start": value, "end": value}


def falling(start: float, end: float, images: int, warm_up_images: int = 0) -> dict[str, float]:
    """A schedule along half a cosine."""
    return {"start": start, "end": end, "images": images, "warm_up_images": warm_up_images}


SMALL_DCGAN: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "generator": ("dcgan-generator", {"z_dim": 64, "width": 32}),
    "critic": ("dcgan-critic", {"width": 32}),
}

TABLE: Mapping[str, Preset] = {
    "fashion-dcgan-tutorial": Preset(
        what="the public DCGAN tutorial's recipe on Fashion-MNIST: the baseline",
        objective="gan",
        networks={
            "generator": ("dcgan-generator", {"z_dim": 64, "width": 32}),
            "critic": ("dcgan-critic", {"width": 32}),
        },
        size=28,
        channels=1,
        rules={"loss": "non-saturating"},
        settings={"batch": 128, "learning_rate": flat(2e-4), "beta1": 0.5, "beta2": flat(0.999), "average_images": 0},
        data="fashion-mnist",
    ),
    "fashion-features": Preset(
        what="classifier of Fashion-MNIST: the feature space of the Fashion-MNIST measures",
        objective="classify",
        networks={"classifier": ("features", {"width": 16})},
        size=28,
        channels=1,
        columns=("category",),
        settings={
            "total_images": 240_000,
            "batch": 128,
            "learning_rate": falling(2e-3, 1e-5, 240_000, 10_000),
            "beta1": 0.9,
            "beta2": flat(0.999),
            "weight_decay": 0.01,
        },
        augment=("mirror",),
        data="fashion-mnist",
        reproduces="92 % of the test pictures named",
    ),
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
}


def find(name: str) -> Preset:
    """The preset of a name. Raises ParameterError listing the known ones."""
    if name not in TABLE:
        raise ParameterError(f"preset {name!r}: expected one of {', '.join(TABLE)}")
    return TABLE[name]
