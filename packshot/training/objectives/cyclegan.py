"""CycleGAN: two translators that undo each other learn from pictures of two domains, without pairs.

Source: Zhu, Park, Isola & Efros 2017, eqs. 1 to 3 and §4 (least squares, cycle with weight 10, identity of §5.2 with
half of it, a history of 50 pictures for each critic). Departures: weights are those of pictures in [0, 1]; identity is
asked of every second picture, which costs half; where mattes are known, a change outside the product counts (`ground`)
and critics judge the product's places alone; `colours` holds what is averaged over an eighth of the side; critics
normalised over all channels. With several processes each has a history of its own.
"""

from __future__ import annotations

import torch
from pydantic import Field
from torch import Tensor

from packshot.losses import adversarial, pixel
from packshot.training.objective import Batch, Losses, Phase
from packshot.training.objectives.translation import UnpairedRules, Weight
from packshot.training.objectives.unpaired import Both, coarse, outside


class CycleRules(UnpairedRules):
    """Weights for pictures in [0, 1], twice the papers'."""

    cycle: Weight = Field(20.0, description="mean absolute error after both ways")
    identity: Weight = Field(5.0, description="change of a picture that is of the domain already")
    colours: Weight = Field(0.0, description="change of colours averaged over an eighth of the side")


class CycleGan(Both):
    """networks: `translator` (two-way), `critic_a`, `critic_b`."""

    settings: CycleRules
    pair = adversarial.PAIRS["least-squares"]

    def phases(self) -> tuple[Phase, ...]:
        """Both critics as one player, then both translators."""
        critics = (*self.networks["critic_a"].parameters(), *self.networks["critic_b"].parameters())
        translators = tuple(self.networks["translator"].parameters())
        return (
            Phase("critic", "critic", critics, self.critic_losses, after=self.after),
            Phase("translator", "translator", translators, self.translator_losses, every=self.critic_steps),
        )

    def critic_losses(self, batch: Batch) -> Losses:
        """Each critic's domain against what was translated into it, now or a while ago."""
        step, numbers = self.made(batch), batch.uniform(4)
        found = {}
        for name, real, matte, fake, of, some in (
            ("a", step.a, step.matte_a, step.fake_a, step.matte_b, numbers[:, :2]),
            ("b", step.b, step.matte_b, step.fake_b, step.matte_a, numbers[:, 2:]),
        ):
            shown = self.score(name, *self.shown(name, fake, of, some))
            found[f"critic_{name}"] = self.pair.critic(self.score(name, real, matte), shown)
        return found

    def translator_losses(self, batch: Batch) -> Losses:
        """What the critics think, the way there and back, identity, and what must stay."""
        step, s = self.last(batch), self.settings
        judged = self.score("a", step.fake_a, step.matte_b), self.score("b", step.fake_b, step.matte_a)
        game = [self.pair.generator(None, each) for each in judged]
        again = pixel.l1(step.a, self.two.back(step.fake_b)) + pixel.l1(step.b, self.two.forth(step.fake_a))
        losses = {"translator": s.adversarial * torch.stack(game).sum(), "cycle": s.cycle * again}
        if s.identity:
            same = pixel.l1(step.a[::2], self.two.back(step.a[::2])) + pixel.l1(
                step.b[::2], self.two.forth(step.b[::2])
            )
            losses["identity"] = s.identity * same
        return (
            losses | self.kept(step.a, step.fake_b, step.matte_a) | self.kept(step.b, step.fake_a, step.matte_b, "back")
        )

    def kept(self, x: Tensor, y: Tensor, matte: Tensor | None, way: str = "forth") -> dict[str, Tensor]:
        """What a translation must leave alone."""
        s, found = self.settings, {}
        if s.ground and matte is not None:
            found[f"ground_{way}"] = s.ground * outside(x, y, matte)
        if s.colours:
            found[f"colours_{way}"] = s.colours * coarse(x, y)
        return found
