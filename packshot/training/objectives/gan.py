"""Adversarial training: a generator and a critic, with any pair of losses and any penalty.

Sources: the losses' papers stand in `losses/adversarial.py`, the penalties' in `losses/penalties.py`. Auxiliary
classifiers: Odena et al. 2017. Differentiable augmentation of all that the critic sees: Zhao et al. 2020, or adaptively
Karras et al. 2020 (`objectives.adaptive`), with the penalty taken on the pictures before it, as Huang et al. 2024 do.
Reconstruction: Isola et al. 2017, eq. 3, on pictures averaged down to a few pixels a side, so that noise stays free to
decide the detail. Departure from Huang et al.: one generated batch serves both players and the penalties of a step,
where the paper draws anew, and the generator's fakes are paired with the critic's reals.

Attributes that are not known (semi-supervised learning): of a real picture without label the critic is told nothing
there, so no projection and no class term comes from it, and no more is it told of the generated picture in its place,
which is asked for under a drawn value. Both halves of the game, told and untold, have the generator's wanted
distribution as their optimum; the auxiliary classifier, learned from the labelled pictures, asks of every generated
picture the class it was drawn for. Lučić et al. 2019 give the simple baselines (all unlabelled pictures under one or a
random label) and pseudo-labels, of which this is neither.

Frozen layers of the critic, for transfer to few pictures: Mo, Cho, Shin 2020, "Freeze the Discriminator", §3.

What a generator of its own kind needs beside this is a subclass: `growing`, `stylegan`, `product`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Literal

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn
from torch.nn import functional as F

from packshot.errors import ParameterError
from packshot.losses import adversarial, penalties, pixel
from packshot.networks.layers.judging import Judgement
from packshot.training.objective import Batch, Losses, Phase
from packshot.training.objectives.adaptive import Adaptive
from packshot.training.schedule import Cosine, constant

Weight = Annotated[float, Field(ge=0)]
Augment = Callable[[Tensor], Tensor]


class GanSettings(BaseModel):
    """The game's rules. Weights are those of the papers; a lazy penalty's is multiplied by `penalty_every`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    loss: Literal["minimax", "non-saturating", "least-squares", "hinge", "wasserstein", "relativistic"] = Field(
        "non-saturating", description="what critic and generator minimise"
    )
    penalty: Literal["none", "r1", "r1+r2", "gradient"] = Field("none", description="on the critic's gradient")
    gamma: Cosine = Field(constant(0.1), description="weight of the penalty (λ for the WGAN-GP one)")
    penalty_every: int = Field(1, ge=1, le=64, description="steps between two penalties")
    clip: Annotated[float, Field(gt=0)] | None = Field(None, description="bound of the critic's weights (WGAN)")
    critic_steps: int = Field(1, ge=1, le=10, description="steps of the critic for one of the generator")
    smoothing: float = Field(0.0, ge=0, lt=0.5, description="one-sided label smoothing")
    auxiliary: Weight = Field(0.0, description="weight of the auxiliary classifiers, for both players")
    feature_matching: Weight = Field(0.0, description="weight of the generator's feature matching")
    reconstruction: Weight = Field(
        0.0, description="weight of the coarse distance to the real picture of the condition"
    )
    freeze: int = Field(
        0, ge=0, le=20, description="layers of the critic, from the picture on, that stay as they are (FreezeD)"
    )
    reconstruction_side: int = Field(4, ge=1, le=64, description="px a side at which the reconstruction is compared")


