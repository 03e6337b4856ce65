"""Statistics of batch normalisation for averaged weights: estimated anew before anything is drawn with them.

The running statistics that a copy carries are those of the live network, whose weights are others. Re-estimating them
under the averaged weights is what stochastic weight averaging does too (Izmailov et al. 2018, §3.3).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm


@torch.no_grad()
def settle(networks: Iterable[nn.Module], draws: Iterable[Callable[[], object]]) -> int:
    """Set running statistics to the mean over draws; gives how many layers were set.

    draws: each runs the networks on one batch of noise. A layer that no draw reached keeps what it had.
    """
    layers = [m for network in networks for m in network.modules() if isinstance(m, _BatchNorm)]
    if not layers:
        return 0
    before = [(m.training, m.momentum, {k: v.clone() for k, v in m.named_buffers()}) for m in layers]
    for layer in layers:
        layer.reset_running_stats()
        layer.train()
        layer.momentum = None  # a plain mean over the draws
    for draw in draws:
        draw()
    settled = 0
    for layer, (training, momentum, buffers) in zip(layers, before, strict=True):
        layer.train(training)
        layer.momentum = momentum
        if layer.num_batches_tracked:
            settled += 1
            continue
        for name, value in layer.named_buffers():
            value.copy_(buffers[name])
    return settled
