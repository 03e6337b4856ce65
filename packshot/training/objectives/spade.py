"""SPADE: a layout becomes a photograph, against critics of several sizes, nearer in feature space.

Source: Park, Liu, T.-C. Wang & Zhu 2019, §3 and appendix A (hinge, feature matching with weight 10, perceptual loss
with weight 10, divergence of the encoder's code with weight 0.05). Departures: perceptual maps come from any space of
`models.features`, random filters unless told otherwise, and are standardised by the wanted picture's; a mean absolute
error beside, which short runs need; one encoder reads the wanted picture, and its code is given up at random with the
attributes, so that the translator knows what to do without one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from pydantic import Field
from torch import Tensor, nn

from packshot.losses import latent
from packshot.models.features import find
from packshot.training.objective import Phase
from packshot.training.objectives.pix2pix import Pix2Pix
from packshot.training.objectives.translation import Made, PairedRules, Weight


class SpadeRules(PairedRules):
    """divergence counts where there is an encoder."""

    perceptual: Weight = Field(1.0, description="absolute error of standardised maps of a feature space")
    perception: str = Field("filters", description="feature space, see packshot.models.features")
    divergence: Weight = Field(0.05, description="divergence of the encoder's code from the prior")


class SpadeGan(Pix2Pix):
    """networks: `translator`, `critic`, and perhaps `encoder`."""

    settings: SpadeRules

    def __init__(self, networks: Mapping[str, nn.Module], settings: SpadeRules, sizes: Sequence[int] = ()) -> None:
        super().__init__(networks, settings, sizes)
        self.space = find(settings.perception) if settings.perceptual else None
        self._code: tuple[Tensor, Tensor] | None = None

    def phases(self) -> tuple[Phase, ...]:
        """As of Pix2Pix; the encoder moves with the translator."""
        critic, translator = super().phases()
        more = tuple(self.networks["encoder"].parameters()) if "encoder" in self.networks else ()
        return critic, Phase("translator", "translator", translator.parameters + more, self.translator_losses)

    def translate(
        self, networks: Mapping[str, nn.Module], given: Tensor, told: Tensor | None, wanted: Tensor
    ) -> Tensor:
        if "encoder" not in self.networks:
            return super().translate(networks, given, told, wanted)
        self._code = mean, log_variance = self.networks["encoder"](wanted)
        z = mean + (0.5 * log_variance).exp() * torch.randn_like(mean) if torch.is_grad_enabled() else mean
        out: Tensor = networks["translator"](given, told, z)
        return out

    def further(self, step: Made) -> dict[str, Tensor]:
        """Perceptual distance, and the code's divergence."""
        found: dict[str, Tensor] = {}
        if self.space is not None:
            maps = self.space.on(step.wanted.device).maps
            with torch.no_grad():
                wanted = maps(step.wanted)
            terms = [
                (a - b).abs().mean() / a.std().clamp(min=0.02) for a, b in zip(wanted, maps(step.picture), strict=True)
            ]
            found["perceptual"] = self.settings.perceptual * torch.stack(terms).mean()
        if self._code is not None:
            found["divergence"] = self.settings.divergence * latent.kl_to_standard_normal(*self._code)
        return found
