"""Translation: drawings, layouts and photographs of a kind become photographs (docs/training-translation.md).

Images a second and minutes were measured on one thread of a busy two-core machine, processor time; see the page.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from packshot.training.preset import Preset, falling, flat


def adam(images: int, batch: int = 16, rate: float = 4e-4, **further: Any) -> dict[str, Any]:
    """Adam with the papers' β1 = 0.5; the rate falls along half a cosine, the translator is averaged."""
    return {
        "total_images": images,
        "batch": batch,
        "learning_rate": falling(rate, rate / 40, images, 20 * batch),
        "beta1": 0.5,
        "beta2": flat(0.99),
        "average_images": 3_000,
        "log_images": 2_000,
        "sample_images": 20_000,
        "samples": 24,
        **further,
    }


TOLD = ("category", "colour", "second colour", "third colour", "material")
SKETCH: Mapping[str, Any] = {"pair": "drawing", "ground": "white"}
LAYOUT: Mapping[str, Any] = {"pair": "layout", "ground": "white", "l1": 30.0, "features": 5.0, "perceptual": 2.0}
PLANES = 8  # of a layout of the toyshop, the ground among them: `catalogue.pairs.PARTS`


def critic(channels_in: int, **entries: Any) -> tuple[str, dict[str, Any]]:
    """A critic of patches that sees what was given, and the picture."""
    return ("scale-discriminator", {"channels_in": channels_in, "width": 24, **entries})


ROWS: Mapping[str, Preset] = {
    "sketch-to-toy": Preset(
        what="a drawing becomes a toy: U-Net by Pix2Pix, told category, colours, material or nothing",
        objective="pix2pix",
        networks={"translator": ("unet-translator", {"channels_in": 1}), "critic": critic(4)},
        size=64,
        columns=TOLD,
        rules=SKETCH,
        settings=adam(160_000),
        data="toyshop",
    ),
    "layout-to-toy": Preset(
        what="a painted map of parts becomes a toy: SPADE, told category, colours, material or nothing",
        objective="spade",
        networks={
            "translator": ("spade", {"channels_in": PLANES}),
            "critic": critic(PLANES + 3, scales=2),
        },
        size=64,
        columns=TOLD,
        rules=LAYOUT,
        settings=adam(110_000),
        data="toyshop",
    ),
}
