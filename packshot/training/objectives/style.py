"""Restyling learned: photographs go in, and what comes out has a style's statistics and the photograph's content.

Sources: Johnson et al. 2016, eqs. 2 to 4 (perceptual losses of a feed-forward network; `OneStyle`); Huang & Belongie
2017, eqs. 11 to 13 (`AnyStyle`); Madry et al. 2018 (worst photographs within a bound, `pgd`). The losses are those of
`losses.style`, in any feature space; a loss with weight 0 is not computed. Features look past the corner by some
pixels, anew in every step. Maps are standardised by the style's own moments, so that none needs a weight of its own.
Styles and the crops of them are drawn from the step's generator, so a run goes on exactly.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn
from torch.nn import functional as F

from packshot.errors import ParameterError
from packshot.losses import robust
from packshot.losses.style import content, smoothness, statistics
from packshot.models.features import FeatureSpace
from packshot.training.objective import Batch, Losses, Phase

Told = Sequence[tuple[Tensor, Tensor, Tensor]]
Weight = Annotated[float, Field(ge=0)]
PLACES = 256  # at which self-similarity is measured
DRAWN = 2048  # points of a map that a sliced distance is taken of
DIRECTIONS = 32
MOST = 8192  # points of a style's map that are kept, at even steps
LEAST_DEVIATION = 0.02  # of a style's feature, under which it counts as flat


class StyleRules(BaseModel):
    """styles: where they come from. Weights of the losses; content is told by features, pixels, layout, or edges."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    styles: str = Field("", description="picture, folder, pattern:NAME or patterns:COUNT whose style to learn")
    style_px: int = Field(256, ge=32, le=1024, description="side at which a style is seen: strokes grow with it")
    shrink: float = Field(1.0, gt=0, le=1, description="photographs become so much smaller first")
    features: str = Field("auto", description="feature space, see packshot.models.features")
    distance: Literal["moments", "gram", "gaussian", "sliced", "histogram"] = Field(
        "moments", description="how styles are compared"
    )
    style: Weight = Field(1.0, description="distance of styles")
    features_content: Weight = Field(0.0, description="squared error of content features")
    pixels: Weight = Field(0.0, description="squared error of pixels")
    cross_entropy: Weight = Field(0.0, description="cross-entropy of pixels")
    similarity: Weight = Field(0.0, description="likeness of places to each other")
    edges: Weight = Field(0.5, description="Laplacian of luma")
    variation: Weight = Field(0.05, description="total variation")
    agreement: Weight = Field(0.0, description="the same at half the size")
    constraint_l1: Weight = Field(0.0, description="absolute error of means and deviations over all maps")
    constraint_l2: Weight = Field(0.0, description="squared error of the same")
    jitter: int = Field(7, ge=0, le=32, description="px by which features look past the corner, anew in every step")
    adversarial: Weight = Field(0.05, description="what critics think, where there are critics")
    pgd: float = Field(0.0, ge=0, le=0.2, description="how far photographs are moved to where the loss is worst")
    pgd_steps: int = Field(2, ge=1, le=20, description="steps of that search")
    frozen: str = Field("", description="checkpoint of the frozen network an adapter is for")


