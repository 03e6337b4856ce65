"""Pairs to learn from, made from pictures and their truth when they are wanted: what is given, and what should come.

All tensors are float32 in [0, 1], (n, c, h, w). A pair = one function `(layers, generator) -> Pair` and one line in
PAIRS. Colour and material variants of the same product and view are rendered (`toyshop.sets.job.variants`): they are
layers of the pack, `recoloured` and `remade`. A garment lying flat → worn is not among them: without cloth simulation
or real photographs of both, the pair would teach a false deformation.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from packshot.catalogue.augment import blurs, noises
from packshot.catalogue.augment.colours import luma
from packshot.catalogue.augment.degrade import degrade, resized
from packshot.catalogue.augment.draws import between, uniform, whole
from packshot.catalogue.augment.jpeg import jpeg
from packshot.errors import ParameterError

PARTS = 8  # planes of a layout, the ground among them


class Pair(NamedTuple):
    """given → wanted. mask: (n, 1, h, w), 1 where something is to be made up, or None. strength: (n,) of the damage."""

    given: Tensor
    wanted: Tensor
    mask: Tensor | None = None
    strength: Tensor | None = None


Layers = Mapping[str, Tensor]


def pair(name: str, layers: Layers, generator: torch.Generator) -> Pair:
    """The pair of a name in PAIRS. layers: uint8, as a pack gives them; photo, and matte, layout, … where needed.

    Raises ParameterError for an unknown name or a layer that is not there.
    """
    if name not in PAIRS:
        raise ParameterError(f"pair: expected one of {', '.join(PAIRS)}; got {name!r}")
    make, needed = PAIRS[name]
    if missing := [layer for layer in needed if layer not in layers]:
        raise ParameterError(f"pair {name}: needs the layer {missing[0]!r}; these pictures have {', '.join(layers)}")
    return make(layers, generator)


def unit(x: Tensor) -> Tensor:
    """Bytes → [0, 1]."""
    return x.to(torch.float32) / 255


def borders(layout: Tensor) -> Tensor:
    """(n, 1, h, w): 1 on both sides of every border between parts."""
    edge = torch.zeros_like(layout, dtype=torch.bool)
    down, right = layout[:, :, 1:] != layout[:, :, :-1], layout[..., 1:] != layout[..., :-1]
    edge[:, :, 1:] |= down
    edge[..., 1:] |= right
    edge[:, :, :-1] |= down
    edge[..., :-1] |= right
    return edge.to(torch.float32)


def gradient(photo: Tensor) -> Tensor:
    """(n, 1, h, w): length of the brightness gradient (Sobel), 1 = from black to white over one pixel."""
    grey = functional.pad(luma(photo), (1, 1, 1, 1), mode="replicate")
    across = grey.new_tensor([[1, 0, -1], [2, 0, -2], [1, 0, -1]]).reshape(1, 1, 3, 3) / 8
    return 2 * torch.hypot(functional.conv2d(grey, across), functional.conv2d(grey, across.transpose(2, 3)))


def drawing(photo: Tensor, layout: Tensor, threshold: float = 0.16) -> Tensor:
    """(n, 1, h, w) in {0, 1}: a line drawing, borders of parts and strong edges inside the product; ground left out."""
    inside = functional.max_pool2d((layout > 0).to(torch.float32), 3, 1, 1)
    strong = (gradient(photo) > threshold).to(torch.float32) * (layout > 0)
    return torch.maximum(borders(layout), strong) * inside


def planes(layout: Tensor, parts: int = PARTS) -> Tensor:
    """(n, parts, h, w): one plane a part, the ground first; parts beyond the last share it."""
    one = functional.one_hot(layout[:, 0].long().clamp(max=parts - 1), parts)
    return one.permute(0, 3, 1, 2).to(torch.float32)


def hole_masks(x: Tensor, generator: torch.Generator) -> Tensor:
    """(n, 1, h, w) in {0, 1}: a rectangle and some thick strokes a picture, about 5 to 40 % of it in all."""
    n, _, h, w = x.shape
    y = torch.arange(h, device=x.device).reshape(1, 1, h, 1).float()
    across = torch.arange(w, device=x.device).reshape(1, 1, 1, w).float()
    high, wide = uniform(x, 0.12, 0.45, generator) * h, uniform(x, 0.12, 0.45, generator) * w
    top, left = uniform(x, 0, 1, generator) * (h - high), uniform(x, 0, 1, generator) * (w - wide)
    mask = (y >= top) & (y < top + high) & (across >= left) & (across < left + wide)
    for _ in range(3):
        (y0, y1), (x0, x1) = ([uniform(x, 0, s, generator) for _ in range(2)] for s in (h, w))
        length = ((y1 - y0) ** 2 + (x1 - x0) ** 2).clamp(min=1)
        t = (((y - y0) * (y1 - y0) + (across - x0) * (x1 - x0)) / length).clamp(0, 1)
        away = torch.hypot(y - y0 - t * (y1 - y0), across - x0 - t * (x1 - x0))
        drawn = whole(x, 0, 1, generator).reshape(-1, 1, 1, 1) > 0
        mask = mask | ((away < uniform(x, 0.02, 0.06, generator) * max(h, w)) & drawn)
    return mask.expand(n, 1, h, w).to(torch.float32)


# -- the pairs --------------------------------------------------------------------------------------------------------


def _edges(layers: Layers, generator: torch.Generator) -> Pair:
    photo = unit(layers["photo"])
    return Pair(drawing(photo, layers["layout"]), photo)


def _layout(layers: Layers, generator: torch.Generator) -> Pair:
    return Pair(planes(layers["layout"]), unit(layers["photo"]))


def _noise(layers: Layers, generator: torch.Generator) -> Pair:
    photo = unit(layers["photo"])
    sigma = uniform(photo, 2 / 255, 50 / 255, generator)
    none = torch.zeros_like(sigma, dtype=torch.bool)
    noisy = noises.gaussian_noise(photo, sigma, none, generator)
    return Pair(noisy.clamp(0, 1), photo, strength=sigma.flatten())


def _blur(layers: Layers, generator: torch.Generator) -> Pair:
    photo = unit(layers["photo"])
    wide, narrow = (uniform(photo, 0.4, 3.0, generator).flatten() for _ in range(2))
    angle = uniform(photo, -math.pi, math.pi, generator).flatten()
    kernels = blurs.bell(15, wide, narrow, angle, torch.ones_like(wide))
    return Pair(blurs.blurred(photo, kernels).clamp(0, 1), photo, strength=torch.maximum(wide, narrow))


def _jpeg(layers: Layers, generator: torch.Generator) -> Pair:
    photo = unit(layers["photo"])
    quality = uniform(photo, 10, 80, generator).flatten()
    return Pair(jpeg(photo, quality), photo, strength=quality)


def _hole(layers: Layers, generator: torch.Generator) -> Pair:
    photo = unit(layers["photo"])
    mask = hole_masks(photo, generator)
    return Pair(photo * (1 - mask) + 0.5 * mask, photo, mask)


def _small(scale: int) -> Callable[[Layers, torch.Generator], Pair]:
    def make(layers: Layers, generator: torch.Generator) -> Pair:
        photo = unit(layers["photo"])
        size = photo.shape[2] // scale, photo.shape[3] // scale
        small = resized(photo, size, "bicubic").clamp(0, 1)
        return Pair((small * 255).round() / 255, photo)

    return make


def _degraded(layers: Layers, generator: torch.Generator) -> Pair:
    photo = unit(layers["photo"])
    scale = (1, 2, 4)[int(between(0, 3, generator)) % 3]
    return Pair(degrade(photo, generator, scale), photo)


def _matte(layers: Layers, generator: torch.Generator) -> Pair:
    return Pair(unit(layers["photo"]), unit(layers["matte"]))


def _variant(layer: str) -> Callable[[Layers, torch.Generator], Pair]:
    return lambda layers, generator: Pair(unit(layers["photo"]), unit(layers[layer]))


# name: (function, layers it needs)
PAIRS: dict[str, tuple[Callable[[Layers, torch.Generator], Pair], tuple[str, ...]]] = {
    "edges": (_edges, ("photo", "layout")),
    "layout": (_layout, ("photo", "layout")),
    "matte": (_matte, ("photo", "matte")),
    "colour": (_variant("recoloured"), ("photo", "recoloured")),
    "material": (_variant("remade"), ("photo", "remade")),
    "noise": (_noise, ("photo",)),
    "blur": (_blur, ("photo",)),
    "jpeg": (_jpeg, ("photo",)),
    "hole": (_hole, ("photo",)),
    "small x2": (_small(2), ("photo",)),
    "small x4": (_small(4), ("photo",)),
    "degraded": (_degraded, ("photo",)),
}
