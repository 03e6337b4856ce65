"""What a generated picture has to pass: a critic's score, a classifier's answer, a distance from training pictures.

Sources: rejecting by the critic's score, Azadi et al. 2019, "Discriminator Rejection Sampling", §3 (here a plain
threshold, since critics of most losses are no density ratios). Copies: Meehan et al. 2020, "A Non-Parametric Test to
Detect Data-Copying in Generative Models", §4, compares a generated picture's distance to the nearest training picture
with that of real ones; here for each picture on its own, against the training set's own nearest neighbours.
Everything looks at what a file would hold: values are rounded to 8 bits first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from packshot.checkpoint import Checkpoint
from packshot.errors import ParameterError
from packshot.evaluation.manifold import nearest
from packshot.models.sampling import TOKENS, Drawn, Sampler
from packshot.training.references import FeatureSpace

COMPANIONS = 3  # generated pictures beside the one that is judged, for critics that look at a batch as a whole
COMPANION_SEED = 4_000_000_007
SAME = 1e-3  # relative difference that counts as none
ROWS, PART = 2000, 250  # training pictures whose own neighbours are looked for, and so many at a time

Score = Callable[[Sequence[Drawn]], Tensor]


@dataclass(frozen=True)
class Rule:
    """A picture passes if its score is at least `least`. name: of the reason; told: the rule in words."""

    name: str
    score: Score
    least: float
    told: str


class CriticScore:
    """A critic's score of pictures, each judged for itself, under its own condition.

    A critic that looks at a batch as a whole (minibatch deviation) sees every picture among the same few others, so
    that the verdict does not depend on the rest. Raises ParameterError if it is no critic or not of this generator.
    """

    def __init__(self, stored: Checkpoint, sampler: Sampler, generator: Checkpoint, device: str) -> None:
        self.critic: Any = stored.build().to(device)
        self.sampler, self.device = sampler, device
        self.tells = "vocabulary" in stored.config
        self.company = list(sampler.drawn(range(COMPANION_SEED, COMPANION_SEED + COMPANIONS)))
        _check_critic(stored, self.critic, generator, self.company[0].pixels)
        together = self._judged(*_told(self.company))
        alone = torch.cat([self._judged(*_told([one])) for one in self.company])
        spread = together.max() - together.min()
        self.looks_at_batch = bool((together - alone).abs().max() > SAME * spread)

    def __call__(self, drawn: Sequence[Drawn]) -> Tensor:
        return self.of(*_told(drawn))

    def of(self, pixels: Tensor, condition: Tensor | None, texts: Sequence[str]) -> Tensor:
        """`(n,)` of pictures `(n, c, h, w)` in [-1, 1] on 8-bit steps, with their conditions and texts."""
        if not self.looks_at_batch:
            return self._judged(pixels, condition, texts)
        more, c, other = _told(self.company)
        found = []
        for row in range(len(pixels)):
            own = None if condition is None or c is None else torch.cat([condition[row : row + 1], c])
            among = torch.cat([pixels[row : row + 1], more])
            found.append(self._judged(among, own, [*texts[row : row + 1], *other])[:1])
        return torch.cat(found)

    @torch.inference_mode()
    def _judged(self, pixels: Tensor, condition: Tensor | None, texts: Sequence[str]) -> Tensor:
        told = [None if condition is None else condition.to(self.device)]
        if self.tells and self.sampler.words is not None:
            told.append(self.sampler.words.tokens(texts, TOKENS).to(self.device))
        score: Tensor = self.critic.judge(pixels.to(self.device), *told).score
        return score.float().cpu()


class NamedMargin:
    """How much more probable the asked value is to a classifier than any other: the least over the attributes that
    both know, in [-1, 1]; above 0 it is named first.

    Raises ParameterError if it is no classifier, or knows nothing, or not all, of what may be asked for.
    """

    def __init__(self, stored: Checkpoint, sampler: Sampler, wanted: Mapping[str, str], device: str) -> None:
        self.network, self.device, self.digest = stored.build().to(device), device, stored.digest
        told = sampler.attributes if sampler.condition_dim else {}
        if hasattr(self.network, "judge") or not hasattr(self.network, "classify"):
            raise ParameterError(f"classifier: a {stored.network} names nothing; name a classifier like `features`")
        self.values: dict[str, list[str]] = {k: list(v) for k, v in stored.card.get("attributes", {}).items()}
        self.channels = int(stored.config.get("channels", 3))
        _check_classifier(self.values, told, wanted)
        self.shared = [name for name in self.values if name in told]

    def __call__(self, drawn: Sequence[Drawn]) -> Tensor:
        probabilities = self.probabilities(_told(drawn)[0])
        margins = []
        for name in self.shared:
            p = probabilities[name].clone()
            asked = torch.tensor([self.values[name].index(one.attributes[name]) for one in drawn])[:, None]
            own = p.gather(1, asked)[:, 0]
            margins.append(own - p.scatter(1, asked, -1.0).max(1).values.clamp(min=0))
        return torch.stack(margins).min(0).values

    @torch.inference_mode()
    def probabilities(self, pixels: Tensor) -> dict[str, Tensor]:
        """Attribute → `(n, values)` of pictures in [-1, 1]. Raises ParameterError for colours to a grey classifier."""
        if self.channels == 1 and pixels.shape[1] == 3:
            raise ParameterError("classifier: it was trained on grey pictures, these are coloured")
        logits = self.network(pixels.to(self.device).expand(-1, self.channels, -1, -1))
        return {name: part.float().softmax(1).cpu() for name, part in zip(self.values, logits, strict=True)}


class CopyDistance:
    """Distance to the nearest training picture in the features of a network, mirrored or not.

    gather: rows `(n,)` → pictures `(n, c, h, w)` as bytes; rows: of the training pictures. Raises ParameterError for
    fewer than two of them.
    """

    def __init__(self, space: FeatureSpace, gather: Callable[[Tensor], Tensor], rows: Tensor) -> None:
        if len(rows) < 2:
            raise ParameterError(f"catalogue: {len(rows)} training pictures; copies are told from two on")
        self.space, self.gather, self.rows = space, gather, rows
        self.training = space.of(gather(part) for part in torch.split(rows, PART))

    def __call__(self, drawn: Sequence[Drawn]) -> Tensor:
        pixels = _told(drawn)[0]
        both = [nearest(self.space.of(x), self.training)[0] for x in (pixels, pixels.flip(3))]
        return torch.minimum(*both)

    def limit(self, quantile: float) -> float:
        """The distance to another one that this share of the training pictures stays below, exact doubles left out."""
        chosen = torch.randperm(len(self.training), generator=torch.Generator().manual_seed(0))[:ROWS]
        found = []
        for part in torch.split(chosen, PART):
            both = []
            for features in (self.training[part], self.space.of(self.gather(self.rows[part]).flip(3))):
                distance = torch.cdist(features, self.training)
                distance[torch.arange(len(part)), part] = float("inf")
                both.append(distance.min(1).values)
            found.append(torch.minimum(*both))
        distance = torch.cat(found)
        apart = distance[distance > SAME * distance.median()]
        return float((apart if len(apart) else distance).quantile(quantile))


def _told(drawn: Sequence[Drawn]) -> tuple[Tensor, Tensor | None, list[str]]:
    """Pictures on 8-bit steps, conditions and texts."""
    pixels = torch.stack([one.pixels for one in drawn])
    conditions = [one.condition for one in drawn if one.condition is not None]
    rounded = ((pixels + 1) * 127.5).round() / 127.5 - 1
    return rounded, torch.stack(conditions) if conditions else None, [one.text for one in drawn]


def _check_critic(stored: Checkpoint, critic: Any, generator: Checkpoint, pixels: Tensor) -> None:
    if not hasattr(critic, "judge"):
        raise ParameterError(f"critic: a {stored.network} judges no pictures; name the critic.safetensors of a GAN")
    takes = (stored.config.get("channels"), stored.config.get("size"))
    if takes != tuple(pixels.shape[:2]):
        raise ParameterError(
            f"critic: it takes pictures of {takes[1]} px with {takes[0]} channels, the generator draws "
            f"{pixels.shape[1]} px with {pixels.shape[0]}"
        )
    if stored.config.get("condition_dim") and stored.card.get("attributes") != generator.card.get("attributes"):
        raise ParameterError("critic: it was told of other attributes than the generator; name the critic of its run")
    if "vocabulary" in stored.config and stored.card.get("words") != generator.card.get("words"):
        raise ParameterError("critic: it knows other words than the generator; name the critic of its run")


def _check_classifier(
    values: Mapping[str, list[str]], told: Mapping[str, list[str]], wanted: Mapping[str, str]
) -> None:
    shared = [name for name in values if name in told]
    if not shared:
        known, asked = ", ".join(values) or "nothing", ", ".join(told) or "nothing"
        raise ParameterError(f"classifier: it names {known}, the generator is asked for {asked}: nothing in common")
    for name in shared:
        missing = [v for v in ([wanted[name]] if name in wanted else told[name]) if v not in values[name]]
        if missing:
            raise ParameterError(
                f"classifier: it knows no {name} {missing[0]!r}, only {', '.join(values[name])}; ask for one of these"
            )
