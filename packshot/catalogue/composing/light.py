"""Light in a composed picture: pixels as linear light and back, shadows, reflections, bounced light, tints.

All planes are float32 numpy, `(h, w, 3)` linear light or `(h, w)` opacity.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Bytes = NDArray[np.uint8]
Random = np.random.Generator

_LEVELS = np.arange(256, dtype=np.float32) / 255
LINEAR: Floats = np.where(_LEVELS <= 0.04045, _LEVELS / 12.92, ((_LEVELS + 0.055) / 1.055) ** 2.4).astype(np.float32)
STEPS = 4096
_SQUARES = (np.arange(STEPS + 1, dtype=np.float32) / STEPS) ** 2
ENCODED: Floats = np.where(
    _SQUARES <= 0.0031308, _SQUARES * 12.92, 1.055 * np.maximum(_SQUARES, 1e-9) ** (1 / 2.4) - 0.055
).astype(np.float32)


def linear(pixels: Bytes) -> Floats:
    """sRGB bytes → linear light (IEC 61966-2-1)."""
    return LINEAR[pixels]


def encoded(light: Floats) -> Floats:
    """Linear light → sRGB values in [0, 1], to a 4,096th of the square root of light."""
    places = np.sqrt(np.clip(light, 0, 1)) * STEPS + 0.5
    return ENCODED[places.astype(np.int32)]


def blurred(x: Floats, sigma: float) -> Floats:
    """Gaussian blur of `(h, w)` or `(h, w, 3)`, made on a smaller copy where it is wide."""
    step = 2 ** int(np.clip(np.log2(max(sigma, 1e-3) / 2), 0, 4))
    h, w = x.shape[:2]
    if step == 1:
        return np.asarray(cv2.GaussianBlur(x, (0, 0), max(sigma, 0.05), borderType=cv2.BORDER_REPLICATE))
    small = cv2.resize(x, (max(1, w // step), max(1, h // step)), interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), sigma / step, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(cv2.resize(small, (w, h), interpolation=cv2.INTER_LINEAR))


def shadows(alpha: Floats, random: Random) -> Floats:
    """`(h, w)`: the share of light that a product leaves of its ground; 1 = no shadow.

    Standing: a dark line where it touches, and the outline laid down along the floor, blurred with its length.
    Lying: the outline shifted and blurred.
    """
    left_over = np.ones_like(alpha)
    if random.random() < 0.25:
        return left_over * (1 - random.uniform(0.15, 0.6) * _lying(alpha, random))
    left_over *= 1 - random.uniform(0.3, 0.85) * _laid(alpha, random.uniform(0.03, 0.15), 0.0, 0.008)
    for _ in range(int(random.integers(1, 3))):
        soft = random.uniform(0.002, 0.008) if random.random() < 0.3 else random.uniform(0.015, 0.07)
        cast = _laid(alpha, random.uniform(-0.35, 0.6), random.uniform(-0.9, 0.9), soft)
        left_over *= 1 - random.uniform(0.15, 0.65) * cast
    return left_over


def _lying(alpha: Floats, random: Random) -> Floats:
    h, w = alpha.shape
    far = random.uniform(0.005, 0.05) * h
    turn = random.uniform(0, 2 * np.pi)
    move = np.array([[1, 0, far * np.cos(turn)], [0, 1, far * np.sin(turn)]], np.float32)
    return blurred(cv2.warpAffine(alpha, move, (w, h)), random.uniform(0.3, 1.2) * far + 0.5)


def _laid(alpha: Floats, height: float, lean: float, soft: float) -> Floats:
    """The outline turned down about its lowest row. height: of the shadow over that of the product; lean: to a side."""
    h, w = alpha.shape
    rows = np.flatnonzero(alpha.max(1) > 0.5)
    if not len(rows):
        return np.zeros_like(alpha)
    foot, tall = float(rows[-1]), float(rows[-1] - rows[0] + 1)
    foot -= 0.04 * tall  # what touches the ground is seldom the lowest pixel
    move = np.array([[1, -lean, lean * foot], [0, height, foot * (1 - height)]], np.float32)
    flat = cv2.warpAffine(alpha, move, (w, h), flags=cv2.INTER_LINEAR)
    return np.clip(blurred(flat, soft * tall + 0.4), 0, 1)


def reflected(front: Floats, alpha: Floats, ground: Floats, random: Random) -> Floats:
    """The ground with a faint mirror image of the product in it. front: premultiplied."""
    h = len(alpha)
    rows = np.flatnonzero(alpha.max(1) > 0.5)
    if not len(rows):
        return ground
    foot = int(rows[-1]) + 1
    below = np.arange(foot, h)
    source = np.clip(2 * foot - 1 - below, 0, h - 1)
    fade = random.uniform(0.1, 0.4) * np.clip(1 - (below - foot) / (random.uniform(0.15, 0.6) * h), 0, 1)
    share = (fade[:, None] * alpha[source]).astype(np.float32)[..., None]
    seen = front[source] / np.maximum(alpha[source], 1e-3)[..., None]
    result = ground.copy()
    result[foot:] += share * (seen - result[foot:])
    return result


def wrapped(front: Floats, alpha: Floats, ground: Floats, random: Random) -> Floats:
    """The premultiplied product with light of the ground spilt over its edge."""
    wide = random.uniform(0.004, 0.02) * len(alpha)
    near = np.clip(blurred(1 - alpha, wide), 0, 1) * alpha
    return front + random.uniform(0.1, 0.5) * near[..., None] * blurred(ground, 2 * wide)


def tint(random: Random, strength: float) -> Floats:
    """Gains of the three channels, their mean 1."""
    warm, green = random.normal(0, strength), random.normal(0, strength / 2)
    gains = np.exp(np.array([warm, green, -warm]))
    found: Floats = (gains / gains.mean()).astype(np.float32)
    return found
