"""The colours of one picture given to another: statistics moved in a colour space, places untouched.

Sources: Reinhard, Ashikhmin, Gooch & Shirley 2001, "Color Transfer between Images" (means and deviations of each axis);
Pitié & Kokaram 2007, "The Linear Monge-Kantorovitch Linear Colour Mapping" (eq. 14: the linear map that moves least);
Pitié, Kokaram & Dahyot 2007, §3 (histograms matched along turning axes until all of the distribution is moved).
Departures: OKLab instead of lαβ and RGB; a map is made from samples (`Palette`), so that one map can serve a whole
catalogue; histograms are moved on samples and the move is carried to all pixels as a smooth table of the three axes,
because matching every photo's own histogram breaks gradients into steps; gains are bounded, so that noise on flat
ground is not blown up.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from packshot.errors import ParameterError
from packshot.imaging.colour import oklab_to_rgb, rgb_to_oklab

Method = Literal["reinhard", "monge-kantorovich", "histogram"]
Field = NDArray[np.float32]

MOST_SAMPLES = 20_000  # pixels that statistics are taken from
MOST_GAIN = 4.0  # how much an axis may be stretched
FLAT = 0.01  # OKLab deviation under which an axis counts as flat: the tenth of a grey level in ten
TURNS = 12  # of the axes along which histograms are matched
NODES = 17  # of the table that carries the move of histograms, a side


@dataclass(frozen=True)
class Palette:
    """Samples of a picture's colours in OKLab, `(3, k)`: what a style is, for colour transfer."""

    samples: Tensor

    @property
    def mean(self) -> Tensor:
        """`(3,)`."""
        return self.samples.mean(1)

    @property
    def covariance(self) -> Tensor:
        """`(3, 3)`."""
        centred = self.samples - self.mean[:, None]
        return centred @ centred.T / self.samples.shape[1]


