"""What is to stay of a photo: its features, pixels, the likeness of its places to each other, its edges.

| loss | source |
|---|---|
| feature_distance | Gatys, Ecker & Bethge 2016, eq. 1, as a mean |
| pixel_cross_entropy | −E[t log g + (1 − t) log(1 − g)]: every value of a picture as the odds of a coin |
| self_similarity | Kolkin, Salavon & Shakhnarovich 2019 (STROTSS), eq. 8: cosine distances, rows summing to 1 |
| laplacian | Li, Xu, Nie & Chua 2017, eq. 6: pictures averaged over a few pixels, then compared by their Laplacians |
| luminance | Gatys et al. 2017, §5: style is taken over in luminance alone |
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

Maps = Sequence[Tensor]
LUMA = (0.299, 0.587, 0.114)  # Rec. 601, of encoded values
LEAST = 1e-4  # how far a coin's odds stay from 0 and 1


def feature_distance(truth: Maps, found: Maps) -> Tensor:
    """E(truth − found)² of each map, mean over maps."""
    return torch.stack([(a - b).square().mean() for a, b in zip(truth, found, strict=True)]).mean()


def pixel_cross_entropy(truth: Tensor, guess: Tensor) -> Tensor:
    """−E[t log g + (1 − t) log(1 − g)] of values in [0, 1]; least, but not 0, where guess = truth."""
    guess = guess.clamp(LEAST, 1 - LEAST)
    return F.binary_cross_entropy(guess, truth.clamp(0, 1))


def self_similarity(truth: Tensor, found: Tensor) -> Tensor:
    """E|D(truth) − D(found)| of the cosine distances D between all k places of features `(n, c, k)`.

    Each row of D is divided by its sum, and the mean is taken times k, so that it does not depend on how many places
    there are. The same under any turn and scale of the features: colours may change, layout may not.
    """
    return (_distances(truth) - _distances(found)).abs().sum(2).mean()


def _distances(x: Tensor) -> Tensor:
    unit = F.normalize(x, dim=1, eps=1e-6)
    distance = (1 - unit.transpose(1, 2) @ unit).clamp(min=0)  # (n, k, k)
    return distance / distance.sum(2, keepdim=True).clamp(min=1e-6)


def points(maps: Maps, places: Tensor) -> Tensor:
    """Features `(n, Σc, k)` of all maps at k places `(k, 2)`: x and y in [0, 1] of the picture's sides."""
    grid = (2 * places - 1)[None, None]  # (1, 1, k, 2)
    found = []
    for x in maps:
        spread = grid.expand(len(x), -1, -1, -1).to(x)
        found.append(F.grid_sample(x, spread, mode="bilinear", padding_mode="border", align_corners=False)[:, :, 0])
    return torch.cat(found, 1)


def laplacian(truth: Tensor, guess: Tensor, pool_px: int = 4) -> Tensor:
    """E(∇²truth − ∇²guess)² of pictures `(n, c, h, w)` averaged over squares of pool_px; 0 where they are smaller.

    What the two have in common may be as bright and coloured as it likes: only edges are held.
    """
    error = guess - truth
    side = min(pool_px, *error.shape[2:])
    error = F.avg_pool2d(error, side, ceil_mode=True, count_include_pad=False) if side > 1 else error
    if min(error.shape[2:]) < 3:
        return error.sum() * 0
    inner = error[:, :, 1:-1, 1:-1]
    around = error[:, :, :-2, 1:-1] + error[:, :, 2:, 1:-1] + error[:, :, 1:-1, :-2] + error[:, :, 1:-1, 2:]
    return (4 * inner - around).square().mean()


def luminance(rgb: Tensor) -> Tensor:
    """`(n, 3, h, w)` → `(n, 1, h, w)` luma of encoded values, differentiable."""
    weights = torch.tensor(LUMA, dtype=rgb.dtype, device=rgb.device).view(1, 3, 1, 1)
    return (rgb * weights).sum(1, keepdim=True)
