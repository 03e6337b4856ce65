"""StarGAN: one translator for all values of some attributes, told which are wanted.

Source: Choi et al., "StarGAN: Unified Generative Adversarial Networks for Multi-Domain Image-to-Image Translation"
(2018), eqs. 1 to 8 (Wasserstein critic with gradient penalty of weight 10, classes, the way back to the own values with
weight 10). Departures: what is wanted is drawn among combinations that occur; an attribute may be left open, which
means as it is, and then its own value is the class asked for; where mattes are known, the critic sees the product on
its own ground, and a change of that counts; weights are those of pictures in [0, 1].
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from packshot.losses import adversarial, penalties, pixel
from packshot.training.conditions import one_hots
from packshot.training.objective import Batch, Losses, Phase
from packshot.training.objectives.translation import StarRules, asked, named, side_by_side

PAIR = adversarial.PAIRS["wasserstein"]


class StarGan:
    """networks: `translator`, `critic`. sizes: values of each attribute. known: `(m, attributes)` that occur."""

    averaged = ("translator",)

    def __init__(
        self, networks: Mapping[str, nn.Module], settings: StarRules, sizes: Sequence[int], known: Tensor
    ) -> None:
        self.networks, self.settings, self.sizes, self.known = dict(networks), settings, list(sizes), known
        self.critic: Any = networks["critic"]

    def phases(self) -> tuple[Phase, ...]:
        """The critic's in every step, the translator's in some."""
        critic, translator = (tuple(self.networks[role].parameters()) for role in ("critic", "translator"))
        return (
            Phase("critic", "critic", critic, self.critic_losses),
            Phase("translator", "translator", translator, self.translator_losses, every=self.settings.critic_steps),
        )

    def critic_losses(self, batch: Batch) -> Losses:
        """Real against translated, the penalty between them, the classes of real pictures."""
        assert batch.label is not None, "the stream gives labels"
        s, judge = self.settings, self.critic.judge
        with torch.no_grad():
            x, _, fake = self.made(batch, asked(batch, self.known, self.sizes, s.forget)[1])
        real, made = judge(x), judge(fake)
        points = penalties.between(x, fake, batch.uniform().view(-1))
        penalty = penalties.one_centred(judge(points).score, points)
        own = s.classes * named(real.classes, batch.label)
        return {"critic": PAIR.critic(real.score, made.score), "penalty": s.penalty * penalty, "critic_classes": own}

    def translator_losses(self, batch: Batch) -> Losses:
        """What the critic thinks, the classes asked for, the way back, the ground."""
        assert batch.label is not None, "the stream gives labels"
        s = self.settings
        wanted, told = asked(batch, self.known, self.sizes, s.forget)
        x, plain, fake = self.made(batch, told)
        judged = self.critic.judge(fake)
        losses = {
            "translator": PAIR.generator(None, judged.score),
            "classes": s.classes * named(judged.classes, wanted),
        }
        return {**losses, **self.kept(batch, x, plain, fake)}

    def kept(self, batch: Batch, x: Tensor, plain: Tensor, fake: Tensor) -> Losses:
        """The way back, and the ground where mattes are known: what must not change. x, plain, fake: as `made`."""
        assert batch.label is not None, "the stream gives labels"
        back = self.networks["translator"](fake, one_hots(batch.label, self.sizes))
        losses = {"cycle": self.settings.cycle * pixel.l1(x, back)}
        return losses if batch.beside is None else losses | {"ground": self.settings.ground * pixel.l1(plain, fake)}

    def made(self, batch: Batch, told: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The pictures, what is made of them, and that on their own ground where mattes are known."""
        x = batch.image / 2 + 0.5
        fake = self.networks["translator"](x, told)
        return (x, fake, fake if batch.beside is None else torch.lerp(x, fake, batch.beside.to(x.dtype) / 255))

    def sample(self, networks: Mapping[str, nn.Module], batch: Batch) -> Tensor:
        """Side by side: the picture, and three that were asked for."""
        x = batch.image / 2 + 0.5
        told = [asked(batch, self.known, self.sizes, 0.0)[1] for _ in range(3)]
        return side_by_side(x, *(networks["translator"](x, each) for each in told))
