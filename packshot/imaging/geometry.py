"""Moving pictures: resize, crop, pad, turn, warp, always with every layer and with `to_source` kept true.

Pixels are averaged as light is: linear, and premultiplied by alpha. All layers go through one filter (resampling.py),
so that colours at soft edges stay true, band by band, so that no full-size copy in linear light ever exists. Moves by
whole pixels copy bit by bit; what is neither scale nor shift is warped (warping.py).
Coordinates: `(0, 0)` is the outer corner of the first pixel; points are `(x, y)`; sizes are `(height, width)`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from packshot.errors import ParameterError
from packshot.imaging import warping
from packshot.imaging.colour import linear_to_srgb, srgb_to_linear
from packshot.imaging.picture import Picture
from packshot.imaging.resampling import Rows, Taps, bands, filtered, strips
from packshot.imaging.transforms import Size, corners, homography, scale_shift, transform_points

__all__ = [
    "bounding_box", "carry", "corners", "flip", "homography", "resize", "resize_layer", "scale_shift",
    "transform_points", "turn",
]  # fmt: skip

Triple = tuple[float, float, float]
Outside = Literal["opaque", "transparent"]
Ground = tuple[Triple, Outside]
Sampler = Callable[[str, Rows], Tensor]  # a layer's filtered values in some rows of the new picture; see _layers

FINEST = 6  # samples along one side of a pixel, at most, where a warp reduces unevenly
LEAST_ALPHA = 1e-6  # opacity under which a pixel shows nothing, and its colour is the fill
WHOLE = 1e-6  # px by which a move may miss whole pixels and still count as whole


def bounding_box(layer: Tensor, threshold: float = 0.5) -> tuple[int, int, int, int] | None:
    """`(x0, y0, x1, y1)` px, exclusive at the end, of all pixels above `threshold` in `(n, 1, h, w)`; None if none."""
    inside = (layer > threshold).flatten(0, 1).any(0)  # h, w
    rows, columns = inside.any(1).nonzero(), inside.any(0).nonzero()
    if len(rows) == 0:
        return None
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def resize(picture: Picture, size: Size) -> Picture:
    """The whole picture at another size `(h, w)` px, antialiased, in linear light, premultiplied; all layers."""
    h, w = _checked(size)
    return carry(picture, scale_shift(picture.width / w, picture.height / h, 0, 0), size)


def resize_layer(x: Tensor, size: Size, linear: bool = False) -> Tensor:
    """One tensor `(n, c, h, w)` at another size, antialiased, within the range of its values.

    linear: True for sRGB-encoded rgb, which is then averaged in linear light; False for any other layer (matte,
    shadow, map of numbers), averaged as it is.
    """
    h, w = _checked(size)
    if (h, w) == tuple(x.shape[2:]):
        return x
    low, high = (float(v) for v in torch.aminmax(x))
    across, down = Taps(x.shape[3] / w, 0, w, x.shape[3]), Taps(x.shape[2] / h, 0, h, x.shape[2])
    out = x.new_empty((*x.shape[:2], h, w))
    for rows in bands(h):
        band = filtered((x,), srgb_to_linear if linear else _same, across, down, rows)
        out[:, :, rows[0] : rows[1]] = (linear_to_srgb(band) if linear else band).clamp_(low, high)
    return out


def carry(
    picture: Picture, to_old: Tensor, size: Size, fill: Triple = (1, 1, 1), outside: Outside = "opaque"
) -> Picture:
    """The picture seen through a transform: the pixel at `p` of the new one shows the point `to_old · p` of the old.

    to_old: `(3, 3)`, new px → old px. Shifts by whole pixels copy bit by bit; scale and shift are filtered exactly;
    anything else is warped. What lies outside the old picture is `fill` (sRGB): opaque, or transparent if `outside`
    says so; its matte and mask are 0. A picture without alpha stays so unless something transparent came in.
    Raises ParameterError for an empty size or a transform that cannot be inverted.
    """
    h, w = _checked(size)
    to_old = _oriented(to_old.to(torch.float64), picture.size)
    sx, sy, tx, ty = (float(to_old[i]) for i in ((0, 0), (1, 1), (0, 2), (1, 2)))
    upright = sx > 0 and sy > 0 and torch.allclose(to_old, scale_shift(sx, sy, tx, ty), rtol=0, atol=1e-9)
    same_scale = max(abs(sx - 1) * w, abs(sy - 1) * h) < WHOLE
    whole = upright and same_scale and max(abs(tx - round(tx)), abs(ty - round(ty))) < WHOLE
    if whole:
        moved = _copy(picture, round(tx), round(ty), (h, w), (fill, outside))
    elif upright:
        moved = _scale(picture, (sx, sy, tx, ty), (h, w), (fill, outside))
    else:
        moved = _warp(picture, to_old, (h, w), (fill, outside))
    return moved.replace(to_source=_normal(picture.to_source @ to_old))


def turn(picture: Picture, quarters: int) -> Picture:
    """The picture turned clockwise by `quarters` times 90°, bit-exact."""
    quarters %= 4
    h, w = picture.size
    to_old = {
        0: [[1, 0, 0], [0, 1, 0]],
        1: [[0, 1, 0], [-1, 0, h]],
        2: [[-1, 0, w], [0, -1, h]],
        3: [[0, -1, w], [1, 0, 0]],
    }[quarters]
    return _each(picture, lambda x: torch.rot90(x, -quarters, (2, 3)).contiguous(), to_old)


def flip(picture: Picture) -> Picture:
    """The picture mirrored left to right, bit-exact."""
    return _each(picture, lambda x: x.flip(3), [[-1, 0, picture.width], [0, 1, 0]])


def _each(picture: Picture, move: Callable[[Tensor], Tensor], to_old: list[list[int]]) -> Picture:
    matrix = torch.tensor([*to_old, [0, 0, 1]], dtype=torch.float64)
    layers = {name: getattr(picture, name) for name in ("rgb", "matte", "mask", "alpha")}
    moved = {name: None if x is None else move(x) for name, x in layers.items()}
    return picture.replace(**moved, to_source=picture.to_source @ matrix)


def _normal(matrix: Tensor) -> Tensor:
    """The same projective transform with 1 at its end, unless that is 0."""
    return matrix / matrix[2, 2] if abs(float(matrix[2, 2])) > 1e-12 else matrix


def _oriented(to_old: Tensor, old: Size) -> Tensor:
    """The same transform with the sign that gives points in front of the horizon a positive depth."""
    if to_old.shape != (3, 3) or not torch.isfinite(to_old).all() or abs(float(torch.linalg.det(to_old))) < 1e-12:
        raise ParameterError("to_old: expected an invertible (3, 3) transform")
    to_old = _normal(to_old)
    middle = torch.tensor([old[1] / 2, old[0] / 2, 1], dtype=torch.float64)
    return -to_old if torch.linalg.solve(to_old, middle)[2] < 0 else to_old


def _checked(size: Size) -> Size:
    if len(size) != 2 or any(int(v) != v or v < 1 for v in size):
        raise ParameterError(f"size: expected (height, width) of at least 1 px, got {size!r}")
    return int(size[0]), int(size[1])


# Whole pixels


def _copy(picture: Picture, tx: int, ty: int, size: Size, ground: Ground) -> Picture:
    """Crop and pad, bit by bit."""
    h, w = size
    if (tx, ty, h, w) == (0, 0, *picture.size):
        return picture
    x0, x1, y0, y1 = max(0, tx), min(picture.width, tx + w), max(0, ty), min(picture.height, ty + h)
    inside = (x1 - x0, y1 - y0) == (w, h)

    def move(x: Tensor | None, values: tuple[float, ...] = (0.0,)) -> Tensor | None:
        if x is None:
            return None
        new = x.new_tensor(values).view(1, -1, 1, 1).repeat(x.shape[0], 1, h, w)
        if x1 > x0 and y1 > y0:
            new[:, :, y0 - ty : y1 - ty, x0 - tx : x1 - tx] = x[:, :, y0:y1, x0:x1]
        return new

    alpha = picture.alpha
    if alpha is None and ground[1] == "transparent" and not inside:
        alpha = torch.ones_like(picture.rgb[:, :1])
    rgb = move(picture.rgb, ground[0])
    assert rgb is not None
    return Picture(rgb, move(picture.matte), move(picture.mask), move(alpha, (float(ground[1] == "opaque"),)))


# Anything else: a sampler of layers, and the assembly of a picture from it, band by band


def _layers(picture: Picture) -> dict[str, tuple[tuple[Tensor, ...], Callable[..., Tensor]]]:
    """What is filtered under each name: the tensors it is made of, and how; "light" is linear and premultiplied."""
    rest = {name: getattr(picture, name) for name in ("alpha", "matte", "mask")}
    layers: dict[str, tuple[tuple[Tensor, ...], Callable[..., Tensor]]]
    layers = {name: ((x,), _same) for name, x in rest.items() if x is not None}
    if picture.alpha is None:
        return layers | {"light": ((picture.rgb,), srgb_to_linear)}
    return layers | {"light": ((picture.rgb, picture.alpha), _premultiplied)}


def _same(x: Tensor) -> Tensor:
    return x


def _premultiplied(rgb: Tensor, alpha: Tensor) -> Tensor:
    return srgb_to_linear(rgb) * alpha


def _assembled(
    picture: Picture, size: Size, sample: Sampler, cover: Callable[[Rows], Tensor] | None, ground: Ground
) -> Picture:
    """The picture that a sampler shows. cover: share `(rows, w)` of each pixel that lies over the old picture."""
    out: dict[str, Tensor] = {}
    for rows in bands(size[0]):
        shown = None if cover is None else cover(rows).to(picture.rgb.device)
        band = {name: sample(name, rows).to(picture.rgb.device) for name in _layers(picture)}
        for name, values in _grounded(band, shown, ground).items():
            if name not in out:
                out[name] = values.new_empty((*values.shape[:2], *size))
            out[name][:, :, rows[0] : rows[1]] = values
    return Picture(**out)


def _grounded(band: dict[str, Tensor], cover: Tensor | None, ground: Ground) -> dict[str, Tensor]:
    """Bands of a Picture from bands of filtered layers: the outside laid under, the light unmultiplied and encoded."""
    light, alpha = band.pop("light"), band.pop("alpha", None)
    fill = srgb_to_linear(light.new_tensor(ground[0])).view(1, 3, 1, 1)
    if cover is not None:
        band = {name: x * cover for name, x in band.items()}
        light = (light if alpha is not None else light.clamp(0, 1)) * cover
        if alpha is not None:
            alpha = alpha * cover
        elif ground[1] == "transparent":
            alpha = cover.expand(light.shape[0], 1, *cover.shape)
        if ground[1] == "opaque":
            light = light + (1 - cover) * fill
            alpha = None if alpha is None else alpha + (1 - cover)
    if alpha is not None:
        light = torch.where(alpha > LEAST_ALPHA, light / alpha.clamp(min=LEAST_ALPHA), fill)
        band["alpha"] = torch.where(alpha > LEAST_ALPHA, alpha, torch.zeros_like(alpha))
    layers = {name: x.clamp(0, 1) for name, x in band.items()}
    return layers | {"rgb": linear_to_srgb(light.clamp(0, 1))}


# Scale and shift


def _scale(picture: Picture, place: tuple[float, float, float, float], size: Size, ground: Ground) -> Picture:
    sx, sy, tx, ty = place
    across, down = Taps(sx, tx, size[1], picture.width), Taps(sy, ty, size[0], picture.height)
    layers = _layers(picture)
    inside = min(float(across.cover.min()), float(down.cover.min())) > 1 - WHOLE

    def cover(rows: Rows) -> Tensor:
        return down.cover[rows[0] : rows[1], None] * across.cover

    def sample(name: str, rows: Rows) -> Tensor:
        return filtered(*layers[name], across, down, rows)

    return _assembled(picture, size, sample, None if inside else cover, ground)


# Projective


def _warp(picture: Picture, to_old: Tensor, size: Size, ground: Ground) -> Picture:
    """The old picture reduced as far as nowhere hurts, then sampled `fine`² times a pixel."""
    least, most = warping.reduction(to_old, size, picture.size)
    if least > 1.5:
        smaller = max(1, round(picture.height / least)), max(1, round(picture.width / least))
        shrink = scale_shift(picture.width / smaller[1], picture.height / smaller[0], 0, 0)
        picture, to_old, most = resize(picture, smaller), torch.linalg.solve(shrink, to_old), most / least
    fine = min(FINEST, max(1, math.ceil(most)))
    old = picture.size
    layers = _layers(picture)

    @cache
    def planes(name: str) -> list[warping.Plane]:
        sources, decode = layers[name]
        values = torch.cat([decode(*strip) for strip in zip(*(strips(x) for x in sources), strict=True)], 2)
        return [np.ascontiguousarray(plane.permute(1, 2, 0).cpu().numpy()) for plane in values]  # h, w, c

    def sample(name: str, rows: Rows) -> Tensor:
        return torch.stack([warping.warped(plane, to_old, rows, size[1], fine) for plane in planes(name)])

    def cover(rows: Rows) -> Tensor:
        return warping.cover(to_old, rows, size[1], old)

    return _assembled(picture, size, sample, None if warping.shows_only(to_old, size, old) else cover, ground)
