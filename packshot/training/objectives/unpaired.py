"""What objectives without pairs share: both domains of a batch, both ways of a step, what must stay as it was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from packshot.losses.adversarial import Pair
from packshot.training.objective import Batch
from packshot.training.objectives.translation import KEPT, History, UnpairedRules, side_by_side


@dataclass(frozen=True, eq=False)
class Ways:
    """Pictures of both domains in [0, 1], what was made of them, and their mattes, None where they are not known."""

    batch: Batch
    a: Tensor
    b: Tensor
    matte_a: Tensor | None
    matte_b: Tensor | None
    fake_b: Tensor
    fake_a: Tensor


def domains_of(batch: Batch) -> tuple[Tensor, Tensor, Tensor | None, Tensor | None]:
    """Pictures of a and b in [0, 1], and their mattes if the stream knows them."""
    assert batch.beside is not None, "the stream gives two domains"
    beside = (batch.beside.to(batch.image.dtype) / 255).contiguous(memory_format=torch.channels_last)
    a, b = batch.image / 2 + 0.5, beside[:, :3].contiguous(memory_format=torch.channels_last)
    return (a, b, beside[:, 3:4], beside[:, 4:5]) if beside.shape[1] == 5 else (a, b, None, None)


def outside(x: Tensor, y: Tensor, matte: Tensor) -> Tensor:
    """Mean absolute change where the product is not."""
    return ((y - x).abs() * (1 - matte)).mean()


def coarse(x: Tensor, y: Tensor) -> Tensor:
    """Mean absolute change of colours averaged over an eighth of the side."""
    return (F.adaptive_avg_pool2d(y, 8) - F.adaptive_avg_pool2d(x, 8)).abs().mean()


def seen(logits: Tensor, matte: Tensor | None) -> Tensor:
    """`(n, 1, h, w)` of a critic's places: ones where some of the product is, all ones where no matte is known."""
    if matte is None:
        return torch.ones_like(logits[:, :1])
    return (F.adaptive_max_pool2d(matte, logits.shape[2:]) > 0.5).to(logits.dtype)


def scores(maps: Sequence[Sequence[Tensor]], matte: Tensor | None) -> Tensor:
    """What a critic's last maps say, as one row: of places that see the product, of all where no matte is known.

    The ground of both domains is alike and is to stay; a critic that judges it as well learns mostly from noise.
    """
    found = []
    for each in maps:
        last = each[-1]
        places = seen(last, matte) > 0
        found.append(last[places] if bool(places.any()) else last.flatten())
    return torch.cat(found)


class Both:
    """Two ways at once. networks: `translator` (two-way), `critic_a`, `critic_b`; each critic gets a history."""

    averaged: tuple[str, ...] = ("translator",)
    pair: ClassVar[Pair]
    remembers: ClassVar[bool] = True

    def __init__(self, networks: Mapping[str, nn.Module], settings: UnpairedRules, side: int) -> None:
        self.networks, self.settings = dict(networks), settings
        self.two: Any = networks["translator"]
        if self.remembers:
            self.networks |= {f"history_{name}": History(KEPT, side, 4) for name in "ab"}
        self.critic_steps = int(getattr(settings, "critic_steps", 1))
        self._step: Ways | None = None

    def made(self, batch: Batch) -> Ways:
        """Both ways of this step, made once for all its phases."""
        if self._step is None or self._step.batch is not batch:
            a, b, matte_a, matte_b = domains_of(batch)
            self._step = Ways(batch, a, b, matte_a, matte_b, self.two.forth(a), self.two.back(b))
        return self._step

    def last(self, batch: Batch) -> Ways:
        """The same, forgotten afterwards: the translators move now."""
        step, self._step = self.made(batch), None
        return step

    def score(self, name: str, x: Tensor, matte: Tensor | None) -> Tensor:
        """Logits of the product's places at all sizes by the critic of a domain, as one row."""
        return scores(self.networks[f"critic_{name}"](x), matte)

    def shown(self, name: str, fake: Tensor, matte: Tensor | None, numbers: Tensor) -> tuple[Tensor, Tensor | None]:
        """What a critic is shown of the made pictures, and the mattes of that."""
        if not self.remembers:
            return fake.detach(), matte
        history: Any = self.networks[f"history_{name}"]
        whole = torch.ones_like(fake[:, :1]) if matte is None else matte
        out: Tensor = history.shown(torch.cat((fake, whole), 1), numbers)
        return out[:, :3], None if matte is None else out[:, 3:]

    def after(self) -> None:
        """What happens to the critics when they have moved: nothing, unless they are clipped."""

    def sample(self, networks: Mapping[str, nn.Module], batch: Batch) -> Tensor:
        """Side by side: a, a as b, b, b as a. There is no truth to show."""
        a, b, _, _ = domains_of(batch)
        two: Any = networks["translator"]
        return side_by_side(a, two.forth(a), b, two.back(b))
