"""Pictures of the surfaces a small seller photographs on: planks, linen, paper. All drawn from random numbers.

Each function gives `Texture(colour (h, w, 3) linear, height (h, w) cm)`; row 0 is the far edge (v = 1).
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from packshot.catalogue.toyshop.paint.palette import linear

Map = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Texture:
    """colour: (h, w, 3) linear reflectance. height: (h, w) relief in cm."""

    colour: Map
    height: Map


def noise_map(rng: Generator, shape: tuple[int, int], cells: tuple[float, float]) -> Map:
    """Smooth noise in about [-1, 1] with `cells` = (rows, columns) random values over the map."""
    grid = rng.uniform(-1, 1, (int(cells[0]) + 3, int(cells[1]) + 3)).astype(np.float32)
    return np.asarray(cv2.resize(grid, shape[::-1], interpolation=cv2.INTER_CUBIC), np.float32)


def planks(rng: Generator, shape: tuple[int, int], size: tuple[float, float], tone: str = "natural") -> Texture:
    """Boards along x with plain-sawn grain, gaps and a few knots' worth of waver. size: (depth, width) cm."""
    (rows, columns), (depth, width) = shape, size
    y = np.linspace(depth, 0, rows, dtype=np.float32)[:, None]
    x = np.linspace(0, width, columns, dtype=np.float32)[None, :]
    edges = np.cumsum(rng.uniform(8, 13, int(depth / 8) + 2)) - rng.uniform(0, 8)
    board = np.searchsorted(edges, y[:, 0])
    colour, height = np.empty((*shape, 3), np.float32), np.empty(shape, np.float32)
    base = linear(tone)
    for number in np.unique(board):
        inside = board == number
        dark, relief = _board(rng, y[inside], x, width)
        gap = np.minimum(np.abs(y[inside] - edges[number]), np.abs(y[inside] - edges[max(number - 1, 0)]))
        seam = np.exp(-((gap / 0.07) ** 2))
        dark = dark + rng.uniform(-0.12, 0.14) + 1.6 * seam
        hue = np.array([0.75, 1.1, 1.6]) * (1 + 0.06 * rng.normal(size=3))
        colour[inside] = base * np.exp(-dark[..., None] * hue)
        height[inside] = relief - 0.08 * seam
    return Texture(np.clip(colour, 0.01, 0.85), height)


def _board(rng: Generator, y: Map, x: Map, width: float) -> tuple[Map, Map]:
    """Darkness and relief of one board: rings of a slightly inclined trunk cut lengthways."""
    shape = (y.shape[0], x.shape[1])
    waver = 0.5 * noise_map(rng, shape, (3, width / 14)) + 0.16 * noise_map(rng, shape, (5, width / 4))
    middle, sink = y.mean() + rng.uniform(-5, 5), rng.uniform(0.5, 3.5)
    radius = np.hypot(y - middle, sink + rng.uniform(-0.035, 0.035) * x) * rng.uniform(0.9, 1.3) + waver
    ring = radius / rng.uniform(0.45, 0.8)
    phase = ring % 1
    late = phase**2.5 * np.clip((1 - phase) / 0.12, 0, 1)
    fibre = noise_map(rng, shape, (shape[0] / 2.2, width / 1.6)) + 0.7 * noise_map(
        rng, shape, (shape[0] / 5, width / 5)
    )
    pores = np.clip(noise_map(rng, shape, (shape[0] / 1.6, width / 0.6)) - 0.55, 0, 1)
    cloud = noise_map(rng, shape, (2, width / 10))
    dark = 0.38 * late + 0.09 * fibre + 0.5 * pores + 0.09 * cloud
    return dark, (-0.004 * fibre - 0.02 * pores).astype(np.float32)


