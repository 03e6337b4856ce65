"""StarGAN with a critic of patches that has a verdict for each value: does this place look like a real red one?

Sources: Choi et al., "StarGAN v2: Diverse Image Synthesis for Multiple Domains" (2020), §2.1 and eq. 1 (a critic with a
branch for each domain, in place of a head of classes); Isola et al. 2017, §3.2.2 (patches); Mao et al., "Least Squares
Generative Adversarial Networks" (2017), eq. 9; Reed et al., "Generative Adversarial Text to Image Synthesis" (2016),
§4.2 (a real picture with a wrong name is refused as well). Departures: branches of all values of several attributes
beside each other; all wrong names of a picture are shown at once; the way back as in `stargan`; what is left open must
still look like its own value, but is not shown to the critic as made, for as a rule it is untouched; no style codes:
what is wanted has a name; where mattes are known, the product's places alone are judged.
"""

from __future__ import annotations

import torch
from torch import Tensor

from packshot.training.conditions import one_hots
from packshot.training.objective import Batch, Losses
from packshot.training.objectives.stargan import StarGan
from packshot.training.objectives.translation import asked
from packshot.training.objectives.unpaired import seen


class BranchedStarGan(StarGan):
    """networks: `translator`, `critic` with `branches`, one a value. The rule `penalty` is not used."""

    def critic_losses(self, batch: Batch) -> Losses:
        """Real under their own names against translated under those asked for, and real under wrong ones."""
        assert batch.label is not None, "the stream gives labels"
        told = asked(batch, self.known, self.sizes, self.settings.forget)[1]
        with torch.no_grad():
            x, _, fake = self.made(batch, told)
        own, wrong = one_hots(batch.label, self.sizes), one_hots(batch.label, self.sizes, other=True)
        real, made = self.verdicts(x, batch), self.verdicts(fake, batch)
        losses = {"critic": error(real, own, 1) / 2, "critic_wrong": error(real, wrong, 0) / 2}
        return losses | {"critic_made": error(made, told, 0) / 2}

    def translator_losses(self, batch: Batch) -> Losses:
        """What the branches asked for think, the way back, the ground."""
        assert batch.label is not None, "the stream gives labels"
        s = self.settings
        wanted, told = asked(batch, self.known, self.sizes, s.forget)
        x, plain, fake = self.made(batch, told)
        losses = {"translator": s.classes * error(self.verdicts(fake, batch), one_hots(wanted, self.sizes), 1) / 2}
        return {**losses, **self.kept(batch, x, plain, fake)}

    def verdicts(self, x: Tensor, batch: Batch) -> list[tuple[Tensor, Tensor]]:
        """Of each size: logits `(n, branches, h, w)`, and ones where the product is seen, `(n, 1, h, w)`."""
        matte = None if batch.beside is None else batch.beside.to(x.dtype) / 255
        return [(maps[-1], seen(maps[-1], matte)) for maps in self.critic(x)]


def error(verdicts: list[tuple[Tensor, Tensor]], which: Tensor, target: float) -> Tensor:
    """Mean squared error of some branches over places that see the product; which: `(n, branches)`, ones and zeros."""
    found = []
    for logits, places in verdicts:
        each = ((logits - target) ** 2 * places).sum((2, 3)) / places.sum((2, 3)).clamp(min=1)
        found.append((each * which).sum() / which.sum().clamp(min=1))
    return torch.stack(found).mean()
