"""Restoration: photographs are damaged on the fly, and a network learns to give them back.

Losses: mean absolute error or Charbonnier's (Lai et al. 2017), the spectrum's (Cho et al. 2021), structural
dissimilarity (Zhao et al. 2017), slopes, nearness to a teacher (Hinton et al. 2015, on pictures), and, where there is a
critic of patches, what it thinks (Isola et al. 2017, eq. 4; hinge). Every weight is a rule; a loss with weight 0 is not
computed. Damage is drawn from the step's generator, so a run goes on exactly; with several processes each damages its
share alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn
from torch.nn import functional as F

from packshot.catalogue.damages import damaged, enlarged
from packshot.catalogue.pairs import Pair
from packshot.losses import adversarial, latent, pixel
from packshot.training.objective import Batch, Losses, Phase

Weight = Annotated[float, Field(ge=0)]


class RestoreSettings(BaseModel):
    """damage: a name of `catalogue.damages`. Weights of the losses. shrink: see `catalogue.dataset.albums`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    damage: Literal["bicubic", "photo", "noise", "jpeg", "blur", "light", "hole", "mixed"] = Field(
        "bicubic", description="what is done to the photographs"
    )
    shrink: float = Field(0.67, gt=0, le=1, description="photographs become so much smaller first: sharp and clean")
    l1: Weight = Field(1.0, description="mean absolute error")
    l2: Weight = Field(0.0, description="mean squared error")
    charbonnier: Weight = Field(0.0, description="smooth absolute error")
    spectrum: Weight = Field(0.0, description="absolute error of Fourier coefficients")
    structure: Weight = Field(0.0, description="(1 - SSIM) / 2")
    slopes: Weight = Field(0.0, description="absolute error of differences between neighbours")
    adversarial: Weight = Field(0.0, description="what the critic of patches thinks, where there is one")
    distil: Weight = Field(0.0, description="mean absolute error to what the teacher makes of the same picture")
    teacher: str = Field("", description="file of the teacher's checkpoint")


class InpaintSettings(RestoreSettings):
    """Losses count in the hole. coarse: of the coarse picture."""

    damage: Literal["hole"] = Field("hole", description="what is done to the photographs")
    coarse: Weight = Field(0.5, description="mean absolute error of the coarse picture")


class RestoreVaeSettings(RestoreSettings):
    """beta: weight of the codes' divergence from the prior."""

    damage: Literal["mixed", "noise", "blur", "hole"] = Field("mixed", description="what is done to the photographs")
    beta: Weight = Field(1.0, description="weight of the divergence from the prior")


