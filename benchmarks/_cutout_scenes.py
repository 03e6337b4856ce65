"""Pictures with known mattes for the cut-out benchmark: real pairs, and exact cut-outs set on real and drawn ground.

Everything is a function of the name and the seed, so that two runs score the same pictures.
"""

from __future__ import annotations

import csv
import itertools
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

SURFACES = ("cardboard", "shelf", "white_table")
SWEEPS = {
    "white": (1.0, 1.0, 1.0),
    "offwhite": (0.93, 0.925, 0.91),
    "grey": (0.62, 0.62, 0.63),
    "cast": (0.86, 0.8, 0.68),
}


@dataclass(frozen=True)
class Scene:
    """One scored picture: rgb and matte as float32 `(h, w, 3)` and `(h, w)` in `[0, 1]`."""

    subset: str
    split: str
    name: str
    rgb: np.ndarray
    matte: np.ndarray
    colour: np.ndarray | None = None  # true foreground colour, where known


def real_pairs(data: Path, subset: str) -> Iterator[Scene]:
    """The pairs of one subset of `cutout/manifest.csv` as they are."""
    for row in _rows(data / "cutout" / "manifest.csv"):
        if row["subset"] == subset:
            rgb, matte = _read(data / "cutout" / row["image"]), _read(data / "cutout" / row["mask"], grey=True)
            yield Scene(subset, row["split"], Path(row["image"]).stem, rgb, matte)


def composed(data: Path, kind: str, ground: str, every: int = 1) -> Iterator[Scene]:
    """Exact cut-outs (`toys` or `products_arc`) on a `surface` (one of three real photos) or a studio `sweep`."""
    for name, split, colour, matte in itertools.islice(_cutouts(data, kind), 0, None, every):
        rng = np.random.default_rng(zlib.crc32(f"{kind}/{ground}/{name}".encode()))
        yield compose(f"{kind} on {ground}", split, name, colour, matte, _ground(data, ground, rng), rng)


def sample_pictures(root: Path) -> Iterator[Scene]:
    """The rendered samples with their exact mattes, none if they are not there."""
    table = root / "products.csv"
    for row in _rows(table) if table.exists() else []:
        yield Scene(
            "samples", "looked at", row["sku"], _read(root / row["image"]), _read(root / row["matte"], grey=True)
        )


def compose(
    subset: str, split: str, name: str, colour: np.ndarray, matte: np.ndarray, ground: np.ndarray,
    rng: np.random.Generator,
) -> Scene:  # fmt: skip
    """Set a cut-out on a ground 1.5 times its size: soft shadow, linear-light mixing, noise, JPEG."""
    h, w = matte.shape
    size = round(1.5 * max(h, w))
    ground = cv2.resize(ground, (size, size), interpolation=cv2.INTER_AREA)
    top, left = (int(rng.integers(round(0.1 * (size - x)), round(0.9 * (size - x)) + 1)) for x in (h, w))
    alpha, front = np.zeros((size, size), np.float32), np.zeros((size, size, 3), np.float32)
    alpha[top : top + h, left : left + w], front[top : top + h, left : left + w] = matte, colour
    back = linear(ground) * _shadow(alpha, rng)[..., None]
    mixed = encoded(alpha[..., None] * linear(front) + (1 - alpha[..., None]) * back)
    noisy = np.clip(mixed + rng.normal(0, rng.uniform(0.5, 2.5) / 255, mixed.shape), 0, 1)
    return Scene(subset, split, name, _through_jpeg(noisy, int(rng.integers(84, 96))), alpha, front)


def linear(x: np.ndarray) -> np.ndarray:
    """sRGB-encoded to linear light."""
    return np.where(x <= 0.04045, x / 12.92, ((x + 0.055) / 1.055) ** 2.4).astype(np.float32)


def encoded(x: np.ndarray) -> np.ndarray:
    """Linear light to sRGB-encoded."""
    return np.where(x <= 0.0031308, x * 12.92, 1.055 * np.maximum(x, 0) ** (1 / 2.4) - 0.055).astype(np.float32)


def _shadow(alpha: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """What is left of the light: a soft contact shadow below and a wide faint one to a side."""
    h, w = alpha.shape
    rows = np.nonzero(alpha.max(1) > 0.5)[0]
    bottom = rows[-1] if len(rows) else h - 1
    left_over = np.ones((h, w), np.float32)
    for squash, blur, strength in ((0.18, 0.015, 0.45), (0.5, 0.06, 0.25)):
        shift = rng.uniform(-0.05, 0.05) * w
        flat = np.float32([[1, 0, shift], [0, squash, bottom * (1 - squash) + 0.01 * h]])
        cast = cv2.warpAffine(alpha, flat, (w, h), flags=cv2.INTER_AREA)
        cast = cv2.GaussianBlur(cast, (0, 0), blur * h)
        left_over *= 1 - strength * rng.uniform(0.4, 1.0) * cast
    return left_over


def _ground(data: Path, ground: str, rng: np.random.Generator) -> np.ndarray:
    if ground == "surface":
        photo = _read(data / "cutout" / "backgrounds" / f"{rng.choice(SURFACES)}.jpg")
        side = int(min(photo.shape[:2]) * rng.uniform(0.6, 0.95))
        top, left = (int(rng.integers(0, x - side + 1)) for x in photo.shape[:2])
        return photo[top : top + side, left : left + side]
    base = np.float32(SWEEPS[str(rng.choice(list(SWEEPS)))])
    y, x = np.mgrid[-1:1:96j, -1:1:96j].astype(np.float32)
    fall = rng.uniform(0, 0.12) * (x * rng.uniform(-1, 1) + y * rng.uniform(-1, 1)) - rng.uniform(0, 0.08) * (
        x * x + y * y
    )
    return np.clip(base * (1 + fall[..., None]), 0, 1)


def _cutouts(data: Path, kind: str) -> Iterator[tuple[str, str, np.ndarray, np.ndarray]]:
    if kind == "toys":
        for row in _rows(data / "toys" / "manifest.csv"):
            rgba = _read(data / "toys" / row["path"], flag=cv2.IMREAD_UNCHANGED)
            yield row["name"], row["split"], rgba[..., :3], rgba[..., 3]
        return
    for scene in real_pairs(data, kind):
        solid = np.clip((scene.matte - 0.1) / 0.8, 0, 1)  # the supplied mattes have a faint fringe of black
        ys, xs = np.nonzero(solid > 0)
        box = (slice(ys.min(), ys.max() + 1), slice(xs.min(), xs.max() + 1))
        bright = scene.rgb / np.maximum(solid, 0.5)[..., None]  # undo the black mixed in at the edge
        yield scene.name, scene.split, np.clip(bright, 0, 1)[box], solid[box]


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _read(path: Path, *, grey: bool = False, flag: int | None = None) -> np.ndarray:
    pixels = cv2.imread(str(path), flag if flag is not None else cv2.IMREAD_GRAYSCALE if grey else cv2.IMREAD_COLOR)
    if pixels.ndim == 3:
        pixels = pixels[..., [2, 1, 0, 3][: pixels.shape[2]]]
    return np.ascontiguousarray(pixels, dtype=np.float32) / 255


def _through_jpeg(rgb: np.ndarray, quality: int) -> np.ndarray:
    pixels = np.round(rgb[..., ::-1] * 255).astype(np.uint8)
    data = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return cv2.imdecode(data, cv2.IMREAD_COLOR)[..., ::-1].astype(np.float32) / 255
