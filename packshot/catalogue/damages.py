"""What photographs suffer, done to good ones, so that a network can learn to undo it: what is given and what is wanted.

All tensors are float32 in [0, 1], (n, 3, h, w); kinds and strengths are drawn for each picture from the generator. A
damage = one function `(clean, generator, scale) -> Pair` and one line in DAMAGES. `strength` is what the network may be
told beside the picture: the standard deviation of the noise in [0, 1], or 1 - quality / 100 of JPEG; `mask` is 1 where
something is to be made up.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from packshot.catalogue.augment import blurs, noises
from packshot.catalogue.augment.degrade import degrade
from packshot.catalogue.augment.draws import chance, normal, uniform
from packshot.catalogue.augment.jpeg import jpeg
from packshot.catalogue.pairs import Pair
from packshot.errors import ParameterError
from packshot.imaging.bicubic import bicubic, shrunk
from packshot.imaging.colour import linear_to_srgb, srgb_to_linear

MARGIN = 2  # px of the small picture that are made and cut off again: they depend on what lies beyond the crop
SIGMA = (0.0, 55 / 255)  # of noise
QUALITY = (10.0, 95.0)  # of JPEG
LENGTH = (2.0, 15.0)  # px of motion
RADIUS = (0.5, 3.5)  # px of defocus
KERNEL = 17  # px, side of blur kernels; odd
STOPS = (-1.6, 0.5)  # of exposure
CAST = 0.16  # standard deviation of the logarithm of a channel's gain
BEND = 0.25  # likewise of the exponent that a curve has
FLATTENED = (0.65, 1.05)  # of the contrast around the middle
VEIL = 0.1  # of linear light, at most, that lies over everything
FALL = 0.5  # stops of light from one side to the other, at most
HOLES = ((0.05, 0.25), (0.25, 0.5))  # shares of a picture; the larger ones in one picture of four
GROUP = 4  # pictures that share the sizes, kernel size and order of the two-stage degradation

Damage = Callable[[Tensor, torch.Generator, int], Pair]


def damaged(name: str, clean: Tensor, generator: torch.Generator, scale: int = 1) -> Pair:
    """The pair of a name in DAMAGES. Where scale > 1, `given` is so many times smaller than `wanted`, of which the
    border of MARGIN small pixels is cut off. Raises ParameterError for an unknown name or sides that scale does not
    divide.
    """
    if name not in DAMAGES:
        raise ParameterError(f"damage: expected one of {', '.join(DAMAGES)}; got {name!r}")
    return DAMAGES[name](clean, generator, scale)


def free_form(count: int, h: int, w: int, generator: torch.Generator) -> Tensor:
    """`(count, 1, h, w)` in {0, 1}: thick winding strokes and patches that cover a share drawn from HOLES.

    Yu et al. 2019, §3.4: lines with rounded joints, of random direction, length and width.
    """
    seed = int(torch.randint(1 << 62, (), generator=generator, device=generator.device))
    random = np.random.default_rng(seed)
    masks = [_hole(h, w, random) for _ in range(count)]
    return torch.from_numpy(np.stack(masks))[:, None].float()


def _hole(h: int, w: int, random: np.random.Generator) -> NDArray[np.uint8]:
    low, high = HOLES[int(random.random() < 0.25)]
    share, mask = random.uniform(low, high), np.zeros((h, w), np.uint8)
    side = min(h, w)
    while mask.mean() < 0.9 * share:
        left = (share - mask.mean()) * h * w
        if random.random() < 0.2:
            axes = [max(1, round(float(side * random.uniform(0.03, 0.5) * share**0.5))) for _ in range(2)]
            at = int(random.integers(w)), int(random.integers(h))
            cv2.ellipse(mask, at, axes, float(random.uniform(0, 360)), 0, 360, 1, -1)
            continue
        wide = max(2, round(float(random.uniform(0.04, 0.14) * side)))
        point, turn = random.uniform(0, 1, 2) * (w, h), random.uniform(0, 2 * math.pi)
        for _ in range(int(random.integers(1, 6))):
            length = min(float(random.uniform(0.1, 0.4) * side), left / wide)
            turn += random.uniform(-1.2, 1.2)
            end = point + length * np.array([math.cos(turn), math.sin(turn)])
            cv2.line(mask, np.rint(point).astype(int).tolist(), np.rint(end).astype(int).tolist(), 1, wide)
            point = end
    return mask


def motion(length: Tensor, angle: Tensor, size: int = KERNEL) -> Tensor:
    """`(n, size, size)` kernels of an even straight move. length: px, angle: radians, both (n,)."""
    across, down = blurs.offsets(size, length)
    c, s = angle.cos()[:, None, None], angle.sin()[:, None, None]
    along, beside = across * c + down * s, down * c - across * s
    inside = (length[:, None, None] / 2 + 0.5 - along.abs()).clamp(0, 1) * (1 - beside.abs()).clamp(min=0)
    return inside / inside.sum((1, 2), keepdim=True)


def defocus(radius: Tensor, size: int = KERNEL) -> Tensor:
    """`(n, size, size)` kernels of a lens out of focus: even disks. radius: px, (n,)."""
    across, down = blurs.offsets(size, radius)
    inside = (radius[:, None, None] + 0.5 - torch.hypot(across, down)).clamp(0, 1)
    return inside / inside.sum((1, 2), keepdim=True)


# -- the damages ------------------------------------------------------------------------------------------------------


def _inner(clean: Tensor, scale: int) -> Tensor:
    edge = MARGIN * scale
    return clean[:, :, edge:-edge, edge:-edge]


def _bicubic(clean: Tensor, generator: torch.Generator, scale: int) -> Pair:
    return Pair(shrunk(clean, scale)[:, :, MARGIN:-MARGIN, MARGIN:-MARGIN], _inner(clean, scale))


def _photo(clean: Tensor, generator: torch.Generator, scale: int) -> Pair:
    """The two stages of Real-ESRGAN, drawn anew for every few pictures instead of kept in a queue."""
    small = torch.cat([degrade(part, generator, scale) for part in torch.split(clean, GROUP)])  # type: ignore[no-untyped-call]
    return Pair(small[:, :, MARGIN:-MARGIN, MARGIN:-MARGIN], _inner(clean, scale))


def _noise(clean: Tensor, generator: torch.Generator, scale: int) -> Pair:
    sigma = uniform(clean, *SIGMA, generator)
    grey = torch.zeros_like(sigma, dtype=torch.bool)
    return Pair(noises.gaussian_noise(clean, sigma, grey, generator), clean, strength=sigma.flatten())


def _jpeg(clean: Tensor, generator: torch.Generator, scale: int) -> Pair:
    quality = uniform(clean, *QUALITY, generator).flatten().round()
    return Pair(jpeg(clean, quality), clean, strength=1 - quality / 100)


def _blur(clean: Tensor, generator: torch.Generator, scale: int) -> Pair:
    """Half moved, half out of focus; then a little noise, as every photograph has."""
    angle = uniform(clean, -math.pi, math.pi, generator).flatten()
    moved = motion(uniform(clean, *LENGTH, generator).flatten(), angle)
    unfocused = defocus(uniform(clean, *RADIUS, generator).flatten())
    kernels = torch.where(chance(clean, 0.5, generator)[:, 0], moved, unfocused)
    sigma = uniform(clean, 0, 2 / 255, generator)
    given = blurs.blurred(clean, kernels)
    return Pair(noises.gaussian_noise(given, sigma, torch.zeros_like(sigma, dtype=torch.bool), generator), clean)


def _light(clean: Tensor, generator: torch.Generator, scale: int) -> Pair:
    """Bad light: exposure, a cast, a fall across the picture, a veil, a flat or steep curve; one in six none of it."""
    h, w = clean.shape[2:]
    stops = uniform(clean, *STOPS, generator)
    turn, fall = uniform(clean, 0, 2 * math.pi, generator), uniform(clean, 0, FALL, generator)
    y, x = torch.meshgrid(torch.linspace(-0.5, 0.5, h), torch.linspace(-0.5, 0.5, w), indexing="ij")
    across = (x.to(clean) * turn.cos() + y.to(clean) * turn.sin()) * fall
    cast = torch.cat([normal(clean, generator) for _ in range(3)], 1) * CAST
    cast = cast - cast.mean(1, keepdim=True)
    veil = uniform(clean, -VEIL, VEIL, generator).clamp(min=0)
    linear = srgb_to_linear(clean) * torch.exp2(stops + across) * cast.exp()
    level = linear_to_srgb((linear * (1 - veil) + veil).clamp(0, 1))
    level = level.clamp(min=1e-4) ** (normal(clean, generator) * BEND).exp()
    level = 0.5 + (level - 0.5) * uniform(clean, *FLATTENED, generator)
    given = torch.where(chance(clean, 1 / 6, generator), clean, level.clamp(0, 1))
    sigma = uniform(clean, 0, 2 / 255, generator)
    return Pair(noises.gaussian_noise(given, sigma, torch.zeros_like(sigma, dtype=torch.bool), generator), clean)


def _hole_pair(clean: Tensor, generator: torch.Generator, scale: int) -> Pair:
    h, w = clean.shape[2:]
    mask = free_form(len(clean), h, w, generator).to(clean.device)
    return Pair(clean * (1 - mask), clean, mask)


def _mixed(clean: Tensor, generator: torch.Generator, scale: int) -> Pair:
    """A third each: noise, blur, holes; the mask is 0 where there is none."""
    kind = uniform(clean, 0, 3, generator)
    noisy, blurry, holed = (make(clean, generator, 1) for make in (_noise, _blur, _hole_pair))
    assert holed.mask is not None
    given = torch.where(kind < 1, noisy.given, torch.where(kind < 2, blurry.given, holed.given))
    return Pair(given, clean, holed.mask * (kind >= 2))


DAMAGES: Mapping[str, Damage] = {
    "bicubic": _bicubic,
    "photo": _photo,
    "noise": _noise,
    "jpeg": _jpeg,
    "blur": _blur,
    "light": _light,
    "hole": _hole_pair,
    "mixed": _mixed,
}


def enlarged(x: Tensor, scale: int) -> Tensor:
    """`scale` times as large, bicubic: what any enlarging must beat, and how small pictures are shown beside large."""
    return x if scale == 1 else bicubic(x, (scale * x.shape[2], scale * x.shape[3]))
