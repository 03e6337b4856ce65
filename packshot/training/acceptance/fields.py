"""Defaults and help of what can be set about acceptance: a plain table, for a command line that answers at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple


class Told(NamedTuple):
    """A default and what it means."""

    default: Any
    help: str


FIELDS: Mapping[str, Told] = {
    "critic": Told("", "checkpoint of a critic; a run of a GAN holds one beside its generator"),
    "classifier": Told("", "checkpoint of a classifier, which must name what was asked for"),
    "features": Told("", "checkpoint whose features tell copies of training pictures"),
    "catalogue": Told("", "catalogue of the training pictures"),
    "critic_scale": Told(
        "generated",
        "pictures that the critic's threshold is taken from: `generated` ones, or `real` ones of the catalogue, which "
        "few generated ones reach unless the critic can hardly tell them apart",
    ),
    "critic_quantile": Told(
        None, "share of these pictures that score lower than what passes [default: 0.5 of generated, 0.05 of real ones]"
    ),
    "margin": Told(0.0, "by how much the asked value is more probable than any other; 0 = named first"),
    "copy_quantile": Told(
        0.01, "share of the training pictures that lie nearer to another one than what passes to any"
    ),
    "tries": Told(20, "tries for each picture wanted, at most"),
}
