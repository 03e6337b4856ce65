"""Do maps depend on what was learned? Randomise weights from the score downwards and see how the maps change.

Source: Adebayo et al. 2018, "Sanity Checks for Saliency Maps", §3.1 (cascading randomisation), rank correlation.
Departures: weights are shuffled within each tensor instead of drawn anew, which keeps their scale whatever the
network's initialisation was; correlations keep the maps' signs. As the level to compare with, maps of neighbouring
pictures by the unspoilt network: what all maps share, such as a habit of the middle.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class Sanity:
    """Mean rank correlation of maps before and after, by share of the layers randomised, from the score downwards.

    other: that of maps of two different pictures. n: pictures.
    """

    shares: tuple[float, ...]
    correlations: tuple[float, ...]
    other: float
    n: int


def cascade(
    network: nn.Module, maps: Callable[[], Tensor], run: Callable[[], object], *, points: int = 4, seed: int = 0
) -> Sanity:
    """maps: gives `(n, side, side)` of the network as it is. run: one pass, which tells the layers' order.

    The network has its own weights again afterwards. points: how often maps are taken on the way down.
    """
    order = _layers(network, run)[::-1]
    truth = maps()
    shares, found = [], []
    generator = torch.Generator().manual_seed(seed)
    with _kept(network):
        done = 0
        for point in range(points):
            upto = 1 + round(point / max(1, points - 1) * (len(order) - 1))  # the score's own layer first, all at last
            for module in order[done:upto]:
                _shuffle(module, generator)
            done = upto
            shares.append(done / len(order))
            found.append(float(rank_correlation(truth, maps()).mean()))
    other = float(rank_correlation(truth, truth.roll(1, 0)).mean()) if len(truth) > 1 else 1.0
    return Sanity(tuple(shares), tuple(found), other, len(truth))


def rank_correlation(a: Tensor, b: Tensor) -> Tensor:
    """Spearman's, of each map of `(n, h, w)` with its counterpart: `(n,)`; 0 where one of them is flat."""
    ranks = [m.flatten(1).argsort(1).argsort(1).double() for m in (a, b)]
    x, y = (r - r.mean(1, keepdim=True) for r in ranks)
    flat = (a.flatten(1).std(1) == 0) | (b.flatten(1).std(1) == 0)
    found = (x * y).sum(1) / (x.norm(dim=1) * y.norm(dim=1)).clamp(min=1e-12)
    return torch.where(flat, 0.0, found)


def _layers(network: nn.Module, run: Callable[[], object]) -> list[nn.Module]:
    """Modules with weights of their own in the order in which they first work."""
    found: dict[nn.Module, None] = {}
    modules = [m for name, m in network.named_modules() if ".parametrizations" not in f".{name}" and _weights(m)]
    handles = [m.register_forward_hook(lambda module, *_: found.setdefault(module)) for m in modules]
    try:
        run()
    finally:
        for handle in handles:
            handle.remove()
    return [*(m for m in modules if m not in found), *found]


def _weights(module: nn.Module) -> list[Tensor]:
    own = list(module.parameters(recurse=False))
    parametrized = getattr(module, "parametrizations", None)
    if isinstance(parametrized, nn.Module):
        own += list(parametrized.parameters())
    return [p for p in own if p.numel() > 1]


@torch.no_grad()
def _shuffle(module: nn.Module, generator: torch.Generator) -> None:
    for weight in _weights(module):
        order = torch.randperm(weight.numel(), generator=generator).to(weight.device)
        weight.copy_(weight.flatten()[order].view_as(weight))


@contextmanager
def _kept(network: nn.Module) -> Iterator[None]:
    before = [(p, p.detach().clone()) for p in network.parameters()]
    try:
        yield
    finally:
        with torch.no_grad():
            for parameter, value in before:
                parameter.copy_(value)
