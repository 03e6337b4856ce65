"""A new ground around a product, from words: by a pipeline of diffusers, or by a flow that was trained with masks.

The network sees the product as it is and draws what lies around it. Of its picture only the ground is used: where the
product stands, the ground's own colours go on, so that nothing of the network's product shows through soft edges.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from packshot import checkpoint
from packshot.catalogue.dataset.conditions import TEXT
from packshot.errors import ModelError
from packshot.imaging import compare, geometry, mattes
from packshot.imaging.picture import Picture
from packshot.models import diffusers_files
from packshot.models.flowing import Flow, How
from packshot.models.sampling import Sampler

PRODUCT = 0.02  # matte from which a pixel is known to the network
LEAST_PX = 64


@dataclass(frozen=True)
class Wish:
    """What is wanted of a ground. words, avoid: in words; size: longest side worked at, px; steps, guidance: of the
    network."""

    words: str
    avoid: str = ""
    size: int = 768
    steps: int = 30
    guidance: float = 6.0
    seed: int = 0


@dataclass(frozen=True)
class Ground:
    """A ground `(1, 3, h, w)` in [0, 1]; drawn_px: longest side it was drawn at; what is to be said of it."""

    rgb: Tensor
    drawn_px: int
    notes: tuple[str, ...] = ()


def ground_around(path: Path, picture: Picture, wish: Wish, device: str) -> Ground:
    """The ground of weights for a picture whose matte is known. Raises ModelError for weights that draw none."""
    assert picture.matte is not None
    if diffusers_files.is_index(path):
        return _by_pipeline(diffusers_files.drawer_of(path, device), picture, wish)
    return _by_flow(Sampler(checkpoint.read(path), device), picture, wish)


def _by_pipeline(drawer: diffusers_files.Drawer, picture: Picture, wish: Wish) -> Ground:
    small = geometry.resize(picture, _worked_at(picture.size, wish.size, drawer.multiple))
    assert small.matte is not None
    around = (small.matte < PRODUCT).float()
    found = drawer.filled(
        wish.words, wish.seed, _opaque(small), around,
        negative_prompt=wish.avoid or None, num_inference_steps=wish.steps, guidance_scale=wish.guidance,
    )  # fmt: skip
    if found.shape[2:] != small.rgb.shape[2:]:
        found = geometry.resize_layer(found, small.size, linear=True)
    return Ground(without_product(found, small.matte), max(small.size))


def _by_flow(sampler: Sampler, picture: Picture, wish: Wish) -> Ground:
    """A flow draws squares of its own size: the whole photo in one, at the photo's size again."""
    flow = sampler.network
    if not isinstance(flow, Flow) or not flow.network.config.known:
        raise ModelError(
            f"{sampler.name}: draws no ground around a product; name a pipeline of diffusers or a flow with masks"
        )
    px = flow.shape[1] if flow.autoencoder is None else int(flow.autoencoder.config.size)
    side = max(picture.size)
    top, left = (side - picture.height) / 2, (side - picture.width) / 2
    square = geometry.carry(
        picture.replace(rgb=_opaque(picture), alpha=None),
        geometry.scale_shift(side / px, side / px, -left, -top),
        (px, px),
    )
    assert square.matte is not None
    given = (square.matte > 1 - PRODUCT).float()
    channels = flow.shape[0] if flow.autoencoder is None else 3
    pixels = 2 * (square.rgb if channels == 3 else compare.luma(square.rgb)) - 1
    steered = sampler.tuned(How(wish.steps, wish.guidance), known=torch.cat([pixels * given, given], 1))
    reads = TEXT in sampler.vocabulary.places
    texts = [wish.words if reads else ""]
    drawn = steered.tensors(sampler.noise(wish.seed), sampler.condition({}, wish.seed), texts=texts).cpu()
    rgb = without_product((drawn / 2 + 0.5).expand(-1, 3, -1, -1).contiguous(), square.matte)
    back = geometry.scale_shift(px / side, px / side, left * px / side, top * px / side)
    whole = geometry.carry(Picture(rgb), back, picture.size)
    notes = () if reads else (f"{sampler.name} reads no words: the scene is one it knows, whatever was said",)
    return Ground(whole.rgb, px, notes)


def without_product(rgb: Tensor, matte: Tensor) -> Tensor:
    """The ground `(1, 3, h, w)` alone: where the product stands, the colours of what lies nearby."""
    clear = (matte < PRODUCT).float()
    if not bool(clear.any()):
        return rgb
    near = mattes.nearby_colour(rgb[0].numpy(), clear[0, 0].numpy())
    return torch.where(clear > 0, rgb, torch.from_numpy(near)[None]).clamp(0, 1)


def _worked_at(size: tuple[int, int], longest: int, multiple: int) -> tuple[int, int]:
    factor = min(1.0, longest / max(size))
    h, w = (max(LEAST_PX, round(n * factor / multiple) * multiple, multiple) for n in size)
    return -(-h // multiple) * multiple, -(-w // multiple) * multiple


def _opaque(picture: Picture) -> Tensor:
    """Transparent parts as mid grey, which a network does not take for a white wall."""
    return picture.rgb if picture.alpha is None else picture.alpha * picture.rgb + (1 - picture.alpha) * 0.5
