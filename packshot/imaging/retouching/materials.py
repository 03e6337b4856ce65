"""The materials of a picture: colours that belong together, through shadow and light.

A material is a curve in CIELAB: the a and b to expect at each lightness. It starts from one colour and the law that
holds for a constant reflectance in linear light (chroma grows with L + 16), and is then drawn through the colours that
follow it, as in robust curve fitting: members → curve → members. A colour belongs by its distance from the curve, in
the units of CIE94 (chroma and hue weighted by chroma), inside the range of lightness that the material reaches without
a gap. Highlights of coloured materials belong too: they lie on the line from the material to white (the dichromatic
model, Shafer 1985). Departures: chroma is weighted less than half as much as in CIE94, so that skin is no pale orange;
greys have no hue, so there the range of lightness alone decides.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Lab = tuple[float, float, float]
Array = NDArray[np.float32]
Points = NDArray[np.float32]  # (count, 3) Lab

STEP = 4.0  # lightness between two nodes of a curve
NODES = np.arange(0, 101, STEP, dtype=np.float32)
CELL = 8.0  # side of a histogram cell, Lab units
ROUNDS = 3  # members → curve → members
CANDIDATES = 6  # materials told apart in one region
BLACK = 12.0  # lightness below which everything may be a shadow of something dark
DARKER = 0.7  # least factor by which a tolerance shrinks in the dark
SKIN_WEIGHT = 0.4  # how much a skin-like colour counts when the dominant one is chosen
MOSTLY = 0.65  # share from which a skin-like colour is the product's own
FOLLOW = 0.9  # membership from which a colour may draw the curve
PALER = 0.02  # by which a difference of chroma counts less, for each unit of chroma
NEUTRAL_CHROMA = 9.0  # below this chroma a material has no hue to go by
FARTHEST = 30.0  # how far a material may lie from the colour asked for and still be taken for it
SMALLEST = 0.004  # share of the region below which a colour counts as not found


@dataclass(frozen=True, eq=False)
class Material:
    """A colour and how it behaves in shadow and light.

    lab: its mean CIELAB colour. share: part of the region that has it. low, high: the lightness it reaches.
    a, b: expected at `NODES`.
    """

    lab: Lab
    share: float
    low: float
    high: float
    a: Array
    b: Array

    @property
    def coloured(self) -> bool:
        """Whether it has a hue to go by."""
        return float(np.hypot(self.lab[1], self.lab[2])) > NEUTRAL_CHROMA

    @property
    def weight(self) -> float:
        """Its share; what could be skin counts less, as garments are often shown worn, unless it is most of it all."""
        return self.share * (SKIN_WEIGHT if self.share < MOSTLY and _like_skin(self.lab) else 1.0)


def find_all(points: Points, tolerance: float) -> list[Material]:
    """The materials among Lab colours `(count, 3)`, largest first: at most `CANDIDATES`, none below 1 % of them."""
    rest, found = points, []
    for _ in range(CANDIDATES):
        if len(rest) < max(1, 0.02 * len(points)):
            break
        one = _grown(rest, _mode(rest), tolerance)
        if one is None:
            break
        one = replace(one, share=one.share * len(rest) / len(points))
        if one.share > 0.01:
            found.append(one)
        rest = rest[membership(rest, one, tolerance) < 0.5]
    return sorted(found, key=lambda m: -m.share)


def dominant(materials: list[Material]) -> Material | None:
    """The material of the largest weight."""
    return max(materials, key=lambda m: m.weight, default=None)


def nearest(points: Points, materials: list[Material], source: Lab, tolerance: float) -> Material | None:
    """The material closest to a Lab colour, lightness counted half; None if there is none within `FARTHEST`."""
    exact = _grown(points, np.array(source, dtype=np.float32), tolerance)
    choice = [m for m in (*materials, exact) if m is not None and _apart(m.lab, source) < FARTHEST]
    return min(choice, key=lambda m: _apart(m.lab, source), default=None)


def rivals(material: Material, materials: list[Material], tolerance: float) -> tuple[Material, ...]:
    """Those of the materials that are plainly different from this one."""
    centres = np.array([m.lab for m in materials], dtype=np.float32).reshape(-1, 3)
    return tuple(
        m
        for m, far in zip(materials, distance(centres, material), strict=True)
        if m is not material and far > 1.2 * tolerance
    )


def membership(points: Points, material: Material, tolerance: float, others: tuple[Material, ...] = ()) -> Array:
    """How far each colour `(count, 3)` belongs to the material: `(count,)`, 1 = surely, 0 = not at all.

    Sure within the tolerance, gone at 1.5 times; where a rival lies nearer, the colour is the rival's.
    """
    far = distance(points, material) / tolerance
    result: Array = np.clip(3 - 2 * far, 0, 1)
    for rival in others:
        result *= np.clip((distance(points, rival) / tolerance - far) * 2 + 0.5, 0, 1)
    return result


def distance(points: Points, material: Material) -> Array:
    """Distance of each colour `(count, 3)` from the material's curve, CIE94 units, larger in the dark: `(count,)`."""
    L = points[:, 0]
    along, across, C = _offset(points, material)
    if material.coloured:
        along = _forgive_highlights(along, across, C, L, material)
    outside = np.maximum(np.maximum(material.low - L, L - material.high), 0)
    result: Array = np.hypot(along / (1 + PALER * C), across / (1 + 0.015 * C)) / _darker(L, material) + outside
    return result


