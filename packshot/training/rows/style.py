"""Restyling: networks of one style, of any style, adapters. Data: albums of photographs and pictures of style.

`size` is the side of the photographs' crops; docs/style.md says what each has been measured at.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from packshot.training.preset import Preset, falling, flat


def adam(rate: float, images: int, batch: int) -> dict[str, Any]:
    """Adam with a rate that falls to a twentieth along half a cosine, averaged."""
    return {
        "total_images": images,
        "batch": batch,
        "learning_rate": falling(rate, rate / 20, images, 10 * batch),
        "beta1": 0.9,
        "beta2": flat(0.99),
        "average_images": 100 * batch,
        "clip_norm": 5.0,
        "log_images": 50 * batch,
        "sample_images": 250 * batch,
        "samples": 8,
    }


SIDE, BATCH = 128, 4
ONE: Mapping[str, Any] = {"distance": "gaussian", "edges": 0.6, "variation": 0.05}
ANY: Mapping[str, Any] = {
    "styles": "patterns:140",
    "distance": "moments",
    "edges": 0.6,
    "similarity": 0.5,
    "style_px": 192,
}

ROWS: Mapping[str, Preset] = {
    "style": Preset(
        what="one style, one pass (Johnson): --style FILE, or --style pattern:NAME",
        objective="style",
        networks={"restyler": ("fast-style", {})},
        size=SIDE,
        rules=ONE,
        settings=adam(2e-3, 12_000, BATCH),
    ),
    "style-adapter": Preset(
        what="a few kilobytes for one more style of a frozen network: --style FILE --set frozen=FILE",
        objective="style-adapter",
        networks={"adapter": ("style-adapter", {})},
        size=SIDE,
        rules=ONE,
        settings=adam(1e-2, 4_000, BATCH),
    ),
    "style-adain": Preset(
        what="any style in one pass: encoder, AdaIN at four scales, decoder",
        objective="style-any",
        networks={"restyler": ("adain", {})},
        size=SIDE,
        rules=ANY,
        settings=adam(1e-3, 60_000, BATCH),
    ),
    "style-transformer": Preset(
        what="any style in one pass: tokens that attend to each other (StyTr²)",
        objective="style-any",
        networks={"restyler": ("style-transformer", {})},
        size=SIDE,
        rules=ANY,
        settings=adam(5e-4, 60_000, BATCH),
    ),
    "style-exemplar": Preset(
        what="any style in one pass: codes of photo and exemplar mixed by a generator against two critics",
        objective="style-exemplar",
        networks={
            "restyler": ("exemplar", {}),
            "critic": ("patch-discriminator", {"width": 16}),
            "style_critic": ("patch-discriminator", {"width": 16}),
        },
        size=SIDE,
        rules=ANY,
        settings=adam(5e-4, 60_000, BATCH),
    ),
}
