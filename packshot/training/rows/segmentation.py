"""Segmentation: cutting products out, and naming their parts (docs/training-segmentation.md).

`size` is the side of the composed pictures; networks take any, and see photographs at 320 px (`input_px` of the card).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from packshot.training.preset import Preset, falling, flat


def adamw(images: int, batch: int, rate: float = 2e-3, **further: Any) -> dict[str, Any]:
    """AdamW with a rate that falls along half a cosine, averaged."""
    return {
        "total_images": images,
        "batch": batch,
        "learning_rate": falling(rate, rate / 500, images, 100 * batch),
        "beta1": 0.9,
        "beta2": flat(0.999),
        "weight_decay": 0.01,
        "clip_norm": 5.0,
        "average_images": 200 * batch,
        "samples": 12,
        "log_images": 100 * batch,
        "sample_images": 1000 * batch,
        **further,
    }


RULES: Mapping[str, Any] = {"structure": 0.5, "slopes": 0.5, "edge": 3.0, "sides": 0.5}
PARTS: Mapping[str, Any] = {"truth": "layout"}

ROWS: Mapping[str, Preset] = {
    "cutout": Preset(
        what="guided U-Net that cuts products out, edges drawn by the full-size picture",
        objective="segment",
        networks={"segmenter": ("guided-unet", {})},
        size=256,
        rules={**RULES, "small_images": 140_000},
        settings=adamw(200_000, 8),
    ),
    "cutout-unet": Preset(
        what="U-Net that cuts products out",
        objective="segment",
        networks={"segmenter": ("unet", {"width": 16, "depth": 4})},
        size=256,
        rules={**RULES, "small_images": 42_000},
        settings=adamw(60_000, 8),
    ),
    "cutout-unet-tutorial": Preset(
        what="U-Net as tutorials have it: cross entropy alone, Adam at one rate, nothing averaged",
        objective="segment",
        networks={"segmenter": ("unet", {"width": 16, "depth": 4})},
        size=256,
        rules={"entropy": 1.0, "overlap": 0.0},
        settings={
            **adamw(40_000, 8),
            "learning_rate": flat(1e-3),
            "weight_decay": 0.0,
            "clip_norm": None,
            "average_images": 0,
        },
    ),
    "cutout-segnet": Preset(
        what="SegNet that cuts products out",
        objective="segment",
        networks={"segmenter": ("segnet", {})},
        size=256,
        rules={**RULES, "small_images": 42_000},
        settings=adamw(60_000, 8),
    ),
    "cutout-nested": Preset(
        what="nested U-Net that cuts products out, supervised at every level",
        objective="segment",
        networks={"segmenter": ("nested-unet", {})},
        size=256,
        rules={**RULES, "small_images": 42_000},
        settings=adamw(60_000, 8),
    ),
    "parts-unet": Preset(
        what="U-Net that names parts of toys or garments, a class for each pixel",
        objective="segment",
        networks={"segmenter": ("unet", {"width": 16, "depth": 3})},
        size=64,
        rules=PARTS,
        settings=adamw(200_000, 32, sample_images=20_000),
    ),
    "parts-segnet": Preset(
        what="SegNet that names parts of toys or garments, a class for each pixel",
        objective="segment",
        networks={"segmenter": ("segnet", {"widths": (32, 64, 96, 96), "convs": (2, 2, 2, 2)})},
        size=64,
        rules=PARTS,
        settings=adamw(200_000, 32, sample_images=20_000),
    ),
}
