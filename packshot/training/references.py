"""What generated pictures are held against: real pictures, asked for as a generator is, and a feature space."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor

from packshot import checkpoint
from packshot.catalogue.dataset.pictures import Pictures
from packshot.errors import ParameterError
from packshot.evaluation import inception
from packshot.evaluation.features import FeatureNetwork, features_of
from packshot.models import find
from packshot.models.sampling import Sampler
from packshot.training.columns import columns_of, labels_as

BATCH = 50


@dataclass(frozen=True)
class Asked:
    """What pictures are asked for: rows of the pack, their labels, conditions and texts."""

    rows: Tensor
    labels: Tensor | None
    condition: Tensor | None
    texts: Sequence[str]

    def __getitem__(self, part: Tensor) -> Asked:
        labels = None if self.labels is None else self.labels[part]
        condition = None if self.condition is None else self.condition[part]
        return Asked(self.rows[part], labels, condition, [self.texts[int(i)] for i in part] if self.texts else ())


def asked(pictures: Pictures, sampler: Sampler, stored: checkpoint.Checkpoint, split: str) -> Asked:
    """The pictures of a split as the generator `stored` would be asked for them.

    Raises ParameterError for a split without pictures (but `train`, which may be empty), or a card without attributes.
    """
    rows = pictures.where(split=split)
    if not len(rows) and split != "train":
        known = ", ".join(sorted({value for value in pictures.column("split") if value})) or "none"
        raise ParameterError(f"split: the catalogue has no pictures of {split!r}; its splits are {known}")
    columns = columns_of(labels_as(pictures, sampler.attributes)) if sampler.attributes else {}
    if sampler.condition_dim and not columns and not sampler.open:
        raise ParameterError(f"{stored.path.name}: its card does not name the attributes of its condition")
    parts = [pictures.column(name) for name in stored.card.get("texts", ())]
    texts = [" ".join(filter(None, row)) for row in zip(*parts, strict=True)]
    condition = columns.get("asked", columns.get("condition"))
    if sampler.open:
        condition = sampler.vocabulary.table(pictures)
    whole = Asked(torch.arange(len(pictures)), columns.get("label"), condition, texts)
    return whole[rows]


def with_attributes(pictures: Pictures, told: Asked, wanted: Mapping[str, str]) -> Asked:
    """Those of them that have these attributes."""
    same = torch.ones(len(told.rows), dtype=torch.bool)
    for name, value in wanted.items():
        column = pictures.column(name)
        same &= torch.tensor([column[int(row)] == value for row in told.rows], dtype=torch.bool)
    return told[same.nonzero()[:, 0]]


@dataclass(frozen=True)
class FeatureSpace:
    """A network whose features are compared, and what figures in it are called. channels: of the pictures it takes."""

    network: FeatureNetwork
    name: str
    channels: int
    device: str

    @classmethod
    def read(cls, name: str, device: str) -> FeatureSpace:
        """From a checkpoint's name or file, or `inception=FILE`. Raises ParameterError if it has no features."""
        if name.startswith("inception="):
            judge, called = inception.read(name.removeprefix("inception="))
            return cls(judge.to(device), called, 3, device)
        stored = checkpoint.read(find(name))
        network = stored.build()
        if not hasattr(network, "features"):
            raise ParameterError(
                f"features: a {stored.network} has no features; name a classifier such as a `features`"
            )
        called = str(stored.card.get("preset") or stored.path.stem)
        return cls(cast(FeatureNetwork, network.to(device)), called, int(stored.config.get("channels", 3)), device)

    def check(self, channels: int) -> None:
        """Raise ParameterError if pictures of so many channels do not fit."""
        if self.channels == 1 and channels == 3:
            raise ParameterError(
                f"features: {self.name} was trained on grey pictures, the generator draws coloured ones"
            )

    def of(self, pictures: Tensor | Iterable[Tensor]) -> Tensor:
        """Features `(n, f)` of pictures `(n, c, h, w)`, bytes or floats in [-1, 1] (rounded to 8 bits), or of parts."""
        parts = torch.split(pictures, BATCH) if isinstance(pictures, Tensor) else pictures
        moved = (part.to(self.device).expand(-1, self.channels, -1, -1) for part in parts)
        return features_of(self.network, moved).cpu()
