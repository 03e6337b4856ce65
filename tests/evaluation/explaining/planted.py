"""Pictures whose class is decided by the colour of one square at a random place, and a small classifier of them."""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor, nn
from torch.nn import functional as F

SIDE, SQUARE = 24, 7


def pictures(n: int, seed: int = 0, classes: int = 3) -> tuple[Tensor, Tensor, Tensor]:
    """(pictures `(n, 3, SIDE, SIDE)` in [-1, 1], classes `(n,)` red, blue, neither, truth `(n, SIDE, SIDE)`).

    The ground is grey with noise; a green square, which tells nothing, lies anywhere, the telling one over it.
    """
    generator = torch.Generator().manual_seed(seed)
    x = 0.15 * torch.randn(n, 3, SIDE, SIDE, generator=generator)
    kinds = torch.randint(classes, (n,), generator=generator)
    truth = torch.zeros(n, SIDE, SIDE, dtype=torch.bool)
    colours = torch.tensor([[0.9, -0.7, -0.7], [-0.7, -0.7, 0.9]])
    for picture, where, kind in zip(x, truth, kinds, strict=True):
        places = torch.randint(SIDE - SQUARE, (2, 2), generator=generator).tolist()
        for (top, left), colour in zip(places, (torch.tensor([-0.7, 0.9, -0.7]), *colours[kind:][:1]), strict=False):
            picture[:, top : top + SQUARE, left : left + SQUARE] = colour[:, None, None]
        where[top : top + SQUARE, left : left + SQUARE] = True
    return x.clamp(-1, 1), kinds, truth


@cache
def classifier() -> nn.Module:
    """Trained here, in evaluation mode; names nearly all pictures."""
    torch.manual_seed(0)
    layers: list[nn.Module] = []
    for a, b, stride in ((3, 8, 2), (8, 16, 1), (16, 16, 1)):
        layers += [nn.Conv2d(a, b, 3, stride, 1), nn.ReLU()]
    network = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(16, 3))
    optimiser = torch.optim.Adam(network.parameters(), 1e-2)
    x, classes, _ = pictures(320, seed=1)
    for step in range(80):
        some = torch.arange(32) + 32 * (step % 10)
        loss = F.cross_entropy(network(x[some]), classes[some])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return network.eval()
