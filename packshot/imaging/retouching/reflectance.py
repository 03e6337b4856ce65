"""A material in another colour under the same light: the model behind recolouring.

The dichromatic model (Shafer 1985), in linear light: a pixel is shading × reflectance + white highlight. Written by
luminance Y, a diffuse pixel of a material with colour c is `Y · (1 + f · v)`, where `v = c / Y(c) - 1` is the direction
of its tint and f how strong the tint is (1 = the material's own; less where white light veils it). Recolouring keeps f
(relative to what the material shows at that lightness), replaces v, and maps Y.

Mapping Y by one factor is wrong between dark and light materials: in a photo of black cloth, most of what is seen is
veil, not shading. What holds instead, measured on 245 pairs of photos of garments in two colours (both directions; the
training part of the benchmark; scripts/fit_recolouring.py), is that a fold changes CIELAB lightness by an amount that
depends on the lightness it starts from: `SWING`. So lightness is carried over by `u = ∫ dL / SWING(L)`: the new u is
the old u plus a constant. Going to a colour and back is then the identity. `FOLD_TINT`, `LIT_TINT`, `TEXTURE` are from
the same fit: folds are more strongly tinted than the law above says (light reflected twice), lit parts less.
Near the source colour all this gives way to plain gains per channel, so that no change asked is no change made.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from packshot.imaging.colour import RGB_TO_XYZ, lab_to_rgb, linear_to_srgb, rgb_to_lab, srgb_to_linear
from packshot.imaging.retouching.materials import NODES

Array = NDArray[np.float32]
Wide = NDArray[np.float64]
Lab = tuple[float, float, float]

SWING_AT = (0, 8, 16, 25, 40, 55, 70, 80, 90, 100)  # lightness
SWING = (0.366, 0.539, 0.715, 0.868, 1.0, 0.816, 0.645, 0.532, 0.315, 0.205)  # change of lightness by a fold, relative
FOLD_TINT = 0.14  # log of tint gained, 20 units of lightness below the mean
LIT_TINT = (0.33, 0.18)  # log of tint lost, 20 units above it: linear and quadratic
TEXTURE = 0.35  # how much of the tint's variation carries over (exponent)
VEILED = 0.65  # relative tint below which a bright pixel counts as partly highlight
NEAR = 6.0  # ΔE within which plain gains take over
GLOSS = 0.95  # share of the pixels that are diffuse; what is brighter keeps its surplus as white light
DIFFUSE = 0.98  # share of the pixels whose mean is steered to the target
STEPS = 1001  # entries of a table over lightness 0..100
PER_L = np.float32((STEPS - 1) / 100)
LIGHTNESS = np.linspace(0, 100, STEPS)
LUMA = np.array(RGB_TO_XYZ[1], dtype=np.float32)


class Source:
    """The old material, learned from samples of it: linear light `(3, 1, count)`."""

    def __init__(self, samples: Array, keep_highlights: bool) -> None:
        self.samples, self.keep_highlights = samples, keep_highlights
        Y = _luma(samples)
        L = _lightness(Y)
        self.index = L * PER_L
        self.gloss = float(np.quantile(L, GLOSS)) if keep_highlights else 100.0
        self.diffuse = (np.quantile(L, DIFFUSE) >= L - 1)[0] if keep_highlights else np.ones(L.shape[1], dtype=bool)
        self.mean = mean_lab(samples[:, :, self.diffuse])
        self.colour = _linear(self.mean)
        self.direction = self.colour / (LUMA @ self.colour) - 1
        self.grip = float(np.clip((np.hypot(*self.mean[1:]) - 6) / 14, 0, 1))  # 0 = grey: no tint to go by
        usual = usual_tint(self.tint(samples, Y), L)
        self.per_tint = (1 / np.interp(LIGHTNESS, NODES, usual)).astype(np.float32)

    def tint(self, linear: Array, Y: Array) -> Array:
        """f: how strongly each pixel is tinted in the direction of the material."""
        size = max(float(self.direction @ self.direction), 1e-4)
        along = np.tensordot(self.direction / np.float32(size), linear, 1)
        result: Array = along / np.maximum(Y, np.float32(1e-3)) - self.direction.sum() / np.float32(size)
        return result


@dataclass(frozen=True, eq=False)
class Target:
    """The new material: tables over the old lightness (`STEPS` entries from 0 to 100), and what holds for all of it.

    Y: new luminance. tint, most_tint, wish: strength of the new tint as given, as sRGB can show, as wished.
    direction: v of the new colour. nearness, gain: how near the source the target is, and plain gains to reach it.
    """

    Y: Array
    tint: Array
    most_tint: Array
    wish: Array
    direction: Array
    nearness: float
    gain: Array


def target_of(source: Source, to: Lab, aim: Lab) -> Target:
    """Tables that take the source's mean to `to`; nearness is judged by `aim`, which does not move while steering."""
    new_L = _carried(LIGHTNESS, source.mean[0], to[0])
    full_Y = _from_lightness(new_L)
    dull = np.maximum(np.minimum(full_Y, np.interp(source.gloss, LIGHTNESS, full_Y)), 1e-5)
    surplus = np.maximum(_from_lightness(LIGHTNESS) - np.interp(source.gloss, LIGHTNESS, _from_lightness(LIGHTNESS)), 0)
    new_Y = np.minimum(dull + surplus, 1)
    dull_L = np.minimum(new_L, np.interp(source.gloss, LIGHTNESS, new_L))
    fold, lit = np.maximum(to[0] - dull_L, 0) / 20, np.maximum(dull_L - to[0], 0) / 20
    wish = np.exp(np.clip(FOLD_TINT * fold - LIT_TINT[0] * lit - LIT_TINT[1] * lit**2, -4, 1)) * dull / new_Y
    colour = _linear(to)
    direction = colour / (LUMA @ colour) - 1
    most = np.minimum((1 / new_Y - 1) / max(float(direction.max()), 1e-4), 1 / max(float(-direction.min()), 1e-4))
    nearness = float(np.exp(-((np.linalg.norm(np.subtract(aim, source.mean)) / NEAR) ** 2)))
    gain = (colour / np.maximum(source.colour, 2e-3)).astype(np.float32)
    Y, tint, most, wish = (x.astype(np.float32) for x in (new_Y, np.minimum(wish, most), most, wish))
    return Target(Y, tint, most, wish, direction, nearness, gain)