class Gan:
    """The objective. critic: a `networks.layers.judging.Critic`; augment: differentiable, or None.

    An augment that is a module with `observe(real_scores)` and `settle()` is stored with the networks and told of the
    critic's scores of real pictures in every step.
    """

    averaged: tuple[str, ...] = ("generator",)

    def __init__(
        self, generator: nn.Module, critic: nn.Module, settings: GanSettings, augment: Augment | None = None
    ) -> None:
        self.generator, self.critic, self.settings = generator, critic, settings
        self.networks = {"generator": generator, "critic": critic}
        self.adaptive = augment if isinstance(augment, Adaptive) else None
        if self.adaptive is not None:
            self.networks["augment"] = self.adaptive
        self.pair = adversarial.PAIRS[settings.loss]
        self.augment = augment or _unchanged
        self.z_dim = int(generator.config.z_dim)  # type: ignore[union-attr, arg-type]
        self._made: tuple[Batch, Tensor] | None = None
        self._judged: tuple[Batch, tuple[tuple[Tensor, Tensor], ...]] | None = None

    def phases(self) -> tuple[Phase, ...]:
        """Critic, its penalty if it has one of its own turn, generator."""
        critic, generator = self._free(), tuple(self.generator.parameters())
        every = self.settings.penalty_every
        found: list[Phase] = [
            Phase("critic", "critic", critic, self.critic_losses, after=self._after_critic),
        ]
        if self.settings.penalty != "none":
            found.append(Phase("critic", "penalty", critic, self.penalty, every, strength=every, joined=self.one_pass))
        found.append(
            Phase("generator", "generator", generator, self.generator_losses, every=self.settings.critic_steps)
        )
        return tuple(found)

    def _free(self) -> tuple[nn.Parameter, ...]:
        """The critic's parameters but those of frozen layers."""
        count = self.settings.freeze
        layers = self.critic.layers() if count else []  # type: ignore[operator]
        if count and count >= len(layers):
            raise ParameterError(f"freeze: expected less than the critic's {len(layers)} layers, got {count}")
        still = {id(p) for modules in layers[:count] for module in modules for p in module.parameters()}
        return tuple(p for p in self.critic.parameters() if id(p) not in still)

    @property
    def one_pass(self) -> bool:
        """Whether the critic's pass over its pictures serves the penalty too: where it sees them as they are."""
        plain = self.augment is _unchanged and type(self).reduced is Gan.reduced
        return plain and self.settings.penalty in ("r1", "r1+r2")

    def critic_losses(self, batch: Batch) -> Losses:
        """The critic's side of the game and what it learns of classes from real pictures."""
        x, y = (each.detach().requires_grad_(self.one_pass) for each in (batch.image, self.made(batch)))
        real, made = self._judge(x, batch), self._judge(y, batch)
        self._judged = (batch, ((real.score, x), (made.score, y))) if self.one_pass else None
        if self.adaptive is not None:
            self.adaptive.observe(real.score)
        losses = {"critic": self.against(real.score, made.score)}
        losses |= self._auxiliary("critic_classes", real, batch)
        return losses | self.further("critic", real, batch)

    def penalty(self, batch: Batch) -> Losses:
        """The penalty on the critic's gradient with respect to unaugmented pictures."""
        fake = self.made(batch).detach()
        gamma, kind = self.settings.gamma.at(batch.images_seen), self.settings.penalty
        if kind == "gradient":
            real = self.reduced(batch.image)
            x = penalties.between(real, self.reduced(fake), batch.uniform().view(-1))
            return {"gradient": gamma * penalties.one_centred(self._score(x, batch), x)}
        names = ("r1", "r2") if kind == "r1+r2" else ("r1",)
        judged, self._judged = self._judged, None
        if judged is not None and judged[0] is batch:
            return {name: gamma * penalties.zero_centred(*pair) for name, pair in zip(names, judged[1], strict=False)}
        pictures = zip(names, (batch.image, fake), strict=False)
        return {name: gamma * self._zero_centred(x, batch) for name, x in pictures}

    def generator_losses(self, batch: Batch) -> Losses:
        """The generator's side; features are matched and classes asked for if the settings say so."""
        fake = self.made(batch)
        self._made = None  # the generator moves now
        made = self._judge(fake, batch)
        weight = self.settings.feature_matching
        real = None
        if self.pair.needs_real or weight:
            with torch.no_grad():
                real = self._judge(batch.image, batch)
        losses = {"generator": self.pair.generator(None if real is None else real.score, made.score)}
        if weight and real is not None:
            losses["feature_matching"] = weight * adversarial.feature_matching(real.features, made.features)
        losses |= self._reconstruction(fake, batch) | self._auxiliary("generator_classes", made, batch.wish)
        return losses | self.further("generator", made, batch)

    def sample(self, networks: Mapping[str, nn.Module], batch: Batch) -> Tensor:
        """Pictures of the averaged generator under the batch's own conditions."""
        out: Tensor = networks["generator"](batch.normal(self.z_dim), *self.told(batch.wish))
        return out

    def told(self, batch: Batch) -> tuple[Tensor | None, ...]:
        """What generator and critic are told of the products beside noise or picture."""
        return (batch.condition,)

    def against(self, real: Tensor, fake: Tensor) -> Tensor:
        """The critic's side of the pair, labels smoothed if the settings say so."""
        smoothing = {"smoothing": self.settings.smoothing} if self.settings.smoothing else {}
        return self.pair.critic(real, fake, **smoothing)

    def further(self, player: str, judged: Judgement, batch: Batch) -> dict[str, Tensor]:
        """What a kind of network adds: the critic's losses from reals it judged, the generator's from its own."""
        return {}

    def reduced(self, x: Tensor) -> Tensor:
        """Pictures at the side that gradient penalties are taken at: the full one, unless networks grow."""
        return x

    def enlarged(self, x: Tensor) -> Tensor:
        """Back from there to full size, as the critic takes them."""
        return x

    def fake(self, batch: Batch) -> Tensor:
        """One generated picture for each real one, under its condition, or a drawn one where that is not known."""
        out: Tensor = self.generator(batch.normal(self.z_dim), *self.told(batch.wish))
        return out

    def made(self, batch: Batch) -> Tensor:
        """The pictures generated in this step, once for all its phases, with their graph."""
        if self._made is None or self._made[0] is not batch:
            self._made = batch, self.fake(batch)
        return self._made[1]

    def _judge(self, x: Tensor, batch: Batch) -> Judgement:
        found: Judgement = self.critic.judge(self.augment(x), *self.told(batch))  # type: ignore[operator]
        return found

    def _score(self, x: Tensor, batch: Batch) -> Tensor:
        out: Tensor = self.critic(self.augment(self.enlarged(x)), *self.told(batch))
        return out

    def _zero_centred(self, x: Tensor, batch: Batch) -> Tensor:
        x = self.reduced(x).detach().requires_grad_()
        return penalties.zero_centred(self._score(x, batch), x)

    def _auxiliary(self, name: str, judged: Judgement, batch: Batch) -> dict[str, Tensor]:
        """Cross entropy of the known labels, mean over attributes; nothing without classifiers or labels."""
        if not self.settings.auxiliary or batch.label is None or not judged.classes:
            return {}
        terms = [F.cross_entropy(c, batch.label[:, i], ignore_index=-1) for i, c in enumerate(judged.classes)]
        return {name: self.settings.auxiliary * torch.stack(terms).mean()}

    def _reconstruction(self, fake: Tensor, batch: Batch) -> dict[str, Tensor]:
        """Distance between the coarse pictures of the same products."""
        if not self.settings.reconstruction:
            return {}
        side = self.settings.reconstruction_side
        truth, guess = (F.adaptive_avg_pool2d(x, side) for x in (batch.image, fake))
        if batch.asked is not None and batch.label is not None:  # other products than the real ones where drawn
            known = (batch.label >= 0).all(1).to(truth)[:, None, None, None]
            truth, guess = truth * known, guess * known
        return {"reconstruction": self.settings.reconstruction * pixel.l1(truth, guess)}

    def _after_critic(self) -> None:
        """Clip the critic's weights, move the augmentation's probability: whichever there is."""
        bound = self.settings.clip
        if bound is not None:
            with torch.no_grad():
                for parameter in self.critic.parameters():
                    parameter.clamp_(-bound, bound)
        if self.adaptive is not None:
            self.adaptive.settle()


def _unchanged(x: Tensor) -> Tensor:
    return x
