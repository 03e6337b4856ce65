"""Entries and thumbnails that the report tests share."""

import io

import numpy as np
import pytest
from PIL import Image

from packshot.evaluation.report import After, Entry, Summary
from packshot.evaluation.thumbnails import Thumbnail

REASONS = {"flagged": ("the matte touches the border",), "failed": ("the file is empty",)}


def drawn(seed, side, clear=False):
    """A soft blob in one colour on a coloured or transparent ground, as a photo might compress."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:side, 0:side] / side
    inside = np.clip(30 * (0.33 - np.hypot(x - 0.5, (y - 0.5) * rng.uniform(0.7, 1.3))), 0, 1)[..., None]
    shade = (0.7 + 0.3 * np.sin(9 * x + 5 * y))[..., None] + rng.normal(0, 0.075, (side, side, 1))
    product, ground = rng.uniform(40, 230, 3) * shade, rng.uniform(120, 255, 3) * (0.8 + 0.2 * y[..., None])
    rgb = product if clear else inside * product + (1 - inside) * ground
    layers = np.concatenate([rgb, 255 * inside], 2) if clear else rgb
    return Image.fromarray(layers.clip(0, 255).astype(np.uint8))


def webp(seed, side=400, clear=False):
    file = io.BytesIO()
    drawn(seed, side, clear).save(file, "webp", quality=70)
    return Thumbnail(file.getvalue(), side, side, clear)


@pytest.fixture(scope="session")
def pairs():
    """Eight before/after pairs of thumbnails; every second result is transparent."""
    return [(webp(seed), webp(seed + 100, clear=bool(seed % 2))) for seed in range(8)]


@pytest.fixture(scope="session")
def make_entries(pairs):
    """A function: so many entries; of ten, the sixth is flagged and the tenth failed without a picture."""

    def make(count):
        for index in range(count):
            before, after = pairs[index % len(pairs)]
            status = {5: "flagged", 9: "failed"}.get(index % 10, "done")
            change = 0.01 * (index * 7 % 40)
            yield Entry(
                sku=f"SKU-{index:04d}",
                image=f"photos/{index:04d}.jpg",
                status=status,
                title=f"{('Wooden train', 'Rubber duck', 'Spinning top')[index % 3]} {index}",
                category=("toys", "garden")[index % 2],
                before=None if status == "failed" else before,
                afters=() if status == "failed" else (After(after, f"out/{index:04d}.png"),),
                reasons={"flagged": ("the matte touches the border",), "failed": ("the file is empty",)}.get(
                    status, ()
                ),
                numbers={"confidence": 0.9},
                fidelity={} if status == "failed" else {"delta_e_p99": change, "delta_e_max": 3 * change},
                steps=({"operation": "cutout", "parameters": {"method": "classical"}, "seed": 0},),
                marks={"iptc_digital_source_type": "algorithmicallyEnhanced"},
                seconds=0.1,
            )

    return make


@pytest.fixture(scope="session")
def summary():
    return Summary("packshot-white", "0.1.0", "2026-01-02T03:04:05+00:00", 50.0, limits={"delta_e_p99": 0.5})
