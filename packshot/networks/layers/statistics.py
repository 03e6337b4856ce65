"""Means and deviations of maps, over places, channels or pictures."""

from __future__ import annotations

import torch
from torch import Tensor


def unit_scale(x: Tensor) -> Tensor:
    """x over the root mean square of its channels (dimension 1): pixelwise feature vector normalisation.

    Karras et al. 2018, §4.2. Wants float32.
    """
    return x * (x.square().mean(1, keepdim=True) + 1e-8).rsqrt()


def with_deviation(x: Tensor, group: int = 4) -> Tensor:
    """`(n, c, h, w)` → `(n, c + 1, h, w)`: one more channel, the standard deviation over pictures of a group.

    Minibatch standard deviation (Karras et al. 2018, §3): deviation of every value over the group, mean over values.
    A batch is cut into groups of at most `group` pictures that divide it. Wants float32.
    """
    n, _, h, w = x.shape
    group = next(g for g in range(min(group, n), 0, -1) if n % g == 0)
    groups = x.reshape(group, n // group, -1)
    deviation = (groups.var(0, correction=0) + 1e-8).sqrt().mean(1)  # (n / group,)
    return torch.cat([x, deviation.repeat(group).view(n, 1, 1, 1).expand(n, 1, h, w)], dim=1)


def moments(x: Tensor) -> Tensor:
    """`(n, c, h, w)` → `(n, 2, c)`: mean and standard deviation of each channel over places. Wants float32."""
    flat = x.float().flatten(2)
    return torch.stack([flat.mean(2), (flat.var(2, correction=0) + 1e-5).sqrt()], 1)


def standardised(x: Tensor) -> Tensor:
    """Every channel of every picture with mean 0 and deviation 1 over places (instance normalisation)."""
    mean, deviation = moments(x)[..., None, None].unbind(1)
    return (x - mean) / deviation
