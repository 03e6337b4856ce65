"""Restoration: enlarging, denoising, JPEG repair, filling holes. Data: albums of photographs (docs/training.md).

`size` is the crop of the undamaged photograph: for enlarging (LR side + 2 · 2 px that are cut off again) · scale.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from packshot.training.preset import Preset, falling, flat


def adam(rate: float, images: int, batch: int, **further: Any) -> dict[str, Any]:
    """Adam with a rate that falls to a thousandth along half a cosine, averaged."""
    return {
        "total_images": images,
        "batch": batch,
        "learning_rate": falling(rate, rate / 1000, images, 20 * batch),
        "beta1": 0.9,
        "beta2": flat(0.99),
        "average_images": 1000 * batch,
        "clip_norm": 1.0,
        "samples": 9,
        "sample_images": 2000 * batch,
        **further,
    }


DENOISER: Mapping[str, Any] = {"width": 16, "encoder": (1, 1, 2), "middle": 2, "decoder": (1, 1, 1), "norm": "layer"}
REPAIRER: Mapping[str, Any] = {"width": 16, "encoder": (1, 2), "middle": 4, "decoder": (1, 1), "norm": "layer"}

ROWS: Mapping[str, Preset] = {
    "upscale-x2": Preset(
        what="SPAN, twice as large, MATLAB's bicubic undone",
        objective="restore",
        networks={"restorer": ("span", {"scale": 2})},
        size=72,
        rules={"damage": "bicubic", "spectrum": 0.05},
        settings=adam(1e-3, 600_000, 8),
    ),
    "upscale-x3": Preset(
        what="SPAN, three times as large; --start FILE begins with upscale-x2",
        objective="restore",
        networks={"restorer": ("span", {"scale": 3})},
        size=108,
        rules={"damage": "bicubic", "spectrum": 0.05},
        settings=adam(5e-4, 300_000, 8),
    ),
    "upscale-x4": Preset(
        what="SPAN, four times as large; --start FILE begins with upscale-x2",
        objective="restore",
        networks={"restorer": ("span", {"scale": 4})},
        size=144,
        rules={"damage": "bicubic", "spectrum": 0.05},
        settings=adam(1e-3, 400_000, 8),
    ),
    "upscale-x4-photo": Preset(
        what="SPAN, four times as large, for blurred, noisy, compressed photographs (two stages of Real-ESRGAN)",
        objective="restore",
        networks={"restorer": ("span", {"scale": 4})},
        size=144,
        rules={"damage": "photo", "spectrum": 0.05},
        settings=adam(5e-4, 200_000, 16),
    ),
    "upscale-x4-photo-gan": Preset(
        what="the same with a critic of patches; --start FILE begins with upscale-x4-photo",
        objective="restore",
        networks={"restorer": ("span", {"scale": 4}), "critic": ("patch-discriminator", {"width": 24})},
        size=144,
        rules={"damage": "photo", "l1": 1.0, "structure": 0.2, "adversarial": 0.005},
        settings=adam(1e-4, 100_000, 16),
    ),
    "swinir-light-x2": Preset(
        what="SwinIR, light, twice as large",
        objective="restore",
        networks={"restorer": ("swinir", {"width": 32, "groups": (4, 4, 4), "heads": 4})},
        size=72,
        rules={"damage": "bicubic"},
        settings=adam(5e-4, 60_000, 8),
    ),
    "denoise": Preset(
        what="NAFNet told the level of noise: Gaussian, σ 0 to 55",
        objective="restore",
        networks={"restorer": ("nafnet", {**DENOISER, "channels_in": 4})},
        size=64,
        rules={"damage": "noise", "l1": 0.0, "charbonnier": 1.0},
        settings=adam(1e-3, 300_000, 16),
    ),
    "dejpeg": Preset(
        what="NAFNet told JPEG's quality, against its blocks and rings: 10 to 95",
        objective="restore",
        networks={"restorer": ("nafnet", {**REPAIRER, "channels_in": 4})},
        size=64,
        rules={"damage": "jpeg", "l1": 0.0, "charbonnier": 1.0},
        settings=adam(1e-3, 200_000, 16),
    ),
    "deblur": Preset(
        what="NAFNet against motion and defocus",
        objective="restore",
        networks={"restorer": ("nafnet", REPAIRER)},
        size=80,
        rules={"damage": "blur", "l1": 0.0, "charbonnier": 1.0, "spectrum": 0.1},
        settings=adam(1e-3, 150_000, 8),
    ),
    "curves": Preset(
        what="curves that put light and colour right: exposure, cast, veil, flatness",
        objective="restore",
        networks={"restorer": ("curves", {"width": 32})},
        size=64,
        rules={"damage": "light", "shrink": 0.2},
        settings=adam(2e-3, 300_000, 16),
    ),
    "inpaint": Preset(
        what="holes of 5 to 50 %: a coarse picture, details copied from known patches",
        objective="inpaint",
        networks={"restorer": ("inpainter", {"width": 16})},
        size=128,
        rules={"shrink": 0.5},
        settings=adam(1e-3, 200_000, 16),
    ),
    "restore-vae": Preset(
        what="a VAE that codes damaged pictures as the undamaged ones: noise, blur, holes",
        objective="restore-vae",
        networks={"restorer": ("restore-vae", {"width": 16, "max_width": 48})},
        size=64,
        rules={"l1": 0.0},
        settings=adam(1e-3, 300_000, 16),
    ),
}
