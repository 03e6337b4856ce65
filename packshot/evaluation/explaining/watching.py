"""What the blocks of a network give, seen from outside by hooks; and which of them everything passes through.

A block is a module that is called by the network itself or by one of its `Sequential`s, not one inside another block:
what a residual block gives counts, what its branches give does not. Blocks are told from the calls of one pass, so
networks whose halves are called by name (`decode`, `synthesise`) are watched as well as those called as a whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from packshot.errors import ParameterError

Given = TypeVar("Given")
Score = Callable[[Tensor], Tensor]  # pictures (n, c, h, w) in [-1, 1] → (n,)
LEAST_CHANNELS = 4  # of maps; what has fewer is a picture


@dataclass(frozen=True)
class Layer:
    """What one block gave in one pass. place: its number in the order of calls. output: `(n, c, h, w)`."""

    place: int
    name: str
    output: Tensor

    @property
    def side(self) -> int:
        """The shorter side of the maps, px."""
        return min(self.output.shape[2:])


@dataclass(frozen=True)
class Station:
    """A block that everything passes through on its way from picture to score. side: of its maps, px."""

    place: int
    name: str
    side: int
    channels: int


def watch(network: nn.Module, run: Callable[[], Given], cut_at: int | None = None) -> tuple[Given, list[Layer]]:
    """What `run()` gives, and all maps that blocks gave meanwhile, in order.

    cut_at: place of a block whose output is cut off from what came before it (no gradient passes).
    """
    found: list[Layer] = []
    with _hooks(network, found, cut_at):
        result = run()
    return result, found


@contextmanager
def _hooks(network: nn.Module, found: list[Layer], cut_at: int | None) -> Iterator[None]:
    names = {m: name for name, m in network.named_modules() if ".parametrizations" not in f".{name}"}
    around: list[nn.Module] = []

    def enter(module: nn.Module, _: Any) -> None:
        around.append(module)

    def leave(module: nn.Module, _: Any, output: Any) -> Tensor | None:
        around.pop()
        inside = any(m is not network and not isinstance(m, nn.Sequential) for m in around)
        opened = module is network or isinstance(module, nn.Sequential)
        if inside or opened or not isinstance(output, Tensor) or output.dim() != 4:
            return None
        place = len(found)
        cut = output.detach() if place == cut_at else None
        found.append(Layer(place, names[module], output))
        return cut

    handles = [module.register_forward_pre_hook(enter) for module in names]
    handles += [module.register_forward_hook(leave) for module in names]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def levels(layers: Sequence[Layer]) -> list[Layer]:
    """The last block at each side of a pyramid, pictures left out: a U-Net has its sides twice.

    Raises ParameterError if there are no maps at all.
    """
    maps = [layer for layer in layers if layer.output.shape[1] >= LEAST_CHANNELS and layer.side > 1]
    if not maps:
        raise ParameterError("network: expected blocks that give maps of more than one pixel, found none")
    return [list(run)[-1] for _, run in groupby(maps, lambda layer: layer.side)]


def stations(network: nn.Module, score: Score, x: Tensor) -> list[Station]:
    """One station at each side, the last there, in order. Found by cutting: without it no gradient reaches the picture.

    Raises ParameterError for a network without any, such as one without convolutions.
    """
    _, layers = watch(network, lambda: score(x))
    found = []
    for _, run in groupby((layer for layer in layers if layer.side > 1), lambda layer: layer.side):
        for layer in reversed(list(run)):
            if not _passes(network, score, x, layer.place):
                found.append(Station(layer.place, layer.name, layer.side, layer.output.shape[1]))
                break
    if not found:
        raise ParameterError("network: expected a block with maps that all of the score comes from, found none")
    return found


def _passes(network: nn.Module, score: Score, x: Tensor, place: int) -> bool:
    """Whether any gradient reaches the picture past the block at `place`."""
    with torch.enable_grad():
        x = x.detach().requires_grad_()
        total, _ = watch(network, lambda: score(x).sum(), cut_at=place)
        if not total.requires_grad:
            return False
        (gradient,) = torch.autograd.grad(total, x, allow_unused=True)
    return gradient is not None and bool(gradient.any())
