"""What a preset is: one literal row. The rows stand in `rows/`, their table in `presets`. Torch-free."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True)
class Preset:
    """What to train, on pictures of which size, under which rules.

    networks: role → (name in the table of networks, entries of its config; size, channels and lengths of conditions,
    classes and vocabulary are filled in). columns: attributes that make the condition (and a classifier's classes).
    told: attributes that may be told or left open (see `conditions`), in place of columns.
    texts: columns whose words the networks are told. rules: settings of the objective; settings: of the loop.
    augment: names applied to what the network learns from. data: the catalogue it is meant for, "" = any.
    reproduces: the figure it reached, "" = not measured yet. minutes: on 2 CPU cores, 0 = unmeasured.
    """

    what: str
    objective: Literal[
        "gan",
        "growing",
        "stylegan",
        "product",
        "vae",
        "vaegan",
        "discrete",
        "flow",
        "mixture",
        "codes",
        "matching",
        "classify",
        "contrast",
        "restore",
        "inpaint",
        "restore-vae",
        "style",
        "style-adapter",
        "style-any",
        "style-exemplar",
        "segment",
        "pix2pix",
        "spade",
        "cyclegan",
        "dualgan",
        "cut",
        "stargan",
        "stargan-branches",
    ]
    networks: Mapping[str, tuple[str, Mapping[str, Any]]]
    size: int
    channels: int = 3
    columns: tuple[str, ...] = ()
    told: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
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