def same_hue(points: Points, material: Material, tolerance: float) -> NDArray[np.bool_]:
    """Which colours have the hue of a coloured material, however pale or deep: `(count,)`; none for greys."""
    if not material.coloured:
        return np.zeros(len(points), dtype=bool)
    along, across, C = _offset(points, material)
    near: NDArray[np.bool_] = np.abs(across) / (1 + 0.015 * C) < 0.8 * tolerance * _darker(points[:, 0], material)
    return near & (along + C > NEUTRAL_CHROMA)


def _offset(points: Points, material: Material) -> tuple[Array, Array, Array]:
    """How much too strong (+) or too pale (-) a colour is, how far off in hue, and the chroma to expect."""
    L, a, b = points.T
    place = np.clip(L, 0, 99.99) / np.float32(STEP)
    node = place.astype(np.int64)
    part = place - node
    want_a, want_b = (x[node] + part * (x[node + 1] - x[node]) for x in (material.a, material.b))
    C = np.maximum(np.hypot(want_a, want_b), np.float32(1e-3))
    east = np.where(C > 1e-2, want_a / C, 1)  # direction of the hue; any will do for an exact grey
    north = np.where(C > 1e-2, want_b / C, 0)
    gap_a, gap_b = a - want_a, b - want_b
    return gap_a * east + gap_b * north, gap_b * east - gap_a * north, C


def _darker(L: Array, material: Material) -> Array:
    """Colours lie closer together in the dark: the factor by which a tolerance shrinks."""
    factor: Array = np.clip((L + 8) / np.float32(material.lab[0] + 8), DARKER, 1)
    return factor


def _forgive_highlights(along: Array, across: Array, C: Array, L: Array, material: Material) -> Array:
    """Paleness is no distance where white light on this material would look just so."""
    paleness = np.clip(-along / C, 0, 1)
    on_line = material.lab[0] + paleness * (100 - material.lab[0])
    excused = np.clip((L - on_line) / 6, 0, 1) * np.clip(2 - np.abs(across) / 4, 0, 1)
    result: Array = np.where(along < 0, along * (1 - excused), along)
    return result


def _mode(points: Points) -> Array:
    """The colour around which most points lie: the peak of a smoothed Lab histogram."""
    cells = np.floor((points + np.array([0, 128, 128], dtype=np.float32)) / CELL).astype(np.int64)
    shape = (14, 32, 32)
    flat = np.ravel_multi_index(tuple(np.clip(cells, 0, np.array(shape) - 1).T), shape)
    counts = np.bincount(flat, minlength=int(np.prod(shape))).reshape(shape).astype(np.float32)
    for axis in range(3):
        counts = counts * 0.5 + (np.roll(counts, 1, axis) + np.roll(counts, -1, axis)) * 0.25
    peak = np.array(np.unravel_index(int(counts.argmax()), shape))
    near = (np.abs(cells - peak) <= 1).all(1)
    middle: Array = np.median(points[near] if near.any() else points, axis=0)
    return middle


