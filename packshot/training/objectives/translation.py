"""What objectives of translation share: their rules, what is told, what is shown, and a memory of past pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn

from packshot.losses import adversarial
from packshot.training.conditions import one_hots
from packshot.training.objective import Batch

Weight = Annotated[float, Field(ge=0)]
KEPT = 50  # pictures of the past that a critic is shown again (Shrivastava et al. 2017; Zhu et al. 2017, §4)


class PairedRules(BaseModel):
    """pair: what is given, see `catalogue.translation.paired`. Weights of the losses, pictures in [0, 1]."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    pair: Literal["drawing", "layout", "colour", "material"] = Field("drawing", description="what is given")
    ground: Literal["own", "white"] = Field("own", description="what stands behind the wanted product")
    forget: float = Field(0.5, ge=0, le=1, description="share of the pictures of which some attributes are not told")
    loss: Literal["non-saturating", "least-squares", "hinge"] = Field("hinge", description="the game's pair of losses")
    adversarial: Weight = Field(1.0, description="what the critic thinks")
    l1: Weight = Field(50.0, description="mean absolute error")
    features: Weight = Field(2.0, description="the critic's features of the wanted picture matched")


class UnpairedRules(BaseModel):
    """a, b: the domains: a place, or ATTRIBUTE:VALUE|VALUE… of the catalogue. Weights for pictures in [0, 1]."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    a: str = Field("", description="domain a: folder, catalogue, pack, or ATTRIBUTE:VALUE|VALUE of --catalogue")
    b: str = Field("", description="domain b, likewise")
    adversarial: Weight = Field(1.0, description="what the critics think")
    ground: Weight = Field(10.0, description="change outside the product, where mattes are known")


class StarRules(BaseModel):
    """values: what is exchanged, of whichever column has them. Weights for pictures in [0, 1], twice the paper's."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    values: str = Field("", description="VALUE|VALUE… to exchange, pictures with others left out; empty: all values")
    classes: Weight = Field(1.0, description="cross entropy of the values of attributes, for both players")
    cycle: Weight = Field(20.0, description="mean absolute error after the way back")
    penalty: Weight = Field(10.0, description="of the critic's gradient")
    ground: Weight = Field(10.0, description="change outside the product, where mattes are known")
    forget: float = Field(0.3, ge=0, le=1, description="share of attributes that are left as they are")
    critic_steps: int = Field(2, ge=1, le=10, description="steps of the critic for one of the translator")


class History(nn.Module):
    """The last pictures a critic was shown, some of them shown again; stored with the state.

    Each of n pictures takes the place of an old one with probability ½, which is shown instead. Starts empty.
    """

    def __init__(self, size: int, side: int, channels: int = 3) -> None:
        super().__init__()
        self.register_buffer("pictures", torch.zeros(size, channels, side, side))
        self.register_buffer("count", torch.zeros((), dtype=torch.int64))

    def shown(self, made: Tensor, numbers: Tensor) -> Tensor:
        """Pictures `(n, channels, h, w)` to be judged. numbers: `(n, 2)` in [0, 1), what decides."""
        pictures: Tensor = self.pictures  # type: ignore[assignment]
        shown = made.detach().clone()
        for row, (again, which) in enumerate(numbers.tolist()):
            kept = int(self.count)  # type: ignore[arg-type]
            if kept < len(pictures):
                pictures[kept] = shown[row]
                self.count.add_(1)  # type: ignore[operator]
            elif again < 0.5:
                place = int(which * kept)
                shown[row], pictures[place] = pictures[place].clone(), made[row].detach()
        return shown


def forgotten(batch: Batch, sizes: Sequence[int], share: float) -> Tensor | None:
    """The condition of the batch with attributes left out: none of `1 − share` of the pictures, few to all of others.

    sizes: entries of each attribute.
    """
    if batch.condition is None or not sizes:
        return batch.condition
    level = ((batch.uniform(1) - (1 - share)) / max(share, 1e-6)).clamp(min=0)
    kept = (batch.uniform(len(sizes)) >= level).to(batch.condition.dtype)
    return batch.condition * kept.repeat_interleave(torch.tensor(sizes, device=kept.device), dim=1)


def asked(batch: Batch, known: Tensor, sizes: Sequence[int], open_share: float) -> tuple[Tensor, Tensor]:
    """What is wanted of each picture: numbers of values `(n, attributes)`, and the condition that tells it.

    known: `(m, attributes)` combinations to draw from. An attribute that is left open is not told, and its wanted value
    is the picture's own.
    """
    assert batch.label is not None, "the stream gives labels"
    drawn = known.to(batch.image.device)[(batch.uniform() * len(known)).long().clamp(max=len(known) - 1)]
    left = batch.uniform(len(sizes)) < open_share
    told = torch.where(left, torch.full_like(drawn, -1), drawn)
    return torch.where(left, batch.label, drawn), one_hots(told, sizes)