def linen(rng: Generator, shape: tuple[int, int], threads: int, colour: str) -> Texture:
    """Plain weave that repeats without a seam; each thread has its own thickness and shade."""
    rows, columns = shape
    v, u = np.mgrid[0:rows, 0:columns].astype(np.float32) / np.array([[[rows]], [[columns]]], np.float32)
    u = u + 0.12 / threads * np.sin(2 * np.pi * v * 3 + 1) + 0.1 / threads * _periodic(rng, shape)
    v = v + 0.12 / threads * np.sin(2 * np.pi * u * 2) + 0.1 / threads * _periodic(rng, shape)
    warp, weft = np.floor(u * threads).astype(int) % threads, np.floor(v * threads).astype(int) % threads
    thick = rng.uniform(0.75, 1.15, (2, threads))
    round_u = np.cos(np.pi * (u * threads % 1 - 0.5)) * thick[0][warp]
    round_v = np.cos(np.pi * (v * threads % 1 - 0.5)) * thick[1][weft]
    over = (warp + weft) % 2 == 0
    lift = np.where(over, round_u * (0.6 + 0.4 * round_v), round_v * (0.6 + 0.4 * round_u))
    shades = 1 + 0.1 * rng.normal(size=(2, threads))
    shade = np.where(over, shades[0][warp], shades[1][weft]) * (0.55 + 0.45 * np.clip(lift, 0, 1))
    tint = linear(colour) * shade[..., None] * (1 + 0.05 * _periodic(rng, shape)[..., None])
    return Texture(np.clip(tint, 0.01, 0.88).astype(np.float32), (0.018 * lift).astype(np.float32))


def paper(rng: Generator, shape: tuple[int, int], colour: str, size: tuple[float, float]) -> Texture:
    """Card from a roll: nearly even, with faint clouds, a few scuffs and specks, and a soft crease."""
    rows, columns = shape
    cloud = 0.02 * noise_map(rng, shape, (size[0] / 25, size[1] / 25)) + 0.012 * noise_map(
        rng, shape, (size[0] / 4, size[1] / 4)
    )
    tooth = noise_map(rng, shape, (rows / 2, columns / 2))
    shade = 1 + cloud + 0.012 * tooth
    for _ in range(int(rng.integers(25, 60))):
        centre = (int(rng.uniform(0, columns)), int(rng.uniform(0, rows)))
        radius, dark = int(rng.integers(1, 3)) * min(rows / 1536, 1), 1 - float(rng.uniform(0.72, 0.95))
        cv2.circle(shade, centre, max(round(radius), 1), 1 - dark * min(radius**2, 1.0), -1, cv2.LINE_AA)
    for _ in range(6):
        start, drift = rng.uniform(0, 1, 2) * (columns, rows), rng.normal(0, columns / 25, 2)
        ends = [tuple(int(c) for c in p) for p in (start, start + drift)]
        cv2.line(shade, ends[0], ends[1], float(rng.uniform(0.95, 1.04)), 1, cv2.LINE_AA)
    crease = 0.03 * np.exp(-(((np.arange(rows) / rows - rng.uniform(0.2, 0.5)) * size[0] / 0.5) ** 2))
    relief = 0.002 * tooth + crease[:, None] + 0.15 * noise_map(rng, shape, (size[0] / 30, size[1] / 30))
    return Texture(np.clip(linear(colour) * shade[..., None], 0.01, 0.9).astype(np.float32), relief.astype(np.float32))


def _periodic(rng: Generator, shape: tuple[int, int]) -> Map:
    """Smooth noise that repeats at the borders."""
    grid = rng.uniform(-1, 1, (16, 16)).astype(np.float32)
    wrapped = np.pad(grid, 4, mode="wrap")
    step_y, step_x = shape[0] // 16, shape[1] // 16
    large = cv2.resize(wrapped, (24 * step_x, 24 * step_y), interpolation=cv2.INTER_CUBIC)
    piece = large[4 * step_y : 20 * step_y, 4 * step_x : 20 * step_x]
    return np.asarray(cv2.resize(piece, shape[::-1], interpolation=cv2.INTER_LINEAR), np.float32)
