"""Edits of a product's code: told another condition, or moved along a direction of codes.

A direction has one number for each of a code's; codes with one part a layer are moved alike in all layers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from packshot.errors import ParameterError
from packshot.models.inverting.framing import rgb_of
from packshot.models.inverting.invert import Inversion
from packshot.models.inverting.measuring import Judge
from packshot.models.inverting.spaces import Space
from packshot.models.sampling import BATCH, in_batches, seeds_of


@dataclass(frozen=True)
class Edited:
    """An edited product: code, condition, pixels `(1, channels, size, size)` in [-1, 1]; how far along a direction."""

    code: Tensor
    condition: Tensor | None
    pixels: Tensor
    deviations: float = 0.0


def under(found: Inversion, wanted: Mapping[str, str]) -> Edited:
    """The product told other attributes; the rest of its condition stays. Raises ParameterError for unknown ones."""
    told = space_condition(found.space, {**found.attributes, **wanted})
    with torch.no_grad():
        code = found.space.moved(found.code, found.condition, told)
        return Edited(code, told, found.space.edited(code, told).clamp(-1, 1))


def along(found: Inversion, direction: Tensor, deviation: float, amount: float) -> Edited:
    """The product moved along a direction `(d,)` by `amount` of the deviations that codes have along it."""
    with torch.no_grad():
        code = found.code + amount * deviation * direction
        pixels = found.space.pictures(code, found.condition).clamp(-1, 1)
    return Edited(code, found.condition, pixels, amount)


def draws(space: Space, count: int, seed: int, condition: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """Codes `(count, d)` as the generator draws them, and their pictures `(count, 3, size, size)` in [0, 1].

    condition: `(1, condition_dim)` of all; without one each has its own.
    """
    if not space.refined:
        raise ParameterError(f"direction: {space.sampler.name} is a flow, whose noise has none; name a GAN or VAE")
    codes, pictures = [], []
    for some in in_batches(seeds_of(seed, count), 4 * BATCH):
        told = space.sampler.conditions({}, some) if condition is None else condition.expand(len(some), -1)
        with torch.no_grad():
            own = space.draw(space.sampler.noises(some), told)
            pictures.append(rgb_of(space.pictures(own, told)))
        codes.append(own if own.dim() == 2 else own.mean(1))
    return torch.cat(codes), torch.cat(pictures)


def has_value(pictures: Tensor, attribute: str, value: str, judge: Judge) -> Tensor:
    """Which of the pictures `(n, 3, h, w)` a judge names so, `(n,)` truths.

    Raises ParameterError for values it does not know, and where there is nothing to learn from.
    """
    if value not in judge.attributes.get(attribute, ()):
        known = ", ".join(judge.attributes.get(attribute, ())) or f"no {attribute} at all"
        raise ParameterError(f"{attribute}: the judge {judge.name} knows {known}; got {value!r}")
    named = [one[attribute] for some in torch.split(pictures, 4 * BATCH) for one in judge.named(some)]
    has = torch.tensor([one == value for one in named])
    if not bool(has.any()) or bool(has.all()):
        raise ParameterError(
            f"{attribute}: the judge calls {int(has.sum())} of {len(has)} pictures of the generator {value}, so there "
            f"is no direction to learn; ask for another value or name another model"
        )
    return has


def space_condition(space: Space, told: Mapping[str, str]) -> Tensor | None:
    """The condition of attributes all of which are named."""
    return space.sampler.condition({name: told[name] for name in space.sampler.vocabulary.places if name in told}, 0)
