"""The exponential moving average of weights, which is what samples are drawn with and what ships.

Source: Karras et al. 2018 (ProGAN) §4 for the use; half-life in images after Karras et al. 2020 (StyleGAN2-ADA),
`β = 0.5^(batch / half-life)`, with the ramp `half-life ≤ ramp · images seen`, so that the first samples are not
those of the random start.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping

import torch
from torch import nn

RAMP = 0.05


class Average:
    """Averaged copies of some networks, by role. Buffers (running statistics) are copied, not averaged."""

    def __init__(self, networks: Mapping[str, nn.Module], half_life_images: float) -> None:
        self.half_life = half_life_images
        self.source = dict(networks)
        self.networks = {role: copy.deepcopy(net).eval().requires_grad_(False) for role, net in networks.items()}

    @torch.no_grad()
    def update(self, images_seen: int, batch: int) -> None:
        """Move the copies towards the present weights after a step that ended at `images_seen`."""
        half_life = min(self.half_life, RAMP * images_seen)
        towards = 1.0 if half_life <= 0 else 1 - 0.5 ** (batch / half_life)
        for role, mean in self.networks.items():
            now = self.source[role]
            torch._foreach_lerp_(list(mean.parameters()), [p.detach() for p in now.parameters()], towards)
            for kept, buffer in zip(mean.buffers(), now.buffers(), strict=True):
                kept.copy_(buffer)
