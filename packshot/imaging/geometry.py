"""Moving pictures: resize, crop, pad, turn, warp, always with every layer and with `to_source` kept true.

Pixels are averaged as light is: linear, and premultiplied by alpha. Scaling is one separable antialiased filter
applied band by band as small matrix products, so that no full-size copy in linear light ever exists. Rgb is filtered
with Lanczos-3 (stretched by the reduction, so it removes what the new grid cannot hold), alpha, matte and mask with
a triangle, which cannot overshoot. Results are clamped to the range of their input. Moves by whole pixels copy.
Coordinates: `(0, 0)` is the outer corner of the first pixel; points are `(x, y)`; sizes are `(height, width)`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from packshot.errors import ParameterError
from packshot.imaging.colour import linear_to_srgb, srgb_to_linear
from packshot.imaging.picture import Picture

Size = tuple[int, int]
Triple = tuple[float, float, float]
Outside = Literal["opaque", "transparent"]
Ground = tuple[Triple, Outside]
Sampler = Callable[[tuple[Tensor, ...], Callable[..., Tensor], bool], Tensor]

BLOCK = 64  # outputs computed by one matrix product
FINEST = 6  # samples along one side of a pixel, at most, where a warp reduces unevenly
STRIP = 16  # rows taken to linear light at once, small enough for the cache
WHOLE = 1e-6  # px by which a move may miss whole pixels and still count as whole


def scale_shift(sx: float, sy: float, tx: float, ty: float) -> Tensor:
    """The `(3, 3)` float64 transform `x → sx·x + tx, y → sy·y + ty`."""
    return torch.tensor([[sx, 0, tx], [0, sy, ty], [0, 0, 1]], dtype=torch.float64)


def transform_points(matrix: Tensor, points: Tensor) -> Tensor:
    """Points `(k, 2)` taken through a `(3, 3)` projective transform, float64."""
    homogeneous = functional.pad(points.to(torch.float64), (0, 1), value=1.0) @ matrix.to(torch.float64).T
    return homogeneous[:, :2] / homogeneous[:, 2:]


def corners(size: Size) -> Tensor:
    """The four corners `(4, 2)` of a picture: top left, top right, bottom right, bottom left, px."""
    h, w = size
    return torch.tensor([[0, 0], [w, 0], [w, h], [0, h]], dtype=torch.float64)


def homography(points_from: Tensor, points_to: Tensor) -> Tensor:
    """The projective transform `(3, 3)` that takes four points `(4, 2)` to four others, exactly.

    Raises ParameterError if three of the points lie on one line.
    """
    rows, values = [], []
    for (x, y), (u, v) in zip(points_from.tolist(), points_to.tolist(), strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        values += [u, v]
    system = torch.tensor(rows, dtype=torch.float64)
    if len(rows) != 8 or torch.linalg.cond(system) > 1e14:
        raise ParameterError("homography: expected four points of which no three lie on one line")
    return torch.cat((torch.linalg.solve(system, torch.tensor(values, dtype=torch.float64)), torch.ones(1))).view(3, 3)


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

    linear: True for sRGB-encoded rgb, which is then filtered in linear light with Lanczos-3; False for any other
    layer (matte, shadow, map of numbers), filtered as it is with the triangle.
    """
    h, w = _checked(size)
    if (h, w) == tuple(x.shape[2:]):
        return x
    taps = _Taps(x.shape[3] / w, 0, w, x.shape[3], linear), _Taps(x.shape[2] / h, 0, h, x.shape[2], linear)
    if not linear:
        return _filter((x,), *taps, _same).clamp_(*_range(x))
    return linear_to_srgb(_filter((x,), *taps, srgb_to_linear).clamp_(0, 1)).clamp_(*_range(x))


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
    to_old = to_old.to(torch.float64) / to_old[2, 2]
    if not torch.isfinite(to_old).all() or abs(float(torch.linalg.det(to_old))) < 1e-12:
        raise ParameterError("to_old: expected an invertible (3, 3) transform")
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
    return moved.replace(to_source=picture.to_source @ to_old)


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


def _checked(size: Size) -> Size:
    if len(size) != 2 or any(int(v) != v or v < 1 for v in size):
        raise ParameterError(f"size: expected (height, width) of at least 1 px, got {size!r}")
    return int(size[0]), int(size[1])


def _range(x: Tensor) -> tuple[float, float]:
    low, high = torch.aminmax(x)
    return float(low), float(high)


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


# Scale and shift


