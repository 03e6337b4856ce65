"""What accepting changed: as many pictures as they came and as they were kept, against real ones.

Both sets have the same number, since Fréchet distances of sets of different size do not compare. Picking pictures by a
critic or a classifier costs variety: read recall and coverage beside distance and precision.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from packshot import checkpoint
from packshot.catalogue.dataset.pictures import to_signed
from packshot.evaluation.features import compare_sets
from packshot.models import find
from packshot.models.sampling import Drawn, in_batches
from packshot.training.acceptance.rules import NamedMargin
from packshot.training.acceptance.stream import Accepting, Judged
from packshot.training.accuracy import accuracy_from
from packshot.training.material import pictures_of
from packshot.training.references import Asked, FeatureSpace, asked, with_attributes

MOST = 10_000  # pictures of each set
FEWEST = 10


class Effect:
    """Told of every picture that is tried, it compares the first ones with the first of those that passed.

    features: checkpoint of the network whose features are compared; catalogue: of the real pictures, of which the split
    `split` is taken, or all if there is none of that name. accuracy_images: also train a classifier for so many images
    on either set and test it on the real ones (0 = not). notes: what to know of the figures, after `rows`.
    """

    def __init__(
        self,
        accepting: Accepting,
        features: str | Path,
        catalogue: str | Path,
        *,
        split: str = "test",
        accuracy_images: int = 0,
    ) -> None:
        self.accepting, self.catalogue, self.split = accepting, catalogue, split
        self.accuracy_images = accuracy_images
        self.features, self.device = str(features), accepting.sampler.device
        self.most = min(accepting.count, MOST)
        self.tried: list[Drawn] = []  # pixels as bytes
        self.passed: list[Drawn] = []
        self.notes: tuple[str, ...] = ()

    def add(self, judged: Judged) -> None:
        """One more picture that was tried."""
        drawn = replace(judged.drawn, pixels=((judged.drawn.pixels + 1) * 127.5).round().to(torch.uint8))
        for kept, wanted in ((self.tried, True), (self.passed, judged.passed)):
            if wanted and len(kept) < self.most:
                kept.append(drawn)

    def rows(self) -> list[dict[str, Any]]:
        """Two rows of a table, all and accepted; none if fewer than ten pictures passed."""
        count = len(self.passed)
        if count < FEWEST:
            self.notes = (f"before and after not compared: {count} pictures, at least {FEWEST} are needed",)
            return []
        space = FeatureSpace.read(self.features, self.device)
        channels, size, _ = self.passed[0].pixels.shape
        pictures = pictures_of(self.catalogue, size, channels)
        sampler, stored = self.accepting.sampler, self.accepting.generator
        has = len(pictures.where(split=self.split)) > 0
        real = with_attributes(
            pictures, asked(pictures, sampler, stored, self.split if has else ""), self.accepting.wanted
        )
        if len(real.rows) < FEWEST:
            self.notes = (f"before and after not compared: {len(real.rows)} real pictures of what was asked for",)
            return []
        real_bytes = pictures.gather(real.rows)
        real_features = space.of(real_bytes)
        found = []
        for name, some in (("all", self.tried[:count]), ("accepted", self.passed)):
            compared = compare_sets(space.name, real_features, space.of(_bytes(some)))
            row = {"pictures": name, **compared.row(), **self._named(some)}
            found.append(row | self._learned(some, real_bytes, real))
        self.notes = _notes(count, real_features, self._chose_too())
        return found

    def _classifier(self) -> checkpoint.Checkpoint | None:
        """The feature network, if it names an attribute that was asked for."""
        if self.features.startswith("inception="):
            return None
        stored = checkpoint.read(find(self.features))
        shared = set(stored.card.get("attributes", {})) & set(self.accepting.sampler.attributes)
        return stored if shared else None

    def _chose_too(self) -> bool:
        """Whether the feature network is the classifier that pictures had to please."""
        stored = self._classifier()
        scores = [rule.score for rule in self.accepting.rules]
        judges = {score.digest for score in scores if isinstance(score, NamedMargin)}
        return stored is not None and stored.digest in judges

    def _named(self, some: list[Drawn]) -> dict[str, float]:
        """The share that the feature network names as asked, if it is a classifier of the same attributes."""
        stored = self._classifier()
        if stored is None or not self.accepting.sampler.condition_dim:
            return {}
        margin = NamedMargin(stored, self.accepting.sampler, self.accepting.wanted, self.device)
        signed = (replace(one, pixels=to_signed(one.pixels)) for one in some)
        ahead = torch.cat([margin(part) for part in in_batches(signed)])
        return {"named": float((ahead > 0).float().mean())}

    def _learned(self, some: list[Drawn], real: Tensor, told: Asked) -> dict[str, float]:
        """Accuracy by attribute of a classifier that learned from these pictures alone, on the real ones."""
        if not self.accuracy_images or told.labels is None or not self.accepting.sampler.condition_dim:
            return {}
        attributes = self.accepting.sampler.attributes
        codes = [[names.index(one.attributes[a]) for a, names in attributes.items()] for one in some]
        labels = torch.tensor(codes)
        learned = accuracy_from(
            _bytes(some), labels, real, told.labels, images=self.accuracy_images, device=self.device
        )
        return {f"CAS {name}": share for name, share in zip(attributes, learned.by_attribute, strict=True)}


def _bytes(some: list[Drawn]) -> Tensor:
    return torch.stack([one.pixels for one in some])


def _notes(count: int, real: Tensor, judged: bool) -> tuple[str, ...]:
    found = []
    if count < real.shape[1]:
        found.append(f"{count} pictures in {real.shape[1]} features: the Fréchet distance says little of so few")
    if judged:
        found.append(
            "the features are those of the classifier that chose, which flatters what it chose: compare by others"
        )
    return tuple(found)
