"""Sample grids: the same noise each time, so that a row of grids shows how the pictures change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

import torch
from torch import Tensor, nn

from packshot.imaging import files
from packshot.imaging.picture import Picture
from packshot.imaging.sheets import tiled
from packshot.training.objective import Batch, Objective
from packshot.training.settings import Settings
from packshot.training.settling import settle
from packshot.training.source import COLUMNS

SEED = 12_345
SETTLING = 8  # batches of noise that batch statistics are estimated from


def draw(
    objective: Objective, networks: Mapping[str, nn.Module], batch: Batch, settings: Settings, images: int
) -> tuple[Tensor, Tensor]:
    """(samples, real pictures of the last batch), each `(n, c, h, w)` in [-1, 1]; n ≤ `settings.samples`.

    Before it, batch statistics of the networks are estimated anew under the batch's own conditions (see `settling`).
    """
    with torch.no_grad(), torch.random.fork_rng(devices=[]):
        whole = [_first(batch, batch.count, images, SEED + 1 + draw) for draw in range(SETTLING)]
        settle(networks.values(), [partial(objective.sample, networks, each) for each in whole])
        shown = _first(batch, min(settings.samples, batch.count), images, SEED)
        return objective.sample(networks, shown).float().clamp(-1, 1), shown.image


def _first(batch: Batch, count: int, images: int, seed: int) -> Batch:
    """The first pictures of a batch, with noise of their own."""
    columns = {name: getattr(batch, name) for name in COLUMNS}
    return replace(
        batch,
        image=batch.image[:count],
        **{name: None if column is None else column[:count] for name, column in columns.items()},
        images_seen=images,
        whole=count,
        first=0,
        generator=torch.Generator(batch.image.device).manual_seed(seed),
    )


def write(folder: Path, pictures: Tensor, images: int) -> str:
    """Write the grid as `samples/IMAGES.png`; gives its name relative to the folder."""
    name = f"samples/{images:010d}.png"
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    files.write(Picture(tiled(pictures)[None] / 2 + 0.5), path)
    return name
