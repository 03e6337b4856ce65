"""What an edit did to a product: is it still the same one, and which attributes changed that were not to.

Identity is structural: where shapes and textures lie, whatever the colour. The first picture's luminance is told from
the second one's colours by the one mixture of channels (and the square of luminance) that fits best over the product,
so that a white one made black or navy is still itself. Each content map of a feature space, of the luminance and of
what was told, is centred over its places; identity is the cosine between the two, averaged over maps: 1 for the same
picture in any colour, about 0 for unrelated ones. Leakage is how far an attribute that was not asked for moved in the
eyes of a judge: half the sum of absolute differences of its probabilities, 0 to 1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from packshot import checkpoint
from packshot.errors import ModelError
from packshot.imaging import compare
from packshot.models import find
from packshot.models.features import FeatureSpace

KINDS = ("features", "attributes")  # networks that name attributes
LEAST_PX = 32  # that pictures are enlarged to before a judge sees them


def identity_but_colour(a: Tensor, b: Tensor, features: FeatureSpace, where: Tensor | None = None) -> float:
    """How much `b` is the same thing as `a`, whatever its colours.

    a, b: `(1, 3, h, w)` in [0, 1]. where: `(1, 1, h, w)`, what counts.
    """
    side = max(features.least, min(a.shape[2:]))
    if side > min(a.shape[2:]):
        a, b = (F.interpolate(x, size=(side, side), mode="bilinear") for x in (a, b))
    counted = torch.ones_like(a[:, :1]) if where is None else _fitted(where, a)
    with torch.no_grad():
        light = compare.luma(a)
        toned = _told_from(b, light, counted)
        pairs = [features.of_content(x.expand(-1, 3, -1, -1)) for x in (light, toned)]
    found = []
    for p, q in zip(*pairs, strict=True):
        weight = torch.ones_like(p[:, :1]) if where is None else _fitted(where, p)
        p, q = (_centred(x, weight) for x in (p, q))
        found.append(float(F.cosine_similarity(p.flatten(), q.flatten(), dim=0)))
    return sum(found) / max(1, len(found))


@dataclass(frozen=True)
class Judge:
    """A classifier that names attributes of pictures."""

    network: Any
    attributes: Mapping[str, Sequence[str]]
    name: str
    digest: str

    def shares(self, rgb: Tensor) -> dict[str, Tensor]:
        """Attribute → probabilities `(n, values)`, of pictures `(n, 3, h, w)` in [0, 1]."""
        if min(rgb.shape[2:]) < LEAST_PX:
            rgb = F.interpolate(rgb, size=(LEAST_PX, LEAST_PX), mode="bilinear")
        x = 2 * rgb - 1
        x = x.mean(1, keepdim=True) if int(self.network.config.channels) == 1 else x
        with torch.no_grad():
            logits = self.network(x)
        return {name: part.softmax(1) for name, part in zip(self.attributes, logits, strict=True)}

    def named(self, rgb: Tensor) -> list[dict[str, str]]:
        """The likeliest value of every attribute, for each picture."""
        shares = self.shares(rgb)
        return [
            {name: self.attributes[name][int(part[row].argmax())] for name, part in shares.items()}
            for row in range(len(rgb))
        ]


def judge_named(name: str) -> Judge:
    """The judge of a name or file. Raises WeightsNotFound, BadCheckpoint, and ModelError if it names no attributes."""
    path = find(name)
    return _judge(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=4)
def _judge(path: Path, changed: int) -> Judge:
    stored = checkpoint.read(path)
    attributes = stored.card.get("attributes")
    if stored.network not in KINDS or not attributes:
        raise ModelError(
            f"{path.name}: is a {stored.network}, expected a classifier of attributes such as toyshop-judge"
        )
    with torch.inference_mode(False):
        network = stored.build().requires_grad_(False)
    return Judge(network, attributes, path.stem, stored.digest)


def leakage(judge: Judge, before: Tensor, after: Tensor, asked: Sequence[str]) -> dict[str, float]:
    """Attribute that was not asked for → how far it moved, 0 to 1, from one picture `(1, 3, h, w)` to the other."""
    a, b = judge.shares(before), judge.shares(after)
    return {name: float((a[name] - b[name]).abs().sum(1).mean() / 2) for name in judge.attributes if name not in asked}


def obeyed(judge: Judge, after: Tensor, asked: Mapping[str, str]) -> dict[str, float]:
    """Attribute that was asked for → the probability that the judge gives its value, where it knows it."""
    shares = judge.shares(after)
    return {
        name: float(shares[name][0, list(judge.attributes[name]).index(value)])
        for name, value in asked.items()
        if value in judge.attributes.get(name, ())
    }


def _told_from(rgb: Tensor, like: Tensor, weight: Tensor) -> Tensor:
    """`(1, 1, h, w)`: 1, r, g, b and luma² of a picture in the mixture that comes nearest to `like`."""
    known = torch.cat([torch.ones_like(like), rgb, compare.luma(rgb).square()], 1).flatten(2)[0].T.double()
    w = weight.flatten().double()
    gram = known.T @ (w[:, None] * known) + 1e-4 * torch.eye(5, dtype=torch.float64)
    mixture = torch.linalg.solve(gram, known.T @ (w * like.flatten().double()))
    told: Tensor = (known @ mixture).view_as(like).float().clamp(0, 1)
    return told


def _fitted(where: Tensor, like: Tensor) -> Tensor:
    return F.interpolate(where.float(), size=like.shape[2:], mode="area")


def _centred(x: Tensor, weight: Tensor) -> Tensor:
    mean = (x * weight).sum((2, 3), keepdim=True) / weight.sum((2, 3), keepdim=True).clamp(min=1e-6)
    return (x - mean) * weight.sqrt()
