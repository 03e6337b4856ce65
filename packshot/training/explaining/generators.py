"""Generators: what their layers draw, and walks through their noise, styles and attributes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from packshot.errors import ParameterError
from packshot.evaluation.explaining.drawing import coloured
from packshot.evaluation.explaining.walking import REACH, Axes, moving_axes, principal_axes, random_axes, walk
from packshot.evaluation.explaining.watching import levels, watch
from packshot.models.flowing import Flow
from packshot.models.sampling import Sampler, seeds_of
from packshot.training.explaining.judges import MAPS_SHOWN, layer_section
from packshot.training.explaining.material import Shown
from packshot.training.explaining.parts import Figure, Section, grid, plain
from packshot.training.explaining.subject import Subject

AXES, RANDOM_AXES, STEPS = 6, 3, 9
DRAWS, MOST_DRAWS, CHUNK = 1024, 4096, 64  # pictures whose principal components are found
SIDE_PX = 32  # at which they are compared
ROWS, VALUES = 4, 12  # products and values in a figure of an attribute


def explain_generator(subject: Subject, seed: int) -> Iterator[Section]:
    """The sections of anything that draws pictures from noise."""
    sampler = subject.sampler
    assert sampler is not None, "a generator has a sampler"
    if not isinstance(sampler.network, Flow):  # whose layers run anew at every step, and whose noise is a picture
        yield _layers(sampler, seed)
        yield from _walks(sampler, seed)
    for attribute, values in subject.attributes.items():
        if sampler.condition_dim and len(values) > 1:
            yield _attribute(sampler, attribute, values, seed)


def drawn(sampler: Sampler, count: int, seed: int, like: Shown | None = None) -> Shown:
    """Generated pictures under attributes drawn by the seed, or under those (and the texts) of real ones."""
    seeds = seeds_of(seed, count)
    z = torch.cat([sampler.noise(own) for own in seeds])
    parts = [part for own in seeds if (part := sampler.condition({}, own)) is not None]
    condition = torch.cat(parts) if parts else None
    texts: tuple[str, ...] = ()
    if like is not None:
        asked = like[torch.arange(count) % len(like)]
        texts = asked.texts
        if parts and asked.condition is not None:
            condition = asked.condition
    found = []
    for first in range(0, count, CHUNK):
        some = slice(first, first + CHUNK)
        found.append(sampler.tensors(z[some], None if condition is None else condition[some], texts=texts[some]))
    return Shown(torch.cat(found).cpu(), condition, _asked_for(sampler, condition), texts)


def _asked_for(sampler: Sampler, condition: Tensor | None) -> dict[str, list[str]]:
    """What every picture was asked to be: column → values, "" where nothing was said."""
    if sampler.open and condition is not None:
        told = [sampler.named(row) for row in condition]
        return {name: [one.get(name, "") for one in told] for name in sampler.attributes}
    found: dict[str, list[str]] = {}
    place = 0
    for name, values in sampler.attributes.items() if condition is not None else ():
        assert condition is not None
        part = condition[:, place : place + len(values)]
        place += len(values)
        found[name] = [values[int(row.argmax())] if bool(row.any()) else "" for row in part]
    return found


def _layers(sampler: Sampler, seed: int) -> Section:
    seeds = seeds_of(seed, MAPS_SHOWN)
    z = torch.cat([sampler.noise(own) for own in seeds])
    parts = [part for own in seeds if (part := sampler.condition({}, own)) is not None]
    run = lambda: sampler.tensors(z, torch.cat(parts) if parts else None)  # noqa: E731
    pictures, found = watch(sampler.network, run)
    return layer_section("layers_generator", "layers-generator", pictures, levels(found), generated=True)


@dataclass(frozen=True)
class _Space:
    """Where walks go. start: codes `(1, d)`; draw: codes → pictures, all under the start's attributes."""

    sampler: Sampler
    condition: Tensor | None
    styles: bool

    def code(self, z: Tensor) -> Tensor:
        """Noise → the code walked through: itself, or its style."""
        if not self.styles:
            return z
        network: Any = self.sampler.network
        with torch.inference_mode():
            found: Tensor = network.map(z.to(self.sampler.device), self._told(len(z))).cpu()
        return found

    def draw(self, codes: Tensor) -> Tensor:
        """Codes → pictures `(n, c, h, w)` in [-1, 1]."""
        network: Any = self.sampler.network
        found = []
        for some in torch.split(codes, CHUNK):
            told = self._told(len(some))
            if self.styles:
                with torch.inference_mode():
                    found.append(network.synthesise(some.to(self.sampler.device)).clamp(-1, 1).cpu())
            else:
                found.append(self.sampler.tensors(some, told).cpu())
        return torch.cat(found)

    def _told(self, n: int) -> Tensor | None:
        return None if self.condition is None else self.condition.expand(n, -1).to(self.sampler.device)


