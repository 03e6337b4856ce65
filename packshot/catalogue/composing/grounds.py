"""What a product stands before: photographs, leaves, and studio grounds drawn by code, as linear light `(s, s, 3)`."""

from __future__ import annotations

import cv2
import numpy as np

from packshot.catalogue.composing.light import Bytes, Floats, Random, blurred, linear

WHITE, BLACK, GREY, COLOUR = "white", "black", "grey", "colour"


def photographed(picture: Bytes, side: int, random: Random) -> Floats:
    """A crop of a photograph `(h, w, 3)`, mirrored and turned by chance, more or less out of focus."""
    h, w = picture.shape[:2]
    wide = int(max(16, min(h, w) * random.uniform(0.2, 0.8)))
    top, left = int(random.integers(h - wide + 1)), int(random.integers(w - wide + 1))
    crop = picture[top : top + wide, left : left + wide]
    crop = crop[:, ::-1] if random.random() < 0.5 else crop
    crop = np.rot90(crop, int(random.integers(4))) if random.random() < 0.3 else crop
    how = cv2.INTER_AREA if wide > side else cv2.INTER_LINEAR
    ground = cv2.resize(linear(np.ascontiguousarray(crop)), (side, side), interpolation=how)
    return blurred(ground, random.uniform(0.5, 0.02 * side + 0.5)) if random.random() < 0.35 else ground


def studio(kind: str, side: int, random: Random) -> Floats:
    """A sweep of paper: white, black, grey or coloured, lit unevenly, with or without a horizon; or two surfaces."""
    ground = np.empty((side, side, 3), np.float32)
    ground[:] = _paper(kind, random)
    if random.random() < 0.4:
        horizon = random.uniform(0.35, 0.85) * side
        slope = random.normal(0, 0.03)
        y, x = np.mgrid[:side, :side].astype(np.float32)
        floor = (y - slope * (x - side / 2)) > horizon
        other = _paper(kind if random.random() < 0.7 else COLOUR, random)
        if kind == WHITE:
            other = ground[0, 0] * np.float32(random.uniform(0.8, 1.05))
        share = blurred(floor.astype(np.float32), random.choice([0.5, 0.02 * side, 0.1 * side]))[..., None]
        ground += share * (other - ground)
    if kind != WHITE or random.random() < 0.6:
        ground *= _uneven(side, random)[..., None]
    if random.random() < 0.25:
        grain = random.normal(0, random.uniform(0.01, 0.08), (side, side)).astype(np.float32)
        ground *= 1 + blurred(grain, random.uniform(0.4, 1.5))[..., None] * 2
    return np.clip(ground, 0, 1.2)


def _paper(kind: str, random: Random) -> Floats:
    """Linear light of a surface."""
    if kind == WHITE:
        value = 1.0 if random.random() < 0.35 else random.uniform(0.7, 1.05)
        return np.float32(value) * (1 + random.normal(0, 0.015, 3)).astype(np.float32)
    if kind == BLACK:
        value = 0.0 if random.random() < 0.2 else random.uniform(0.0, 0.04)
        return np.full(3, value, np.float32) * (1 + random.normal(0, 0.1, 3)).astype(np.float32)
    if kind == GREY:
        return np.float32(random.uniform(0.05, 0.65)) * (1 + random.normal(0, 0.03, 3)).astype(np.float32)
    hue, saturation, value = random.uniform(0, 360), random.uniform(0.1, 0.9), random.uniform(0.15, 1.0)
    colour = cv2.cvtColor(np.array([[[hue, saturation, value]]], np.float32), cv2.COLOR_HSV2RGB)[0, 0]
    found: Floats = linear((colour * 255).astype(np.uint8))
    return found


def _uneven(side: int, random: Random) -> Floats:
    """Light that falls off: a slope and a pool."""
    y, x = np.mgrid[-1 : 1 : side * 1j, -1 : 1 : side * 1j].astype(np.float32)
    turn = random.uniform(0, 2 * np.pi)
    slope = random.uniform(0, 0.3) * (x * np.cos(turn) + y * np.sin(turn))
    cx, cy = random.uniform(-0.6, 0.6, 2)
    pool = random.uniform(0, 0.3) * ((x - cx) ** 2 + (y - cy) ** 2) / 2
    found: Floats = np.clip(1 + slope - pool, 0.1, 1.4).astype(np.float32)
    return found
