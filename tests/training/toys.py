"""A tiny objective and source, for tests of the loop: two linear players on 4×4 pictures."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from packshot.training.objective import Batch, Phase
from packshot.training.source import Arrays


class Generator(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Linear(3, 16), nn.LeakyReLU(0.2), nn.Linear(16, 48))

    def forward(self, z: Tensor) -> Tensor:
        return self.body(z).tanh().view(-1, 3, 4, 4)


class ToyGan:
    """Non-saturating GAN with a lazy R1 penalty."""

    def __init__(self, seed: int = 0, spoil: Callable[[Batch], bool] = lambda batch: False) -> None:
        torch.manual_seed(seed)
        self.generator, self.critic = Generator(), nn.Sequential(nn.Flatten(), nn.Linear(48, 1))
        self.networks = {"generator": self.generator, "critic": self.critic}
        self.averaged = ("generator",)
        self.spoil = spoil

    def phases(self) -> tuple[Phase, ...]:
        critic, generator = tuple(self.critic.parameters()), tuple(self.generator.parameters())
        return (
            Phase("critic", "critic", critic, self.critic_losses),
            Phase("critic", "penalty", critic, self.penalty, every=3, strength=3),
            Phase("generator", "generator", generator, self.generator_losses),
        )

    def critic_losses(self, batch: Batch) -> Mapping[str, Tensor]:
        with torch.no_grad():
            fake = self.generator(batch.normal(3))
        loss = F.softplus(-self.critic(batch.image)).mean() + F.softplus(self.critic(fake)).mean()
        return {"critic": loss * float("nan") if self.spoil(batch) else loss}

    def penalty(self, batch: Batch) -> Mapping[str, Tensor]:
        image = batch.image.detach().requires_grad_()
        (gradient,) = torch.autograd.grad(self.critic(image).sum(), image, create_graph=True)
        return {"r1": 0.05 * gradient.square().sum((1, 2, 3)).mean()}

    def generator_losses(self, batch: Batch) -> Mapping[str, Tensor]:
        return {"generator": F.softplus(-self.critic(self.generator(batch.normal(3)))).mean()}

    def sample(self, networks: Mapping[str, nn.Module], batch: Batch) -> Tensor:
        return networks["generator"](batch.normal(3))


def source(seed: int = 0, count: int = 40) -> Arrays:
    generator = torch.Generator().manual_seed(seed)
    return Arrays({"image": torch.randint(0, 256, (count, 3, 4, 4), generator=generator, dtype=torch.uint8)}, seed)