def _walks(sampler: Sampler, seed: int) -> Iterator[Section]:
    own = seeds_of(seed, 1)[0]
    space = _Space(sampler, sampler.condition({}, own), hasattr(sampler.network, "synthesise"))
    start = space.code(sampler.noise(own))
    count = min(MOST_DRAWS, max(DRAWS, 4 * sampler.noise_dim))
    z = torch.randn(count, sampler.noise_dim, generator=torch.Generator().manual_seed(seed + 1))
    codes = space.code(z)
    if space.styles:
        axes, key = principal_axes(codes, AXES), "walks_styles"
    else:
        axes, key = moving_axes(z, _small(space.draw(codes)), AXES), "walks_noise"
    dim = codes.shape[1]
    facts = {"reach": REACH, "draws": count, "dim": dim, "seed": seed}
    yield Section(key, facts, (_path(space, start, axes, "walks-principal"),), numbers={"explained": axes.explained})
    drawn_axes = random_axes(dim, RANDOM_AXES, seed)
    if space.styles:  # lengths as the codes have them along these directions
        along = (codes - codes.mean(0)) @ drawn_axes.directions.T
        drawn_axes = Axes(codes.mean(0), drawn_axes.directions, along.std(0))
    yield Section("walks_random", facts, (_path(space, start, drawn_axes, "walks-random"),))


def _small(pictures: Tensor) -> Tensor:
    side = min(SIDE_PX, pictures.shape[2])
    return torch.nn.functional.adaptive_avg_pool2d(pictures, side)


def _path(space: _Space, start: Tensor, axes: Axes, name: str) -> Figure:
    rows = [coloured(space.draw(walk(start, axes, index, STEPS))) for index in range(len(axes.directions))]
    return path_figure(name, rows, axes.explained)


def path_figure(name: str, rows: list[Tensor], explained: tuple[float, ...]) -> Figure:
    """Rows of pictures along axes from -REACH to REACH standard deviations."""
    places = torch.linspace(-REACH, REACH, STEPS).tolist()
    across = tuple(f"{at:+.1f} σ".replace("-", "−") if abs(at) > 1e-6 else "0" for at in places)
    down = tuple(f"{i + 1}" + (f" · {explained[i]:.0%}" if explained else "") for i in range(len(rows)))
    return Figure(name, grid(rows), STEPS, True, across=across, down=down)


def _attribute(sampler: Sampler, attribute: str, values: list[str], seed: int) -> Section:
    """The same noise under every value of one attribute, all else alike."""
    shown = values[:VALUES]
    rows = []
    for own in seeds_of(seed, ROWS):
        conditions = [sampler.condition({**_others(sampler, attribute, own), attribute: value}, own) for value in shown]
        told = torch.cat([condition for condition in conditions if condition is not None])
        rows.append(coloured(sampler.tensors(sampler.noise(own).expand(len(shown), -1), told).cpu()))
    facts = {"attribute": attribute, "shown": len(shown), "values": len(values)}
    figure = Figure(f"attribute-{plain(attribute)}", grid(rows), len(shown), True, across=tuple(shown))
    return Section("attribute", facts, (figure,), numbers=facts)


def _others(sampler: Sampler, attribute: str, seed: int) -> dict[str, str]:
    """All other attributes as the seed draws them, held while one changes."""
    condition = sampler.condition({}, seed)
    if condition is None:
        raise ParameterError(f"{attribute}: {sampler.name} is told no attributes")
    if sampler.open:
        return {name: value for name, value in sampler.named(condition[0]).items() if name != attribute}
    found, place = {}, 0
    for name, values in sampler.attributes.items():
        part = condition[0, place : place + len(values)]
        place += len(values)
        if name != attribute:
            found[name] = values[int(part.argmax())]
    return found
