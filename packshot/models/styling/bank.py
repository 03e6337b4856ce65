"""What a style is to every method: one to ten reference pictures with weights, and statistics pooled over them.

All pictures of a catalogue that are styled from one bank share its statistics and its seeds; the bank is a function of
its pictures and weights alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, TypeVar

import torch
from torch import Tensor
from torch.nn import functional as F

from packshot.errors import ParameterError
from packshot.imaging.geometry import resize_layer
from packshot.imaging.styling.colours import Palette, joined, palette
from packshot.losses.style.content import luminance
from packshot.models.features import FeatureSpace

MOST = 10  # references
HELD_PX = 1024  # longest side at which a reference is kept
LEAST_PX = 32  # shortest side at which it is worked on
POINTS = 16_384  # of a map that are kept, over all references
SEED = 7
Kept = TypeVar("Kept")


@dataclass(frozen=True)
class Reference:
    """One picture `(1, 3, h, w)` and how much it counts."""

    rgb: Tensor
    weight: float = 1.0


@dataclass(frozen=True, eq=False)
class StyleBank:
    """References, at least one with a weight above 0; statistics are made when asked for and kept."""

    references: tuple[Reference, ...]
    _kept: dict[object, Any] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        if not 1 <= len(self.references) <= MOST:
            raise ParameterError(f"style: expected 1 to {MOST} pictures, got {len(self.references)}")
        if not any(each.weight > 0 for each in self.references):
            raise ParameterError("style: expected at least one weight above 0")

    @property
    def shares(self) -> tuple[float, ...]:
        """Weights that sum to 1."""
        total = sum(each.weight for each in self.references)
        return tuple(each.weight / total for each in self.references)

    def palette(self) -> Palette:
        """Colours of all references, each with its share."""
        return self.kept("palette", lambda: joined([palette(each.rgb) for each in self.references], self.shares))

    def kept(self, key: object, make: Callable[[], Kept]) -> Kept:
        """What was made under a key, made now if it was not."""
        if key not in self._kept:
            self._kept[key] = make()
        found: Kept = self._kept[key]
        return found

    def grey(self) -> StyleBank:
        """The same references without colour: luma in all channels."""
        return StyleBank(
            tuple(Reference(luminance(each.rgb).expand_as(each.rgb), each.weight) for each in self.references)
        )

    def pictures(self, side: int) -> tuple[Tensor, ...]:
        """The references at a size: longest side `side`, no side under LEAST_PX."""
        return tuple(fitted(each.rgb, side) for each in self.references)

    def points(self, space: FeatureSpace, side: int) -> tuple[Tensor, ...]:
        """Features `(1, c, k)` of every map that tells style, pooled over the references by their shares."""
        return self.kept((space.name, space.digest, side), lambda: self._points(space, side))

    def _points(self, space: FeatureSpace, side: int) -> tuple[Tensor, ...]:
        with torch.no_grad():
            maps = [space.of_style(picture) for picture in self.pictures(max(side, space.least))]
        generator = torch.Generator().manual_seed(SEED)
        pooled = []
        for place in range(min(map(len, maps))):
            sets = [each[place].flatten(2) for each in maps]
            pooled.append(torch.cat(_drawn(sets, self.shares, generator), 2))
        return tuple(pooled)


def bank_of(pictures: Sequence[Tensor], weights: Sequence[float] = ()) -> StyleBank:
    """A bank of pictures `(1, 3, h, w)`; without weights all count alike."""
    weights = weights or [1.0] * len(pictures)
    return StyleBank(tuple(Reference(held(rgb), w) for rgb, w in zip(pictures, weights, strict=True) if w > 0))


@lru_cache(maxsize=8)
def _shared(pictures: _Same, weights: tuple[float, ...]) -> StyleBank:
    return bank_of(pictures.tensors, weights)


def shared(pictures: Sequence[Tensor], weights: Sequence[float]) -> StyleBank:
    """`bank_of`, made once per process for the same pixels: a catalogue's photos share one bank and what it keeps."""
    return _shared(_Same(tuple(pictures)), tuple(weights))


class _Same:
    """Pictures that are the same key as others of the same pixels."""

    def __init__(self, tensors: tuple[Tensor, ...]) -> None:
        self.tensors = tensors

    def __hash__(self) -> int:
        return hash(tuple((tuple(x.shape), float(x.double().sum())) for x in self.tensors))

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, _Same)
            and len(self.tensors) == len(other.tensors)
            and all(torch.equal(a, b) for a, b in zip(self.tensors, other.tensors, strict=True))
        )


def held(rgb: Tensor) -> Tensor:
    """A reference as it is kept: at most HELD_PX a side, so that a huge one costs no more."""
    h, w = rgb.shape[2:]
    factor = HELD_PX / max(h, w)
    return (
        rgb if factor >= 1 else resize_layer(rgb, (max(1, round(h * factor)), max(1, round(w * factor))), linear=True)
    )


def visible(rgb: Tensor, alpha: Tensor | None) -> Tensor:
    """A reference whose transparent parts have the mean colour of what shows, so that nothing hidden is a style.

    Raises ParameterError if nothing shows.
    """
    if alpha is None:
        return rgb
    total = alpha.sum()
    if float(total) <= 0:
        raise ParameterError("style: expected a picture of which something shows; all of it is transparent")
    mean = (rgb * alpha).sum((2, 3), keepdim=True) / total
    return mean + alpha * (rgb - mean)


def fitted(rgb: Tensor, side: int) -> Tensor:
    """A picture with its longest side at `side` px; a side shorter than LEAST_PX is stretched to it."""
    h, w = rgb.shape[2:]
    factor = side / max(h, w)
    size = max(LEAST_PX, round(h * factor)), max(LEAST_PX, round(w * factor))
    if size == (h, w):
        return rgb
    larger = size[0] > 4 * h or size[1] > 4 * w  # a few pixels: their squares, not a blur between them
    return F.interpolate(rgb, size=size, mode="nearest") if larger else resize_layer(rgb, size, linear=True).clamp(0, 1)


def _drawn(sets: Sequence[Tensor], shares: Sequence[float], generator: torch.Generator) -> list[Tensor]:
    """At most POINTS points, of each set its share."""
    total = min(POINTS, sum(each.shape[2] for each in sets))
    parts = []
    for each, share in zip(sets, shares, strict=True):
        count = max(1, round(total * share))
        places = torch.randperm(each.shape[2], generator=generator)[:count]
        if len(places) < count:  # a small reference with a large share is repeated
            places = places.repeat(-(-count // len(places)))[:count]
        parts.append(each[:, :, places])
    return parts
