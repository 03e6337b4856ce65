"""DualGAN: two translators that undo each other, against Wasserstein critics whose weights are clipped.

Source: Yi, Zhang, Tan & Gong, "DualGAN: Unsupervised Dual Learning for Image-to-Image Translation" (2017), §3.1 to 3.4,
eqs. 1 to 3 and algorithm 1 (critics clipped, several steps of them for one of the translators, the mean absolute error
after both ways). Departures: no noise but what the network has; Adam in place of RMSProp; the bound and the weights are
those of these critics and of pictures in [0, 1]; where mattes are known, a change outside the product counts.

The project's founding document calls another thing "DualGAN": an exemplar's style is brought into a photograph by one
generator, told both codes, against a critic of layout and a critic of style (content plus λ times style). There is no
second translator and nothing is undone; it is `objectives.style.ExemplarStyle`, and `restyle --method exemplar-gan`.
"""

from __future__ import annotations

import torch
from pydantic import Field

from packshot.losses import adversarial
from packshot.training.objectives.cyclegan import CycleGan, CycleRules
from packshot.training.objectives.translation import Weight


class DualRules(CycleRules):
    """cycle: the paper's λ, of both ways."""

    identity: Weight = Field(0.0, description="change of a picture that is of the domain already")
    clip: float = Field(0.05, gt=0, description="bound of the critics' weights")
    critic_steps: int = Field(2, ge=1, le=10, description="steps of the critics for one of the translators")


class DualGan(CycleGan):
    """networks: `translator` (two-way), `critic_a`, `critic_b`, the critics without spectral normalisation."""

    settings: DualRules
    pair = adversarial.PAIRS["wasserstein"]
    remembers = False

    def after(self) -> None:
        """Clip the critics' weights."""
        bound = self.settings.clip
        with torch.no_grad():
            for name in "ab":
                for parameter in self.networks[f"critic_{name}"].parameters():
                    parameter.clamp_(-bound, bound)