def _grown(points: Points, seed: Array, tolerance: float) -> Material | None:
    """The material that begins at a seed colour, drawn through the points that follow it."""
    gap = points - seed
    near = points[np.hypot(gap[:, 0] * 0.5, np.hypot(gap[:, 1], gap[:, 2])) < 1.2 * tolerance]
    if len(near) < max(4, SMALLEST * len(points)):
        return None
    material = _drawn(near, len(points), 0.0, 100.0, tolerance)
    for _ in range(ROUNDS):
        follows = points[membership(points, replace(material, low=0.0, high=100.0), tolerance) > FOLLOW]
        low, high = _reach(follows[:, 0], material.lab[0])
        inside = follows[(follows[:, 0] >= low) & (follows[:, 0] <= high)]
        if len(inside) < 4:
            return None
        material = _drawn(inside, len(points), low, high, tolerance)
    return material


def _drawn(members: Points, total: int, low: float, high: float, tolerance: float) -> Material:
    L, a, b = members.mean(0).tolist()
    wander = tolerance / 2 if np.hypot(a, b) < NEUTRAL_CHROMA else np.inf
    return Material((L, a, b), len(members) / total, low, high, *_curve(members, (L, a, b), wander))


def _curve(points: Points, middle: Lab, wander: float) -> tuple[Array, Array]:
    """a and b expected at `NODES`: medians of the points; beyond them on by the law of constant reflectance.

    wander: how far the curve may leave the law; greys that strayed further would pick up coloured things.
    """
    law = np.minimum((NODES + 16) / (middle[0] + 16), 1 + (NODES - middle[0]).clip(0) / 200)
    law = law * np.clip((104 - NODES) / (104 - min(middle[0], 90.0)), 0.02, 1)
    node = np.clip(np.round(points[:, 0] / STEP), 0, len(NODES) - 1).astype(np.int64)
    counts = np.bincount(node, minlength=len(NODES))
    known = np.flatnonzero(counts >= max(3, 0.003 * len(points)))
    if len(known) == 0:
        known = np.array([int(counts.argmax())])
    ratio = np.array([np.median(points[node == k, 1:], axis=0) / law[k] for k in known])  # known, 2
    curves = []
    for channel in range(2):
        values = np.interp(np.arange(len(NODES)), known, ratio[:, channel]) * law
        values = np.clip(values, law * middle[channel + 1] - wander, law * middle[channel + 1] + wander)
        padded = np.pad(values, 1, mode="edge")
        curves.append(((padded[:-2] + 2 * padded[1:-1] + padded[2:]) / 4).astype(np.float32))
    return curves[0], curves[1]


def _reach(lightness: Array, start: float) -> tuple[float, float]:
    """The range of lightness around `start` that is populated without a gap."""
    counts = np.bincount(np.clip(lightness / STEP, 0, 25).astype(np.int64), minlength=26)
    smooth = np.convolve(np.pad(counts, 1, mode="edge"), [0.25, 0.5, 0.25], mode="valid")
    first = max(0, int(np.clip(start / STEP, 0, 25)) - 2)
    first += int(smooth[first : first + 5].argmax())
    low = STEP * _walk(smooth, first, -1)
    return low if low > BLACK else 0.0, STEP * _walk(smooth, first, 1) + STEP


def _walk(counts: NDArray[np.float64], first: int, step: int) -> int:
    """From a peak outwards, until hardly anything is left or another peak begins."""
    peak, least, at = counts[first], counts[first], first
    while 0 <= at + step < len(counts):
        following = counts[at + step]
        if following < 0.015 * peak or (following > 2 * least + 2 and least < 0.25 * peak):
            break
        least = min(least, following)
        at += step
    return at


def _apart(lab: Lab, other: Lab) -> float:
    return float(np.hypot((lab[0] - other[0]) * 0.5, np.hypot(lab[1] - other[1], lab[2] - other[2])))


def _like_skin(lab: Lab) -> bool:
    """Whether a colour could be human skin: hue 30° to 75°, middling chroma (wide, so that no one is left out)."""
    hue, chroma = np.degrees(np.arctan2(lab[2], lab[1])), np.hypot(lab[1], lab[2])
    return bool(30 <= hue <= 75 and 10 <= chroma <= 42 and 18 <= lab[0] <= 88)
