"""The recipe: one training picture and its exact opacity, from a stock, a seed and a place in the stream alone.

Cut and paste as in Dwibedi, Misra & Hebert, "Cut, Paste and Learn" (2017), in linear light, with shadows, reflections,
spilt light and a camera; opacity is that of compositing (Porter & Duff 1984, eq. for `over`).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from packshot.catalogue.composing import grounds, light, placing
from packshot.catalogue.composing.camera import photographed
from packshot.catalogue.composing.light import Bytes, Floats, Random
from packshot.catalogue.composing.stock import Stock
from packshot.errors import ParameterError

Shares = tuple[tuple[str, float], ...]
GROUNDS: Shares = (
    ("photo", 0.42), ("white", 0.22), ("black", 0.06), ("grey", 0.1), ("colour", 0.14), ("leaves", 0.06),
)  # fmt: skip


SCENES = 200  # from which a stock's scenes are varied enough for their whole share


@dataclass(frozen=True)
class Recipe:
    """Shares of pictures. scene: whole photographs with a matte; fewer where the stock has not SCENES of them. empty:
    without a product.

    several: two to four products. toned: white on white, black on black. glass: seen through. shadow: of a studio
    ground; grounds: kinds and their shares.
    """

    scene: float = 0.2
    empty: float = 0.04
    several: float = 0.15
    toned: float = 0.1
    glass: float = 0.02
    shadow: float = 0.85
    grounds: Shares = field(default=GROUNDS)


class Composer:
    """Composes the pictures of a stock. test: of the pieces that training never sees.

    Raises ParameterError for a stock without cut-outs and scenes.
    """

    def __init__(
        self, stock: Stock, side: int, seed: int = 0, recipe: Recipe | None = None, test: bool = False
    ) -> None:
        if side < 16:
            raise ParameterError(f"side: expected at least 16 px, got {side}")
        self.stock, self.side, self.seed, self.recipe = stock, side, seed, recipe or Recipe()
        self.cutouts, self.scenes = stock.numbers("cutout", test), stock.numbers("scene", test)
        self.grounds = stock.numbers("ground", test) or stock.numbers("ground")
        self.groups, self.weights = _grouped(stock, self.cutouts)
        self.scene_share = self.recipe.scene * min(1.0, len(self.scenes) / SCENES) if self.cutouts else 1.0
        if not self.cutouts and not self.scenes:
            raise ParameterError(f"{stock.folder}: holds no cut-out{' of the split test' if test else ''}")

    def picture(self, place: int, side: int = 0) -> tuple[Bytes, Bytes]:
        """`(s, s, 3)` sRGB and `(s, s)` opacity of one place in the stream, bytes. side: 0 = the composer's own."""
        random, side = np.random.default_rng([self.seed, place]), side or self.side
        if self.scenes and random.random() < self.scene_share:
            return self._scene(random, side)
        tone = str(random.choice(["white", "black"])) if random.random() < self.recipe.toned else ""
        kind = tone or _one_of(self.recipe.grounds, random)
        products = self._products(tone, random, side)
        ground = self._ground(kind, random, side, empty=not products)
        front, alpha = np.zeros_like(ground), np.zeros(ground.shape[:2], np.float32)
        drawn = kind not in ("photo", "leaves")
        for product in products:
            if random.random() < (self.recipe.shadow if drawn else 0.6):
                left_over = light.shadows(product.alpha, random)[..., None]
                ground, front = ground * left_over, front * left_over
            front = product.light + (1 - product.alpha[..., None]) * front
            alpha = product.alpha + (1 - product.alpha) * alpha
        if drawn and random.random() < 0.1:
            ground = light.reflected(front, alpha, ground, random)
        if random.random() < 0.2:
            front = light.wrapped(front, alpha, ground, random)
        seen = front + (1 - alpha[..., None]) * ground
        return photographed(seen, random), _bytes(alpha)

    def _products(self, tone: str, random: Random, side: int) -> list[placing.Placed]:
        if random.random() < self.recipe.empty:
            return []
        count = int(random.integers(2, 5)) if random.random() < self.recipe.several else 1
        found = []
        for _ in range(count):
            group = self.groups[int(random.choice(len(self.groups), p=self.weights))]
            cutout = self.stock[group[int(random.integers(len(group)))]]
            most = 1.1 if count == 1 else 0.6
            share = most * random.uniform(0.2, 1.0) ** 0.6
            product = placing.placed(cutout, side, share, random, tone)
            found.append(placing.glassy(product, random) if random.random() < self.recipe.glass else product)
        return found

    def _ground(self, kind: str, random: Random, side: int, empty: bool) -> Floats:
        """Of a kind. empty: photographs of grounds may show things, so they are made unrecognisable."""
        if kind in ("photo", "leaves"):
            known = [n for n in self.grounds if (self.stock.pieces[n].source == "leaves") == (kind == "leaves")]
            if known:
                picture = self.stock[known[int(random.integers(len(known)))]]
                ground = grounds.photographed(picture, side, random)
                ground = light.blurred(ground, random.uniform(0.05, 0.12) * side) if empty else ground
                return ground * np.float32(np.exp(random.normal(0, 0.25)))
            kind = "colour"
        return grounds.studio(kind, side, random)

    def _scene(self, random: Random, side: int) -> tuple[Bytes, Bytes]:
        """A whole photograph with its matte: a part of it, mirrored, through another camera."""
        scene = self.stock[self.scenes[int(random.integers(len(self.scenes)))]]
        h, w = scene.shape[:2]
        high, wide = (int(max(8, n * random.uniform(0.75, 1.0))) for n in (h, w))
        top, left = int(random.integers(h - high + 1)), int(random.integers(w - wide + 1))
        part = scene[top : top + high, left : left + wide]
        part = np.ascontiguousarray(part[:, ::-1] if random.random() < 0.5 else part)
        how = cv2.INTER_AREA if min(high, wide) > side else cv2.INTER_LINEAR
        seen = cv2.resize(light.linear(part[..., :3]), (side, side), interpolation=how)
        alpha = cv2.resize(part[..., 3], (side, side), interpolation=how)
        return photographed(seen, random), alpha


def _grouped(stock: Stock, numbers: list[int]) -> tuple[list[list[int]], NDArray[np.float64]]:
    """Pieces of one origin together, and how often each origin is taken: as the root of how many pieces it has."""
    groups: dict[tuple[str, str], list[int]] = {}
    for number in numbers:
        piece = stock.pieces[number]
        groups.setdefault((piece.licence, piece.source), []).append(number)
    roots = np.sqrt([len(group) for group in groups.values()])
    return list(groups.values()), roots / max(roots.sum(), 1e-9)


def _one_of(shares: Shares, random: Random) -> str:
    names = [name for name, _ in shares]
    weights = np.array([share for _, share in shares])
    return names[int(random.choice(len(names), p=weights / weights.sum()))]


def _bytes(alpha: Floats) -> Bytes:
    found: Bytes = np.clip(alpha * 255 + 0.5, 0, 255).astype(np.uint8)
    return found