class _Taps:
    """Filter weights of one axis: output `i` reads around the input coordinate `scale · (i + 0.5) + shift`.

    blocks: `(first output, end, first input, end, weights (outputs, inputs))`, inputs clipped to the picture and
    weights renormalised. cover: share of each output pixel that lies over the picture.
    """

    def __init__(self, scale: float, shift: float, outputs: int, inputs: int, sharp: bool) -> None:
        stretch = max(1.0, scale)
        kernel, support = (_lanczos, 3 * stretch) if sharp else (_triangle, stretch)
        edges = (scale * torch.arange(outputs + 1, dtype=torch.float64) + shift).clamp(0, inputs)
        self.cover = ((edges[1:] - edges[:-1]) / scale).clamp(0, 1).to(torch.float32)
        self.blocks: list[tuple[int, int, int, int, Tensor]] = []
        for start in range(0, outputs, BLOCK):
            end = min(start + BLOCK, outputs)
            centre = (scale * (torch.arange(start, end, dtype=torch.float64) + 0.5) + shift).clamp(0, inputs)
            first = max(0, math.floor(float(centre[0]) - support))
            last = min(inputs, math.ceil(float(centre[-1]) + support) + 1)
            places = torch.arange(first, last, dtype=torch.float64) + 0.5
            weights = kernel((places[None, :] - centre[:, None]) / stretch)
            self.blocks.append((start, end, first, last, (weights / weights.sum(1, keepdim=True)).to(torch.float32)))
        self.outputs = outputs


def _lanczos(t: Tensor) -> Tensor:
    return torch.where(t.abs() < 3, torch.sinc(t) * torch.sinc(t / 3), torch.zeros_like(t))


def _triangle(t: Tensor) -> Tensor:
    return (1 - t.abs()).clamp(min=0)


def _filter(sources: tuple[Tensor, ...], across: _Taps, down: _Taps, decode: Callable[..., Tensor]) -> Tensor:
    """Both axes of `(n, c, h, w)`, band by band; `decode` turns strips of the sources into what is averaged."""
    bands = []
    for _, _, r0, r1, weights in down.blocks:
        strips = zip(*(_strips(x[:, :, r0:r1]) for x in sources), strict=True)
        rows = weights @ torch.cat([decode(*strip) for strip in strips], 2)  # n, c, outputs of the block, w
        bands.append(torch.cat([rows[..., c0:c1] @ weights_x.T for _, _, c0, c1, weights_x in across.blocks], 3))
    return torch.cat(bands, 2)


def _scale(picture: Picture, place: tuple[float, float, float, float], size: Size, ground: Ground) -> Picture:
    """Scale and shift, filtered exactly."""
    sx, sy, tx, ty = place
    (h, w), (old_h, old_w) = size, picture.size
    taps = {sharp: (_Taps(sx, tx, w, old_w, sharp), _Taps(sy, ty, h, old_h, sharp)) for sharp in (True, False)}
    cover = taps[False][1].cover[:, None] * taps[False][0].cover  # h, w

    def sample(sources: tuple[Tensor, ...], decode: Callable[..., Tensor], sharp: bool) -> Tensor:
        return _filter(sources, *taps[sharp], decode)

    return _assembled(picture, sample, None if bool((cover > 1 - 1e-6).all()) else cover, ground)


def _assembled(picture: Picture, sample: Sampler, cover: Tensor | None, ground: Ground) -> Picture:
    """A Picture from a sampler of its layers: premultiplied light and opacity, the outside laid under, unmultiplied.

    cover: `(h, w)` share of each pixel that shows the old picture; None = all of it everywhere.
    """
    inside = 1.0 if cover is None else cover
    fill, outside = srgb_to_linear(picture.rgb.new_tensor(ground[0])).view(1, 3, 1, 1), ground[1]
    matte, mask, alpha = (
        None if x is None else sample((x,), _same, False).clamp_(0, 1) * inside
        for x in (picture.matte, picture.mask, picture.alpha)
    )
    if picture.alpha is None:
        light = sample((picture.rgb,), srgb_to_linear, True).clamp_(0, 1) * inside
    else:
        light = sample((picture.rgb, picture.alpha), _premultiplied, False).clamp_(0, 1) * inside
    if cover is not None and outside == "opaque":
        light = light + (1 - cover) * fill
        alpha = None if alpha is None else alpha + (1 - cover)
    elif cover is not None and alpha is None:
        alpha = cover.expand(light.shape[0], 1, *cover.shape).contiguous()
    if alpha is not None:
        light = torch.where(alpha > 1e-6, light / alpha.clamp(min=1e-6), fill)
    return Picture(linear_to_srgb(light.clamp_(0, 1)).clamp_(0, 1), matte, mask, alpha)


def _strips(x: Tensor) -> tuple[Tensor, ...]:
    return torch.split(x, STRIP, 2)  # type: ignore[no-untyped-call]


def _same(x: Tensor) -> Tensor:
    return x


def _premultiplied(rgb: Tensor, alpha: Tensor) -> Tensor:
    return srgb_to_linear(rgb) * alpha


# Projective


