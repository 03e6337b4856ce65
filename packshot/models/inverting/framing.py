"""The square part of a photo that a generator sees, and the way back: the product at the size it was trained on."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import torch
from torch import Tensor

from packshot import checkpoint
from packshot.errors import ParameterError
from packshot.imaging import compare, geometry, mattes
from packshot.imaging.picture import Picture
from packshot.imaging.translating.returning import returned
from packshot.models import find
from packshot.models.drawing import drawing_in
from packshot.models.inverting.spaces import Space, space_of
from packshot.models.sampling import Sampler

DRAWS = 64  # pictures whose borders tell what ground a generator draws
PLAIN = 0.12  # of the range -1 … 1: deviation of the borders up to which that ground is one colour
AROUND = 0.25  # weight of the ground's pixels against the product's


@dataclass(frozen=True)
class Framed:
    """A product as a generator sees it.

    picture: the square at the generator's size, layers included; pixels: `(1, channels, size, size)` in [-1, 1];
    weight: `(1, 1, size, size)`, how much each counts; corner: `(left, top)` and side of the square in the photo, px;
    on_own: whether the generator's own plain ground was laid under the product.
    """

    picture: Picture
    pixels: Tensor
    weight: Tensor
    corner: tuple[int, int]
    side: int
    on_own: bool


def framed(picture: Picture, space: Space, fill: float) -> Framed:
    """The square around a product, at the generator's size.

    fill: longest side of the product as a share of the square's; 0 = the whole photo, whatever it shows. Raises
    ParameterError where no product is known but a fill was asked for.
    """
    left, top, side = _square(picture, fill)
    to_photo = geometry.scale_shift(side / space.size, side / space.size, left, top)
    colour, plain = ground_of(space)
    on_own = plain and picture.matte is not None
    shown = picture if picture.alpha is None else _opaque(picture)
    around = tuple(float(v) for v in _border(shown.rgb)[0].median(1).values)
    small = geometry.carry(shown, to_photo, (space.size, space.size), fill=around)  # type: ignore[arg-type]
    if on_own:
        assert small.matte is not None
        own = torch.tensor(colour).view(1, 3, 1, 1).expand_as(small.rgb)
        small = small.replace(rgb=mattes.over(mattes.foreground(small.rgb, small.matte), small.matte, own).clamp(0, 1))
    pixels = 2 * _channels(small.rgb, space.channels) - 1
    matte = torch.ones_like(pixels[:, :1]) if small.matte is None else small.matte
    return Framed(small, pixels, AROUND + (1 - AROUND) * matte, (left, top), side, on_own)


def with_change(photo: Picture, framed: Framed, changed: Tensor) -> Tensor:
    """The photo `(1, 3, H, W)` with the change of its small square to `changed` `(1, 3, h, w)`, on the product alone.

    The photo's texture stays; local tone and colour move (`imaging.translating.returning`).
    """
    left, top = framed.corner
    large = geometry.carry(photo, geometry.scale_shift(1, 1, left, top), (framed.side, framed.side))
    made = returned(large.rgb, framed.picture.rgb, changed, part=framed.picture.matte)
    if large.matte is not None:
        made = torch.lerp(large.rgb, made, large.matte)
    y0, y1, x0, x1 = (
        max(0, top),
        min(photo.height, top + framed.side),
        max(0, left),
        min(photo.width, left + framed.side),
    )
    rgb = photo.rgb.clone()
    rgb[:, :, y0:y1, x0:x1] = made[:, :, y0 - top : y1 - top, x0 - left : x1 - left]
    return rgb


def rgb_of(pixels: Tensor) -> Tensor:
    """A generator's pixels `(n, 1 or 3, h, w)` in [-1, 1] → `(n, 3, h, w)` in [0, 1]."""
    return (pixels.clamp(-1, 1) / 2 + 0.5).expand(-1, 3, -1, -1).contiguous()


def space_named(name: str, kind: str = "auto") -> Space:
    """The space of codes of a generator by name, file or run folder, kept for the next photo.

    Raises WeightsNotFound, BadCheckpoint, and ParameterError for what draws no pictures or has no such space.
    """
    path = drawing_in(name) if name else find(name)
    return _space(path, path.stat().st_mtime_ns, kind)


@lru_cache(maxsize=4)
def _space(path: Path, changed: int, kind: str) -> Space:
    with torch.inference_mode(False):  # codes want gradients through these weights
        return space_of(Sampler(checkpoint.read(path)), kind)


def ground_of(space: Space) -> tuple[tuple[float, float, float], bool]:
    """The middle colour of the ground that a generator draws, in [0, 1], and whether it is one plain colour."""
    return _ground(_Weighed(space))


@lru_cache(maxsize=8)
def _ground(weighed: _Weighed) -> tuple[tuple[float, float, float], bool]:
    space = weighed.space
    sampler, seeds = space.sampler, range(DRAWS)
    with torch.no_grad():
        condition = sampler.conditions({}, seeds)
        pictures = space.pictures(space.draw(sampler.noises(seeds), condition), condition)
    border = _border(rgb_of(pictures))
    each = border.mean(2)  # one colour a picture
    r, g, b = (float(v) for v in each.median(0).values)
    flat = float(border.std(2).mean()) * 2 < PLAIN and float(each.std(0).mean()) * 2 < PLAIN
    return (r, g, b), flat


class _Weighed:
    """A space that is the same key as another one of the same weights."""

    def __init__(self, space: Space) -> None:
        self.space = space

    def __hash__(self) -> int:
        return hash(self.space.sampler.digest)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Weighed) and self.space.sampler.digest == other.space.sampler.digest


def _square(picture: Picture, fill: float) -> tuple[int, int, int]:
    """Left, top and side of the square, whole px of the photo; it may reach beyond it."""
    box, share = (0, 0, picture.width, picture.height), 1.0
    if fill:
        found = None if picture.matte is None else geometry.bounding_box(picture.matte, 0.5)
        if found is None:
            raise ParameterError("fill: no product is known in the picture; run cutout before it, or set fill to 0")
        box, share = found, fill
    side = math.ceil(max(box[2] - box[0], box[3] - box[1]) / share)
    return math.floor((box[0] + box[2] - side) / 2), math.floor((box[1] + box[3] - side) / 2), side


def _opaque(picture: Picture) -> Picture:
    assert picture.alpha is not None
    return picture.replace(rgb=picture.alpha * picture.rgb + 1 - picture.alpha, alpha=None)


def _border(rgb: Tensor) -> Tensor:
    """The outermost pixels `(n, 3, k)`."""
    return torch.cat([rgb[:, :, 0], rgb[:, :, -1], rgb[:, :, :, 0], rgb[:, :, :, -1]], 2)


def _channels(rgb: Tensor, channels: int) -> Tensor:
    return rgb if channels == 3 else compare.luma(rgb)
