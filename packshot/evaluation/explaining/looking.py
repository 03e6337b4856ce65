"""Where a network looks: which places of a picture speak for a score, which against it.

Sources: Selvaraju et al. 2017, "Grad-CAM", §3 (eqs. 1, 2): maps of a convolution weighted by the mean gradient of the
score. Draelos & Carin 2020, "Use HiResCAM instead of Grad-CAM for faithful explanations of convolutional neural
networks", §3: gradient times map, place by place; the same where maps are averaged before the score, and exact (the
map's sum is the score but for a constant) wherever the score is linear in the maps, as in critics that flatten them.
Grad-CAM takes the last layer, as its paper says (in earlier ones a mean over all places tells little, which the
deletion test shows); HiResCAM the last one of at least LEAST_SIDE px a side, since the last layer of a network for
small pictures has 4 × 4.
Departures: maps are kept with their sign, the papers' ReLU is `Looking.positive`; where a block ends before its
activation, maps are taken before it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from packshot.errors import ParameterError
from packshot.evaluation.explaining.watching import Score, Station, stations, watch

Method = Literal["grad-cam", "hires-cam"]
METHODS: tuple[Method, ...] = ("grad-cam", "hires-cam")
LEAST_SIDE = 7


@dataclass(frozen=True)
class Looking:
    """coarse: `(n, side, side)` as computed, above 0 where a place speaks for the score; size: of the pictures, px."""

    coarse: Tensor
    station: Station
    size: tuple[int, int]

    @property
    def maps(self) -> Tensor:
        """`(n, h, w)`, brought to the pictures' size bilinearly."""
        return F.interpolate(self.coarse[:, None], self.size, mode="bilinear", align_corners=False)[:, 0]

    @property
    def positive(self) -> Tensor:
        """`(n, h, w)`: what speaks for the score alone."""
        return self.maps.clamp(min=0)


def look(
    network: nn.Module, score: Score, x: Tensor, *, method: Method = "grad-cam", station: Station | None = None
) -> Looking:
    """Maps of pictures `(n, c, h, w)` in [-1, 1] for `score`, computed by `network` in evaluation mode.

    station: which layer's maps; `choose(stations(…), method)` unless given.
    Raises ParameterError for an unknown method or a network without such a layer.
    """
    if method not in METHODS:
        raise ParameterError(f"method: expected one of {', '.join(METHODS)}, got {method!r}")
    station = station or choose(stations(network, score, x), method)
    with torch.enable_grad():
        total, layers = watch(network, lambda: score(x.detach().requires_grad_()).sum())
        maps = layers[station.place].output
        (gradient,) = torch.autograd.grad(total, maps)
    maps, gradient = maps.detach()[: len(x)], gradient[: len(x)]  # a score may bring other pictures along, behind
    weight = gradient.mean((2, 3), keepdim=True) if method == "grad-cam" else gradient
    return Looking((weight * maps).sum(1), station, (x.shape[2], x.shape[3]))


def choose(found: Sequence[Station], method: Method = "grad-cam") -> Station:
    """The last station for Grad-CAM; for HiResCAM the last of at least LEAST_SIDE px, or the largest if none is."""
    if method == "grad-cam":
        return found[-1]
    large = [station for station in found if station.side >= LEAST_SIDE]
    return large[-1] if large else max(found, key=lambda station: station.side)


def beside(score: Score, companions: Tensor) -> Score:
    """The score of each picture in the company of the same three `(3, c, h, w)`, for critics that compare a batch.

    The order is that of `layers.statistics.with_deviation`, which makes groups of every n-th picture of a batch of 4n.
    """

    def scored(x: Tensor) -> Tensor:
        n = len(x)
        others = companions.to(x).repeat_interleave(n, dim=0)
        return score(torch.cat([x, others]))[:n]

    return scored