def _warp(picture: Picture, to_old: Tensor, size: Size, ground: Ground) -> Picture:
    """Any projective transform: the old picture reduced as far as nowhere hurts, then sampled `fine`² times a pixel."""
    least, most = _reduction(to_old, size, picture.size)
    if least > 1.5:
        smaller = max(1, round(picture.height / least)), max(1, round(picture.width / least))
        shrink = scale_shift(picture.width / smaller[1], picture.height / smaller[0], 0, 0)
        picture = resize(picture, smaller)
        to_old, most = torch.linalg.solve(shrink, to_old), most / least
    fine = min(FINEST, max(1, math.ceil(most)))

    def sample(sources: tuple[Tensor, ...], decode: Callable[..., Tensor], sharp: bool) -> Tensor:
        values = torch.cat([decode(*strip) for strip in zip(*(_strips(x) for x in sources), strict=True)], 2)
        return torch.stack([_warped(plane, to_old, size, fine, sharp) for plane in values])

    return _assembled(picture, sample, _cover(to_old, size, picture.size), ground)


def _warped(x: Tensor, to_old: Tensor, size: Size, fine: int, sharp: bool) -> Tensor:
    """`(c, h, w)` sampled through `to_old` on a grid `fine` times denser than `size`, averaged, in bands of rows."""
    source = np.ascontiguousarray(x.permute(1, 2, 0).cpu().numpy())  # h, w, c
    h, w = size
    rows = []
    for y0 in range(0, h, BLOCK):
        y1 = min(h, y0 + BLOCK)
        u, v = _places(to_old, (y0, y1), w, fine)[:2]
        method = cv2.INTER_CUBIC if sharp else cv2.INTER_LINEAR
        band = cv2.remap(source, u - np.float32(0.5), v - np.float32(0.5), method, borderMode=cv2.BORDER_REPLICATE)
        rows.append(cv2.resize(band, (w, y1 - y0), interpolation=cv2.INTER_AREA).reshape(y1 - y0, w, -1))
    return torch.from_numpy(np.concatenate(rows)).permute(2, 0, 1).contiguous().to(x.device)


def _places(to_old: Tensor, rows: tuple[int, int], width: int, fine: int = 1) -> tuple[np.ndarray, ...]:
    """Where the pixel centres of some rows fall in the old picture: u, v and the denominator, float32 `(rows, w)`."""
    m = to_old.numpy()
    x = (np.arange(width * fine) + 0.5) / fine
    y = (np.arange(rows[0] * fine, rows[1] * fine)[:, None] + 0.5) / fine
    depth = m[2, 0] * x + m[2, 1] * y + m[2, 2]
    safe = np.where(np.abs(depth) < 1e-9, 1e-9, depth)
    u, v = ((m[i, 0] * x + m[i, 1] * y + m[i, 2]) / safe for i in (0, 1))
    return tuple(np.clip(a, -1e6, 1e6).astype(np.float32) for a in (u, v, depth))


def _slopes(to_old: Tensor, size: Size, step: int = 1) -> tuple[np.ndarray, ...]:
    """u, v, depth on every `step`-th pixel and the gradient lengths of u and v, old px per new px."""
    u, v, depth = (a[::step, ::step] for a in _places(to_old, (0, size[0]), size[1]))
    m, safe = to_old.numpy(), np.where(np.abs(depth) < 1e-9, 1e-9, depth)
    lengths = [
        np.hypot((m[i, 0] - m[2, 0] * place) / safe, (m[i, 1] - m[2, 1] * place) / safe).astype(np.float32)
        for i, place in ((0, u), (1, v))
    ]
    return u, v, depth, *lengths


def _reduction(to_old: Tensor, size: Size, old: Size) -> tuple[float, float]:
    """Least and most old px per new px, over the new pixels that show the old picture."""
    u, v, depth, along_u, along_v = _slopes(to_old, size, max(1, min(size) // 64))
    seen = (u >= 0) & (u <= old[1]) & (v >= 0) & (v <= old[0]) & (depth > 0)
    if not seen.any():
        return 1.0, 1.0
    return float(np.minimum(along_u, along_v)[seen].min()), float(np.maximum(along_u, along_v)[seen].max())


def _cover(to_old: Tensor, size: Size, old: Size) -> Tensor | None:
    """`(h, w)` share of each new pixel over the old picture, from its distance to the four borders; None = all."""
    u, v, depth, along_u, along_v = _slopes(to_old, size)
    cover = (depth > 0).astype(np.float32)
    for distance, slope in ((u, along_u), (old[1] - u, along_u), (v, along_v), (old[0] - v, along_v)):
        cover *= np.clip(distance / np.maximum(slope, 1e-6) + 0.5, 0, 1)
    return None if cover.min() > 1 - 1e-6 else torch.from_numpy(cover)
