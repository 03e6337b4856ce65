"""CUT: one translator from a to b; each patch of what it makes must resemble the patch it was made from.

Source: Park, Efros, Zhang & Zhu 2020, eqs. 1 to 5 (patches compared by cross entropy among those of the same picture,
temperature 0.07, the same asked of pictures of b; least squares). Departures: 128 patches of each map in place of 256,
at the same places in every picture of a step; a critic normalised over all channels; no history; a change outside the
product counts where mattes are known, and the critic judges the product's places alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional as F

from packshot.losses import adversarial
from packshot.networks.translation.contrast import points_of
from packshot.training.objective import Batch, Losses, Phase
from packshot.training.objectives.translation import UnpairedRules, Weight, side_by_side
from packshot.training.objectives.unpaired import domains_of, outside, scores

PAIR, PLACES, TEMPERATURE = adversarial.PAIRS["least-squares"], 128, 0.07


class CutRules(UnpairedRules):
    """Weights of the contrasts."""

    contrast: Weight = Field(1.0, description="patches of a against those of its translation")
    identity: Weight = Field(1.0, description="patches of b against those of b translated")


class Cut:
    """networks: `translator` (with `codes`), `projector`, `critic`."""

    averaged = ("translator",)

    def __init__(self, networks: Mapping[str, nn.Module], settings: CutRules, side: int) -> None:
        self.networks, self.settings = dict(networks), settings

    def phases(self) -> tuple[Phase, ...]:
        """The critic's, then the translator's together with the projector's."""
        critic, own, more = (tuple(self.networks[role].parameters()) for role in ("critic", "translator", "projector"))
        first = Phase("critic", "critic", critic, self.critic_losses)
        return first, Phase("translator", "translator", own + more, self.translator_losses)

    def critic_losses(self, batch: Batch) -> Losses:
        """Pictures of b against a translated."""
        a, b, matte, other = domains_of(batch)
        with torch.no_grad():
            fake = self.networks["translator"](a)
        return {"critic": PAIR.critic(self._score(b, other), self._score(fake, matte))}

    def translator_losses(self, batch: Batch) -> Losses:
        """What the critic thinks, and patches that stay themselves."""
        (a, b, matte, _), s = domains_of(batch), self.settings
        places, fake = torch.rand(PLACES, 2, device=a.device), self.networks["translator"](a)
        losses = {"translator": s.adversarial * PAIR.generator(None, self._score(fake, matte))}
        losses["contrast"] = s.contrast * self._contrast(a, fake, places)
        if s.identity:
            losses["identity"] = s.identity * self._contrast(b, self.networks["translator"](b), places)
        return losses if matte is None else losses | {"ground": s.ground * outside(a, fake, matte)}

    def sample(self, networks: Mapping[str, nn.Module], batch: Batch) -> Tensor:
        """Side by side: a, and a as b."""
        return side_by_side(domains_of(batch)[0], networks["translator"](domains_of(batch)[0]))

    def _score(self, x: Tensor, matte: Tensor | None) -> Tensor:
        return scores(self.networks["critic"](x), matte)

    def _contrast(self, x: Tensor, y: Tensor, places: Tensor) -> Tensor:
        translator: Any = self.networks["translator"]
        keys, queries = (
            self.networks["projector"]([points_of(m, places) for m in translator.codes(z)]) for z in (x, y)
        )
        own = torch.arange(PLACES, device=x.device).expand(len(x), -1)
        terms = [F.cross_entropy((q @ k.detach().mT / TEMPERATURE).mT, own) for q, k in zip(queries, keys, strict=True)]
        return torch.stack(terms).mean()
