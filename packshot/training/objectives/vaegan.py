"""A variational autoencoder whose decoder also plays against a critic: reconstructions that are sharp.

Source: Larsen, Sønderby, Larochelle, Winther, "Autoencoding beyond pixels using a learned similarity metric" (2016),
§2.3, §3.1, algorithm 1: the likelihood is a Gaussian of the critic's features with unit variance; the encoder minimises
prior and likelihood, the decoder γ · likelihood minus the critic's loss, the critic tells real pictures from
reconstructions and from decoded draws of the prior.
Departures: the features are the critic's last ones (the paper takes an inner layer); a squared error of pixels may be
added to the likelihood, because few features say little at first; the decoder uses the non-saturating form; likelihood
and divergence are divided by the number of features, for Adam's sake. The critic's own penalties are those of `gan`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn

from packshot.losses import latent, penalties, pixel
from packshot.losses.adversarial import minimax_critic, non_saturating_generator
from packshot.training.objective import Batch, Losses, Phase
from packshot.training.objectives.gan import Augment
from packshot.training.schedule import Cosine, constant

Weight = Annotated[float, Field(ge=0)]


class VaeGanSettings(BaseModel):
    """balance: the paper's γ."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    beta: Cosine = Field(constant(1.0), description="weight of the divergence from the prior")
    balance: Weight = Field(1.0, description="weight of likeness against looking real, for the decoder")
    pixels: Weight = Field(1.0, description="weight of the pixels' squared error in the likelihood")
    gamma: Weight = Field(0.0, description="weight of the critic's zero-centred penalty on real pictures, 0 = none")
    penalty_every: int = Field(8, ge=1, le=64, description="steps between two penalties")


class VaeGan:
    """The objective of a `VAE` (encoder, to_code, from_code, decoder) and a critic."""

    averaged = ("autoencoder",)

    def __init__(
        self, autoencoder: nn.Module, critic: nn.Module, settings: VaeGanSettings, augment: Augment | None = None
    ) -> None:
        self.autoencoder, self.critic, self.settings = autoencoder, critic, settings
        self.networks = {"autoencoder": autoencoder, "critic": critic}
        self.augment = augment or (lambda x: x)
        self.latent_dim = int(autoencoder.config.latent_dim)  # type: ignore[union-attr, arg-type]

    def phases(self) -> tuple[Phase, ...]:
        """Critic, encoder, decoder: three players."""
        whole: Any = self.autoencoder
        encoder = (*whole.encoder.parameters(), *whole.to_code.parameters())
        decoder = (*whole.from_code.parameters(), *whole.decoder.parameters())
        critic, every = tuple(self.critic.parameters()), self.settings.penalty_every
        found = [Phase("critic", "critic", critic, self.critic_losses)]
        if self.settings.gamma:
            found.append(Phase("critic", "penalty", critic, self.penalty, every=every, strength=every))
        return (
            *found,
            Phase("encoder", "encoder", encoder, self.encoder_losses),
            Phase("decoder", "decoder", decoder, self.decoder_losses),
        )

    def critic_losses(self, batch: Batch) -> Losses:
        """Real against reconstructed and against drawn, each half of the fakes."""
        found = self._reconstructed(batch)
        real, again = self._score(batch.image, batch), self._score(found.picture.detach(), batch)
        drawn = self._score(self._drawn(batch).detach(), batch)
        return {"critic": 0.5 * (minimax_critic(real, again) + minimax_critic(real, drawn))}

    def penalty(self, batch: Batch) -> Losses:
        """R1 on unaugmented pictures."""
        x = batch.image.detach().requires_grad_()
        return {"r1": self.settings.gamma * penalties.zero_centred(self._score(x, batch), x)}

    def encoder_losses(self, batch: Batch) -> Losses:
        """Divergence and likelihood."""
        found = self._reconstructed(batch)
        likeness, features = self._likeness(batch.image, found.picture)
        kl = latent.kl_to_standard_normal(found.mean, found.log_variance)
        return {"likeness": likeness, "divergence": self.settings.beta.at(batch.images_seen) * kl / features}

    def decoder_losses(self, batch: Batch) -> Losses:
        """Likelihood, and that reconstructions and draws look real."""
        found = self._reconstructed(batch)
        likeness, _ = self._likeness(batch.image, found.picture)
        real = non_saturating_generator(None, self._score(found.picture, batch))
        drawn = non_saturating_generator(None, self._score(self._drawn(batch), batch))
        return {"decoder_likeness": self.settings.balance * likeness, "decoder": 0.5 * (real + drawn)}

    def sample(self, networks: Mapping[str, nn.Module], batch: Batch) -> Tensor:
        """Decoded draws from the prior."""
        out: Tensor = networks["autoencoder"].decode(batch.normal(self.latent_dim), batch.wish.condition)  # type: ignore[operator]
        return out

    def _reconstructed(self, batch: Batch) -> Any:
        return self.autoencoder(batch.image, batch.condition, batch.normal(self.latent_dim))

    def _drawn(self, batch: Batch) -> Tensor:
        return self.sample(self.networks, batch)

    def _score(self, x: Tensor, batch: Batch) -> Tensor:
        out: Tensor = self.critic(self.augment(x), batch.condition)
        return out

    def _likeness(self, truth: Tensor, guess: Tensor) -> tuple[Tensor, int]:
        """−log N(features; features, 1) without its constant, over their number; and that number."""
        critic: Any = self.critic
        real, made = critic.features(truth).detach(), critic.features(guess)
        return 0.5 * (real - made).square().mean() + self.settings.pixels * pixel.l2(truth, guess), real.shape[1]