def palette(rgb: Tensor, weight: Tensor | None = None) -> Palette:
    """Colours of a picture `(1, 3, h, w)`, of the pixels with `weight` `(1, 1, h, w)` above a half where one is given.

    Pixels are taken at even steps, so the same picture gives the same samples. Raises ParameterError if none count.
    """
    lab = rgb_to_oklab(rgb.clamp(0, 1))[0].flatten(1)
    if weight is not None:
        lab = lab[:, weight[0, 0].flatten() > 0.5]
    if lab.shape[1] == 0:
        raise ParameterError("style: no pixel of the picture counts (all of it is transparent)")
    step = max(1, -(-lab.shape[1] // MOST_SAMPLES))
    return Palette(lab[:, ::step].clone())


def joined(palettes: Sequence[Palette], weights: Sequence[float]) -> Palette:
    """One palette of several, each with its share: the colours of a brand's references taken together."""
    total = sum(weights)
    parts = []
    for each, weight in zip(palettes, weights, strict=True):
        count = round(MOST_SAMPLES * weight / total)
        places = torch.linspace(0, each.samples.shape[1] - 1, max(1, count)).round().long()
        parts.append(each.samples[:, places] if count else each.samples[:, :0])
    return Palette(torch.cat(parts, 1))


def transfer(rgb: Tensor, source: Palette, style: Palette, method: Method = "monge-kantorovich") -> Tensor:
    """A picture `(n, 3, h, w)` with the map that takes the colours `source` to those of `style`.

    source: usually `palette(rgb)`; that of a whole catalogue gives every picture the same look-up.
    """
    move = MAPS[method](source, style)
    n, _, h, w = rgb.shape
    lab = rgb_to_oklab(rgb)
    moved = move(lab.permute(1, 0, 2, 3).reshape(3, -1)).view(3, n, h, w).permute(1, 0, 2, 3)
    return oklab_to_rgb(moved, clamp=True)


Move = Callable[[Tensor], Tensor]


def _reinhard(source: Palette, style: Palette) -> Move:
    gain = torch.diag(_gains(source.covariance.diagonal().sqrt(), style.covariance.diagonal().sqrt()))
    return _linear(gain, source.mean, style.mean)


def _monge_kantorovich(source: Palette, style: Palette) -> Move:
    """A⁻½ (A½ B A½)½ A⁻½, with A's deviations kept above FLAT."""
    values, vectors = torch.linalg.eigh(source.covariance.double())
    deviation = values.clamp(min=FLAT**2).sqrt()
    root, inverse = (vectors * d @ vectors.T for d in (deviation, 1 / deviation))
    inner_values, inner = torch.linalg.eigh(root @ style.covariance.double() @ root)
    matrix = inverse @ (inner * inner_values.clamp(min=0).sqrt() @ inner.T) @ inverse
    gains, axes = torch.linalg.eigh((matrix + matrix.T) / 2)
    bounded = axes * gains.clamp(0, MOST_GAIN) @ axes.T
    return _linear(bounded.float(), source.mean, style.mean)


def _histogram(source: Palette, style: Palette) -> Move:
    moved = source.samples.numpy().astype(np.float64)
    goal = style.samples.numpy().astype(np.float64)
    random = np.random.default_rng(0)
    for turn in range(TURNS):
        axes = np.eye(3) if turn == 0 else np.linalg.qr(random.normal(size=(3, 3)))[0]
        moved = axes @ np.stack([_matched(a, b) for a, b in zip(axes.T @ moved, axes.T @ goal, strict=True)])
    return _table(source.samples.numpy(), moved.astype(np.float32) - source.samples.numpy())


MAPS: dict[str, Callable[[Palette, Palette], Move]] = {
    "reinhard": _reinhard,
    "monge-kantorovich": _monge_kantorovich,
    "histogram": _histogram,
}


def _gains(source: Tensor, style: Tensor) -> Tensor:
    return (style / source.clamp(min=FLAT)).clamp(max=MOST_GAIN)


def _linear(matrix: Tensor, source_mean: Tensor, style_mean: Tensor) -> Move:
    offset = style_mean - matrix @ source_mean
    return lambda lab: torch.addmm(offset[:, None], matrix, lab)


def _matched(x: NDArray[np.float64], goal: NDArray[np.float64]) -> NDArray[np.float64]:
    """Values of x exchanged for those of goal of the same rank; equal values stay equal."""
    _, inverse, counts = np.unique(x, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - counts / 2) / len(x)  # the middle of each run of equal values
    sorted_goal = np.sort(goal)
    found: NDArray[np.float64] = np.interp(ranks, (np.arange(len(goal)) + 0.5) / len(goal), sorted_goal)[inverse]
    return found


def _table(at: Field, move: Field) -> Move:
    """A move known at samples `(3, k)` as a smooth table over their box: splatted, blurred, read trilinearly."""
    low, high = at.min(1) - 1e-3, at.max(1) + 1e-3
    place = (at - low[:, None]) / (high - low)[:, None] * (NODES - 1)
    cell = np.minimum(place.astype(np.int64), NODES - 2)
    share = place - cell
    total, weight = np.zeros((3, NODES**3), np.float32), np.zeros(NODES**3, np.float32)
    for corner in np.ndindex(2, 2, 2):
        part = np.prod([s if c else 1 - s for s, c in zip(share, corner, strict=True)], axis=0).astype(np.float32)
        where = np.ravel_multi_index(tuple(cell[i] + corner[i] for i in range(3)), (NODES,) * 3)
        weight += np.bincount(where, part, NODES**3).astype(np.float32)
        for axis in range(3):
            total[axis] += np.bincount(where, part * move[axis], NODES**3).astype(np.float32)
    nodes = _spread(total, weight)
    grid = torch.from_numpy(nodes).view(1, 3, NODES, NODES, NODES)
    low_t, span = torch.from_numpy(low), torch.from_numpy((high - low) / 2)

    def read(lab: Tensor) -> Tensor:
        unit = (lab.T - low_t) / span - 1  # (k, 3): L, a, b in [-1, 1]
        where = unit.flip(1).view(1, 1, 1, -1, 3)  # grid_sample wants the last axis first
        found = torch.nn.functional.grid_sample(grid, where, "bilinear", "border", align_corners=True)
        return lab + found.view(3, -1)

    return read


def _spread(total: Field, weight: Field) -> Field:
    """Means at the nodes; a node without samples takes them from around, near ones first."""
    cube = np.concatenate([total, weight[None]]).reshape(4, NODES, NODES, NODES)
    found = 1e-9 * cube + 1e-12
    for level, sigma in enumerate((0.7, 1.5, 3.0, 8.0)):
        found = found + 10.0 ** (-3 * level) * np.stack([_blurred(part, sigma) for part in cube])
    flat: Field = (found[:3] / np.maximum(found[3:], 1e-30)).reshape(3, -1).astype(np.float32)
    return flat


def _blurred(cube: Field, sigma: float) -> Field:
    for axis in range(3):
        lines = np.moveaxis(cube, axis, 0).reshape(NODES, -1)
        smooth = cv2.GaussianBlur(np.ascontiguousarray(lines), (1, 2 * NODES - 1), 1e-3, sigmaY=sigma,
                                  borderType=cv2.BORDER_REPLICATE)  # fmt: skip
        cube = np.moveaxis(smooth.reshape(NODES, NODES, NODES), 0, axis)
    return np.ascontiguousarray(cube)


def with_colours_of(photo: Tensor, styled: Tensor) -> Tensor:
    """The styled picture's lightness under the photo's hue and chroma (OKLab), `(n, 3, h, w)` both."""
    lab = rgb_to_oklab(photo)
    lightness = rgb_to_oklab(styled)[:, :1]
    return oklab_to_rgb(torch.cat([lightness, lab[:, 1:]], 1), clamp=True)
