"""Adaptive augmentation as a module: its probability is a buffer, so it goes into the state and comes back from it.

Source: Karras et al. 2020, "Training Generative Adversarial Networks with Limited Data", §3.2; augmentations and
controller are those of `catalogue.augment.ada`.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from packshot.catalogue.augment.ada import Controller, ada
from packshot.training.processes import gathered

KEPT = ("p", "signs", "count", "batches")


class Adaptive(nn.Module):
    """Pictures `(n, c, s, s)` → augmented ones. `observe` takes scores of real pictures, `settle` moves p after a step.

    target, images: as the controller's; with a small set a lower number of images reacts faster.
    """

    state: Tensor

    def __init__(
        self, target: float = 0.6, images: int = 500_000, groups: Sequence[str] = ("blit", "geometry", "colour")
    ) -> None:
        super().__init__()
        self.controller, self.groups = Controller(target=target, images=images), tuple(groups)
        self.register_buffer("state", torch.zeros(len(KEPT), dtype=torch.float64))
        self._scores: Tensor | None = None

    @property
    def p(self) -> float:
        """The probability of every change now."""
        return float(self.state[0])

    def forward(self, x: Tensor) -> Tensor:
        generator = torch.Generator(x.device).manual_seed(int(torch.randint(1 << 62, ())))
        return ada(x, self.p, generator, self.groups)

    def observe(self, real_scores: Tensor) -> None:
        """Remember the critic's scores `(n,)` of this step's real pictures."""
        self._scores = real_scores.detach()

    def settle(self) -> None:
        """Move p by what was observed, over all processes alike."""
        if self._scores is None:
            return
        self.controller.restore(dict(zip(KEPT, self.state.tolist(), strict=True)))
        self.controller.observe(gathered(self._scores))
        kept = self.controller.state()
        self.state.copy_(torch.tensor([kept[name] for name in KEPT], dtype=torch.float64))
        self._scores = None
