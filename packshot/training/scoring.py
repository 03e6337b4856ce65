"""How good is a generator? Every figure of `evaluation` for a checkpoint, against a catalogue's held-out pictures.

Generated pictures are asked for under the attributes (and texts) of the real ones, so that both sets hold the same
products. Beside the generated set stands the reference: as many training pictures, which no generator should beat.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from packshot import checkpoint
from packshot.catalogue.dataset.pictures import Pictures
from packshot.errors import ParameterError
from packshot.evaluation.features import Comparison, compare_sets
from packshot.evaluation.manifold import nearest
from packshot.imaging.sheets import tiled
from packshot.models import find, resolve_device
from packshot.models.sampling import Sampler, seeds_of
from packshot.training.accuracy import Accuracy, accuracy_from
from packshot.training.material import pictures_of
from packshot.training.references import Asked, FeatureSpace, asked

BATCH = 50
MOST_TRAINING = 20_000  # training pictures that are compared with
SHOWN, NEIGHBOURS = 8, 5  # generated pictures in the sheet, training pictures beside each


@dataclass(frozen=True)
class Score:
    """What was measured, and of what.

    generated, reference: against `split` pictures; the reference are training pictures, None if there are too few.
    accuracy, real_accuracy: of classifiers that learned from generated and from real training pictures, if asked for.
    neighbours: sheet `(3, h, w)` in [-1, 1]; a row is a generated picture and the training pictures nearest to it.
    notes: what could not be measured, and why.
    """

    generated: Comparison
    reference: Comparison | None
    neighbours: Tensor
    split: str
    seed: int
    digest: str
    attributes: tuple[str, ...] = ()
    accuracy: Accuracy | None = None
    real_accuracy: Accuracy | None = None
    notes: tuple[str, ...] = ()

    def rows(self) -> list[dict[str, Any]]:
        """Rows of a table: generated, and training pictures as the reference."""
        found = []
        pairs = (("generated", self.generated, self.accuracy), ("training", self.reference, self.real_accuracy))
        for name, compared, accuracy in pairs:
            if compared is not None:
                shares = accuracy.by_attribute if accuracy else ()
                own = {f"CAS {attribute}": share for attribute, share in zip(self.attributes, shares, strict=False)}
                found.append({"pictures": name, **compared.row(), **own, "split": self.split, "seed": self.seed})
        return found


def score(
    generator: str | Path,
    catalogue: str | Path,
    features: str | Path,
    *,
    count: int = 10_000,
    split: str = "test",
    seed: int = 0,
    accuracy: bool = False,
    accuracy_images: int = 200_000,
    device: str = "auto",
) -> Score:
    """Measure a generator's checkpoint.

    features: checkpoint of a network with `features` (`catalogue-features`, or Inception where somebody has its
    weights). count: pictures drawn. accuracy: also train a classifier on generated pictures and on real ones, each for
    `accuracy_images`. Raises ParameterError for a split without pictures, channels that do not fit, or a checkpoint
    that draws nothing; BadCheckpoint.
    """
    place = resolve_device(device)
    stored = checkpoint.read(find(str(generator)))
    sampler = Sampler(stored, place)
    space = FeatureSpace.read(str(features), place)
    shape = sampler.tensors(sampler.noise(0), sampler.condition({}, 0)).shape
    pictures = pictures_of(catalogue, shape[2], shape[1])
    space.check(shape[1])
    real, training = asked(pictures, sampler, stored, split), asked(pictures, sampler, stored, "train")
    made = drawn(sampler, real, count, seed)

    real_features, made_features = space.of(pictures.gather(real.rows)), space.of(made)
    some = training[_some(len(training.rows), MOST_TRAINING, seed)]
    training_features = space.of(pictures.gather(some.rows)) if len(some.rows) else None
    compared, notes = _compared(space.name, real_features, made_features, training_features, seed)
    reference = None
    if training_features is not None and split != "train" and len(training_features) > NEIGHBOURS:
        reference = compare_sets(space.name, real_features, training_features[: len(made)], seed=seed)
    found = Score(
        compared,
        reference,
        _neighbours(made, made_features, pictures, some.rows, training_features),
        split,
        seed,
        stored.digest,
        tuple(sampler.attributes),
        notes=notes,
    )
    if not accuracy:
        return found
    return _with_accuracy(found, sampler, pictures, training, real, accuracy_images, place)


def drawn(sampler: Sampler, wanted: Asked, count: int, seed: int) -> Tensor:
    """`count` generated pictures as bytes, under what is asked for in turn; picture i is that of its own seed."""
    found = []
    seeds = seeds_of(seed, count)
    for start in range(0, count, BATCH):
        some = seeds[start : start + BATCH]
        part = wanted[torch.arange(start, start + len(some)) % len(wanted.rows)]
        z = torch.cat([sampler.noise(own) for own in some])
        made = sampler.tensors(z, part.condition, texts=part.texts)
        found.append(((made + 1) * 127.5).round().to(torch.uint8).cpu())
    return torch.cat(found)


def _some(total: int, most: int, seed: int) -> Tensor:
    return torch.randperm(total, generator=torch.Generator().manual_seed(seed))[:most]


def _compared(
    name: str, real: Tensor, made: Tensor, training: Tensor | None, seed: int
) -> tuple[Comparison, tuple[str, ...]]:
    """Every figure; without the copying test where there are too few pictures for it."""
    try:
        return compare_sets(name, real, made, training, seed=seed), ()
    except ParameterError as error:
        if training is None:
            raise
        return compare_sets(name, real, made, seed=seed), (f"copying not tested: {error}",)


def _neighbours(made: Tensor, features: Tensor, pictures: Pictures, rows: Tensor, training: Tensor | None) -> Tensor:
    """Generated pictures, the most suspicious half nearest to training pictures, each with its neighbours."""
    if training is None:
        return tiled(made[:SHOWN].float() / 127.5 - 1)
    distance = nearest(features, training)[0]
    suspicious = distance.argsort()[: SHOWN // 2]
    others = torch.arange(len(made))[: SHOWN - len(suspicious)]
    found = []
    for index in torch.cat([suspicious, others]):
        near = torch.cdist(features[index][None], training)[0].topk(min(NEIGHBOURS, len(training)), largest=False)
        found += [made[index], *pictures.gather(rows[near.indices])]
    columns = 1 + min(NEIGHBOURS, len(training))
    return tiled(torch.stack(found).float() / 127.5 - 1, columns=columns)


def _with_accuracy(
    found: Score, sampler: Sampler, pictures: Pictures, training: Asked, real: Asked, images: int, place: str
) -> Score:
    """Classifiers trained on as many generated pictures as there are training pictures, and on those."""
    if training.labels is None or real.labels is None or not len(training.rows):
        raise ParameterError("accuracy: the generator has no attributes to name, or there are no training pictures")
    made = drawn(sampler, training, len(training.rows), found.seed + 1)
    test = (pictures.gather(real.rows), real.labels)
    results = [
        accuracy_from(learned, training.labels, *test, images=images, seed=found.seed, device=place)
        for learned in (made, pictures.gather(training.rows))
    ]
    return replace(found, accuracy=results[0], real_accuracy=results[1])
