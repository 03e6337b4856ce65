"""The paints and dyes of the toyshop: sRGB values of real toy colours (never fully saturated) and their names."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

# name: (sRGB hex, Chinese name)
COLOURS: dict[str, tuple[str, str]] = {
    "red": ("#c22a26", "红色"),
    "orange": ("#e2762a", "橙色"),
    "yellow": ("#efbf2f", "黄色"),
    "green": ("#3f8f4f", "绿色"),
    "mint": ("#8fc9b2", "薄荷绿"),
    "turquoise": ("#2b9aa3", "青绿色"),
    "sky blue": ("#79b4d9", "天蓝色"),
    "blue": ("#2a5ba8", "蓝色"),
    "navy": ("#26345a", "藏青色"),
    "purple": ("#74519a", "紫色"),
    "pink": ("#e59aae", "粉色"),
    "brown": ("#7d5236", "棕色"),
    "natural": ("#d9b88a", "原木色"),
    "cream": ("#ece0c6", "米白色"),
    "white": ("#eae8e2", "白色"),
    "grey": ("#8d9094", "灰色"),
    "silver": ("#c9cbce", "银色"),
    "black": ("#26262a", "黑色"),
}


def srgb(colour: str) -> NDArray[np.float64]:
    """A colour name of the table or '#rrggbb' as sRGB, (3,) in [0, 1]."""
    text = COLOURS[colour][0] if colour in COLOURS else colour
    return np.array([int(text[i : i + 2], 16) for i in (1, 3, 5)]) / 255


def linear(colour: str) -> NDArray[np.float64]:
    """A colour as linear-light reflectance, (3,)."""
    return decode(srgb(colour))


def decode(encoded: NDArray[np.float64]) -> NDArray[np.float64]:
    """sRGB to linear light (IEC 61966-2-1)."""
    return np.where(encoded <= 0.04045, encoded / 12.92, ((np.maximum(encoded, 0.04045) + 0.055) / 1.055) ** 2.4)


def encode(light: NDArray[Any]) -> NDArray[Any]:
    """Linear light to sRGB (IEC 61966-2-1)."""
    return np.where(light <= 0.0031308, light * 12.92, 1.055 * np.maximum(light, 0.0031308) ** (1 / 2.4) - 0.055)