class Restore:
    """The objective of a restorer, and of its critic where the preset has one."""

    averaged = ("restorer",)

    def __init__(
        self, restorer: nn.Module, critic: nn.Module | None, teacher: nn.Module | None, settings: RestoreSettings
    ) -> None:
        self.restorer, self.critic, self.settings = restorer, critic, settings
        self.teacher = None if teacher is None else teacher.eval().requires_grad_(False)
        self.networks = {"restorer": restorer} | ({} if critic is None else {"critic": critic})
        config: Any = restorer.config
        self.scale, self.channels_in = int(getattr(config, "scale", 1)), int(config.channels_in)

    def phases(self) -> tuple[Phase, ...]:
        """The critic's, if there is one, then the restorer's."""
        restorer = Phase("restorer", "restorer", tuple(self.restorer.parameters()), self.losses)
        if self.critic is None:
            return (restorer,)
        return Phase("critic", "critic", tuple(self.critic.parameters()), self.critic_losses), restorer

    def losses(self, batch: Batch) -> Losses:
        """The restorer's, weighted."""
        pair = self.pair(batch)
        x = self.told(pair)
        found = self.restorer(x)
        return self.compared(pair.wanted, found) | self._beyond(x, found)

    def critic_losses(self, batch: Batch) -> Losses:
        """Hinge: real above 1, restored below -1."""
        assert self.critic is not None
        pair = self.pair(batch)
        with torch.no_grad():
            found = self.restorer(self.told(pair))
        return {"critic": adversarial.hinge_critic(self.critic(pair.wanted), self.critic(found))}

    def pair(self, batch: Batch) -> Pair:
        """What is given and what is wanted, in [0, 1]."""
        assert batch.generator is not None
        with torch.no_grad():
            return damaged(self.settings.damage, batch.image / 2 + 0.5, batch.generator, self.scale)

    def told(self, pair: Pair) -> Tensor:
        """`(n, channels_in, h, w)`: the picture, and the mask or the level of noise where the network takes a map."""
        if self.channels_in == 3:
            return pair.given
        beside = pair.mask
        if beside is None:
            level = pair.given.new_zeros(len(pair.given)) if pair.strength is None else pair.strength
            beside = level.view(-1, 1, 1, 1).expand(-1, 1, *pair.given.shape[2:])
        x = torch.cat([pair.given, beside], 1)
        return x.contiguous(memory_format=torch.channels_last) if x.device.type == "cpu" else x

    def compared(self, truth: Tensor, found: Tensor) -> dict[str, Tensor]:
        """Weighted losses between what is wanted and what was found."""
        s = self.settings
        weights = {name: getattr(s, name) for name in ("l1", "l2", "charbonnier", "spectrum", "structure", "slopes")}
        return {name: weight * LOSSES[name](truth, found) for name, weight in weights.items() if weight}

    def sample(self, networks: Mapping[str, nn.Module], batch: Batch) -> Tensor:
        """Side by side: given (enlarged), restored, wanted."""
        pair = self.pair(batch)
        found = networks["restorer"](self.told(pair))
        return torch.cat([enlarged(pair.given, self.scale), found, pair.wanted], 3) * 2 - 1

    def _beyond(self, x: Tensor, found: Tensor) -> dict[str, Tensor]:
        """Losses that ask another network."""
        losses = {}
        if self.teacher is not None and self.settings.distil:
            with torch.no_grad():
                taught = self.teacher.to(x.device)(x)
            losses["distil"] = self.settings.distil * F.l1_loss(found, taught)
        if self.critic is not None and self.settings.adversarial:
            losses["adversarial"] = self.settings.adversarial * adversarial.hinge_generator(None, self.critic(found))
        return losses


LOSSES: Mapping[str, Any] = {
    "l1": pixel.l1,
    "l2": pixel.l2,
    "charbonnier": pixel.charbonnier,
    "spectrum": pixel.spectrum,
    "structure": lambda truth, found: pixel.dissimilarity(truth, found, span=1.0),
    "slopes": pixel.slopes,
}


class Inpaint(Restore):
    """The objective of an `Inpainter`: what counts lies in the hole, divided by its share of the picture."""

    settings: InpaintSettings

    def losses(self, batch: Batch) -> Losses:
        """The finished picture's, the coarse one's, and what a critic says of the finished one."""
        pair = self.pair(batch)
        assert pair.mask is not None
        x = self.told(pair)
        restorer: Any = self.restorer
        coarse, found = restorer.stages(x)
        share = pair.mask.mean().clamp(min=1e-3)
        losses = {name: loss / share for name, loss in self.compared(pair.wanted, found).items()}
        if self.settings.coarse:
            rough = (pair.wanted * pair.mask - coarse * pair.mask).abs().mean() / share
            losses["coarse"] = self.settings.coarse * rough
        return losses | self._beyond(x, found)


class RestoreVae(Restore):
    """The objective of a `RestoreVAE`: the evidence lower bound of the undamaged picture, in nats a value."""

    settings: RestoreVaeSettings

    def losses(self, batch: Batch) -> Losses:
        """Likelihood under the best shared variance (Rybkin et al. 2021) and divergence; further losses by weight."""
        pair = self.pair(batch)
        restorer: Any = self.restorer
        x = self.told(pair)
        step = restorer.multiple
        noise = batch.normal(restorer.config.code, -(-x.shape[2] // step), -(-x.shape[3] // step))
        found = restorer.reconstruct(x, noise)
        values = pair.wanted[0].numel()
        divergence = self.settings.beta * latent.kl_to_standard_normal(found.mean, found.log_variance)
        likelihood = latent.optimal_gaussian_nll(pair.wanted, found.picture)
        own = {"likelihood": likelihood / values, "divergence": divergence / values}
        return own | self.compared(pair.wanted, found.picture)