def _carried(L: Wide, old: float, new: float) -> Wide:
    """Lightness, carried from a material of mean lightness `old` to one of `new`."""
    slow = 1 / np.interp(LIGHTNESS, SWING_AT, SWING)
    u = np.concatenate([[0], np.cumsum((slow[1:] + slow[:-1]) / 2)])
    place = np.interp(L, LIGHTNESS, u) + np.interp(new, LIGHTNESS, u) - np.interp(old, LIGHTNESS, u)
    result: Wide = np.interp(place, u, LIGHTNESS)
    return result


def painted(source: Source, target: Target, linear: Array) -> Array:
    """The old material in the new colour, linear light `(3, h, w)` → `(3, h, w)`; may leave `[0, 1]` slightly."""
    Y = _luma(linear)
    index = _lightness(Y) * PER_L
    tint = source.tint(linear, Y)
    relative = np.clip(tint * look_up(source.per_tint, index), 0.02, 2)
    strength = look_up(target.tint, index)
    if source.grip > 0:
        strength *= cv2.pow(relative, TEXTURE * source.grip)
        np.minimum(strength, look_up(target.most_tint, index), out=strength)
    new_Y = look_up(target.Y, index)
    strength *= new_Y
    result = new_Y + strength * target.direction[:, None, None]
    if source.keep_highlights and source.grip > 0:
        veil = _veil(source, index, relative)
        result += veil * (linear - (Y * tint) * source.direction[:, None, None] - result)
    if target.nearness > 0.01:
        result += np.float32(target.nearness) * (linear * target.gain[:, None, None] - result)
    return result


def _veil(source: Source, index: Array, relative: Array) -> Array:
    """Where a bright pixel is pale, part of it is white light reflected at the surface, and stays: how much."""
    above = np.clip((index / PER_L - np.float32(source.mean[0] + 4)) / 10, 0, 1)
    veil: Array = above * np.clip(1 - relative / np.float32(VEILED), 0, 1) * np.float32(source.grip)
    return veil


def usual_tint(tint: Array, L: Array) -> Array:
    """The median tint of the samples at `NODES`, leaning on 1 where there are few."""
    node = np.clip(np.round(L / 4), 0, len(NODES) - 1).astype(np.int64)
    usual = np.ones(len(NODES), dtype=np.float32)
    for k in np.unique(node):
        own = tint[node == k]
        usual[k] = (len(own) * np.median(own) + 20) / (len(own) + 20)
    padded = np.pad(usual, 1, mode="edge")
    smooth: Array = np.maximum((padded[:-2] + 2 * padded[1:-1] + padded[2:]) / 4, np.float32(0.1))
    return smooth


def _luma(linear: Array) -> Array:
    Y: Array = np.tensordot(LUMA, linear, 1)
    return Y


def _lightness(Y: Array) -> Array:
    root = cv2.pow(np.maximum(Y, np.float32(216 / 24389)), 1 / 3)
    return np.where(Y > 216 / 24389, 116 * root - 16, np.maximum(Y, 0) * np.float32(24389 / 27))


def _from_lightness(L: Wide) -> Wide:
    return np.where(L > 8, ((L + 16) / 116) ** 3, L * 27 / 24389)


def look_up(table: Array, index: Array) -> Array:
    """A table read at places `(h, w)` between 0 and its last entry, linearly."""
    found: Array = cv2.remap(
        table[None], index, np.zeros_like(index), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return found


def _linear(lab: Lab) -> Array:
    """Linear light `(3,)` of a Lab colour, brought into what sRGB can show."""
    rgb = lab_to_rgb(torch.tensor(lab, dtype=torch.float32).reshape(1, 3, 1, 1))
    return srgb_to_linear(rgb).clamp(min=1e-5).reshape(3).numpy()


def mean_lab(linear: Array) -> Lab:
    """Mean CIELAB colour of linear light `(3, h, w)`, clipped to what can be shown."""
    rgb = linear_to_srgb(torch.from_numpy(np.clip(linear, 0, 1)))[None]
    L, a, b = rgb_to_lab(rgb).mean((0, 2, 3)).tolist()
    return L, a, b
