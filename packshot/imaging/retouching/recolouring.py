"""Another colour for a material, under the same light: reflectance changes; shading, highlights and texture stay.

The model is in `reflectance.py`. Here it is steered to its target (the mean colour of the diffuse part is what is asked
for, as far as shading survives that), and applied to the pixels: each gives up its share of the old material and gets
the same share of the new, in linear light, so that soft edges stay soft.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from packshot.errors import PictureError
from packshot.imaging.colour import delta_e_2000, linear_to_srgb, rgb_to_lab, srgb_to_linear
from packshot.imaging.mattes import foreground
from packshot.imaging.retouching.reflectance import Array, Lab, Source, Target, look_up, mean_lab, painted, target_of

LIGHTEST, DARKEST = 95.0, 4.0  # mean lightness that still leaves folds to see
LOST = 0.06  # share of tint or shading that may be washed out in the light
DROWNED = 0.2  # share of the pixels that may become black
TOO_WHITE, TOO_BLACK = 0.93, 0.0015  # luminance beyond which shading counts as lost
GIVEN_UP = 12  # lightness by which the mean may miss its target so that less is lost
SAMPLES = 6000  # pixels on which the mean is steered


@dataclass(frozen=True)
class Recoloured:
    """rgb: the result. target: the Lab colour aimed at (after `strength`). reached: the mean Lab colour got.

    delta_e: CIEDE2000 between the two. delta_e_moved: between the mean colours before and after.
    """

    rgb: Tensor
    target: Lab
    reached: Lab
    delta_e: float
    delta_e_moved: float


def recolour(
    rgb: Tensor, weight: Tensor, target: Lab, *, strength: float = 1.0, keep_highlights: bool = True
) -> Recoloured:
    """Give the selected material another mean colour.

    rgb: `(1, 3, h, w)`. weight: `(1, 1, h, w)` in `[0, 1]`, how much of each pixel is the material; pixels of weight 0
    stay bit-exact. target: CIELAB. strength: 0 = nothing, 1 = the whole way to the target (along a line in Lab).
    keep_highlights: what is brighter than the diffuse material is light, and stays white.
    Raises PictureError if nothing is selected.
    """
    box = _box(weight)
    part, share = rgb[..., box[0], box[1]].cpu(), weight[..., box[0], box[1]].cpu()
    source = Source(_pure(part, share), keep_highlights)
    aim = _between(source.mean, target, strength)
    result = rgb.clone()
    if strength > 0:
        result[..., box[0], box[1]] = _applied(source, _steered(source, aim), part, share).to(rgb.device)
    reached = mean_lab(_pure(result[..., box[0], box[1]].cpu(), share)[:, :, source.diffuse])
    moved = _delta_e(reached, source.mean)
    return Recoloured(result, aim, reached, _delta_e(reached, aim), moved)


def lab_of(rgb: tuple[float, float, float]) -> Lab:
    """CIELAB of one sRGB colour in `[0, 1]`."""
    L, a, b = rgb_to_lab(torch.tensor(rgb, dtype=torch.float32).reshape(1, 3, 1, 1)).flatten().tolist()
    return L, a, b


def mean_colours(before: Tensor, after: Tensor, weight: Tensor) -> tuple[Lab, Lab]:
    """Mean CIELAB colours of a selected material before and after, of its diffuse part alone, as `recolour` aims at.

    before, after: `(1, 3, h, w)`; weight: `(1, 1, h, w)`. Raises PictureError if nothing is selected.
    """
    box = _box(weight)
    one, other, share = (x[..., box[0], box[1]].cpu() for x in (before, after, weight))
    source = Source(_pure(one, share), True)
    return source.mean, mean_lab(_pure(other, share)[:, :, source.diffuse])


def delta_e(a: Lab, b: Lab) -> float:
    """CIEDE2000 of two colours."""
    return _delta_e(a, b)


def delta_e_outside(before: Tensor, after: Tensor, weight: Tensor) -> float:
    """Largest CIEDE2000 where nothing was selected (weight 0); `(1, 3, h, w)` and `(1, 1, h, w)`."""
    differs = ((before != after).any(1, keepdim=True) & (weight <= 0))[:, 0]
    if not differs.any():
        return 0.0
    pair = [rgb_to_lab(x.movedim(1, -1)[differs].T[None, :, :, None]) for x in (before, after)]
    return float(delta_e_2000(*pair).max())


def _steered(source: Source, aim: Lab) -> Target:
    """The target whose result has the mean colour `aim` on the samples, as nearly as can be."""
    reachable = np.array(_reachable(source, aim))
    asked, target = reachable, target_of(source, tuple(reachable), aim)
    for _ in range(5):
        got = mean_lab(painted(source, target, source.samples[:, :, source.diffuse]))
        asked = asked + 0.9 * (reachable - np.array(got))
        asked[0] = np.clip(asked[0], 1, 99)
        target = target_of(source, tuple(asked), aim)
    return target


def _reachable(source: Source, aim: Lab) -> Lab:
    """The aim, darker where lit parts would be washed out, lighter where folds would drown in black.

    No more than `LOST` of tint or shading may go in the light and `DROWNED` of the pixels in the dark, and no more than
    `GIVEN_UP` of lightness is given up for it.
    """
    start = float(np.clip(aim[0], DARKEST, LIGHTEST))
    index = source.index[:, source.diffuse]
    drowned = (look_up(target_of(source, source.mean, aim).Y, index) < TOO_BLACK).mean()
    for given_up in range(GIVEN_UP + 1):
        washed = target_of(source, _dimmed(aim, start - given_up), aim)
        if washed.nearness > 0.5:
            return aim
        lost = 1 - look_up(washed.tint, index) / look_up(washed.wish, index)
        if lost.mean() + (look_up(washed.Y, index) > TOO_WHITE).mean() < LOST:
            break
    if given_up:
        return _dimmed(aim, start - given_up)
    for given_up in range(GIVEN_UP + 1):
        dark = look_up(target_of(source, (start + given_up, aim[1], aim[2]), aim).Y, index) < TOO_BLACK
        if dark.mean() - drowned < DROWNED:
            break
    return start + given_up, aim[1], aim[2]


def _applied(source: Source, target: Target, part: Tensor, share: Tensor) -> Tensor:
    """The new pixels: each pixel loses its share of the old material and gains the same share of the new."""
    old = srgb_to_linear(foreground(part, share))
    new = torch.from_numpy(painted(source, target, old[0].numpy()))[None]
    new -= old
    new *= share
    new += srgb_to_linear(part)
    return torch.where(share > 0, linear_to_srgb(new.clamp_(0, 1)), part)


def _pure(rgb: Tensor, share: Tensor) -> Array:
    """Linear samples `(3, 1, count)` of the pixels that are wholly the material (or most nearly so)."""
    flat = share.flatten()
    inside = torch.nonzero(flat >= min(0.95, float(flat.max()) * 0.95)).flatten()
    inside = inside[:: max(1, len(inside) // SAMPLES)]
    return srgb_to_linear(rgb.reshape(3, -1)[:, inside]).numpy()[:, None]


def _box(weight: Tensor) -> tuple[slice, slice]:
    """The rows and columns that hold any weight."""
    some = weight[0, 0] > 0
    rows, columns = torch.nonzero(some.any(1)), torch.nonzero(some.any(0))
    if not len(rows):
        raise PictureError("weight: expected some pixel above 0, so that there is a colour to change; got none")
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)


def _between(start: Lab, end: Lab, t: float) -> Lab:
    L, a, b = (s + (e - s) * t for s, e in zip(start, end, strict=True))
    return L, a, b


def _dimmed(lab: Lab, L: float) -> Lab:
    """The same reflectance in less light: a and b shrink with L + 16, as they do for a factor in linear light."""
    factor = min((L + 16) / (lab[0] + 16), 1.0)
    return L, lab[1] * factor, lab[2] * factor


def _delta_e(a: Lab, b: Lab) -> float:
    pair = [torch.tensor(x, dtype=torch.float32).reshape(1, 3, 1, 1) for x in (a, b)]
    return float(delta_e_2000(*pair))
