"""Style mixing: shape and pose of one generated picture, what comes at finer sides of another.

Source: Karras, Laine, Aila, "A Style-Based Generator Architecture for Generative Adversarial Networks" (2019), §3.1 and
figure 3: two style codes, the second taking over at a crossover point in the synthesis. Here the point is named by the
side in px from which on the second rules, as the paper tells coarse, middle and fine styles apart by it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any

import torch

from packshot.errors import ParameterError
from packshot.imaging.picture import Picture
from packshot.imaging.sheets import sheet
from packshot.models.sampling import BATCH, Sampler, picture_of


def mixing_sides(sampler: Sampler) -> tuple[int, ...]:
    """The sides in px at which the second picture can take over: all but the smallest, where nothing is left of the
    first. Raises ParameterError if the network cannot mix.
    """
    network: Any = sampler.network
    if not hasattr(network, "mix"):
        raise ParameterError(
            f"mix: {sampler.name} has no mapping to style codes, so there is nothing to mix; use a StyleGAN2"
        )
    return tuple(sorted(set(network.noise_sides))[1:])


def mixing_side(sampler: Sampler, side_px: int | None = None) -> int:
    """The side in px from which the second picture rules, the middle one by default. Raises ParameterError."""
    sides = mixing_sides(sampler)
    side = sides[(len(sides) - 1) // 2] if side_px is None else side_px
    if side not in sides:
        raise ParameterError(f"mix-from: expected one of {', '.join(map(str, sides))} (px a side), got {side}")
    return side


def mixed(
    sampler: Sampler,
    a: Sequence[int],
    b: Sequence[int],
    side_px: int | None = None,
    wanted: Mapping[str, str] | None = None,
    truncation: float = 1.0,
) -> Iterator[Picture]:
    """Every picture of a seed of `a` restyled by every one of `b`, row by row: `len(a) · len(b)` pictures.

    side_px: from this side on styles are those of b (see `mixing_sides`), by default from the middle one. Attributes
    travel with the codes. Raises ParameterError for networks without a mapping and sides that they do not have.
    """
    network: Any = sampler.network
    layer = network.noise_sides.index(mixing_side(sampler, side_px))
    coarse, fine = (
        sampler.styles(sampler.noises(seeds), sampler.conditions(wanted or {}, seeds), truncation) for seeds in (a, b)
    )
    pairs = torch.tensor(list(product(range(len(a)), range(len(b)))))
    for part in torch.split(pairs, BATCH):
        with torch.inference_mode():
            codes = network.mix(coarse[part[:, 0]], fine[part[:, 1]], layer)
            made = network.synthesise(codes).float().clamp(-1, 1).cpu()
        yield from (picture_of(pixels) for pixels in made)


def mixing_sheet(rows: Sequence[Picture], columns: Sequence[Picture], cells: Sequence[Picture]) -> Picture:
    """The sheet of the paper's figure 3: `rows` (a) on the left, `columns` (b) on top, each cell the two of them."""
    white = Picture(torch.ones_like(rows[0].rgb))
    width = len(columns)
    lines = [[row, *cells[i * width : (i + 1) * width]] for i, row in enumerate(rows)]
    return sheet([white, *columns, *(picture for line in lines for picture in line)], columns=width + 1)
