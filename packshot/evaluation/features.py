"""Features of many pictures, and every figure that compares a generated set with a real one.

The feature network is an argument: anything with `features(x)`, x `(n, c, h, w)` in [-1, 1] of 8-bit values. What is
compared is always what a file would hold: pictures are rounded to 8 bits first.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Protocol

import torch
from torch import Tensor

from packshot.errors import ParameterError
from packshot.evaluation.copying import copying_test
from packshot.evaluation.distances import frechet_distance, kernel_distance, moments
from packshot.evaluation.manifold import compare

BATCH = 250
ROWS = 5000  # of each set that the neighbour figures are taken on
INCEPTION = "inception-2015-12-05"  # the features that FID and KID are defined in; see `inception`
PUBLISHED = {INCEPTION: ("FID", "KID")}


class FeatureNetwork(Protocol):
    """What measures need of a network."""

    def features(self, x: Tensor) -> Tensor:
        """`(n, c, h, w)` in [-1, 1] → `(n, f)`."""


@dataclass(frozen=True)
class Comparison:
    """A generated set against a real one, in the features of a named network: state all of it with the figures.

    frechet, kernel (± over blocks), precision, recall, density, coverage as in their modules; copying, closest and
    duplicates compare with the training set (see `copying`), None where it was not given.
    """

    features: str
    real: int
    generated: int
    frechet: float
    kernel: float
    kernel_spread: float
    precision: float
    recall: float
    density: float
    coverage: float
    copying: float | None = None
    closest: float | None = None
    duplicates: float | None = None

    def row(self) -> dict[str, Any]:
        """As a row of a table, distances named after the features; FID and KID in those of Inception alone."""
        entries = {k: v for k, v in asdict(self).items() if v is not None}
        frechet, kernel = PUBLISHED.get(self.features, (f"FD-{self.features}", f"KD-{self.features}"))
        return entries | {frechet: entries.pop("frechet"), kernel: entries.pop("kernel")}


@torch.inference_mode()
def features_of(network: FeatureNetwork, pictures: Iterable[Tensor]) -> Tensor:
    """`(n, f)` of batches that are uint8 `(b, c, h, w)`, or floats in [-1, 1] that are rounded to 8 bits first.

    Raises ParameterError if there is no picture.
    """
    found = [network.features(_eight_bits(part)).float() for batch in pictures for part in torch.split(batch, BATCH)]
    if not found:
        raise ParameterError("pictures: expected at least one batch, got none")
    return torch.cat(found)


def compare_sets(
    name: str, real: Tensor, generated: Tensor, training: Tensor | None = None, *, seed: int = 0
) -> Comparison:
    """Every figure from features `(n, f)`. name: of the feature network. training: features of what was learned from,
    for the copying test, whose held-out set is `real`.
    """
    kernel, spread = kernel_distance(real, generated, seed=seed)
    near = compare(_some(real, seed), _some(generated, seed))
    copied = (
        None if training is None else copying_test(_some(training, seed), _some(real, seed), _some(generated, seed))
    )
    return Comparison(
        name,
        len(real),
        len(generated),
        frechet_distance(moments(real), moments(generated)),
        kernel,
        spread,
        near.precision,
        near.recall,
        near.density,
        near.coverage,
        *((copied.c_t, copied.closest, copied.duplicates) if copied else ()),
    )


def _some(features: Tensor, seed: int) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return features[torch.randperm(len(features), generator=generator)[:ROWS]]


def _eight_bits(pictures: Tensor) -> Tensor:
    if pictures.dtype == torch.uint8:
        return pictures.float() / 127.5 - 1
    return ((pictures.clamp(-1, 1) + 1) * 127.5).round() / 127.5 - 1
