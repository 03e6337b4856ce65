"""Outlines of products drawn by code: filled shapes `(s, s)` of 0 and 255, with holes, straps, rings and thin legs.

An outline = one function `(side, random) -> mask` and one line in OUTLINES.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from packshot.catalogue.composing.light import Bytes, Random

Points = NDArray[np.float64]
FINE = 4  # bits of a pixel's fraction that points are given with


def filled(mask: Bytes, points: Points, value: int = 255) -> None:
    """Fill a polygon; points (n, 2), x first, px."""
    cv2.fillPoly(mask, [np.rint(points * 2**FINE).astype(np.int32)], value, cv2.LINE_AA, FINE)


def lined(mask: Bytes, points: Points, thick: float, closed: bool = False, value: int = 255) -> None:
    """Draw along points."""
    line = [np.rint(points * 2**FINE).astype(np.int32)]
    cv2.polylines(mask, line, closed, value, max(1, round(thick)), cv2.LINE_AA, FINE)


def moved(points: Points, right: float) -> Points:
    """Points so far to the right."""
    found: Points = points + np.array([right, 0.0])
    return found


def smooth(points: Points, count: int = 160) -> Points:
    """A closed curve through points: periodic, the higher frequencies left out."""
    spectrum = np.fft.fft(points[:, 0] + 1j * points[:, 1])
    wide = np.zeros(count, np.complex128)
    half = (len(points) - 1) // 2
    wide[: half + 1], wide[-half:] = spectrum[: half + 1], spectrum[-half:]
    curve = np.fft.ifft(wide) * count / len(points)
    return np.stack([curve.real, curve.imag], 1)


def round_points(side: int, random: Random, count: int, rough: float, flat: float = 1.0) -> Points:
    """Points around the middle at varying distance."""
    angles = np.linspace(0, 2 * np.pi, count, endpoint=False)
    radius = 0.36 * side * np.exp(random.normal(0, rough, count))
    radius = np.minimum(radius, 0.48 * side)
    return side / 2 + np.stack([radius * np.cos(angles), flat * radius * np.sin(angles)], 1)


def blob(side: int, random: Random) -> Bytes:
    """Any rounded body, sometimes with a hole."""
    mask = np.zeros((side, side), np.uint8)
    filled(mask, smooth(round_points(side, random, int(random.integers(5, 12)), 0.25, random.uniform(0.5, 1))))
    if random.random() < 0.25:
        hole = (smooth(round_points(side, random, 7, 0.2)) - side / 2) * random.uniform(0.15, 0.4) + side / 2
        filled(mask, hole, 0)
    return mask


def carton(side: int, random: Random) -> Bytes:
    """A box or a book seen from an edge, or a flat card."""
    mask = np.zeros((side, side), np.uint8)
    wide, high = random.uniform(0.15, 0.44, 2) * side
    depth = random.uniform(0, 0.3) * side if random.random() < 0.7 else 0.0
    up = random.uniform(0.2, 0.6) * depth
    x, y = side / 2 - (wide + depth) / 2, side / 2 - (high + up) / 2 + up
    corners = [(x, y), (x + depth, y - up), (x + depth + 2 * wide - wide, y - up), (x + wide + depth, y - up + high),
               (x + wide, y + high), (x, y + high)]  # fmt: skip
    filled(mask, np.array(corners))
    return mask


def vessel(side: int, random: Random) -> Bytes:
    """Bottles, jars, cups, vases: a profile mirrored; a handle by chance."""
    mask = np.zeros((side, side), np.uint8)
    count = int(random.integers(4, 9))
    heights = np.linspace(0.06, 0.94, count) * side
    radii = random.uniform(0.06, 0.32, count) * side
    fine = np.linspace(heights[0], heights[-1], 60)
    radius = np.interp(fine, heights, radii)
    radius = np.convolve(np.pad(radius, 5, "edge"), np.ones(11) / 11, "valid") if random.random() < 0.8 else radius
    left = np.stack([side / 2 - radius, fine], 1)
    if random.random() < 0.3:
        at = heights[count // 2], side / 2 + radii[count // 2]
        size = (round(0.16 * side), round(random.uniform(0.1, 0.25) * side))
        thick = max(2, round(random.uniform(0.015, 0.05) * side))
        cv2.ellipse(mask, (round(at[1]), round(at[0])), size, 0, -90, 90, 255, thick, cv2.LINE_AA)
    filled(mask, np.concatenate([left, np.stack([side / 2 + radius, fine], 1)[::-1]]))
    return mask


def ring(side: int, random: Random) -> Bytes:
    """Rings, bracelets, frames of glasses, chains of beads."""
    mask = np.zeros((side, side), np.uint8)
    count = 2 if random.random() < 0.25 else 1
    size = np.array([random.uniform(0.2, 0.44), random.uniform(0.08, 0.44)]) * side / count
    thick = max(2.0, float(np.exp(random.uniform(np.log(0.008), np.log(0.12)))) * side)
    angles = np.linspace(0, 2 * np.pi, 120, endpoint=False)
    turn = random.uniform(0, np.pi) if count == 1 else 0.0
    for number in range(count):
        centre = side / 2 + (np.array([(number - 0.5) * 2.2 * size[0], 0]) if count == 2 else 0)
        circle = np.stack([size[0] * np.cos(angles), size[1] * np.sin(angles)], 1)
        across = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
        points = circle @ across.T + centre
        if random.random() < 0.3:
            for point in points[:: max(1, int(120 * 1.3 * thick / (2 * np.pi * size.mean() + 1)))]:
                cv2.circle(mask, np.rint(point).astype(int).tolist(), max(2, round(0.8 * thick)), 255, -1, cv2.LINE_AA)
        else:
            lined(mask, points, thick, closed=True)
    if count == 2:
        lined(mask, np.array([[-0.15, 0.0], [0.15, 0.0]]) * size[0] + side / 2, thick)
    return mask


def bag(side: int, random: Random) -> Bytes:
    """A body with one or two straps, their holes open."""
    mask = np.zeros((side, side), np.uint8)
    top, bottom = random.uniform(0.35, 0.55) * side, 0.93 * side
    upper, lower = random.uniform(0.15, 0.4, 2) * side
    corners = np.array([[-upper, top], [upper, top], [lower, bottom], [-lower, bottom]])
    filled(mask, moved(corners, side / 2))
    for _ in range(int(random.integers(1, 3))):
        wide, high = random.uniform(0.4, 0.95) * upper, random.uniform(0.4, 0.95) * top
        t = np.linspace(0, np.pi, 60)
        bend = random.uniform(0.5, 1.5)
        arc = np.stack([side / 2 - wide * np.cos(t), top - high * np.sin(t) ** bend + 2], 1)
        lined(mask, arc, max(2.0, random.uniform(0.008, 0.04) * side))
    return mask


def garment(side: int, random: Random) -> Bytes:
    """A shirt, a dress or trousers, laid flat."""
    mask = np.zeros((side, side), np.uint8)
    s, r = side / 2, random
    neck, shoulder, waist, hem = r.uniform(0.06, 0.14), r.uniform(0.2, 0.3), r.uniform(0.14, 0.26), r.uniform(0.16, 0.4)
    sleeve, drop, cuff = r.uniform(0.0, 0.18), r.uniform(0.1, 0.45), r.uniform(0.04, 0.1)
    if r.random() < 0.3:
        gap = r.uniform(0.01, 0.08)
        half = [(0, 0.08), (waist, 0.08), (waist + 0.04, 0.3), (hem * 0.6 + 0.1, 0.92), (gap, 0.92), (gap / 2, 0.42)]
    else:
        half = [(0, 0.1 + neck * r.uniform(0.2, 1)), (neck, 0.08), (shoulder, 0.12),
                (shoulder + sleeve, 0.12 + drop), (shoulder + sleeve - cuff, 0.14 + drop), (waist, 0.3),
                (hem, 0.92), (0, 0.92 + 0.02 * r.normal())]  # fmt: skip
    points = np.array(half) * side + r.normal(0, 0.006 * side, (len(half), 2))
    other = points[::-1] * np.array([-1, 1])
    filled(mask, moved(np.concatenate([points, other]), s))
    soft: Bytes = np.asarray(cv2.GaussianBlur(mask, (0, 0), 0.008 * side))
    return soft


def rods(side: int, random: Random) -> Bytes:
    """Tools, pens, furniture on thin legs: bars that join."""
    mask = np.zeros((side, side), np.uint8)
    if random.random() < 0.5:
        points = side * np.array([[0.5, 0.05], [0.5, 0.95]]) + random.normal(0, 0.02 * side, (2, 2))
        lined(mask, points, random.uniform(0.02, 0.08) * side)
        size = (max(2, round(random.uniform(0.06, 0.3) * side)), max(2, round(random.uniform(0.04, 0.15) * side)))
        cv2.ellipse(mask, (side // 2, round(0.16 * side)), size, float(random.uniform(0, 180)), 0, 360, 255, -1)
        return mask
    level = random.uniform(0.3, 0.6) * side
    wide = random.uniform(0.2, 0.42) * side
    lined(mask, moved(np.array([[-wide, level], [wide, level]]), side / 2), random.uniform(0.03, 0.12) * side)
    thick = random.uniform(0.012, 0.04) * side
    for place in random.uniform(0.6, 1, 2).tolist() + random.uniform(-1, -0.6, 2).tolist():
        foot = place * wide * random.uniform(0.9, 1.2)
        lined(mask, moved(np.array([[place * wide * 0.9, level], [foot, 0.95 * side]]), side / 2), thick)
    if random.random() < 0.5:
        back = moved(np.array([[-wide, level], [-wide, 0.06 * side], [wide, 0.06 * side], [wide, level]]), side / 2)
        lined(mask, back, 1.3 * thick)
    return mask


def star(side: int, random: Random) -> Bytes:
    """Stars, gears, flowers, sometimes with a hole in the middle."""
    mask = np.zeros((side, side), np.uint8)
    teeth = int(random.integers(3, 16))
    angles = np.linspace(0, 2 * np.pi, 2 * teeth, endpoint=False) + random.uniform(0, np.pi)
    radius = np.where(np.arange(2 * teeth) % 2, random.uniform(0.4, 0.9), 1.0) * 0.45 * side
    filled(mask, side / 2 + np.stack([radius * np.cos(angles), radius * np.sin(angles)], 1))
    if random.random() < 0.4:
        cv2.circle(mask, (side // 2, side // 2), round(random.uniform(0.05, 0.15) * side), 0, -1, cv2.LINE_AA)
    return mask


OUTLINES: dict[str, Callable[[int, Random], Bytes]] = {
    "blob": blob,
    "carton": carton,
    "vessel": vessel,
    "ring": ring,
    "bag": bag,
    "garment": garment,
    "rods": rods,
    "star": star,
}
