"""Style transfer by optimising the picture itself, coarse to fine.

Source: Gatys, Ecker & Bethge 2016, "Image Style Transfer Using Convolutional Neural Networks", eqs. 1 to 7, L-BFGS;
Gatys et al. 2017, §6: coarse to fine, each size begun with the result of the one below. Departures: any feature space
(`models.features`); maps are standardised by the style's own means and deviations, so that none needs a weight of its
own; maps of one size of random filters are taken together, so that their covariance ties sizes; style may be told by
Gram matrices, Gaussians, moments, histograms or sliced distributions; content by features, pixels, their cross-entropy
or self-similarity, and by the Laplacian of luma (Li et al. 2017); the picture is begun with the photo, not with noise.
Everything drawn at random comes from one seed and stays for a size, so that line searches see one function.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional as F

from packshot.errors import ParameterError
from packshot.imaging.styling import sizes
from packshot.losses.style import content, smoothness, statistics
from packshot.models.features import FeatureSpace
from packshot.models.styling.bank import StyleBank

StyleLoss = Literal["gram", "gaussian", "moments", "sliced", "histogram"]
ContentLoss = Literal["features", "pixels", "cross-entropy", "self-similarity", "none"]
Solver = Literal["lbfgs", "adam"]

PLACES = 512  # at which self-similarity is measured
DIRECTIONS = 64  # of the sliced distance
DRAWN = 4096  # points of a map that a sliced distance or a histogram is taken of
OUTSIDE = 10.0  # weight of leaving [0, 1]
HISTORY = 10  # of L-BFGS
LEAST_SIDE = 48  # px: the smallest of the sizes


@dataclass(frozen=True)
class Plan:
    """How to optimise. side: px of the longest side; scales: sizes, each half of the next; steps: at each of them.

    style_scale: size of the style's pattern: 1 = its picture as large as the photo. luminance: style and content are
    told in luma alone (give a bank of grey pictures). content, edges, variation, agreement: weights of the losses.
    """

    side: int = 384
    scales: int = 3
    steps: int = 30
    solver: Solver = "lbfgs"
    style_loss: StyleLoss = "gaussian"
    content_loss: ContentLoss = "features"
    content: float = 0.3
    edges: float = 0.3
    variation: float = 0.3
    agreement: float = 0.0
    luminance: bool = False
    style_scale: float = 1.0
    rate: float = 0.02
    seed: int = 0


@dataclass(frozen=True)
class Optimised:
    """rgb: at the working size. losses: of the last size, by name, before and after. sides: px that were worked at."""

    rgb: Tensor
    losses: dict[str, float]
    sides: tuple[int, ...]


def optimise(
    rgb: Tensor,
    bank: StyleBank,
    space: FeatureSpace,
    plan: Plan,
    *,
    progress: Callable[[int, float], None] | None = None,
) -> Optimised:
    """A photo `(1, 3, h, w)` in the style of a bank; gradients are switched on in here whatever the caller has.

    progress: called with the side and the loss at each size's end.
    """
    if rgb.shape[0] != 1:
        raise ParameterError(f"optimise: expected one picture at a time, got a batch of {rgb.shape[0]}")
    with torch.inference_mode(False), torch.enable_grad():
        photo, found = rgb.detach().clone(), None
        losses: dict[str, float] = {}
        ladder = sides(plan, max(photo.shape[2:]))
        for side in ladder:
            small = sizes.working(photo, side).contiguous()
            task = _Task(small, bank, space, plan, side)
            start = small if found is None else F.interpolate(found, size=small.shape[2:], mode="bicubic")
            before = {f"{name}_before": float(value) for name, value in task.losses(start.clamp(0, 1)).items()}
            found = _solve(task, start.clamp(0, 1), plan)
            task.coarser = found
            losses = before | {name: float(value) for name, value in task.losses(found).items()}
            if progress is not None:
                progress(side, sum(value for name, value in losses.items() if not name.endswith("_before")))
    assert found is not None
    return Optimised(found, losses, ladder)


def sides(plan: Plan, longest: int) -> tuple[int, ...]:
    """The sizes that are worked at, px, small to large."""
    top = min(plan.side, max(longest, LEAST_SIDE))
    ladder = [round(top / 2**place) for place in range(plan.scales)]
    return tuple(sorted({max(LEAST_SIDE, side) for side in ladder if side >= LEAST_SIDE or side == top}))


class _Task:
    """The losses of one size as functions of a picture."""

    def __init__(self, photo: Tensor, bank: StyleBank, space: FeatureSpace, plan: Plan, side: int) -> None:
        self.photo, self.plan, self.space = photo, plan, space
        self.coarser: Tensor | None = None
        generator = torch.Generator().manual_seed(plan.seed)
        self.generator = generator
        points = bank.points(space, max(1, round(side * plan.style_scale)))
        self.groups = _groups(space, len(points))
        joint = [torch.cat([points[place] for place in group], 1) for group in self.groups]
        self.scale = [(_mean(x), _deviation(x)) for x in joint]
        joint = [_standard(x, *scale) for x, scale in zip(joint, self.scale, strict=True)]
        self.target = [self._told(x) for x in joint]
        self.along = [statistics.directions(x.shape[1], DIRECTIONS, generator) for x in joint]
        self.places = torch.rand(PLACES, 2, generator=generator)
        with torch.no_grad():
            self.kept = [x.detach() for x in space.of_content(self._seen(photo))]
            self.spread = [x.var().clamp(min=1e-6) for x in self.kept]
            luma = content.luminance(photo)
            self.rough = content.laplacian(luma, luma * 0, 2).clamp(min=1e-6)

    def losses(self, x: Tensor) -> dict[str, Tensor]:
        """Weighted, by name."""
        plan = self.plan
        maps = self.space.maps(self._seen(x))
        found = {"style": self._style(maps)}
        if plan.content and plan.content_loss != "none":
            found["content"] = plan.content * self._content(x, maps)
        if plan.edges:
            luma = content.laplacian(content.luminance(self.photo), content.luminance(x), 2)
            found["edges"] = plan.edges * luma / self.rough
        if plan.variation:
            found["variation"] = plan.variation * smoothness.total_variation(x)
        if plan.agreement and self.coarser is not None:
            found["agreement"] = plan.agreement * smoothness.agreement([self.coarser, x])
        found["outside"] = OUTSIDE * (x - x.clamp(0, 1)).square().mean()
        return found

    def _seen(self, x: Tensor) -> Tensor:
        """What style and content are told from: the picture, or its luma alone."""
        return content.luminance(x).expand_as(x) if self.plan.luminance else x

    def _style(self, maps: Sequence[Tensor]) -> Tensor:
        held = [maps[place] for place in self.space.style if place < len(maps)]
        terms = []
        for group, scale, target, along in zip(self.groups, self.scale, self.target, self.along, strict=True):
            if group[-1] >= len(held):
                continue  # the photo is too small for the coarsest maps
            x = _standard(torch.cat([held[place] for place in group], 1).flatten(2), *scale)
            terms.append(self._distance(target, x, along))
        return torch.stack(terms).mean()

    def _told(self, x: Tensor) -> tuple[Tensor, ...]:
        """What of the style's standardised points has to be kept."""
        if self.plan.style_loss == "gram":
            return (statistics.gram(x), x.mean(2))
        if self.plan.style_loss in ("gaussian", "moments"):
            return statistics.mean_covariance(x)
        places = torch.randperm(x.shape[2], generator=self.generator)[:DRAWN]
        return (x[:, :, places],)

    def _distance(self, target: tuple[Tensor, ...], x: Tensor, along: Tensor) -> Tensor:
        kind = self.plan.style_loss
        if kind == "gram":
            return (statistics.gram(x) - target[0]).square().mean() + (x.mean(2) - target[1]).square().mean()
        if kind == "gaussian":
            return statistics.gaussian_distance((target[0], target[1]), statistics.mean_covariance(x))
        if kind == "moments":
            mean, deviation = statistics.mean_deviation(x)
            wanted = target[1].diagonal(dim1=1, dim2=2).clamp(min=1e-8).sqrt()
            return (mean - target[0]).square().mean() + (deviation - wanted).square().mean()
        step = max(1, x.shape[2] // DRAWN)
        x = x[:, :, ::step]
        if kind == "histogram":
            return statistics.histogram_distance(target[0], x)
        return statistics.sliced_wasserstein(target[0], x, along)

    def _content(self, x: Tensor, maps: Sequence[Tensor]) -> Tensor:
        kind = self.plan.content_loss
        if kind == "pixels":
            return (x - self.photo).square().mean() / self.photo.var().clamp(min=1e-4)
        if kind == "cross-entropy":
            return content.pixel_cross_entropy(self.photo, x) - content.pixel_cross_entropy(self.photo, self.photo)
        held = [maps[place] for place in self.space.content if place < len(maps)]
        if kind == "self-similarity":
            pair = (content.points(each, self.places) for each in (self.kept, held))
            return content.self_similarity(*pair)
        terms = [(a - b).square().mean() / s for a, b, s in zip(self.kept, held, self.spread, strict=True)]
        return torch.stack(terms).mean()


def _solve(task: _Task, start: Tensor, plan: Plan) -> Tensor:
    x = start.detach().clone().requires_grad_()

    def loss() -> Tensor:
        total = torch.stack(list(task.losses(x).values())).sum()
        optimiser.zero_grad()
        total.backward()  # type: ignore[no-untyped-call]
        return total

    optimiser: torch.optim.Optimizer
    if plan.solver == "lbfgs":
        optimiser = torch.optim.LBFGS(
            [x], max_iter=plan.steps, max_eval=2 * plan.steps, history_size=HISTORY, line_search_fn="strong_wolfe",
            tolerance_change=1e-9,
        )  # fmt: skip
        optimiser.step(loss)  # type: ignore[no-untyped-call]
    else:
        optimiser = torch.optim.Adam([x], plan.rate)
        for _ in range(plan.steps):
            loss()
            optimiser.step()
    return x.detach().clamp(0, 1)


def _groups(space: FeatureSpace, count: int) -> list[list[int]]:
    """Maps whose features are taken together: those of one size of random filters, else each alone."""
    each = space.together
    return [list(range(first, min(first + each, count))) for first in range(0, count, each)]


def _mean(x: Tensor) -> Tensor:
    return x.mean(2, keepdim=True)


def _deviation(x: Tensor) -> Tensor:
    deviation = x.std(2, keepdim=True, correction=0)
    return deviation.clamp(min=0.02 * float(deviation.max()) + 1e-3)  # flat channels are not blown up


def _standard(x: Tensor, mean: Tensor, deviation: Tensor) -> Tensor:
    return (x - mean) / deviation