def named(classes: Sequence[Tensor], label: Tensor) -> Tensor:
    """Cross entropy of the known labels, mean over attributes."""
    return torch.stack(
        [nn.functional.cross_entropy(c, label[:, i], ignore_index=-1) for i, c in enumerate(classes)]
    ).mean()


def given_of(batch: Batch, planes: int) -> Tensor:
    """What a translator is given, `(n, c, h, w)` in [0, 1]: planes of a layout, else the bytes beside the picture."""
    assert batch.beside is not None, "the stream gives pairs"
    x = batch.beside
    if planes > 1 and x.shape[1] == 1:
        one = nn.functional.one_hot(x[:, 0].long().clamp(max=planes - 1), planes)
        return one.permute(0, 3, 1, 2).to(batch.image.dtype)  # channels innermost already
    return (x.to(batch.image.dtype) / 255).contiguous(memory_format=torch.channels_last)


def as_picture(given: Tensor) -> Tensor:
    """What is given as something to look at, `(n, 3, h, w)` in [0, 1]: ink on paper, parts in colours of their own."""
    if given.shape[1] == 3:
        return given
    if given.shape[1] == 1:
        return (1 - given).expand(-1, 3, -1, -1)
    number = torch.arange(given.shape[1], device=given.device, dtype=given.dtype)
    hues = [0.5 + 0.5 * torch.cos(6.2832 * (0.381966 * number + third / 3)) for third in range(3)]
    colours = torch.stack(hues, 1)
    colours[0] = 1.0
    return torch.einsum("nphw,pc->nchw", given, colours)


def critic_loss(kind: str, real: Sequence[Sequence[Tensor]], fake: Sequence[Sequence[Tensor]]) -> Tensor:
    """Mean over sizes of the critic's loss of its logits, the last map of each size."""
    pair = adversarial.PAIRS[kind]
    return torch.stack([pair.critic(r[-1], f[-1]) for r, f in zip(real, fake, strict=True)]).mean()


def translator_loss(kind: str, fake: Sequence[Sequence[Tensor]]) -> Tensor:
    """Mean over sizes of the translator's loss."""
    pair = adversarial.PAIRS[kind]
    return torch.stack([pair.generator(None, f[-1]) for f in fake]).mean()


def matched(real: Sequence[Sequence[Tensor]], fake: Sequence[Sequence[Tensor]]) -> Tensor:
    """Mean absolute error of a critic's features over sizes and layers (T.-C. Wang et al. 2018, eq. 4)."""
    terms = [
        (r.detach() - f).abs().mean()
        for sizes in zip(real, fake, strict=True)
        for r, f in zip(*(maps[:-1] for maps in sizes), strict=True)
    ]
    return torch.stack(terms).mean()


def side_by_side(*pictures: Tensor) -> Tensor:
    """Pictures in [0, 1] in a row each, in [-1, 1]."""
    return torch.cat(pictures, 3) * 2 - 1


@dataclass(frozen=True, eq=False)
class Made:
    """What one step is about: given, told, wanted, and what the translator made of it, with its graph."""

    batch: Batch
    given: Tensor
    told: Tensor | None
    wanted: Tensor
    picture: Tensor


class Paired:
    """Objectives that learn from pairs. networks: `translator` and `critic`, perhaps more. sizes: entries of each
    attribute of the condition.
    """

    averaged: tuple[str, ...] = ("translator",)

    def __init__(self, networks: Mapping[str, nn.Module], settings: PairedRules, sizes: Sequence[int] = ()) -> None:
        self.networks, self.sizes = dict(networks), tuple(sizes)
        self.settings = settings
        config: Any = networks["translator"].config
        self.planes = int(getattr(config, "channels_in", 3))
        self._step: Made | None = None

    def sample(self, networks: Mapping[str, nn.Module], batch: Batch) -> Tensor:
        """Side by side: given, made under all that is known, wanted."""
        given, wanted = given_of(batch, self.planes), batch.image / 2 + 0.5
        return side_by_side(as_picture(given), self.translate(networks, given, batch.condition, wanted), wanted)

    def made(self, batch: Batch) -> Made:
        """The step's picture, made once for all its phases."""
        if self._step is None or self._step.batch is not batch:
            given, told = given_of(batch, self.planes), forgotten(batch, self.sizes, self.settings.forget)
            wanted = batch.image / 2 + 0.5
            self._step = Made(batch, given, told, wanted, self.translate(self.networks, given, told, wanted))
        return self._step

    def last(self, batch: Batch) -> Made:
        """The same, forgotten afterwards: the translator moves now."""
        step, self._step = self.made(batch), None
        return step

    def translate(
        self, networks: Mapping[str, nn.Module], given: Tensor, told: Tensor | None, wanted: Tensor
    ) -> Tensor:
        """The picture of what is given."""
        out: Tensor = networks["translator"](given, told)
        return out

    def judged(self, step: Made, picture: Tensor) -> list[list[Tensor]]:
        """The critic's maps of a picture beside what was given."""
        found: list[list[Tensor]] = self.networks["critic"](torch.cat([step.given, picture], 1), step.told)
        return found