class OneStyle:
    """A network of one style: `restyler(photo)`."""

    averaged: tuple[str, ...] = ("restyler",)

    def __init__(
        self, networks: Mapping[str, nn.Module], styles: Tensor, space: FeatureSpace, settings: StyleRules
    ) -> None:
        self.networks: dict[str, nn.Module] = dict(networks)
        self.styles, self.space, self.settings = styles, space, settings
        self._kept: dict[float, Told] = {}
        if self.single and len(styles) > 10:
            raise ParameterError(f"styles: one network holds one style, told by 1 to 10 pictures; got {len(styles)}")

    single = True

    def phases(self) -> tuple[Phase, ...]:
        """The restyler's alone."""
        parameters = tuple(self.networks["restyler"].parameters())
        return (Phase("restyler", "restyler", parameters, self.losses),)

    def losses(self, batch: Batch) -> Losses:
        """Weighted, of what is made of the batch's photographs, moved to where they are worst if `pgd` says so."""
        photo, style = batch.image / 2 + 0.5, self.drawn(batch)
        told = self._told_once(style)
        if self.settings.pgd:
            start = 2 * batch.uniform(*photo.shape[1:]) - 1
            worst = self._worst(photo, start, style, told)
            return self.compared(photo, self.made(self.networks, worst, style), told)
        return self.compared(photo, self.made(self.networks, photo, style), told)

    def sample(self, networks: Mapping[str, nn.Module], batch: Batch) -> Tensor:
        """Side by side: photograph, style, what is made of them."""
        photo, style = batch.image / 2 + 0.5, self.drawn(batch)
        made = self.made(networks, photo, style)
        beside = F.interpolate(style, size=photo.shape[2:], mode="bilinear", align_corners=False).expand_as(photo)
        return torch.cat([photo, beside, made], 3) * 2 - 1

    def made(self, networks: Mapping[str, nn.Module], photo: Tensor, style: Tensor) -> Tensor:
        """The restyled photographs; a network of one style needs not be told."""
        out: Tensor = networks["restyler"](photo)
        return out

    def drawn(self, batch: Batch) -> Tensor:
        """A style for each photograph, `(n, 3, s, s)` in [0, 1]; whole, because statistics are."""
        if self.single:  # one picture a step, for all photographs
            places = torch.tensor([min(int(batch.number() * len(self.styles)), len(self.styles) - 1)])
        else:
            places = (batch.uniform() * len(self.styles)).long().clamp(max=len(self.styles) - 1).cpu()
        return self.styles[places].to(batch.image.device, torch.float32) / 255

    def _told_once(self, style: Tensor) -> Told:
        """`told`, kept for each picture of a style that is one."""
        if not self.single:
            return self.told(style)
        key = float(style.double().sum())
        if key not in self._kept:
            self._kept[key] = self.told(style)
        return self._kept[key]

    def told(self, style: Tensor) -> Told:
        """Standardised points `(n, c, k)` of every map of style, with the means and deviations they had."""
        with torch.no_grad():
            maps = self.space.on(style.device).of_style(style)
            found = []
            for x in maps:
                flat = x.flatten(2)
                mean, deviation = flat.mean(2, keepdim=True), flat.std(2, keepdim=True, correction=0)
                deviation = deviation.clamp(min=LEAST_DEVIATION)
                step = max(1, flat.shape[2] // MOST)
                found.append(((flat[:, :, ::step] - mean) / deviation, mean, deviation))
            return found

    def compared(self, photo: Tensor, made: Tensor, told: Told) -> dict[str, Tensor]:
        """Weighted losses of restyled photographs."""
        s = self.settings
        seen, beside = self._jittered(made, photo)
        maps = self.space.maps(seen)
        held = [maps[place] for place in self.space.style if place < len(maps)]
        found = {"style": s.style * self._style(told, held)} if s.style else {}
        for power, weight in ((1, s.constraint_l1), (2, s.constraint_l2)):
            if weight:
                found[f"constraint_l{power}"] = weight * self._constraint(told, held, power)
        found |= self._content(photo, made, beside, maps)
        if s.variation:
            found["variation"] = s.variation * smoothness.total_variation(made)
        outside = (made - made.clamp(0, 1)).square().mean()
        return found | {"outside": 10 * outside}

    def _jittered(self, *pictures: Tensor) -> list[Tensor]:
        """The pictures without some rows and columns, the same of each: maps of strided convolutions see every pixel
        in every phase, and a grid of dots that one phase does not see costs in the next step.
        """
        most = min(self.settings.jitter, min(pictures[0].shape[2:]) // 4)
        down, right = (int(v) for v in torch.randint(most + 1, (2,)))
        return [x[:, :, down:, right:] for x in pictures]

    def _content(self, photo: Tensor, made: Tensor, beside: Tensor, maps: Sequence[Tensor]) -> dict[str, Tensor]:
        """What must stay. beside: the part of the photographs that the maps are of."""
        s, found = self.settings, {}
        if s.edges:
            a, b = content.luminance(photo), content.luminance(made)
            rough = content.laplacian(a, a * 0, 2).clamp(min=1e-4)
            found["edges"] = s.edges * content.laplacian(a, b, 2) / rough
        if s.pixels:
            found["pixels"] = s.pixels * (made - photo).square().mean() / 0.05
        if s.cross_entropy:
            least = content.pixel_cross_entropy(photo, photo)
            found["cross_entropy"] = s.cross_entropy * (content.pixel_cross_entropy(photo, made) - least)
        if not (s.features_content or s.similarity):
            return found
        wanted = [x.detach() for x in self.space.of_content(beside)]
        got = [maps[place] for place in self.space.content if place < len(maps)]
        if s.features_content:
            pairs = zip(wanted, got, strict=True)
            terms = [(a - b).square().mean() / a.var().clamp(min=1e-4) for a, b in pairs]
            found["features"] = s.features_content * torch.stack(terms).mean()
        if s.similarity:
            places = torch.rand(PLACES, 2, device=photo.device)
            pair = (content.points(each, places) for each in (wanted, got))
            found["similarity"] = s.similarity * content.self_similarity(*pair)
        return found

    def _style(self, told: Told, maps: Sequence[Tensor]) -> Tensor:
        terms = []
        for (wanted, mean, deviation), x in zip(told, maps, strict=False):
            got = (x.flatten(2) - mean) / deviation
            terms.append(DISTANCES[self.settings.distance](wanted, got))
        return torch.stack(terms).mean()

    def _constraint(self, told: Told, maps: Sequence[Tensor], power: Any) -> Tensor:
        pairs = list(zip(told, maps, strict=False))
        got = [(x.flatten(2) - mean) / deviation for (_, mean, deviation), x in pairs]
        return statistics.constraint([wanted for (wanted, _, _), _ in pairs], got, power)

    def _worst(self, photo: Tensor, start: Tensor, style: Tensor, told: Any) -> Tensor:
        """Photographs near the given ones from which the restyled ones are worst by the very losses."""

        def loss(x: Tensor) -> Tensor:
            made = self.made(self.networks, x, style)
            return torch.stack(list(self.compared(photo, made, told).values())).sum()

        with torch.enable_grad():
            return robust.worst_near(photo, loss, start, self.settings.pgd, self.settings.pgd_steps)


def _sliced(wanted: Tensor, got: Tensor) -> Tensor:
    along = statistics.directions(got.shape[1], DIRECTIONS).to(got.device)
    places = (torch.randint(x.shape[2], (min(DRAWN, x.shape[2]),), device=x.device) for x in (wanted, got))
    a, b = (x[:, :, place] for x, place in zip((wanted, got), places, strict=True))
    return statistics.sliced_wasserstein(a, b, along)


def _gaussian(wanted: Tensor, got: Tensor) -> Tensor:
    return statistics.gaussian_distance(statistics.mean_covariance(wanted), statistics.mean_covariance(got))


DISTANCES = {
    "moments": statistics.moment_distance,
    "gram": statistics.gram_distance,
    "gaussian": _gaussian,
    "sliced": _sliced,
    "histogram": statistics.histogram_distance,
}


class AnyStyle(OneStyle):
    """A network that is shown the style: `restyler(photo, style)`."""

    single = False

    def made(self, networks: Mapping[str, nn.Module], photo: Tensor, style: Tensor) -> Tensor:
        out: Tensor = networks["restyler"](photo, style)
        return out

    def losses(self, batch: Batch) -> Losses:
        """As of one style; at half the size beside, if scales have to agree."""
        found = dict(super().losses(batch))
        if self.settings.agreement:
            photo, style = batch.image / 2 + 0.5, self.drawn(batch)
            pair = [self.made(self.networks, _half(photo), _half(style)), self.made(self.networks, photo, style)]
            found["agreement"] = self.settings.agreement * smoothness.agreement(pair)
        return found


def _half(x: Tensor) -> Tensor:
    return F.avg_pool2d(x, 2)
