"""Adversarial examples: inputs moved, within a bound, to where a loss is worst.

Source: Madry, Makelov, Schmidt, Tsipras & Vladu 2018, "Towards Deep Learning Models Resistant to Adversarial Attacks",
§2.1: projected gradient descent in the maximum norm from a random start.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

Loss = Callable[[Tensor], Tensor]


def worst_near(x: Tensor, loss: Loss, start: Tensor, epsilon: float, steps: int = 2) -> Tensor:
    """Pictures `(n, c, h, w)` in [0, 1] no further than epsilon from x at any value, at which `loss` is large.

    start: numbers in [-1, 1] of x's shape, where the search begins in units of epsilon. steps of size 2·epsilon/steps.
    """
    moved = (x + epsilon * start).clamp(0, 1).detach()
    for _ in range(steps):
        moved.requires_grad_()
        (slope,) = torch.autograd.grad(loss(moved), moved)
        moved = (moved + 2 * epsilon / steps * slope.sign()).detach()
        moved = torch.maximum(torch.minimum(moved, x + epsilon), x - epsilon).clamp(0, 1)
    return moved
