"""The plain way to train a pair, as public tutorials write it: what the loop of packshot is timed against.

A Dataset of PIL pictures with transforms written in Python, a DataLoader without workers, the default memory layout,
Adam as it comes, an average kept parameter by parameter, losses read after every step. Networks, losses, penalties,
noise and numbers of steps are the same as ours; so is the reuse of one generated batch for both players. A critic's
pass serves its loss and its penalties at once, as plain code would have it.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from packshot.losses import adversarial, penalties


class Pictures(Dataset):
    """Pictures `(n, c, h, w)` uint8 in memory, through PIL and transforms, one by one."""

    def __init__(self, pictures: Tensor) -> None:
        self.images = [Image.fromarray(p.permute(1, 2, 0).squeeze(2).numpy()) for p in pictures]

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> Tensor:
        values = np.array(self.images[index])
        x = torch.from_numpy(values if values.ndim == 3 else values[:, :, None])
        x = x.permute(2, 0, 1).contiguous().float().div(255)
        return (x - 0.5) / 0.5


@dataclass
class Plain:
    """A pair and how it is trained; gamma 0 = no penalty; half_life 0 = no average."""

    generator: nn.Module
    critic: nn.Module
    loss: str
    rate: float
    betas: tuple[float, float]
    gamma: float = 0.0
    penalise_fakes: bool = False
    half_life: float = 0.0

    def __post_init__(self) -> None:
        self.of_generator = torch.optim.Adam(self.generator.parameters(), lr=self.rate, betas=self.betas)
        self.of_critic = torch.optim.Adam(self.critic.parameters(), lr=self.rate, betas=self.betas)
        self.mean = copy.deepcopy(self.generator) if self.half_life else None
        self.pair: Any = adversarial.PAIRS[self.loss]
        self.seen = 0

    def step(self, real: Tensor, z: Tensor) -> tuple[float, float]:
        """One step of both players; (critic's loss with penalties, generator's loss)."""
        self.critic.zero_grad()
        fake = self.generator(z)
        x, y = real, fake.detach()
        if self.gamma:
            x.requires_grad_()
            y.requires_grad_(self.penalise_fakes)
        on_real, on_fake = self.critic(x), self.critic(y)
        of_critic = self.pair.critic(on_real, on_fake)
        if self.gamma:
            of_critic = of_critic + self.gamma * penalties.zero_centred(on_real, x)
            if self.penalise_fakes:
                of_critic = of_critic + self.gamma * penalties.zero_centred(on_fake, y)
        of_critic.backward()
        self.of_critic.step()
        self.generator.zero_grad()
        again = self.critic(real).detach() if self.pair.needs_real else None
        of_generator = self.pair.generator(again, self.critic(fake))
        of_generator.backward()
        self.of_generator.step()
        self.seen += len(real)
        if self.mean is not None:
            self._average(len(real))
        return of_critic.item(), of_generator.item()

    def _average(self, batch: int) -> None:
        towards = 1 - 0.5 ** (batch / min(self.half_life, 0.05 * self.seen))
        with torch.no_grad():
            for mean, now in zip(self.mean.parameters(), self.generator.parameters(), strict=True):
                mean.copy_(mean + towards * (now - mean))
            for mean, now in zip(self.mean.buffers(), self.generator.buffers(), strict=True):
                mean.copy_(now)


def batches(pictures: Tensor, batch: int) -> Iterator[Tensor]:
    """Batches without end."""
    loader = DataLoader(Pictures(pictures), batch_size=batch, shuffle=True, num_workers=0, drop_last=True)
    while True:
        yield from loader


def steps(plain: Plain, source: Iterator[Tensor], z_dim: int, count: int) -> Callable[[], int]:
    """A call that takes `count` steps and gives the pictures it saw."""

    def work() -> int:
        seen = 0
        for _ in range(count):
            real = next(source)
            plain.step(real, torch.randn(len(real), z_dim))
            seen += len(real)
        return seen

    return work
