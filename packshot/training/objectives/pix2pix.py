"""Pix2Pix: a translator learns from pairs, against a critic that sees what was given beside the picture.

Source: Isola, Zhu, Zhou & Efros 2017, eqs. 1 to 4 (the game, and the mean absolute error). Departures: the hinge pair
and spectral normalisation in place of the logistic pair and batch normalisation; the critic's features are matched
(T.-C. Wang et al. 2018, eq. 4); what a drawing leaves open is not noise but attributes, told to both players and left
out at random, so that any of them may be told later; one made picture serves both players of a step; weights are those
of pictures in [0, 1], twice the papers' for the same pull.
"""

from __future__ import annotations

import torch
from torch import Tensor

from packshot.losses import pixel
from packshot.training.objective import Batch, Losses, Phase
from packshot.training.objectives import translation as shared
from packshot.training.objectives.translation import Made, Paired


class Pix2Pix(Paired):
    """The objective of any translator and a critic of patches."""

    def phases(self) -> tuple[Phase, ...]:
        """The critic's, then the translator's."""
        losses = {"critic": self.critic_losses, "translator": self.translator_losses}
        return tuple(Phase(role, role, tuple(self.networks[role].parameters()), f) for role, f in losses.items())

    def critic_losses(self, batch: Batch) -> Losses:
        """Real pairs against made ones."""
        step = self.made(batch)
        real, fake = self.judged(step, step.wanted), self.judged(step, step.picture.detach())
        return {"critic": shared.critic_loss(self.settings.loss, real, fake)}

    def translator_losses(self, batch: Batch) -> Losses:
        """What the critic thinks, the mean absolute error, features matched."""
        step, s = self.last(batch), self.settings
        fake = self.judged(step, step.picture)
        losses = {"translator": s.adversarial * shared.translator_loss(s.loss, fake)}
        if s.l1:
            losses["l1"] = s.l1 * pixel.l1(step.wanted, step.picture)
        if s.features:
            with torch.no_grad():
                real = self.judged(step, step.wanted)
            losses["features"] = s.features * shared.matched(real, fake)
        return losses | self.further(step)

    def further(self, step: Made) -> dict[str, Tensor]:
        """Losses of a kind of its own."""
        return {}
