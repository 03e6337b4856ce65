"""The founding scheme of style transfer: codes of photo and exemplar, a generator that mixes them, two critics.

Content and style are compared as in `style`; critics of photographs and of exemplars by the hinge loss (Lim & Ye 2017).
"""

from __future__ import annotations

import torch
from torch import Tensor

from packshot.losses import adversarial
from packshot.losses.style import content
from packshot.training.objective import Batch, Losses, Phase
from packshot.training.objectives.style import AnyStyle


class ExemplarStyle(AnyStyle):
    """The founding scheme: content + λ·style + what two critics think: of photographs (layout) and of exemplars."""

    def phases(self) -> tuple[Phase, ...]:
        """Critics, then the generator."""
        critics = [
            Phase(role, role, tuple(self.networks[role].parameters()), losses)
            for role, losses in (("critic", self._photo_critic), ("style_critic", self._style_critic))
        ]
        return (*critics, *super().phases())

    def losses(self, batch: Batch) -> Losses:
        photo, style = batch.image / 2 + 0.5, self.drawn(batch)
        made = self.made(self.networks, photo, style)
        found = self.compared(photo, made, self.told(style))
        weight = self.settings.adversarial
        if weight:
            grey, critic, style_critic = content.luminance(made), self.networks["critic"], self.networks["style_critic"]
            found["photo_critic"] = weight * adversarial.hinge_generator(None, critic(_three(grey)))
            found["style_critic"] = weight * adversarial.hinge_generator(None, style_critic(made))
        return found

    def _photo_critic(self, batch: Batch) -> Losses:
        """Told luma alone: its photographs and the generator's must not be told apart by colour."""
        photo, fake = self._pair(batch)
        critic = self.networks["critic"]
        real, made = (critic(_three(content.luminance(x))) for x in (photo, fake))
        return {"critic": adversarial.hinge_critic(real, made)}

    def _style_critic(self, batch: Batch) -> Losses:
        fake = self._pair(batch)[1]
        critic, style = self.networks["style_critic"], self.drawn(batch)
        return {"critic_of_style": adversarial.hinge_critic(critic(style), critic(fake))}

    def _pair(self, batch: Batch) -> tuple[Tensor, Tensor]:
        photo = batch.image / 2 + 0.5
        with torch.no_grad():
            return photo, self.made(self.networks, photo, self.drawn(batch))


def _three(grey: Tensor) -> Tensor:
    return grey.expand(-1, 3, -1, -1)
