"""A picture as a generator's code: encoded where there is an encoder, else searched, then refined by descent.

Sources: Zhu, Krähenbühl, Shechtman, Efros, "Generative Visual Manipulation on the Natural Image Manifold" (2016), §3.1
(optimisation from several starts, encoder and optimisation together); Abdal, Qin, Wonka 2019, §5 (pixels and features,
from the mean code); Roich, Mokady, Bermano, Cohen-Or, "Pivotal Tuning for Latent-based Editing of Real Images" (2021),
§3 (tuning the generator around a code).
Departures: starts are the mean and the best of many draws, refined together as one batch; the features are those of
`models.features`; a code is kept where draws lie by a penalty; tuning holds the pictures of neighbouring draws.
An attribute that is not known is found: with an encoder each value in turn, without one as a mixture of all that is
refined along and then decided.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from packshot.errors import ParameterError
from packshot.models.features import FeatureSpace
from packshot.models.inverting.spaces import Space

LEAST_RANGE = 0.05  # of a feature map, so that flat ones are not blown up
SOFT = 0.5  # share of the steps after which an attribute that was mixed is decided
NEIGHBOURS = 8  # draws whose pictures stay while the generator is tuned


@dataclass(frozen=True)
class Plan:
    """How much is spent, and what counts.

    steps: of Adam, at most; seconds: at most, of the whole. starts: codes refined side by side, the mean among them;
    draws: codes looked at for starts. rate: learning rate. features: weight of features against pixels; likely: weight
    of staying where draws lie. tune: steps by which the generator itself is tuned afterwards. seed: of the draws.
    """

    steps: int = 200
    seconds: float = 60.0
    starts: int = 4
    draws: int = 64
    rate: float = 0.08
    features: float = 0.5
    likely: float = 0.02
    tune: int = 0
    tune_rate: float = 1e-3
    seed: int = 0

    def __post_init__(self) -> None:
        for name, least in (("steps", 0), ("starts", 1), ("draws", 0), ("tune", 0)):
            if getattr(self, name) < least:
                raise ParameterError(f"{name}: expected at least {least}, got {getattr(self, name)}")
        if not self.seconds > 0:
            raise ParameterError(f"seconds: expected more than 0, got {self.seconds}")


@dataclass(frozen=True)
class Inversion:
    """A picture as a code.

    space: where the code lives (tuned, if that was asked for); code `(1, …)`; condition `(1, condition_dim)`;
    attributes: its names. rebuilt: the code's picture, `(1, channels, size, size)` in [-1, 1]. numbers: `psnr` in dB of
    the rebuilt picture, `psnr_start` before refining, `steps`, `seconds`, `unlikely` (0 = as codes are drawn).
    """

    space: Space
    code: Tensor
    condition: Tensor | None
    attributes: Mapping[str, str]
    rebuilt: Tensor
    numbers: Mapping[str, float]


class Target:
    """What is to be rebuilt, and how far pictures are from it.

    pixels: `(1, channels, size, size)` in [-1, 1]; weight: `(1, 1, size, size)`, how much each pixel counts.
    """

    def __init__(self, pixels: Tensor, weight: Tensor | None, features: FeatureSpace, share: float) -> None:
        self.pixels, self.share, self.features = pixels, share, features
        self.weight = torch.ones_like(pixels[:, :1]) if weight is None else weight
        self.weight = self.weight / self.weight.mean().clamp(min=1e-6)
        small = min(pixels.shape[2:]) < features.least
        self.maps = () if small or not share else tuple(m.detach() for m in features.maps(_rgb(pixels)))
        self.spread = [m.std().clamp(min=LEAST_RANGE) for m in self.maps]

    def pixel_error(self, pictures: Tensor) -> Tensor:
        """Weighted mean squared error `(n,)`, of pictures in [-1, 1]."""
        return (self.weight * (pictures - self.pixels).square()).flatten(1).mean(1)

    def distance(self, pictures: Tensor) -> Tensor:
        """Pixels and features together, `(n,)`."""
        error = 4 * self.pixel_error(pictures)
        if not self.maps:
            return error
        terms = [
            (a - b).abs().flatten(1).mean(1) / s
            for a, b, s in zip(self.features.maps(_rgb(pictures)), self.maps, self.spread, strict=True)
        ]
        return error + self.share * torch.stack(terms).mean(0)

    def psnr(self, pictures: Tensor) -> float:
        """In dB, of the picture `(1, …)`, over all pixels alike."""
        error = float((pictures.clamp(-1, 1) - self.pixels).square().mean()) / 4
        return min(99.0, -10 * float(torch.log10(torch.tensor(max(error, 1e-10)))))


def invert(
    space: Space,
    pixels: Tensor,
    features: FeatureSpace,
    plan: Plan | None = None,
    *,
    weight: Tensor | None = None,
    known: Mapping[str, str] | None = None,
) -> Inversion:
    """The code of a picture `(1, channels, size, size)` in [-1, 1]; gradients are switched on in here.

    weight: `(1, 1, size, size)`, how much pixels count. known: attributes of the product; others are found.
    Raises ParameterError for a picture of another shape and for attributes that the generator does not know.
    """
    plan = plan or Plan()
    expected = (1, space.channels, space.size, space.size)
    if tuple(pixels.shape) != expected:
        raise ParameterError(f"picture: expected {expected} for {space.sampler.name}, got {tuple(pixels.shape)}")
    with torch.inference_mode(False), torch.enable_grad():
        target = Target(pixels.clone(), None if weight is None else weight.clone(), features, plan.features)
        search = _Search(space, target, plan, dict(known or {}))
        code, condition, start = search.found()
        found = _inversion(space, target, code, condition)
        if plan.tune:
            space = tuned(space, target, code, condition, plan)
            found = _inversion(space, target, code, condition)
    numbers = {**found.numbers, "psnr_start": start, "steps": float(search.steps)}
    return replace(found, numbers={**numbers, "seconds": time.monotonic() - search.began})


def _inversion(space: Space, target: Target, code: Tensor, condition: Tensor | None) -> Inversion:
    with torch.no_grad():
        rebuilt = space.pictures(code, condition).clamp(-1, 1)
        unlikely = float(space.unlikely(code, condition))
    named = space.sampler.named(None if condition is None else condition[0])
    return Inversion(space, code, condition, named, rebuilt, {"psnr": target.psnr(rebuilt), "unlikely": unlikely})


class _Search:
    """The search for a code: starts, the attributes that nobody told, refinement. began: when, by a monotonic clock."""

    def __init__(self, space: Space, target: Target, plan: Plan, known: dict[str, str]) -> None:
        self.space, self.target, self.plan, self.known = space, target, plan, known
        self.began, self.steps = time.monotonic(), 0
        given = not space.sampler.condition_dim or space.sampler.open  # nothing to find
        self.unknown = [] if given else [n for n in space.attributes if n not in known]
        space.sampler.condition(known, plan.seed)  # refuses what it does not know

    def found(self) -> tuple[Tensor, Tensor | None, float]:
        """The code, its condition, and the PSNR that it started from."""
        with torch.no_grad():
            codes, conditions = self._encoded() or self._drawn()
            start = self.target.psnr(self.space.pictures(codes[:1], _first(conditions)))
        if not self.plan.steps or not self.space.refined:
            return codes[:1], _first(conditions), start
        code, condition = self._refined(codes, conditions)
        return code, condition, start

    def _encoded(self) -> tuple[Tensor, Tensor | None] | None:
        """By the encoder, under those values of what is not known that rebuild best, one attribute after the other."""
        told = {name: self.space.attributes[name][0] for name in self.unknown} | self.known
        if self.space.encode(self.target.pixels, self._condition(told)) is None:
            return None
        for _ in range(2):
            for name in self.unknown:
                rows = [{**told, name: value} for value in self.space.attributes[name]]
                errors = torch.cat([self.target.distance(self._rebuilt(self._condition(row))) for row in rows])
                told = rows[int(errors.argmin())]
        condition = self._condition(told)
        code = self.space.encode(self.target.pixels, condition)
        assert code is not None
        return code, condition

    def _rebuilt(self, condition: Tensor | None) -> Tensor:
        code = self.space.encode(self.target.pixels, condition)
        assert code is not None
        return self.space.pictures(code, condition)

    def _condition(self, told: Mapping[str, str]) -> Tensor | None:
        return self.space.sampler.condition(told, 0)

    def _drawn(self) -> tuple[Tensor, Tensor | None]:
        """The mean code and the best of the draws, under conditions of their own; the best comes first."""
        sampler, plan = self.space.sampler, self.plan
        seeds = [plan.seed * 1009 + number for number in range(max(plan.draws, plan.starts - 1))]
        conditions = sampler.conditions(self.known, seeds)
        codes = self.space.draw(sampler.noises(seeds), conditions)
        errors = self.target.distance(self.space.pictures(codes, conditions))
        best = errors.argsort()[: max(1, plan.starts - 1)]
        codes, conditions = codes[best], None if conditions is None else conditions[best]
        if plan.starts > 1:
            codes = torch.cat([codes, self.space.mean(_first(conditions))])
            conditions = None if conditions is None else torch.cat([conditions, conditions[:1]])
        return codes, conditions

    def _refined(self, codes: Tensor, conditions: Tensor | None) -> tuple[Tensor, Tensor | None]:
        """All starts together; the one that comes nearest, as it was at its best."""
        codes = codes.detach().clone().requires_grad_()
        mixture = _Mixture(self.space, conditions, self.known, self.unknown if len(codes) > 1 else [])
        optimiser = torch.optim.Adam([codes, *mixture.parameters()], self.plan.rate, betas=(0.9, 0.99))
        best = torch.full((len(codes),), float("inf"))
        kept, told = codes.detach().clone(), mixture.condition(hard=True)
        for step in range(self.plan.steps):
            if step and time.monotonic() - self.began > self.plan.seconds:
                break
            share = step / self.plan.steps
            hard = share >= SOFT
            condition = mixture.condition(hard=hard)
            distance = self.target.distance(self.space.pictures(codes, condition))
            loss = distance + self.plan.likely * self.space.unlikely(codes, condition)
            if hard or not mixture.soft:
                better = distance.detach() < best
                best = torch.where(better, distance.detach(), best)
                kept[better] = codes.detach()[better]
                told = told if told is None else torch.where(better[:, None], condition, told).detach()  # type: ignore[arg-type]
            for group in optimiser.param_groups:
                group["lr"] = self.plan.rate * min(1.0, 10 * (share + 0.02)) * (1 - share) ** 0.5
            optimiser.zero_grad()
            loss.sum().backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            self.steps = step + 1
        chosen = int(best.argmin())
        return kept[chosen : chosen + 1], None if told is None else told[chosen : chosen + 1]


class _Mixture:
    """Conditions `(n, condition_dim)`; unknown attributes are mixtures that can be refined, until they are decided.

    soft: the names of those. Attributes that are known stay as they are.
    """

    def __init__(self, space: Space, conditions: Tensor | None, known: Mapping[str, str], soft: list[str]) -> None:
        self.conditions = None if conditions is None else conditions.detach().clone()
        self.soft = [] if conditions is None else soft
        self.parts: dict[str, Tensor] = {}
        self.lengths = {name: len(values) for name, values in space.attributes.items()}
        for name, part in zip(self.lengths, self._split(), strict=False):
            self.parts[name] = (2 * part).requires_grad_(name in self.soft) if name in self.soft else part

    def parameters(self) -> list[Tensor]:
        """What is refined."""
        return [self.parts[name] for name in self.soft]

    def condition(self, *, hard: bool) -> Tensor | None:
        """All conditions as the network is told; hard: every attribute has one value."""
        if self.conditions is None:
            return None
        return torch.cat([self._part(name, part, hard) for name, part in self.parts.items()], 1)

    def _part(self, name: str, part: Tensor, hard: bool) -> Tensor:
        if name not in self.soft:
            return part
        if not hard:
            return part.softmax(1)
        return torch.nn.functional.one_hot(part.argmax(1), part.shape[1]).float()

    def _split(self) -> tuple[Tensor, ...]:
        if self.conditions is None:
            return ()
        return torch.split(self.conditions, list(self.lengths.values()), 1)


def tuned(space: Space, target: Target, code: Tensor, condition: Tensor | None, plan: Plan) -> Space:
    """The space of a copy of the generator that draws the target better at this code (pivotal tuning).

    Pictures of other draws are held, so that edits around the code keep their meaning.
    """
    copied = copy.copy(space)
    copied.sampler = copy.copy(space.sampler)
    copied.network = copied.sampler.network = copy.deepcopy(space.sampler.network)
    if hasattr(copied, "autoencoder"):
        network: Any = copied.network
        copied.autoencoder = getattr(network, "autoencoder", network)
    seeds = range(NEIGHBOURS)
    with torch.no_grad():
        conditions = space.sampler.conditions({}, seeds)
        codes = space.draw(space.sampler.noises(seeds), conditions)
        held = space.pictures(codes, conditions)
    parameters = [p.requires_grad_() for p in copied.network.parameters()]
    optimiser = torch.optim.Adam(parameters, plan.tune_rate)
    for _ in range(plan.tune):
        loss = target.distance(copied.pictures(code, condition)).sum()
        loss = loss + (copied.pictures(codes, conditions) - held).square().mean()
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
    for parameter in parameters:
        parameter.requires_grad_(False)
    return copied


def _first(conditions: Tensor | None) -> Tensor | None:
    return None if conditions is None else conditions[:1]


def _rgb(pixels: Tensor) -> Tensor:
    """`(n, 1 or 3, h, w)` in [-1, 1] → `(n, 3, h, w)` in [0, 1]."""
    return (pixels / 2 + 0.5).expand(-1, 3, -1, -1)
